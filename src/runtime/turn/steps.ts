/**
 * The steps of a turn: one actor after the other takes one event, each step makes a record, and all are undone
 * together.
 */

import { OutcryError } from '../../../errors/outcry-error.ts'
import type { Cell, Delivery, Stashed } from '../actors/cell.ts'
import { isSignal } from '../actors/signals.ts'
import { type Address, DEAD_LETTERS } from '../record/address.ts'
import type { AnyEvent, Intent, ScheduledTimer } from '../record/record.ts'
import { correlationOf } from '../record/record-codec.ts'
import { type PlainError, plainError, sizeOf } from '../record/values.ts'
import type { Effect } from '../xstate/effect.ts'
import { INIT, STOP } from '../xstate/logic.ts'
import { evolve, type StepResult } from './evolve.ts'
import type { Before, Frame, Place } from './frame.ts'
import type { DeadReason, Message } from './message.ts'
import { type Publication, publicationOf } from './publication.ts'
import type { TurnContext } from './turn-context.ts'
import { TurnFailure } from './turn-failure.ts'
import { recordOf, type Step, seqUnlessFirst, type TurnFacts } from './turn-record.ts'

/** Maximum number of records in one turn. Above it, actors count as sending to each other without end. */
const TURN_RECORDS_MAX = 10_000
/**
 * Maximum size of all events in one turn, in characters. A commit holds whole turns, and its text must fit into memory.
 */
export const TURN_SIZE_MAX = 64 * 2 ** 20

const NO_PUBLICATIONS: readonly Publication[] = []

export abstract class Steps implements TurnFacts {
  readonly number: number
  readonly at: number
  readonly correlation: string
  #publications: Publication[] | undefined
  protected readonly context: TurnContext
  protected readonly message: Message
  #before: Before | undefined
  /** The functions that restore everything else when the turn fails. */
  protected readonly undoing: (() => void)[] = []
  /** The frame of the actor that is at work now. */
  protected top: Frame | undefined
  #nextSeq: number
  readonly #madeBefore: number
  /**
   * Size of the states in the records. It has no bound, so that a migration is never refused for the actor's old state.
   */
  protected stateSize = 0
  /** Size of the values that the records repeat: stashed messages, dead letters, errors. */
  protected repeatedSize = 0
  #deadLetters = 0

  constructor(context: TurnContext, number: number, firstSeq: number, message: Message) {
    this.context = context
    this.number = number
    this.at = message.at
    this.correlation = message.correlation ?? correlationOf(firstSeq)
    this.#nextSeq = firstSeq
    this.message = message
    this.#madeBefore = context.scope.made
  }

  /** Approximate size of the turn's events and of the other values in its records, in characters. */
  get size(): number {
    return this.#eventSize + this.stateSize
  }

  get #eventSize(): number {
    return this.message.size + this.context.scope.made - this.#madeBefore + this.repeatedSize
  }

  get publications(): readonly Publication[] {
    return this.#publications ?? NO_PUBLICATIONS
  }

  get ports(): TurnContext['ports'] {
    return this.context.ports
  }

  get nextSeq(): number {
    return this.#nextSeq
  }

  /**
   * Records that the actor takes the event, and adds a frame for its effects. `isAlone`: nothing else of the turn needs
   * a frame.
   */
  protected take(
    cell: Cell,
    { event, cause, unstashed }: Delivery,
    timer?: ScheduledTimer,
    isAlone = false,
  ): void {
    // Each actor stops once, so stops end by themselves. An actor with very many children must be able to stop, too.
    const isEnd = event.type === STOP || event.type === 'outcry.dropped' || cell.address === DEAD_LETTERS
    if (!isEnd) this.#assertShort(cell, event, this.publications.length + 1)
    const was = cell.state
    const { logic, version } = cell
    const seq = this.#nextSeq
    const { correlation, at } = this
    const stashed = was.condition !== 'running' && !unstashed && !isSignal(event) && event.type !== STOP
    let result: StepResult
    this.context.work?.begin(cell.address, event.type)
    try {
      result = evolve(this.context.scope, cell, {
        event,
        seq,
        at,
        correlation,
        timer: timer?.id,
        timerSeq: timer && seqUnlessFirst(timer, was),
        stashed,
      })
      this.context.assertDeclared?.(cell, result.effects)
    } catch (error) {
      throw new TurnFailure(cell.address, event, error)
    }
    this.#nextSeq++
    cell.advance(result)
    this.#before = { cell, state: was, version, logic, earlier: this.#before }
    if (!isEnd) this.#assertShort(cell, event, this.publications.length)
    const { systemId } = cell.ref
    if (systemId !== undefined && result.state.snapshot.status !== 'active')
      this.#dropSystemId(systemId, cell.address)
    if (event.type === INIT && cell.path.length > 0) cell.born = { seq, rev: result.state.rev, cause }
    const message = this.publications.length === 0 ? this.message : undefined
    const step: Step = { cell, event, seq, cause, was, result, timer, stashed, message }
    const record = recordOf(this, step)
    if (record.intents !== undefined) this.#reserve(cell, event, record.intents)
    const publication = publicationOf(record, step)
    if (this.#publications === undefined) this.#publications = [publication]
    else this.#publications.push(publication)
    const { effects, state } = result
    if (!isAlone || effects.length > 0 || cell.ref._parent !== undefined) {
      // The parent is told of the machine's steps, not of signals that the machine does not see.
      const isUnseen = state.snapshot === was.snapshot || event.type === 'outcry.migrated'
      this.#begin(cell, effects, seq, isUnseen && (isSignal(event) || stashed))
    }
    if (was.stash.length > 0 && state.snapshot.status !== 'active') {
      for (const kept of was.stash) this.#keptToDeadLetter(cell.address, kept)
    }
  }

  /**
   * Records a message that reaches no actor. Outside callers use it in `also` of `signal` only.
   * @throws TurnFailure when there are too many
   */
  toDeadLetter(to: string, event: AnyEvent, reason: DeadReason, cause: number | null, error?: unknown): void {
    this.repeatedSize += sizeOf(event)
    if (++this.#deadLetters > TURN_RECORDS_MAX || this.#eventSize > TURN_SIZE_MAX)
      throw new TurnFailure(this.top?.cell.address ?? this.message.to, event, tooLong())
    this.#writeLetter(to, event, cause, { reason, ...(error !== undefined && { error: plainError(error) }) })
  }

  /**
   * Moves a stashed message of an ended actor to dead letters. This is never too much for a turn: a letter without room
   * omits the message. The letter's cause is the record that took the message in.
   */
  #keptToDeadLetter(to: Address, { event, seq }: Stashed): void {
    const size = sizeOf(event)
    if (this.#eventSize + size > TURN_SIZE_MAX) {
      this.#writeLetter(to, Object.freeze({ type: event.type }), seq, { reason: 'ended', omitted: true })
      return
    }
    this.repeatedSize += size
    this.#writeLetter(to, event, seq, { reason: 'ended' })
  }

  #writeLetter(
    to: string,
    event: AnyEvent,
    cause: number | null,
    detail: { reason: DeadReason; omitted?: true; error?: PlainError },
  ): void {
    const letters = this.context.actors.find(DEAD_LETTERS)
    if (letters === undefined)
      throw new OutcryError(
        'INTERNAL',
        'there is no actor for dead letters',
        'This is a defect of Outcry: report it.',
      )
    const letter = Object.freeze({ type: 'DEAD_LETTER', at: this.at, to, event, ...detail })
    if (letters.busy) letters.inbox.push({ event: letter, cause })
    else this.take(letters, { event: letter, cause })
  }

  #reserve(cell: Cell, event: AnyEvent, intents: readonly Intent[]): void {
    try {
      this.context.outbox.reserve(intents)
    } catch (error) {
      throw new TurnFailure(cell.address, event, error)
    }
  }

  #assertShort(cell: Cell, event: AnyEvent, records: number): void {
    if (records > TURN_RECORDS_MAX || this.#eventSize > TURN_SIZE_MAX)
      throw new TurnFailure(cell.address, event, tooLong())
  }

  #begin(cell: Cell, effects: readonly Effect[], seq: number, parentNotified: boolean): void {
    if (cell.busy) {
      const frame = this.frame(cell)
      frame.effects = effects
      frame.next = 0
      frame.seq = seq
      frame.parentNotified = parentNotified
      return
    }
    cell.busy = true
    this.top = { cell, below: this.top, effects, next: 0, seq, parentNotified }
  }

  protected frame(cell: Cell): Frame {
    let frame = this.top
    while (frame !== undefined && frame.cell !== cell) frame = frame.below
    return frame as Frame
  }

  protected add(cell: Cell): void {
    const { actors, scope } = this.context
    const { address } = cell
    const { systemId } = cell.ref
    const old = actors.find(address)
    actors.add(cell)
    this.undoing.push(() => (old === undefined ? actors.remove(address) : actors.add(old)))
    if (systemId === undefined) return
    const owner = scope.systemIds.get(systemId)
    if (owner !== undefined && owner !== address && actors.find(owner)?.open) {
      throw new TurnFailure(
        address,
        { type: INIT },
        new Error(`the system id "${systemId}" is taken by ${owner}`),
      )
    }
    scope.setSystemId(systemId, address)
    this.undoing.push(() => {
      if (owner === undefined) scope.dropSystemId(systemId, address)
      else scope.setSystemId(systemId, owner)
    })
  }

  /** Returns the actor, without its logic when it cannot be restored. */
  protected findAnyhow(address: Address): Cell | undefined {
    try {
      return this.context.actors.find(address)
    } catch {
      return this.findGone(address)
    }
  }

  protected findGone(address: Address): Cell | undefined {
    const { actors } = this.context
    const resident = actors.resident(address)
    if (resident !== undefined) return resident
    const cell = actors.findGone(address)
    if (cell === undefined) return undefined
    actors.add(cell)
    this.undoing.push(() => actors.remove(address))
    return cell
  }

  /** Frees the system id of an actor that has ended, as XState does. */
  #dropSystemId(systemId: string, address: Address): void {
    const { scope } = this.context
    if (scope.systemIds.get(systemId) !== address) return
    scope.dropSystemId(systemId, address)
    this.undoing.push(() => scope.setSystemId(systemId, address))
  }

  /** Restores everything to the state before the turn. */
  undo(): void {
    this.undoTo({
      before: undefined,
      steps: 0,
      top: undefined,
      inboxes: [],
      records: 0,
      nextSeq: this.#nextSeq,
    })
  }

  protected place(): Place {
    const inboxes: (readonly [Cell, readonly Delivery[]])[] = []
    for (let frame = this.top; frame !== undefined; frame = frame.below)
      inboxes.push([frame.cell, [...frame.cell.inbox]])
    return {
      before: this.#before,
      steps: this.undoing.length,
      top: this.top,
      inboxes,
      records: this.publications.length,
      nextSeq: this.#nextSeq,
    }
  }

  protected undoTo({ before: first, steps, top, inboxes, records, nextSeq }: Place): void {
    for (let before = this.#before; before !== undefined && before !== first; before = before.earlier) {
      const { cell, state, version, logic } = before
      cell.state = state
      cell.version = version
      cell.logic = logic
    }
    this.#before = first
    for (const step of this.undoing.splice(steps).reverse()) step()
    for (let frame = this.top; frame !== undefined && frame !== top; frame = frame.below) {
      frame.cell.inbox = []
      frame.cell.busy = false
    }
    this.top = top
    for (const [cell, inbox] of inboxes) cell.inbox = [...inbox]
    for (const { record } of this.#publications?.splice(records) ?? [])
      if (record.intents !== undefined) this.context.outbox.giveBack(record.intents)
    this.#nextSeq = nextSeq
  }
}

/** Returns the error for a message that led to too many records or too large events. */
export function tooLong(): OutcryError {
  const size = `${TURN_RECORDS_MAX} records, or events of ${TURN_SIZE_MAX / 2 ** 20} MiB`
  return new OutcryError(
    'TURN_TOO_LONG',
    `one message led to more than ${size}`,
    'Look for actors that answer each other without end.',
  )
}

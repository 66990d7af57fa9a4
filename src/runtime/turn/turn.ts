/**
 * One message from outside plus every transition it sets off among the actors here: all of it happens, or none
 * (law 2). Nothing leaves a turn but records and publications; what they say waits for the commit.
 *
 * Actors take their messages in the order in which live XState actors would: what a transition sends is delivered at
 * once, receiver by receiver and depth first; an actor that is still at work gets it when it has finished.
 */
import { isOutcryError, OutcryError } from '../../../errors/outcry-error.ts'
import { type ActorState, Cell, type Delivery, type Stashed, UNBORN } from '../actors/cell.ts'
import { hasRoom } from '../actors/holding.ts'
import type { Kind } from '../actors/kind.ts'
import type { Migration } from '../actors/migration.ts'
import { timerOf } from '../actors/pending-timers.ts'
import { makeRef, persistState } from '../actors/persist.ts'
import type { Registry } from '../actors/registry.ts'
import { initOf, isSignal, RESTART_TIMER, type Signal, UNSTASH_TIMER } from '../actors/signals.ts'
import { upgradeFailed } from '../actors/upgrade.ts'
import { type Address, childOf, DEAD_LETTERS, idOf, parentOf, portOf } from '../record/address.ts'
import type { AnyEvent, Intent, ScheduledTimer } from '../record/record.ts'
import { correlationOf } from '../record/record-codec.ts'
import type { Ref } from '../record/ref.ts'
import { admit, frozen, type PlainError, plainError, sizeOf, sizeTaken } from '../record/values.ts'
import type { WorkObserver } from '../work.ts'
import type { Effect } from '../xstate/effect.ts'
import { childLogic, goneLogic, INIT, STOP } from '../xstate/logic.ts'
import type { AnySnapshot, Scope } from '../xstate/scope.ts'
import { evolve, type StepResult } from './evolve.ts'
import type { DeadReason, Message } from './message.ts'
import type { Outbox } from './outbox.ts'
import { type Publication, publicationOf } from './publication.ts'
import { TurnFailure } from './turn-failure.ts'
import { recordOf, type Step, seqUnlessFirst, type TurnFacts } from './turn-record.ts'

/** Records in one turn after which actors count as sending to each other without end. */
const TURN_RECORDS_MAX = 10_000
/** Size of all events in one turn, in characters: a commit holds whole turns, and its text has to fit into memory. */
const TURN_SIZE_MAX = 64 * 2 ** 20

/** The actors that a turn can reach. */
export interface Actors {
  /** In memory, or brought back from its snapshot. @throws where it cannot be brought back */
  find(address: Address): Cell | undefined
  /** In memory. */
  resident(address: Address): Cell | undefined
  /** One that cannot be brought back, without its logic: to stop it. */
  findGone(address: Address): Cell | undefined
  add(cell: Cell): void
  remove(address: Address): void
}

export interface TurnContext {
  readonly actors: Actors
  readonly registry: Registry
  readonly scope: Scope
  readonly ports: { has(name: string): boolean }
  readonly outbox: Pick<Outbox, 'reserve' | 'giveBack'>
  readonly work?: WorkObserver | undefined
}

/** What is done to an actor that no machine asked for. */
export interface Signaled {
  readonly cell: Cell
  readonly event: Signal | { readonly type: typeof STOP }
  /** The timer of the actor that is used up by it. */
  readonly timer?: ScheduledTimer | undefined
}

/** An actor at work: its effects are carried out one by one, and a receiver's frame lies on top meanwhile. */
interface Frame {
  readonly cell: Cell
  /** Whoever was at work when this one began. */
  readonly below: Frame | undefined
  effects: readonly Effect[]
  next: number
  seq: number
  told: boolean
  /** Sent to children that its own effects have yet to start. */
  early?: { to: Address; event: AnyEvent }[]
  /** It was replaced while at work: what it last was, and what its stop still has to do. */
  farewell?: { readonly snapshot: AnySnapshot; readonly effects: readonly Effect[] }
}

/** What an actor was before it took something. Linked, because an array of one costs as much as one of sixteen. */
interface Before {
  readonly cell: Cell
  readonly state: ActorState
  readonly version: string
  readonly logic: Cell['logic']
  readonly earlier: Before | undefined
}

/** How far a turn had come, so that what follows can be undone by itself. */
interface Place {
  readonly before: Before | undefined
  readonly steps: number
  readonly top: Frame | undefined
  readonly inboxes: readonly (readonly [Cell, readonly Delivery[]])[]
  readonly records: number
  readonly nextSeq: number
}

const NO_PUBLICATIONS: readonly Publication[] = []
const HEARS = (): boolean => false

export class Turn implements TurnFacts {
  readonly number: number
  readonly at: number
  readonly correlation: string
  #publications: Publication[] | undefined
  /** Why the message itself did not reach its actor. */
  refusal: DeadReason | undefined
  /** Why its actor could not be brought back. */
  unreadable: unknown
  readonly #context: TurnContext
  readonly #message: Message
  #before: Before | undefined
  /** What else a turn that fails puts back. */
  readonly #undo: (() => void)[] = []
  /** Whoever is at work now. */
  #top: Frame | undefined
  /** Actors to whom nothing is delivered in this turn: what comes for them becomes a dead letter. */
  #isDeaf: (address: Address) => boolean = HEARS
  #nextSeq: number
  readonly #madeBefore: number
  /** Of the states in its records: a migration is never refused for what the actor held before. */
  #stateSize = 0
  /** Of what its records say again that others have said: messages that were kept, dead letters, errors. */
  #repeatedSize = 0
  #deadLetters = 0

  constructor(context: TurnContext, number: number, firstSeq: number, message: Message) {
    this.#context = context
    this.number = number
    this.at = message.at
    this.correlation = message.correlation ?? correlationOf(firstSeq)
    this.#nextSeq = firstSeq
    this.#message = message
    this.#madeBefore = context.scope.made
  }

  /** Of its events and what else its records hold, roughly, in characters. */
  get size(): number {
    return this.#eventSize + this.#stateSize
  }

  get #eventSize(): number {
    return this.#message.size + this.#context.scope.made - this.#madeBefore + this.#repeatedSize
  }

  get publications(): readonly Publication[] {
    return this.#publications ?? NO_PUBLICATIONS
  }

  get ports(): TurnContext['ports'] {
    return this.#context.ports
  }

  get nextSeq(): number {
    return this.#nextSeq
  }

  /** Takes the message and all that follows. @throws TurnFailure when a machine throws; the turn is undone then */
  run(): void {
    try {
      this.#receive()
      this.#work()
    } catch (error) {
      this.undo()
      throw error
    }
  }

  #receive(): void {
    const { to, event, cause, timer } = this.#message
    const cell = this.#open(to, event, cause)
    if (cell === undefined) return
    // A migration that came first may have another timer in its place.
    if (timer !== undefined && this.publications.length > 0 && !hasTimer(cell, timer)) return
    if (timer?.id === RESTART_TIMER) {
      const restarted = Object.freeze({ type: 'outcry.restarted', at: this.at, keeps: true })
      this.#take(cell, { event: restarted, cause }, timer)
    } else if (timer?.id === UNSTASH_TIMER) {
      this.#unstash(cell, timer)
    } else if (timer?.target !== undefined) {
      this.#take(cell, { event: Object.freeze({ type: 'outcry.timer', at: this.at }), cause }, timer)
      const frame = this.#frame(cell)
      if (this.#isForPresent(timer)) frame.effects = [{ type: 'send', to: timer.target as Address, event }]
      else this.toDeadLetter(timer.target, event, 'ended', frame.seq)
    } else if (cell.busy) cell.inbox.push({ event, cause })
    else this.#take(cell, { event, cause }, timer, true)
  }

  /** The actor takes the first message that was kept for it. */
  #unstash(cell: Cell, timer: ScheduledTimer): void {
    const [first] = cell.state.stash
    const { cause } = this.#message
    this.#take(cell, { event: Object.freeze({ type: 'outcry.unstashed', at: this.at }), cause }, timer)
    if (first === undefined) return
    this.#repeatedSize += sizeOf(first.event)
    cell.inbox.unshift({ event: first.event, cause: first.seq, unstashed: true })
  }

  /** Starts a top actor. @throws TurnFailure */
  spawn(cell: Cell): void {
    this.#guarded(() => {
      this.#add(cell)
      this.#take(cell, this.#message)
    })
  }

  /**
   * Does something to actors that no machine asked for; those who are deaf hear nothing of what follows from it.
   * @throws TurnFailure when a machine throws on what follows
   */
  signal(
    events: readonly Signaled[],
    also?: () => void,
    isDeaf: (address: Address) => boolean = HEARS,
  ): void {
    this.#isDeaf = isDeaf
    this.#guarded(() => {
      const { cause } = this.#message
      for (const { cell, event, timer } of events) {
        this.#bringUp(cell, cause)
        if (cell.state.snapshot.status === 'active') this.#take(cell, { event: frozen(event), cause }, timer)
      }
      also?.()
    })
  }

  /**
   * Puts the migrations of actors into the log that are not there yet.
   * @throws TURN_TOO_LONG when there are several that are too large for one turn; TurnFailure
   */
  migrate(cells: readonly Cell[]): void {
    this.#guarded(() => {
      for (const known of cells) {
        if (known.migration === undefined) continue
        // It may have gone passive since: then another cell is the actor.
        const cell = this.#context.actors.find(known.address)
        if (cell !== undefined) this.#bringUp(cell, this.#message.cause)
        if (cells.length > 1 && this.#stateSize > TURN_SIZE_MAX) throw tooLong()
      }
    })
  }

  /** Records a message that will reach nobody. Only within `signal`'s `also`. @throws TurnFailure when they are too many */
  toDeadLetter(to: string, event: AnyEvent, reason: DeadReason, cause: number | null, error?: unknown): void {
    this.#repeatedSize += sizeOf(event)
    if (++this.#deadLetters > TURN_RECORDS_MAX || this.#eventSize > TURN_SIZE_MAX)
      throw new TurnFailure(this.#top?.cell.address ?? this.#message.to, event, tooLong())
    this.#writeLetter(to, event, cause, { reason, ...(error !== undefined && { error: plainError(error) }) })
  }

  /**
   * What was kept for an actor that ends is never too much: a letter that has no room for the message leaves it to the
   * record that took it in, which is the letter's cause.
   */
  #keptToDeadLetter(to: Address, { event, seq }: Stashed): void {
    const size = sizeOf(event)
    if (this.#eventSize + size > TURN_SIZE_MAX) {
      this.#writeLetter(to, Object.freeze({ type: event.type }), seq, { reason: 'ended', omitted: true })
      return
    }
    this.#repeatedSize += size
    this.#writeLetter(to, event, seq, { reason: 'ended' })
  }

  #writeLetter(
    to: string,
    event: AnyEvent,
    cause: number | null,
    detail: { reason: DeadReason; omitted?: true; error?: PlainError },
  ): void {
    const letters = this.#context.actors.find(DEAD_LETTERS)
    if (letters === undefined)
      throw new OutcryError('INTERNAL', 'there is no actor for dead letters', 'Report this.')
    const letter = Object.freeze({ type: 'DEAD_LETTER', at: this.at, to, event, ...detail })
    if (letters.busy) letters.inbox.push({ event: letter, cause })
    else this.#take(letters, { event: letter, cause })
  }

  /** Puts everything back as it was before the turn. */
  undo(): void {
    this.#undoTo({
      before: undefined,
      steps: 0,
      top: undefined,
      inboxes: [],
      records: 0,
      nextSeq: this.#nextSeq,
    })
  }

  #place(): Place {
    const inboxes: (readonly [Cell, readonly Delivery[]])[] = []
    for (let frame = this.#top; frame !== undefined; frame = frame.below)
      inboxes.push([frame.cell, [...frame.cell.inbox]])
    return {
      before: this.#before,
      steps: this.#undo.length,
      top: this.#top,
      inboxes,
      records: this.publications.length,
      nextSeq: this.#nextSeq,
    }
  }

  #undoTo({ before: first, steps, top, inboxes, records, nextSeq }: Place): void {
    for (let before = this.#before; before !== undefined && before !== first; before = before.earlier) {
      const { cell, state, version, logic } = before
      cell.state = state
      cell.version = version
      cell.logic = logic
    }
    this.#before = first
    for (const step of this.#undo.splice(steps).reverse()) step()
    for (let frame = this.#top; frame !== undefined && frame !== top; frame = frame.below) {
      frame.cell.inbox = []
      frame.cell.busy = false
    }
    this.#top = top
    for (const [cell, inbox] of inboxes) cell.inbox = [...inbox]
    for (const { record } of this.#publications?.splice(records) ?? [])
      if (record.intents !== undefined) this.#context.outbox.giveBack(record.intents)
    this.#nextSeq = nextSeq
  }

  #guarded(work: () => void): void {
    try {
      work()
      this.#work()
    } catch (error) {
      this.undo()
      throw error
    }
  }

  /** Carries out what the actors at work want, down to this one. */
  #work(floor?: Frame): void {
    for (let frame = this.#top; frame !== undefined && frame !== floor; frame = this.#top) {
      const effect = frame.effects[frame.next]
      if (effect !== undefined) {
        frame.next++
        this.#carryOut(effect, frame)
      } else if (!frame.told) {
        frame.told = true
        this.#tellParent(frame)
        if (frame.farewell !== undefined) {
          frame.effects = frame.farewell.effects
          frame.next = 0
        }
      } else {
        const delivery = frame.cell.inbox.shift()
        if (delivery !== undefined) this.#takeWaiting(frame.cell, delivery)
        else {
          frame.cell.busy = false
          this.#top = frame.below
        }
      }
    }
  }

  /** What came while the actor was at work. */
  #takeWaiting(cell: Cell, delivery: Delivery): void {
    const { snapshot, condition } = cell.state
    const isStop = delivery.event.type === STOP
    const isTaken = condition !== 'quarantined' || isStop || isKept(cell, delivery.event)
    if (snapshot.status === 'active' && isTaken) this.#take(cell, delivery)
    else if (!isStop) this.toDeadLetter(cell.address, delivery.event, 'ended', delivery.cause)
  }

  #carryOut(effect: Effect, frame: Frame): void {
    switch (effect.type) {
      case 'send':
        this.#send(effect.to, effect.event, frame)
        break
      case 'spawn':
        if (frame.farewell === undefined) this.#spawnChild(frame, effect.ref, effect.input)
        else this.#skipChild(frame, effect.ref)
        break
      case 'stop':
        this.#stop(effect.to, frame.seq)
        break
      // Timers are part of the state already; the others wait for the release.
    }
  }

  #send(to: Address, event: AnyEvent, frame: Frame): void {
    const port = portOf(to)
    if (port !== undefined) {
      if (!this.#context.ports.has(port)) this.toDeadLetter(to, event, 'unknown', frame.seq)
      return
    }
    // An invoked child starts after the entry actions; what they send it waits until then.
    const starts = frame.effects.some((e, i) => i >= frame.next && e.type === 'spawn' && e.ref.address === to)
    if (starts) frame.early = [...(frame.early ?? []), { to, event }]
    else this.#deliver(to, event, frame.seq)
  }

  #deliver(to: Address, event: AnyEvent, cause: number): void {
    if (this.#isDeaf(to)) {
      this.toDeadLetter(to, event, 'failed', cause)
      return
    }
    const cell = this.#open(to, event, cause)
    if (cell === undefined) return
    if (cell.busy) cell.inbox.push({ event, cause })
    else this.#take(cell, { event, cause })
  }

  /** As in XState, a delayed message is for the child that was addressed, not for a later one with its id. */
  #isForPresent({ target, seq, stopped }: ScheduledTimer): boolean {
    if (stopped) return false
    let born: Cell['born']
    try {
      born = this.#context.actors.find(target as Address)?.born
    } catch {
      // The delivery says why it cannot be brought back.
      return true
    }
    return born === undefined || born.rev === 1 || born.seq < seq || born.cause === seq
  }

  /** The actor that is to take the event; undefined when the message became a dead letter instead. */
  #open(to: Address, event: AnyEvent, cause: number | null): Cell | undefined {
    let cell: Cell | undefined
    try {
      cell = this.#context.actors.find(to)
    } catch (error) {
      return this.#refuse(to, event, 'unreadable', cause, error)
    }
    cell ??= this.#activate(to, event, cause)
    if (cell === undefined) return this.#refuse(to, event, 'unknown', cause)
    if (cell.migration !== undefined) {
      try {
        this.#bringUp(cell, cause)
      } catch (error) {
        if (!isOutcryError(error, 'UPGRADE_FAILED')) throw error
        // A timer of its own stays: it fires when its actor can take it.
        if (to !== this.#message.to || this.#message.timer === undefined)
          return this.#refuse(to, event, 'unreadable', cause, error)
        this.unreadable = error
        return undefined
      }
    }
    if (cell.open) return cell
    const { condition, snapshot, stash } = cell.state
    if (snapshot.status !== 'active') return this.#refuse(to, event, 'ended', cause)
    if (isSignal(event)) return cell
    if (condition === 'quarantined' && !isKept(cell, event))
      return this.#refuse(to, event, 'quarantined', cause)
    return hasRoom(stash, event) ? cell : this.#refuse(to, event, 'stashFull', cause)
  }

  #refuse(
    to: Address,
    event: AnyEvent,
    reason: DeadReason,
    cause: number | null,
    error?: unknown,
  ): undefined {
    if (cause === this.#message.cause && to === this.#message.to && this.refusal === undefined) {
      this.refusal = reason
      this.unreadable = error
    }
    this.toDeadLetter(to, event, reason, cause, error)
  }

  /** Brings an actor into being that the event may bring into being. */
  #activate(to: Address, event: AnyEvent, cause: number | null): Cell | undefined {
    const kind = parentOf(to) === undefined ? this.#context.registry.find(to) : undefined
    if (kind?.activate === undefined) return undefined
    let input: unknown
    try {
      input = kind.activate(event, idOf(to))
      if (input === undefined) return undefined
      this.#context.scope.made += admit(input, `input of ${to}`)
    } catch (error) {
      // Neither who sent nor who was at work has failed.
      throw new TurnFailure(to, event, error)
    }
    const cell = topCell(this.#context.scope, kind, to, input)
    this.#add(cell)
    this.#take(cell, { event: initOf(input), cause })
    return cell
  }

  #spawnChild(frame: Frame, ref: Ref, input: unknown): void {
    const { cell: parent, seq: cause } = frame
    const src = ref.src as string
    const logic = childLogic(parent.logic, src)
    if (logic === undefined) {
      throw new TurnFailure(parent.address, { type: 'spawn' }, new Error(`no child logic "${src}"`))
    }
    const old = this.#context.actors.find(ref.address)
    if (old?.open && old.inbox.some((d) => d.event.type === STOP)) this.#stopAtWork(old, cause)
    else if (old?.open) {
      throw new TurnFailure(
        parent.address,
        { type: 'spawn' },
        new OutcryError(
          'CHILD_EXISTS',
          `${ref.address} is running already`,
          'Stop it first, or give the new child another id.',
        ),
      )
    } else if (old?.busy) this.#endChildren(old)
    const path = [...parent.path, src]
    const cell = new Cell({
      ref,
      kind: parent.kind,
      version: parent.version,
      logic,
      path,
      input,
      state: UNBORN,
    })
    if (old !== undefined) cell.state = { ...UNBORN, rev: old.state.rev, requests: old.state.requests }
    this.#add(cell)
    this.#take(cell, { event: initOf(input), cause })
    for (const { to, event } of frame.early ?? []) if (to === ref.address) cell.inbox.push({ event, cause })
    frame.early = frame.early?.filter(({ to }) => to !== ref.address)
  }

  /** A child of an actor that was replaced before it came to start it never starts: the new one's may have its address. */
  #skipChild({ early = [], seq }: Frame, { address }: Ref): void {
    for (const { to, event } of early) if (to === address) this.toDeadLetter(to, event, 'ended', seq)
  }

  #stop(to: Address, cause: number): void {
    const cell = this.#findAnyhow(to)
    if (cell === undefined) return
    this.#bringUp(cell, cause)
    if (cell.state.snapshot.status !== 'active') return
    // What waits for it behind this reaches nobody any more.
    if (cell.busy) cell.inbox.unshift({ event: { type: STOP }, cause })
    else this.#take(cell, { event: { type: STOP }, cause })
  }

  /**
   * A child that is replaced while at work is on record as stopped before the new one starts, and its own children are, whose
   * addresses the new one's children take. What it has begun comes last.
   */
  #stopAtWork(cell: Cell, cause: number): void {
    this.#endChildren(cell)
    const frame = this.#frame(cell)
    const { effects, next, seq, told } = frame
    const { snapshot } = cell.state
    this.#take(cell, { event: { type: STOP }, cause })
    const rest = this.#stopChildren(frame)
    frame.farewell = { snapshot, effects: rest }
    Object.assign(frame, { effects, next, seq, told })
    cell.inbox = cell.inbox.filter(({ event }) => event.type !== STOP)
  }

  /** An actor at work stops now which children it still has to stop, before a new one takes its address and theirs. */
  #endChildren(cell: Cell): void {
    const frame = this.#frame(cell)
    frame.effects = this.#stopChildren({ ...frame, effects: frame.effects.slice(frame.next) })
    frame.next = 0
  }

  /** Stops the children that the actor is to stop, at once, and theirs. Returns what is left for it to do. */
  #stopChildren({ effects, seq }: Frame): readonly Effect[] {
    for (const effect of effects) {
      const cell = effect.type === 'stop' ? this.#findAnyhow(effect.to) : undefined
      if (cell === undefined) continue
      this.#bringUp(cell, seq)
      if (cell.state.snapshot.status !== 'active') continue
      if (cell.busy) {
        this.#stopAtWork(cell, seq)
        continue
      }
      this.#take(cell, { event: { type: STOP }, cause: seq })
      const frame = this.#frame(cell)
      frame.effects = this.#stopChildren(frame)
    }
    return effects.filter(({ type }) => type !== 'stop')
  }

  /** After an actor's effects XState tells its parent what became of it. */
  #tellParent({ cell, seq, farewell }: Frame): void {
    const snapshot = farewell?.snapshot ?? cell.state.snapshot
    const parent = cell.ref._parent
    if (parent === undefined) return
    const { id } = cell.ref
    if (snapshot.status === 'done') {
      const event = { type: `xstate.done.actor.${id}`, output: snapshot.output, actorId: id }
      this.#deliver(parent.address, Object.freeze(event), seq)
    } else if (snapshot.status === 'error') {
      this.#repeatedSize += sizeOf(snapshot.error)
      const event = { type: `xstate.error.actor.${id}`, error: snapshot.error, actorId: id }
      this.#deliver(parent.address, Object.freeze(event), seq)
    } else if (snapshot.status === 'active' && cell.ref._syncSnapshot) {
      const event = {
        type: `xstate.snapshot.${id}`,
        snapshot: { ...(persistState(cell.logic, snapshot) as object) },
      }
      this.#context.scope.made += admit(event, event.type)
      this.#deliver(parent.address, event, seq)
    }
  }

  /** The actor takes the event: a record, and a frame for what follows. `isAlone`: nothing else of the turn needs a frame. */
  #take(cell: Cell, { event, cause, unstashed }: Delivery, timer?: ScheduledTimer, isAlone = false): void {
    // Each actor stops once: that ends by itself, and whoever has very many children can be stopped, too.
    const isEnd = event.type === STOP || event.type === 'outcry.dropped' || cell.address === DEAD_LETTERS
    if (!isEnd) this.#assertShort(cell, event, this.publications.length + 1)
    const was = cell.state
    const { logic, version } = cell
    const seq = this.#nextSeq
    const { correlation, at } = this
    const stashed = was.condition !== 'running' && !unstashed && !isSignal(event) && event.type !== STOP
    let result: StepResult
    this.#context.work?.begin(cell.address, event.type)
    try {
      result = evolve(this.#context.scope, cell, {
        event,
        seq,
        at,
        correlation,
        timer: timer?.id,
        timerSeq: timer && seqUnlessFirst(timer, was),
        stashed,
      })
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
    const message = this.publications.length === 0 ? this.#message : undefined
    const step: Step = { cell, event, seq, cause, was, result, timer, stashed, message }
    const record = recordOf(this, step)
    if (record.intents !== undefined) this.#reserve(cell, event, record.intents)
    const release = publicationOf(record, step)
    if (this.#publications === undefined) this.#publications = [release]
    else this.#publications.push(release)
    const { effects, state } = result
    if (!isAlone || effects.length > 0 || cell.ref._parent !== undefined) {
      // The parent hears of what the machine did, not of what was done to it unseen.
      const isUnseen = state.snapshot === was.snapshot || event.type === 'outcry.migrated'
      this.#begin(cell, effects, seq, isUnseen && (isSignal(event) || stashed))
    }
    if (was.stash.length > 0 && state.snapshot.status !== 'active') {
      for (const kept of was.stash) this.#keptToDeadLetter(cell.address, kept)
    }
  }

  #reserve(cell: Cell, event: AnyEvent, intents: readonly Intent[]): void {
    try {
      this.#context.outbox.reserve(intents)
    } catch (error) {
      throw new TurnFailure(cell.address, event, error)
    }
  }

  #assertShort(cell: Cell, event: AnyEvent, records: number): void {
    if (records > TURN_RECORDS_MAX || this.#eventSize > TURN_SIZE_MAX)
      throw new TurnFailure(cell.address, event, tooLong())
  }

  /**
   * Before an actor takes anything its migration is on record. Where that cannot be, the actor stays as the log has it, and
   * the next message tries again.
   * @throws UPGRADE_FAILED; TurnFailure where somebody else throws on what follows from it
   */
  #bringUp(cell: Cell, cause: number | null): void {
    const { migration, address, kind } = cell
    if (migration === undefined) return
    const place = this.#place()
    try {
      this.#bringUpFamily(cell, cause)
    } catch (error) {
      if (!isOfMigration(error, address)) throw error
      this.#undoTo(place)
      // Its parent's, or that of somebody whose name it wants.
      if (isOutcryError(error, 'UPGRADE_FAILED')) throw error
      throw upgradeFailed(address, migration.from, kind.version, plainError(error).message, error)
    }
  }

  /** Its parent's migration comes before its own: it may have no place for it. */
  #bringUpFamily(cell: Cell, cause: number | null): void {
    const parent = cell.ref._parent && this.#context.actors.find(cell.ref._parent.address)
    if (parent !== undefined) this.#bringUp(parent, cause)
    const { migration } = cell
    if (migration === undefined) return
    const floor = this.#top
    if (cell.logic === goneLogic) this.#drop(cell, cause)
    else this.#recordMigration(cell, migration, cause)
    // What follows from it comes before the message.
    this.#work(floor)
  }

  #recordMigration(
    cell: Cell,
    { from, dropped, started, timers, stash }: Migration,
    cause: number | null,
  ): void {
    this.#settleMigration(cell)
    const { at } = this
    const state = persistState(cell.logic, cell.state.snapshot)
    const planned = timers?.map(({ id, dueAt, delayMs = 0, target, event }) => ({
      id,
      dueAt: dueAt ?? Math.ceil(at + delayMs),
      ...(target !== undefined && { target }),
      event,
    }))
    const event: Signal = {
      type: 'outcry.migrated',
      at,
      from,
      to: cell.version,
      state,
      ...(planned && { timers: planned }),
      ...(stash && { stash }),
    }
    frozen(event)
    this.#stateSize += sizeTaken()
    this.#take(cell, { event, cause })
    const frame = this.#frame(cell)
    for (const id of dropped) this.#dropAt(childOf(cell.address, id), frame.seq)
    for (const { ref, input } of started) this.#spawnChild(frame, ref, input)
  }

  /** Stops an actor that has no place in a new version, and what is below it. */
  #drop(cell: Cell, cause: number | null): void {
    const { address, migration, state, version, kind } = cell
    this.#settleMigration(cell)
    if (state.snapshot.status !== 'active') return
    const from = migration?.from ?? version
    const children = Object.keys(state.snapshot.children ?? {})
    this.#take(cell, { event: { type: 'outcry.dropped', at: this.at, from, to: kind.version }, cause })
    const { seq } = this.#frame(cell)
    for (const id of children) this.#dropAt(childOf(address, id), seq)
  }

  /** What is dropped is not carried over before, whether it is in memory or not. */
  #dropAt(address: Address, cause: number): void {
    const cell = this.#findGone(address)
    if (cell !== undefined) this.#drop(cell, cause)
  }

  #settleMigration(cell: Cell): void {
    const { migration } = cell
    if (migration === undefined) return
    cell.migration = undefined
    this.#undo.push(() => {
      cell.migration = migration
    })
  }

  /** The actor, without its logic where it cannot be brought back. */
  #findAnyhow(address: Address): Cell | undefined {
    try {
      return this.#context.actors.find(address)
    } catch {
      return this.#findGone(address)
    }
  }

  #findGone(address: Address): Cell | undefined {
    const { actors } = this.#context
    const resident = actors.resident(address)
    if (resident !== undefined) return resident
    const cell = actors.findGone(address)
    if (cell === undefined) return undefined
    actors.add(cell)
    this.#undo.push(() => actors.remove(address))
    return cell
  }

  #begin(cell: Cell, effects: readonly Effect[], seq: number, told: boolean): void {
    if (cell.busy) {
      const frame = this.#frame(cell)
      frame.effects = effects
      frame.next = 0
      frame.seq = seq
      frame.told = told
      return
    }
    cell.busy = true
    this.#top = { cell, below: this.#top, effects, next: 0, seq, told }
  }

  #frame(cell: Cell): Frame {
    let frame = this.#top
    while (frame !== undefined && frame.cell !== cell) frame = frame.below
    return frame as Frame
  }

  /** As in XState, whoever has ended is found by it no more. */
  #dropSystemId(systemId: string, address: Address): void {
    const { scope } = this.#context
    if (scope.systemIds.get(systemId) !== address) return
    scope.dropSystemId(systemId, address)
    this.#undo.push(() => scope.setSystemId(systemId, address))
  }

  #add(cell: Cell): void {
    const { actors, scope } = this.#context
    const { address } = cell
    const { systemId } = cell.ref
    const old = actors.find(address)
    actors.add(cell)
    this.#undo.push(() => (old === undefined ? actors.remove(address) : actors.add(old)))
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
    this.#undo.push(() => {
      if (owner === undefined) scope.dropSystemId(systemId, address)
      else scope.setSystemId(systemId, owner)
    })
  }
}

/** Whether nobody is there to fail: the actor has yet to be carried over, and its new children have yet to come into being. */
function isOfMigration(error: unknown, address: Address): boolean {
  if (!(error instanceof TurnFailure)) return true
  if (error.address !== address) return error.address.startsWith(`${address}/`)
  return error.event.type === 'outcry.migrated' || error.event.type === 'spawn'
}

function tooLong(): OutcryError {
  const size = `${TURN_RECORDS_MAX} records, or events of ${TURN_SIZE_MAX / 2 ** 20} MiB`
  return new OutcryError(
    'TURN_TOO_LONG',
    `one message led to more than ${size}`,
    'Look for actors that answer each other without end.',
  )
}

/** A top actor that has not started yet. */
export function topCell(scope: Scope, kind: Kind, address: Address, input: unknown): Cell {
  const ref = makeRef(scope.system, address, [])
  return new Cell({ ref, kind, version: kind.version, logic: kind.machine, path: [], input, state: UNBORN })
}

function hasTimer({ state }: Cell, timer: ScheduledTimer): boolean {
  return timerOf(state.timers, timer) !== undefined
}

/** Whether a message is kept for an actor in quarantine. */
function isKept({ kind, path }: Cell, { type }: AnyEvent): boolean {
  return path.length === 0 && kind.keptInQuarantine?.includes(type) === true
}

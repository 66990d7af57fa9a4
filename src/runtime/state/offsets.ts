/**
 * The runtime's state beside its actors, all of it derived from durable records: the position of each source, the
 * unsettled intents, the used idempotency keys, and the settings of the clock. Checkpoints contain it.
 */

import { compact } from '../../../errors/compact.ts'
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { Signal } from '../actors/signals.ts'
import { CLOCK } from '../record/address.ts'
import type { ClockState } from '../record/clock-record.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { Message } from '../turn/message.ts'
import { Outbox, type OutboxState } from '../turn/outbox.ts'
import type { Structures } from '../xstate/structure.ts'
import { SystemIds } from './system-ids.ts'

/** Maximum number of idempotency keys kept. The oldest one is forgotten first. */
const KEYS_MAX = 10_000

/** Timers set by records before `seq` are due `ms` later than they say. */
export interface Shift {
  readonly seq: number
  readonly ms: number
}

/** The clock as the log knows it, and its shifts since the boot. */
export interface KnownClock extends ClockState {
  readonly shifts: readonly Shift[]
  /** The time that the clock showed when it was last written. */
  readonly at?: number
}

/** Maximum number of separate shifts. When there are more, the earliest timers are delayed longer. */
const SHIFTS_MAX = 100

export interface OffsetsState extends OutboxState {
  readonly cursors: Readonly<Record<string, number>>
  readonly keys: readonly (readonly [string, number])[]
  readonly systemIds: readonly (readonly [string, string])[]
  /** Actors whose latest snapshot does not cover all their records, although the checkpoint does. */
  readonly behind?: readonly string[]
  /** The structures of the machines. See checkMachines. */
  readonly machines?: Structures
  readonly turn: number
  readonly at?: number
  readonly clock?: KnownClock
}

export class Offsets {
  readonly #cursors = new Map<string, number>()
  readonly outbox: Outbox
  readonly #keys = new Map<string, number>()
  readonly #systemIds: SystemIds
  /** Positions and keys that turns have taken, but that are not committed yet. */
  readonly #positionsAhead = new Map<string, number>()
  readonly #keysAhead = new Map<string, number>()
  /** A start sets these two: the actors that could not be restored, and the structures of the machines. */
  behind: readonly string[] = []
  machines: Structures | undefined
  #turn = 0
  #at: number | undefined
  #clock: KnownClock | undefined

  constructor(state?: OffsetsState) {
    this.#systemIds = new SystemIds(state?.systemIds)
    this.outbox = new Outbox(state)
    this.machines = state?.machines
    if (state === undefined) return
    for (const [source, position] of Object.entries(state.cursors)) this.#cursors.set(source, position)
    for (const [key, seq] of state.keys) this.#keys.set(key, seq)
    this.#turn = state.turn
    this.#at = state.at
    this.#clock = state.clock
  }

  get turn(): number {
    return this.#turn
  }

  /** Returns the time of the last record. */
  get at(): number | undefined {
    return this.#at
  }

  get clock(): KnownClock | undefined {
    return this.#clock
  }

  setClock(clock: KnownClock): void {
    this.#clock = clock
  }

  /** Returns the position of the source's last message in the log, or 0. */
  cursor(source: string): number {
    return this.#cursors.get(source) ?? 0
  }

  /** Returns the seq of the record that took the message with this key. */
  seqOfKey(key: string): number | undefined {
    return this.#keys.get(key)
  }

  /** Returns the position of the source's last message that a turn has taken, in the log or not. */
  cursorAhead(source: string): number {
    return this.#positionsAhead.get(source) ?? this.cursor(source)
  }

  /** Returns the same as `seqOfKey`, including turns that are not in the log yet. */
  seqOfKeyAhead(key: string): number | undefined {
    return this.#keysAhead.get(key) ?? this.seqOfKey(key)
  }

  /** Notes that a turn has taken the message. `seq` is the seq of the turn's first record. */
  take({ origin, key }: Message, seq: number): void {
    if (origin !== undefined) this.#positionsAhead.set(origin.source, origin.position)
    if (key !== undefined) this.#keysAhead.set(key, seq)
  }

  /** Forgets the key of a message whose turn is in the log, or will never be. */
  settle({ key }: Message): void {
    if (key !== undefined) this.#keysAhead.delete(key)
  }

  /**
   * Applies a durable record, in a live run and in a replay.
   * @throws INVARIANT_BROKEN when a turn or a position runs back
   */
  apply(record: TransitionRecord): void {
    const { turn, origin } = record
    if (turn !== this.#turn && turn !== this.#turn + 1) throw runsBack(record, `turn ${turn}`, this.#turn)
    if (origin !== undefined && origin.position <= this.cursor(origin.source))
      throw runsBack(record, `position ${origin.position} of ${origin.source}`, this.cursor(origin.source))
    this.#turn = turn
    this.#at = record.at
    this.#systemIds.before(record)
    this.#systemIds.after(record)
    if (origin !== undefined) this.#cursors.set(origin.source, origin.position)
    if (record.completes !== undefined) this.outbox.settle(record.completes)
    for (const intent of record.intents ?? []) this.outbox.add(intent)
    if (record.actor === CLOCK && record.event.type === 'outcry.clockSet')
      this.#applyClockSet(record.seq, record.event as Signal & { type: 'outcry.clockSet' })
    if (record.key === undefined) return
    this.#keys.set(record.key, record.seq)
    if (this.#keys.size > KEYS_MAX) this.#keys.delete(this.#keys.keys().next().value as string)
  }

  #applyClockSet(
    seq: number,
    { boot, offsetMs, wallOffsetMs, forwardMs }: Signal & { type: 'outcry.clockSet' },
  ): void {
    const known = this.#clock?.boot === boot ? this.#clock.shifts : []
    const shifts = forwardMs === 0 ? known : withShift(known, { seq, ms: forwardMs })
    this.#clock = { boot, offsetMs, wallOffsetMs, shifts }
  }

  state(): OffsetsState {
    return {
      cursors: Object.fromEntries(this.#cursors),
      ...this.outbox.state(),
      keys: [...this.#keys],
      systemIds: this.#systemIds.entries,
      ...compact({ behind: this.behind.length > 0 ? this.behind : undefined, machines: this.machines }),
      turn: this.#turn,
      ...compact({ at: this.#at, clock: this.#clock }),
    }
  }
}

function withShift(shifts: readonly Shift[], shift: Shift): readonly Shift[] {
  const [first, second, ...others] = [...shifts, shift]
  if (first === undefined || second === undefined || others.length + 2 <= SHIFTS_MAX)
    return [...shifts, shift]
  return [{ seq: second.seq, ms: first.ms + second.ms }, ...others]
}

function runsBack({ seq, actor }: TransitionRecord, what: string, last: number): OutcryError {
  return new OutcryError(
    'INVARIANT_BROKEN',
    `record ${seq} (${actor}) is of ${what}, which does not follow ${last}`,
    'Run `outcry verify` to see what the log has. If it is whole, this is a defect of Outcry: report it with this message.',
  )
}

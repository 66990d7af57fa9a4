/**
 * What the runtime knows beside its actors, all of it derived from durable records: how far each source was read,
 * which intents wait for their outcome, which idempotency keys were used, how the clock was set. It is kept in
 * checkpoints.
 */

import type { Signal } from '../actors/signals.ts'
import { CLOCK } from '../record/address.ts'
import type { ClockState } from '../record/clock-record.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { Message } from '../turn/message.ts'
import { Outbox, type OutboxState } from '../turn/outbox.ts'
import type { Structures } from '../xstate/structure.ts'
import { SystemIds } from './system-ids.ts'

/** Idempotency keys remembered, the oldest forgotten first. */
const KEYS_MAX = 10_000

/** Timers that records before `seq` set are due by so much later than they say. */
export interface Shift {
  readonly seq: number
  readonly ms: number
}

/** The clock as the log knows it, and its shifts since the boot. */
export interface KnownClock extends ClockState {
  readonly shifts: readonly Shift[]
  /** What it showed when it was last put down. */
  readonly at?: number
}

/** Shifts kept apart. A clock that is set more often keeps the timers of its first times back for longer. */
const SHIFTS_MAX = 100

export interface OffsetsState extends OutboxState {
  readonly cursors: Readonly<Record<string, number>>
  readonly keys: readonly (readonly [string, number])[]
  readonly systemIds: readonly (readonly [string, string])[]
  /** Actors whose latest snapshot does not cover their records, though the checkpoint does. */
  readonly behind?: readonly string[]
  /** See checkMachines. */
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
  /** Positions and keys that turns have taken whose commit is still to come. */
  readonly #positionsAhead = new Map<string, number>()
  readonly #keysAhead = new Map<string, number>()
  /** These two are set at a start: actors that could not be brought back, and the structures of the machines. */
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

  /** Time of the last record. */
  get at(): number | undefined {
    return this.#at
  }

  get clock(): KnownClock | undefined {
    return this.#clock
  }

  setClock(clock: KnownClock): void {
    this.#clock = clock
  }

  /** Position of the last message of the source that is in the log; 0 if none is. */
  cursor(source: string): number {
    return this.#cursors.get(source) ?? 0
  }

  /** seq of the record that took the message with this key. */
  seqOfKey(key: string): number | undefined {
    return this.#keys.get(key)
  }

  /** Position of the last message of the source that a turn has taken, in the log or not. */
  cursorAhead(source: string): number {
    return this.#positionsAhead.get(source) ?? this.cursor(source)
  }

  /** As `seqOfKey`, in the log or not. */
  seqOfKeyAhead(key: string): number | undefined {
    return this.#keysAhead.get(key) ?? this.seqOfKey(key)
  }

  /** A turn has taken the message; `seq` is its first record's. */
  take({ origin, key }: Message, seq: number): void {
    if (origin !== undefined) this.#positionsAhead.set(origin.source, origin.position)
    if (key !== undefined) this.#keysAhead.set(key, seq)
  }

  /** The message's turn is in the log, or never will be. */
  settle({ key }: Message): void {
    if (key !== undefined) this.#keysAhead.delete(key)
  }

  apply(record: TransitionRecord): void {
    this.#turn = record.turn
    this.#at = record.at
    this.#systemIds.before(record)
    this.#systemIds.after(record)
    if (record.origin !== undefined) this.#cursors.set(record.origin.source, record.origin.position)
    if (record.settles !== undefined) this.outbox.settle(record.settles)
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
      ...(this.behind.length > 0 && { behind: this.behind }),
      ...(this.machines !== undefined && { machines: this.machines }),
      turn: this.#turn,
      ...(this.#at !== undefined && { at: this.#at }),
      ...(this.#clock !== undefined && { clock: this.#clock }),
    }
  }
}

function withShift(shifts: readonly Shift[], shift: Shift): readonly Shift[] {
  const [first, second, ...others] = [...shifts, shift]
  if (first === undefined || second === undefined || others.length + 2 <= SHIFTS_MAX)
    return [...shifts, shift]
  return [{ seq: second.seq, ms: first.ms + second.ms }, ...others]
}

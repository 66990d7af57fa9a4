import { Distribution } from '../../../store/distribution.ts'
import type { Cell } from '../actors/cell.ts'
import { listOf, timerOf } from '../actors/pending-timers.ts'
import type { Logger } from '../logger.ts'
import type { Address } from '../record/address.ts'
import type { ScheduledTimer, TransitionRecord } from '../record/record.ts'
import { sizeOf } from '../record/values.ts'
import type { Shift } from '../state/offsets.ts'
import type { Residents } from '../state/residents.ts'
import type { Message } from '../turn/message.ts'
import type { Publication } from '../turn/publication.ts'
import type { Clock } from './clock.ts'
import { type DueTimer, TimerQueue } from './timer-queue.ts'

/** Maximum number of timers found due together. There may be millions, and other work runs between two lots. */
const DUE_PER_LOOK = 256
/** Number of entries from which canceled timers are cleared. Long delays that are often canceled leave very many. */
const CLEAR_FROM = 10_000

/** The upper bounds of the classes of lateness, in seconds. A timer of a stop may be late by hours. */
const LATENESS = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10, 60, 600, 3_600]

/**
 * Finds timers that are due. The timers themselves are state of their actors (law 7), and this queue has only their due
 * times. It skips an entry whose timer is gone by then.
 */
export class TimerService {
  /** The seconds by which each timer was late when it was found due. */
  readonly lateness = new Distribution(LATENESS)
  readonly #queue = new TimerQueue()
  readonly #clock: Clock
  readonly #table: Pick<Residents, 'find' | 'resident'>
  readonly #logger: Logger
  #onDue: (due: readonly DueTimer[]) => void = () => {}
  /** Actors that have timers but cannot be restored. The log names each of them once. */
  readonly #lost = new Set<Address>()
  /**
   * Timers that came due in quarantine, or before their actor could be migrated. Each timer is in one place: in the
   * queue, among the messages, or here. With two entries in the queue, one of several timers with the same id would
   * fire too early.
   */
  readonly #held = new Map<Address, DueTimer[]>()
  #running = false
  #isBehind = false
  #clearFrom = CLEAR_FROM
  #shifts: Shift[] = []
  /** The sum of all shifts. */
  #shiftMs = 0
  /** seq of the last record before this start. */
  readonly #startedAfter: number

  constructor(
    clock: Clock,
    table: Pick<Residents, 'find' | 'resident'>,
    logger: Logger,
    startedAfter: number,
  ) {
    this.#clock = clock
    this.#table = table
    this.#logger = logger
    this.#startedAfter = startedAfter
  }

  /**
   * Starts. `wentOn`: time passed while the runtime was stopped. Timers due in that time are taken before any message
   * can be sent, as in a run without a stop.
   */
  start(wentOn: boolean, onDue: (due: readonly DueTimer[]) => void): void {
    this.#onDue = onDue
    this.#running = true
    if (wentOn) this.#takeDue()
    else this.arm()
  }

  /** Returns the number of due times. Some may belong to timers that are gone. */
  get length(): number {
    return this.#queue.length
  }

  /** Returns whether more timers are due than were taken so far. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  stop(): void {
    this.#running = false
    this.#isBehind = false
    this.#clock.wakeAt(undefined, () => {})
  }

  /** Moves the clock forward. Timers set by records before `seq` keep the delay that they had. */
  shift(shift: Shift): void {
    this.#shifts.push(shift)
    this.#shiftMs += shift.ms
    this.arm()
  }

  /**
   * Adds the earliest due time of an actor that is passive at a start. At that time the actor is restored, and its
   * timers are added.
   */
  addPassive(address: Address, dueAt: number): void {
    // Some timers may be older than the shifts, so this assumes the earliest possible time.
    this.#queue.push({ when: dueAt - this.#shiftMs, address, id: undefined, seq: 0, index: 0 })
  }

  /**
   * Adds an actor's timers from before this start. Later ones are queued already: with two entries, one would fire too
   * early.
   */
  addKnownOf({ address, state }: Cell): void {
    this.#add(
      address,
      listOf(state.timers).filter(({ seq }) => seq <= this.#startedAfter),
    )
  }

  /** Follows the records of a turn: they set timers, release held ones, or end the actors that have them. */
  follow(publications: readonly Publication[]): void {
    let isArmed = false
    for (const { record } of publications) {
      const actor = record.actor as Address
      if (record.status !== undefined) this.#forget(actor)
      const isReleased = record.event.type === 'outcry.released' || record.event.type === 'outcry.migrated'
      if (isReleased) this.#addHeldOf(actor)
      if (record.scheduled !== undefined) this.#addScheduled(record)
      else if (!isReleased) continue
      isArmed = true
    }
    if (isArmed) this.arm()
  }

  #addScheduled({ actor, scheduled }: TransitionRecord): void {
    if (scheduled !== undefined) this.#add(actor as Address, scheduled)
  }

  /** Holds a due timer whose actor cannot be migrated to its new version. It is due again after the migration. */
  hold({ to, timer, at: firedAt }: Message, err: unknown): void {
    if (timer === undefined) return
    const { dueAt, id, seq } = timer
    const held = this.#held.get(to) ?? []
    this.#held.set(to, held)
    const when = dueAt - this.#shiftBefore(seq)
    held.push({ when, address: to, id, seq, index: held.length, firedAt })
    this.#say(to, err)
  }

  /** Adds the held timers of an actor that is released from quarantine or migrated. They are due now. */
  #addHeldOf(address: Address): void {
    for (const timer of this.#held.get(address) ?? []) this.#queue.push(timer)
    this.#held.delete(address)
  }

  /** Forgets the held timers of an actor that has ended. They never fire. */
  #forget(address: Address): void {
    if (this.#held.size > 0) this.#held.delete(address)
  }

  /** Asks the clock for the next due time. */
  arm(): void {
    if (!this.#running) return
    const next = this.#queue.peek()
    this.#clock.wakeAt(next && next.when + this.#shiftMs, () => this.#takeDue())
  }

  /**
   * Returns the message of a due timer when its turn comes, or undefined when a turn since then canceled it. In
   * quarantine the timer stays part of the actor's state, and is due again when the actor is released.
   */
  messageOf(due: DueTimer): Message | undefined {
    const { address, id, when, seq, firedAt = when } = due
    // A timer that is not taken before a stop is due again at the next start.
    if (id === undefined || !this.#running) return undefined
    const state = this.#wake(address)?.state
    const dueAt = when + this.#shiftBefore(seq)
    const timer = state && timerOf(state.timers, { id, dueAt, seq })
    if (timer === undefined) return undefined
    if (state?.condition === 'quarantined') {
      const held = this.#held.get(address)
      if (held === undefined) this.#held.set(address, [due])
      else held.push(due)
      return undefined
    }
    this.lateness.note(Math.max(0, firedAt - this.#shiftMs - when) / 1_000)
    const event = Object.freeze({ ...timer.event, at: firedAt })
    const { correlation } = timer
    return { to: address, event, at: firedAt, size: sizeOf(event), cause: seq, correlation, timer }
  }

  /** Returns the shifts of the clock that came before this record set its timers, in ms. */
  #shiftBefore(seq: number): number {
    if (this.#shiftMs === 0) return 0
    let shiftMs = 0
    for (const shift of this.#shifts) if (shift.seq <= seq) shiftMs += shift.ms
    return shiftMs
  }

  #add(address: Address, timers: readonly ScheduledTimer[]): void {
    for (let index = 0; index < timers.length; index++) {
      const { dueAt, id, seq } = timers[index] as ScheduledTimer
      this.#queue.push({ when: dueAt - this.#shiftBefore(seq), address, id, seq, index })
    }
    if (this.#queue.length < this.#clearFrom) return
    this.#queue.clear((due) => this.#isPending(due))
    // So each entry is examined at most twice, however many come.
    this.#clearFrom = Math.max(CLEAR_FROM, 2 * this.#queue.length)
  }

  /** Returns true for a passive actor, too, because its timers are not in memory. */
  #isPending({ address, id, when, seq }: DueTimer): boolean {
    const timers = id === undefined ? undefined : this.#table.resident(address)?.state.timers
    if (id === undefined || timers === undefined) return true
    return timerOf(timers, { id, dueAt: when + this.#shiftBefore(seq), seq }) !== undefined
  }

  #takeDue(): void {
    const now = this.#clock.now()
    const lot: DueTimer[] = []
    for (let looks = 0; looks < DUE_PER_LOOK; looks++) {
      const due = this.#queue.peek()
      if (due === undefined || due.when > now - this.#shiftMs) break
      this.#queue.pop()
      if (due.id === undefined) {
        const cell = this.#wake(due.address)
        if (cell !== undefined) this.addKnownOf(cell)
        continue
      }
      due.firedAt = now
      lot.push(due)
    }
    this.#isBehind = (this.#queue.peek()?.when ?? Number.POSITIVE_INFINITY) <= now - this.#shiftMs
    this.#onDue(lot)
    // An event clock goes on to the next lot at once. No lot waits for another clock, either.
    if (this.#isBehind) setImmediate(() => this.#isBehind && this.#running && this.#takeDue())
  }

  #wake(address: Address): Cell | undefined {
    try {
      return this.#table.find(address)
    } catch (err) {
      this.#say(address, err)
      return undefined
    }
  }

  #say(actor: Address, err: unknown): void {
    if (!this.#lost.has(actor))
      this.#logger.error({ err, actor }, `${actor} has a timer, but cannot be restored`)
    this.#lost.add(actor)
  }
}

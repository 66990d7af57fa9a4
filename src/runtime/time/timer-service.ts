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

/** Timers that are found due at once. There may be millions: others get their chance between one lot and the next. */
const DUE_PER_LOOK = 256
/** Entries from which on those of cancelled timers are looked for: whoever waits long and often cancels sets very many. */
const CLEAR_FROM = 10_000

/**
 * Says when timers are due. The timers themselves are state of their actors (law 7); here is only when to look. An
 * entry whose timer is gone by then is passed over.
 */
export class TimerService {
  readonly #queue = new TimerQueue()
  readonly #clock: Clock
  readonly #table: Pick<Residents, 'find' | 'resident'>
  readonly #logger: Logger
  #onDue: (due: readonly DueTimer[]) => void = () => {}
  /** Actors that have timers, but cannot be brought back: each is told once. */
  readonly #lost = new Set<Address>()
  /**
   * Timers that came due in quarantine, or before their actor could be carried over. Each timer is in one place: in the queue, among the messages, or here. Twice in the
   * queue, one of several of an id would fire before its turn.
   */
  readonly #held = new Map<Address, DueTimer[]>()
  #running = false
  #isBehind = false
  #clearFrom = CLEAR_FROM
  #shifts: Shift[] = []
  /** All of them. */
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

  /** `wentOn`: time went on while nobody ran. What came due meanwhile is taken before anybody can send, as it would have been. */
  start(wentOn: boolean, onDue: (due: readonly DueTimer[]) => void): void {
    this.#onDue = onDue
    this.#running = true
    if (wentOn) this.#takeDue()
    else this.arm()
  }

  /** Due times that are kept, some of which may be of timers that are gone. */
  get length(): number {
    return this.#queue.length
  }

  /** Whether more timers are due than were looked at yet. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  stop(): void {
    this.#running = false
    this.#isBehind = false
    this.#clock.wakeAt(undefined, () => {})
  }

  /** The clock goes forward: timers that records before `seq` set keep the delay that they had. */
  shift(shift: Shift): void {
    this.#shifts.push(shift)
    this.#shiftMs += shift.ms
    this.arm()
  }

  /**
   * The earliest timer of an actor that is passive at a start: when it is due the actor is brought back, and asked for its
   * timers.
   */
  addPassive(address: Address, dueAt: number): void {
    // Its timers may have been shifted since: they are looked at in good time.
    this.#queue.push({ when: dueAt - this.#shiftMs, address, id: undefined, seq: 0, index: 0 })
  }

  /** What an actor has set since the start is in the queue: twice in it, a timer of an id would fire before its turn. */
  addKnownOf({ address, state }: Cell): void {
    this.#add(
      address,
      listOf(state.timers).filter(({ seq }) => seq <= this.#startedAfter),
    )
  }

  /** A turn has run: its records set timers, let them out, or end whoever had them. */
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

  /** A timer came due whose actor cannot be carried over to its new version: it is due again once that is done. */
  hold({ to, timer, at: firedAt }: Message, err: unknown): void {
    if (timer === undefined) return
    const { dueAt, id, seq } = timer
    const held = this.#held.get(to) ?? []
    this.#held.set(to, held)
    const when = dueAt - this.#shiftBefore(seq)
    held.push({ when, address: to, id, seq, index: held.length, firedAt })
    this.#say(to, err)
  }

  /** Of an actor that is let out of quarantine or carried over: timers that came due before that are due now. */
  #addHeldOf(address: Address): void {
    for (const timer of this.#held.get(address) ?? []) this.#queue.push(timer)
    this.#held.delete(address)
  }

  /** An actor has ended: what came due in its quarantine never fires. */
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
   * The message of a timer that came due, when its turn has come: undefined when a turn since then cancelled it. In
   * quarantine it stays what it is, part of the actor's state, and comes due again when the actor is released.
   */
  messageOf(due: DueTimer): Message | undefined {
    const { address, id, when, seq, firedAt = when } = due
    // What is not taken before a stop comes due again at the next start.
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
    const event = Object.freeze({ ...timer.event, at: firedAt })
    const { correlation } = timer
    return { to: address, event, at: firedAt, size: sizeOf(event), cause: seq, correlation, timer }
  }

  /** How far the clock had gone forward when this record set its timers. */
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
    // Each entry is looked at twice at most, however many come.
    this.#clearFrom = Math.max(CLEAR_FROM, 2 * this.#queue.length)
  }

  /** Of a passive actor nobody knows. */
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
    // A clock that is told the time goes on at once; the next lot waits for no clock.
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
      this.#logger.error({ err, actor }, `${actor} has a timer, but cannot be brought back`)
    this.#lost.add(actor)
  }
}

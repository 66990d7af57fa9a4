import type { ActorTable } from './actor-table.ts'
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'
import type { ScheduledTimer, TransitionRecord } from './record.ts'
import { TimerQueue } from './timers.ts'
import type { Message } from './turn.ts'

/**
 * Wakes actors when their timers are due. The timers themselves are state of their actors (law 7); here is only when
 * to look. An entry whose timer is gone by then is passed over.
 */
export class Timekeeper {
  readonly #queue = new TimerQueue()
  readonly #clock: Clock
  readonly #table: ActorTable
  readonly #logger: Logger
  readonly #onDue: (messages: readonly Message[]) => void
  #running = false

  constructor(
    clock: Clock,
    table: ActorTable,
    logger: Logger,
    onDue: (messages: readonly Message[]) => void,
  ) {
    this.#clock = clock
    this.#table = table
    this.#logger = logger
    this.#onDue = onDue
  }

  start(): void {
    this.#running = true
    this.arm()
  }

  stop(): void {
    this.#running = false
    this.#clock.wakeAt(undefined, () => {})
  }

  /** A passive actor's earliest timer: when it is due the actor is brought back, and asked for its timers. */
  addPassive(address: Address, dueAt: number): void {
    this.#queue.push({ dueAt, address, id: undefined, seq: 0, index: 0 })
  }

  addAllOf(cell: Cell): void {
    this.#add(cell.address, cell.state.timers)
  }

  addScheduled({ actor, scheduled }: TransitionRecord): void {
    if (scheduled !== undefined) this.#add(actor as Address, scheduled)
  }

  /** Asks the clock for the next due time. */
  arm(): void {
    if (this.#running) this.#clock.wakeAt(this.#queue.peek()?.dueAt, () => this.#takeDue())
  }

  /** Whether the timer that the message stands for was cancelled by a turn since it came due. */
  isCancelled({ to, timer }: Message): boolean {
    return timer !== undefined && this.#find(to, timer) === undefined
  }

  #add(address: Address, timers: readonly ScheduledTimer[]): void {
    for (const [index, { dueAt, id, seq }] of timers.entries()) {
      this.#queue.push({ dueAt, address, id, seq, index })
    }
  }

  #takeDue(): void {
    const now = this.#clock.now()
    const messages: Message[] = []
    for (let due = this.#queue.peek(); due !== undefined && due.dueAt <= now; due = this.#queue.peek()) {
      this.#queue.pop()
      const { address, id, dueAt, seq } = due
      if (id === undefined) {
        const cell = this.#wake(address)
        if (cell !== undefined) this.addAllOf(cell)
        continue
      }
      const timer = this.#find(address, { id, dueAt, seq })
      if (timer === undefined) continue
      const event = Object.freeze({ ...timer.event, at: now })
      messages.push({
        to: address,
        event,
        at: now,
        size: 0,
        cause: seq,
        correlation: timer.correlation,
        timer,
      })
    }
    this.#onDue(messages)
  }

  #find(
    address: Address,
    { id, dueAt, seq }: Pick<ScheduledTimer, 'id' | 'dueAt' | 'seq'>,
  ): ScheduledTimer | undefined {
    return this.#wake(address)?.state.timers.find((t) => t.id === id && t.dueAt === dueAt && t.seq === seq)
  }

  #wake(address: Address): Cell | undefined {
    try {
      return this.#table.find(address)
    } catch (err) {
      this.#logger.error({ err, actor: address }, `${address} has a timer, but cannot be brought back`)
      return undefined
    }
  }
}

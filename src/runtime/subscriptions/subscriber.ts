import type { PositionEntry } from '../../../store/store.ts'
import type { EventEnvelope } from '../events/envelope.ts'
import { matches, type Topic } from '../events/patterns.ts'
import { EventQueue, type Passing } from './event-queue.ts'
import type { HandlerContext, Wanted } from './options.ts'

/** A place between two events: all records up to `seq` are handled, and `events` events of the record behind it. */
export interface Place {
  readonly seq: number
  readonly events: number
}

export interface SubscriberParts {
  /** Returns the last seq that is published. */
  readonly published: () => number
  /** Takes an event whose last attempt has failed. Returns false when it could not be put anywhere. */
  readonly toDeadLetter: (subscriber: Subscriber, envelope: EventEnvelope, error: unknown) => Promise<boolean>
  /** Is told when a subscriber has nothing left to handle, and has to read the log. */
  readonly onBehind: (subscriber: Subscriber) => void
  /** Is told when the place of a durable subscriber has moved. */
  readonly onMoved: (subscriber: Subscriber) => void
  /** Is told when the handler ends its own subscription. */
  readonly onUnsubscribe: (subscriber: Subscriber) => void
  readonly onFailed: (subscriber: Subscriber, envelope: EventEnvelope, error: unknown) => void
}

/**
 * One subscription: its handler takes the events one after the other. While few events wait, the commits feed it. When
 * more would wait, it takes those and then reads the log. So its memory is bounded, whatever the handler does.
 */
export class Subscriber {
  readonly wanted: Wanted
  /** True when the commits feed it. Otherwise it reads the log. */
  live = false
  /** While it reads the log: seq up to which all its events are handled or wait here. */
  readTo: number
  readonly #parts: SubscriberParts
  readonly #queue = new EventQueue()
  /** Number of events of the record behind the first `readTo` that are handled already. */
  #skipped: number
  readonly #skippedIn: number
  /** The record whose events were let in last. All events of one record are let in, or none. */
  #admitted = 0
  #draining = false
  #closed = false
  /** Takes no more events once those that wait are handled. */
  #finishing = false
  /** Ends the wait for the next attempt. */
  #wake: (() => void) | undefined
  readonly #onIdle: (() => void)[] = []

  constructor(wanted: Wanted, { seq, events }: Place, parts: SubscriberParts) {
    this.wanted = wanted
    this.readTo = seq
    this.#skipped = events
    this.#skippedIn = seq + 1
    this.#parts = parts
  }

  get closed(): boolean {
    return this.#closed
  }

  get isFull(): boolean {
    return this.#queue.isFull
  }

  /** Number of events that wait, or are in hand. */
  get waiting(): number {
    return this.#queue.length
  }

  /** Returns the place behind the last event that is handled. */
  get place(): Place {
    const { first } = this.#queue
    if (first !== undefined) return { seq: first.seq - 1, events: first.index }
    if (this.live) return { seq: this.#parts.published(), events: 0 }
    return { seq: this.readTo, events: this.readTo < this.#skippedIn ? this.#skipped : 0 }
  }

  /** Returns the place as the store keeps it. The subscription has a name. */
  get entry(): PositionEntry {
    const { seq, events } = this.place
    return { name: this.wanted.name as string, seq, ...(events > 0 && { state: { events } }) }
  }

  /** Takes an event of a record that is published now. */
  offer(event: Passing): void {
    const { seq } = event.envelope
    if (!this.live || this.#closed || seq <= this.readTo) return
    if (this.#admitted !== seq) {
      if (this.#queue.isFull) {
        this.live = false
        this.readTo = seq - 1
        return
      }
      this.#admitted = seq
    }
    this.#push(event)
  }

  /** Takes the events of the next record that is read from the log. */
  take(seq: number, events: readonly Passing[]): void {
    const skipped = seq === this.#skippedIn ? this.#skipped : 0
    for (const event of events)
      if (event.envelope.index >= skipped && this.#wants(event.topic)) this.#push(event)
    this.readTo = seq
  }

  /** Goes on with what the commits bring. It has read all that is published. */
  goLive(): void {
    this.live = true
    if (this.#finishing && !this.#draining && this.#queue.length === 0) this.#finished()
  }

  #wants(topic: Topic): boolean {
    return this.wanted.patterns.some((pattern) => matches(pattern, topic))
  }

  #push(event: Passing): void {
    this.#queue.push(event)
    this.#drainSoon()
  }

  /** Handles what waits once the publication under way is over. */
  #drainSoon(): void {
    if (this.#draining) return
    this.#draining = true
    queueMicrotask(() => void this.#drain())
  }

  async #drain(): Promise<void> {
    for (let first = this.#queue.first; first !== undefined && !this.#closed; first = this.#queue.first) {
      const handled = this.#handle(first)
      // Most handlers answer at once, and a wait for each would cost more than they do.
      if (handled !== true && !(await handled)) break
      this.#queue.shift()
      if (this.wanted.name !== undefined) this.#parts.onMoved(this)
    }
    this.#draining = false
    const isBehind = !this.#closed && !this.live && this.#queue.length === 0
    if (isBehind && !(this.#finishing && this.#hasNext)) this.#parts.onBehind(this)
    else if (this.#finishing) this.#closed = true
    if (!this.#isReadingOn) this.#tellIdle()
  }

  /** True when another subscription of the name will go on after a stop. */
  get #hasNext(): boolean {
    return this.wanted.name !== undefined
  }

  /** True while it reads the rest of the log before it finishes. */
  get #isReadingOn(): boolean {
    return this.#finishing && !this.#closed && !this.live
  }

  #finished(): void {
    this.#closed = true
    this.#tellIdle()
  }

  #tellIdle(): void {
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  /** Returns true, or a promise of whether the event is done with. */
  #handle(envelope: EventEnvelope): true | Promise<boolean> {
    try {
      const result = this.#attempt(envelope, 1)
      return result === undefined ? true : this.#settled(envelope, result)
    } catch (error) {
      return this.#retried(envelope, error)
    }
  }

  async #settled(envelope: EventEnvelope, result: Promise<unknown>): Promise<boolean> {
    try {
      await result
      return true
    } catch (error) {
      return this.#retried(envelope, error)
    }
  }

  async #retried(envelope: EventEnvelope, failure: unknown): Promise<boolean> {
    const { retries, retryDelayMs } = this.wanted
    let error = failure
    for (let attempt = 2; ; attempt++) {
      this.#parts.onFailed(this, envelope, error)
      if (this.#isEnding) return false
      if (attempt > retries + 1) break
      await this.#rest(retryDelayMs)
      if (this.#isEnding) return false
      try {
        await this.#attempt(envelope, attempt)
        return true
      } catch (next) {
        error = next
      }
    }
    return this.#parts.toDeadLetter(this, envelope, error)
  }

  /** Returns whether a failed event stays where it is: it is given to the next subscription of the name. */
  get #isEnding(): boolean {
    return this.#closed || this.#finishing
  }

  /** Returns a promise, or undefined when the event is handled. */
  #attempt(envelope: EventEnvelope, attempt: number): Promise<unknown> | undefined {
    const { filter, handler } = this.wanted
    if (filter !== undefined && !passes(filter(envelope))) return undefined
    const context: HandlerContext = { attempt, unsubscribe: () => this.#parts.onUnsubscribe(this) }
    const result = handler(envelope, context)
    return isThenable(result) ? Promise.resolve(result) : undefined
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Takes no further event. The one in hand is finished, but not tried again. */
  end(): void {
    this.#closed = true
    this.#wake?.()
    if (!this.#draining) this.#tellIdle()
  }

  /**
   * Takes no further event but those that are published. One with a name that is behind ends with the event in hand,
   * and the next one of its name reads on.
   */
  finish(): void {
    this.#finishing = true
    this.#wake?.()
    const isAtRest = this.#queue.length === 0 && !this.#draining
    if (this.live ? isAtRest : this.#hasNext) this.#closed = true
  }

  /** Resolves when the handler has nothing in hand, and nothing is read for it before it finishes. */
  idle(): Promise<void> {
    return this.#draining || this.#isReadingOn
      ? new Promise((resolve) => this.#onIdle.push(resolve))
      : Promise.resolve()
  }
}

function passes(result: unknown): boolean {
  if (!isThenable(result)) return Boolean(result)
  result.then(undefined, () => {})
  throw new TypeError('the filter returned a promise; it must return true or false')
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

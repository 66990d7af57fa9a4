import type { Store } from '../../../store/store.ts'
import type { TransitionRecord } from '../record/record.ts'
import { passingOf } from './event-queue.ts'
import type { Subscriber } from './subscriber.ts'

/** Records that are read before the next subscriber's turn. */
const PIECE_RECORDS = 5_000

export interface CatchUpParts {
  readonly store: Store<TransitionRecord>
  /** Returns the last seq that is published. */
  readonly published: () => number
  /** Is told that the log cannot be read for these subscribers. */
  readonly onUnreadable: (subscribers: readonly Subscriber[], error: unknown) => void
}

/**
 * Reads the log for the subscribers that the commits do not feed. Subscribers that are near each other read together,
 * so that a thousand that start at one place cost as much as one.
 */
export class CatchUp {
  readonly #parts: CatchUpParts
  /** The one that has waited longest is first. */
  readonly #waiting = new Set<Subscriber>()
  readonly #gone = new AbortController()
  #running: Promise<void> | undefined

  constructor(parts: CatchUpParts) {
    this.#parts = parts
  }

  /** Reads for the subscriber until it has enough to handle, or has caught up. */
  add(subscriber: Subscriber): void {
    if (this.#gone.signal.aborted) return
    this.#waiting.add(subscriber)
    if (this.#running === undefined) this.#running = this.#run()
  }

  /** Ends all reading, and resolves when none is under way. */
  async stop(): Promise<void> {
    this.#gone.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    // Subscribers that are added together read together.
    await undefined
    for (let first = this.#next(); first !== undefined; first = this.#next()) {
      const from = first.readTo
      const toSeq = Math.min(this.#parts.published(), from + PIECE_RECORDS)
      const group = [...this.#waiting].filter(({ readTo }) => readTo >= from && readTo < toSeq)
      try {
        await this.#readPiece(group, from + 1, toSeq)
      } catch (error) {
        if (this.#gone.signal.aborted) break
        for (const subscriber of group) this.#waiting.delete(subscriber)
        this.#parts.onUnreadable(group, error)
      }
    }
    this.#waiting.clear()
    this.#running = undefined
  }

  /** Returns the subscriber whose turn it is. Those that have nothing to read go live, or have ended. */
  #next(): Subscriber | undefined {
    if (this.#gone.signal.aborted) return undefined
    for (const subscriber of this.#waiting) {
      this.#waiting.delete(subscriber)
      if (subscriber.closed) continue
      if (subscriber.readTo < this.#parts.published()) {
        this.#waiting.add(subscriber)
        return subscriber
      }
      subscriber.goLive()
    }
    return undefined
  }

  async #readPiece(group: readonly Subscriber[], fromSeq: number, toSeq: number): Promise<void> {
    const { store, published } = this.#parts
    // Subscribers that fell behind a moment ago must catch up, so they do not read in the background.
    const inBackground = toSeq < published()
    let readers = group
    for await (const record of store.read({ fromSeq, toSeq, inBackground, signal: this.#gone.signal })) {
      const events = passingOf(record)
      let hasLeft = false
      for (const subscriber of readers) {
        if (subscriber.closed || subscriber.isFull) hasLeft = true
        else if (subscriber.readTo < record.seq) subscriber.take(record.seq, events)
      }
      if (!hasLeft) continue
      readers = readers.filter(({ closed, isFull }) => !closed && !isFull)
      if (readers.length === 0) break
    }
    // Full subscribers come back when they have handled all.
    for (const subscriber of group) if (subscriber.isFull) this.#waiting.delete(subscriber)
  }
}

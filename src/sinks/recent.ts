import type { Observable } from 'rxjs'
import type { TransitionRecord } from '../runtime/record/record.ts'
import { type SinkEvent, sinkEventsOf } from './event.ts'

/** Events that are kept: about a second of a busy market. A sink that is further behind reads the log. */
const EVENTS_MAX = 8_192
/** Records without events, or before the kept ones, are taken off in pieces of this size. */
const TAKEN_OFF = 1_024

interface Entry {
  readonly seq: number
  readonly events: readonly SinkEvent[]
}

/** The part of the log that became durable a moment ago, so that sinks that keep up do not read it from the disk. */
export class Recent {
  #entries: Entry[] = []
  /** Index of the first entry that counts. */
  #front = 0
  #events = 0
  /** First seq of which the events are known. */
  #from: number
  /** Last seq. */
  #to: number
  readonly #waiting = new Set<() => void>()

  constructor(records: Observable<TransitionRecord>, seq: number) {
    this.#from = seq + 1
    this.#to = seq
    records.subscribe((record) => this.#take(record))
  }

  /** Last seq that is published. */
  get seq(): number {
    return this.#to
  }

  /** Returns the entries with events of the records behind `seq`; undefined when some are no longer known. */
  after(seq: number): readonly Entry[] | undefined {
    if (seq + 1 < this.#from) return undefined
    let [low, high] = [this.#front, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle] as Entry).seq <= seq) low = middle + 1
      else high = middle
    }
    return this.#entries.slice(low)
  }

  /** Resolves when there is a record behind `seq`, or the signal is aborted. */
  async beyond(seq: number, signal: AbortSignal): Promise<void> {
    while (this.#to <= seq && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#waiting.add(wake)
        signal.addEventListener('abort', wake)
      })
    }
  }

  #take(record: TransitionRecord): void {
    // The log may already have what is published next.
    if (record.seq <= this.#to) return
    this.#to = record.seq
    if (record.emitted !== undefined) {
      const events = sinkEventsOf(record)
      this.#entries.push({ seq: record.seq, events })
      this.#events += events.length
      while (this.#events > EVENTS_MAX && this.#front < this.#entries.length - 1) this.#forget()
    }
    for (const wake of this.#waiting) wake()
  }

  #forget(): void {
    const { seq, events } = this.#entries[this.#front] as Entry
    this.#events -= events.length
    this.#from = seq + 1
    this.#front++
    if (this.#front < TAKEN_OFF) return
    this.#entries = this.#entries.slice(this.#front)
    this.#front = 0
  }
}

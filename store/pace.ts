/**
 * Readers give way. What reads long shares a thread with trading, so all readers of a process together work for a short slice,
 * then let the event loop go round once before one of them works on. Whoever waited longest is next.
 */
import { setImmediate } from 'node:timers'
import { readAborted } from './damage.ts'

/** What reading may hold up everything else at a time, unless one step alone takes longer: decoding a large commit. */
const SLICE_MS = 2

/** When the slice of the reader that works now ends. */
let sliceEnd = 0
const waiting: (() => void)[] = []

/** The steps of one reader. */
export class Pace {
  readonly #signal: AbortSignal | undefined

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
  }

  /**
   * Before each piece of work: what to wait for first. Undefined when it has to begin at once: not behind an `await`, at which
   * other readers would be told the same. @throws READ_ABORTED
   */
  step(): Promise<void> | undefined {
    if (this.#signal?.aborted) throw readAborted()
    return performance.now() < sliceEnd ? undefined : this.#giveWay()
  }

  async #giveWay(): Promise<void> {
    await new Promise<void>((resolve) => {
      waiting.push(resolve)
      if (waiting.length === 1) setImmediate(next)
    })
    if (this.#signal?.aborted) throw readAborted()
  }
}

/** One at a time: a slice is all that happens between two rounds of the event loop. */
function next(): void {
  const resume = waiting.shift()
  sliceEnd = performance.now() + SLICE_MS
  resume?.()
  if (waiting.length > 0) setImmediate(next)
}

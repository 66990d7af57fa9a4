/**
 * Readers give way. What reads long shares a thread with trading, so all readers of a process together work for a short slice,
 * then let the event loop go round once before one of them works on. Whoever waited longest is next. While a commit is being
 * written they wait for it, so that it is acknowledged at once; but not for ever, where one commit follows the other.
 */
import { setImmediate, setTimeout } from 'node:timers'
import { readAborted } from './damage.ts'

/** What reading may hold up everything else at a time, unless one step alone takes longer: decoding a large commit. */
const SLICE_MS = 2

/** How long, in ms, readers wait for commits before they have a slice all the same. */
const HELD_MS = 4

/** When the slice of the reader that works now ends. */
let sliceEnd = 0
const waiting: (() => void)[] = []
let commits = 0
/** Since when readers have waited for the next slice. */
let waitingSince = 0
/** Set while the next slice waits for a commit. */
let held: NodeJS.Timeout | undefined

export function commitBegins(): void {
  commits++
}

export function commitEnds(): void {
  if (--commits > 0 || held === undefined) return
  clearTimeout(held)
  held = undefined
  setImmediate(next)
}

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
      if (waiting.length > 1) return
      waitingSince = performance.now()
      setImmediate(next)
    })
    if (this.#signal?.aborted) throw readAborted()
  }
}

/** One at a time: a slice is all that happens between two rounds of the event loop. */
function next(): void {
  if (commits === 0) slice()
  else held = setTimeout(onHeld, Math.max(1, waitingSince + HELD_MS - performance.now()))
}

function onHeld(): void {
  held = undefined
  slice()
}

function slice(): void {
  const resume = waiting.shift()
  sliceEnd = performance.now() + SLICE_MS
  waitingSince = sliceEnd
  resume?.()
  if (waiting.length > 0) setImmediate(next)
}

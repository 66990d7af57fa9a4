/**
 * Readers give way. What reads long shares a thread with trading, so all readers of a process together work for a short slice,
 * then let the event loop go round once before one of them works on. Whoever waited longest is next. While a commit is being
 * written they wait for it, so that it is acknowledged at once; but not for ever, where one commit follows the other. As long as
 * commits come, reading has a share of the time and no more. What readers want of the thread pool they want one after the other.
 */
import { setImmediate, setTimeout } from 'node:timers'
import { readAborted } from './damage.ts'

/** What reading may hold up everything else at a time, unless one step alone takes longer: decoding a large commit. */
const SLICE_MS = 0.5

/**
 * Reading's part of the time while commits come. All that they leave would not do: what reading throws away keeps the garbage
 * collector at work, and its threads take the processors from commits.
 */
const SHARE = 0.06

/** Ms of work that reading may have saved up: one short answer comes as fast as it can. */
const CREDIT_MAX_MS = 200

/** How long after a commit others are expected. */
const TRADING_MS = 100

/** How long, in ms, readers wait for commits before they have a slice all the same. */
const HELD_MS = 4

/** When the slice of the reader that works now began and ends. */
let sliceBegan = 0
let sliceEnd = 0
/** False once the slice has been charged for. */
let isWorking = false
/** Ms that reading may work at once, as of when; below 0 it has to rest. */
let credit = CREDIT_MAX_MS
let creditAt = 0
const waiting: (() => void)[] = []
let commits = 0
let committedAt = Number.NEGATIVE_INFINITY
/** Since when readers have waited for the next slice. */
let waitingSince = 0
/** Set while the next slice waits for a commit. */
let held: NodeJS.Timeout | undefined

export function commitBegins(): void {
  commits++
  committedAt = performance.now()
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
    return this.#step(false)
  }

  /** The same where others would have to wait with what this reader has in hand: it goes on before them. @throws READ_ABORTED */
  stepOn(): Promise<void> | undefined {
    return this.#step(true)
  }

  #step(goesOn: boolean): Promise<void> | undefined {
    if (this.#signal?.aborted) throw readAborted()
    return performance.now() < sliceEnd ? undefined : this.#giveWay(goesOn)
  }

  async #giveWay(goesOn: boolean): Promise<void> {
    if (isWorking) charge(performance.now())
    await new Promise<void>((resolve) => {
      if (goesOn) waiting.unshift(resolve)
      else waiting.push(resolve)
      if (waiting.length > 1) return
      waitingSince = performance.now()
      setImmediate(next)
    })
    if (this.#signal?.aborted) throw readAborted()
  }
}

function charge(now: number): void {
  isWorking = false
  credit = Math.min(CREDIT_MAX_MS, credit + (now - creditAt) * SHARE) - (now - sliceBegan)
  creditAt = now
}

/** One at a time: a slice is all that happens between two rounds of the event loop. */
function next(): void {
  const now = performance.now()
  // The reader did not get to the end of its slice.
  if (isWorking) charge(Math.min(now, sliceEnd))
  if (now - committedAt > TRADING_MS) credit = CREDIT_MAX_MS
  const restMs = creditAt - now - credit / SHARE
  if (restMs > 0) {
    waitingSince = now + restMs
    setTimeout(next, restMs)
  } else if (commits === 0) slice()
  else held = setTimeout(onHeld, Math.max(1, waitingSince + HELD_MS - now))
}

function onHeld(): void {
  held = undefined
  slice()
}

function slice(): void {
  const resume = waiting.shift()
  isWorking = true
  sliceBegan = performance.now()
  sliceEnd = sliceBegan + SLICE_MS
  waitingSince = sliceEnd
  resume?.()
  if (waiting.length > 0) setImmediate(next)
}

/** Jobs for LevelDB's threads that wait for the one under way. */
const jobs: (() => void)[] = []
let isBusy = false

/** A job of a reader for the thread pool: one at a time, so that a commit finds a thread and a processor free. */
export async function alone<T>(job: () => Promise<T>): Promise<T> {
  if (isBusy) await new Promise<void>((resolve) => jobs.push(resolve))
  isBusy = true
  try {
    return await job()
  } finally {
    const next = jobs.shift()
    if (next === undefined) isBusy = false
    else next()
  }
}

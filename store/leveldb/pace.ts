/**
 * Makes readers give way to trading, with which they share a thread. All readers of a process together work for a short
 * slice. Then the event loop goes round once before the next one works; the reader that has waited longest is next, and
 * those in the background come behind the others. While a commit is being written, readers wait for it, so that it is
 * acknowledged at once. They do not wait for ever when one commit follows another. While commits come, reading has only
 * a share of the time. Jobs of readers for the thread pool run one after the other.
 */
import { setImmediate, setTimeout } from 'node:timers'
import type { Paced } from '../store.ts'
import { readAborted } from './codec/damage.ts'

/**
 * Ms for which reading may hold up all else at a time. One step alone may take longer, such as decoding a large commit.
 */
const SLICE_MS = 0.5

/** Ms after a commit during which more are expected. */
const TRADING_MS = 100

/** Ms for which readers wait for commits before they get a slice all the same. */
const HELD_MS = 4

/** Slices that answers may have while a reader in the background waits. Then it has one. */
const AHEAD_MAX = 7

/** Most ms of work that readers may save up, so that one short answer comes as fast as it can. */
const CREDIT_MAX_MS = 200

/** A share of the time for a group of readers. */
class Budget {
  readonly #share: number
  /** Ms of work that they may do at once, as of `#at`. Below 0 they must rest. */
  #credit = CREDIT_MAX_MS
  #at = 0

  constructor(share: number) {
    this.#share = share
  }

  /** Returns the ms for which they must rest; they may work when it is 0 or less. */
  restMs(now: number): number {
    return this.#at - now - this.#credit / this.#share
  }

  charge(now: number, workedMs: number): void {
    this.#credit = Math.min(CREDIT_MAX_MS, this.#credit + (now - this.#at) * this.#share) - workedMs
    this.#at = now
  }

  fill(): void {
    this.#credit = CREDIT_MAX_MS
  }
}

/**
 * Shares while commits come. The garbage of reading keeps the garbage collector busy, which takes processor time from
 * commits.
 */
const answers = new Budget(1 / 6)
const background = new Budget(1 / 16)

interface Waiting {
  readonly budget: Budget
  readonly resume: () => void
}

/** Budget of the slice under way, not charged yet. */
let working: Budget | undefined
/** The times at which the present slice began and ends. */
let sliceBegan = 0
let sliceEnd = 0
const waiting: Waiting[] = []
/** Slices that answers have had while a reader in the background waited. */
let ahead = 0
let commits = 0
let committedAt = Number.NEGATIVE_INFINITY
/** Since when readers have waited for the next slice. */
let waitingSince = 0
/** Set while the next slice waits for a commit, or for a budget. */
let held: NodeJS.Timeout | undefined
let resting: NodeJS.Timeout | undefined

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
  readonly #budget: Budget

  constructor({ signal, inBackground = false }: Paced = {}) {
    this.#signal = signal
    this.#budget = inBackground ? background : answers
  }

  /**
   * Call before each piece of work, and wait for the promise. Undefined means: begin at once, without an `await`, in
   * which other readers would get the same answer.
   * @throws READ_ABORTED
   */
  step(): Promise<void> | undefined {
    return this.#step(false)
  }

  /**
   * Does the same, but puts this reader first: others would have to wait with what it has in hand.
   * @throws READ_ABORTED
   */
  stepOn(): Promise<void> | undefined {
    return this.#step(true)
  }

  #step(goesOn: boolean): Promise<void> | undefined {
    if (this.#signal?.aborted) throw readAborted()
    return performance.now() < sliceEnd ? undefined : this.#giveWay(goesOn)
  }

  async #giveWay(goesOn: boolean): Promise<void> {
    const now = performance.now()
    charge(now)
    await new Promise<void>((resume) => {
      const budget = this.#budget
      if (goesOn) waiting.unshift({ budget, resume })
      else waiting.push({ budget, resume })
      if (waiting.length === 1) waitingSince = now
      else if (resting === undefined || budget.restMs(now) > 0) return
      clearTimeout(resting)
      resting = undefined
      setImmediate(next)
    })
    if (this.#signal?.aborted) throw readAborted()
  }
}

function charge(now: number): void {
  working?.charge(now, now - sliceBegan)
  working = undefined
}

/**
 * Starts the next slice. A slice is all that happens between two rounds of the event loop, so there is one at a time.
 */
function next(): void {
  resting = undefined
  const now = performance.now()
  charge(now)
  if (now - committedAt > TRADING_MS) for (const budget of [answers, background]) budget.fill()
  const restMs = Math.min(...waiting.map(({ budget }) => budget.restMs(now)))
  if (restMs > 0) {
    // Commits may stop coming meanwhile.
    const ms = Math.min(restMs, TRADING_MS)
    waitingSince = now + ms
    resting = setTimeout(next, ms)
  } else if (commits === 0) slice()
  else held = setTimeout(onHeld, Math.max(1, waitingSince + HELD_MS - now))
}

function onHeld(): void {
  held = undefined
  slice()
}

function slice(): void {
  const now = performance.now()
  const [reader] = waiting.splice(nextOf(now), 1)
  working = reader?.budget
  sliceBegan = now
  sliceEnd = now + SLICE_MS
  waitingSince = sliceEnd
  reader?.resume()
  // A reader that waits for something else before its slice ends is not charged for the rest.
  setImmediate(waiting.length > 0 ? next : endSlice)
}

/** Returns the place of the reader that is next. People wait for answers, so a reader in the background comes behind them. */
function nextOf(now: number): number {
  const firstOf = (of: Budget) => (of.restMs(now) > 0 ? -1 : waiting.findIndex(({ budget }) => budget === of))
  const [answer, behind] = [firstOf(answers), firstOf(background)]
  const isBehindNext = behind >= 0 && (answer < 0 || ahead === AHEAD_MAX)
  ahead = isBehindNext || behind < 0 ? 0 : ahead + 1
  return isBehindNext ? behind : Math.max(0, answer)
}

function endSlice(): void {
  charge(performance.now())
}

/** Jobs for LevelDB's threads that wait for the job under way. */
const jobs: (() => void)[] = []
let isBusy = false

/** Runs a reader's job on the thread pool, one at a time, so that a commit finds a free thread and processor. */
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

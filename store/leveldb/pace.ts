/**
 * Readers give way. What reads long shares a thread with trading, so all readers of a process together work for a short slice,
 * then let the event loop go round once before one of them works on. Whoever waited longest is next. While a commit is being
 * written they wait for it, so that it is acknowledged at once; but not for ever, where one commit follows the other. As long as
 * commits come, reading has a share of the time and no more. What readers want of the thread pool they want one after the other.
 */
import { setImmediate, setTimeout } from 'node:timers'
import type { Paced } from '../store.ts'
import { readAborted } from './codec/damage.ts'

/** What reading may hold up everything else at a time, unless one step alone takes longer: decoding a large commit. */
const SLICE_MS = 0.5

/** How long after a commit others are expected. */
const TRADING_MS = 100

/** How long, in ms, readers wait for commits before they have a slice all the same. */
const HELD_MS = 4

/** Ms of work that readers may have saved up: one short answer comes as fast as it can. */
const CREDIT_MAX_MS = 200

/** A part of the time, for some of the readers together. */
class Budget {
  readonly #share: number
  /** Ms that they may work at once, as of when; below 0 they have to rest. */
  #credit = CREDIT_MAX_MS
  #at = 0

  constructor(share: number) {
    this.#share = share
  }

  /** For so long they rest; not above 0: they may work. */
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

/** While commits come. What reading throws away keeps the garbage collector at work, and it takes the processors from commits. */
const answers = new Budget(1 / 6)
const background = new Budget(1 / 16)

interface Waiting {
  readonly budget: Budget
  readonly resume: () => void
}

/** Whose slice is not charged for yet. */
let working: Budget | undefined
/** When the slice of the reader that works now began and ends. */
let sliceBegan = 0
let sliceEnd = 0
const waiting: Waiting[] = []
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

/** One at a time: a slice is all that happens between two rounds of the event loop. */
function next(): void {
  resting = undefined
  const now = performance.now()
  charge(now)
  if (now - committedAt > TRADING_MS) for (const budget of [answers, background]) budget.fill()
  const restMs = Math.min(...waiting.map(({ budget }) => budget.restMs(now)))
  if (restMs > 0) {
    // Trading may end meanwhile.
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
  const first = waiting.findIndex(({ budget }) => budget.restMs(now) <= 0)
  const [reader] = waiting.splice(Math.max(0, first), 1)
  working = reader?.budget
  sliceBegan = now
  sliceEnd = now + SLICE_MS
  waitingSince = sliceEnd
  reader?.resume()
  // A reader that waits for something else before its slice ends is not charged for that.
  setImmediate(waiting.length > 0 ? next : endSlice)
}

function endSlice(): void {
  charge(performance.now())
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

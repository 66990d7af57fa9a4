import type { ClockJump, ClockState } from '../record/clock-record.ts'
import { MachineTime, type TimeSource } from './machine-time.ts'

/** The source of the runtime's time. Machines never see it: time reaches them with events. */
export interface Clock {
  /** Returns epoch milliseconds. */
  now(): number
  /** Calls `onDue` once the time is `at` or later. Replaces the request before. `undefined` only cancels it. */
  wakeAt(at: number | undefined, onDue: () => void): void
}

/** Maximum delay of setTimeout. Longer waits are split. */
export const TIMEOUT_MAX_MS = 2 ** 31 - 1

/** The interval between two comparisons of the clocks, while the time is asked for. */
const CHECK_MS = 250
/** The interval while the time is not asked for. */
const IDLE_CHECK_MS = 1_000
/** The clocks may move apart by so much per millisecond while one is being corrected. This is no jump. */
const DRIFT_PER_MS = 0.001
/** Maximum time over which drift is allowed. It is longer than the time between two comparisons. */
const DRIFT_FOR_MS = 10_000
/** The error of a clock that counts whole milliseconds. */
const ERROR_MS = 1
/** Minimum size of a jump. A smaller one looks like the time that reading the clocks takes. */
const JUMP_MIN_MS = 100
/** Maximum time to read both clocks. The process may be interrupted between the two reads. */
const READ_MAX_MS = 3
const READS_MAX = 5
/** A time after the year 2200 came with an event: no clock gave it. */
const TIME_MAX = Date.UTC(2200)

/**
 * The system's time, measured on a monotonic clock. `now()` never goes back. A change of the system clock makes
 * no timer late or early.
 *
 * When the system clock is set forward, `now()` follows as soon as `follow` is called, so that the owner of timers can
 * move them along. When it is set back, `now()` stays ahead of it.
 */
export class SystemClock implements Clock {
  readonly #source: TimeSource
  readonly #idleCheckMs: number
  /** `now()` and the system's clock, each minus the time since the boot. */
  #offset: number
  #wallOffset: number
  #last = Number.NEGATIVE_INFINITY
  #checkedAt: number
  /** The jumps since the last call of `follow`, in ms. */
  #jumpedMs = 0
  #onJump: (() => void) | undefined
  #wake: { at: number; onDue: () => void } | undefined
  #timeout: NodeJS.Timeout | undefined
  #interval: NodeJS.Timeout | undefined

  constructor(source: TimeSource = new MachineTime(), idleCheckMs = IDLE_CHECK_MS) {
    this.#source = source
    this.#idleCheckMs = idleCheckMs
    const { boot, wall } = this.#read()
    this.#checkedAt = boot
    this.#wallOffset = wall - boot
    this.#offset = this.#wallOffset
  }

  now(): number {
    let boot = this.#source.sinceBoot()
    if (boot - this.#checkedAt >= CHECK_MS) {
      this.#check()
      boot = this.#source.sinceBoot()
    }
    const now = Math.floor(boot + this.#offset)
    if (now > this.#last) this.#last = now
    return this.#last
  }

  /** Returns by how many ms `now()` is ahead of the system's clock, because that was set back. */
  get aheadMs(): number {
    return Math.max(0, Math.round(this.#offset - this.#wallOffset))
  }

  get state(): ClockState {
    const boot = this.#source.bootId ?? ''
    return { boot, offsetMs: this.#offset, wallOffsetMs: this.#wallOffset - this.#jumpedMs }
  }

  /** Returns the present state, or the known one if a jump lies between them: a jump has its own record. */
  driftedFrom(known: ClockState): ClockState {
    const { state } = this
    const isSet =
      Math.abs(state.offsetMs - known.offsetMs) >= JUMP_MIN_MS ||
      Math.abs(state.wallOffsetMs - known.wallOffsetMs) >= JUMP_MIN_MS
    return isSet ? known : state
  }

  /** Returns whether the state is from the present boot of the machine. */
  isOfThisBoot(state: ClockState | undefined): state is ClockState {
    return state !== undefined && state.boot !== '' && state.boot === this.#source.bootId
  }

  /**
   * Continues where the last run ended. Within one boot, time goes on without an interruption, and a change of the
   * clock meanwhile counts as a jump. After another boot, time goes on with the system's clock, but not below `lastAt`.
   */
  resume(state: ClockState | undefined, lastAt = Number.NEGATIVE_INFINITY): void {
    const { boot, wall } = this.#read()
    if (this.isOfThisBoot(state)) {
      this.#offset = state.offsetMs
      this.#wallOffset = state.wallOffsetMs
    } else {
      this.#wallOffset = wall - boot
      this.#offset = Math.max(wall, lastAt < TIME_MAX ? lastAt : wall) - boot
    }
    this.#last = Number.NEGATIVE_INFINITY
    this.#jumpedMs = 0
    this.#check()
  }

  /**
   * Calls `onJump` when the clock was set, and then waits for `follow`. With `undefined` the clock follows by itself.
   */
  watch(onJump: (() => void) | undefined): void {
    this.#onJump = onJump
    this.#keepLooking()
    if (this.#jumpedMs !== 0) this.#tell()
  }

  /** Lets `now()` follow the system's clock. Returns its jump since the last call, or undefined if there was none. */
  follow(): ClockJump | undefined {
    if (this.#jumpedMs === 0) return undefined
    const byMs = Math.round(this.#jumpedMs)
    this.#jumpedMs = 0
    const forwardMs = Math.max(0, Math.round(this.#wallOffset - this.#offset))
    this.#offset += forwardMs
    return { byMs, forwardMs }
  }

  wakeAt(at: number | undefined, onDue: () => void): void {
    this.#wake = at === undefined ? undefined : { at, onDue }
    this.#keepLooking()
    this.#arm()
  }

  #arm(): void {
    clearTimeout(this.#timeout)
    this.#timeout = undefined
    if (this.#wake === undefined) return
    const waitMs = Math.ceil(this.#wake.at - this.#source.sinceBoot() - this.#offset)
    this.#timeout = setTimeout(() => this.#onTimeout(), Math.min(Math.max(0, waitMs), TIMEOUT_MAX_MS))
  }

  #onTimeout(): void {
    const wake = this.#wake
    if (wake === undefined) return
    if (this.now() < wake.at) {
      this.#arm()
      return
    }
    this.#wake = undefined
    this.#keepLooking()
    wake.onDue()
  }

  /** Checks the clocks at an interval, so that an idle process, too, notices a sleep or a change of the clock. */
  #keepLooking(): void {
    const needed = this.#wake !== undefined || this.#onJump !== undefined
    if (needed && this.#interval === undefined)
      this.#interval = setInterval(() => this.#check(), this.#idleCheckMs).unref()
    if (needed) return
    clearInterval(this.#interval)
    this.#interval = undefined
  }

  #check(): void {
    const { boot, wall } = this.#read()
    const elapsedMs = Math.min(boot - this.#checkedAt, DRIFT_FOR_MS)
    this.#checkedAt = boot
    const apart = wall - boot - this.#wallOffset
    const isDrift = Math.abs(apart) <= ERROR_MS + elapsedMs * DRIFT_PER_MS
    if (Math.abs(apart) <= ERROR_MS) return
    if (isDrift) this.#drift(apart)
    else if (Math.abs(apart) < JUMP_MIN_MS) return
    else if (this.#source.countSleep(apart)) {
      this.#check()
      this.#arm()
    } else {
      this.#wallOffset += apart
      this.#jumpedMs += apart
      this.#tell()
    }
  }

  #drift(apart: number): void {
    const isAhead = this.#offset - this.#wallOffset > ERROR_MS || this.#jumpedMs !== 0
    this.#wallOffset += apart
    if (!isAhead) this.#offset = this.#wallOffset
  }

  #tell(): void {
    const onJump = this.#onJump
    if (onJump !== undefined) {
      // The caller that asks for the time is in the middle of other work.
      queueMicrotask(onJump)
      return
    }
    const forwardMs = this.follow()?.forwardMs ?? 0
    if (this.#wake !== undefined) this.#wake.at += forwardMs
  }

  #read(): { boot: number; wall: number } {
    for (let reads = 1; ; reads++) {
      const before = this.#source.sinceBoot()
      const wall = this.#source.wall()
      const boot = this.#source.sinceBoot()
      if (boot - before <= READ_MAX_MS || reads === READS_MAX) return { boot, wall }
    }
  }
}

/** A clock that moves only when it is told to, for recordings, simulations and tests. */
export class EventClock implements Clock {
  #now: number
  #due: { at: number; onDue: () => void } | undefined

  constructor(startAt = 0) {
    this.#now = startAt
  }

  now(): number {
    return this.#now
  }

  /** Returns the earliest time at which something is due. */
  get dueAt(): number | undefined {
    return this.#due?.at
  }

  wakeAt(at: number | undefined, onDue: () => void): void {
    this.#due = at === undefined ? undefined : { at, onDue }
  }

  /** Continues where the last run ended, so that no pending work happens before that time. */
  resume(lastAt: number | undefined): void {
    if (lastAt !== undefined && lastAt > this.#now) this.#now = lastAt
  }

  /** Moves time forward, with a stop at each due time. Time never goes back: an earlier `to` changes nothing. */
  advanceTo(to: number): void {
    for (let due = this.#due; due && due.at <= to; due = this.#due) {
      this.#due = undefined
      this.#now = Math.max(this.#now, due.at)
      due.onDue()
    }
    this.#now = Math.max(this.#now, to)
  }
}

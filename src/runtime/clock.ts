/** Where the runtime has its time from. Machines never see it: time reaches them with events. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls `onDue` once it is `at` or later; replaces what was asked for before. `undefined` asks for nothing. */
  wakeAt(at: number | undefined, onDue: () => void): void
}

/** Longest delay that setTimeout takes; longer waits are taken in steps. */
export const TIMEOUT_MAX_MS = 2 ** 31 - 1

export class SystemClock implements Clock {
  #timeout: NodeJS.Timeout | undefined

  now(): number {
    return Date.now()
  }

  wakeAt(at: number | undefined, onDue: () => void): void {
    clearTimeout(this.#timeout)
    this.#timeout = undefined
    if (at === undefined) return
    const delayMs = Math.min(Math.max(0, at - Date.now()), TIMEOUT_MAX_MS)
    this.#timeout = setTimeout(() => (Date.now() >= at ? onDue() : this.wakeAt(at, onDue)), delayMs)
  }
}

/** Time that passes only when it is told to: recordings, simulations and tests. */
export class EventClock implements Clock {
  #now: number
  #due: { at: number; onDue: () => void } | undefined

  constructor(startAt = 0) {
    this.#now = startAt
  }

  now(): number {
    return this.#now
  }

  /** Earliest time at which something is to happen. */
  get dueAt(): number | undefined {
    return this.#due?.at
  }

  wakeAt(at: number | undefined, onDue: () => void): void {
    this.#due = at === undefined ? undefined : { at, onDue }
  }

  /** Lets time pass, stopping at each due moment on the way. Time never goes back: an earlier `to` changes nothing. */
  advanceTo(to: number): void {
    for (let due = this.#due; due && due.at <= to; due = this.#due) {
      this.#due = undefined
      this.#now = Math.max(this.#now, due.at)
      due.onDue()
    }
    this.#now = Math.max(this.#now, to)
  }
}

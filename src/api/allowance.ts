/** Allows a burst, then a fixed amount a second, by a clock that nobody sets. */
export class Allowance {
  readonly #burst: number
  readonly #perSecond: number
  #left: number
  #at: number

  constructor(burst: number, perSecond: number, now = performance.now()) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#left = burst
    this.#at = now
  }

  /** Takes an amount and returns whether it is allowed. */
  take(amount: number, now = performance.now()): boolean {
    this.#earn(now)
    this.#left -= amount
    return this.#left >= 0
  }

  /** Takes an amount if it is there, and returns 0. Otherwise returns the ms until it is there, and takes nothing. */
  takeOrWait(amount: number, now = performance.now()): number {
    this.#earn(now)
    if (this.#left < amount) return ((amount - this.#left) * 1_000) / this.#perSecond
    this.#left -= amount
    return 0
  }

  /** Returns whether all of the burst is there. */
  isFull(now = performance.now()): boolean {
    this.#earn(now)
    return this.#left === this.#burst
  }

  #earn(now: number): void {
    const earned = ((now - this.#at) * this.#perSecond) / 1_000
    this.#left = Math.min(this.#burst, this.#left + earned)
    this.#at = now
  }
}

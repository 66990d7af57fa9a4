/** The weights that may be spent now, of those that a venue lets an address spend. */

/** Others at this address ask, too: no more than this share of the limit is spent, in any minute. */
const SHARE = 0.5

export class WeightBudget {
  readonly #capacity: number
  readonly #perMs: number
  #free: number
  #at: number
  #closedUntil = Number.NEGATIVE_INFINITY

  /** `now` is any time in ms that only grows. */
  constructor(weightPerMinute: number, now: number) {
    // What is saved up and what comes in during a minute are together no more than the share.
    this.#capacity = this.#free = (weightPerMinute * SHARE) / 2
    this.#perMs = this.#capacity / 60_000
    this.#at = now
  }

  /** Takes a weight and returns for how many ms its request has to wait. */
  take(weight: number, now: number): number {
    this.#free = Math.min(this.#capacity, this.#free + (now - this.#at) * this.#perMs) - weight
    this.#at = now
    return Math.max(0, -this.#free / this.#perMs)
  }

  /** Returns for how many ms nothing may be asked. */
  closedForMs(now: number): number {
    return Math.max(0, this.#closedUntil - now)
  }

  /** Stops requests for so long, because the venue has asked for it. */
  close(forMs: number, now: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, now + forMs)
  }
}

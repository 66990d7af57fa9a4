/**
 * The turns of deliveries to clients. Deliveries get a quarter of the event loop while others need it, so that the time of a
 * commit does not depend on the number of clients. What comes meanwhile goes with the next delivery.
 */

/** Most ms of deliveries before other work has its turn. */
const SLICE_MS = 0.5
/** Deliveries that have their turn together, however long they take: on a busy machine each may take long. */
const SLICE_MIN = 10
/** Times that a rest is as long as the deliveries before it. */
const REST = 3
/** Least ms of a rest. A timer cannot measure less, and a few clients need none. */
const REST_MS_MIN = 0.5
/** Most ms of a rest, so that clients do not fall behind because the machine is busy with something else. */
const REST_MS_MAX = 8

export class Pace {
  readonly #due = new Set<() => void>()
  #isArmed = false
  #restUntil = 0

  /** Calls `deliver` once, when its turn comes: at the end of this turn of the loop when nothing was delivered just now. */
  add(deliver: () => void): void {
    this.#due.add(deliver)
    if (!this.#isArmed) this.#arm(performance.now())
  }

  /** Takes back what `add` was asked for. */
  remove(deliver: () => void): void {
    this.#due.delete(deliver)
  }

  #arm(now: number): void {
    this.#isArmed = true
    const ms = this.#restUntil - now
    if (ms < REST_MS_MIN) process.nextTick(this.#work)
    else setTimeout(this.#work, ms)
  }

  readonly #work = (): void => {
    const began = performance.now()
    let now = began
    let count = 0
    for (const deliver of this.#due) {
      this.#due.delete(deliver)
      deliver()
      now = performance.now()
      if (++count >= SLICE_MIN && now - began >= SLICE_MS) break
    }
    this.#restUntil = now + Math.min(REST * (now - began), REST_MS_MAX)
    this.#isArmed = false
    if (this.#due.size > 0) this.#arm(now)
  }
}

/** The times that an exchange states, judged by what it stated before and when each was received. */
import { Refusal } from './refusals.ts'

/** The exchange's clock and ours differ by less, or the first times must agree with each other. */
const SKEW_MAX_MS = 60_000
/**
 * A time may be ahead of the one expected by so much: the messages before it may have been under way for longer. In captures of minutes it
 * is 18 ms. One that is taken closes candles, and the trades up to it are of none.
 */
const AHEAD_MAX_MS = 2_000
/** A message may be under way, or lie in a socket's buffer, for so long. */
const DELAY_MAX_MS = 300_000
/** A time may lie before the latest one by so much: streams of one exchange do not keep each other's order. */
const BACK_MAX_MS = 60_000
/**
 * So many refused times in a row that agree, received over so long, are right: a clock was set. One order that takes much makes many
 * trades of one moment, so a number alone would believe a single wrong time.
 */
const AGREEING = 3
const AGREEING_MS = 250

export class ExchangeTime {
  /** The exchange's clock less ours, when a message takes the shortest way. */
  #offsetMs: number | undefined
  #latest = Number.NEGATIVE_INFINITY
  /** By how much the exchange's clock was set back so far. */
  #shiftMs = 0
  #doubtedMs = Number.NaN
  #doubts = 0
  /** The time of receipt of the first of them. */
  #doubtedSince = 0

  /**
   * Returns a time of the exchange, epoch ms. Where its clock was set back, time goes on from where it was.
   * @throws Refusal for a time that cannot be true, and does not agree with those refused before it
   */
  take(stated: number, receivedAt: number): number {
    const time = stated + this.#shiftMs
    const offsetMs = time - receivedAt
    const isBack = time < this.#latest - BACK_MAX_MS
    if (isBack || !this.#canBe(offsetMs)) return this.#doubt(stated, receivedAt, isBack)
    this.#offsetMs = Math.max(this.#offsetMs ?? offsetMs, offsetMs)
    this.#doubts = 0
    if (time > this.#latest) this.#latest = time
    return time
  }

  #canBe(offsetMs: number): boolean {
    if (this.#offsetMs === undefined) return Math.abs(offsetMs) <= SKEW_MAX_MS
    const ahead = offsetMs - this.#offsetMs
    return ahead <= AHEAD_MAX_MS && ahead >= -DELAY_MAX_MS
  }

  #doubt(stated: number, receivedAt: number, isBack: boolean): number {
    const doubtedMs = stated - receivedAt
    const agrees = this.#doubts > 0 && Math.abs(doubtedMs - this.#doubtedMs) <= AHEAD_MAX_MS
    this.#doubtedMs = doubtedMs
    this.#doubts = agrees ? this.#doubts + 1 : 1
    if (!agrees) this.#doubtedSince = receivedAt
    if (this.#doubts < AGREEING || receivedAt - this.#doubtedSince < AGREEING_MS) {
      const where = isBack
        ? `${Math.round((this.#latest - stated - this.#shiftMs) / 1_000)} s before the latest time`
        : `${Math.round((doubtedMs + this.#shiftMs - (this.#offsetMs ?? 0)) / 1_000)} s off what is expected`
      throw new Refusal('TIME', `the exchange's time ${stated} lies ${where}`)
    }
    this.#doubts = 0
    // Also of a clock that is right again after it was set back.
    this.#shiftMs = Math.max(0, this.#latest - stated)
    const time = stated + this.#shiftMs
    this.#offsetMs = time - receivedAt
    this.#latest = Math.max(this.#latest, time)
    return time
  }
}

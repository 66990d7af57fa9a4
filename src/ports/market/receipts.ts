/** Times of receipt of a capture, made a time that never goes back. One line that is stamped wrongly counts at the time of the one before. */

/** Lines of several threads may stand in another order than their times. Further back is a wrong stamp, or a clock that was set. */
const BACK_MAX_MS = 60_000
/** A capture may pause; a longer pause is believed where the lines behind it confirm it. */
const AHEAD_MAX_MS = 60_000
/** So many lines behind one are asked whether it is stamped rightly. */
export const LINES_AHEAD = 16

export interface Timed {
  /** As the line is stamped, in ms. */
  readonly stampedAt: number
}

export interface Judged {
  /** In ms, never before that of the line before. */
  readonly at: number
  /** What is wrong with the stamp, which is not the line's time then. */
  readonly problem?: string
  /** By how much the recorder's clock was set back before this line. */
  readonly setBackMs?: number
}

export class ReceiptTimes {
  #lastStamp: number | undefined
  #at = 0
  /** By how much the recorder's clock was set back so far. */
  #shiftMs = 0

  /** Returns the line's time; `next` are the lines behind it. */
  judge({ stampedAt }: Timed, next: readonly Timed[]): Judged {
    const last = this.#lastStamp ?? firstOf([{ stampedAt }, ...next])
    const step = stampedAt - last
    let setBackMs: number | undefined
    if (step > AHEAD_MAX_MS || step < -BACK_MAX_MS) {
      const nearer = next.filter(
        (one) => Math.abs(one.stampedAt - stampedAt) < Math.abs(one.stampedAt - last),
      )
      if (this.#lastStamp === undefined || nearer.length * 2 <= next.length) {
        this.#lastStamp ??= last
        this.#at = Math.max(this.#at, last + this.#shiftMs)
        return {
          at: this.#at,
          problem: `it is stamped ${Math.round(step / 1_000)} s off the lines around it`,
        }
      }
      if (step < 0) {
        setBackMs = -step
        this.#shiftMs += setBackMs
      }
    }
    this.#lastStamp = stampedAt
    this.#at = Math.max(this.#at, stampedAt + this.#shiftMs)
    return { at: this.#at, ...(setBackMs !== undefined && { setBackMs }) }
  }
}

/** The earliest stamp of those that are near the one in the middle. */
function firstOf(lines: readonly Timed[]): number {
  const stamps = lines.map(({ stampedAt }) => stampedAt).sort((a, b) => a - b)
  const middle = stamps[(stamps.length - 1) >> 1] as number
  return stamps.find((stamp) => stamp >= middle - BACK_MAX_MS) as number
}

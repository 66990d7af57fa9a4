import { compact } from '../../../errors/compact.ts'

/** Times of receipt of a capture, made a time that never goes back. One line that is stamped wrongly counts at the time of the one before. */

/** Lines of several threads may stand in another order than their times. Further back is a wrong stamp, or a clock that was set. */
const BACK_MAX_MS = 60_000
/** A capture may pause; a longer pause is believed where the lines behind it confirm it. */
const AHEAD_MAX_MS = 60_000
/** So many lines behind one are asked whether it is stamped rightly. */
export const LINES_AHEAD = 16

export interface Timed {
  /** The stamp of the line, in ms. */
  readonly stampedAt: number
}

export interface Judged {
  /** In ms, never before that of the line before. */
  readonly at: number
  /** The problem of the stamp. The stamp is then not the line's time. */
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
    const last = this.#lastStamp
    const wrongByMs = last === undefined ? aheadOfAll(stampedAt, next) : offFrom(last, stampedAt, next)
    if (wrongByMs !== undefined) {
      this.#lastStamp ??= stampedAt - wrongByMs
      this.#at = Math.max(this.#at, this.#lastStamp + this.#shiftMs)
      return {
        at: this.#at,
        problem: `it is stamped ${Math.round(wrongByMs / 1_000)} s off the lines around it`,
      }
    }
    this.#lastStamp = stampedAt
    const setBackMs = last === undefined || stampedAt >= last - BACK_MAX_MS ? undefined : last - stampedAt
    if (setBackMs !== undefined) this.#shiftMs += setBackMs
    this.#at = Math.max(this.#at, stampedAt + this.#shiftMs)
    return compact({ at: this.#at, setBackMs })
  }
}

/** Returns by how much a first stamp is ahead of most lines behind it; undefined if it is not. */
function aheadOfAll(stampedAt: number, next: readonly Timed[]): number | undefined {
  const before = next.filter((one) => one.stampedAt < stampedAt - BACK_MAX_MS)
  return before.length * 2 > next.length ? stampedAt - (before[0] as Timed).stampedAt : undefined
}

/** Returns by how much a stamp is off the one before it; undefined if most lines behind it go on from there. */
function offFrom(last: number, stampedAt: number, next: readonly Timed[]): number | undefined {
  const step = stampedAt - last
  if (step <= AHEAD_MAX_MS && step >= -BACK_MAX_MS) return undefined
  const confirming = next.filter((one) =>
    step > 0 ? one.stampedAt >= stampedAt - BACK_MAX_MS : one.stampedAt < last - BACK_MAX_MS,
  )
  return confirming.length * 2 > next.length ? undefined : step
}

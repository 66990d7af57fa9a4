/** The pace at which the moment plays. Pure. */

/** Steadily, or with the pauses that there were, so many times as fast. */
export const SPEEDS = ['steady', 1, 10, 100, 1_000] as const
export type Speed = (typeof SPEEDS)[number]

/** ms between two records while the moment plays steadily. */
const STEADY_MS = 900
/** Longest pause between two records, in ms. Longer ones are shortened to it, as on the command line. */
const PAUSE_MAX_MS = 5_000
/** Least ms between two moves of the moment. What happened in less is one move. */
const MOVE_MS = 100

export interface Move {
  readonly rev: number
  readonly waitMs: number
}

/**
 * Returns the record to which the moment moves next, and when. `records` are those that are known, in order.
 *
 * @example moveFrom([{ rev: 1, at: 0 }, { rev: 2, at: 3_000 }], 1, 10) // { rev: 2, waitMs: 300 }
 */
export function moveFrom(
  records: readonly { readonly rev: number; readonly at: number }[],
  rev: number,
  speed: Speed,
): Move {
  if (speed === 'steady') return { rev: rev + 1, waitMs: STEADY_MS }
  const is = records.find((of) => of.rev === rev)
  const next = records.find((of) => of.rev === rev + 1)
  if (is === undefined || next === undefined) return { rev: rev + 1, waitMs: MOVE_MS }
  const pauseMs = (next.at - is.at) / speed
  if (pauseMs >= MOVE_MS) return { rev: next.rev, waitMs: Math.min(PAUSE_MAX_MS, pauseMs) }
  const last = records.findLast((of) => of.rev > rev && of.at <= is.at + MOVE_MS * speed)
  return { rev: last?.rev ?? next.rev, waitMs: MOVE_MS }
}

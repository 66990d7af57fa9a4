/** The last events of a question up to a place of the log. What is here is not read again. Pure but for its question. */
import type { AnswerOf, EventEnvelope, Routes } from '../../../src/client/index.ts'

/** Events without a gap: the last ones up to a seq. */
export interface Told {
  readonly events: readonly EventEnvelope[]
  /** seq up to which the log was read. */
  readonly seq: number
  /** Epoch ms up to which the log was read; undefined: its end. */
  readonly to: number | undefined
  /** Number of events that were asked for. Fewer are here when the log has no earlier ones. */
  readonly count: number
}

interface Place {
  readonly tail?: number
  readonly since?: number
  readonly to?: number
}
type Ask = (place: Place) => Promise<Pick<AnswerOf<Routes['events']>, 'events' | 'seq' | 'next'>>

/** Numbers of events that are kept, so that a moment may go back by some without a question. */
const KEPT = 2

/** Resolves with the last events up to a time, in epoch ms, or with those of the whole log. `had` is the answer before. */
export async function toldUp(
  to: number | undefined,
  count: number,
  had: Told | undefined,
  ask: Ask,
): Promise<Told> {
  const place = to === undefined ? {} : { to }
  if (had !== undefined && had.count >= count) {
    if (isBehind(to, had.to) && hasUp(had, to)) return had
    if (!isBehind(to, had.to) && isNear(had, to)) {
      const { events, seq, next } = await ask({ since: had.seq, ...place })
      const all = [...had.events, ...events].slice(-KEPT * had.count)
      // A stretch of more than one page takes longer than its last events alone.
      if (next === undefined) return { events: all, seq, to, count: had.count }
    }
  }
  const { events, seq } = await ask({ tail: count, ...place })
  return { events, seq, to, count }
}

/** Returns the events up to a time. */
export function upTo({ events }: Told, to: number | undefined): readonly EventEnvelope[] {
  return to === undefined ? events : events.filter(({ at }) => at <= to)
}

const isBehind = (to: number | undefined, end: number | undefined): boolean =>
  to !== undefined && (end === undefined || to <= end)

/** Returns whether enough events up to a time are here: half of them, or all that the log has. */
const hasUp = (had: Told, to: number | undefined): boolean =>
  had.events.length < had.count || upTo(had, to).length >= had.count / 2

/** Returns whether what lies between is no longer than what is here. */
function isNear({ events: [first], to: end }: Told, to: number | undefined): boolean {
  if (end === undefined || to === undefined) return end === to
  return first !== undefined && to - end <= end - first.at
}

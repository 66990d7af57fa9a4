/** The times that commits took lately, in a fixed space however many there are. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** The times of a minute are kept in pieces, so that a piece that has passed is forgotten as a whole. */
const PIECE_MS = 10_000
const PIECES = 6
/** Longest time that is told apart, in µs: a disk that takes longer has failed. */
const LONGEST_US = 600_000_000
/** Digits to which times are told apart. */
const FIGURES = 2

/** The time from the write of a commit until it is durable, in ms. Half of the commits took at most `p50Ms`. */
export interface CommitLatency {
  readonly commits: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

interface Piece {
  readonly histogram: RecordableHistogram
  /** Number of the stretch of time that it has. */
  number: number
}

export class Latencies {
  readonly #pieces: Piece[] = []

  /** Notes a commit that took so many ms. `now` is a time of `performance.now`. */
  note(ms: number, now: number): void {
    const number = Math.floor(now / PIECE_MS)
    const place = number % PIECES
    this.#pieces[place] ??= { histogram: histogram(), number }
    const piece = this.#pieces[place]
    if (piece.number !== number) {
      piece.histogram.reset()
      piece.number = number
    }
    piece.histogram.record(Math.min(LONGEST_US, Math.max(1, Math.round(ms * 1_000))))
  }

  /** Returns the times of the last minute; undefined when there was no commit. */
  lastMinute(now = performance.now()): CommitLatency | undefined {
    const from = Math.floor(now / PIECE_MS) - PIECES
    const all = histogram()
    for (const { number, histogram } of this.#pieces.filter(Boolean)) if (number > from) all.add(histogram)
    if (all.count === 0) return undefined
    const [p50Ms, p99Ms] = [all.percentile(50) / 1_000, all.percentile(99) / 1_000]
    return { commits: all.count, p50Ms, p99Ms, maxMs: all.max / 1_000 }
  }
}

const histogram = () => createHistogram({ lowest: 1, highest: LONGEST_US, figures: FIGURES })

/**
 * Measures the age of records by the time that the log has seen pass. A clock may jump by years, also while no runner runs,
 * and then all records look old. So of a time without a record no more than an hour counts.
 */
import type { Paced, Quiet, Store } from '../../../store/store.ts'

/** The most that counts of a time without a record. */
export const QUIET_COUNTED_MS = 3_600_000

export class SeenTime {
  readonly #store: Pick<Store, 'nextQuiet' | 'cut'>
  /** The times without a record that are longer than what counts of them. */
  readonly #quiets: Quiet[] = []
  /** Up to this time of the log all of them are known. */
  #knownTo: number | undefined

  constructor(store: Pick<Store, 'nextQuiet' | 'cut'>) {
    this.#store = store
  }

  /**
   * Returns the time of the log since when `ms` have been seen to pass. `at` is the time of its last record.
   * @throws READ_ABORTED
   */
  async before(at: number, ms: number, options: Paced): Promise<number> {
    let to = await this.#learn(at, options)
    let left = ms
    for (const quiet of this.#quiets.toReversed()) {
      if (quiet.from >= to || to - quiet.to >= left) continue
      left -= Math.max(0, to - quiet.to) + QUIET_COUNTED_MS
      to = quiet.from
      if (left <= 0) return to
    }
    return to - left
  }

  /** Returns the longest time without a record that lies at least partly between the two. */
  longestBetween(from: number, to: number): Quiet | undefined {
    const between = this.#quiets.filter((quiet) => quiet.from < to && quiet.to > from)
    return between.sort((one, other) => lengthOf(other) - lengthOf(one))[0]
  }

  /** Looks at what has come since. Returns the greatest known time: a record may have an earlier one than others before it. */
  async #learn(at: number, options: Paced): Promise<number> {
    let from = this.#knownTo ?? this.#store.cut?.passedAt ?? 0
    for (;;) {
      const quiet = await this.#store.nextQuiet(from, QUIET_COUNTED_MS, options)
      if (quiet === undefined) break
      this.#quiets.push(quiet)
      from = quiet.to
      this.#knownTo = from
    }
    this.#knownTo = Math.max(from, at)
    return this.#knownTo
  }
}

function lengthOf({ from, to }: Quiet): number {
  return to - from
}

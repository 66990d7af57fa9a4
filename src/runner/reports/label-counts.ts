/** Most combinations of labels that are told apart. A client may choose some of them, such as the strategy of an order. */
const COMBINATIONS_MAX = 1_000
const OTHER = 'other'
/** No label has this character. */
const SEPARATOR = '\u0000'

/** Counts by several labels. It yields each combination with its count. */
export class LabelCounts implements Iterable<readonly [...labels: string[], count: number]> {
  readonly #counts = new Map<string, number>()

  add(labels: readonly string[], by = 1): void {
    const key = labels.join(SEPARATOR)
    const count = this.#counts.get(key)
    if (count === undefined && this.#counts.size >= COMBINATIONS_MAX && labels[0] !== OTHER) {
      this.add(
        labels.map(() => OTHER),
        by,
      )
      return
    }
    this.#counts.set(key, (count ?? 0) + by)
  }

  *[Symbol.iterator](): Iterator<readonly [...labels: string[], count: number]> {
    for (const [key, count] of this.#counts) yield [...key.split(SEPARATOR), count]
  }
}

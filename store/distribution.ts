/** Counts how large the values of a measure were, in a fixed space however many there are. */
export class Distribution {
  /** The upper bounds of the classes, in order. A value belongs to the first class whose bound is not below it. */
  readonly bounds: readonly number[]
  /** The number of values in each class. The last class has those above all bounds. */
  readonly counts: readonly number[]
  readonly #counts: number[]
  #sum = 0

  /** `bounds` are in rising order. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0)
    this.counts = this.#counts
  }

  /** The sum of all values. */
  get sum(): number {
    return this.#sum
  }

  /** Counts a value, in the unit of the bounds. */
  note(value: number): void {
    const { bounds } = this
    let at = 0
    while (at < bounds.length && value > (bounds[at] as number)) at++
    ;(this.#counts[at] as number)++
    this.#sum += value
  }
}

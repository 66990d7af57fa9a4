/** The trades of one symbol that have come. Ids grow, and a trade that was left out may come late, once. */

/** So many gaps are remembered; what lies in older ones counts as come. */
const GAPS_MAX = 100

export class TradeIds {
  #last: number | undefined
  /** Ids that did not come: from and to, both included. */
  #gaps: (readonly [from: number, to: number])[] = []

  /** Returns whether none of these ids has come before. */
  isNew(from: number, to: number): boolean {
    return this.#last === undefined || from > this.#last || this.#gapOf(from, to) >= 0
  }

  /** Takes these for come, which are new. */
  take(from: number, to: number): void {
    if (this.#last === undefined || from === this.#last + 1) this.#last = to
    else if (from > this.#last) {
      this.#gaps.push([this.#last + 1, from - 1])
      this.#last = to
    } else this.#fill(this.#gapOf(from, to), from, to)
    if (this.#gaps.length > GAPS_MAX) this.#gaps.shift()
  }

  #gapOf(from: number, to: number): number {
    return this.#gaps.findIndex(([first, last]) => from >= first && to <= last)
  }

  #fill(index: number, from: number, to: number): void {
    const [first, last] = this.#gaps[index] as readonly [number, number]
    const rest: (readonly [number, number])[] = []
    if (first < from) rest.push([first, from - 1])
    if (to < last) rest.push([to + 1, last])
    this.#gaps.splice(index, 1, ...rest)
  }
}

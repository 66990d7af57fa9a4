/** One side of an order book. */
import * as decimal from '../../machines/model/decimal.ts'

/** Price and quantity, as plain decimal text: one number, one text. */
export type Level = readonly [px: string, qty: string]

/** Levels of a side: far more than exchanges keep. */
const SIDE_MAX = 50_000

/**
 * One side, best last: most changes are near the best, and move the few levels behind them. Prices are compared as floats,
 * which keeps the order of decimals, and exactly where these are equal.
 */
export class BookSide {
  /** 1 where a lower price is better. */
  readonly #sign: 1 | -1
  #prices: number[] = []
  #levels: Level[] = []

  constructor(sign: 1 | -1) {
    this.#sign = sign
  }

  top(count: number): Level[] {
    return this.#levels.slice(Math.max(0, this.#levels.length - count)).reverse()
  }

  replace(levels: readonly Level[]): void {
    this.#prices = []
    this.#levels = []
    for (const level of levels) this.set(level)
  }

  /** Sets a level. A quantity of zero removes it. */
  set(level: Level): void {
    const [px, qty] = level
    const price = Number(px)
    const place = this.#place(px, price)
    const isThere = this.#levels[place]?.[0] === px
    if (qty === decimal.ZERO) {
      if (!isThere) return
      this.#prices.splice(place, 1)
      this.#levels.splice(place, 1)
    } else if (isThere) this.#levels[place] = level
    else {
      this.#prices.splice(place, 0, price)
      this.#levels.splice(place, 0, level)
      if (this.#levels.length > SIDE_MAX) {
        this.#prices.shift()
        this.#levels.shift()
      }
    }
  }

  #place(px: string, price: number): number {
    let low = 0
    let high = this.#prices.length
    while (low < high) {
      const middle = (low + high) >> 1
      const difference =
        (this.#prices[middle] as number) - price || decimal.compare((this.#levels[middle] as Level)[0], px)
      if (difference * this.#sign > 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

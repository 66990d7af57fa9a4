/** What is known of one product: its book, its trades, and how its connection stands. */

import * as exact from '../../../machines/model/decimal.ts'
import { BookSide, type Level } from '../book-side.ts'
import { TradeIds } from '../trade-ids.ts'

export class Product {
  readonly trades = new TradeIds()
  /** Of the last trade: it grows. */
  sequence = -1
  /** How the connection stands, as it was told last. */
  status: 'connected' | 'resyncing' | undefined
  /** Counts the books that were told. */
  updateId = 0
  readonly #bids = new BookSide(-1)
  readonly #asks = new BookSide(1)
  #hasBook = false

  get hasBook(): boolean {
    return this.#hasBook
  }

  begin(bids: readonly Level[], asks: readonly Level[]): void {
    this.#bids.replace(bids)
    this.#asks.replace(asks)
    this.#hasBook = true
  }

  /** Returns false where the sides meet: then something is missing, and the book is gone until the next snapshot. */
  apply(bids: readonly Level[], asks: readonly Level[]): boolean {
    for (const level of bids) this.#bids.set(level)
    for (const level of asks) this.#asks.set(level)
    const [[bid] = []] = this.#bids.top(1)
    const [[ask] = []] = this.#asks.top(1)
    this.#hasBook = bid === undefined || ask === undefined || exact.compare(bid, ask) < 0
    return this.#hasBook
  }

  end(): void {
    this.#hasBook = false
    this.status = undefined
  }

  /** The best levels, best first. */
  top(count: number): { bids: [string, string][]; asks: [string, string][] } {
    const listed = (side: BookSide) => side.top(count).map(([px, qty]): [string, string] => [px, qty])
    return { bids: listed(this.#bids), asks: listed(this.#asks) }
  }
}

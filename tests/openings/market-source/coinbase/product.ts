/** The state of one product: its book, its trades, and its connection. */

import * as exact from '../../../machines/model/decimal.ts'
import { BookSide, type Level } from '../book-side.ts'
import { TradeIds } from '../trade-ids.ts'

export class Product {
  readonly trades = new TradeIds()
  /** Sequence number of the last trade. It only grows. */
  sequence = -1
  /** The last published state of the connection. */
  status: 'connected' | 'resyncing' | undefined
  /** Number of published books. */
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

  /**
   * Applies an update. Returns false when the sides cross: an update is missing, and there is no book until the next
   * snapshot.
   */
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

  /** Returns the best levels, best first. */
  top(count: number): { bids: [string, string][]; asks: [string, string][] } {
    const listed = (side: BookSide) => side.top(count).map(([px, qty]): [string, string] => [px, qty])
    return { bids: listed(this.#bids), asks: listed(this.#asks) }
  }
}

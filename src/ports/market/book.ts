/** A market's order book, rebuilt from a snapshot and the chain of updates after it. */

/** Price and quantity, as decimal text. */
export type Level = readonly [px: string, qty: string]

export interface DepthSnapshot {
  readonly lastUpdateId: number
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}

export interface DepthUpdate {
  /** First and last update id in it. */
  readonly firstId: number
  readonly lastId: number
  /** Last id of the update before; futures only. */
  readonly previousId?: number
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}

export type BookStatus = 'waiting' | 'synced' | 'broken'

/** Updates kept while the snapshot is on its way. */
const WAITING_MAX = 10_000

/**
 * Binance's rules: an update counts when it follows the one before it (spot: U = u + 1; futures: pu = u), and the
 * first one after the snapshot when it reaches over the snapshot's id. A gap breaks the book until the next snapshot.
 */
export class OrderBook {
  readonly #bids = new Side((a, b) => a > b)
  readonly #asks = new Side((a, b) => a < b)
  #status: BookStatus = 'waiting'
  #lastId = 0
  #first = true
  #waiting: DepthUpdate[] = []

  get status(): BookStatus {
    return this.#status
  }

  get lastId(): number {
    return this.#lastId
  }

  bids(count: number): Level[] {
    return this.#bids.top(count)
  }

  asks(count: number): Level[] {
    return this.#asks.top(count)
  }

  /** Begins anew from a snapshot; updates that came before it are applied where they follow it. */
  reset({ lastUpdateId, bids, asks }: DepthSnapshot): void {
    this.#bids.replace(bids)
    this.#asks.replace(asks)
    this.#lastId = lastUpdateId
    this.#first = true
    this.#status = 'synced'
    const waiting = this.#waiting
    this.#waiting = []
    for (const update of waiting) this.apply(update)
  }

  /** True when the book changed. */
  apply(update: DepthUpdate): boolean {
    if (this.#status !== 'synced') {
      if (this.#waiting.length < WAITING_MAX) this.#waiting.push(update)
      return false
    }
    if (update.lastId <= this.#lastId) return false
    if (!this.#follows(update)) {
      this.#status = 'broken'
      this.#waiting = [update]
      return false
    }
    this.#first = false
    this.#lastId = update.lastId
    for (const level of update.bids) this.#bids.set(level)
    for (const level of update.asks) this.#asks.set(level)
    return true
  }

  #follows({ firstId, previousId }: DepthUpdate): boolean {
    if (this.#first) return firstId <= this.#lastId + 1
    return previousId === undefined ? firstId === this.#lastId + 1 : previousId === this.#lastId
  }
}

/** One side, best first. Prices are compared as floats, which keeps the order of decimals of the lengths in use. */
class Side {
  readonly #better: (a: number, b: number) => boolean
  #prices: number[] = []
  #levels: Level[] = []

  constructor(better: (a: number, b: number) => boolean) {
    this.#better = better
  }

  top(count: number): Level[] {
    return this.#levels.slice(0, count)
  }

  replace(levels: readonly Level[]): void {
    this.#prices = []
    this.#levels = []
    for (const level of levels) this.set(level)
  }

  /** A quantity of zero takes the level away. */
  set(level: Level): void {
    const price = Number(level[0])
    const place = this.#place(price)
    const there = this.#prices[place] === price
    if (Number(level[1]) === 0) {
      if (!there) return
      this.#prices.splice(place, 1)
      this.#levels.splice(place, 1)
    } else if (there) this.#levels[place] = level
    else {
      this.#prices.splice(place, 0, price)
      this.#levels.splice(place, 0, level)
    }
  }

  #place(price: number): number {
    let low = 0
    let high = this.#prices.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#better(this.#prices[middle] as number, price)) low = middle + 1
      else high = middle
    }
    return low
  }
}

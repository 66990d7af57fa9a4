/** A market's order book, rebuilt from a snapshot and the chain of updates after it. */
import * as decimal from '../../../machines/model/decimal.ts'

/** Price and quantity, as plain decimal text: one number, one text. */
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
/** Why a book broke. */
export type BookProblem = 'missing updates' | 'old updates'

/** Updates kept while the snapshot is on its way. */
const WAITING_MAX = 10_000
/** So many updates in a row that are older than the book mean that its own id is wrong. */
const OLD_MAX = 1_000
/** Levels of a side: far more than exchanges keep. */
const SIDE_MAX = 50_000

/**
 * Binance's rules. Spot: an update of which all ids are in the book already is ignored, and the next one begins at most one
 * id behind it. Futures: the first update after a snapshot holds the snapshot's id, each further one names the
 * update before it. A gap breaks the book until a snapshot that reaches what came after the gap.
 *
 * Of futures, the ids between two updates belong to other symbols. So an update that names a predecessor at or below the
 * snapshot's id leaves nothing out, whether its own first id is at or below the snapshot's or not.
 *
 * A chain that is whole is believed, also where its two sides meet.
 */
export class OrderBook {
  readonly #bids = new Side(-1)
  readonly #asks = new Side(1)
  #status: BookStatus = 'waiting'
  #problem: BookProblem | undefined
  #lastId = 0
  /** Whether the next update is the first after a snapshot. */
  #first = true
  #waiting: DepthUpdate[] = []
  #old = 0

  get status(): BookStatus {
    return this.#status
  }

  /** Undefined while the book is whole, and where it has not begun. */
  get problem(): BookProblem | undefined {
    return this.#status === 'broken' ? this.#problem : undefined
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

  /**
   * Begins anew from a snapshot; updates that came before it are applied where they follow it. False for a snapshot that
   * is older than the book, or than what came since it broke: it changes nothing.
   */
  reset({ lastUpdateId, bids, asks }: DepthSnapshot): boolean {
    const [next] = this.#waiting
    if (this.#status === 'synced' ? lastUpdateId <= this.#lastId : next && isTooOld(lastUpdateId, next))
      return false
    this.#bids.replace(bids)
    this.#asks.replace(asks)
    this.#lastId = lastUpdateId
    this.#first = true
    this.#old = 0
    this.#status = 'synced'
    const waiting = this.#waiting
    this.#waiting = []
    for (const update of waiting) this.apply(update)
    return true
  }

  /** True when the update is in the book. */
  apply(update: DepthUpdate): boolean {
    if (this.#status !== 'synced') {
      this.#keep(update)
      return false
    }
    if (this.#isOld(update)) {
      if (++this.#old >= OLD_MAX) this.#break('old updates')
      return false
    }
    this.#old = 0
    if (!this.#follows(update)) {
      this.#break('missing updates')
      this.#keep(update)
      return false
    }
    this.#first = false
    this.#lastId = update.lastId
    for (const level of update.bids) this.#bids.set(level)
    for (const level of update.asks) this.#asks.set(level)
    return true
  }

  #break(problem: BookProblem): void {
    this.#status = 'broken'
    this.#problem = problem
    this.#old = 0
  }

  /** A snapshot that comes when there is no more room is newer than what is forgotten. */
  #keep(update: DepthUpdate): void {
    if (this.#waiting.length >= WAITING_MAX) this.#waiting = []
    this.#waiting.push(update)
  }

  #isOld({ lastId, previousId }: DepthUpdate): boolean {
    return previousId !== undefined && this.#first ? lastId < this.#lastId : lastId <= this.#lastId
  }

  #follows({ firstId, previousId }: DepthUpdate): boolean {
    if (previousId === undefined) return firstId <= this.#lastId + 1
    return this.#first ? previousId <= this.#lastId : previousId === this.#lastId
  }
}

function isTooOld(lastUpdateId: number, { firstId, previousId }: DepthUpdate): boolean {
  return lastUpdateId < (previousId ?? firstId - 1)
}

/**
 * One side, best last: most changes are near the best, and move the few levels behind them. Prices are compared as floats,
 * which keeps the order of decimals, and exactly where these are equal.
 */
class Side {
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

  /** A quantity of zero takes the level away. */
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

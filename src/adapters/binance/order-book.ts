/** A market's order book, rebuilt from a snapshot and the chain of updates after it. */
import { BookSide, type Level } from '../book-side.ts'

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
  readonly #bids = new BookSide(-1)
  readonly #asks = new BookSide(1)
  #status: BookStatus = 'waiting'
  #problem: BookProblem | undefined
  #lastId = 0
  /** True when the next update is the first after a snapshot. */
  #first = true
  #waiting: DepthUpdate[] = []
  #old = 0

  get status(): BookStatus {
    return this.#status
  }

  /** Returns the problem of the book. Undefined while the book is whole, or has not begun. */
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

  /** Applies an update. Returns true when it is in the book. */
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

  /** Keeps an update for a later snapshot. A snapshot that comes when there is no more room is newer than the forgotten updates. */
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

/** What an order can take of what the market shows. */
import * as decimal from '../../../machines/decimal.ts'
import type { Side } from '../../../machines/index.ts'
import type { MarketView } from './state.ts'

export interface Take {
  readonly px: string
  readonly qty: string
}

/** Levels that an order of this side would take from, best first: the newest quote, then the book behind it. */
export function opposite({ quote, book }: MarketView, side: Side): Take[] {
  const isBuy = side === 'BUY'
  const levels = (isBuy ? book?.asks : book?.bids) ?? []
  const all = levels.map(([px, qty]) => ({ px, qty }))
  if (quote === undefined || (book !== undefined && book.at > quote.at)) return all
  const best = isBuy ? { px: quote.ask, qty: quote.askSize } : { px: quote.bid, qty: quote.bidSize }
  const behind = all.filter(({ px }) =>
    isBuy ? decimal.compare(px, best.px) > 0 : decimal.compare(px, best.px) < 0,
  )
  return [best, ...behind]
}

/** Quantity shown on the order's own side at its price: those who came before. */
export function shownAt({ quote, book }: MarketView, side: Side, price: string): string {
  const [best, size] = side === 'BUY' ? [quote?.bid, quote?.bidSize] : [quote?.ask, quote?.askSize]
  if (best === price && size !== undefined) return size
  const levels = (side === 'BUY' ? book?.bids : book?.asks) ?? []
  return levels.find(([px]) => decimal.compare(px, price) === 0)?.[1] ?? decimal.ZERO
}

/** Takes up to `wanted` within `limit`, and notes it as taken: the same quantity is not there twice. */
export function takeShown(market: MarketView, side: Side, wanted: string, limit: string | undefined): Take[] {
  const takes: Take[] = []
  let left = wanted
  for (const { px, qty } of opposite(market, side)) {
    if (!decimal.isPositive(left)) break
    if (limit !== undefined && !isWithin(side, px, limit)) break
    const key = `${side}:${px}`
    const taken = market.taken[key] ?? decimal.ZERO
    const free = decimal.subtract(qty, taken)
    if (!decimal.isPositive(free)) continue
    const took = decimal.min(free, left)
    market.taken[key] = decimal.add(taken, took)
    left = decimal.subtract(left, took)
    takes.push({ px, qty: took })
  }
  return takes
}

/** Whether `wanted` could be taken whole, without taking it. */
export function couldTake(
  market: MarketView,
  side: Side,
  wanted: string,
  limit: string | undefined,
): boolean {
  const copy = { ...market, taken: { ...market.taken } }
  const total = takeShown(copy, side, wanted, limit).reduce(
    (sum, { qty }) => decimal.add(sum, qty),
    decimal.ZERO,
  )
  return decimal.compare(total, wanted) >= 0
}

/** A price at which an order with this limit may trade. */
export function isWithin(side: Side, px: string, limit: string): boolean {
  return side === 'BUY' ? decimal.compare(px, limit) <= 0 : decimal.compare(px, limit) >= 0
}

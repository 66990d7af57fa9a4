/** The view of a symbol's market, and the quantities that our orders can take of it. */

import type { MarketEvent, OrderBook, Quote, Side, Trade } from '../../../../machines/index.ts'
import * as decimal from '../../../../machines/model/decimal.ts'
import type { MinuteOfTrades } from './average.ts'

/** Price and quantity. */
export type Level = readonly [px: string, qty: string]

export interface MarketView {
  quote?: Quote
  book?: OrderBook
  trade?: Trade
  /** The one of the two that came last. The book behind a newer quote still counts, but an older quote before a book does not. */
  newest?: 'quote' | 'book'
  /** True when there was a trade after the prices shown. */
  isTraded?: boolean
  /** The trades of the last minutes, where a profile judges by their average. */
  minutes?: readonly MinuteOfTrades[]
  /** Quantity that our orders took of what is shown. */
  taken: { readonly side: Shown; readonly px: string; qty: string }[]
  /** Our open orders in this market. While there are none, a message costs no more than being noted. */
  working: number
}

type Shown = 'bids' | 'asks'

const opposite = (side: Side): Shown => (side === 'BUY' ? 'asks' : 'bids')
const own = (side: Side): Shown => (side === 'BUY' ? 'bids' : 'asks')

export function emptyView(): MarketView {
  return { taken: [], working: 0 }
}

/** Takes a message into the view: a reference is all that is kept, unless our orders took of what it replaces. */
export function see(view: MarketView, event: Exclude<MarketEvent, { type: 'CONNECTION' | 'FUNDING' }>): void {
  switch (event.type) {
    case 'TRADE':
      view.trade = event
      view.isTraded = true
      return
    case 'QUOTE':
      view.quote = event
      view.newest = 'quote'
      break
    case 'ORDER_BOOK':
      view.book = event
      view.newest = 'book'
  }
  view.isTraded = false
  if (view.taken.length > 0) forgetTaken(view)
}

/**
 * Forgets what may no longer be there: everything after a lost connection, and the book behind the quote while the book is not
 * whole.
 */
export function hide(view: MarketView, status: 'disconnected' | 'resyncing'): void {
  delete view.book
  view.newest = 'quote'
  if (status === 'disconnected') delete view.quote
  if (view.taken.length > 0) forgetTaken(view)
}

/**
 * Returns the price by now: the last trade, within what has been bid and asked since, for the next trade can be at no other.
 * Before the first trade it is at most the ask, which counts for `SELL`, and at least the bid, which counts for `BUY`.
 * Undefined while nothing is known.
 */
export function priceOf(view: MarketView, side: Side): string | undefined {
  const { trade, isTraded } = view
  if (trade !== undefined && isTraded !== false) return trade.px
  const [bid] = first(shown(view, 'bids'))
  const [ask] = first(shown(view, 'asks'))
  if (trade === undefined) return side === 'SELL' ? ask : bid
  const px = ask === undefined ? trade.px : decimal.min(trade.px, ask)
  return bid === undefined ? px : decimal.max(px, bid)
}

function first(levels: Generator<Level>): Level | readonly [] {
  return levels.next().value ?? []
}

/** Levels of a side, best first: the quote, then the book behind it, unless the book is the newer. */
function* shown({ quote, book, newest }: MarketView, side: Shown): Generator<Level> {
  const levels = book?.[side] ?? []
  if (quote === undefined || newest === 'book') {
    yield* levels
    return
  }
  const [px, qty] = side === 'asks' ? [quote.ask, quote.askSize] : [quote.bid, quote.bidSize]
  if (decimal.isPositive(qty)) yield [px, qty]
  for (const level of levels) if (isBehind(side, level[0], px)) yield level
}

function isBehind(side: Shown, px: string, best: string): boolean {
  return side === 'asks' ? decimal.compare(px, best) > 0 : decimal.compare(px, best) < 0
}

function shownAtLevel(view: MarketView, side: Shown, price: string): string {
  for (const [px, qty] of shown(view, side)) if (decimal.compare(px, price) === 0) return qty
  return decimal.ZERO
}

/** Returns the quantity shown on the order's own side at its price, which came before it. 0 beyond the depth shown. */
export function aheadOf(view: MarketView, side: Side, price: string): string {
  return shownAtLevel(view, own(side), price)
}

/** Returns whether an order with this limit may trade at the price. */
export function isWithin(side: Side, px: string, limit: string): boolean {
  return side === 'BUY' ? decimal.compare(px, limit) <= 0 : decimal.compare(px, limit) >= 0
}

/** Returns the levels that an order could take within its limit up to `wanted`, the best first. It takes nothing. */
export function* available(view: MarketView, side: Side, wanted: string, limit?: string): Generator<Level> {
  let left = wanted
  for (const [px, qty] of shown(view, opposite(side))) {
    if (!decimal.isPositive(left) || (limit !== undefined && !isWithin(side, px, limit))) return
    const taken = takenAt(view, opposite(side), px)
    const free = taken === undefined ? qty : decimal.subtract(qty, taken.qty)
    if (!decimal.isPositive(free)) continue
    const take = decimal.min(free, left)
    left = decimal.subtract(left, take)
    yield [px, take]
  }
}

/** Returns whether an order with this limit would trade at once. */
export function wouldTake(view: MarketView, side: Side, limit: string | undefined): boolean {
  for (const _level of available(view, side, '1', limit)) return true
  return false
}

/** Notes a quantity as taken: it is not there for another order. */
export function noteTaken(view: MarketView, side: Side, [px, qty]: Level): void {
  const taken = takenAt(view, opposite(side), px)
  if (taken === undefined) view.taken.push({ side: opposite(side), px, qty })
  else taken.qty = decimal.add(taken.qty, qty)
}

function takenAt({ taken }: MarketView, side: Shown, price: string) {
  return taken.find(({ side: where, px }) => where === side && decimal.compare(px, price) === 0)
}

/**
 * The market does not know that our orders took something and goes on showing it. It stays taken until the level is
 * gone; when the level shrinks, what we took is what left.
 */
function forgetTaken(view: MarketView): void {
  view.taken = view.taken
    .map(({ side, px, qty }) => ({ side, px, qty: decimal.min(qty, shownAtLevel(view, side, px)) }))
    .filter(({ qty }) => decimal.isPositive(qty))
}

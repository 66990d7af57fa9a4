/** The assets of the customer: what is owned, what open orders lock, and what is left for others. It follows from the books alone. */
import { contractOf } from '../../../../machines/account/instrument.ts'
import { isConditional, isLimited, type Side } from '../../../../machines/index.ts'
import { baseAssetOf } from '../../../../machines/model/contract.ts'
import * as decimal from '../../../../machines/model/decimal.ts'
import { ownOf } from '../../../../machines/model/own.ts'
import { available, priceOf } from './market-view.ts'
import type { Terms } from './profile.ts'
import type { PaperOrder, VenueState } from './state.ts'

interface Books {
  readonly state: VenueState
  readonly terms: Terms
}

type Priced = Pick<PaperOrder, 'symbol' | 'side' | 'ordType'> & {
  readonly price?: string
  readonly stopPx?: string
}

/** The two assets of a symbol. */
export function assetsOf(
  { instruments }: Terms,
  symbol: string,
): { readonly base: string; readonly quote: string } {
  const { settleAsset } = contractOf(instruments, symbol)
  return { base: baseAssetOf(symbol, settleAsset), quote: settleAsset }
}

export function ownedOf({ state, terms }: Books, asset: string): string {
  return decimal.add(
    ownOf(terms.openingBalances, asset) ?? decimal.ZERO,
    state.balances[asset] ?? decimal.ZERO,
  )
}

/** Returns what is owned and not locked. `except`: an order that asks, and whose own lock is there for it. */
export function availableOf(books: Books, asset: string, except?: PaperOrder): string {
  let left = ownedOf(books, asset)
  for (const order of books.state.open) {
    if (order === except) continue
    const paid = paymentOf(books, order, order.leavesQty)
    if (paid.asset === asset) left = decimal.subtract(left, paid.amount)
  }
  return left
}

/**
 * Returns the asset that a spot order pays with, and the most that the quantity takes of it, its commission included: a limit pays its
 * price at most, a stop at market the price that triggers it, and an order that takes at once what is shown. A contract pays nothing.
 */
export function paymentOf(
  books: Books,
  order: Priced,
  qty: string,
): { readonly asset: string; readonly amount: string } {
  const { state, terms } = books
  const { symbol, side } = order
  const { base, quote } = assetsOf(terms, symbol)
  if (contractOf(terms.instruments, symbol).contract !== 'spot') return { asset: quote, amount: decimal.ZERO }
  if (side === 'SELL') return { asset: base, amount: qty }
  const px = isLimited(order) ? order.price : isConditional(order) ? order.stopPx : undefined
  const value = px === undefined ? costShown(state, symbol, side, qty) : decimal.multiply(px, qty)
  return { asset: quote, amount: decimal.add(value, feeOn(terms, value)) }
}

/** Returns what the quantity costs at the prices shown. */
export function costShown({ markets }: VenueState, symbol: string, side: Side, qty: string): string {
  const market = markets[symbol]
  let value = decimal.ZERO
  if (market === undefined) return value
  for (const [px, taken] of available(market, side, qty))
    value = decimal.add(value, decimal.multiply(px, taken))
  return value
}

/** A commission in the asset that is paid with comes on top of what is paid. */
function feeOn({ feeIn, profile, takerFee, makerFee }: Terms, value: string): string {
  if ((feeIn ?? profile.feeIn) !== 'settle') return decimal.ZERO
  return decimal.multiply(value, decimal.max(takerFee, makerFee))
}

/** Returns the price of BNB in the asset; undefined where neither the market nor the configuration has one. */
export function bnbPxOf({ state, terms }: Books, asset: string): string | undefined {
  if (asset === 'BNB') return '1'
  const market = state.markets[`BNB${asset}`]
  return (market && priceOf(market, 'BUY')) ?? terms.bnbPx
}

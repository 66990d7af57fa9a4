/** The books of a position after fills. Pure, and exact to the last digit. */

import type { Fill, FillBust, FillCorrected } from '../events/fill.ts'
import { type Contract, contractValue, priceOf } from '../model/contract.ts'
import * as decimal from '../model/decimal.ts'
import { ownOf } from '../model/own.ts'

/**
 * The books of a position. Quantity and cost are kept as sums. Prices are quotients of them that are made only to be shown. So
 * realised + unrealised PnL = cash flow + marked value holds exactly, however a quotient is rounded.
 */
export interface Books {
  /** The quantity: positive when long, negative when short. */
  readonly quantity: string
  /** The cost of the open quantity, in the asset that the contract settles in: see `contractValue`. */
  readonly cost: string
  readonly realizedPnl: string
  /** The commissions that venues charged, by asset. */
  readonly commissions: Readonly<Record<string, string>>
  /** The funding received less the funding paid. */
  readonly funding: string
}

export const NO_BOOKS: Books = {
  quantity: decimal.ZERO,
  cost: decimal.ZERO,
  realizedPnl: decimal.ZERO,
  commissions: {},
  funding: decimal.ZERO,
}

export type PositionChange = 'opened' | 'updated' | 'closed' | 'flipped'

type Deal = Pick<Fill, 'side' | 'lastQty' | 'lastPx' | 'commission' | 'commissionAsset'> & {
  /** The coin that changes hands on spot, where a commission in it counts: what is held is what can be sold. */
  readonly dealtAsset?: string | undefined
}

export function signedQty({ side, lastQty }: Pick<Fill | FillBust, 'side' | 'lastQty'>): string {
  return side === 'BUY' ? lastQty : decimal.negate(lastQty)
}

/**
 * Returns the change of what is held. A commission in the coin that changes hands leaves less of it. Where a sale leaves less than
 * that commission, the rest of the commission is paid by other coins of the account.
 */
function heldQty({ quantity }: Books, deal: Deal): string {
  const signed = signedQty(deal)
  const { dealtAsset, commissionAsset, commission, lastQty } = deal
  if (dealtAsset === undefined || dealtAsset !== commissionAsset) return signed
  // No venue takes all that it gives.
  if (decimal.compare(commission, lastQty) >= 0) return signed
  const left = decimal.add(quantity, signed)
  const isSold = decimal.isNegative(signed) && !decimal.isNegative(left)
  return decimal.subtract(signed, isSold ? decimal.min(commission, left) : commission)
}

export function unrealizedPnl(contract: Contract, { quantity, cost }: Books, markPx: string): string {
  return decimal.subtract(contractValue(contract, quantity, markPx), cost)
}

export function avgPxOf(contract: Contract, { quantity, cost }: Pick<Books, 'quantity' | 'cost'>): string {
  return priceOf(contract, quantity, cost)
}

/**
 * Returns the books after a fill. A fill that goes through zero closes the old position and opens a new one. A commission in the
 * coin bought leaves fewer coins at the same cost, so it is part of the PnL of their sale.
 */
export function applyFill(
  contract: Contract,
  was: Books,
  deal: Deal,
): { after: Books; change: PositionChange } {
  const { lastPx } = deal
  const [signed, held] = [signedQty(deal), heldQty(was, deal)]
  const books = { ...was, commissions: charged(was.commissions, deal.commissionAsset, deal.commission) }
  const quantity = decimal.add(was.quantity, held)
  const opens = decimal.isZero(was.quantity)
  if (opens || decimal.isNegative(was.quantity) === decimal.isNegative(signed)) {
    const cost = decimal.add(was.cost, contractValue(contract, signed, lastPx))
    return { after: { ...books, quantity, cost }, change: opens ? 'opened' : 'updated' }
  }
  const flips = decimal.compare(decimal.absolute(held), decimal.absolute(was.quantity)) > 0
  const closes = flips || decimal.isZero(quantity)
  // The closed part leaves at its share of the cost; all of it, when nothing is left.
  const closedQty = closes ? was.quantity : decimal.negate(held)
  const closedCost = closes ? was.cost : decimal.divide(decimal.multiply(was.cost, closedQty), was.quantity)
  const closedValue = contractValue(contract, flips ? was.quantity : decimal.negate(signed), lastPx)
  const realizedPnl = decimal.add(was.realizedPnl, decimal.subtract(closedValue, closedCost))
  // What a flip opens cost what the fill was worth less the part that closed: to the last digit, also of a quotient.
  const cost = flips
    ? decimal.add(contractValue(contract, signed, lastPx), closedValue)
    : decimal.subtract(was.cost, closedCost)
  const change = flips ? 'flipped' : closes ? 'closed' : 'updated'
  return { after: { ...books, quantity, cost, realizedPnl }, change }
}

/**
 * Returns the books without a fill that the venue took back. The open part of the fill leaves at its own price, if the rest can
 * have the cost that is left. Otherwise the fill is closed by an opposite one, so that cash and books stay equal.
 */
export function applyBust(
  contract: Contract,
  was: Books,
  deal: Deal,
): { after: Books; change: PositionChange } {
  const { side, lastPx, commission, commissionAsset } = deal
  const [signed, held] = [signedQty(deal), heldQty(NO_BOOKS, deal)]
  const quantity = decimal.subtract(was.quantity, held)
  const rest = decimal.subtract(was.cost, contractValue(contract, signed, lastPx))
  const isClosed = decimal.isZero(quantity)
  const hasPrice = decimal.isPositive(priceOf(contract, quantity, rest))
  const isOpen =
    decimal.isNegative(signed) === decimal.isNegative(was.quantity) &&
    decimal.compare(decimal.absolute(was.quantity), decimal.absolute(held)) >= 0 &&
    (isClosed || hasPrice)
  const refund = decimal.negate(commission)
  if (!isOpen) {
    const opposite = side === 'BUY' ? 'SELL' : 'BUY'
    return applyFill(contract, was, { ...deal, side: opposite, commission: refund })
  }
  return {
    after: {
      ...was,
      quantity,
      cost: isClosed ? decimal.ZERO : rest,
      realizedPnl: isClosed ? decimal.subtract(was.realizedPnl, rest) : was.realizedPnl,
      commissions: charged(was.commissions, commissionAsset, refund),
    },
    change: isClosed ? 'closed' : 'updated',
  }
}

type Dealt = Deal & (Pick<Fill | FillBust, 'type'> | Pick<FillCorrected, 'type' | 'was'>)

/** Returns the books after a fill, a bust or a correction. */
export function booksAfter(contract: Contract, was: Books, event: Dealt): Books {
  if (event.type === 'FILL') return applyFill(contract, was, event).after
  if (!('was' in event)) return applyBust(contract, was, event).after
  return applyFill(contract, applyBust(contract, was, { ...event, ...event.was }).after, event).after
}

/**
 * Returns the books after a fill, a bust or a correction, as positions count since version 6. A correction of the commission alone,
 * which a venue tells later than the deal, takes no deal back.
 */
export function booksAfterDeal(contract: Contract, was: Books, event: Dealt): Books {
  if (event.type !== 'FILL_CORRECTED' || !('was' in event) || !isSameDeal(event, event.was))
    return booksAfter(contract, was, event)
  const before = { ...event, ...event.was }
  const { commissionAsset, commission } = before
  const refunded = charged(was.commissions, commissionAsset, decimal.negate(commission))
  const commissions = charged(refunded, event.commissionAsset, event.commission)
  const change = decimal.subtract(heldQty(NO_BOOKS, event), heldQty(NO_BOOKS, before))
  const quantity = decimal.add(was.quantity, change)
  // Coins that are sold by now cannot be fewer.
  const isHeld = decimal.isPositive(was.quantity) && !decimal.isNegative(quantity)
  return { ...was, commissions, quantity: isHeld ? quantity : was.quantity }
}

function isSameDeal(a: Pick<Deal, 'lastQty' | 'lastPx'>, b: Pick<Deal, 'lastQty' | 'lastPx'>): boolean {
  return decimal.compare(a.lastQty, b.lastQty) === 0 && decimal.compare(a.lastPx, b.lastPx) === 0
}

/** Returns the change of its order's filled quantity. */
export function filledBy(event: Fill | FillBust | FillCorrected): string {
  if (event.type === 'FILL') return event.lastQty
  if (event.type === 'FILL_BUST') return decimal.negate(event.lastQty)
  return decimal.subtract(event.lastQty, event.was.lastQty)
}

/** Returns the funding that the position receives; negative if it pays. For a rate above zero long positions pay short ones. */
export function fundingOf(contract: Contract, { quantity }: Books, rate: string, px: string): string {
  const notional = decimal.absolute(contractValue(contract, quantity, px))
  const paid = decimal.multiply(notional, rate)
  return decimal.isNegative(quantity) ? paid : decimal.negate(paid)
}

/** Returns the net PnL so far in the asset that the position settles in. Commissions in other assets are not part of it. */
export function netPnl({ realizedPnl, commissions, funding }: Books, settleAsset: string): string {
  const paid = ownOf(commissions, settleAsset) ?? decimal.ZERO
  return decimal.subtract(decimal.add(realizedPnl, funding), paid)
}

function charged(commissions: Books['commissions'], asset: string, commission: string): Books['commissions'] {
  if (decimal.isZero(commission)) return commissions
  return { ...commissions, [asset]: decimal.add(ownOf(commissions, asset) ?? decimal.ZERO, commission) }
}

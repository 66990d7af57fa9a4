/** The executions of an order, and their reports. */

import { compact } from '../../../../errors/compact.ts'
import { contractOf } from '../../../../machines/account/instrument.ts'
import { movementsOf } from '../../../../machines/account/portfolio.ts'
import type { CashFlowReport, ExecutionReport, OrderCancelReject } from '../../../../machines/index.ts'
import { holdingName } from '../../../../machines/model/addresses.ts'
import { dealtAssetOf } from '../../../../machines/model/contract.ts'
import * as decimal from '../../../../machines/model/decimal.ts'
import { applyFill, type Books, NO_BOOKS } from '../../../../machines/position/books.ts'
import type { RequestRef, VenueOrder } from '../../venue.ts'
import { type Charge, commissionOf, type Trade } from './commission.ts'
import type { Level } from './market-view.ts'
import { type Terms, textOf, type VenueRefusal } from './profile.ts'
import { type CancelRequest, type PaperOrder, type ReplaceRequest, type VenueState, viewOf } from './state.ts'
import { availableOf, bnbPxOf } from './wallet.ts'

/** A report as it is made. */
export interface Execution {
  readonly report: ExecutionReport | OrderCancelReject | CashFlowReport
  readonly actor: string
  /** The reference of the request that the report answers, or else of the one that placed the order. */
  readonly ref?: RequestRef
  /** Id of the intent that it answers for good. */
  readonly completes?: string
  /** The order, when this ended it. */
  readonly ended?: VenueOrder
}

/** One input being worked off: the books, and what has come of it so far. */
export interface Step {
  readonly state: VenueState
  readonly terms: Terms
  readonly executions: Execution[]
}

type Answered = Pick<CancelRequest, 'ref'>

export function isOpen({ ordStatus }: PaperOrder): boolean {
  return ordStatus === 'NEW' || ordStatus === 'PARTIALLY_FILLED'
}

export function accept(step: Step, order: PaperOrder): void {
  step.state.open.push(order)
  marketOf(step, order).working++
  report(step, order, 'NEW', {}, order)
}

export function refuse(step: Step, order: PaperOrder, refusal: VenueRefusal): void {
  order.ordStatus = 'REJECTED'
  order.leavesQty = decimal.ZERO
  const { ordRejReason } = refusal
  report(step, order, 'REJECTED', compact({ text: textOf(refusal), ordRejReason }), order)
}

/** Refuses an order whose ClOrdID another order has. The other one goes on under it. */
export function refuseDuplicate(step: Step, order: PaperOrder, refusal: VenueRefusal): void {
  refuse(step, order, { ordRejReason: 'DUPLICATE_ORDER', ...refusal })
  const { ended: _, ...execution } = step.executions.pop() as Execution
  step.executions.push(execution)
}

/** Returns the quantity of the order that may still be filled. For a reduce-only order that is at most the quantity held. */
export function fillable({ state }: Step, order: PaperOrder): string {
  const { side, leavesQty, reduceOnly } = order
  if (!reduceOnly) return leavesQty
  const { quantity } = booksOf(state, order)
  const reducible = side === 'SELL' ? quantity : decimal.negate(quantity)
  return decimal.max(decimal.ZERO, decimal.min(leavesQty, reducible))
}

export function expire(step: Step, order: PaperOrder, text?: string): void {
  order.ordStatus = 'EXPIRED'
  order.leavesQty = decimal.ZERO
  close(step, order)
  report(step, order, 'EXPIRED', compact({ text }))
}

/** Ends an order that can take no more and may not wait, as the profile has it. */
export function endUnfilled(step: Step, order: PaperOrder, text: string): void {
  if (step.terms.profile.unfilled === 'EXPIRED') expire(step, order, text)
  else cancel(step, order, { text })
}

export function trigger(step: Step, order: PaperOrder): void {
  order.phase = 'taking'
  report(step, order, 'TRIGGERED')
}

export function fill(step: Step, order: PaperOrder, [px, qty]: Level, liquidity: 'MAKER' | 'TAKER'): void {
  const { symbol, side } = order
  const contract = contractOf(step.terms.instruments, symbol)
  const { settleAsset } = contract
  const charged = chargeOf(step, { ...contract, symbol, side, qty, px }, liquidity)
  const deal = { symbol, side, lastQty: qty, lastPx: px, ...charged }
  const was = booksOf(step.state, order)
  const { after } = applyFill(contract, was, { ...deal, dealtAsset: dealtAssetOf(contract, order) })
  step.state.positions[holdingName(order)] = after
  for (const { asset, change } of movementsOf({ type: 'FILL', ...deal }, contract))
    credit(step.state, asset, change)
  if (contract.contract !== 'spot')
    credit(step.state, settleAsset, decimal.subtract(after.realizedPnl, was.realizedPnl))
  order.cumQty = decimal.add(order.cumQty, qty)
  order.leavesQty = decimal.subtract(order.leavesQty, qty)
  order.cumCost = decimal.add(order.cumCost, decimal.multiply(px, qty))
  order.avgPx = decimal.divide(order.cumCost, order.cumQty)
  order.ordStatus = decimal.isZero(order.leavesQty) ? 'FILLED' : 'PARTIALLY_FILLED'
  if (!isOpen(order)) close(step, order)
  report(step, order, 'TRADE', {
    tradeId: `${step.terms.name}-t${step.state.executions + 1}`,
    lastQty: qty,
    lastPx: px,
    ...charged,
    liquidity,
  })
}

function chargeOf(step: Step, trade: Trade, liquidity: 'MAKER' | 'TAKER'): Charge {
  const { terms } = step
  const feeIn = terms.feeIn ?? terms.profile.feeIn
  const px = feeIn === 'bnb' ? bnbPxOf(step, trade.settleAsset) : undefined
  const bnb = px && { px, available: availableOf(step, 'BNB'), share: terms.profile.bnbShare }
  return commissionOf(terms, trade, { liquidity, feeIn, bnb: bnb || undefined })
}

/** Ends an open order unfilled: `by` is the request that asked for it, `text` the reason when nobody did. */
export function cancel(step: Step, order: PaperOrder, { by, text }: { by?: Answered; text?: string }): void {
  order.ordStatus = 'CANCELED'
  order.leavesQty = decimal.ZERO
  close(step, order)
  report(step, order, 'CANCELED', text === undefined ? {} : { text }, by)
}

/** Replaces an order: it goes on under the request's id, on its terms. One that has as much already is filled (FIX C.3). */
export function replace(step: Step, order: PaperOrder, request: ReplaceRequest): void {
  const { clOrdId, orderQty, price, stopPx } = request
  order.origClOrdIds = [...(order.origClOrdIds ?? []), order.clOrdId]
  order.clOrdId = clOrdId
  order.orderQty = decimal.max(orderQty, order.cumQty)
  order.leavesQty = decimal.subtract(order.orderQty, order.cumQty)
  if (order.price !== undefined && price !== undefined) order.price = price
  if (order.stopPx !== undefined && stopPx !== undefined)
    order.stopPx = order.trailingOffset === undefined ? stopPx : closerOf(order, order.stopPx, stopPx)
  if (decimal.isZero(order.leavesQty)) {
    order.ordStatus = 'FILLED'
    close(step, order)
  }
  report(step, order, 'REPLACED', {}, request)
}

/** Returns the one of two stop prices that is reached first, because a trailing stop never goes back. */
export function closerOf({ side }: PaperOrder, a: string, b: string): string {
  return side === 'SELL' ? decimal.max(a, b) : decimal.min(a, b)
}

export function credit({ balances }: VenueState, asset: string, change: string): void {
  balances[asset] = decimal.add(balances[asset] ?? decimal.ZERO, change)
}

function booksOf({ positions }: VenueState, order: PaperOrder): Books {
  return positions[holdingName(order)] ?? NO_BOOKS
}

/** Rejects a cancel or a replace. */
export function rejectCancel(
  { state, executions }: Step,
  request: CancelRequest | ReplaceRequest,
  text: string,
): void {
  const { clOrdId, origClOrdId, actor, ref } = request
  const reject: OrderCancelReject = {
    type: 'ORDER_CANCEL_REJECT',
    at: state.now,
    clOrdId,
    origClOrdId,
    text,
  }
  executions.push({ report: reject, actor, ref, completes: ref.intent })
}

function close(step: Step, order: PaperOrder): void {
  const { open } = step.state
  open.splice(open.indexOf(order), 1)
  marketOf(step, order).working--
}

function marketOf({ state }: Step, { symbol }: PaperOrder): { working: number } {
  return state.markets[symbol] as { working: number }
}

function report(
  { state, terms, executions }: Step,
  order: PaperOrder,
  execType: ExecutionReport['execType'],
  detail: Partial<ExecutionReport> = {},
  answered?: Answered,
): void {
  state.executions++
  const {
    clOrdId,
    venueOrderId,
    symbol,
    side,
    price,
    stopPx,
    ordStatus,
    orderQty,
    cumQty,
    leavesQty,
    avgPx,
  } = order
  executions.push({
    report: {
      type: 'EXECUTION_REPORT',
      at: state.now,
      execType,
      execId: `${terms.name}-e${state.executions}`,
      clOrdId,
      venueOrderId,
      symbol,
      side,
      ...compact({ price, stopPx }),
      ordStatus,
      orderQty,
      cumQty,
      leavesQty,
      avgPx,
      ...detail,
    },
    actor: order.actor,
    ref: (answered ?? order).ref,
    ...compact({ completes: answered?.ref.intent, ended: isOpen(order) ? undefined : viewOf(order) }),
  })
}

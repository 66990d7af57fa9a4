/** The matching engine: books and an input in, what happened out. It knows neither disk nor clock. */

import { compact } from '../../../../errors/compact.ts'
import { isConditional, isLimited, type OrdStatus, type Side } from '../../../../machines/index.ts'
import * as decimal from '../../../../machines/model/decimal.ts'
import type { MarketMessage } from '../../market-source.ts'
import { withTrade } from './average.ts'
import {
  accept,
  cancel,
  closerOf,
  type Execution,
  endUnfilled,
  expire,
  fill,
  fillable,
  isOpen,
  refuse,
  refuseDuplicate,
  rejectCancel,
  replace,
  type Step,
  trigger,
} from './execution.ts'
import { takeFunding } from './funding.ts'
import {
  aheadOf,
  available,
  emptyView,
  hide,
  isWithin,
  type MarketView,
  noteTaken,
  priceOf,
  see,
  wouldTake,
} from './market-view.ts'
import { NOTHING_TO_REDUCE, type Terms, textOf, type VenueRefusal, WOULD_TAKE } from './profile.ts'
import { refusalOf, replaceAnswerOf } from './refusal.ts'
import { byPriority, fillFromTrade } from './resting.ts'
import {
  type CancelRequest,
  idsOf,
  type PaperOrder,
  type PlaceRequest,
  type ReplaceRequest,
  type VenueState,
} from './state.ts'
import { availableOf, paymentOf } from './wallet.ts'

const DAY_MS = 86_400_000
const NOTHING: readonly Execution[] = []

/** Takes a message: it changes the view of its market, then the orders that work there. */
export function takeMarket(state: VenueState, terms: Terms, message: MarketMessage): readonly Execution[] {
  const { symbol, event, at } = message
  if (at > state.now) state.now = at
  if (event.type === 'CONNECTION') {
    const market = state.markets[symbol]
    if (market !== undefined && event.status !== 'connected') hide(market, event.status)
    return NOTHING
  }
  if (event.type === 'FUNDING') return takeFunding(state, terms, message, event)
  state.markets[symbol] ??= emptyView()
  const market = state.markets[symbol]
  see(market, event)
  if (event.type === 'TRADE' && terms.profile.averages)
    market.minutes = withTrade(market.minutes ?? [], event)
  if (market.working === 0) return NOTHING
  const step: Step = { state, terms, executions: [] }
  const orders = byPriority(state.open.filter((order) => order.symbol === symbol))
  if (event.type === 'TRADE') fillFromTrade(step, orders, event)
  for (const order of orders) {
    if (!isOpen(order)) continue
    if (order.phase === 'waiting') triggerWhenReached(step, market, order)
    else takeShown(step, market, order)
  }
  cancelIdle(step, orders)
  return step.executions
}

/** Orders whose time is over by `at`. */
export function takeTime(state: VenueState, terms: Terms, at: number): readonly Execution[] {
  const step: Step = { state, terms, executions: [] }
  if (at > state.now) state.now = at
  for (const order of state.open.filter(({ expireAt }) => expireAt !== undefined && expireAt <= at)) {
    expire(step, order)
  }
  return step.executions
}

export function takeOrder(state: VenueState, terms: Terms, request: PlaceRequest): readonly Execution[] {
  const step: Step = { state, terms, executions: [] }
  const order = newOrder(step, request)
  const { duplicate } = terms.profile.answers
  if (duplicate !== undefined && openOrder(state, request.clOrdId) !== undefined) {
    refuseDuplicate(step, order, duplicate)
    return step.executions
  }
  const refusal = refusalOf(step, request, order) ?? restRefusalOf(step, order)
  if (refusal !== undefined) {
    refuse(step, order, refusal)
    return step.executions
  }
  accept(step, order)
  const market = state.markets[order.symbol] as MarketView
  if (order.phase === 'waiting') triggerWhenReached(step, market, order)
  else beginToWork(step, market, order)
  cancelIdle(step, state.open)
  return step.executions
}

/** `endedAs` is what became of the order, when it was here and is not open; the same for a replace. */
export function takeCancel(
  state: VenueState,
  terms: Terms,
  request: CancelRequest,
  endedAs: OrdStatus | undefined,
): readonly Execution[] {
  const step: Step = { state, terms, executions: [] }
  const order = openOrder(state, request.origClOrdId)
  if (order !== undefined) cancel(step, order, { by: request })
  else rejectCancel(step, request, textOf(terms.profile.answers.unknownOrder(endedAs)))
  return step.executions
}

/** Replaces an order. One with another price or more to fill goes to the back of the queue; one with less keeps its place. */
export function takeReplace(
  state: VenueState,
  terms: Terms,
  request: ReplaceRequest,
  endedAs: OrdStatus | undefined,
): readonly Execution[] {
  const step: Step = { state, terms, executions: [] }
  const order = openOrder(state, request.origClOrdId)
  if (order === undefined) {
    rejectCancel(step, request, textOf(terms.profile.answers.unknownOrder(endedAs)))
    return step.executions
  }
  const answer =
    replaceAnswerOf(step, order, request) ?? restRefusalOf(step, { ...order, ...pricesOf(request) })
  if (answer !== undefined) {
    if (answer === 'cancels') cancel(step, order, { by: request })
    else rejectCancel(step, request, textOf(answer))
    return step.executions
  }
  const { orderQty, price } = order
  replace(step, order, request)
  if (!isOpen(order)) return step.executions
  const market = state.markets[order.symbol] as MarketView
  if (order.phase === 'waiting') triggerWhenReached(step, market, order)
  else if (order.price !== price || decimal.compare(order.orderQty, orderQty) > 0) {
    order.phase = 'taking'
    beginToWork(step, market, order)
  }
  cancelIdle(step, state.open)
  return step.executions
}

function openOrder({ open }: VenueState, clOrdId: string): PaperOrder | undefined {
  return open.find((order) => idsOf(order).includes(clOrdId))
}

function newOrder({ state, terms }: Step, request: PlaceRequest): PaperOrder {
  const { clOrdId, actor, symbol, side, ordType, orderQty, price, stopPx, trailingOffset } = request
  const { positionSide, timeInForce, postOnly, ref } = request
  const { now } = state
  const venueOrderId = `${terms.name}-${++state.orders}`
  const expireAt = timeInForce === 'DAY' ? nextMidnight(now) : request.expireTime
  return compact({
    clOrdId,
    venueOrderId,
    actor,
    symbol,
    positionSide,
    side,
    ordType,
    ordStatus: 'NEW',
    orderQty,
    cumQty: decimal.ZERO,
    leavesQty: orderQty,
    avgPx: decimal.ZERO,
    cumCost: decimal.ZERO,
    price: isLimited(request) ? price : undefined,
    stopPx: isConditional(request) ? stopPx : undefined,
    trailingOffset: ordType === 'TRAILING_STOP' ? trailingOffset : undefined,
    timeInForce,
    expireAt: timeInForce === 'DAY' || timeInForce === 'GTD' ? expireAt : undefined,
    postOnly: postOnly || undefined,
    reduceOnly: terms.profile.reduces(request) || undefined,
    phase: isConditional(request) ? 'waiting' : 'taking',
    ahead: decimal.ZERO,
    ref,
  })
}

function nextMidnight(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS
}

function pricesOf({ price }: ReplaceRequest): { price?: string } {
  return price === undefined ? {} : { price }
}

/** Returns the refusal that only the market and the books can give an order; undefined if they give none. */
function restRefusalOf(step: Step, order: PaperOrder): VenueRefusal | undefined {
  const market = step.state.markets[order.symbol]
  const { answers } = step.terms.profile
  if (market === undefined) return undefined
  const { wouldTrigger } = answers
  if (order.phase === 'waiting') return wouldTrigger && isReached(market, order) ? wouldTrigger : undefined
  if (order.postOnly && wouldTake(market, order.side, order.price)) return answers.wouldTake
  if (order.reduceOnly && decimal.isZero(fillable(step, order))) return answers.notReducing
  return undefined
}

/** Cancels reduce-only orders that work and have nothing to reduce. One that waits for its trigger may find something yet. */
function cancelIdle(step: Step, orders: readonly PaperOrder[]): void {
  if (step.executions.length === 0) return
  for (const order of [...orders]) {
    const isIdle = order.reduceOnly && order.phase !== 'waiting' && decimal.isZero(fillable(step, order))
    if (isIdle && isOpen(order)) cancel(step, order, { text: NOTHING_TO_REDUCE })
  }
}

/** Triggers an order whose price is reached, also when that was so before the order came, and also while nothing trades. */
function triggerWhenReached(step: Step, market: MarketView, order: PaperOrder): void {
  if (order.trailingOffset !== undefined) {
    const followed = priceOf(market, opposite(order.side))
    if (followed === undefined) return
    trail(order, followed)
  }
  if (!isReached(market, order)) return
  trigger(step, order)
  beginToWork(step, market, order)
}

/** Returns whether the market is at the price that triggers the order. A trailing stop has none before it has followed the market. */
function isReached(market: MarketView, { side, ordType, stopPx }: PaperOrder): boolean {
  // A stop to buy is reached from below, a take-profit to buy from above.
  const isProfit = ordType === 'TAKE_PROFIT' || ordType === 'TAKE_PROFIT_LIMIT'
  const reachedBy = isProfit ? opposite(side) : side
  const px = priceOf(market, reachedBy)
  return px !== undefined && stopPx !== undefined && isWithin(reachedBy, stopPx, px)
}

/**
 * Lets an order take the quantity shown. Its time in force decides about the rest, for a stop from its trigger on.
 * The rest of a GTC order rests at its limit, or, a market order, goes on taking whatever is shown next.
 */
function beginToWork(step: Step, market: MarketView, order: PaperOrder): void {
  const { timeInForce, side, orderQty, price } = order
  if (order.postOnly && wouldTake(market, side, price)) {
    endUnfilled(step, order, WOULD_TAKE)
    return
  }
  if (timeInForce === 'FOK' && !couldTakeAll(step, market, order)) {
    endUnfilled(step, order, `fill or kill: fewer than ${orderQty} can be had`)
    return
  }
  if (!canPay(step, order)) {
    endUnfilled(step, order, 'the balance does not cover what is shown')
    return
  }
  takeShown(step, market, order)
  if (!isOpen(order)) return
  if (timeInForce === 'IOC') endUnfilled(step, order, 'immediate or cancel: no more can be had')
  else if (price !== undefined) {
    order.phase = 'resting'
    order.ahead = aheadOf(market, side, price)
  } else if (!step.terms.profile.marketWaits) endUnfilled(step, order, 'market: no more can be had')
}

/** Returns whether the balance covers an order at market. Its lock does not say so: the prices shown may be beyond its stop by now. */
function canPay(step: Step, order: PaperOrder): boolean {
  if (!step.terms.profile.locks || order.price !== undefined) return true
  const { asset, amount } = paymentOf(step, { ...order, ordType: 'MARKET' }, order.leavesQty)
  return decimal.compare(amount, availableOf(step, asset, order)) <= 0
}

/** Moves a trailing stop with the price in its holder's favour, and never back. */
function trail(order: PaperOrder, last: string): void {
  const offset = order.trailingOffset as string
  const next = order.side === 'SELL' ? decimal.subtract(last, offset) : decimal.add(last, offset)
  order.stopPx = order.stopPx === undefined ? next : closerOf(order, order.stopPx, next)
}

function opposite(side: Side): Side {
  return side === 'BUY' ? 'SELL' : 'BUY'
}

function couldTakeAll(step: Step, market: MarketView, order: PaperOrder): boolean {
  const { side, orderQty, price } = order
  if (decimal.compare(fillable(step, order), orderQty) < 0) return false
  let total = decimal.ZERO
  for (const [, qty] of available(market, side, orderQty, price)) total = decimal.add(total, qty)
  return decimal.compare(total, orderQty) >= 0
}

/** Fills a resting order that the prices shown cross. It was there first, so it fills at its own price, as the maker. */
function takeShown(step: Step, market: MarketView, order: PaperOrder): void {
  const { side, price, phase } = order
  for (const level of available(market, side, fillable(step, order), price)) {
    noteTaken(market, side, level)
    if (phase === 'resting') fill(step, order, [price as string, level[1]], 'MAKER')
    else fill(step, order, level, 'TAKER')
  }
}

/** The matching engine: books and an input in, what happened out. It knows neither disk nor clock. */

import { compact } from '../../../../errors/compact.ts'
import { isConditional, isLimited, type OrdStatus, type Side } from '../../../../machines/index.ts'
import * as decimal from '../../../../machines/model/decimal.ts'
import type { MarketMessage } from '../../market-source.ts'
import {
  accept,
  cancel,
  closerOf,
  type Execution,
  expire,
  fill,
  fillable,
  isOpen,
  refuse,
  rejectCancel,
  replace,
  type Step,
  type Terms,
  trigger,
  type VenueRefusal,
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
} from './market-view.ts'
import { refusalOf, replaceRefusalOf } from './refusal.ts'
import { byPriority, fillFromTrade } from './resting.ts'
import {
  type CancelRequest,
  idsOf,
  type PaperOrder,
  type PlaceRequest,
  type ReplaceRequest,
  type VenueState,
} from './state.ts'

const DAY_MS = 86_400_000
const NOTHING_TO_REDUCE = 'reduce only: nothing is held that it could reduce'
const WOULD_TAKE = 'post only: it would take what is there'
const NOT_REDUCING: VenueRefusal = { text: NOTHING_TO_REDUCE, ordRejReason: 'REDUCE_ONLY' }
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
  const order = newOrder(request, `${terms.name}-${++state.orders}`, state.now)
  const text = refusalOf(state, request)
  const refusal = text === undefined ? restRefusalOf(step, order) : { text }
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
  const order = openOrder(state, request)
  if (order !== undefined) cancel(step, order, { by: request })
  else rejectCancel(step, request, whyNot(endedAs))
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
  const order = openOrder(state, request)
  const refusal =
    order === undefined
      ? whyNot(endedAs)
      : (replaceRefusalOf(state, order, request) ??
        restRefusalOf(step, { ...order, ...pricesOf(request) })?.text)
  if (order === undefined || refusal !== undefined) {
    rejectCancel(step, request, refusal as string)
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

function openOrder(
  { open }: VenueState,
  { origClOrdId }: CancelRequest | ReplaceRequest,
): PaperOrder | undefined {
  return open.find((order) => idsOf(order).includes(origClOrdId))
}

/** Names no id: those of the venue are none of the log's, and a text goes there as it is. */
function whyNot(endedAs: OrdStatus | undefined): string {
  return endedAs === undefined ? 'unknown order' : `too late: the order is ${endedAs}`
}

function newOrder(request: PlaceRequest, venueOrderId: string, now: number): PaperOrder {
  const { clOrdId, actor, symbol, side, ordType, orderQty, price, stopPx, trailingOffset } = request
  const { positionSide, timeInForce, postOnly, reduceOnly, ref } = request
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
    reduceOnly: reduceOnly || undefined,
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
  if (market === undefined || order.phase === 'waiting') return undefined
  if (order.postOnly && wouldTake(market, order)) return { text: WOULD_TAKE }
  if (order.reduceOnly && decimal.isZero(fillable(step, order))) return NOT_REDUCING
  return undefined
}

function wouldTake(market: MarketView, { side, price }: PaperOrder): boolean {
  for (const _level of available(market, side, '1', price)) return true
  return false
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
  const { side, ordType } = order
  if (order.trailingOffset !== undefined) {
    const followed = priceOf(market, opposite(side))
    if (followed === undefined) return
    trail(order, followed)
  }
  // A stop to buy is reached from below, a take-profit to buy from above.
  const isProfit = ordType === 'TAKE_PROFIT' || ordType === 'TAKE_PROFIT_LIMIT'
  const reachedBy = isProfit ? opposite(side) : side
  const px = priceOf(market, reachedBy)
  if (px === undefined || !isWithin(reachedBy, order.stopPx as string, px)) return
  trigger(step, order)
  beginToWork(step, market, order)
}

/**
 * Lets an order take the quantity shown. Its time in force decides about the rest, for a stop from its trigger on.
 * The rest of a GTC order rests at its limit, or, a market order, goes on taking whatever is shown next.
 */
function beginToWork(step: Step, market: MarketView, order: PaperOrder): void {
  const { timeInForce, side, orderQty, price } = order
  if (order.postOnly && wouldTake(market, order)) {
    cancel(step, order, { text: WOULD_TAKE })
    return
  }
  if (timeInForce === 'FOK' && !couldTakeAll(step, market, order)) {
    cancel(step, order, { text: `fill or kill: fewer than ${orderQty} can be had` })
    return
  }
  takeShown(step, market, order)
  if (!isOpen(order)) return
  if (timeInForce === 'IOC') cancel(step, order, { text: 'immediate or cancel: no more can be had' })
  else if (price !== undefined) {
    order.phase = 'resting'
    order.ahead = aheadOf(market, side, price)
  }
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

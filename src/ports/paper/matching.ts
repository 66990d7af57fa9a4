/** The matching engine: books and an input in, reports out. It knows neither disk nor clock. */
import * as decimal from '../../../machines/decimal.ts'
import type {
  ExecutionReport,
  MarketEvent,
  OrderCancelReject,
  OrdStatus,
  Trade,
} from '../../../machines/index.ts'
import type { MarketMessage } from '../market.ts'
import { couldTake, isWithin, shownAt, type Take, takeShown } from './liquidity.ts'
import {
  emptyState,
  type MarketView,
  type PaperOrder,
  see,
  type VenueRequest,
  type VenueState,
} from './state.ts'

export interface MatchingOptions {
  readonly name: string
  /** Shares of the traded value, as decimal text. */
  readonly takerFee: string
  readonly makerFee: string
}

/** A report as it is made: when it happened, and for which request. */
export interface Execution {
  readonly at: number
  readonly order: Pick<PaperOrder, 'actor' | 'ref'>
  readonly report: ExecutionReport | OrderCancelReject
  readonly settles?: string
}

/** Assets that symbols are priced in, the longer ones first. */
const QUOTE_ASSETS = ['FDUSD', 'USDT', 'USDC', 'BUSD', 'TUSD', 'USD', 'EUR', 'BTC', 'ETH', 'BNB']

export class Matching {
  readonly #options: MatchingOptions
  readonly #onExecution: (execution: Execution) => void
  /** An order has ended: it is no longer among the open ones. */
  readonly #onClosed: (order: PaperOrder) => void
  readonly #state: VenueState

  constructor(
    options: MatchingOptions,
    state: VenueState = emptyState(),
    on: { execution: (execution: Execution) => void; closed: (order: PaperOrder) => void },
  ) {
    this.#options = options
    this.#state = state
    this.#onExecution = on.execution
    this.#onClosed = on.closed
  }

  /** A market message changes the view, then what works against it. */
  takeMarket({ symbol, event, at }: MarketMessage): void {
    const state = this.#state
    state.now = Math.max(state.now, at)
    state.markets[symbol] ??= { taken: {} }
    const market = state.markets[symbol]
    see(market, event)
    if (state.open.length === 0 || event.type === 'CONNECTION') return
    const orders = state.open.filter((order) => order.symbol === symbol)
    if (orders.length > 0) this.#match(orders, market, event)
  }

  takeRequest(request: VenueRequest): void {
    if (request.kind === 'cancel') this.#cancel(request)
    else this.#place(request)
  }

  #place(request: VenueRequest & { kind: 'place' }): void {
    const state = this.#state
    const { clOrdId, actor, symbol, side, ordType, orderQty, price, stopPx, timeInForce, ref } = request
    state.orders++
    const order: PaperOrder = {
      clOrdId,
      orderId: `${this.#options.name}-${state.orders}`,
      actor,
      symbol,
      side,
      ordType,
      ordStatus: 'NEW',
      orderQty,
      cumQty: decimal.ZERO,
      leavesQty: orderQty,
      avgPx: decimal.ZERO,
      cumCost: decimal.ZERO,
      ...(price !== undefined && { price }),
      ...(stopPx !== undefined && { stopPx }),
      timeInForce,
      triggered: false,
      ahead: decimal.ZERO,
      ref,
    }
    const refusal = this.#refusal(order)
    if (refusal !== undefined) {
      this.#end(order, 'REJECTED', refusal, clOrdId)
      return
    }
    state.open.push(order)
    this.#report(order, 'NEW', {}, clOrdId)
    const market = state.markets[symbol] as MarketView
    if (order.timeInForce === 'FOK' && !couldTake(market, side, orderQty, price)) {
      this.#end(order, 'CANCELED', 'fill or kill: not all of it could be filled')
      return
    }
    this.#work(order, market)
    if (order.ordType === 'LIMIT' && isOpen(order)) order.ahead = shownAt(market, side, price as string)
    if (order.timeInForce === 'IOC' && isOpen(order))
      this.#end(order, 'CANCELED', 'immediate or cancel: the rest')
  }

  #refusal({ symbol, orderQty, ordType, price, stopPx }: PaperOrder): string | undefined {
    if (this.#state.markets[symbol] === undefined)
      return `unknown symbol ${symbol}: no market data has come for it`
    if (!/^\d+(\.\d+)?$/.test(orderQty) || !decimal.isPositive(orderQty))
      return `orderQty ${orderQty} is not above 0`
    if (ordType === 'LIMIT' && (price === undefined || !decimal.isPositive(price)))
      return 'a LIMIT order needs a price'
    if (ordType === 'STOP' && (stopPx === undefined || !decimal.isPositive(stopPx)))
      return 'a STOP order needs a stopPx'
    return undefined
  }

  #cancel({ clOrdId, origClOrdId, actor, ref }: VenueRequest & { kind: 'cancel' }): void {
    const order = this.#state.open.find((o) => o.clOrdId === origClOrdId)
    if (order !== undefined) {
      this.#end(order, 'CANCELED', undefined, clOrdId)
      return
    }
    const at = this.#state.now
    const text = 'no open order has this ClOrdID'
    const report: OrderCancelReject = { type: 'ORDER_CANCEL_REJECT', at, clOrdId, origClOrdId, text }
    this.#onExecution({ at, order: { actor, ref }, report, settles: clOrdId })
  }

  #match(orders: readonly PaperOrder[], market: MarketView, event: MarketEvent): void {
    // What traded can fill our resting orders only once.
    let traded = event.type === 'TRADE' ? event.qty : decimal.ZERO
    for (const order of orders) {
      if (event.type === 'TRADE') traded = this.#takeTraded(order, event, traded)
      if (isOpen(order)) this.#work(order, market)
    }
  }

  /** A resting limit order fills from what trades at its price behind those before it, or through its price. */
  #takeTraded(order: PaperOrder, { px, aggressor }: Trade, traded: string): string {
    if (order.ordType !== 'LIMIT' || aggressor === order.side || !decimal.isPositive(traded)) return traded
    const price = order.price as string
    if (!isWithin(order.side, px, price)) return traded
    let left = traded
    if (decimal.compare(px, price) === 0) {
      const goesFirst = decimal.min(order.ahead, left)
      order.ahead = decimal.subtract(order.ahead, goesFirst)
      left = decimal.subtract(left, goesFirst)
    }
    const qty = decimal.min(left, order.leavesQty)
    if (!decimal.isPositive(qty)) return left
    this.#fill(order, { px: price, qty }, 'MAKER')
    return decimal.subtract(left, qty)
  }

  /** Takes what is shown, as far as the order may. */
  #work(order: PaperOrder, market: MarketView): void {
    if (order.ordType === 'STOP' && !order.triggered) {
      const last = market.trade?.px
      if (last === undefined || !isWithin(order.side, order.stopPx as string, last)) return
      order.triggered = true
      this.#report(order, 'TRIGGERED', {})
    }
    const rests = !decimal.isZero(order.ahead)
    for (const take of takeShown(market, order.side, order.leavesQty, order.price)) {
      // The market moved through an order that was there before: it filled at its own price.
      if (rests) this.#fill(order, { px: order.price as string, qty: take.qty }, 'MAKER')
      else this.#fill(order, take, 'TAKER')
    }
  }

  #fill(order: PaperOrder, { px, qty }: Take, liquidity: 'MAKER' | 'TAKER'): void {
    const state = this.#state
    const value = decimal.multiply(px, qty)
    order.cumQty = decimal.add(order.cumQty, qty)
    order.leavesQty = decimal.subtract(order.leavesQty, qty)
    order.cumCost = decimal.add(order.cumCost, value)
    order.avgPx = decimal.divide(order.cumCost, order.cumQty)
    order.ordStatus = decimal.isZero(order.leavesQty) ? 'FILLED' : 'PARTIALLY_FILLED'
    const fee = liquidity === 'MAKER' ? this.#options.makerFee : this.#options.takerFee
    this.#report(order, 'TRADE', {
      tradeId: `${this.#options.name}-t${state.executions + 1}`,
      lastQty: qty,
      lastPx: px,
      commission: decimal.multiply(value, fee),
      commissionAsset: quoteAsset(order.symbol),
      liquidity,
    })
    if (order.ordStatus === 'FILLED') this.#close(order)
  }

  #end(order: PaperOrder, status: 'CANCELED' | 'REJECTED', text: string | undefined, settles?: string): void {
    order.ordStatus = status
    order.leavesQty = decimal.ZERO
    this.#report(order, status, text === undefined ? {} : { text }, settles)
    this.#close(order)
  }

  #close(order: PaperOrder): void {
    const { open } = this.#state
    const index = open.indexOf(order)
    if (index >= 0) open.splice(index, 1)
    this.#onClosed(order)
  }

  #report(
    order: PaperOrder,
    execType: ExecutionReport['execType'],
    detail: Partial<ExecutionReport>,
    settles?: string,
  ): void {
    const state = this.#state
    state.executions++
    const { clOrdId, orderId, symbol, side, orderQty, cumQty, leavesQty, avgPx, ordStatus } = order
    const report: ExecutionReport = {
      type: 'EXECUTION_REPORT',
      at: state.now,
      execType,
      ordStatus: ordStatus satisfies OrdStatus,
      clOrdId,
      orderId,
      execId: `${this.#options.name}-e${state.executions}`,
      symbol,
      side,
      orderQty,
      cumQty,
      leavesQty,
      avgPx,
      ...detail,
    }
    this.#onExecution({ at: state.now, order, report, ...(settles !== undefined && { settles }) })
  }
}

function isOpen({ ordStatus }: PaperOrder): boolean {
  return ordStatus === 'NEW' || ordStatus === 'PARTIALLY_FILLED'
}

function quoteAsset(symbol: string): string {
  return QUOTE_ASSETS.find((asset) => symbol.endsWith(asset)) ?? symbol
}

import type {
  CancelOrder,
  ExecutionReport,
  OrderCancelReject,
  OrdStatus,
  PlaceOrder,
  ReplaceOrder,
} from '../../machines/events/order.ts'
import type { VenueState } from '../../machines/events/reconciliation.ts'
import * as decimal from '../../machines/model/decimal.ts'
import type { Scheduler } from './scheduler.ts'

interface Booked {
  /** All ClOrdIDs of the order, the newest last. */
  readonly clOrdIds: string[]
  readonly actor: string
  readonly terms: PlaceOrder
  readonly venueOrderId: string
  readonly fills: { readonly tradeId: string; execId: string; readonly qty: string; readonly px: string }[]
  orderQty: string
  /** The status with which it ended. A bust of a late fill brings it back to this. */
  endedAs?: OrdStatus
  ordStatus: OrdStatus
  cumQty: string
  cost: string
}

export interface StreamedReport {
  readonly position: number
  readonly actor: string
  readonly report: ExecutionReport | OrderCancelReject
  readonly completes?: string
}

const WORKING: readonly OrdStatus[] = ['NEW', 'PARTIALLY_FILLED']

/**
 * A separate exchange, whose books survive the runner. It fills, refuses, cancels, expires and busts at random. It
 * takes a request that comes twice under one id once.
 */
export class SimulatedVenue {
  readonly stream: StreamedReport[] = []
  /** Orders by the ClOrdID that placed them. */
  readonly orders = new Map<string, Booked>()
  /** Number of received requests by ClOrdID. */
  readonly requests = new Map<string, number>()
  readonly #scheduler: Scheduler
  #execId = 1
  #isClosed = false

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  place(intent: string, actor: string, terms: PlaceOrder): void {
    const { clOrdId } = terms
    if (this.#seenBefore(clOrdId)) return
    const order: Booked = {
      clOrdIds: [clOrdId],
      fills: [],
      orderQty: terms.orderQty,
      actor,
      terms,
      venueOrderId: `v${this.orders.size + 1}`,
      ordStatus: 'NEW',
      cumQty: decimal.ZERO,
      cost: decimal.ZERO,
    }
    this.orders.set(clOrdId, order)
    const s = this.#scheduler
    if (s.chance(0.1)) {
      order.ordStatus = order.endedAs = 'REJECTED'
      this.#report(order, 'REJECTED', { text: 'not today' }, intent)
      return
    }
    // A fill may be reported before its order.
    if (s.chance(0.1)) {
      this.#fill(order)
      this.#report(order, 'NEW', {}, intent)
    } else this.#report(order, 'NEW', {}, intent)
    this.#live(order)
  }

  cancel(intent: string, { clOrdId, origClOrdId }: CancelOrder, actor: string): void {
    if (this.#seenBefore(clOrdId)) return
    const order = this.find(origClOrdId)
    if (order !== undefined && WORKING.includes(order.ordStatus)) {
      order.ordStatus = order.endedAs = 'CANCELED'
      this.#report(order, 'CANCELED', {}, intent)
      // An earlier fill reaches the stream after the cancel.
      if (this.#scheduler.chance(0.2)) this.#fill(order)
      return
    }
    this.#refuse(intent, actor, clOrdId, origClOrdId)
  }

  replace(intent: string, { clOrdId, origClOrdId, orderQty }: ReplaceOrder, actor: string): void {
    if (this.#seenBefore(clOrdId)) return
    const order = this.find(origClOrdId)
    if (order === undefined || !WORKING.includes(order.ordStatus) || this.#scheduler.chance(0.2)) {
      this.#refuse(intent, actor, clOrdId, origClOrdId)
      return
    }
    order.clOrdIds.push(clOrdId)
    order.orderQty = decimal.max(orderQty, order.cumQty)
    this.#rest(order)
    this.#report(order, 'REPLACED', {}, intent)
  }

  /** Returns an order by any of its ClOrdIDs. */
  find(clOrdId: string): Booked | undefined {
    return [...this.orders.values()].find(({ clOrdIds }) => clOrdIds.includes(clOrdId))
  }

  #refuse(intent: string, actor: string, clOrdId: string, origClOrdId: string): void {
    const at = this.#scheduler.now
    const report = { type: 'ORDER_CANCEL_REJECT' as const, at, clOrdId, origClOrdId, text: 'no' }
    this.stream.push({ position: this.stream.length + 1, actor, report, completes: intent })
  }

  /** Ends all working orders, so that a world can come to rest. */
  closeAll(): void {
    this.#isClosed = true
    for (const order of this.orders.values()) {
      if (!WORKING.includes(order.ordStatus)) continue
      order.ordStatus = order.endedAs = 'EXPIRED'
      this.#report(order, 'EXPIRED', {})
    }
  }

  /** Returns the working orders, the fills since a time, and the positions. */
  state(since: number): Omit<VenueState, 'here'> {
    const held = new Map<string, string>()
    for (const { terms, cumQty } of this.orders.values()) {
      const signed = terms.side === 'BUY' ? cumQty : decimal.negate(cumQty)
      held.set(terms.symbol, decimal.add(held.get(terms.symbol) ?? decimal.ZERO, signed))
    }
    const working = [...this.orders.values()].filter(({ ordStatus }) => WORKING.includes(ordStatus))
    return {
      type: 'VENUE_STATE',
      at: this.#scheduler.now,
      openOrders: working.map((order) => {
        const { type: _type, clOrdId, ...terms } = order.terms
        const { execType: _execType, clOrdId: _clOrdId, ...status } = this.status(order)
        const { ordStatus, venueOrderId, orderQty, cumQty, leavesQty, avgPx } = status
        return { ...terms, clOrdId, ordStatus, venueOrderId, orderQty, cumQty, leavesQty, avgPx }
      }),
      fills: this.stream.flatMap(({ actor: order, report }) => {
        if (report.type !== 'EXECUTION_REPORT' || report.execType !== 'TRADE' || report.at < since) return []
        const { type: _type, clOrdId: _id, ...terms } = (this.find(report.clOrdId) as Booked).terms
        return [{ order, terms, report }]
      }),
      flows: [],
      positions: [...held].map(([symbol, quantity]) => ({ symbol, quantity })),
      balances: [],
    }
  }

  status({ clOrdIds, venueOrderId, terms, orderQty, ordStatus, cumQty, cost }: Booked): ExecutionReport {
    const out = !WORKING.includes(ordStatus)
    return {
      type: 'EXECUTION_REPORT',
      at: this.#scheduler.now,
      execType: 'ORDER_STATUS',
      ordStatus,
      clOrdId: clOrdIds.at(-1) as string,
      venueOrderId,
      execId: `s${this.#execId++}`,
      symbol: terms.symbol,
      side: terms.side,
      orderQty,
      cumQty,
      leavesQty: out ? decimal.ZERO : decimal.subtract(orderQty, cumQty),
      avgPx: decimal.isZero(cumQty) ? decimal.ZERO : decimal.divide(cost, cumQty),
    }
  }

  #seenBefore(id: string): boolean {
    const times = this.requests.get(id) ?? 0
    this.requests.set(id, times + 1)
    return times > 0
  }

  /** Plans the further life of a working order. */
  #live(order: Booked): void {
    this.#scheduler.after(this.#scheduler.between(5, 4_000), () => {
      if (!WORKING.includes(order.ordStatus)) return
      if (this.#scheduler.chance(0.08)) {
        order.ordStatus = order.endedAs = 'EXPIRED'
        this.#report(order, 'EXPIRED', {})
        return
      }
      if (this.#scheduler.chance(0.7)) this.#fill(order)
      this.#live(order)
    })
  }

  #fill(order: Booked): void {
    const left = decimal.subtract(order.orderQty, order.cumQty)
    if (!decimal.isPositive(left)) return
    const whole = this.#scheduler.chance(0.4)
    const half = decimal.divide(left, '2')
    const lastQty = whole || decimal.compare(half, '0.000001') < 0 ? left : half
    const lastPx = String(Math.round(this.#scheduler.between(9_000, 11_000)) / 100)
    order.cumQty = decimal.add(order.cumQty, lastQty)
    order.cost = decimal.add(order.cost, decimal.multiply(lastQty, lastPx))
    this.#rest(order)
    const tradeId = `t${this.#execId}`
    const what = { lastQty, lastPx, tradeId, commission: '0', commissionAsset: 'USDT' }
    const execId = this.#report(order, 'TRADE', what)
    order.fills.push({ tradeId, execId, qty: lastQty, px: lastPx })
    if (this.#scheduler.chance(0.05))
      this.#scheduler.after(this.#scheduler.between(10, 9_000), () => this.#bust(order))
  }

  /** Busts the last fill: a filled order works again, an ended one stays ended. */
  #bust(order: Booked): void {
    const fill = this.#isClosed ? undefined : order.fills.pop()
    if (fill === undefined) return
    const { tradeId, execId: execRefId, qty, px } = fill
    order.cumQty = decimal.subtract(order.cumQty, qty)
    order.cost = decimal.subtract(order.cost, decimal.multiply(qty, px))
    const wasFilled = order.ordStatus === 'FILLED'
    this.#rest(order)
    this.#report(order, 'TRADE_CANCEL', { tradeId, execRefId })
    if (wasFilled && WORKING.includes(order.ordStatus)) this.#live(order)
  }

  /** Puts an order that has not ended into its place in the books. */
  #rest(order: Booked): void {
    const { endedAs, cumQty, orderQty } = order
    if (decimal.compare(cumQty, orderQty) >= 0) order.ordStatus = 'FILLED'
    else order.ordStatus = endedAs ?? (decimal.isPositive(cumQty) ? 'PARTIALLY_FILLED' : 'NEW')
  }

  #report(
    order: Booked,
    execType: ExecutionReport['execType'],
    detail: Partial<ExecutionReport>,
    completes?: string,
  ): string {
    const report: ExecutionReport = {
      ...this.status(order),
      execType,
      execId: `x${this.#execId++}`,
      ...detail,
    }
    const position = this.stream.length + 1
    this.stream.push({ position, actor: order.actor, report, ...(completes !== undefined && { completes }) })
    return report.execId
  }
}

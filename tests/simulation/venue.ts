import * as decimal from '../../machines/decimal.ts'
import type {
  CancelOrder,
  ExecutionReport,
  OrderCancelReject,
  OrdStatus,
  PlaceOrder,
} from '../../machines/events/order.ts'
import type { Scheduler } from './scheduler.ts'

interface Booked {
  readonly clOrdId: string
  readonly actor: string
  readonly terms: PlaceOrder
  readonly orderId: string
  ordStatus: OrdStatus
  cumQty: string
  cost: string
}

export interface StreamedReport {
  readonly position: number
  readonly actor: string
  readonly report: ExecutionReport | OrderCancelReject
  readonly settles?: string
}

const WORKING: readonly OrdStatus[] = ['NEW', 'PARTIALLY_FILLED']

/**
 * An exchange of its own: whatever becomes of the runner, its books stand. It fills, refuses, cancels and expires when it
 * likes. A request that it gets twice under one id it takes once.
 */
export class SimulatedVenue {
  readonly stream: StreamedReport[] = []
  readonly orders = new Map<string, Booked>()
  /** Requests that came, by ClOrdID: how often. */
  readonly requests = new Map<string, number>()
  readonly #scheduler: Scheduler
  #execId = 1

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  place(intent: string, actor: string, terms: PlaceOrder): void {
    const { clOrdId } = terms
    if (this.#seenBefore(clOrdId)) return
    const order: Booked = {
      clOrdId,
      actor,
      terms,
      orderId: `v${this.orders.size + 1}`,
      ordStatus: 'NEW',
      cumQty: decimal.ZERO,
      cost: decimal.ZERO,
    }
    this.orders.set(clOrdId, order)
    const s = this.#scheduler
    if (s.chance(0.1)) {
      order.ordStatus = 'REJECTED'
      this.#report(order, 'REJECTED', { text: 'not today' }, intent)
      return
    }
    // A fill may be told before the order is.
    if (s.chance(0.1)) {
      this.#fill(order)
      this.#report(order, 'NEW', {}, intent)
    } else this.#report(order, 'NEW', {}, intent)
    this.#live(order)
  }

  cancel(intent: string, { clOrdId, origClOrdId }: CancelOrder, actor: string): void {
    if (this.#seenBefore(clOrdId)) return
    const order = this.orders.get(origClOrdId)
    if (order !== undefined && WORKING.includes(order.ordStatus)) {
      order.ordStatus = 'CANCELED'
      this.#report(order, 'CANCELED', {}, intent)
      // A fill that had happened before reaches the stream after the cancel.
      if (this.#scheduler.chance(0.2)) this.#fill(order)
      return
    }
    const report = {
      type: 'ORDER_CANCEL_REJECT' as const,
      at: this.#scheduler.now,
      clOrdId,
      origClOrdId,
      text: 'too late',
    }
    this.stream.push({ position: this.stream.length + 1, actor, report, settles: intent })
  }

  /** Ends what is still working, so that a world can come to rest. */
  closeAll(): void {
    for (const order of this.orders.values()) {
      if (!WORKING.includes(order.ordStatus)) continue
      order.ordStatus = 'EXPIRED'
      this.#report(order, 'EXPIRED', {})
    }
  }

  status({ clOrdId, orderId, terms, ordStatus, cumQty, cost }: Booked): ExecutionReport {
    const out = !WORKING.includes(ordStatus)
    return {
      type: 'EXECUTION_REPORT',
      at: this.#scheduler.now,
      execType: 'ORDER_STATUS',
      ordStatus,
      clOrdId,
      orderId,
      execId: `s${this.#execId++}`,
      symbol: terms.symbol,
      side: terms.side,
      orderQty: terms.orderQty,
      cumQty,
      leavesQty: out ? decimal.ZERO : decimal.subtract(terms.orderQty, cumQty),
      avgPx: decimal.isZero(cumQty) ? decimal.ZERO : decimal.divide(cost, cumQty),
    }
  }

  #seenBefore(id: string): boolean {
    const times = this.requests.get(id) ?? 0
    this.requests.set(id, times + 1)
    return times > 0
  }

  /** What happens to a working order from here on. */
  #live(order: Booked): void {
    this.#scheduler.after(this.#scheduler.between(5, 4_000), () => {
      if (!WORKING.includes(order.ordStatus)) return
      if (this.#scheduler.chance(0.08)) {
        order.ordStatus = 'EXPIRED'
        this.#report(order, 'EXPIRED', {})
        return
      }
      if (this.#scheduler.chance(0.7)) this.#fill(order)
      this.#live(order)
    })
  }

  #fill(order: Booked): void {
    const left = decimal.subtract(order.terms.orderQty, order.cumQty)
    if (!decimal.isPositive(left)) return
    const whole = this.#scheduler.chance(0.4)
    const half = decimal.divide(left, '2')
    const lastQty = whole || decimal.compare(half, '0.000001') < 0 ? left : half
    const lastPx = String(Math.round(this.#scheduler.between(9_000, 11_000)) / 100)
    order.cumQty = decimal.add(order.cumQty, lastQty)
    order.cost = decimal.add(order.cost, decimal.multiply(lastQty, lastPx))
    const full = decimal.compare(order.cumQty, order.terms.orderQty) === 0
    if (full) order.ordStatus = 'FILLED'
    else if (WORKING.includes(order.ordStatus)) order.ordStatus = 'PARTIALLY_FILLED'
    this.#report(order, 'TRADE', {
      lastQty,
      lastPx,
      tradeId: `t${this.#execId}`,
      commission: '0',
      commissionAsset: 'USDT',
    })
  }

  #report(
    order: Booked,
    execType: ExecutionReport['execType'],
    detail: Partial<ExecutionReport>,
    settles?: string,
  ): void {
    const report: ExecutionReport = {
      ...this.status(order),
      execType,
      execId: `x${this.#execId++}`,
      ...detail,
    }
    const position = this.stream.length + 1
    this.stream.push({ position, actor: order.actor, report, ...(settles !== undefined && { settles }) })
  }
}

/** What an order knows of itself, and what follows from it: its one FIX status, its average price, its reports. */
import * as decimal from './decimal.ts'
import type { Submit } from './events/commands.ts'
import type { ExecutionReport, OrdStatus } from './events/order.ts'

/** An order is brought into being by its SUBMIT, and knows from the start what it is to be. */
export interface OrderInput {
  readonly id: string
  readonly terms: Omit<Submit, 'type' | 'at'>
}

export interface OrderContext extends OrderInput {
  readonly cumQty: string
  readonly leavesQty: string
  /** Sum of price times quantity over the fills: AvgPx is this by CumQty. */
  readonly cumCost: string
  /** ClOrdID that the venue knows it by. */
  readonly clOrdId: string
  /** Requests made so far: the next one's ClOrdID ends in the number after it. */
  readonly requests: number
  /** The venue's own id, known from the first report on: until then the venue may or may not have it. */
  readonly orderId?: string
  /** Fills that were counted: one that is reported twice counts once. */
  readonly fillIds: readonly string[]
  /** Set once it is out: nothing of it is left to be filled. */
  readonly endedAs?: OrdStatus
  /** Why it ended without being filled, if it did. */
  readonly text?: string
}

/** OrdStatus of each execution state, PendingCancel aside, which goes before those that are still working (FIX D). */
const ORD_STATUS: Record<string, OrdStatus> = {
  initialized: 'PENDING_NEW',
  submitted: 'PENDING_NEW',
  accepted: 'NEW',
  triggered: 'NEW',
  partiallyFilled: 'PARTIALLY_FILLED',
  filled: 'FILLED',
  canceled: 'CANCELED',
  expired: 'EXPIRED',
  rejected: 'REJECTED',
}

/** FIX's one status of an order in its two regions, by precedence. */
export function ordStatusOf(value: { execution: string; request: string }): OrdStatus {
  const status = ORD_STATUS[value.execution] as OrdStatus
  const working = ['PENDING_NEW', 'NEW', 'PARTIALLY_FILLED'].includes(status)
  return working && value.request === 'pendingCancel' ? 'PENDING_CANCEL' : status
}

/** The same of an order that its venue has, from what it knows: `pendingCancel` when a cancel is under way. */
export function statusAfter({ endedAs, cumQty }: OrderContext, pendingCancel: boolean): OrdStatus {
  if (endedAs !== undefined) return endedAs
  if (pendingCancel) return 'PENDING_CANCEL'
  return decimal.isZero(cumQty) ? 'NEW' : 'PARTIALLY_FILLED'
}

export function avgPx({ cumCost, cumQty }: Pick<OrderContext, 'cumCost' | 'cumQty'>): string {
  return decimal.isZero(cumQty) ? decimal.ZERO : decimal.divide(cumCost, cumQty)
}

/** What tells fills of one order apart. Some venues report one trade on two streams, each with an ExecID of its own. */
export function fillId({ tradeId, execId }: ExecutionReport): string {
  return tradeId ?? execId
}

/** True when this fill leaves nothing of the order; a venue that fills more than was ordered leaves nothing, too. */
export function completes(
  { cumQty, terms }: OrderContext,
  { lastQty = decimal.ZERO }: ExecutionReport,
): boolean {
  return decimal.compare(decimal.add(cumQty, lastQty), terms.orderQty) >= 0
}

/** The order with one fill more. One that is out has nothing left to be filled, though a late fill may still come. */
export function withFill(context: OrderContext, report: ExecutionReport) {
  const { lastQty = decimal.ZERO, lastPx = decimal.ZERO, orderId } = report
  const out = context.endedAs !== undefined || completes(context, report)
  return {
    orderId,
    cumQty: decimal.add(context.cumQty, lastQty),
    cumCost: decimal.add(context.cumCost, decimal.multiply(lastQty, lastPx)),
    leavesQty: out ? decimal.ZERO : decimal.subtract(context.leavesQty, lastQty),
    fillIds: [...context.fillIds, fillId(report)],
  }
}

/** What every report of an order says. */
export function facts(context: OrderContext, at: number, ordStatus: OrdStatus) {
  const { venue, symbol, side, orderQty } = context.terms
  const { id, cumQty, leavesQty } = context
  return {
    at,
    venue,
    symbol,
    order: `order/${id}`,
    side,
    orderQty,
    cumQty,
    leavesQty,
    avgPx: avgPx(context),
    ordStatus,
  }
}

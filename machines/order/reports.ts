/** What an order tells others of what its venue reported. Pure. */
import * as decimal from '../decimal.ts'
import type { Fill, FillBust, OrderClosed, OrderUpdate } from '../events/commands.ts'
import type { DomainEvents } from '../events/domain.ts'
import type { ExecType, ExecutionReport } from '../events/order.ts'
import { avgPx, type CountedFill, type facts, type OrderContext, ordStatusOf } from './context.ts'
import type { ExecutionState, Outcome } from './execution.ts'
import { isConditional } from './terms.ts'

/** Events of those reports that are about the order as a whole. */
const PLAIN = {
  NEW: 'ORDER_ACCEPTED',
  TRIGGERED: 'ORDER_TRIGGERED',
  CANCELED: 'ORDER_CANCELLED',
  REJECTED: 'ORDER_REJECTED',
  EXPIRED: 'ORDER_EXPIRED',
  DONE_FOR_DAY: 'ORDER_DONE_FOR_DAY',
  STOPPED: 'ORDER_STOPPED',
  SUSPENDED: 'ORDER_SUSPENDED',
} as const
type Plain = keyof typeof PLAIN

const BY_STATE: Partial<Record<ExecutionState, Plain>> = {
  accepted: 'NEW',
  triggered: 'TRIGGERED',
  canceled: 'CANCELED',
  rejected: 'REJECTED',
  expired: 'EXPIRED',
  doneForDay: 'DONE_FOR_DAY',
  stopped: 'STOPPED',
  suspended: 'SUSPENDED',
}

export type OrderReport = DomainEvents<
  | (typeof PLAIN)[Plain]
  | 'ORDER_REPLACED'
  | 'ORDER_FILLED'
  | 'ORDER_PARTIAL_FILL'
  | 'ORDER_TRADE_BUSTED'
  | 'ORDER_TRADE_CORRECTED'
>

/** The event for the feed; undefined where the report is of no interest beyond the order. */
export function orderReport(
  { execType, text }: ExecutionReport,
  { state, counted, busted }: Outcome,
  of: ReturnType<typeof facts>,
  { price, stopPx }: OrderContext['terms'],
): OrderReport | undefined {
  if (counted !== undefined && busted !== undefined) {
    return { type: 'ORDER_TRADE_CORRECTED', ...of, ...tradeOf(counted) }
  }
  if (busted !== undefined) return { type: 'ORDER_TRADE_BUSTED', ...of, ...tradeOf(busted) }
  if (counted !== undefined) {
    return { type: state === 'filled' ? 'ORDER_FILLED' : 'ORDER_PARTIAL_FILL', ...of, ...tradeOf(counted) }
  }
  if (execType === 'TRADE') return undefined
  if (execType === 'REPLACED' || execType === 'RESTATED') {
    return { type: 'ORDER_REPLACED', ...of, ...(price && { price }), ...(stopPx && { stopPx }) }
  }
  const plain = BY_STATE[state]
  // What the order is already, or what goes before what was reported, is no news.
  if (plain === undefined || (isPlain(execType) && execType !== plain)) return undefined
  return { type: PLAIN[plain], ...of, ...(text !== undefined && { text }) }
}

function isPlain(execType: ExecType): execType is Plain {
  return execType in PLAIN
}

export function tradeOf({ id, lastQty, lastPx }: CountedFill) {
  return { tradeId: id, lastQty, lastPx }
}

/** For those who keep books that a fill changes. */
export function fillFor(order: OrderContext, type: 'FILL', fill: CountedFill, at: number): Fill
export function fillFor(order: OrderContext, type: 'FILL_BUST', fill: CountedFill, at: number): FillBust
export function fillFor(
  { id, terms: { venue, symbol, positionSide, side, ordType } }: OrderContext,
  type: 'FILL' | 'FILL_BUST',
  { id: tradeId, lastQty, lastPx, commission, commissionAsset }: CountedFill,
  at: number,
): Fill | FillBust {
  const what = { lastQty, lastPx, commission, commissionAsset }
  const of = { venue, symbol, ...(positionSide && { positionSide }), side, ordType }
  return { type, at, order: `order/${id}`, tradeId, ...of, ...what }
}

export function closedReport(order: OrderContext, at: number): OrderClosed {
  const { id, cumQty, ordStatus } = order
  return { type: 'ORDER_CLOSED', at, order: `order/${id}`, ordStatus, cumQty, avgPx: avgPx(order) }
}

/** For those who watch the order. */
export function updateOf(order: OrderContext, at: number): OrderUpdate {
  const { id, cumQty, leavesQty, orderId, ordRejReason, text } = order
  // What is being filled was triggered, should nothing else ever say so.
  const isTriggered = order.isTriggered || (isConditional(order.terms) && decimal.isPositive(cumQty))
  const {
    venue: _venue,
    account: _account,
    owner: _owner,
    watchers: _watchers,
    overfill: _overfill,
    ...terms
  } = order.terms
  return {
    type: 'ORDER_UPDATE',
    at,
    order: `order/${id}`,
    ...terms,
    ordStatus: ordStatusOf(order),
    cumQty,
    leavesQty,
    avgPx: avgPx(order),
    isAcknowledged: orderId !== undefined,
    isTriggered,
    ...(ordRejReason && { ordRejReason }),
    ...(text && { text }),
  }
}

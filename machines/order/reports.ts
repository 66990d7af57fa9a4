/** The events that an order sends and emits after a report of its venue. Pure. */

import { compact } from '../../errors/compact.ts'
import type { DomainEvents } from '../domain.ts'
import type { Fill, FillBust, FillCorrected, OrderClosed, OrderUpdate } from '../events/fill.ts'
import type { ExecutionReport } from '../events/order.ts'
import { ownOrderAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { avgPx, type CountedFill, type facts, type OrderContext, ordStatusOf } from './context.ts'
import type { ExecutionState, Outcome } from './execution.ts'
import { isConditional } from './terms.ts'

/** The events of states that need no further facts. */
const BY_STATE = {
  accepted: 'ORDER_ACCEPTED',
  triggered: 'ORDER_TRIGGERED',
  canceled: 'ORDER_CANCELLED',
  rejected: 'ORDER_REJECTED',
  expired: 'ORDER_EXPIRED',
  doneForDay: 'ORDER_DONE_FOR_DAY',
  stopped: 'ORDER_STOPPED',
  suspended: 'ORDER_SUSPENDED',
} as const satisfies Partial<Record<ExecutionState, string>>

export type OrderReport = DomainEvents<
  | (typeof BY_STATE)[keyof typeof BY_STATE]
  | 'ORDER_REPLACED'
  | 'ORDER_FILLED'
  | 'ORDER_PARTIAL_FILL'
  | 'ORDER_TRADE_BUSTED'
  | 'ORDER_TRADE_CORRECTED'
>

/** Returns the event for the feed; undefined if the report concerns nobody but the order. */
export function orderReport(
  { execType, text }: ExecutionReport,
  { state, counted, busted }: Outcome,
  from: ExecutionState,
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
  if (execType === 'REPLACED' || execType === 'RESTATED') {
    return { type: 'ORDER_REPLACED', ...of, ...compact({ price, stopPx }) }
  }
  // What the order is already is no news, nor is what goes before what was reported.
  if (state === from || !(state in BY_STATE)) return undefined
  const type = BY_STATE[state as keyof typeof BY_STATE]
  return { type, ...of, ...compact({ text }) }
}

export function tradeOf({ id: tradeId, lastQty, lastPx, commission, commissionAsset }: CountedFill) {
  return { tradeId, lastQty, lastPx, commission, commissionAsset }
}

/** Returns the terms and the venue of an order, without the actors that it belongs to and what it is called. */
export function termsOf({ terms }: OrderContext) {
  const {
    account: _account,
    owner: _owner,
    list: _list,
    watchers: _watchers,
    overfill: _overfill,
    instrument: _instrument,
    strategy: _strategy,
    leverage: _leverage,
    ...what
  } = terms
  return what
}

/** Returns the fill, bust or correction for the actors whose books it changes; undefined if there is none. */
export function dealReport(
  { id, cause, terms }: OrderContext,
  { counted, busted }: Outcome,
  { at, transactAt, stopPx = terms.stopPx }: ExecutionReport,
): Fill | FillBust | FillCorrected | undefined {
  const fill = counted ?? busted
  if (fill === undefined) return undefined
  const { list, venue, symbol, positionSide, side, ordType, instrument, strategy, leverage } = terms
  const about = compact({
    transactAt,
    order: ownOrderAddress(id),
    cause,
    list,
    tradeId: fill.id,
    venue,
    symbol,
    positionSide,
    side,
    ordType,
    stopPx,
    instrument,
    strategy,
    leverage,
  })
  const of = { at, ...about, ...dealOf(fill) }
  if (counted === undefined) return { type: 'FILL_BUST', ...of }
  return busted === undefined
    ? { type: 'FILL', ...of }
    : { type: 'FILL_CORRECTED', ...of, was: dealOf(busted) }
}

function dealOf({ lastQty, lastPx, commission, commissionAsset }: CountedFill) {
  return { lastQty, lastPx, commission, commissionAsset }
}

export function closedReport(order: OrderContext, at: number): OrderClosed {
  const { id, cumQty, ordStatus } = order
  return { type: 'ORDER_CLOSED', at, order: ownOrderAddress(id), ordStatus, cumQty, avgPx: avgPx(order) }
}

/** Returns the update for the actors that watch the order. */
export function updateOf(order: OrderContext, at: number): OrderUpdate {
  const { id, cumQty, leavesQty, venueOrderId, ordRejReason, text } = order
  // What is being filled was triggered, should nothing else ever say so.
  const isTriggered = order.isTriggered || (isConditional(order.terms) && decimal.isPositive(cumQty))
  const { owner } = order.terms
  const { venue: _venue, ...terms } = termsOf(order)
  return {
    type: 'ORDER_UPDATE',
    at,
    order: ownOrderAddress(id),
    ...compact({ owner }),
    ...terms,
    ordStatus: ordStatusOf(order),
    cumQty,
    leavesQty,
    avgPx: avgPx(order),
    isAcknowledged: venueOrderId !== undefined,
    isTriggered,
    ...compact({ ordRejReason, text: text || undefined }),
  }
}

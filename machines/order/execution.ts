/** What a venue's report makes of an order: its state, its books and its one FIX status. Pure. */
import * as decimal from '../decimal.ts'
import type {
  ExecType,
  ExecutionReport,
  OrderCancelReject,
  OrderUnknown,
  OrdStatus,
} from '../events/order.ts'
import type { CountedFill, OrderContext } from './context.ts'
import { isConditional } from './terms.ts'

export type ExecutionState =
  | 'initialized'
  | 'denied'
  | 'submitted'
  | 'accepted'
  | 'triggered'
  | 'partiallyFilled'
  | 'filled'
  | 'canceled'
  | 'expired'
  | 'rejected'
  | 'doneForDay'
  | 'stopped'
  | 'suspended'

export const ORD_STATUS: Record<ExecutionState, OrdStatus> = {
  initialized: 'PENDING_NEW',
  denied: 'REJECTED',
  submitted: 'PENDING_NEW',
  accepted: 'NEW',
  triggered: 'NEW',
  partiallyFilled: 'PARTIALLY_FILLED',
  filled: 'FILLED',
  canceled: 'CANCELED',
  expired: 'EXPIRED',
  rejected: 'REJECTED',
  doneForDay: 'DONE_FOR_DAY',
  stopped: 'STOPPED',
  suspended: 'SUSPENDED',
}

/** Nothing of the order is left to be filled. */
const OUT: readonly ExecutionState[] = ['denied', 'filled', 'canceled', 'expired', 'rejected', 'doneForDay']

export function isOut(state: ExecutionState): boolean {
  return OUT.includes(state)
}

export function hasEnded({ ordStatus }: Pick<OrderContext, 'ordStatus'>): boolean {
  return OUT.some((state) => ORD_STATUS[state] === ordStatus)
}

/** The state that each of these reports puts an order into that is not out. */
const ENDS: Partial<Record<ExecType, NonNullable<OrderContext['endedAs']>>> = {
  CANCELED: 'canceled',
  EXPIRED: 'expired',
  REJECTED: 'rejected',
  DONE_FOR_DAY: 'doneForDay',
}
const HALTS: Partial<Record<ExecType, ExecutionState>> = { STOPPED: 'stopped', SUSPENDED: 'suspended' }

export interface Outcome {
  readonly state: ExecutionState
  readonly changes: Partial<OrderContext>
  /** A fill that counts from now on, and one that no longer does; a correction is both. */
  readonly counted?: CountedFill
  readonly busted?: CountedFill
  /** A fill beyond what was ordered, whether it counts or not. */
  readonly overfill?: CountedFill
}

/** undefined when the report says nothing new: seen before, overtaken, or about nothing that the order knows. */
export function outcomeOf(
  order: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  // A fill under the id of a replace says that the venue has accepted that, should nothing else ever say so.
  const isLater = requestNumber(report.clOrdId) > requestNumber(order.clOrdId)
  if (report.execType !== 'TRADE' || !isLater || !isReplacement(order, report))
    return reported(order, state, report)
  const replaced = { terms: termsAfter(order, report), clOrdId: report.clOrdId }
  const outcome = reported({ ...order, ...replaced }, state, report)
  return outcome && { ...outcome, changes: { ...replaced, ...outcome.changes } }
}

function reported(
  context: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  const { execType, orderId } = report
  const known = { orderId }
  const end = ENDS[execType]
  if (end !== undefined) {
    // A venue refuses what is sent again as it has the order already: it is not the order that is refused (FIX F.1.b).
    if (context.endedAs !== null || report.ordRejReason === 'DUPLICATE_ORDER') return undefined
    return become(context, state, { ...known, ...textOf(report), endedAs: end })
  }
  const halt = HALTS[execType]
  if (halt !== undefined) return isOut(state) ? undefined : { state: halt, changes: known }
  switch (execType) {
    case 'TRADE':
      return withFill(context, state, report)
    case 'TRADE_CANCEL':
    case 'TRADE_CORRECT':
      return withoutFill(context, state, report)
    case 'NEW':
      return accepted(context, state, report)
    case 'TRIGGERED':
      return triggered(context, state, report)
    case 'REPLACED':
    case 'RESTATED':
      return restated(context, state, report)
    case 'ORDER_STATUS':
      return told(context, state, report)
    case 'PENDING_CANCEL':
    case 'PENDING_REPLACE':
      // It has reached the venue, whether or not its acknowledgement was seen.
      return state === 'submitted' ? become(context, 'accepted', known) : undefined
    default:
      return undefined
  }
}

/** The order with some of it changed, and the state that this puts it into. */
function become(context: OrderContext, was: ExecutionState, changes: Partial<OrderContext>): Outcome {
  const after = { ...context, ...changes }
  const state = standing(after, was)
  const left = decimal.subtract(after.terms.orderQty, after.cumQty)
  return { state, changes: { ...changes, leavesQty: isOut(state) ? decimal.ZERO : left } }
}

/** By precedence: filled goes before any end, an end before a halt, that before what its fills say (FIX D). */
function standing({ cumQty, terms, endedAs }: OrderContext, was: ExecutionState): ExecutionState {
  const isFilling = decimal.isPositive(cumQty)
  // An order to close whatever is held is for a quantity of zero until it is triggered: that is not filled.
  if (isFilling && decimal.compare(cumQty, terms.orderQty) >= 0) return 'filled'
  if (endedAs !== null) return endedAs
  if (was === 'stopped' || was === 'suspended') return was
  if (isFilling) return 'partiallyFilled'
  return was === 'triggered' ? 'triggered' : 'accepted'
}

function textOf({ text, ordRejReason }: ExecutionReport): Pick<OrderContext, 'text' | 'ordRejReason'> {
  return { ...(text !== undefined && { text }), ...(ordRejReason && { ordRejReason }) }
}

function accepted(
  context: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  const news = { orderId: report.orderId, isAcknowledged: true }
  if (!context.isAcknowledged) return become(context, state, news)
  // Reinstated after a halt (FIX K.1.a).
  if (state === 'suspended') return become(context, 'accepted', news)
  return state === 'expired' ? triggered(context, state, report) : undefined
}

function triggered(
  context: OrderContext,
  state: ExecutionState,
  { orderId, orderQty }: ExecutionReport,
): Outcome | undefined {
  // Some venues let a stop expire when its price is reached, and carry on with it under the same id.
  const isReborn = state === 'expired' && isConditional(context.terms)
  if (isOut(state) ? !isReborn : state === 'partiallyFilled') return undefined
  const isSized = !decimal.isZero(context.terms.orderQty)
  const terms = isSized ? context.terms : { ...context.terms, orderQty }
  return become(context, 'triggered', { orderId, terms, endedAs: null, isTriggered: true })
}

/** What tells fills of one order apart. Some venues report one trade on two streams, each with an ExecID of its own. */
export function fillId({ tradeId, execId }: ExecutionReport): string {
  return tradeId ?? execId
}

function fillOf(report: ExecutionReport, id: string): CountedFill {
  const { execId, lastQty = decimal.ZERO, lastPx = decimal.ZERO } = report
  const { commission = decimal.ZERO, commissionAsset = '' } = report
  return { id, execId, lastQty, lastPx, commission, commissionAsset }
}

function withFill(
  context: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  const fill = fillOf(report, fillId(report))
  if (context.fills[fill.id] !== undefined) return undefined
  const { terms, cumQty } = context
  const isOver =
    !decimal.isZero(terms.orderQty) && decimal.compare(decimal.add(cumQty, fill.lastQty), terms.orderQty) > 0
  const overfill = isOver && { overfill: fill }
  if (isOver && terms.overfill === 'reject') {
    // It has its place, and counts as nothing.
    const refused = { ...fill, lastQty: decimal.ZERO, commission: decimal.ZERO }
    const fills = { ...context.fills, [fill.id]: refused }
    return { ...become(context, state, { orderId: report.orderId, fills }), ...overfill }
  }
  const books = booked(context, fill, undefined)
  return { ...become(context, state, { orderId: report.orderId, ...books }), counted: fill, ...overfill }
}

/** A bust takes a fill back, a correction puts another in its place (FIX J). */
function withoutFill(
  context: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  const { tradeId, execRefId, execId, execType, lastQty, lastPx } = report
  const busted = Object.values(context.fills).find((fill) => fill.id === tradeId || fill.execId === execRefId)
  if (busted !== undefined && (decimal.isZero(busted.lastQty) || busted.execId === execId)) return undefined
  // It may come before the fill that it is about: that has its place taken then, and counts as nothing when it comes.
  const was = busted ?? fillOf(report, tradeId ?? execRefId ?? execId)
  const gone = { ...was, execId, lastQty: decimal.ZERO, commission: decimal.ZERO }
  const isBust = execType === 'TRADE_CANCEL'
  const fill = isBust
    ? gone
    : { ...was, execId, lastQty: lastQty ?? was.lastQty, lastPx: lastPx ?? was.lastPx }
  const outcome = become(context, state, booked(context, fill, busted))
  return { ...outcome, ...(busted && { busted }), ...(!isBust && { counted: fill }) }
}

/** The books with the fill in place of what was counted for it before. */
function booked(
  { fills, cumQty, cumCost }: OrderContext,
  fill: CountedFill,
  instead: CountedFill | undefined,
) {
  const quantity = decimal.subtract(fill.lastQty, instead?.lastQty ?? decimal.ZERO)
  const cost = decimal.subtract(costOf(fill), instead === undefined ? decimal.ZERO : costOf(instead))
  return {
    fills: { ...fills, [fill.id]: fill },
    cumQty: decimal.add(cumQty, quantity),
    cumCost: decimal.add(cumCost, cost),
  }
}

function costOf({ lastQty, lastPx }: CountedFill): string {
  return decimal.multiply(lastQty, lastPx)
}

/** Other terms: because they were asked for, or on the venue's own account (a split, a new day: FIX H). */
function restated(
  context: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  const { orderId, clOrdId, cumQty } = report
  const terms = termsAfter(context, report)
  if (report.execType === 'REPLACED') {
    // One that a later one has replaced already.
    if (requestNumber(clOrdId) < requestNumber(context.clOrdId)) return undefined
    return become(context, state, { terms, orderId, clOrdId })
  }
  const endedAs = context.endedAs === 'doneForDay' ? null : context.endedAs
  // A split changes what was filled, too; what it cost stays.
  return become(context, 'accepted', { terms, orderId, cumQty, endedAs })
}

function termsAfter(
  { terms }: OrderContext,
  { orderQty, price, stopPx }: ExecutionReport,
): OrderContext['terms'] {
  return { ...terms, orderQty, ...(price && { price }), ...(stopPx && { stopPx }) }
}

/** The place of a request among those of its order: see OrderContext.clOrdId. */
function requestNumber(clOrdId: string): number {
  return Number(clOrdId.split('/')[1] ?? 1)
}

/**
 * An answer to a status request says where the venue's books are. Fills come as reports of their own, so an end is
 * believed once all fills before it have been counted.
 */
function told(context: OrderContext, state: ExecutionState, report: ExecutionReport): Outcome | undefined {
  const { ordStatus, orderId, cumQty } = report
  if (isReplacement(context, report)) return restated(context, state, { ...report, execType: 'REPLACED' })
  if (isOut(state)) return undefined
  const end = ENDS[ordStatus as keyof typeof ENDS]
  if (end !== undefined) {
    const isWhole = decimal.compare(cumQty, context.cumQty) === 0
    return isWhole ? become(context, state, { orderId, ...textOf(report), endedAs: end }) : undefined
  }
  const isNews = state === 'submitted' && ordStatus !== 'PENDING_NEW'
  return isNews ? become(context, 'accepted', { orderId, isAcknowledged: true }) : undefined
}

/** What is still to be answered after an answer; the same array where it answers nothing. */
export function pendingAfter(
  { pending }: Pick<OrderContext, 'pending'>,
  event: ExecutionReport | OrderCancelReject | OrderUnknown | { readonly type: string },
): OrderContext['pending'] {
  if (pending.length === 0 || !isAnswer(event)) return pending
  // An order that has ended has nothing pending, except that one which is filled is still to be told so (FIX B.1.c).
  if (event.type === 'ORDER_UNKNOWN') return []
  if (event.type === 'EXECUTION_REPORT' && ENDS[event.execType] !== undefined) return []
  const isReplaced = event.type === 'EXECUTION_REPORT' && event.execType === 'REPLACED'
  const isTold = event.type === 'EXECUTION_REPORT' && isReplacement({ pending }, event)
  if (!isReplaced && !isTold && event.type !== 'ORDER_CANCEL_REJECT') return pending
  const left = pending.filter(({ clOrdId }) => clOrdId !== event.clOrdId)
  return left.length === pending.length ? pending : left
}

/** The venue knows the order by the id of a replace: so it has accepted that. */
function isReplacement({ pending }: Pick<OrderContext, 'pending'>, report: ExecutionReport): boolean {
  const { execType, clOrdId } = report
  return (
    (execType === 'ORDER_STATUS' || execType === 'TRADE') &&
    pending.some((asked) => asked.kind === 'replace' && asked.clOrdId === clOrdId)
  )
}

function isAnswer(event: {
  readonly type: string
}): event is ExecutionReport | OrderCancelReject | OrderUnknown {
  return ['EXECUTION_REPORT', 'ORDER_CANCEL_REJECT', 'ORDER_UNKNOWN'].includes(event.type)
}

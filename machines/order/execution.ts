/** The outcome of a venue's report for an order: its state, its books and its one FIX status. Pure. */

import { compact } from '../../errors/compact.ts'
import type { ExecType, ExecutionReport, OrdStatus } from '../events/order.ts'
import * as decimal from '../model/decimal.ts'
import { ownOf } from '../model/own.ts'
import type { CountedFill, OrderContext, PendingRequest } from './context.ts'
import { isConditional } from './terms.ts'
import { isDeal, type OtherTerms, otherTerms, withPrices } from './told.ts'

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

/** The states in which nothing of the order is left to fill. */
const OUT: readonly ExecutionState[] = ['denied', 'filled', 'canceled', 'expired', 'rejected', 'doneForDay']

export function isOut(state: ExecutionState): boolean {
  return OUT.includes(state)
}

/** Returns whether nothing of the order is left to fill, at least for today. */
export function hasEnded({ ordStatus }: Pick<OrderContext, 'ordStatus'>): boolean {
  return OUT.some((state) => ORD_STATUS[state] === ordStatus)
}

/** The state that each of these reports puts an order into, if the order has not ended. */
const ENDS: Partial<Record<ExecType, NonNullable<OrderContext['endedAs']>>> = {
  CANCELED: 'canceled',
  EXPIRED: 'expired',
  REJECTED: 'rejected',
  DONE_FOR_DAY: 'doneForDay',
}
const HALTS: Partial<Record<ExecType, ExecutionState>> = { STOPPED: 'stopped', SUSPENDED: 'suspended' }

/** Time within which a venue answers, in ms. After it the order asks for its status. */
export const ANSWER_WITHIN_MS = 5_000

/** Statuses of an order for which its venue has no request pending. */
const WORKS_ON: readonly OrdStatus[] = ['NEW', 'PARTIALLY_FILLED', 'STOPPED', 'SUSPENDED', 'DONE_FOR_DAY']

export interface Outcome {
  readonly state: ExecutionState
  readonly changes: Partial<OrderContext>
  /** The fill that counts from now on, and the fill that no longer counts. A correction has both. */
  readonly counted?: CountedFill
  readonly busted?: CountedFill
  /** A fill beyond the ordered quantity, whether it counts or not. */
  readonly overfill?: CountedFill
  /** Requests that the venue has refused, because it works on without them. */
  readonly refused?: readonly PendingRequest[]
  /** The report is of another order with the same id, and changes nothing of this one. */
  readonly isForeign?: boolean
  /** Terms that the venue has and nobody has asked for. */
  readonly differs?: OtherTerms
}

/** The number of venue's ids of other orders that are remembered. */
const FOREIGN_MAX = 10

/**
 * Returns whether a report is of another order. Its symbol or its side differs, or its first acceptance has a quantity that was
 * never asked for, or an earlier report has shown that its venue's id is another order's. A venue may change a quantity later,
 * and the report of that may come before all others (FIX E.1.c, H).
 */
function isOfAnother(
  { terms, pending, venueOrderId, foreign = [] }: OrderContext,
  report: ExecutionReport,
): boolean {
  if (report.symbol !== terms.symbol || report.side !== terms.side) return true
  if (foreign.includes(report.venueOrderId)) return true
  // An order to close whatever is held is for a quantity of zero, and then for what was held.
  if (venueOrderId !== undefined || report.execType !== 'NEW' || decimal.isZero(terms.orderQty)) return false
  const asked = [
    terms.orderQty,
    ...pending.flatMap(({ orderQty }) => (orderQty === undefined ? [] : [orderQty])),
  ]
  return !asked.some((quantity) => decimal.compare(quantity, report.orderQty) === 0)
}

/** Returns the outcome of a report of another order, which is only remembered; undefined for a report of this order. */
export function foreignTo(
  order: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  if (!isOfAnother(order, report)) return undefined
  const { foreign = [], venueOrderId } = order
  const isKnown = report.venueOrderId === venueOrderId || foreign.includes(report.venueOrderId)
  const changes = isKnown ? {} : { foreign: [...foreign.slice(1 - FOREIGN_MAX), report.venueOrderId] }
  return { state, changes, isForeign: true }
}

/**
 * Returns the outcome of a report; undefined if it has no news: it was counted before, a later report has overtaken it, or it is
 * about nothing that the order knows. `isExact`: a trade without a quantity or a price is no fill, a fill that was told without its
 * commission is completed by the report that has it, and prices are held against those asked for.
 */
export function outcomeOf(
  order: OrderContext,
  from: ExecutionState,
  report: ExecutionReport,
  isExact = false,
): Outcome | undefined {
  const { execType, execId, clOrdId } = report
  const isAnswer = execType === 'ORDER_STATUS'
  const isStanding = isAnswer || (isExact && execType === 'TRADE' && !isDeal(report))
  if (!isAnswer && Object.hasOwn(order.execIds, execId)) return undefined
  const replaced = isReplacement(order, report) ? { terms: termsAfter(order, report), clOrdId } : {}
  const outcome = reported({ ...order, ...replaced }, from, report, isExact)
  if (outcome === undefined) return undefined
  const after = { ...order, ...replaced, ...outcome.changes }
  const { pending, refused } = answeredBy(order, report, after.endedAs)
  const said = isStanding || execType in ENDS ? report.cumQty : order.reportedQty
  const reportedQty = said !== undefined && decimal.compare(said, after.cumQty) !== 0 ? said : undefined
  const isNews = outcome.state !== from || pending !== order.pending || after.terms !== order.terms
  if (isAnswer && !isNews && reportedQty === order.reportedQty) return undefined
  const execIds = isAnswer ? order.execIds : { ...order.execIds, [execId]: null, ...outcome.changes.execIds }
  const changes = { ...replaced, ...outcome.changes, pending, execIds, reportedQty }
  return { ...outcome, changes, ...compact({ refused }) }
}

function reported(
  order: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
  isExact: boolean,
): Outcome | undefined {
  const { execType, venueOrderId } = report
  const known = { venueOrderId }
  const end = ENDS[execType]
  if (end !== undefined) {
    // A venue refuses what is sent again as it has the order already: it is not the order that is refused (FIX F.1.b).
    if (isOver(order) || order.endedAs === end || report.ordRejReason === 'DUPLICATE_ORDER') return undefined
    return become(order, state, { ...known, ...textOf(report), endedAs: end })
  }
  const halt = HALTS[execType]
  if (halt !== undefined) return isOut(state) ? undefined : { state: halt, changes: known }
  switch (execType) {
    case 'TRADE':
      if (!isExact) return withFill(order, state, report)
      return isDeal(report)
        ? (completed(order, state, report) ?? withFill(order, state, report))
        : statusReported(order, state, report)
    case 'TRADE_CANCEL':
    case 'TRADE_CORRECT':
      return withoutFill(order, state, report)
    case 'NEW':
      return isExact ? acceptedAs(order, state, report) : accepted(order, state, report)
    case 'TRIGGERED':
      return triggered(order, state, report)
    case 'REPLACED':
      // One that a later one has replaced already says nothing.
      if (requestNumber(report.clOrdId) < requestNumber(order.clOrdId)) return undefined
      return become(order, state, { ...known, terms: termsAfter(order, report), clOrdId: report.clOrdId })
    case 'RESTATED':
      return restated(order, state, report)
    case 'ORDER_STATUS':
      return statusReported(order, state, report)
    case 'PENDING_CANCEL':
    case 'PENDING_REPLACE':
      // It has reached the venue, whether or not its acknowledgement was seen.
      return state === 'submitted' ? become(order, 'accepted', known) : undefined
    default:
      return undefined
  }
}

/** Returns the changes of the order, and the state that they put it into. */
function become(context: OrderContext, was: ExecutionState, changes: Partial<OrderContext>): Outcome {
  const after = { ...context, ...changes }
  const state = standing(after, was)
  const left = decimal.subtract(after.terms.orderQty, after.cumQty)
  return { state, changes: { ...changes, leavesQty: isOut(state) ? decimal.ZERO : left } }
}

/**
 * Returns the state by precedence (FIX D): done for the day, then filled, then any other end, then the state by fills. A halt is
 * over when the order has ended (FIX K.1.b).
 */
function standing({ cumQty, terms, endedAs }: OrderContext, was: ExecutionState): ExecutionState {
  if (endedAs === 'doneForDay') return endedAs
  const isFilling = decimal.isPositive(cumQty)
  // An order to close whatever is held is for a quantity of zero until it is triggered: that is not filled.
  if (isFilling && decimal.compare(cumQty, terms.orderQty) >= 0) return 'filled'
  if (endedAs !== null) return endedAs
  if (was === 'stopped' || was === 'suspended') return was
  if (isFilling) return 'partiallyFilled'
  return was === 'triggered' ? 'triggered' : 'accepted'
}

function textOf({ text, ordRejReason }: ExecutionReport): Pick<OrderContext, 'text' | 'ordRejReason'> {
  return compact({ text, ordRejReason })
}

function accepted(
  context: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  const news = { venueOrderId: report.venueOrderId, isAcknowledged: true }
  if (!context.isAcknowledged) return become(context, state, news)
  // Reinstated after a halt (FIX K.1.a).
  if (state === 'suspended') return become(context, 'accepted', news)
  return state === 'expired' ? triggered(context, state, report) : undefined
}

/** Returns the outcome of an acceptance. The order goes on with the prices that its venue has, and those that differ are told. */
function acceptedAs(
  order: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  const differs = order.isAcknowledged ? undefined : otherTerms(order, report)
  if (differs === undefined) return accepted(order, state, report)
  const terms = withPrices(order.terms, differs)
  const outcome = accepted({ ...order, terms }, state, report)
  return outcome && { ...outcome, changes: { ...outcome.changes, terms }, differs }
}

function triggered(
  context: OrderContext,
  state: ExecutionState,
  { venueOrderId, orderQty }: ExecutionReport,
): Outcome | undefined {
  // Some venues let a stop expire when its price is reached, and carry on with it under the same id.
  const isReborn = state === 'expired' && isConditional(context.terms)
  if (isOut(state) ? !isReborn : state === 'partiallyFilled') return undefined
  const isSized = !decimal.isZero(context.terms.orderQty)
  const terms = isSized ? context.terms : { ...context.terms, orderQty }
  return become(context, 'triggered', { venueOrderId, terms, endedAs: null, isTriggered: true })
}

function withFill(order: OrderContext, state: ExecutionState, report: ExecutionReport): Outcome | undefined {
  const { tradeId, execId, venueOrderId } = report
  // Some venues report one trade on two streams, each with an ExecID of its own.
  const id = tradeId ?? execId
  const execIds = { [execId]: id }
  // A bust may have come before it, and knows it by its ExecID, perhaps: its place is taken then, and it counts as nothing.
  if (ownOf(order.fills, id) !== undefined) return become(order, state, { venueOrderId, execIds })
  if (ownOf(order.fills, execId) !== undefined)
    return become(order, state, { venueOrderId, execIds: { [execId]: execId } })
  const fill = { ...NO_FILL, id, ...dealIn(report) }
  const { terms, cumQty } = order
  const isExcess =
    !decimal.isZero(terms.orderQty) && decimal.compare(decimal.add(cumQty, fill.lastQty), terms.orderQty) > 0
  const overfill = isExcess && { overfill: fill }
  if (isExcess && terms.overfill === 'reject') {
    // It has its place, and counts as nothing.
    const fills = { ...order.fills, [id]: goneOf(fill) }
    return { ...become(order, state, { venueOrderId, fills, execIds }), ...overfill }
  }
  const books = booked(order, fill, undefined)
  return { ...become(order, state, { venueOrderId, execIds, ...books }), counted: fill, ...overfill }
}

/**
 * Returns the outcome of a report that completes a fill; undefined where it is of none. Some venues tell a trade in haste, without its
 * commission, and then again with all of it: that is what counts.
 */
function completed(order: OrderContext, state: ExecutionState, report: ExecutionReport): Outcome | undefined {
  const { tradeId = '', execId, commission = decimal.ZERO, commissionAsset } = report
  const was = ownOf(order.fills, tradeId)
  const isWhole = was === undefined || was.commissionAsset !== '' || decimal.isZero(was.lastQty)
  if (isWhole || !commissionAsset || decimal.isZero(commission)) return undefined
  const fill = { ...was, ...dealIn(report) }
  const execIds = { [execId]: tradeId }
  return { ...become(order, state, { execIds, ...booked(order, fill, was) }), busted: was, counted: fill }
}

/** Returns the outcome of a bust, which takes a fill back, or of a correction, which puts another fill in its place (FIX J). */
function withoutFill(order: OrderContext, state: ExecutionState, report: ExecutionReport): Outcome {
  const { execRefId, execId, execType } = report
  const id = fillNamedIn(order, report)
  const busted = ownOf(order.fills, id)
  // What it refers to is overtaken, should that come yet.
  const isAhead = execRefId !== undefined && execRefId !== id
  const execIds = { [execId]: id, ...(isAhead && { [execRefId]: id }) }
  if (busted !== undefined && decimal.isZero(busted.lastQty)) return become(order, state, { execIds })
  const was = busted ?? { ...NO_FILL, id }
  // A correction that another one has overtaken leaves nothing but that one.
  const isBust = execType === 'TRADE_CANCEL' || ownOf(order.fills, execId) !== undefined
  const fill = isBust ? goneOf(was) : { ...was, ...dealIn(report) }
  const outcome = become(order, state, { execIds, ...booked(order, fill, busted) })
  return { ...outcome, ...compact({ busted, counted: isBust ? undefined : fill }) }
}

/** Returns the id of the fill that a bust or a correction is about. If the fill has yet to come, it will have that id. */
function fillNamedIn({ fills, execIds }: OrderContext, report: ExecutionReport): string {
  const { tradeId, execRefId, execId } = report
  const named = [tradeId, execRefId && ownOf(execIds, execRefId), execRefId]
  return named.find((id) => id && ownOf(fills, id) !== undefined) ?? tradeId ?? execRefId ?? execId
}

const NO_FILL = {
  lastQty: decimal.ZERO,
  lastPx: decimal.ZERO,
  commission: decimal.ZERO,
  commissionAsset: '',
}

function goneOf(fill: CountedFill): CountedFill {
  return { ...fill, lastQty: decimal.ZERO, commission: decimal.ZERO }
}

/** Returns the fields of a deal that the report has. */
function dealIn({ lastQty, lastPx, commission, commissionAsset }: ExecutionReport) {
  return compact({ lastQty, lastPx, commission, commissionAsset: commissionAsset || undefined })
}

/** Returns the books with the fill in place of the one that was counted for it before. */
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

/** Returns the outcome of other terms that the venue has set by itself: a new day, a split, a smaller quantity (FIX E.1.c, H). */
function restated(order: OrderContext, state: ExecutionState, report: ExecutionReport): Outcome | undefined {
  if (requestNumber(report.clOrdId) < requestNumber(order.clOrdId)) return undefined
  const { venueOrderId, orderQty } = report
  const terms = termsAfter(order, report)
  const { multiply } = decimal
  // A split, between two days, changes what was filled as what was ordered; what it cost stays. Fills have reports of their own.
  const isSplit =
    order.endedAs === 'doneForDay' &&
    decimal.isPositive(order.cumQty) &&
    decimal.compare(multiply(report.cumQty, order.terms.orderQty), multiply(order.cumQty, orderQty)) === 0
  return become(order, state, {
    terms,
    venueOrderId,
    endedAs: resumed(order),
    ...(isSplit && { cumQty: report.cumQty }),
  })
}

function termsAfter(
  { terms }: OrderContext,
  { orderQty, price, stopPx }: ExecutionReport,
): OrderContext['terms'] {
  return { ...terms, orderQty, ...compact({ price, stopPx }) }
}

/** Returns the number of a request among those of its order, from its ClOrdID; 1 if a slash in the id has another meaning. */
export function requestNumber(clOrdId: string): number {
  const number = Number(clOrdId.split('/')[1] ?? 1)
  return Number.isNaN(number) ? 1 : number
}

/**
 * Returns the outcome of an answer to a status request. Fills come as reports of their own, so an end counts once all fills
 * before it were counted.
 */
function statusReported(order: OrderContext, state: ExecutionState, report: ExecutionReport): Outcome {
  const { ordStatus, venueOrderId, cumQty } = report
  const end = ENDS[ordStatus as keyof typeof ENDS]
  if (end === undefined) {
    if (state === 'submitted' && ordStatus === 'PENDING_NEW') return { state, changes: {} }
    return become(order, state, { venueOrderId, isAcknowledged: true, endedAs: resumed(order) })
  }
  const isNews = !isOver(order) && order.endedAs !== end && decimal.compare(cumQty, order.cumQty) === 0
  return isNews
    ? become(order, state, { venueOrderId, ...textOf(report), endedAs: end })
    : { state, changes: {} }
}

/** Returns whether the order has ended for good. An order that is done for the day may continue, and can be canceled. */
function isOver({ endedAs }: Pick<OrderContext, 'endedAs'>): boolean {
  return endedAs !== null && endedAs !== 'doneForDay'
}

/** Returns how the order has ended, now that its venue works on it again. */
function resumed({ endedAs }: OrderContext): OrderContext['endedAs'] {
  return endedAs === 'doneForDay' ? null : endedAs
}

/** Returns the requests that the report leaves pending, and those it refuses. The array is the same if it answers none. */
function answeredBy(
  order: OrderContext,
  report: ExecutionReport,
  endedAs: OrderContext['endedAs'],
): { pending: OrderContext['pending']; refused?: OrderContext['pending'] } {
  const { pending } = order
  const { execType, ordStatus, clOrdId, at } = report
  if (pending.length === 0) return { pending }
  // An order that has ended has nothing pending, except that one which is filled is still to be told so (FIX B.1.c).
  if (isOver({ endedAs })) return { pending: [] }
  const isAnswer = execType === 'ORDER_STATUS'
  if (isAnswer && ordStatus === 'FILLED') return { pending: [], refused: pending }
  // Requests are taken one after the other: who has accepted one has answered those before it.
  const isAccepted = execType === 'REPLACED' || isReplacement(order, report)
  const isAnswered = (one: PendingRequest) => requestNumber(one.clOrdId) <= requestNumber(clOrdId)
  // A venue that amends an order under its own id does not name the request: it is the first that asked for this.
  const amended =
    execType === 'REPLACED' && clOrdId === order.clOrdId ? pending.find(asksFor(report)) : undefined
  const open = isAccepted ? pending.filter((one) => one !== amended && !isAnswered(one)) : pending
  if (!isAnswer || !WORKS_ON.includes(ordStatus)) return { pending: open }
  // What had not arrived has been sent again meanwhile: a venue that goes on without it has refused it.
  const isRefused = ({ missedAt }: PendingRequest) =>
    missedAt !== undefined && at >= missedAt + ANSWER_WITHIN_MS
  const left = open.filter((one) => !isRefused(one))
  return { pending: left.map((one) => ({ missedAt: at, ...one })), refused: open.filter(isRefused) }
}

function asksFor({ orderQty: amendedTo }: ExecutionReport) {
  return ({ orderQty }: PendingRequest) =>
    orderQty !== undefined && decimal.compare(orderQty, amendedTo) === 0
}

/** Returns whether the venue uses the id of a replace. Then it has accepted the replace, even if no other report says so. */
function isReplacement(order: OrderContext, { execType, clOrdId }: ExecutionReport): boolean {
  const isCancel = order.pending.some((asked) => asked.kind === 'cancel' && asked.clOrdId === clOrdId)
  const isLater = requestNumber(clOrdId) > requestNumber(order.clOrdId)
  return (execType === 'ORDER_STATUS' || execType === 'TRADE') && isLater && !isCancel
}

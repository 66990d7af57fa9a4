/** What a venue's report makes of an order: its state, its books and its one FIX status. Pure. */
import * as decimal from './decimal.ts'
import type { ExecType, ExecutionReport, OrderCancelReject, OrderUnknown, OrdStatus } from './events/order.ts'
import type { CountedFill, OrderContext } from './order-context.ts'

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

/** The state that each of these reports puts an order into that is not out. */
const ENDS: Partial<Record<ExecType, ExecutionState>> = {
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
}

/** undefined when the report says nothing new: seen before, overtaken, or about nothing that the order knows. */
export function outcomeOf(
  context: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  const { execType, orderId } = report
  const known = { orderId }
  const end = ENDS[execType]
  if (end !== undefined) {
    // A venue refuses what is sent again as it has the order already: it is not the order that is refused (FIX F.1.b).
    if (isOut(state) || report.ordRejReason === 'DUPLICATE_ORDER') return undefined
    return { state: end, changes: { ...known, ...textOf(report), leavesQty: decimal.ZERO } }
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
      return accepted(context, state, known)
    case 'TRIGGERED':
      return isOut(state) || state === 'partiallyFilled' ? undefined : { state: 'triggered', changes: known }
    case 'REPLACED':
    case 'RESTATED':
      return restated(context, state, report)
    case 'ORDER_STATUS':
      return told(context, state, report)
    case 'PENDING_CANCEL':
    case 'PENDING_REPLACE':
      // It has reached the venue, whether or not its acknowledgement was seen.
      return state === 'submitted' ? { state: 'accepted', changes: known } : undefined
    default:
      return undefined
  }
}

function textOf({ text }: ExecutionReport): { text?: string } {
  return text === undefined ? {} : { text }
}

function accepted(
  context: OrderContext,
  state: ExecutionState,
  known: { orderId: string },
): Outcome | undefined {
  if (state === 'submitted') return { state: 'accepted', changes: known }
  // Reinstated after a halt (FIX K.1.a).
  if (state === 'suspended') return { state: working(context), changes: known }
  // Some venues let a stop expire when its price is reached, and carry on with it under the same id.
  const reborn = state === 'expired' && context.terms.stopPx !== undefined
  if (!reborn) return undefined
  return { state: 'triggered', changes: { ...known, leavesQty: leaves(context) } }
}

/** The state of an order that works, by its fills. */
function working({ cumQty, terms }: Pick<OrderContext, 'cumQty' | 'terms'>): ExecutionState {
  if (decimal.compare(cumQty, terms.orderQty) >= 0) return 'filled'
  return decimal.isPositive(cumQty) ? 'partiallyFilled' : 'accepted'
}

function leaves({ cumQty, terms }: Pick<OrderContext, 'cumQty' | 'terms'>): string {
  return decimal.max(decimal.ZERO, decimal.subtract(terms.orderQty, cumQty))
}

/** What tells fills of one order apart. Some venues report one trade on two streams, each with an ExecID of its own. */
export function fillId({ tradeId, execId }: ExecutionReport): string {
  return tradeId ?? execId
}

function withFill(
  context: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  const { lastQty = decimal.ZERO, lastPx = decimal.ZERO, orderId, execId } = report
  const id = fillId(report)
  if (context.fills[id] !== undefined) return undefined
  const { commission = decimal.ZERO, commissionAsset = '' } = report
  const fill = { id, execId, lastQty, lastPx, commission, commissionAsset }
  const fills = { ...context.fills, [id]: fill }
  const next = rebooked(context, state, fills, { sign: 1, fill })
  return { ...next, changes: { orderId, ...next.changes }, counted: fill }
}

/** A bust takes a fill back, a correction puts another in its place (FIX J). */
function withoutFill(
  context: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  const { tradeId, execRefId, execId, execType, lastQty, lastPx } = report
  const busted = Object.values(context.fills).find(
    (fill) => fill.id === tradeId || (execRefId !== undefined && fill.execId === execRefId),
  )
  if (busted === undefined || decimal.isZero(busted.lastQty) || busted.execId === execId) return undefined
  // The place stays taken: a report of the trade that comes late does not count it again.
  const gone = { ...busted, execId, lastQty: decimal.ZERO, commission: decimal.ZERO }
  const without = rebooked(
    context,
    state,
    { ...context.fills, [busted.id]: gone },
    { sign: -1, fill: busted },
  )
  if (execType === 'TRADE_CANCEL') return { ...without, busted }
  const fill = { ...busted, execId, lastQty: lastQty ?? busted.lastQty, lastPx: lastPx ?? busted.lastPx }
  const after = { ...context, ...without.changes }
  const corrected = rebooked(after, state, { ...context.fills, [busted.id]: fill }, { sign: 1, fill })
  return { ...corrected, busted, counted: fill }
}

/** The books after a fill more or less. An order that is out stays so, but one that is filled by it is filled. */
function rebooked(
  context: OrderContext,
  state: ExecutionState,
  fills: OrderContext['fills'],
  { sign, fill: { lastQty, lastPx } }: { sign: 1 | -1; fill: CountedFill },
): Outcome {
  const change = sign === 1 ? decimal.add : decimal.subtract
  const cumQty = change(context.cumQty, lastQty)
  const cumCost = change(context.cumCost, decimal.multiply(lastQty, lastPx))
  const byFills = working({ cumQty, terms: context.terms })
  const stays = (isOut(state) && state !== 'filled') || state === 'suspended' || state === 'stopped'
  const next = stays && byFills !== 'filled' ? state : byFills
  const kept = next === 'accepted' && state === 'triggered' ? state : next
  const leavesQty = isOut(kept) ? decimal.ZERO : leaves({ cumQty, terms: context.terms })
  return { state: kept, changes: { fills, cumQty, cumCost, leavesQty } }
}

/** Other terms: because they were asked for, or on the venue's own account (a split, a new day: FIX H). */
function restated(
  context: OrderContext,
  state: ExecutionState,
  report: ExecutionReport,
): Outcome | undefined {
  const wasAsked = report.execType === 'REPLACED'
  if (isOut(state) && state !== 'filled' && (wasAsked || state !== 'doneForDay')) return undefined
  const { orderId, clOrdId, orderQty, price, stopPx, cumQty } = report
  const terms = { ...context.terms, orderQty, ...(price && { price }), ...(stopPx && { stopPx }) }
  // A split changes what was filled, too; what it cost stays.
  const books = { terms, cumQty: wasAsked ? context.cumQty : cumQty }
  const next = working(books)
  const halted = state === 'suspended' || state === 'stopped' || state === 'triggered'
  const kept = halted && next !== 'filled' && wasAsked ? state : next
  const leavesQty = isOut(kept) ? decimal.ZERO : leaves(books)
  return { state: kept, changes: { ...books, orderId, leavesQty, ...(wasAsked && { clOrdId }) } }
}

/**
 * An answer to a status request says where the venue's books are. Fills come as reports of their own, so an end is
 * believed once all fills before it have been counted.
 */
function told(context: OrderContext, state: ExecutionState, report: ExecutionReport): Outcome | undefined {
  const { ordStatus, orderId, cumQty } = report
  if (isReplacement(context, report)) return restated(context, state, { ...report, execType: 'REPLACED' })
  if (isOut(state)) return undefined
  const end = (Object.keys(ENDS) as ExecType[]).find((execType) => execType === ordStatus)
  if (end !== undefined && decimal.compare(cumQty, context.cumQty) === 0) {
    const changes = { orderId, ...textOf(report), leavesQty: decimal.ZERO }
    return { state: ENDS[end] as ExecutionState, changes }
  }
  const isNews = state === 'submitted' && ordStatus !== 'PENDING_NEW' && ordStatus !== 'REJECTED'
  return isNews ? { state: 'accepted', changes: { orderId } } : undefined
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
    execType === 'ORDER_STATUS' &&
    pending.some((asked) => asked.kind === 'replace' && asked.clOrdId === clOrdId)
  )
}

function isAnswer(event: {
  readonly type: string
}): event is ExecutionReport | OrderCancelReject | OrderUnknown {
  return ['EXECUTION_REPORT', 'ORDER_CANCEL_REJECT', 'ORDER_UNKNOWN'].includes(event.type)
}

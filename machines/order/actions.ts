/** The actions of an order. */

import { assertEvent } from 'xstate'
import { compact } from '../../errors/compact.ts'
import type { ExecutionReport, OrderStatusRequest } from '../events/order.ts'
import type { Deny } from '../events/order-requests.ts'
import { acts, laterThan } from '../kind/kind.ts'
import {
  asKind,
  ownOrderAddress,
  portAddress,
  positionAddress,
  reconciliationAddress,
} from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { facts, type OrderContext, type OrderTypes, type PendingRequest } from './context.ts'
import { orderDeclaration, since } from './declaration.ts'
import { type ExecutionState, isOut, ORD_STATUS, type Outcome } from './execution.ts'
import type { Form } from './form.ts'
import { closedReport, dealReport, orderReport, termsOf, tradeOf, updateOf } from './reports.ts'
import type { OtherTerms } from './told.ts'

/** Time within which the report of a fill comes, once another report has counted that fill. After it the report is lost. */
const SETTLES_WITHIN_MS = 2_000

export interface From {
  readonly from: ExecutionState
}

/** The ways in which an order ends without a report of its venue. */
export const ENDINGS = {
  denied: { type: 'ORDER_DENIED', ordStatus: 'REJECTED', endedAs: null, why: '' },
  rejected: {
    type: 'ORDER_REJECTED',
    ordStatus: 'REJECTED',
    endedAs: 'rejected',
    why: 'the venue never saw the order',
  },
  canceled: {
    type: 'ORDER_CANCELLED',
    ordStatus: 'CANCELED',
    endedAs: 'canceled',
    why: 'the venue does not know the order any more',
  },
} as const
export type Ending = keyof typeof ENDINGS

/** The reasons for which a request is refused because its order works no more. */
const ENDED = ['TOO_LATE', 'UNKNOWN_ORDER'] as const

const REFUSED = { cancel: 'ORDER_CANCEL_REJECTED', replace: 'ORDER_REPLACE_REJECTED' } as const

/** Returns the actions of a version. */
export function actionsOf(version: string, { outcomeOf, requestsOf, isExact }: Form) {
  const { action, emit, tell } = acts(orderDeclaration, {} as OrderTypes, laterThan(since, version))
  /** Returns the owner that is to be told besides the account. */
  const ownerOf = ({ terms: { owner, account } }: OrderContext) =>
    isExact && owner === account ? undefined : owner
  return {
    reportCreated: action(({ context, event: { at }, enqueue }) => {
      enqueue(emit({ type: 'ORDER_CREATED', at, ...namesOf(context), ...termsOf(context) }))
    }),
    place: action(({ context, event: { at }, enqueue }) => {
      const { venue, ...terms } = termsOf(context)
      enqueue(emit({ type: 'ORDER_SUBMITTED', at, venue, ...namesOf(context), ...terms }))
      enqueue(tell(portAddress(venue), { type: 'PLACE_ORDER', clOrdId: context.clOrdId, ...terms }))
    }),
    /** Reports that an order of somebody else is adopted. The venue's next report says how it stands. */
    reportAdopted: action(({ context, event: { at }, enqueue }) => {
      const { foreignId, cause } = context
      enqueue(
        emit({
          type: 'ORDER_ADOPTED',
          ...facts(context, at),
          ...compact({ foreignId, cause }),
        }),
      )
      enqueue(tell(accountOf(context), updateOf(context, at)))
    }),
    /** Refuses another order of the same id. The account forgets orders that have ended, but their ids stay used. */
    refuseSubmit: action(({ context: { id: clOrdId }, event, enqueue }) => {
      assertEvent(event, 'SUBMIT')
      const { at, account, owner = account, list, watchers = [] } = event
      const text = `clOrdId: ${clOrdId} asked, a new one allowed`
      const of = compact({ at, clOrdId, list, check: 'clOrdId', text })
      for (const to of new Set([account, owner, ...watchers]))
        enqueue(tell(to, { type: 'REQUEST_REFUSED', ...of }))
    }),
    askStatus: action(({ context, enqueue }) => {
      enqueue(tell(portAddress(context.terms.venue), statusRequest(context)))
    }),
    /** Takes a report: changes the order, and tells the actors that it concerns. */
    takeReport: action(({ context, event, enqueue }, { from }: From) => {
      assertEvent(event, 'EXECUTION_REPORT')
      const { at } = event
      const outcome = outcomeOf(context, from, event) as Outcome
      if (outcome.isForeign) {
        const { id, terms } = context
        const order = ownOrderAddress(id)
        const reason = `a report for ${order} is of another order`
        enqueue.assign(outcome.changes)
        enqueue(emit(discrepancy(facts(context, at), event)))
        enqueue(tell(reconciliationAddress(terms.venue), { type: 'RECONCILE', at, reason, order }))
        return
      }
      const { state, changes, counted, busted, overfill, refused = [], differs } = outcome
      const after: OrderContext = { ...context, ...changes, ordStatus: ORD_STATUS[state] }
      const owner = ownerOf(after)
      const account = accountOf(after)
      const of = facts(after, at)
      enqueue.assign({ ...changes, ordStatus: ORD_STATUS[state] })
      if (differs !== undefined) enqueue(emit(discrepancy(of, event, differs)))
      const report = orderReport(event, outcome, from, of, after.terms)
      if (report !== undefined) enqueue(emit(report))
      if (overfill !== undefined)
        enqueue(
          emit({
            type: 'ORDER_OVERFILLED',
            ...of,
            isCounted: counted !== undefined,
            ...tradeOf(overfill),
          }),
        )
      for (const { kind } of refused)
        enqueue(emit({ type: REFUSED[kind], ...of, text: 'the venue goes on without it' }))
      // The account first: what a position tells it of its value is of after the money has moved.
      const deal = dealReport(after, outcome, event)
      if (deal !== undefined) {
        enqueue(tell(account, deal))
        enqueue(tell(positionAddress(after.terms), deal))
        if (owner !== undefined) enqueue(tell(owner, deal))
      }
      if (isOut(state) && !isOut(from)) {
        const closed = closedReport(after, at)
        enqueue(tell(account, closed))
        if (owner !== undefined) enqueue(tell(owner, closed))
      }
      // What it holds for an order is what it was told last: of one that works again, on what terms, with how much left.
      const isBack = !isOut(state) && (isOut(from) || busted !== undefined)
      if (isBack || after.terms !== context.terms || refused.length > 0)
        enqueue(tell(account, updateOf(after, at)))
      if (after.reportedQty === undefined || context.reportedQty !== undefined) return
      enqueue.raise(
        { type: 'SETTLED', at: at + SETTLES_WITHIN_MS },
        { delay: SETTLES_WITHIN_MS, id: 'settled' },
      )
    }),
    /** Asks for a reconciliation, because a fill or a bust is lost. The reconciliation fetches what the venue has. */
    reconcile: action(({ context: { id, terms }, event: { at }, enqueue }) => {
      const order = ownOrderAddress(id)
      const reason = `${order} has not filled what its venue has told`
      enqueue.assign({ reportedQty: undefined })
      enqueue(tell(reconciliationAddress(terms.venue), { type: 'RECONCILE', at, reason, order }))
    }),
    end: action(({ context, event, enqueue }, { as }: { as: Ending }) => {
      const { type, ordStatus, endedAs, why } = ENDINGS[as]
      const told: Pick<Deny, 'ordRejReason'> & { readonly text?: string | undefined } =
        event.type === 'DENY' || event.type === 'ORDER_UNKNOWN' ? event : {}
      const { text = why, ordRejReason } = told
      const reason = compact({ text, ordRejReason })
      const end = { endedAs, ordStatus, leavesQty: decimal.ZERO, pending: [], ...reason }
      const after: OrderContext = { ...context, ...end }
      enqueue.assign(end)
      enqueue(emit({ type, ...facts(after, event.at), text }))
      // Those who refused it know.
      if (as === 'denied') return
      const closed = closedReport(after, event.at)
      enqueue(tell(accountOf(after), closed))
      const owner = ownerOf(after)
      if (owner !== undefined) enqueue(tell(owner, closed))
    }),
    dropRequests: action(({ enqueue }) => enqueue.assign({ pending: [] })),
    tellWatchers: action(({ context, event: { at }, enqueue }) => {
      for (const to of context.terms.watchers ?? []) enqueue(tell(to, updateOf(context, at)))
    }),
    reportIntervention: action(({ context: { terms }, event, enqueue }) => {
      assertEvent(event, 'CANCEL')
      const { at, by, reason } = event
      if (by === undefined) return
      const { venue, symbol, instrument, strategy } = terms
      const of = compact({ at, venue, symbol, instrument, strategy, by, reason: reason || undefined })
      enqueue(emit({ type: 'MANUAL_INTERVENTION', action: 'CANCEL', ...of }))
    }),
    requestCancel: action(({ context, event, enqueue }) => {
      const { clOrdId: origClOrdId, terms } = context
      const { clOrdId, asked } = nextRequest(context, { kind: 'cancel' }, requestsOf)
      enqueue.assign(asked)
      enqueue(emit({ type: 'ORDER_PENDING_CANCEL', ...facts({ ...context, ...asked }, event.at) }))
      const of = { origClOrdId, ...foreignly(context, origClOrdId) }
      enqueue(tell(portAddress(terms.venue), { type: 'CANCEL_ORDER', clOrdId, ...of }))
    }),
    requestReplace: action(({ context, event, enqueue }) => {
      assertEvent(event, 'REPLACE')
      const { terms, pending } = context
      // One after the other: the next replaces what the one before it will have made (FIX D.2).
      const before = pending.at(-1)
      const origClOrdId = before?.clOrdId ?? context.clOrdId
      const { orderQty = before?.orderQty ?? terms.orderQty, price, stopPx } = event
      const { clOrdId, asked } = nextRequest(context, { kind: 'replace', orderQty }, requestsOf)
      const prices = compact({ price, stopPx })
      enqueue.assign(asked)
      const report = facts({ ...context, ...asked }, event.at)
      enqueue(emit({ type: 'ORDER_PENDING_REPLACE', ...report, newOrderQty: orderQty, ...prices }))
      const of = { origClOrdId, ...foreignly(context, origClOrdId) }
      enqueue(tell(portAddress(terms.venue), { type: 'REPLACE_ORDER', clOrdId, ...of, orderQty, ...prices }))
    }),
    refuseReplace: action(({ context, event, enqueue }) => {
      const { pending, venueOrderId } = context
      const text =
        venueOrderId === undefined
          ? 'the venue has not acknowledged the order yet'
          : pending.length > 0
            ? 'a cancel is pending'
            : 'nothing is left of the order'
      enqueue(emit({ type: 'ORDER_REPLACE_REJECTED', ...facts(context, event.at), text }))
      enqueue(tell(accountOf(context), updateOf(context, event.at)))
    }),
    refuseCancel: action(({ context, event: { at }, enqueue }) => {
      const text = 'nothing is left of the order'
      enqueue(emit({ type: 'ORDER_CANCEL_REJECTED', ...facts(context, at), text }))
    }),
    /** Takes the refusal of a request. */
    takeRefusal: action(({ context, event, enqueue }) => {
      assertEvent(event, 'ORDER_CANCEL_REJECT')
      const { at, clOrdId, cxlRejReason, text } = event
      const refused = context.pending.find((asked) => asked.clOrdId === clOrdId) as PendingRequest
      const pending = context.pending.filter((asked) => asked !== refused)
      const after = { ...context, pending }
      enqueue.assign({ pending })
      // The account held what was asked for; the old terms are in force still.
      if (refused.kind === 'replace') enqueue(tell(accountOf(context), updateOf(after, at)))
      enqueue(emit({ type: REFUSED[refused.kind], ...facts(after, at), text }))
      // An order that cannot be canceled has ended, or is not there: only its venue can say which.
      if (isExact && (refused.kind === 'cancel' || ENDED.some((reason) => reason === cxlRejReason)))
        enqueue(tell(portAddress(after.terms.venue), statusRequest(after)))
    }),
  }
}

function statusRequest(order: OrderContext): OrderStatusRequest {
  const { id, clOrdId } = order
  const of = { order: ownOrderAddress(id), clOrdId, ...foreignly(order, clOrdId) }
  return { type: 'ORDER_STATUS_REQUEST', ...of }
}

function discrepancy(
  of: ReturnType<typeof facts>,
  { symbol, side, orderQty }: ExecutionReport,
  { ordType, price, stopPx }: OtherTerms = {},
) {
  const told = { reportedSymbol: symbol, reportedSide: side, reportedQty: orderQty }
  const others = compact({ reportedType: ordType, reportedPrice: price, reportedStopPx: stopPx })
  return { type: 'ORDER_DISCREPANCY' as const, ...of, ...told, ...others }
}

function accountOf({ terms }: OrderContext): `account/${string}` {
  return asKind('account', terms.account)
}

/** Returns the names that an order has before its venue knows it. */
function namesOf({ id, clOrdId, terms: { instrument, strategy } }: OrderContext) {
  return compact({ order: ownOrderAddress(id), clOrdId, instrument, strategy })
}

/** Returns the venue's name of the order of a request, where the name is none of ours. */
function foreignly({ id, foreignId }: OrderContext, clOrdId: string): { readonly foreignId?: string } {
  return foreignId !== undefined && clOrdId === id ? { foreignId } : {}
}

/** Returns the next request of an order, and the order with the request made. */
function nextRequest(
  order: OrderContext,
  what: Omit<PendingRequest, 'clOrdId'>,
  requestsOf: Form['requestsOf'],
) {
  const { id, pending } = order
  const requests = requestsOf(order) + 1
  const clOrdId = `${id}/${requests}`
  return { clOrdId, asked: { requests, pending: [...pending, { clOrdId, ...what }] } }
}

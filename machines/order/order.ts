import { assertEvent, enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import { positionAddress } from '../addresses.ts'
import * as decimal from '../decimal.ts'
import {
  type Cancel,
  cancel,
  type Deny,
  deny,
  type Replace,
  type RequestRefused,
  replace,
  type Submit,
  submit,
  type Verify,
  verify,
} from '../events/commands.ts'
import type { DomainEvent } from '../events/domain.ts'
import {
  type CancelOrder,
  type ExecutionReport,
  executionReport,
  type OrderCancelReject,
  type OrderStatusRequest,
  type OrderUnknown,
  orderCancelReject,
  orderUnknown,
  type PlaceOrder,
  type ReplaceOrder,
  reportLost,
} from '../events/order.ts'
import { type Adopt, adopt } from '../events/reconciliation.ts'
import { tell } from '../tell.ts'
import {
  contextOf,
  facts,
  type OrderContext,
  type OrderInput,
  type PendingRequest,
  type RequestState,
  requestState,
} from './context.ts'
import {
  type ExecutionState,
  hasEnded,
  isOut,
  ORD_STATUS,
  type Outcome,
  outcomeOf,
  pendingAfter,
} from './execution.ts'
import { closedReport, fillFor, orderReport, tradeOf, updateOf } from './reports.ts'

/** What may come from outside: commands, and what venues report. */
export const orderEvents = z.discriminatedUnion('type', [
  submit,
  deny,
  cancel,
  replace,
  verify,
  adopt,
  reportLost,
  executionReport,
  orderCancelReject,
  orderUnknown,
])

type OrderEvent =
  | Submit
  | Deny
  | Cancel
  | Replace
  | Verify
  | Adopt
  | ExecutionReport
  | OrderCancelReject
  | OrderUnknown
type OrderEmitted = Extract<DomainEvent, { type: `ORDER_${string}` | 'MANUAL_INTERVENTION' }>

/** A venue that has not answered within this time is asked what became of the order. */
const ANSWER_WITHIN_MS = 5_000

export interface FromState {
  readonly from: ExecutionState
}

const ENDS = ['canceled', 'expired', 'rejected', 'doneForDay'] as const
const HALTS = ['stopped', 'suspended'] as const

/** Where a report may lead. */
type Reported = Exclude<ExecutionState, 'initialized' | 'denied' | 'submitted'>

/** Every guard of a report, and then its action, asks for the same outcome: it is worked out once. */
let lastOutcome: { order: OrderContext; from: ExecutionState; report: ExecutionReport; outcome?: Outcome }
function outcomeOnce(order: OrderContext, from: ExecutionState, report: ExecutionReport) {
  const isSame = lastOutcome?.order === order && lastOutcome.from === from && lastOutcome.report === report
  if (!isSame) lastOutcome = { order, from, report, outcome: outcomeOf(order, from, report) }
  return lastOutcome.outcome
}

/** Whether the report takes the order there, by FIX's rules: see execution.ts. */
function leads(order: OrderContext, event: OrderEvent, { from }: FromState, to: Reported): boolean {
  return event.type === 'EXECUTION_REPORT' && outcomeOnce(order, from, event)?.state === to
}

/** A transition for each state that a report may lead to from this one. */
function reports(from: ExecutionState, ...targets: readonly Reported[]) {
  return targets.map((to) => ({
    guard: {
      type: `is${to[0]?.toUpperCase()}${to.slice(1)}` as `is${Capitalize<Reported>}`,
      params: { from },
    },
    ...(to !== from && { target: to }),
    actions: { type: 'takeReport' as const, params: { from } },
  }))
}

/** What an answer leaves to be answered. */
const answers = (['idle', 'pendingCancel', 'pendingReplace'] as const).map((request) => ({
  guard: { type: 'leaves' as const, params: { request } },
  target: request,
  actions: 'settle' as const,
}))
const ANSWERS = { EXECUTION_REPORT: answers, ORDER_CANCEL_REJECT: answers, ORDER_UNKNOWN: answers }

/** Only the venue itself can say that it does not have the order: never, or, once it had, no more. */
const ORDER_UNKNOWN = { target: 'canceled' as const, actions: 'takeLost' as const }
const VERIFY = { actions: 'askStatus' as const }

const REPLACE = [
  { guard: 'mayReplace' as const, target: 'pendingReplace' as const, actions: 'requestReplace' as const },
  { actions: 'refuseReplace' as const },
]

export const orderMachine = setup({
  types: {} as {
    input: OrderInput
    context: OrderContext
    events: OrderEvent
    emitted: OrderEmitted
  },
  guards: {
    isAccepted: ({ context, event }, at: FromState) => leads(context, event, at, 'accepted'),
    isTriggered: ({ context, event }, at: FromState) => leads(context, event, at, 'triggered'),
    isPartiallyFilled: ({ context, event }, at: FromState) => leads(context, event, at, 'partiallyFilled'),
    isFilled: ({ context, event }, at: FromState) => leads(context, event, at, 'filled'),
    isCanceled: ({ context, event }, at: FromState) => leads(context, event, at, 'canceled'),
    isExpired: ({ context, event }, at: FromState) => leads(context, event, at, 'expired'),
    isRejected: ({ context, event }, at: FromState) => leads(context, event, at, 'rejected'),
    isDoneForDay: ({ context, event }, at: FromState) => leads(context, event, at, 'doneForDay'),
    isStopped: ({ context, event }, at: FromState) => leads(context, event, at, 'stopped'),
    isSuspended: ({ context, event }, at: FromState) => leads(context, event, at, 'suspended'),
    /** The venue has had the ClOrdID before: from us, perhaps, so it may have the order, too (FIX F.1.b). */
    isDuplicate: ({ event }) => event.type === 'EXECUTION_REPORT' && event.ordRejReason === 'DUPLICATE_ORDER',
    isKnown: ({ context }) => context.orderId !== undefined,
    hasEnded: ({ context }) => hasEnded(context),
    /** A filled one may be given more to fill (FIX C.1.c); nothing brings back one that ended otherwise. */
    mayReplace: ({ context }) =>
      context.orderId !== undefined && (!hasEnded(context) || context.ordStatus === 'FILLED'),
    /** An answer, and what else was asked for is still to be answered. */
    leaves: ({ context, event }, { request }: { request: RequestState }) => {
      const pending = pendingAfter(context, event)
      return pending !== context.pending && requestState(pending) === request
    },
  },
  actions: {
    reportCreated: enqueueActions(({ context, event: { at }, enqueue }) => {
      enqueue.emit({ type: 'ORDER_CREATED', at, order: `order/${context.id}`, ...termsOf(context) })
    }),
    place: enqueueActions(({ context, event: { at }, enqueue }) => {
      const { venue, ...terms } = termsOf(context)
      enqueue.emit({ type: 'ORDER_SUBMITTED', at, venue, order: `order/${context.id}`, ...terms })
      const placement: PlaceOrder = { type: 'PLACE_ORDER', clOrdId: context.clOrdId, ...terms }
      enqueue(tell(`port/${venue}`, placement))
    }),
    reportDenied: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'DENY')
      const { at, text, ordRejReason } = event
      const why = { text, ...(ordRejReason && { ordRejReason }) }
      const denied = { leavesQty: decimal.ZERO, ordStatus: 'REJECTED' as const, ...why }
      enqueue.assign(denied)
      const after = { ...context, ...denied }
      enqueue.emit({ type: 'ORDER_DENIED', ...facts(after, at), text })
      for (const to of context.terms.watchers ?? []) enqueue(tell(to, updateOf(after, at)))
    }),
    /** Placed by somebody else; what it is, the venue's next report says. */
    reportAdopted: enqueueActions(({ context, event: { at }, enqueue }) => {
      enqueue.emit({ type: 'ORDER_ADOPTED', ...facts(context, at) })
      enqueue(tell(context.terms.account, updateOf(context, at)))
    }),
    /** Orders that have ended are forgotten by their accounts, not by themselves: their ids are used up. */
    refuseSubmit: enqueueActions(({ context: { id: orderId }, event, enqueue }) => {
      assertEvent(event, 'SUBMIT')
      const { at, account, owner = account, watchers = [] } = event
      const text = `orderId: ${orderId} asked, a new one allowed`
      const refused: RequestRefused = { type: 'REQUEST_REFUSED', at, orderId, check: 'orderId', text }
      for (const to of new Set([account, owner, ...watchers])) enqueue(tell(to, refused))
    }),
    askStatus: enqueueActions(({ context: { id, clOrdId, terms }, enqueue }) => {
      const request: OrderStatusRequest = { type: 'ORDER_STATUS_REQUEST', order: `order/${id}`, clOrdId }
      enqueue(tell(`port/${terms.venue}`, request))
    }),
    /** What the report changes, and what it tells whom. */
    takeReport: enqueueActions(({ context, event, enqueue }, { from }: FromState) => {
      assertEvent(event, 'EXECUTION_REPORT')
      const { at } = event
      const outcome = outcomeOnce(context, from, event) as Outcome
      const { state, changes, counted, busted, overfill } = outcome
      const after: OrderContext = { ...context, ...changes, ordStatus: ORD_STATUS[state] }
      enqueue.assign({ ...changes, ordStatus: ORD_STATUS[state] })
      const { watchers = [] } = after.terms
      const pending = pendingAfter(context, event)
      const report = orderReport(event, outcome, facts({ ...after, pending }, at), after.terms)
      if (report !== undefined) enqueue.emit(report)
      if (overfill !== undefined) {
        const told = { isCounted: counted !== undefined, ...tradeOf(overfill) }
        enqueue.emit({ type: 'ORDER_OVERFILLED', ...facts({ ...after, pending }, at), ...told })
      }
      // The account first: what a position tells it of its value is of after the money has moved.
      for (const to of [after.terms.account, positionAddress(after.terms), after.terms.owner]) {
        if (to === undefined) continue
        if (busted !== undefined) enqueue(tell(to, fillFor(after, 'FILL_BUST', busted, at)))
        if (counted !== undefined) enqueue(tell(to, fillFor(after, 'FILL', counted, at)))
      }
      if (isOut(state) && !isOut(from))
        for (const to of partiesOf(after)) enqueue(tell(to, closedReport(after, at)))
      const isOutNoMore = isOut(from) && !isOut(state)
      if (after.terms !== context.terms || isOutNoMore)
        enqueue(tell(after.terms.account, updateOf({ ...after, pending }, at)))
      // What it settles, too, is told of by `settle`.
      if (pending === context.pending) for (const to of watchers) enqueue(tell(to, updateOf(after, at)))
    }),
    takeUnknown: enqueueActions(({ context, event: { at }, enqueue }) => {
      const text = 'the venue never saw the order'
      const end = { endedAs: 'rejected', ordStatus: 'REJECTED', text } as const
      const after = { ...context, ...end, leavesQty: decimal.ZERO }
      enqueue.assign(after)
      enqueue.emit({ type: 'ORDER_REJECTED', ...facts(after, at), text })
      for (const to of partiesOf(after)) enqueue(tell(to, closedReport(after, at)))
      for (const to of after.terms.watchers ?? []) enqueue(tell(to, updateOf(after, at)))
    }),
    takeLost: enqueueActions(({ context, event: { at }, enqueue }) => {
      const text = 'the venue does not know the order any more'
      const end = { endedAs: 'canceled', ordStatus: 'CANCELED', text } as const
      const after = { ...context, ...end, leavesQty: decimal.ZERO, pending: [] }
      enqueue.assign({ ...end, leavesQty: decimal.ZERO })
      enqueue.emit({ type: 'ORDER_CANCELLED', ...facts(after, at), text })
      for (const to of partiesOf(after)) enqueue(tell(to, closedReport(after, at)))
      for (const to of after.terms.watchers ?? []) enqueue(tell(to, updateOf(after, at)))
    }),
    reportIntervention: enqueueActions(({ context: { terms }, event, enqueue }) => {
      assertEvent(event, 'CANCEL')
      const { at, by, reason } = event
      if (by === undefined) return
      const of = { at, venue: terms.venue, symbol: terms.symbol, by, ...(reason && { reason }) }
      enqueue.emit({ type: 'MANUAL_INTERVENTION', action: 'CANCEL', ...of })
    }),
    requestCancel: enqueueActions(({ context, event, enqueue }) => {
      const { clOrdId: origClOrdId, terms } = context
      const { clOrdId, asked } = nextRequest(context, 'cancel')
      enqueue.assign(asked)
      enqueue.emit({ type: 'ORDER_PENDING_CANCEL', ...facts({ ...context, ...asked }, event.at) })
      const request: CancelOrder = { type: 'CANCEL_ORDER', clOrdId, origClOrdId }
      enqueue(tell(`port/${terms.venue}`, request))
    }),
    requestReplace: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'REPLACE')
      const { terms, pending } = context
      const { clOrdId, asked } = nextRequest(context, 'replace')
      // One after the other: the next replaces what the one before it will have made (FIX D.2).
      const origClOrdId = pending.at(-1)?.clOrdId ?? context.clOrdId
      const { orderQty = terms.orderQty, price = terms.price, stopPx = terms.stopPx } = event
      const prices = { ...(price && { price }), ...(stopPx && { stopPx }) }
      enqueue.assign(asked)
      const report = facts({ ...context, ...asked }, event.at)
      enqueue.emit({ type: 'ORDER_PENDING_REPLACE', ...report, newOrderQty: orderQty, ...prices })
      const request: ReplaceOrder = { type: 'REPLACE_ORDER', clOrdId, origClOrdId, orderQty, ...prices }
      enqueue(tell(`port/${terms.venue}`, request))
    }),
    refuseReplace: enqueueActions(({ context, event, enqueue }) => {
      const { pending, orderId } = context
      const text =
        orderId === undefined
          ? 'the venue has not acknowledged the order yet'
          : pending.length > 0
            ? 'a cancel is pending'
            : 'nothing is left of the order'
      enqueue.emit({ type: 'ORDER_REPLACE_REJECTED', ...facts(context, event.at), text })
      for (const to of [context.terms.account, ...(context.terms.watchers ?? [])])
        enqueue(tell(to, updateOf(context, event.at)))
    }),
    refuseCancel: enqueueActions(({ context, event: { at }, enqueue }) => {
      const text = 'nothing is left of the order'
      enqueue.emit({ type: 'ORDER_CANCEL_REJECTED', ...facts(context, at), text })
    }),
    /** An answer to something that was asked for. */
    settle: enqueueActions(({ context, event, enqueue }) => {
      const pending = pendingAfter(context, event)
      enqueue.assign({ pending })
      const after = { ...context, pending }
      for (const to of context.terms.watchers ?? []) enqueue(tell(to, updateOf(after, event.at)))
      if (event.type !== 'ORDER_CANCEL_REJECT') return
      const kind = context.pending.find(({ clOrdId }) => clOrdId === event.clOrdId)?.kind
      // The account held what was asked for; the old terms are in force still.
      if (kind === 'replace') enqueue(tell(context.terms.account, updateOf(after, event.at)))
      const type = kind === 'replace' ? 'ORDER_REPLACE_REJECTED' : 'ORDER_CANCEL_REJECTED'
      enqueue.emit({ type, ...facts({ ...context, pending }, event.at), text: event.text })
    }),
  },
}).createMachine({
  id: 'order',
  version: '3',
  description:
    'An order at a venue. What the venue has done to it and what was asked of it are two regions, so that a fill ' +
    'while a cancel is pending keeps both truths (FIX 4.4, appendix D).',
  context: ({ input }) => contextOf(input),
  type: 'parallel',
  on: { SUBMIT: { actions: 'refuseSubmit' } },
  states: {
    execution: {
      initial: 'initialized',
      states: {
        initialized: {
          on: {
            SUBMIT: { target: 'submitted', actions: ['reportCreated', 'place'] },
            DENY: { target: 'denied', actions: ['reportCreated', 'reportDenied'] },
            ADOPT: { target: 'submitted', actions: ['reportCreated', 'reportAdopted'] },
          },
        },
        denied: {
          tags: 'closed',
          description: 'The risk gate did not let it through; the venue never saw it.',
        },
        submitted: {
          tags: 'working',
          description: 'On its way: the venue may or may not have it, and only the venue can say.',
          after: { [ANSWER_WITHIN_MS]: { target: 'submitted', reenter: true, actions: 'askStatus' } },
          on: {
            VERIFY,
            ORDER_UNKNOWN: { target: 'rejected', actions: 'takeUnknown' },
            EXECUTION_REPORT: [
              { guard: 'isDuplicate', target: 'submitted', reenter: true, actions: 'askStatus' },
              ...reports(
                'submitted',
                'accepted',
                'triggered',
                'partiallyFilled',
                'filled',
                ...ENDS,
                ...HALTS,
              ),
            ],
          },
        },
        accepted: {
          tags: 'working',
          on: {
            VERIFY,
            ORDER_UNKNOWN,
            EXECUTION_REPORT: reports(
              'accepted',
              'accepted',
              'triggered',
              'partiallyFilled',
              'filled',
              ...ENDS,
              ...HALTS,
            ),
          },
        },
        triggered: {
          tags: 'working',
          description: 'Its price was reached; it works as a market or limit order from here on.',
          on: {
            VERIFY,
            ORDER_UNKNOWN,
            EXECUTION_REPORT: reports(
              'triggered',
              'triggered',
              'partiallyFilled',
              'filled',
              ...ENDS,
              ...HALTS,
            ),
          },
        },
        partiallyFilled: {
          tags: 'working',
          on: {
            VERIFY,
            ORDER_UNKNOWN,
            EXECUTION_REPORT: reports(
              'partiallyFilled',
              'partiallyFilled',
              'filled',
              'accepted',
              ...ENDS,
              ...HALTS,
            ),
          },
        },
        stopped: {
          tags: 'working',
          description: 'Its execution is guaranteed by the venue, and still to come (FIX L.1.a).',
          on: {
            VERIFY,
            ORDER_UNKNOWN,
            EXECUTION_REPORT: reports('stopped', 'filled', ...ENDS, ...HALTS),
          },
        },
        suspended: {
          tags: 'working',
          description: 'Trading is halted; the venue keeps the order (FIX K.1).',
          on: {
            VERIFY,
            ORDER_UNKNOWN,
            EXECUTION_REPORT: reports(
              'suspended',
              'accepted',
              'partiallyFilled',
              'filled',
              ...ENDS,
              ...HALTS,
            ),
          },
        },
        filled: {
          tags: 'closed',
          description:
            'A venue may fill more than was ordered; what it did counts. A bust opens it again (FIX J.1.a).',
          on: { EXECUTION_REPORT: reports('filled', 'filled', 'partiallyFilled', 'accepted', ...ENDS) },
        },
        canceled: {
          tags: 'closed',
          description: 'A fill on its way when it ended counts as any other, and may make it a filled one.',
          on: { EXECUTION_REPORT: reports('canceled', 'canceled', 'filled') },
        },
        expired: {
          tags: 'closed',
          on: { EXECUTION_REPORT: reports('expired', 'expired', 'filled', 'triggered', 'partiallyFilled') },
        },
        rejected: { tags: 'closed', on: { EXECUTION_REPORT: reports('rejected', 'rejected', 'filled') } },
        doneForDay: {
          tags: 'closed',
          description: 'Nothing more today; a GTC order is restated on the next day (FIX H.1).',
          on: {
            EXECUTION_REPORT: reports('doneForDay', 'doneForDay', 'filled', 'accepted', 'partiallyFilled'),
          },
        },
      },
    },
    request: {
      initial: 'idle',
      states: {
        idle: {
          on: {
            CANCEL: [
              { guard: 'hasEnded', actions: 'refuseCancel' },
              {
                guard: 'isKnown',
                target: 'pendingCancel',
                actions: ['reportIntervention', 'requestCancel'],
              },
              { target: 'cancelWanted', actions: 'reportIntervention' },
            ],
            REPLACE,
          },
        },
        cancelWanted: {
          description:
            'The venue has not acknowledged the order yet, so there is nothing yet that could be cancelled.',
          always: [
            { guard: 'hasEnded', target: 'idle' },
            { guard: 'isKnown', target: 'pendingCancel', actions: 'requestCancel' },
          ],
        },
        pendingReplace: {
          after: { [ANSWER_WITHIN_MS]: { target: 'pendingReplace', reenter: true, actions: 'askStatus' } },
          on: {
            ...ANSWERS,
            CANCEL: { target: 'pendingCancel', actions: ['reportIntervention', 'requestCancel'] },
            REPLACE,
          },
        },
        pendingCancel: {
          after: { [ANSWER_WITHIN_MS]: { target: 'pendingCancel', reenter: true, actions: 'askStatus' } },
          on: { ...ANSWERS, REPLACE: { actions: 'refuseReplace' } },
        },
      },
    },
  },
})

/** What it is to be, and where; whom it belongs to is no venue's business. */
function termsOf({ terms }: OrderContext) {
  const { account: _account, owner: _owner, watchers: _watchers, overfill: _overfill, ...what } = terms
  return what
}

/** Those who keep books of what it does. */
function partiesOf({ terms: { account, owner } }: OrderContext): readonly string[] {
  return owner === undefined ? [account] : [account, owner]
}

/** The next request of an order, and the order with it made. */
function nextRequest({ id, requests, pending }: OrderContext, kind: PendingRequest['kind']) {
  const clOrdId = `${id}/${requests + 1}`
  return { clOrdId, asked: { requests: requests + 1, pending: [...pending, { clOrdId, kind }] } }
}

import { assertEvent, assign, enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import type { DomainEvent } from '../events/domain.ts'
import {
  type CancelOrder,
  type ExecutionReport,
  executionReport,
  type OrderStatusRequest,
  orderCancelReject,
  orderUnknown,
  type PlaceOrder,
  type ReplaceOrder,
  reportLost,
} from '../events/order.ts'
import {
  cancel,
  type Deny,
  deny,
  type RequestRefused,
  replace,
  submit,
  verify,
} from '../events/order-requests.ts'
import { adopt, type Reconcile } from '../events/reconciliation.ts'
import { tell } from '../kind/tell.ts'
import { positionAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
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
  ANSWER_WITHIN_MS,
  type ExecutionState,
  foreignTo,
  hasEnded,
  isOut,
  ORD_STATUS,
  type Outcome,
  outcomeOf,
  requestNumber,
} from './execution.ts'
import { closedReport, dealReport, orderReport, tradeOf, updateOf } from './reports.ts'

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

type OrderEvent = z.infer<typeof orderEvents> | { readonly type: 'SETTLED'; readonly at: number }
type OrderEmitted = Extract<DomainEvent, { type: `ORDER_${string}` | 'MANUAL_INTERVENTION' }>

/** A report of a fill that the venue has told of otherwise is lost when it has not come within this time. */
const SETTLES_WITHIN_MS = 2_000

/** Where a report may lead. */
type Reported = Exclude<ExecutionState, 'initialized' | 'denied'>

const ENDS = ['canceled', 'expired', 'rejected', 'doneForDay'] as const
const HALTS = ['stopped', 'suspended'] as const

/** Every guard of a report, and then its action, asks for the same outcome: it is worked out once. */
let lastOutcome: {
  order: OrderContext
  from: ExecutionState
  report: ExecutionReport
  isStrict: boolean
  outcome?: Outcome
}
function outcomeOnce(
  order: OrderContext,
  from: ExecutionState,
  report: ExecutionReport,
  isStrict: boolean,
): Outcome | undefined {
  const isSame =
    lastOutcome?.order === order &&
    lastOutcome.from === from &&
    lastOutcome.report === report &&
    lastOutcome.isStrict === isStrict
  if (isSame) return lastOutcome.outcome
  const outcome = (isStrict ? foreignTo(order, from, report) : undefined) ?? outcomeOf(order, from, report)
  lastOutcome = { order, from, report, isStrict, outcome }
  return outcome
}

export interface From {
  readonly from: ExecutionState
}

/** A transition for each state that a report may lead to from this one. */
function reports(from: ExecutionState, ...targets: readonly Reported[]) {
  return targets.map((to) => ({
    guard: { type: 'leads' as const, params: { to, from } },
    ...(to !== from && { target: to }),
    actions: [{ type: 'takeReport' as const, params: { from } }, 'tellWatchers' as const],
  }))
}

/** How an order ends on less than its venue's report. */
const ENDINGS = {
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
type Ending = keyof typeof ENDINGS

function ending(as: Ending) {
  return { target: as, actions: [{ type: 'end' as const, params: { as } }, 'tellWatchers' as const] }
}

/** Only the venue itself can say that it does not have the order: never, or, once it had, no more. */
const ORDER_UNKNOWN = ending('canceled')
const VERIFY = { actions: 'askStatus' as const }

/** A venue that does not know the order answers nothing more about it. */
const FORGOTTEN = { target: 'idle' as const, actions: ['dropRequests' as const, 'tellWatchers' as const] }

/** What was asked for is pending until it is answered. */
const answered = (request: RequestState) => ({
  guard: { type: 'leaves' as const, params: { request } },
  target: request,
})
const unanswered = (state: RequestState) => ({
  [ANSWER_WITHIN_MS]: { target: state, reenter: true, actions: 'askStatus' as const },
})

const REFUSE_REPLACE = ['refuseReplace', 'tellWatchers'] as const
const REPLACE = [
  { guard: 'mayReplace' as const, target: 'pendingReplace' as const, actions: 'requestReplace' as const },
  { actions: REFUSE_REPLACE },
]

const REFUSED = { cancel: 'ORDER_CANCEL_REJECTED', replace: 'ORDER_REPLACE_REJECTED' } as const

/** The ways in which an order of a version differs. */
interface Form {
  /** Whether the order refuses a report of other terms. */
  readonly isStrict: boolean
  /** Returns how many requests were made for it so far, as far as it knows. */
  readonly requestsOf: (order: OrderContext) => number
}

const orderOf = (version: string, { isStrict, requestsOf }: Form) =>
  setup({
    types: {} as {
      input: OrderInput
      context: OrderContext
      events: OrderEvent
      emitted: OrderEmitted
    },
    guards: {
      /** The report takes the order there, by FIX's rules: see execution.ts. */
      leads: ({ context, event }, { from, to }: From & { to: Reported }) =>
        event.type === 'EXECUTION_REPORT' && outcomeOnce(context, from, event, isStrict)?.state === to,
      /** The venue has had the ClOrdID before: from us, perhaps, so it may have the order, too (FIX F.1.b). */
      isDuplicate: ({ event }) =>
        event.type === 'EXECUTION_REPORT' && event.ordRejReason === 'DUPLICATE_ORDER',
      isKnown: ({ context }) => context.orderId !== undefined,
      /** For good: what is done for the day may be asked to end. */
      isOver: ({ context }) => hasEnded(context) && context.ordStatus !== 'DONE_FOR_DAY',
      isAmiss: ({ context }) => context.toldQty !== undefined,
      isPending: ({ context, event }) =>
        event.type === 'ORDER_CANCEL_REJECT' &&
        context.pending.some(({ clOrdId }) => clOrdId === event.clOrdId),
      /** A filled one may be given more to fill (FIX C.1.c); nothing brings back one that ended otherwise. */
      mayReplace: ({ context }) =>
        context.orderId !== undefined && (!hasEnded(context) || context.ordStatus === 'FILLED'),
      leaves: ({ context }, { request }: { request: RequestState }) =>
        requestState(context.pending) === request,
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
      /** Placed by somebody else; what it is, the venue's next report says. */
      reportAdopted: enqueueActions(({ context, event: { at }, enqueue }) => {
        const { foreignId } = context
        enqueue.emit({
          type: 'ORDER_ADOPTED',
          ...facts(context, at),
          ...(foreignId !== undefined && { foreignId }),
        })
        enqueue(tell(context.terms.account, updateOf(context, at)))
      }),
      /** Orders that have ended are forgotten by their accounts, not by themselves: their ids are used up. */
      refuseSubmit: enqueueActions(({ context: { id: orderId }, event, enqueue }) => {
        assertEvent(event, 'SUBMIT')
        const { at, account, owner = account, list, watchers = [] } = event
        const text = `orderId: ${orderId} asked, a new one allowed`
        const of = { at, orderId, ...(list && { list }), check: 'orderId', text }
        const refused: RequestRefused = { type: 'REQUEST_REFUSED', ...of }
        for (const to of new Set([account, owner, ...watchers])) enqueue(tell(to, refused))
      }),
      askStatus: enqueueActions(({ context, enqueue }) => {
        const { id, clOrdId, terms } = context
        const request: OrderStatusRequest = {
          type: 'ORDER_STATUS_REQUEST',
          order: `order/${id}`,
          clOrdId,
          ...foreignly(context, clOrdId),
        }
        enqueue(tell(`port/${terms.venue}`, request))
      }),
      /** What the report changes, and what it tells whom. */
      takeReport: enqueueActions(({ context, event, enqueue }, { from }: From) => {
        assertEvent(event, 'EXECUTION_REPORT')
        const { at } = event
        const outcome = outcomeOnce(context, from, event, isStrict) as Outcome
        if (outcome.isForeign) {
          const { symbol, side, orderQty } = event
          const reported = { reportedSymbol: symbol, reportedSide: side, reportedQty: orderQty }
          const { id, terms } = context
          const reason = `a report for order/${id} is of another order`
          enqueue.assign(outcome.changes)
          enqueue.emit({ type: 'ORDER_DISCREPANCY', ...facts(context, at), ...reported })
          enqueue(
            tell(`reconciliation/${terms.venue}`, { type: 'RECONCILE', at, reason } satisfies Reconcile),
          )
          return
        }
        const { state, changes, counted, busted, overfill, refused = [] } = outcome
        const after: OrderContext = { ...context, ...changes, ordStatus: ORD_STATUS[state] }
        const { account, owner } = after.terms
        const of = facts(after, at)
        enqueue.assign({ ...changes, ordStatus: ORD_STATUS[state] })
        const report = orderReport(event, outcome, from, of, after.terms)
        if (report !== undefined) enqueue.emit(report)
        if (overfill !== undefined)
          enqueue.emit({
            type: 'ORDER_OVERFILLED',
            ...of,
            isCounted: counted !== undefined,
            ...tradeOf(overfill),
          })
        for (const { kind } of refused)
          enqueue.emit({ type: REFUSED[kind], ...of, text: 'the venue goes on without it' })
        // The account first: what a position tells it of its value is of after the money has moved.
        const deal = dealReport(after, outcome, at)
        for (const to of [account, positionAddress(after.terms), owner])
          if (to !== undefined && deal !== undefined) enqueue(tell(to, deal))
        if (isOut(state) && !isOut(from))
          for (const to of partiesOf(after)) enqueue(tell(to, closedReport(after, at)))
        // What it holds for an order is what it was told last: of one that works again, on what terms, with how much left.
        const isBack = !isOut(state) && (isOut(from) || busted !== undefined)
        if (isBack || after.terms !== context.terms || refused.length > 0)
          enqueue(tell(account, updateOf(after, at)))
        if (after.toldQty === undefined || context.toldQty !== undefined) return
        enqueue.raise(
          { type: 'SETTLED', at: at + SETTLES_WITHIN_MS },
          { delay: SETTLES_WITHIN_MS, id: 'settled' },
        )
      }),
      /** A fill, or the bust of one, is lost: what the venue has can be fetched. */
      reconcile: enqueueActions(({ context: { id, terms }, event: { at }, enqueue }) => {
        const reason = `order/${id} has not filled what its venue has told`
        enqueue.assign({ toldQty: undefined })
        enqueue(tell(`reconciliation/${terms.venue}`, { type: 'RECONCILE', at, reason } satisfies Reconcile))
      }),
      end: enqueueActions(({ context, event, enqueue }, { as }: { as: Ending }) => {
        const { type, ordStatus, endedAs, why } = ENDINGS[as]
        const { text = why, ordRejReason }: Partial<Deny> = event.type === 'DENY' ? event : {}
        const reason = { text, ...(ordRejReason && { ordRejReason }) }
        const end = { endedAs, ordStatus, leavesQty: decimal.ZERO, pending: [], ...reason }
        const after: OrderContext = { ...context, ...end }
        enqueue.assign(end)
        enqueue.emit({ type, ...facts(after, event.at), text })
        // Those who refused it know.
        if (as === 'denied') return
        for (const to of partiesOf(after)) enqueue(tell(to, closedReport(after, event.at)))
      }),
      dropRequests: assign({ pending: [] }),
      tellWatchers: enqueueActions(({ context, event: { at }, enqueue }) => {
        for (const to of context.terms.watchers ?? []) enqueue(tell(to, updateOf(context, at)))
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
        const { clOrdId, asked } = nextRequest(context, { kind: 'cancel' }, requestsOf)
        enqueue.assign(asked)
        enqueue.emit({ type: 'ORDER_PENDING_CANCEL', ...facts({ ...context, ...asked }, event.at) })
        const of = { origClOrdId, ...foreignly(context, origClOrdId) }
        const request: CancelOrder = { type: 'CANCEL_ORDER', clOrdId, ...of }
        enqueue(tell(`port/${terms.venue}`, request))
      }),
      requestReplace: enqueueActions(({ context, event, enqueue }) => {
        assertEvent(event, 'REPLACE')
        const { terms, pending } = context
        // One after the other: the next replaces what the one before it will have made (FIX D.2).
        const before = pending.at(-1)
        const origClOrdId = before?.clOrdId ?? context.clOrdId
        const { orderQty = before?.orderQty ?? terms.orderQty, price, stopPx } = event
        const { clOrdId, asked } = nextRequest(context, { kind: 'replace', orderQty }, requestsOf)
        const prices = { ...(price && { price }), ...(stopPx && { stopPx }) }
        enqueue.assign(asked)
        const report = facts({ ...context, ...asked }, event.at)
        enqueue.emit({ type: 'ORDER_PENDING_REPLACE', ...report, newOrderQty: orderQty, ...prices })
        const of = { origClOrdId, ...foreignly(context, origClOrdId) }
        const request: ReplaceOrder = { type: 'REPLACE_ORDER', clOrdId, ...of, orderQty, ...prices }
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
        enqueue(tell(context.terms.account, updateOf(context, event.at)))
      }),
      refuseCancel: enqueueActions(({ context, event: { at }, enqueue }) => {
        const text = 'nothing is left of the order'
        enqueue.emit({ type: 'ORDER_CANCEL_REJECTED', ...facts(context, at), text })
      }),
      /** What was asked for is not to be. */
      takeRefusal: enqueueActions(({ context, event, enqueue }) => {
        assertEvent(event, 'ORDER_CANCEL_REJECT')
        const { at, clOrdId, text } = event
        const refused = context.pending.find((asked) => asked.clOrdId === clOrdId) as PendingRequest
        const pending = context.pending.filter((asked) => asked !== refused)
        const after = { ...context, pending }
        enqueue.assign({ pending })
        // The account held what was asked for; the old terms are in force still.
        if (refused.kind === 'replace') enqueue(tell(context.terms.account, updateOf(after, at)))
        enqueue.emit({ type: REFUSED[refused.kind], ...facts(after, at), text })
      }),
    },
  }).createMachine({
    id: 'order',
    version,
    description:
      'An order at a venue. What the venue has done to it and what was asked of it are two regions, so that a fill ' +
      'while a cancel is pending keeps both truths (FIX 4.4, appendix D).',
    context: ({ input }) => contextOf(input),
    type: 'parallel',
    on: {
      SUBMIT: { actions: 'refuseSubmit' },
      SETTLED: { guard: 'isAmiss', actions: 'reconcile' },
      ORDER_CANCEL_REJECT: { guard: 'isPending', actions: ['takeRefusal', 'tellWatchers'] },
    },
    states: {
      execution: {
        initial: 'initialized',
        states: {
          initialized: {
            on: {
              SUBMIT: { target: 'submitted', actions: ['reportCreated', 'place'] },
              DENY: { target: 'denied', actions: ['reportCreated', ...ending('denied').actions] },
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
            after: {
              [ANSWER_WITHIN_MS]: { target: 'submitted', reenter: true, actions: 'askStatus' },
            },
            on: {
              VERIFY,
              ORDER_UNKNOWN: ending('rejected'),
              EXECUTION_REPORT: [
                { guard: 'isDuplicate', target: 'submitted', reenter: true, actions: 'askStatus' },
                ...reports(
                  'submitted',
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
              EXECUTION_REPORT: reports(
                'doneForDay',
                'doneForDay',
                'filled',
                'accepted',
                'partiallyFilled',
                'canceled',
                'expired',
              ),
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
                { guard: 'isOver', actions: 'refuseCancel' },
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
              { guard: 'isOver', target: 'idle' },
              { guard: 'isKnown', target: 'pendingCancel', actions: 'requestCancel' },
            ],
            on: { REPLACE: { actions: REFUSE_REPLACE } },
          },
          pendingReplace: {
            always: answered('idle'),
            after: unanswered('pendingReplace'),
            on: {
              ORDER_UNKNOWN: FORGOTTEN,
              CANCEL: { target: 'pendingCancel', actions: ['reportIntervention', 'requestCancel'] },
              REPLACE,
            },
          },
          pendingCancel: {
            always: [answered('idle'), answered('pendingReplace')],
            after: unanswered('pendingCancel'),
            on: { ORDER_UNKNOWN: FORGOTTEN, REPLACE: { actions: REFUSE_REPLACE } },
          },
        },
      },
    },
  })

/** An adopted order may have made requests that nobody here knows of. */
const knownRequests = ({ requests, clOrdId }: OrderContext) => Math.max(requests, requestNumber(clOrdId))
/** Up to version 5. */
const ownRequests = ({ requests }: OrderContext) => requests

export const orderMachine = orderOf('6', { isStrict: true, requestsOf: knownRequests })
export const orderVersion5 = orderOf('5', { isStrict: true, requestsOf: ownRequests })
export const orderVersion4 = orderOf('4', { isStrict: false, requestsOf: ownRequests })

/** Up to version 5 an order knew its list only as one of those that watch it. */
export const orderFromVersion5 = {
  from: '5',
  to: '6',
  migrate: ({ value, context }: { readonly value: unknown; readonly context: unknown }) => {
    const { terms, ...rest } = context as OrderContext
    const list = terms.watchers?.find((watcher) => watcher.startsWith('list/'))
    return { value, context: { ...rest, terms: { ...terms, ...(list && { list }) } } }
  },
}

/** What it is to be, and where; whom it belongs to is no venue's business. */
function termsOf({ terms }: OrderContext) {
  const {
    account: _account,
    owner: _owner,
    list: _list,
    watchers: _watchers,
    overfill: _overfill,
    ...what
  } = terms
  return what
}

/** Those who keep books of what it does. */
function partiesOf({ terms: { account, owner } }: OrderContext): readonly string[] {
  return owner === undefined ? [account] : [account, owner]
}

/** Returns the venue's name of the order of a request, where the name is none of ours. */
function foreignly({ id, foreignId }: OrderContext, clOrdId: string): { readonly foreignId?: string } {
  return foreignId !== undefined && clOrdId === id ? { foreignId } : {}
}

/** The next request of an order, and the order with it made. */
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

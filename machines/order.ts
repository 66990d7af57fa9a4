import { assertEvent, assign, enqueueActions, sendTo, setup, stateIn } from 'xstate'
import { z } from 'zod'
import * as decimal from './decimal.ts'
import { type Cancel, cancel, type Fill, type OrderClosed, type Submit, submit } from './events/commands.ts'
import type { DomainEvent } from './events/domain.ts'
import {
  type CancelOrder,
  type ExecutionReport,
  executionReport,
  type OrderCancelReject,
  type OrderStatusRequest,
  type OrderUnknown,
  type OrdStatus,
  orderCancelReject,
  orderUnknown,
  type PlaceOrder,
} from './events/order.ts'
import {
  avgPx,
  completes,
  facts,
  fillId,
  type OrderContext,
  type OrderInput,
  statusAfter,
  withFill,
} from './order-status.ts'

/** What may come from outside: commands, and what venues report. */
export const orderEvents = z.discriminatedUnion('type', [
  submit,
  cancel,
  executionReport,
  orderCancelReject,
  orderUnknown,
])

type OrderEvent = Submit | Cancel | ExecutionReport | OrderCancelReject | OrderUnknown
type OrderEmitted = Extract<DomainEvent, { type: `ORDER_${string}` }>

/** A venue that has not answered within this time is asked what became of the order. */
const ANSWER_WITHIN_MS = 5_000

// The types of setup() leave no room for a guard that actions check; XState itself takes it.
const PENDING_CANCEL = stateIn({ request: 'pendingCancel' }) as never

/** A fill on its way when the order ended counts as any other, and may make it a filled one (FIX: Filled goes before). */
const LATE_FILLS = [
  { guard: 'isLastFill', target: 'filled', actions: 'takeFill' },
  { guard: 'isFill', actions: 'takeFill' },
] as const

export const orderMachine = setup({
  types: {} as {
    input: OrderInput
    context: OrderContext
    events: OrderEvent
    emitted: OrderEmitted
  },
  guards: {
    isNew: ({ event }) => isReport(event, 'NEW'),
    isTriggered: ({ event }) => isReport(event, 'TRIGGERED'),
    isCanceled: ({ event }) => isReport(event, 'CANCELED'),
    isRejected: ({ event }) => isReport(event, 'REJECTED'),
    isExpired: ({ event }) => isReport(event, 'EXPIRED'),
    /** A fill that was not counted before. */
    isFill: ({ context, event }) => isNewFill(context, event),
    isLastFill: ({ context, event }) => isNewFill(context, event) && completes(context, event),
    // An answer to a status request says where the venue's books are. Fills come as reports of their own, so an end
    // is believed once all fills before it have been counted.
    saysRejected: ({ event }) => isReport(event, 'ORDER_STATUS') && event.ordStatus === 'REJECTED',
    saysCanceled: ({ context, event }) => saysEnded(context, event, 'CANCELED'),
    saysExpired: ({ context, event }) => saysEnded(context, event, 'EXPIRED'),
    saysKnown: ({ event }) => isReport(event, 'ORDER_STATUS') && event.ordStatus !== 'PENDING_NEW',
    isOut: ({ context }) => context.endedAs !== undefined,
    isKnown: ({ context }) => context.orderId !== undefined,
  },
  actions: {
    place: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'SUBMIT')
      const { venue, symbol, side, ordType, orderQty, price, stopPx, timeInForce } = context.terms
      const terms = {
        symbol,
        side,
        ordType,
        orderQty,
        timeInForce,
        ...(price && { price }),
        ...(stopPx && { stopPx }),
      }
      enqueue.emit({ type: 'ORDER_SUBMITTED', at: event.at, venue, order: `order/${context.id}`, ...terms })
      const placement: PlaceOrder = { type: 'PLACE_ORDER', clOrdId: context.clOrdId, ...terms }
      enqueue(sendTo(({ system }) => system.get(`port/${venue}`), placement))
    }),
    askStatus: enqueueActions(({ context, enqueue }) => {
      const request: OrderStatusRequest = {
        type: 'ORDER_STATUS_REQUEST',
        order: `order/${context.id}`,
        clOrdId: context.clOrdId,
      }
      enqueue(sendTo(({ system }) => system.get(`port/${context.terms.venue}`), request))
    }),
    requestCancel: enqueueActions(({ context, event, enqueue }) => {
      const { id, clOrdId: origClOrdId, terms } = context
      const requests = context.requests + 1
      enqueue.assign({ requests })
      enqueue.emit({ type: 'ORDER_PENDING_CANCEL', ...facts(context, event.at, 'PENDING_CANCEL') })
      const request: CancelOrder = { type: 'CANCEL_ORDER', clOrdId: `${id}/${requests}`, origClOrdId }
      enqueue(sendTo(({ system }) => system.get(`port/${terms.venue}`), request))
    }),
    learnId: assign(({ event }) => {
      assertEvent(event, 'EXECUTION_REPORT')
      return { orderId: event.orderId }
    }),
    reportAccepted: enqueueActions(({ context, event, enqueue }) => {
      enqueue.emit({ type: 'ORDER_ACCEPTED', ...facts(context, event.at, 'NEW') })
    }),
    reportTriggered: enqueueActions(({ context, event, enqueue, check }) => {
      const status = statusAfter(context, check(PENDING_CANCEL))
      enqueue.emit({ type: 'ORDER_TRIGGERED', ...facts(context, event.at, status) })
    }),
    /** Counts a fill and passes it on to whoever keeps a book that it changes. */
    takeFill: enqueueActions(({ context, event, enqueue, check }) => {
      if (!isReport(event, 'TRADE')) return
      const { lastQty = decimal.ZERO, lastPx = decimal.ZERO, at } = event
      const { venue, symbol, side, account, owner } = context.terms
      const counted = withFill(context, event)
      enqueue.assign(counted)
      const tradeId = fillId(event)
      const fill: Fill = {
        type: 'FILL',
        at,
        order: `order/${context.id}`,
        tradeId,
        venue,
        symbol,
        side,
        lastQty,
        lastPx,
        commission: event.commission ?? decimal.ZERO,
        commissionAsset: event.commissionAsset ?? '',
      }
      const after = { ...context, ...counted }
      const filled = completes(context, event)
      const status = filled ? 'FILLED' : statusAfter(after, check(PENDING_CANCEL))
      const report = { ...facts(after, at, status), lastQty, lastPx, tradeId }
      enqueue.emit({ type: filled ? 'ORDER_FILLED' : 'ORDER_PARTIAL_FILL', ...report })
      for (const to of [`position/${venue}:${symbol}`, account, owner]) {
        if (to !== undefined) enqueue(sendTo(({ system }) => system.get(to), fill))
      }
    }),
    /** The order is out: nothing of it is left to be filled, and those who wait for it are told. */
    close: enqueueActions(({ context, event, enqueue }, { ordStatus }: { ordStatus: OrdStatus }) => {
      const text = textOf(event) ?? context.text
      enqueue.assign({
        leavesQty: decimal.ZERO,
        endedAs: ordStatus,
        ...(text !== undefined && { text }),
        ...(event.type === 'EXECUTION_REPORT' && { orderId: event.orderId }),
      })
      const report = {
        ...facts({ ...context, leavesQty: decimal.ZERO }, event.at, ordStatus),
        ...(text && { text }),
      }
      if (ordStatus === 'CANCELED') enqueue.emit({ type: 'ORDER_CANCELLED', ...report })
      if (ordStatus === 'REJECTED') enqueue.emit({ type: 'ORDER_REJECTED', ...report })
      if (ordStatus === 'EXPIRED') enqueue.emit({ type: 'ORDER_EXPIRED', ...report })
      const closed: OrderClosed = {
        type: 'ORDER_CLOSED',
        at: event.at,
        order: `order/${context.id}`,
        ordStatus,
        cumQty: context.cumQty,
        avgPx: avgPx(context),
      }
      for (const to of [context.terms.account, context.terms.owner]) {
        if (to !== undefined) enqueue(sendTo(({ system }) => system.get(to), closed))
      }
    }),
    reportCancelRejected: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'ORDER_CANCEL_REJECT')
      const report = { ...facts(context, event.at, statusAfter(context, false)), text: event.text }
      enqueue.emit({ type: 'ORDER_CANCEL_REJECTED', ...report })
    }),
  },
}).createMachine({
  id: 'order',
  version: '2',
  description:
    'An order at a venue. What the venue has done to it and what was asked of it are two regions, so that a fill ' +
    'while a cancel is pending keeps both truths (FIX 4.4, appendix D).',
  context: ({ input }) => ({
    ...input,
    clOrdId: input.id,
    requests: 1,
    cumQty: decimal.ZERO,
    leavesQty: input.terms.orderQty,
    cumCost: decimal.ZERO,
    fillIds: [],
  }),
  type: 'parallel',
  states: {
    execution: {
      initial: 'initialized',
      states: {
        initialized: { on: { SUBMIT: { target: 'submitted', actions: 'place' } } },
        submitted: {
          tags: 'working',
          description: 'On its way: the venue may or may not have it, and only the venue can say.',
          after: { [ANSWER_WITHIN_MS]: { target: 'submitted', reenter: true, actions: 'askStatus' } },
          on: {
            ORDER_UNKNOWN: { target: 'rejected' },
            EXECUTION_REPORT: [
              { guard: 'isNew', target: 'accepted', actions: ['learnId', 'reportAccepted'] },
              { guard: 'saysRejected', target: 'rejected' },
              { guard: 'saysCanceled', target: 'canceled' },
              { guard: 'saysExpired', target: 'expired' },
              { guard: 'saysKnown', target: 'accepted', actions: ['learnId', 'reportAccepted'] },
              // A fill may come before the acknowledgement.
              { guard: 'isLastFill', target: 'filled', actions: 'takeFill' },
              { guard: 'isFill', target: 'partiallyFilled', actions: 'takeFill' },
              { guard: 'isTriggered', target: 'triggered', actions: ['learnId', 'reportTriggered'] },
              { guard: 'isRejected', target: 'rejected' },
              { guard: 'isCanceled', target: 'canceled' },
              { guard: 'isExpired', target: 'expired' },
            ],
          },
        },
        accepted: {
          tags: 'working',
          on: {
            EXECUTION_REPORT: [
              { guard: 'isLastFill', target: 'filled', actions: 'takeFill' },
              { guard: 'isFill', target: 'partiallyFilled', actions: 'takeFill' },
              { guard: 'isTriggered', target: 'triggered', actions: 'reportTriggered' },
              { guard: 'isRejected', target: 'rejected' },
              { guard: 'isCanceled', target: 'canceled' },
              { guard: 'isExpired', target: 'expired' },
            ],
          },
        },
        triggered: {
          tags: 'working',
          description: 'A stop whose price was reached; it works as a market order from here on.',
          on: {
            EXECUTION_REPORT: [
              { guard: 'isLastFill', target: 'filled', actions: 'takeFill' },
              { guard: 'isFill', target: 'partiallyFilled', actions: 'takeFill' },
              { guard: 'isCanceled', target: 'canceled' },
              { guard: 'isExpired', target: 'expired' },
            ],
          },
        },
        partiallyFilled: {
          tags: 'working',
          on: {
            EXECUTION_REPORT: [
              { guard: 'isLastFill', target: 'filled', actions: 'takeFill' },
              { guard: 'isFill', actions: 'takeFill' },
              { guard: 'isCanceled', target: 'canceled' },
              { guard: 'isExpired', target: 'expired' },
            ],
          },
        },
        filled: {
          tags: 'closed',
          description: 'A venue may fill more than was ordered; what it did counts.',
          entry: { type: 'close', params: { ordStatus: 'FILLED' } },
          on: { EXECUTION_REPORT: { guard: 'isFill', actions: 'takeFill' } },
        },
        canceled: {
          tags: 'closed',
          entry: { type: 'close', params: { ordStatus: 'CANCELED' } },
          on: { EXECUTION_REPORT: LATE_FILLS },
        },
        expired: {
          tags: 'closed',
          entry: { type: 'close', params: { ordStatus: 'EXPIRED' } },
          on: { EXECUTION_REPORT: LATE_FILLS },
        },
        rejected: {
          tags: 'closed',
          entry: { type: 'close', params: { ordStatus: 'REJECTED' } },
          on: { EXECUTION_REPORT: LATE_FILLS },
        },
      },
    },
    request: {
      initial: 'idle',
      states: {
        idle: {
          on: {
            CANCEL: [
              { guard: 'isOut', description: 'Nothing is left of it that could be cancelled.' },
              { guard: 'isKnown', target: 'pendingCancel', actions: 'requestCancel' },
              { target: 'cancelWanted' },
            ],
          },
        },
        cancelWanted: {
          description:
            'The venue has not acknowledged the order yet, so there is nothing yet that could be cancelled.',
          always: [
            { guard: 'isOut', target: 'idle' },
            { guard: 'isKnown', target: 'pendingCancel', actions: 'requestCancel' },
          ],
        },
        pendingCancel: {
          on: {
            ORDER_CANCEL_REJECT: { target: 'idle', actions: 'reportCancelRejected' },
            EXECUTION_REPORT: { guard: 'isCanceled', target: 'idle' },
          },
        },
      },
    },
  },
})

function isReport(event: OrderEvent, execType: ExecutionReport['execType']): event is ExecutionReport {
  return event.type === 'EXECUTION_REPORT' && event.execType === execType
}

function isNewFill(context: OrderContext, event: OrderEvent): event is ExecutionReport {
  return isReport(event, 'TRADE') && !context.fillIds.includes(fillId(event))
}

function saysEnded({ cumQty }: OrderContext, event: OrderEvent, ordStatus: OrdStatus): boolean {
  const says = isReport(event, 'ORDER_STATUS') && event.ordStatus === ordStatus
  return says && decimal.compare(event.cumQty, cumQty) === 0
}

function textOf(event: OrderEvent): string | undefined {
  if (event.type === 'EXECUTION_REPORT') return event.text
  return event.type === 'ORDER_UNKNOWN' ? 'the venue never saw the order' : undefined
}

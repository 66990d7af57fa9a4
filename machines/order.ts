import { assign, enqueueActions, sendTo, setup } from 'xstate'
import { z } from 'zod'
import * as decimal from './decimal.ts'
import { type Cancel, cancel, type Fill, type OrderClosed, type Submit, submit } from './events/commands.ts'
import type { DomainEvent, DomainEvents } from './events/domain.ts'
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
  /** ClOrdID and the venue's own id, known from the first report on. */
  readonly clOrdId?: string
  readonly orderId?: string
  /** execIds that were counted: a report that comes twice counts once. */
  readonly execIds: readonly string[]
  /** Why it ended without being filled, if it did. */
  readonly text?: string
}

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

/** OrdStatus of each execution state, PendingCancel aside, which goes before those that are still working (FIX D). */
const ORD_STATUS: Record<string, OrdStatus> = {
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

export function avgPx({ cumCost, cumQty }: Pick<OrderContext, 'cumCost' | 'cumQty'>): string {
  return decimal.isZero(cumQty) ? decimal.ZERO : decimal.divide(cumCost, cumQty)
}

type Reported<T extends OrderEmitted['type']> = DomainEvents<T>

/** What every report of an order says. */
function facts(context: OrderContext, at: number, ordStatus: OrdStatus) {
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
    isLastFill: ({ context, event }) =>
      isNewFill(context, event) && leavesAfter(context, event) === decimal.ZERO,
    /** An answer to a status request says where the venue's books are. */
    saysWorking: ({ event }) => isReport(event, 'ORDER_STATUS') && event.ordStatus === 'NEW',
    saysRejected: ({ event }) => isReport(event, 'ORDER_STATUS') && event.ordStatus === 'REJECTED',
    isKnown: ({ context }) => context.clOrdId !== undefined,
  },
  actions: {
    place: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'SUBMIT') return
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
      const placement: PlaceOrder = { type: 'PLACE_ORDER', ...terms }
      enqueue(sendTo(({ system }) => system.get(`port/${venue}`), placement))
    }),
    askStatus: enqueueActions(({ context, enqueue }) => {
      const request: OrderStatusRequest = {
        type: 'ORDER_STATUS_REQUEST',
        order: `order/${context.id}`,
        ...(context.clOrdId !== undefined && { origClOrdId: context.clOrdId }),
      }
      enqueue(sendTo(({ system }) => system.get(`port/${context.terms.venue}`), request))
    }),
    requestCancel: enqueueActions(({ context, event, enqueue }) => {
      const { clOrdId, terms } = context
      if (clOrdId === undefined) return
      enqueue.emit({ type: 'ORDER_PENDING_CANCEL', ...facts(context, event.at, 'PENDING_CANCEL') })
      const request: CancelOrder = { type: 'CANCEL_ORDER', origClOrdId: clOrdId }
      enqueue(sendTo(({ system }) => system.get(`port/${terms.venue}`), request))
    }),
    learnIds: assign(({ event }) => {
      if (event.type !== 'EXECUTION_REPORT') return {}
      const { clOrdId, orderId } = event
      return { clOrdId, orderId }
    }),
    reportAccepted: enqueueActions(({ context, event, enqueue }) => {
      enqueue.emit({
        type: 'ORDER_ACCEPTED',
        ...facts(context, event.at, 'NEW'),
      } as Reported<'ORDER_ACCEPTED'>)
    }),
    reportTriggered: enqueueActions(({ context, event, enqueue }) => {
      enqueue.emit({
        type: 'ORDER_TRIGGERED',
        ...facts(context, event.at, 'NEW'),
      } as Reported<'ORDER_TRIGGERED'>)
    }),
    /** Counts a fill and passes it on; `last` says in which state it leaves the order. */
    takeFill: enqueueActions(({ context, event, enqueue }, { out }: { out: boolean }) => {
      if (event.type !== 'EXECUTION_REPORT') return
      const { lastQty = decimal.ZERO, lastPx = decimal.ZERO, clOrdId, orderId, execId, at } = event
      const { venue, symbol, side, account, owner } = context.terms
      const counted = {
        clOrdId,
        orderId,
        cumQty: decimal.add(context.cumQty, lastQty),
        cumCost: decimal.add(context.cumCost, decimal.multiply(lastQty, lastPx)),
        // An order that is out has nothing left to be filled, though a late fill may still come.
        leavesQty: out ? decimal.ZERO : leavesAfter(context, event),
        execIds: [...context.execIds, execId],
      }
      enqueue.assign(counted)
      const after = { ...context, ...counted }
      const filled = decimal.compare(after.cumQty, context.terms.orderQty) >= 0
      const tradeId = event.tradeId ?? execId
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
      const status = filled ? 'FILLED' : 'PARTIALLY_FILLED'
      const report = { ...facts(after, at, status), lastQty, lastPx, tradeId }
      enqueue.emit({ type: filled ? 'ORDER_FILLED' : 'ORDER_PARTIAL_FILL', ...report })
      for (const to of [`position/${venue}:${symbol}`, account, owner]) {
        if (to !== undefined) enqueue(sendTo(({ system }) => system.get(to), fill))
      }
    }),
    /** The order is out: nothing of it is left to be filled, and those who wait for it are told. */
    close: enqueueActions(({ context, event, enqueue }, { ordStatus }: { ordStatus: OrdStatus }) => {
      const text = textOf(event) ?? context.text
      enqueue.assign({ leavesQty: decimal.ZERO, ...(text !== undefined && { text }), ...idsOf(event) })
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
      if (event.type !== 'ORDER_CANCEL_REJECT') return
      const status: OrdStatus = decimal.isZero(context.cumQty) ? 'NEW' : 'PARTIALLY_FILLED'
      enqueue.emit({ type: 'ORDER_CANCEL_REJECTED', ...facts(context, event.at, status), text: event.text })
    }),
  },
}).createMachine({
  id: 'order',
  version: '1',
  description:
    'An order at a venue. What the venue has done to it and what was asked of it are two regions, so that a fill ' +
    'while a cancel is pending keeps both truths (FIX 4.4, appendix D).',
  context: ({ input }) => ({
    ...input,
    cumQty: decimal.ZERO,
    leavesQty: input.terms.orderQty,
    cumCost: decimal.ZERO,
    execIds: [],
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
              { guard: 'isNew', target: 'accepted', actions: ['learnIds', 'reportAccepted'] },
              { guard: 'saysWorking', target: 'accepted', actions: ['learnIds', 'reportAccepted'] },
              { guard: 'saysRejected', target: 'rejected' },
              // A fill may come before the acknowledgement.
              { guard: 'isLastFill', target: 'filled', actions: fillAction(true) },
              { guard: 'isFill', target: 'partiallyFilled', actions: fillAction(false) },
              { guard: 'isTriggered', target: 'triggered', actions: ['learnIds', 'reportTriggered'] },
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
              { guard: 'isLastFill', target: 'filled', actions: fillAction(true) },
              { guard: 'isFill', target: 'partiallyFilled', actions: fillAction(false) },
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
              { guard: 'isLastFill', target: 'filled', actions: fillAction(true) },
              { guard: 'isFill', target: 'partiallyFilled', actions: fillAction(false) },
              { guard: 'isCanceled', target: 'canceled' },
              { guard: 'isExpired', target: 'expired' },
            ],
          },
        },
        partiallyFilled: {
          tags: 'working',
          on: {
            EXECUTION_REPORT: [
              { guard: 'isLastFill', target: 'filled', actions: fillAction(true) },
              { guard: 'isFill', actions: fillAction(false) },
              { guard: 'isCanceled', target: 'canceled' },
              { guard: 'isExpired', target: 'expired' },
            ],
          },
        },
        filled: { tags: 'closed', entry: { type: 'close', params: { ordStatus: 'FILLED' } } },
        canceled: {
          tags: 'closed',
          entry: { type: 'close', params: { ordStatus: 'CANCELED' } },
          on: { EXECUTION_REPORT: { guard: 'isFill', actions: fillAction(true) } },
        },
        expired: {
          tags: 'closed',
          entry: { type: 'close', params: { ordStatus: 'EXPIRED' } },
          on: { EXECUTION_REPORT: { guard: 'isFill', actions: fillAction(true) } },
        },
        rejected: { tags: 'closed', entry: { type: 'close', params: { ordStatus: 'REJECTED' } } },
      },
    },
    request: {
      initial: 'idle',
      states: {
        idle: {
          on: {
            CANCEL: [
              { guard: 'isKnown', target: 'pendingCancel', actions: 'requestCancel' },
              { target: 'cancelWanted' },
            ],
          },
        },
        cancelWanted: {
          description:
            'The venue has not acknowledged the order yet, so there is nothing yet that could be cancelled.',
          always: { guard: 'isKnown', target: 'pendingCancel', actions: 'requestCancel' },
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

function fillAction(out: boolean) {
  return { type: 'takeFill', params: { out } } as const
}

function isReport(event: OrderEvent, execType: ExecutionReport['execType']): event is ExecutionReport {
  return event.type === 'EXECUTION_REPORT' && event.execType === execType
}

function isNewFill(context: OrderContext, event: OrderEvent): event is ExecutionReport {
  return isReport(event, 'TRADE') && !context.execIds.includes(event.execId)
}

/** LeavesQty after a fill, 0 at the least: a venue that fills more than was ordered leaves nothing. */
function leavesAfter(context: OrderContext, event: ExecutionReport): string {
  return decimal.max(decimal.ZERO, decimal.subtract(context.leavesQty, event.lastQty ?? decimal.ZERO))
}

function textOf(event: OrderEvent): string | undefined {
  if (event.type === 'EXECUTION_REPORT') return event.text
  return event.type === 'ORDER_UNKNOWN' ? 'the venue never saw the order' : undefined
}

function idsOf(event: OrderEvent): { clOrdId?: string; orderId?: string } {
  return event.type === 'EXECUTION_REPORT' ? { clOrdId: event.clOrdId, orderId: event.orderId } : {}
}

import { enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import { type Cancel, cancel, type OrderRequest, type OrderUpdate, orderUpdate } from '../events/commands.ts'
import type { DomainEvents } from '../events/domain.ts'
import {
  type Exit,
  exit,
  type ListPhase,
  type ListRequest,
  type ListUpdate,
  listRequest,
  type ReplaceLeg,
  replaceLeg,
} from '../events/list.ts'
import { tell } from '../tell.ts'
import {
  exposureOf,
  forgiven,
  type List,
  type ListCommand,
  listOf,
  phaseOf,
  planned,
  withExit,
  withPrices,
  withUpdate,
} from './plan.ts'

export const orderListEvents = z.discriminatedUnion('type', [
  listRequest,
  orderUpdate,
  replaceLeg,
  cancel,
  exit,
])

/** What a venue refused is asked for again after this time. */
const RETRY_AFTER_MS = 5_000

/** A list is brought into being by its request. */
export interface OrderListInput {
  readonly id: string
  readonly request: ListRequest
}

type Retry = { readonly type: 'RETRY'; readonly at: number }
type OrderListEvent = ListRequest | OrderUpdate | ReplaceLeg | Cancel | Exit | Retry

/** The list after the event, as far as its orders say: what that asks for comes from `planned`. */
function after(list: List, event: OrderListEvent): List {
  switch (event.type) {
    case 'ORDER_UPDATE':
      return withUpdate(list, event)
    case 'REPLACE_LEG':
      return withPrices(list, event.legId, event)
    case 'CANCEL':
      return { ...list, isCancelled: true }
    case 'EXIT':
      return withExit(list)
    default:
      return event.type === 'RETRY' ? forgiven(list) : list
  }
}

const is =
  (phase: ListPhase) =>
  ({ context }: { context: List }) =>
    phaseOf(context) === phase

/** Where its orders have led it by now. */
const toHeld = { guard: 'isHeld', target: 'held' } as const
const toExiting = { guard: 'isExiting', target: 'exiting' } as const
const toWorking = { guard: 'isWorking', target: 'working' } as const
const toEntering = { guard: 'isEntering', target: 'entering' } as const
const toDone = { guard: 'isDone', target: 'done' } as const

export const orderListMachine = setup({
  types: {} as {
    input: OrderListInput
    context: List
    events: OrderListEvent
    emitted: DomainEvents<'ORDER_LIST_UPDATED' | 'MANUAL_INTERVENTION'>
  },
  guards: {
    isEntering: is('entering'),
    isWorking: is('working'),
    isHeld: ({ context }) => is('exposed')({ context }) || is('protected')({ context }),
    isExposed: is('exposed'),
    isProtected: is('protected'),
    isExiting: is('exiting'),
    isDone: is('done'),
  },
  actions: {
    take: enqueueActions(({ context, event, enqueue }) => {
      const { at } = event
      const known = after(context, event)
      const { list, commands } = planned(known)
      enqueue.assign(list)
      if ((event.type === 'CANCEL' || event.type === 'EXIT') && event.by !== undefined) {
        const { type: action, by, reason } = event
        const of = { at, venue: list.venue, symbol: list.symbol, by, ...(reason && { reason }) }
        enqueue.emit({ type: 'MANUAL_INTERVENTION', action, ...of })
      }
      const phase = phaseOf(list)
      const exposure = exposureOf(list)
      const isNews =
        phase !== phaseOf(context) || exposure !== exposureOf(context) || event.type === 'LIST_REQUEST'
      if (isNews) {
        const { id, venue, symbol, contingencyType, owner } = list
        const facts = { list: `list/${id}`, phase, exposure }
        enqueue.emit({ type: 'ORDER_LIST_UPDATED', at, venue, symbol, contingencyType, ...facts })
        const update: ListUpdate = { type: 'LIST_UPDATE', at, ...facts }
        if (owner !== undefined) enqueue(tell(owner, update))
      }
      for (const command of commands) enqueue(tell(...messageOf(list, command, at)))
      if (event.type === 'REPLACE_LEG') {
        const order = list.legs.find(({ legId }) => legId === event.legId)?.order
        const { price, stopPx } = event
        const prices = { ...(price && { price }), ...(stopPx && { stopPx }) }
        if (order !== undefined) enqueue(tell(order, { type: 'REPLACE', at, ...prices }))
      }
      const isRefused = list.legs.some(({ refusals }, i) => refusals > (context.legs[i]?.refusals ?? 0))
      if (!isRefused) return
      enqueue.cancel('retry')
      enqueue.raise({ type: 'RETRY', at: at + RETRY_AFTER_MS }, { delay: RETRY_AFTER_MS, id: 'retry' })
    }),
  },
}).createMachine({
  id: 'orderList',
  version: '2',
  description: 'Orders that belong together: what becomes of one decides about the others.',
  context: ({ input }) => listOf(input.id, input.request),
  initial: 'initialized',
  on: {
    ORDER_UPDATE: { actions: 'take' },
    REPLACE_LEG: { actions: 'take' },
    CANCEL: { actions: 'take' },
    EXIT: { actions: 'take' },
    RETRY: { actions: 'take' },
  },
  states: {
    initialized: { on: { LIST_REQUEST: { target: 'entering', actions: 'take' } } },
    entering: {
      tags: 'working',
      description: 'Nothing is filled yet.',
      always: [toHeld, toExiting, toWorking, toDone],
    },
    held: {
      tags: ['working', 'exposed'],
      initial: 'exposed',
      always: [toExiting, toWorking, toEntering, toDone],
      states: {
        exposed: {
          description: 'Its stop is not live yet, or does not cover all.',
          always: { guard: 'isProtected', target: 'protected' },
        },
        protected: {
          description: 'A live stop covers all that is held.',
          always: { guard: 'isExposed', target: 'exposed' },
        },
      },
    },
    exiting: {
      tags: ['working', 'exposed'],
      description: 'On the way out at market; the stop stays until then.',
      always: [toHeld, toWorking, toDone],
    },
    working: {
      tags: 'working',
      description: 'Nothing is held that would need a stop.',
      always: [toHeld, toExiting, toEntering, toDone],
    },
    done: {
      tags: 'closed',
      description: 'A late fill or a bust opens it again.',
      always: [toHeld, toExiting, toWorking, toEntering],
    },
  },
})

/** Where a command goes, and as what. */
function messageOf(list: List, command: ListCommand, at: number): Parameters<typeof tell> {
  const { leg } = command
  const order = leg.order as string
  if (command.do === 'cancel') return [order, { type: 'CANCEL', at } satisfies Cancel]
  if (command.do === 'replace') return [order, { type: 'REPLACE', at, ...command.change }]
  const { id, owner, venue, symbol, positionSide, refPx, legs } = list
  const { side, ordType, price, stopPx, trailingOffset, timeInForce, expireTime, postOnly, reduceOnly } = leg
  const entered = legs[0]?.avgPx
  const request: OrderRequest = {
    type: 'ORDER_REQUEST',
    at,
    orderId: order.slice('order/'.length),
    ...(owner && { owner }),
    listId: id,
    venue,
    symbol,
    ...(positionSide && { positionSide }),
    side,
    ordType,
    orderQty: command.orderQty,
    ...(price && { price }),
    ...(stopPx && { stopPx }),
    ...(trailingOffset && { trailingOffset }),
    timeInForce,
    ...(expireTime && { expireTime }),
    ...(postOnly && { postOnly }),
    ...(reduceOnly && { reduceOnly }),
    refPx: entered && entered !== '0' ? entered : refPx,
  }
  return [`account/${venue}`, request]
}

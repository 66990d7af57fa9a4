import { assertEvent, enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import type { DomainEvents } from '../events/domain.ts'
import { type OrderUpdate, orderUpdate } from '../events/fill.ts'
import {
  type Exit,
  exit,
  type ListRequest,
  type ListUpdate,
  listRequest,
  type ReplaceLeg,
  replaceLeg,
} from '../events/list.ts'
import {
  type Cancel,
  cancel,
  type OrderRequest,
  type ReplaceRequest,
  type RequestRefused,
  requestRefused,
} from '../events/order-requests.ts'
import { type PositionChanged, positionChanged } from '../events/position.ts'
import { tell } from '../kind/tell.ts'
import { positionAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import {
  exposureOf,
  type IdOfLeg,
  idOfLeg3,
  type List,
  type ListCommand,
  listOf,
  nextLookAt,
  phaseOf,
  planned,
  withClosed,
  withExit,
  withPrices,
  withRefusal,
  withUpdate,
} from './plan.ts'

export const orderListEvents = z.discriminatedUnion('type', [
  listRequest,
  orderUpdate,
  requestRefused,
  positionChanged,
  replaceLeg,
  cancel,
  exit,
])

/** A list is brought into being by its request. */
export interface OrderListInput {
  readonly id: string
  readonly request: ListRequest
}

/** To itself: time has come to look after what could not be had before. */
type LookAgain = { readonly type: 'LOOK_AGAIN'; readonly at: number }
/** To itself, once the fills of the turn that closed the position are in: what was filled up to then is closed. */
type Closed = { readonly type: 'CLOSED'; readonly at: number; readonly cumQty: string }
type OrderListEvent =
  | ListRequest
  | OrderUpdate
  | RequestRefused
  | PositionChanged
  | ReplaceLeg
  | Cancel
  | Exit
  | LookAgain
  | Closed

/** The list after the event, as far as its orders say: what that asks for comes from `planned`. */
function after(list: List, event: OrderListEvent): List {
  switch (event.type) {
    case 'ORDER_UPDATE':
      return withUpdate(list, event)
    case 'REQUEST_REFUSED':
      return withRefusal(list, event)
    case 'CLOSED':
      return withClosed(list, event.cumQty)
    case 'REPLACE_LEG':
      return withPrices(list, event.legId, event)
    case 'CANCEL':
      return { ...list, isCancelled: true }
    case 'EXIT':
      return withExit(list)
    default:
      return list
  }
}

/** Named after the phases; while something is held there are two of them. */
const GUARDS = {
  entering: 'isEntering',
  working: 'isWorking',
  held: 'isHeld',
  exiting: 'isExiting',
  done: 'isDone',
} as const
type State = keyof typeof GUARDS

function stateOf(list: List): State {
  const phase = phaseOf(list)
  return phase === 'exposed' || phase === 'protected' ? 'held' : phase
}

const is =
  (state: State) =>
  ({ context }: { context: List }) =>
    stateOf(context) === state

/** To wherever its orders have led it by now. */
function elsewhere(from: State) {
  const others = (Object.keys(GUARDS) as State[]).filter((state) => state !== from)
  return others.map((target) => ({ guard: GUARDS[target], target: `#orderList.${target}` }))
}

const orderListOf = (version: string, idOf?: IdOfLeg) =>
  setup({
    types: {} as {
      input: OrderListInput
      context: List
      events: OrderListEvent
      emitted: DomainEvents<'ORDER_LIST_UPDATED' | 'ORDER_LIST_REJECTED' | 'MANUAL_INTERVENTION'>
    },
    guards: {
      isEntering: is('entering'),
      isWorking: is('working'),
      isHeld: is('held'),
      isExposed: ({ context }) => phaseOf(context) === 'exposed',
      isProtected: ({ context }) => phaseOf(context) === 'protected',
      isExiting: is('exiting'),
      isDone: is('done'),
    },
    actions: {
      take: enqueueActions(({ context, event, enqueue }) => {
        const { at } = event
        const { list, commands } = planned(after(context, event), at, idOf)
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
        if (!decimal.isPositive(exposureOf(context)) && decimal.isPositive(exposure))
          enqueue(tell(positionAddress(list), { type: 'WATCH', at, watcher: `list/${list.id}` }))
        const next = nextLookAt(list, at)
        if (next === nextLookAt(context, at)) return
        enqueue.cancel('lookAgain')
        if (next !== undefined)
          enqueue.raise({ type: 'LOOK_AGAIN', at: next }, { delay: next - at, id: 'lookAgain' })
      }),
      /** Its own orders may have done so: their fills come in the same turn. */
      noteClosed: enqueueActions(({ context, event: { at }, enqueue }) => {
        const cumQty = context.legs[0]?.cumQty as string
        enqueue.cancel('closed')
        enqueue.raise({ type: 'CLOSED', at, cumQty }, { delay: 0, id: 'closed' })
      }),
      /** Passes on a refusal of other terms, because the list's owner has asked for them. An order that is another's has a new id by now. */
      passRefusal: enqueueActions(({ context: { id, owner, legs }, event, enqueue }) => {
        assertEvent(event, 'REQUEST_REFUSED')
        const isKnown = legs.some((leg) => leg.isAcknowledged && leg.order === `order/${event.orderId}`)
        if (owner !== undefined && isKnown) enqueue(tell(owner, { ...event, list: `list/${id}` }))
      }),
      refuse: enqueueActions(({ context: { id, venue, symbol }, event, enqueue }) => {
        assertEvent(event, 'LIST_REQUEST')
        const { at, owner } = event
        const text = `listId: ${id} asked, a new one allowed`
        enqueue.emit({ type: 'ORDER_LIST_REJECTED', at, venue, symbol, list: `list/${id}`, text })
        const of = { at, orderId: id, list: `list/${id}`, check: 'listId', text }
        const refused: RequestRefused = { type: 'REQUEST_REFUSED', ...of }
        if (owner !== undefined) enqueue(tell(owner, refused))
      }),
    },
  }).createMachine({
    id: 'orderList',
    version,
    description: 'Orders that belong together: what becomes of one decides about the others.',
    context: ({ input }) => listOf(input.id, input.request),
    initial: 'initialized',
    on: {
      LIST_REQUEST: { actions: 'refuse' },
      ORDER_UPDATE: { actions: 'take' },
      REQUEST_REFUSED: { actions: ['passRefusal', 'take'] },
      POSITION_CHANGED: { actions: 'noteClosed' },
      REPLACE_LEG: { actions: 'take' },
      CANCEL: { actions: 'take' },
      EXIT: { actions: 'take' },
      LOOK_AGAIN: { actions: 'take' },
      CLOSED: { actions: 'take' },
    },
    states: {
      initialized: { on: { LIST_REQUEST: { target: 'entering', actions: 'take' } } },
      entering: {
        tags: 'working',
        description: 'Nothing is filled yet.',
        always: elsewhere('entering'),
      },
      held: {
        tags: ['working', 'exposed'],
        initial: 'exposed',
        always: elsewhere('held'),
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
        always: elsewhere('exiting'),
      },
      working: {
        tags: 'working',
        description: 'Nothing is held that would need a stop.',
        always: elsewhere('working'),
      },
      done: {
        tags: 'closed',
        description: 'A late fill or a bust opens it again.',
        always: elsewhere('done'),
      },
    },
  })

export const orderListMachine = orderListOf('4')
export const orderListVersion3 = orderListOf('3', idOfLeg3)

/** Where a command goes, and as what. */
function messageOf(list: List, command: ListCommand, at: number): Parameters<typeof tell> {
  const { leg } = command
  const order = leg.order as string
  if (command.do === 'cancel') return [order, { type: 'CANCEL', at } satisfies Cancel]
  const orderId = order.slice('order/'.length)
  if (command.do === 'replace') {
    const { change } = command
    // Other prices have to pass the gate; a quantity follows what is held.
    if (change.price === undefined && change.stopPx === undefined)
      return [order, { type: 'REPLACE', at, ...change }]
    const request: ReplaceRequest = {
      type: 'REPLACE_REQUEST',
      at,
      orderId,
      owner: `list/${list.id}`,
      ...change,
    }
    return [`account/${list.venue}`, request]
  }
  const { id, owner, venue, symbol, positionSide, refPx, legs } = list
  const { side, ordType, price, stopPx, trailingOffset, timeInForce, expireTime, postOnly, reduceOnly } = leg
  const entered = legs[0]?.avgPx
  const request: OrderRequest = {
    type: 'ORDER_REQUEST',
    at,
    orderId,
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

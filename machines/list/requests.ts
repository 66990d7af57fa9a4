/** The list after an event, and the requests of its legs. Pure. */
import { compact } from '../../errors/compact.ts'
import type { OrderRequest, ReplaceRequest } from '../events/order-requests.ts'
import { clOrdIdOf, listAddress } from '../model/addresses.ts'
import type { OrderListEvent } from './context.ts'
import {
  type Leg,
  type List,
  type ListCommand,
  withClosed,
  withExit,
  withPrices,
  withRefusal,
  withUpdate,
} from './plan.ts'

/** Returns the list after the event. `planned` says which requests follow from it. */
export function after(list: List, event: OrderListEvent): List {
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
      return { ...list, isCanceled: true }
    case 'EXIT':
      return withExit(list)
    default:
      return list
  }
}

/** Returns the request of another order for a leg. */
export function orderRequestOf(list: List, leg: Leg, orderQty: string, at: number): OrderRequest {
  const { id, owner, venue, symbol, strategy, positionSide, refPx, legs } = list
  const { side, ordType, price, stopPx, trailingOffset, timeInForce, expireTime, postOnly, reduceOnly } = leg
  const entered = legs[0]?.avgPx
  return compact({
    type: 'ORDER_REQUEST',
    at,
    clOrdId: clOrdIdOf(leg.order as string),
    owner,
    listId: id,
    strategy,
    venue,
    symbol,
    positionSide,
    side,
    ordType,
    orderQty,
    price,
    stopPx,
    trailingOffset,
    timeInForce,
    expireTime: expireTime || undefined,
    postOnly: postOnly || undefined,
    reduceOnly: reduceOnly || undefined,
    refPx: entered && entered !== '0' ? entered : refPx,
  })
}

type Change = Extract<ListCommand, { do: 'replace' }>['change']

/** Returns the request of other prices for a leg's order. */
export function replaceRequestOf({ id }: List, leg: Leg, change: Change, at: number): ReplaceRequest {
  const clOrdId = clOrdIdOf(leg.order as string)
  return { type: 'REPLACE_REQUEST', at, clOrdId, owner: listAddress(id), ...change }
}

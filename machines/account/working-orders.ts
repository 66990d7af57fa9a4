/** The working orders as an account keeps them. Pure. */
import type { OrderUpdate } from '../events/fill.ts'
import type { OrderRequest } from '../events/order-requests.ts'
import { clOrdIdOf } from '../model/addresses.ts'
import { ownOf } from '../model/own.ts'
import type { AccountContext } from './context.ts'

/** Returns the request of an order with the terms in force. An order that did not pass this gate gets a request as if it had. */
export function requestOf({ venue, working, marks }: AccountContext, update: OrderUpdate): OrderRequest {
  const {
    type: _type,
    at,
    order,
    owner: _owner,
    ordStatus: _status,
    cumQty: _cum,
    leavesQty: _leaves,
    avgPx,
    isAcknowledged: _ack,
    ordRejReason: _reason,
    text: _text,
    ...terms
  } = update
  const refPx = terms.price ?? terms.stopPx ?? ownOf(marks, terms.symbol) ?? avgPx
  const unknown = { type: 'ORDER_REQUEST' as const, at, clOrdId: clOrdIdOf(order), venue, refPx }
  return { ...(working[order]?.request ?? unknown), ...terms }
}

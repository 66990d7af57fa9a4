/** The orders that work, as an account holds them. Pure. */
import type { OrderUpdate } from '../events/fill.ts'
import type { OrderRequest } from '../events/order-requests.ts'
import { clOrdIdOf } from '../model/addresses.ts'
import { ownOf } from '../model/own.ts'
import type { AccountContext } from './context.ts'

/** The order on the terms that are in force; of one that was not let through here, as if it had been. */
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

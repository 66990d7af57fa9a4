/** Spot's `executionReport`. */
import { z } from 'zod'
import type { ExecType } from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { amount, id } from './fields.ts'
import { type IdReader, type OrderReport, orderUpdate, reportOf, toOrder } from './order-update.ts'

export const spotOrder = orderUpdate.extend({
  /** The order's own ClOrdID, where `c` is that of a request to cancel or amend it. */
  C: z.string(),
  x: z.enum(['NEW', 'CANCELED', 'REPLACED', 'REJECTED', 'TRADE', 'EXPIRED', 'TRADE_PREVENTION']),
  /** StopPx, zero where the order has none. */
  P: amount,
  /** Why it was rejected. */
  r: z.string(),
  /** ExecID. */
  I: id,
  /** It is on the book. */
  w: z.boolean(),
  /** The total cost of its fills. */
  Z: amount,
  /** Quantity that was not filled so as not to trade with itself. */
  A: amount.optional(),
})
type SpotOrder = z.infer<typeof spotOrder>

export function spotReport(order: SpotOrder, read: IdReader): OrderReport {
  const { s: symbol, c, C, I, P: stopPx, z: cumQty, Z: cumCost, A: preventedQty } = order
  const execType = execTypeOf(order)
  const own = read(C === '' ? c : C)
  const event = reportOf(order, {
    execType,
    // An amended order goes by the amendment's id from then on; a cancel leaves it its own.
    clOrdId: execType === 'REPLACED' ? read(c) : own,
    execId: `${symbol}-${I}`,
    stopPx,
    avgPx: decimal.isZero(cumQty) ? decimal.ZERO : decimal.divide(cumCost, cumQty),
    text: textOf(order),
    preventedQty,
  })
  return toOrder(own, event)
}

function execTypeOf({ x, X, o, w }: SpotOrder): ExecType {
  if (x === 'NEW') {
    if (X === 'PENDING_NEW') return 'PENDING_NEW'
    // A stop is new twice: off the book, and on it once its price is reached.
    const isConditional = o.startsWith('STOP_LOSS') || o.startsWith('TAKE_PROFIT')
    return isConditional && w ? 'TRIGGERED' : 'NEW'
  }
  // A match with itself was prevented: that ends the order, or takes from its quantity alone.
  if (x === 'TRADE_PREVENTION') return X === 'EXPIRED_IN_MATCH' ? 'EXPIRED' : 'ORDER_STATUS'
  return x
}

function textOf({ r, X }: SpotOrder): string | undefined {
  if (X === 'EXPIRED_IN_MATCH') return 'it would have traded with an order of its own account'
  return r === 'NONE' ? undefined : r
}

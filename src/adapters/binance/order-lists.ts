/** Spot's `listStatus`, and the futures' word on an order that is gone without a report of its own. Both name orders and say little of them. */
import { z } from 'zod'
import {
  type OrderUnknown,
  type Reconcile,
  reconciliationAddress,
  type Verify,
} from '../../../machines/index.ts'
import { orderAddress } from '../../../machines/model/addresses.ts'
import { epochMs } from '../../../machines/model/fields.ts'
import { id } from './fields.ts'
import type { Source } from './order-update.ts'

export interface OrderWord {
  readonly to: string
  readonly event: Verify | OrderUnknown | Reconcile
}

export const listStatus = z.object({ E: epochMs, O: z.array(z.object({ c: z.string() })) })

/** Returns a question for each order of the list: its status is that of the list, and it asks for its own. */
export function listReports(
  { E: at, O: orders }: z.infer<typeof listStatus>,
  { read }: Source,
): readonly OrderWord[] {
  return orders.map(({ c }) => ({ to: orderAddress(read(c)), event: { type: 'VERIFY', at } }))
}

export const triggerReject = z.object({ E: epochMs, or: z.object({ s: z.string(), i: id, r: z.string() }) })

/** Returns the end of an order whose trigger was refused. It has no ClOrdID: where the order is not known by its OrderID, the books say which one it is. */
export function triggerReports(
  { E: at, or }: z.infer<typeof triggerReject>,
  { venue, find }: Source,
): readonly OrderWord[] {
  const clOrdId = find(or.s, or.i)
  const text = `refused when it was triggered: ${or.r}`
  if (clOrdId !== undefined)
    return [{ to: orderAddress(clOrdId), event: { type: 'ORDER_UNKNOWN', at, clOrdId, text } }]
  const reason = `${or.s} order ${or.i} was ${text}`
  return [{ to: reconciliationAddress(venue), event: { type: 'RECONCILE', at, reason } }]
}

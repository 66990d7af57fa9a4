/** The futures' `ORDER_TRADE_UPDATE`. */
import { z } from 'zod'
import type { ExecType } from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { amount, positionSide } from './fields.ts'
import { type IdReader, type OrderReport, orderUpdate, reportOf, toOrder } from './order-update.ts'

/** An order's expiry reason that is none: its price was reached, and it goes on under the same id. */
const TRIGGERED = '8'
/** The other ones. */
const EXPIRY_REASONS: Readonly<Record<string, string>> = {
  1: 'it would have traded with an order of its own account',
  2: 'immediate or cancel: the rest could not be filled',
  3: 'immediate or cancel: the rest would have traded with an order of its own account',
  4: 'reduce only: another order came first, or it would have turned the position',
  5: 'the account was liquidated',
  6: 'the position that it was to close is gone',
  7: 'the symbol is delisted',
  9: 'at market: the rest could not be filled',
  10: 'fill or kill: it could not be filled whole',
  11: 'post only: it would have taken',
}

export const futuresOrder = z.object({
  o: orderUpdate.extend({
    x: z.enum(['NEW', 'CANCELED', 'CALCULATED', 'EXPIRED', 'TRADE', 'AMENDMENT']),
    /** OrdType that it was placed with, where that may be another than it works as by now. */
    ot: z.string().optional(),
    /** StopPx, zero where the order has none. */
    sp: amount,
    ap: amount,
    ps: positionSide,
    /** Why it has expired. */
    er: z.coerce.string().optional(),
  }),
})
type FuturesOrder = z.infer<typeof futuresOrder>['o']

export function futuresReport({ o: order }: z.infer<typeof futuresOrder>, read: IdReader): OrderReport {
  const { s: symbol, c, i, x, T, z: cumQty, sp: stopPx, ap: avgPx, ps, er = '' } = order
  const execType = execTypeOf(order)
  const clOrdId = read(c)
  const event = reportOf(order, {
    execType,
    // An amendment leaves the order its id: that of its request is known to who made it alone.
    clOrdId,
    // There is none in the message; these together are never the same twice.
    execId: [symbol, i, x, T, cumQty].join('-'),
    stopPx,
    avgPx,
    ...ps,
    text: execType === 'EXPIRED' ? EXPIRY_REASONS[er] : undefined,
  })
  return toOrder(clOrdId, event)
}

function execTypeOf({ x, o, ot, er, l }: FuturesOrder): ExecType {
  switch (x) {
    case 'NEW':
      // A stop is new again, as the order that it becomes, once its price is reached.
      return ot === undefined || ot === o ? 'NEW' : 'TRIGGERED'
    case 'EXPIRED':
      return er === TRIGGERED ? 'TRIGGERED' : 'EXPIRED'
    case 'CALCULATED':
      // A liquidation's own order, and its fills.
      return decimal.isPositive(l) ? 'TRADE' : 'ORDER_STATUS'
    case 'AMENDMENT':
      return 'REPLACED'
    default:
      return x
  }
}

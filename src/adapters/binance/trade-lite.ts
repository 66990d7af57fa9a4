/**
 * The futures' `TRADE_LITE`: a fill told in haste, without CumQty and commission, even before its order is new. It is booked at once, and
 * completed by the `ORDER_TRADE_UPDATE` of the same trade, which has the rest.
 */
import { z } from 'zod'
import { compact } from '../../../errors/compact.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { epochMs, side } from '../../../machines/model/fields.ts'
import { amount, amountOrZero, id } from './fields.ts'
import { liquidityOf, type OrderReport, type Source, toOrder } from './order-update.ts'
import { causeOf } from './venue-orders.ts'

export const tradeLite = z.object({
  /** TransactTime. */
  T: epochMs,
  s: z.string(),
  /** ClOrdID. */
  c: z.string(),
  S: side,
  /** OrderQty. */
  q: amount,
  /** Price, zero where the order has none. */
  p: amountOrZero,
  /** OrderID, TradeID. */
  i: id,
  t: id,
  /** LastQty, LastPx. */
  l: amount,
  L: amount,
  /** The order made the price of this trade. */
  m: z.boolean().nullish(),
})

export function liteReports(
  {
    T: at,
    s: symbol,
    c,
    S,
    q: orderQty,
    p: price,
    i,
    t,
    l: lastQty,
    L: lastPx,
    m,
  }: z.infer<typeof tradeLite>,
  { read }: Source,
): readonly OrderReport[] {
  const isDeal = decimal.isPositive(lastQty) && decimal.isPositive(lastPx)
  // It does not say which side of a hedging account an order of the venue's own closes: what follows does.
  if (!isDeal || causeOf(c) !== undefined) return []
  const clOrdId = read(c)
  const left = decimal.max(decimal.ZERO, decimal.subtract(orderQty, lastQty))
  const report = {
    type: 'EXECUTION_REPORT' as const,
    at,
    execType: 'TRADE' as const,
    ordStatus: decimal.isZero(left) ? ('FILLED' as const) : ('PARTIALLY_FILLED' as const),
    clOrdId,
    venueOrderId: i,
    execId: [symbol, i, 'LITE', t].join('-'),
    symbol,
    side: S,
    orderQty,
    ...(decimal.isPositive(price) && { price }),
    // These quantities are of this fill alone: an order counts its fills itself.
    cumQty: lastQty,
    leavesQty: left,
    avgPx: lastPx,
    tradeId: t,
    lastQty,
    lastPx,
    transactAt: at,
    ...compact({ liquidity: liquidityOf(m) }),
  }
  return [toOrder(clOrdId, report)]
}

/**
 * The futures' `ALGO_UPDATE`: conditional orders wait in a service of their own since the end of 2025, and become an order
 * of another id, and of the same ClOrdID, once they are triggered.
 */
import { z } from 'zod'
import { compact } from '../../../errors/compact.ts'
import type { ExecType, OrdStatus } from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { epochMs, side } from '../../../machines/model/fields.ts'
import { ownOf } from '../../../machines/model/own.ts'
import { amount, amountOrZero, id, positionSide } from './fields.ts'
import { FUTURES_ORD_TYPES } from './futures-order.ts'
import { type OrderReport, type Source, toOrder } from './order-update.ts'

const TRIGGERED = { execType: 'TRIGGERED', ordStatus: 'NEW' } as const
const REPORTED = {
  NEW: { execType: 'NEW', ordStatus: 'NEW' },
  /** It is on its way to the book, under an id that is not known yet. */
  TRIGGERING: TRIGGERED,
  TRIGGERED,
  /** The order that it became has ended: filled, or without what is left of it. */
  FINISHED: undefined,
  CANCELED: { execType: 'CANCELED', ordStatus: 'CANCELED' },
  EXPIRED: { execType: 'EXPIRED', ordStatus: 'EXPIRED' },
  REJECTED: { execType: 'REJECTED', ordStatus: 'REJECTED' },
} as const satisfies Record<string, { execType: ExecType; ordStatus: OrdStatus } | undefined>

export const algoOrder = z.object({
  T: epochMs,
  o: z.object({
    /** ClOrdID. */
    caid: z.string(),
    /** OrderID while it waits. */
    aid: id,
    /** OrderID of the order that it became; empty before. */
    ai: z.union([z.literal(''), id]).default(''),
    /** OrdType. */
    o: z.string().default(''),
    s: z.string(),
    S: side,
    ps: positionSide,
    q: amount,
    X: z.enum(Object.keys(REPORTED) as (keyof typeof REPORTED)[]),
    /** StopPx, zero where it trails. */
    tp: amountOrZero,
    /** Price, zero where the order has none. */
    p: amountOrZero,
    /** AvgPx and CumQty of the order that it became. */
    ap: amountOrZero,
    aq: amountOrZero,
    /** Why it was refused or has expired. */
    rm: z.string().optional(),
  }),
})
type AlgoOrder = z.infer<typeof algoOrder>['o']

export function algoReports(
  { T: at, o: order }: z.infer<typeof algoOrder>,
  { read }: Source,
): readonly OrderReport[] {
  const { caid, aid, ai, s: symbol, S, ps, q: orderQty, X, tp, p, ap: avgPx, aq: cumQty, rm } = order
  const reported = REPORTED[X] ?? finished(order)
  const clOrdId = read(caid)
  const isWorking = reported.ordStatus === 'NEW'
  const report = {
    type: 'EXECUTION_REPORT' as const,
    at,
    ...reported,
    clOrdId,
    venueOrderId: ai || aid,
    execId: [symbol, 'algo', aid, X, at].join('-'),
    symbol,
    side: S,
    ...ps,
    ...compact({ ordType: ownOf(FUTURES_ORD_TYPES, order.o) }),
    orderQty,
    ...(decimal.isPositive(p) && { price: p }),
    ...(decimal.isPositive(tp) && { stopPx: tp }),
    cumQty,
    leavesQty: isWorking ? decimal.subtract(orderQty, cumQty) : decimal.ZERO,
    avgPx,
    ...(X === 'REJECTED' && { ordRejReason: 'OTHER' as const }),
    ...(rm && { text: rm }),
  }
  return [toOrder(clOrdId, report)]
}

/** Returns how the order that it became stands at its end. Its fills have reports of their own. */
function finished({ q: orderQty, aq: cumQty }: AlgoOrder) {
  const isFilled = decimal.isPositive(cumQty) && decimal.compare(cumQty, orderQty) >= 0
  return { execType: 'ORDER_STATUS', ordStatus: isFilled ? 'FILLED' : 'CANCELED' } as const
}

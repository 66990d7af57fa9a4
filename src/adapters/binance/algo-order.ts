/**
 * The futures' `ALGO_UPDATE`: conditional orders wait in a service of their own since the end of 2025, and become an order
 * of another id, and of the same ClOrdID, once they are triggered.
 */
import { z } from 'zod'
import type { ExecType, OrdStatus } from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { epochMs, side } from '../../../machines/model/fields.ts'
import { amount, id, positionSide } from './fields.ts'
import { type IdReader, type OrderReport, toOrder } from './order-update.ts'

/** Between waiting and working, and once it is done, the order that it becomes says how it stands. */
const REPORTED = {
  NEW: { execType: 'NEW', ordStatus: 'NEW' },
  TRIGGERING: undefined,
  TRIGGERED: { execType: 'TRIGGERED', ordStatus: 'NEW' },
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
    s: z.string(),
    S: side,
    ps: positionSide,
    q: amount,
    X: z.enum(Object.keys(REPORTED) as (keyof typeof REPORTED)[]),
    /** StopPx, zero where it trails. */
    tp: amount.default(decimal.ZERO),
    /** Price, zero where the order has none. */
    p: amount,
    /** AvgPx and CumQty of the order that it became. */
    ap: amount.default(decimal.ZERO),
    aq: amount.default(decimal.ZERO),
    /** Why it was refused or has expired. */
    rm: z.string().optional(),
  }),
})

export function algoReports(
  { T: at, o: order }: z.infer<typeof algoOrder>,
  read: IdReader,
): readonly OrderReport[] {
  const { caid, aid, ai, s: symbol, S, ps, q: orderQty, X, tp, p, ap: avgPx, aq: cumQty, rm } = order
  const reported = REPORTED[X]
  if (reported === undefined) return []
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

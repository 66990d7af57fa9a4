/** The common part of Binance's updates of an order, for spot and futures. */

import { z } from 'zod'
import { compact } from '../../../errors/compact.ts'
import type { ExecType, ExecutionReport, OrdStatus, PositionSide } from '../../../machines/index.ts'
import { orderAddress } from '../../../machines/model/addresses.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { epochMs, side } from '../../../machines/model/fields.ts'
import { hasEnded } from '../../../machines/order/execution.ts'
import { amount, id } from './fields.ts'

/** Binance's order statuses in FIX's words. */
const ORD_STATUS = {
  /** The status of an order that waits for another one of its list. */
  PENDING_NEW: 'PENDING_NEW',
  NEW: 'NEW',
  PARTIALLY_FILLED: 'PARTIALLY_FILLED',
  FILLED: 'FILLED',
  PENDING_CANCEL: 'PENDING_CANCEL',
  CANCELED: 'CANCELED',
  REJECTED: 'REJECTED',
  EXPIRED: 'EXPIRED',
  /** It would have traded with another order of its own account. */
  EXPIRED_IN_MATCH: 'EXPIRED',
  /** Orders of a liquidation: by the insurance fund, by deleveraging. */
  NEW_INSURANCE: 'NEW',
  NEW_ADL: 'NEW',
} as const satisfies Record<string, OrdStatus>

export const orderUpdate = z.object({
  /** Symbol. */
  s: z.string(),
  /** ClOrdID. */
  c: z.string(),
  S: side,
  /** OrdType. */
  o: z.string(),
  /** OrderQty. */
  q: amount,
  /** Price, zero where the order has none. */
  p: amount,
  X: z.enum(Object.keys(ORD_STATUS) as (keyof typeof ORD_STATUS)[]),
  /** OrderID. */
  i: id,
  /** LastQty. */
  l: amount,
  /** CumQty. */
  z: amount,
  /** LastPx. */
  L: amount,
  /** Commission and the asset it is taken in: a trade's, and then not always. */
  n: amount.nullish(),
  N: z.string().nullish(),
  /** TransactTime. */
  T: epochMs,
  /** TradeID, zero or -1 where there is none. */
  t: id,
  /** The order made the price of this trade. */
  m: z.boolean(),
})
export type OrderUpdate = z.infer<typeof orderUpdate>

/** The fields that spot and futures give each in their own way. */
export interface ReportFields {
  readonly execType: ExecType
  readonly clOrdId: string
  readonly execId: string
  readonly stopPx: string
  readonly avgPx: string
  /** Why, when it was refused or ended without a fill. */
  readonly text?: string | undefined
  /** The side, if the account hedges. */
  readonly positionSide?: PositionSide | undefined
  /** The part of the quantity that will never be filled, although the order works. */
  readonly preventedQty?: string | undefined
}

/** A report and its order's address. An order that somebody else placed, or a liquidation, has no actor there until it is adopted. */
export interface OrderReport {
  readonly to: string
  readonly event: ExecutionReport
}

/** Returns what Binance calls a request, as our ClOrdID: see `WireIds.identify`. */
export type IdReader = (wireId: string) => string

/** `clOrdId`: of the request that placed the order. */
export function toOrder(clOrdId: string, event: ExecutionReport): OrderReport {
  return { to: orderAddress(clOrdId), event }
}

export function reportOf(update: OrderUpdate, fields: ReportFields): ExecutionReport {
  const { s: symbol, S, q: orderQty, p: price, X, i: venueOrderId, z: cumQty, T: at } = update
  const { execType, clOrdId, execId, stopPx, avgPx, text, positionSide, preventedQty = decimal.ZERO } = fields
  // A stop that expires by being triggered works on.
  const ordStatus = execType === 'TRIGGERED' ? 'NEW' : ORD_STATUS[X]
  const left = decimal.subtract(decimal.subtract(orderQty, cumQty), preventedQty)
  return {
    type: 'EXECUTION_REPORT',
    at,
    execType,
    ordStatus,
    clOrdId,
    venueOrderId,
    execId,
    symbol,
    side: S,
    ...compact({ positionSide }),
    orderQty,
    ...(decimal.isPositive(price) && { price }),
    ...(decimal.isPositive(stopPx) && { stopPx }),
    cumQty,
    leavesQty: hasEnded({ ordStatus }) ? decimal.ZERO : decimal.max(decimal.ZERO, left),
    avgPx,
    ...(execType === 'TRADE' && tradeOf(update)),
    ...compact({ ordRejReason: execType === 'REJECTED' ? 'OTHER' : undefined, text }),
  }
}

function tradeOf({ t, l: lastQty, L: lastPx, n, N, m }: OrderUpdate) {
  return {
    ...(decimal.isPositive(t) && { tradeId: t }),
    lastQty,
    lastPx,
    ...(N && { commission: n ?? decimal.ZERO, commissionAsset: N }),
    liquidity: m ? ('MAKER' as const) : ('TAKER' as const),
  }
}

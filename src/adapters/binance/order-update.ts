/** The common part of Binance's updates of an order, for spot and futures. */

import { z } from 'zod'
import { compact } from '../../../errors/compact.ts'
import {
  type ExecType,
  type ExecutionReport,
  type OrdStatus,
  type OrdType,
  type PositionSide,
  type Reconcile,
  type ReportError,
  RUNNER,
  reconciliationAddress,
} from '../../../machines/index.ts'
import { orderAddress } from '../../../machines/model/addresses.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { side } from '../../../machines/model/fields.ts'
import { hasEnded } from '../../../machines/order/execution.ts'
import { amount, amountOrZero, id } from './fields.ts'
import { adoptionOf, type VenueAdoption, wireIdOf } from './venue-orders.ts'

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

/** The fields that are read. An exchange adds others and drops others, which stops nobody. */
export const orderUpdate = z.object({
  /** Symbol. */
  s: z.string(),
  /** ClOrdID. */
  c: z.string(),
  S: side,
  /** OrdType. */
  o: z.string().default(''),
  /** OrderQty. */
  q: amount,
  /** Price, zero where the order has none. */
  p: amountOrZero,
  X: z.enum(Object.keys(ORD_STATUS) as (keyof typeof ORD_STATUS)[]),
  /** OrderID. */
  i: id,
  /** LastQty. */
  l: amountOrZero,
  /** CumQty. */
  z: amount,
  /** LastPx. */
  L: amountOrZero,
  /** Commission and the asset it is taken in: a trade's, and then not always. */
  n: amount.nullish(),
  N: z.string().nullish(),
  /** TradeID, zero or -1 where there is none. */
  t: id.nullish().transform((trade) => trade ?? '0'),
  /** The order made the price of this trade. */
  m: z.boolean().nullish(),
})
export type OrderUpdate = z.infer<typeof orderUpdate>

/** The fields that spot and futures give each in their own way. */
export interface ReportFields {
  readonly execType: ExecType
  /** TransactTime. */
  readonly at: number
  readonly execId: string
  readonly stopPx: string
  readonly avgPx: string
  /** The type that it was placed with, where that is known. */
  readonly ordType?: OrdType | undefined
  /** Why, when it was refused or ended without a fill. */
  readonly text?: string | undefined
  /** The side, if the account hedges. */
  readonly positionSide?: PositionSide | undefined
  /** The part of the quantity that will never be filled, although the order works. */
  readonly preventedQty?: string | undefined
}

/**
 * A report and its order's address. An order that somebody else placed has no actor there until it is adopted. One that the venue itself
 * has placed is adopted by the message that tells of it.
 */
export interface OrderReport {
  readonly to: string
  readonly event: ExecutionReport | VenueAdoption | ReportError | Reconcile
}

/** Returns what Binance calls a request, as our ClOrdID: see `WireIds.identify`. */
export type IdReader = (wireId: string) => string

/** The owner of the stream: the name of the venue, its ids, and what is known of the venue's ids. */
export interface Source {
  readonly venue: string
  readonly read: IdReader
  /** Returns the ClOrdID of an order by the venue's id of it; undefined where that is not known. */
  readonly find: (symbol: string, venueOrderId: string) => string | undefined
}

/** `clOrdId`: of the request that placed the order. */
export function toOrder(clOrdId: string, event: ExecutionReport): OrderReport {
  return { to: orderAddress(clOrdId), event }
}

/**
 * Returns the reports of an update. `ids`: ClOrdID of the order in Binance's words, and that which it goes by from now on where this is
 * another one.
 */
export function reportsOf(
  update: OrderUpdate,
  fields: ReportFields,
  ids: { readonly own: string; readonly now?: string },
  { venue, read, find }: Source,
): readonly OrderReport[] {
  const { s: symbol, i: venueOrderId, X } = update
  const { own, now = own } = ids
  const { at } = fields
  const known = own === '' ? find(symbol, venueOrderId) : read(wireIdOf(own, venueOrderId))
  if (known === undefined) {
    const reason = `${symbol} order ${venueOrderId} is told of without an id of its client`
    return [{ to: reconciliationAddress(venue), event: { type: 'RECONCILE', at, reason } }]
  }
  const clOrdId = now === own ? known : read(now)
  const event = reportOf(update, fields, clOrdId)
  const adoption = adoptionOf({ wireId: own, clOrdId: known, status: X, venue }, event)
  const alert = priceless(update, at, orderAddress(known))
  return [...adoption, toOrder(known, event), ...alert]
}

function reportOf(update: OrderUpdate, fields: ReportFields, clOrdId: string): ExecutionReport {
  const { s: symbol, S, q: orderQty, p: price, X, i: venueOrderId, z: cumQty } = update
  const { execType, at, execId, stopPx, avgPx, ordType, text, positionSide } = fields
  const { preventedQty = decimal.ZERO } = fields
  const ordStatus = statusAfter(execType) ?? ORD_STATUS[X]
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
    ...compact({ positionSide, ordType }),
    orderQty,
    ...(decimal.isPositive(price) && { price }),
    ...(decimal.isPositive(stopPx) && { stopPx }),
    cumQty,
    leavesQty: hasEnded({ ordStatus }) ? decimal.ZERO : decimal.max(decimal.ZERO, left),
    avgPx,
    ...(execType === 'TRADE' && { ...tradeOf(update), transactAt: at }),
    ...compact({ ordRejReason: execType === 'REJECTED' ? 'OTHER' : undefined, text }),
  }
}

/** Returns the status that a report of this type always has. A stop that expires by being triggered works on. */
function statusAfter(execType: ExecType): OrdStatus | undefined {
  if (execType === 'TRIGGERED') return 'NEW'
  return execType === 'EXPIRED' ? 'EXPIRED' : undefined
}

/**
 * Returns the type of a report of a trade. One of nothing, or at no price, says how the order stands, and no more. An order that is filled
 * with nothing had nothing to fill.
 */
export function tradeType({ X, l, L, z: cumQty }: OrderUpdate): ExecType {
  if (decimal.isPositive(l) && decimal.isPositive(L)) return 'TRADE'
  if (X === 'FILLED' && decimal.isZero(cumQty)) return 'EXPIRED'
  const ordStatus = ORD_STATUS[X]
  return ordStatus === 'CANCELED' || ordStatus === 'EXPIRED' || ordStatus === 'REJECTED'
    ? ordStatus
    : 'ORDER_STATUS'
}

/** Returns the type of a report of an end. Where the status says that the order works, it has not ended yet. */
export function endType(as: 'CANCELED' | 'EXPIRED' | 'REJECTED', { X }: OrderUpdate): ExecType {
  return hasEnded({ ordStatus: ORD_STATUS[X] }) ? as : 'ORDER_STATUS'
}

/** Returns an ExecID for a message that has none: these together are never the same twice. */
export function execIdOf({ s: symbol, i, z: cumQty }: OrderUpdate, x: string, at: number): string {
  return [symbol, i, x, at, cumQty].join('-')
}

/** Returns an error about a trade of a quantity at no price, which no book can take. */
function priceless({ s: symbol, l, L }: OrderUpdate, at: number, about: string): readonly OrderReport[] {
  if (!decimal.isPositive(l) || decimal.isPositive(L)) return []
  const text = `a trade of ${l} ${symbol} is told at the price ${L}: its fill is asked for`
  return [{ to: RUNNER, event: { type: 'REPORT_ERROR', at, severity: 'error', text, about } }]
}

function tradeOf({ t, l: lastQty, L: lastPx, n, N, m }: OrderUpdate) {
  return {
    ...(decimal.isPositive(t) && { tradeId: t }),
    lastQty,
    lastPx,
    ...(N && { commission: n ?? decimal.ZERO, commissionAsset: N }),
    ...compact({ liquidity: liquidityOf(m) }),
  }
}

export function liquidityOf(isMaker: boolean | null | undefined): 'MAKER' | 'TAKER' | undefined {
  if (isMaker === true) return 'MAKER'
  return isMaker === false ? 'TAKER' : undefined
}

/** Spot's `executionReport`. */
import { z } from 'zod'
import type { ExecType, OrdType } from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { epochMs } from '../../../machines/model/fields.ts'
import { ownOf } from '../../../machines/model/own.ts'
import { amount, amountOrZero, id } from './fields.ts'
import {
  endType,
  execIdOf,
  type OrderReport,
  orderUpdate,
  reportsOf,
  type Source,
  tradeType,
} from './order-update.ts'

const ORD_TYPES: Readonly<Record<string, OrdType>> = {
  MARKET: 'MARKET',
  LIMIT: 'LIMIT',
  LIMIT_MAKER: 'LIMIT',
  STOP_LOSS: 'STOP',
  STOP_LOSS_LIMIT: 'STOP_LIMIT',
  TAKE_PROFIT: 'TAKE_PROFIT',
  TAKE_PROFIT_LIMIT: 'TAKE_PROFIT_LIMIT',
}

export const spotOrder = orderUpdate.extend({
  /** The order's own ClOrdID, where `c` is that of a request to cancel or amend it. */
  C: z.string().nullish(),
  x: z.enum([
    'NEW',
    'CANCELED',
    'REPLACED',
    'REJECTED',
    'TRADE',
    'CALCULATED',
    'EXPIRED',
    'TRADE_PREVENTION',
  ]),
  /** StopPx, zero where the order has none. */
  P: amountOrZero,
  /** Why it was rejected, and why it has expired. */
  r: z.string().default('NONE'),
  eR: z.string().optional(),
  /** ExecID. */
  I: id.optional(),
  /** It is on the book. */
  w: z.boolean().default(false),
  /** The total cost of its fills. */
  Z: amount.optional(),
  /** Quantity that was not filled so as not to trade with itself. */
  A: amount.optional(),
  /** TransactTime, when the order came, and when it came onto the book. */
  T: epochMs,
  O: epochMs.optional(),
  W: epochMs.optional(),
  /** The distance by which its stop trails. */
  d: z.int().optional(),
})
type SpotOrder = z.infer<typeof spotOrder>

export function spotReports(order: SpotOrder, source: Source): readonly OrderReport[] {
  const { s: symbol, c, C, I, x, P: stopPx, z: cumQty, Z: cumCost, A, T: at } = order
  const execType = execTypeOf(order)
  const fields = {
    execType,
    at,
    execId: I === undefined ? execIdOf(order, x, at) : `${symbol}-${I}`,
    stopPx,
    avgPx: cumCost === undefined || decimal.isZero(cumQty) ? decimal.ZERO : decimal.divide(cumCost, cumQty),
    ordType: typeOf(order),
    text: textOf(order),
    preventedQty: A,
  }
  const own = C || c
  // An amended order goes by the amendment's id from then on; a cancel leaves it its own.
  return reportsOf(order, fields, execType === 'REPLACED' ? { own, now: c } : { own }, source)
}

function execTypeOf(order: SpotOrder): ExecType {
  const { x, X } = order
  switch (x) {
    case 'NEW':
      if (X === 'PENDING_NEW') return 'PENDING_NEW'
      return isTriggered(order) ? 'TRIGGERED' : 'NEW'
    case 'TRADE':
    case 'CALCULATED':
      return tradeType(order)
    // A match with itself was prevented: that ends the order, or takes from its quantity alone.
    case 'TRADE_PREVENTION':
      return X === 'EXPIRED_IN_MATCH' ? 'EXPIRED' : 'ORDER_STATUS'
    case 'CANCELED':
    case 'EXPIRED':
    case 'REJECTED':
      return endType(x, order)
    default:
      return x
  }
}

/** Returns whether a stop is new for the second time: on the book, later than it came, because its price was reached. */
function isTriggered({ o, w, T, W = T, O }: SpotOrder): boolean {
  const isConditional = o.startsWith('STOP_LOSS') || o.startsWith('TAKE_PROFIT')
  return isConditional && w && (O === undefined || W > O)
}

function typeOf({ o, d }: SpotOrder): OrdType | undefined {
  const ordType = ownOf(ORD_TYPES, o)
  return ordType === 'STOP' && d ? 'TRAILING_STOP' : ordType
}

function textOf({ r, eR, X }: SpotOrder): string | undefined {
  if (X === 'EXPIRED_IN_MATCH') return 'it would have traded with an order of its own account'
  return r === 'NONE' ? eR : r
}

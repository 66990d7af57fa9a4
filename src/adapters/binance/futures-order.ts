/** The futures' `ORDER_TRADE_UPDATE`. */
import { z } from 'zod'
import type { ExecType, OrdType } from '../../../machines/index.ts'
import { epochMs } from '../../../machines/model/fields.ts'
import { ownOf } from '../../../machines/model/own.ts'
import { amountOrZero, positionSide } from './fields.ts'
import {
  endType,
  execIdOf,
  type OrderReport,
  orderUpdate,
  reportsOf,
  type Source,
  tradeType,
} from './order-update.ts'

export const FUTURES_ORD_TYPES: Readonly<Record<string, OrdType>> = {
  MARKET: 'MARKET',
  LIMIT: 'LIMIT',
  STOP: 'STOP_LIMIT',
  STOP_MARKET: 'STOP',
  TAKE_PROFIT: 'TAKE_PROFIT_LIMIT',
  TAKE_PROFIT_MARKET: 'TAKE_PROFIT',
  TRAILING_STOP_MARKET: 'TRAILING_STOP',
}

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

/** The kind of strategy of an order that a conditional order has become: it has another type than was asked for. */
const OF_CONDITIONAL = 'ALGO_CONDITION'

export const futuresOrder = z
  .object({
    T: epochMs.optional(),
    o: orderUpdate.extend({
      x: z.enum(['NEW', 'CANCELED', 'CALCULATED', 'EXPIRED', 'TRADE', 'AMENDMENT']),
      /** OrdType that it was placed with, where that may be another than it works as by now. */
      ot: z.string().optional(),
      st: z.string().optional(),
      /** StopPx, zero where the order has none. */
      sp: amountOrZero,
      ap: amountOrZero,
      ps: positionSide,
      /** Why it has expired. */
      er: z.coerce.string().optional(),
      /** TransactTime. */
      T: epochMs.optional(),
    }),
  })
  .refine(({ T, o }) => (o.T ?? T) !== undefined, { path: ['o', 'T'], error: 'the time of the update' })
type FuturesOrder = z.infer<typeof futuresOrder>['o']

export function futuresReports(
  { T, o: order }: z.infer<typeof futuresOrder>,
  source: Source,
): readonly OrderReport[] {
  const { c, x, sp: stopPx, ap: avgPx, ps, er = '', o, ot = o, st } = order
  const at = (order.T ?? T) as number
  const execType = execTypeOf(order)
  const fields = {
    execType,
    at,
    execId: execIdOf(order, x, at),
    stopPx,
    avgPx,
    ordType: st === OF_CONDITIONAL ? undefined : ownOf(FUTURES_ORD_TYPES, ot),
    ...ps,
    text: execType === 'EXPIRED' ? EXPIRY_REASONS[er] : undefined,
  }
  // An amendment leaves the order its id: that of its request is known to who made it alone.
  return reportsOf(order, fields, { own: c }, source)
}

function execTypeOf(order: FuturesOrder): ExecType {
  const { x, o, ot, er } = order
  switch (x) {
    case 'NEW':
      // A stop is new again, as the order that it becomes, once its price is reached.
      return ot === undefined || ot === o ? 'NEW' : 'TRIGGERED'
    case 'EXPIRED':
      return er === TRIGGERED ? 'TRIGGERED' : endType(x, order)
    case 'CANCELED':
      return endType(x, order)
    case 'TRADE':
    // A liquidation's own order, and its fills.
    case 'CALCULATED':
      return tradeType(order)
    case 'AMENDMENT':
      return 'REPLACED'
  }
}

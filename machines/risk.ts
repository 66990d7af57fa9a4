/** The pre-trade checks: pure, each with its numbers. */
import { z } from 'zod'
import * as decimal from './decimal.ts'
import type { OrderRequest, SetTradingState } from './events/commands.ts'
import { decimal as decimalSchema } from './events/fields.ts'
import { isConditional, isLimited, problemOf } from './order-terms.ts'

export const riskLimits = z.object({
  /** Largest price times quantity of one order, in the quote asset. */
  orderNotionalMax: decimalSchema,
  /** Orders working at a time. */
  openOrdersMax: z.number().int().positive(),
})
export type RiskLimits = z.infer<typeof riskLimits>

export type TradingState = SetTradingState['tradingState']

/** What of an account the checks look at. */
export interface Exposure {
  readonly venue: string
  readonly limits: RiskLimits
  /** Cash in the quote asset. */
  readonly balance: string
  /** Cash held for buy orders that work, by order address. Sell orders hold nothing, but count. */
  readonly reserved: Readonly<Record<string, string>>
  /** Quantity held of each symbol: what may be sold. */
  readonly holdings: Readonly<Record<string, string>>
}

export interface Refusal {
  readonly check: string
  readonly limit: string
  readonly value: string
}

/** What the order is worth at the price it names itself, or else at the last one: no order is judged by a kinder one. */
export function notionalOf(request: OrderRequest): string {
  const { orderQty, refPx, price, stopPx } = request
  const own = isLimited(request) ? price : isConditional(request) ? stopPx : undefined
  return decimal.multiply(orderQty, own ?? refPx)
}

/** The first check that the request does not pass. */
export function riskCheck(
  account: Exposure,
  request: OrderRequest,
  tradingState: TradingState,
): Refusal | undefined {
  const { orderQty, refPx, side, symbol, orderId } = request
  const { venue, limits, reserved, balance, holdings } = account
  const held = holdings[symbol] ?? decimal.ZERO
  const reducible = side === 'SELL' ? held : decimal.negate(held)
  const reduces = decimal.compare(orderQty, reducible) <= 0
  if (tradingState === 'halted') return { check: 'tradingState', limit: 'active', value: 'halted' }
  if (tradingState === 'reducing' && !reduces) return { check: 'tradingState', limit: held, value: orderQty }
  if (request.venue !== venue) return { check: 'venue', limit: venue, value: request.venue }
  if (!decimal.isPositive(refPx)) return { check: 'refPx', limit: 'more than 0', value: refPx }
  const problem = problemOf(request, request.at)
  if (problem !== undefined) return { check: problem.field, limit: problem.rule, value: problem.value }
  if (request.reduceOnly && !reduces) return { check: 'reduceOnly', limit: held, value: orderQty }
  if (reserved[`order/${orderId}`] !== undefined)
    return { check: 'orderId', limit: 'a new one', value: orderId }
  const notional = notionalOf(request)
  if (decimal.compare(notional, limits.orderNotionalMax) > 0) {
    return { check: 'orderNotionalMax', limit: limits.orderNotionalMax, value: notional }
  }
  const working = Object.keys(reserved).length
  if (working >= limits.openOrdersMax) {
    return { check: 'openOrdersMax', limit: String(limits.openOrdersMax), value: String(working + 1) }
  }
  if (side === 'SELL') return undefined
  const free = Object.values(reserved).reduce((rest, amount) => decimal.subtract(rest, amount), balance)
  return decimal.compare(notional, free) > 0
    ? { check: 'freeBalance', limit: free, value: notional }
    : undefined
}

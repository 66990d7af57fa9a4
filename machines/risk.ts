/** The pre-trade checks: pure, each with its numbers. */
import { z } from 'zod'
import * as decimal from './decimal.ts'
import type { OrderRequest, SetTradingState } from './events/commands.ts'
import { decimal as decimalSchema } from './events/fields.ts'
import { type Instrument, instrumentCheck } from './instrument.ts'
import { isConditional, isLimited, problemOf } from './order-terms.ts'

export const riskLimits = z.object({
  /** Largest price times quantity of one order, in the quote asset. */
  orderNotionalMax: decimalSchema,
  /** Orders working at a time. */
  openOrdersMax: z.number().int().positive(),
  /** Symbols held at a time. */
  openPositionsMax: z.number().int().positive().optional(),
  /** Orders let through within a minute. */
  ordersPerMinuteMax: z.number().int().positive().optional(),
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
  readonly instruments: readonly Instrument[]
  /** Epoch ms of each order that was let through within the last minute. */
  readonly passedAt: readonly number[]
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
  const rules = account.instruments.find((instrument) => instrument.symbol === symbol)
  const unlisted = rules && instrumentCheck(rules, request, notional)
  if (unlisted !== undefined) return unlisted
  if (decimal.compare(notional, limits.orderNotionalMax) > 0) {
    return { check: 'orderNotionalMax', limit: limits.orderNotionalMax, value: notional }
  }
  const working = Object.keys(reserved).length
  if (working >= limits.openOrdersMax) {
    return { check: 'openOrdersMax', limit: String(limits.openOrdersMax), value: String(working + 1) }
  }
  const tooMany = countCheck(account, request)
  if (tooMany !== undefined) return tooMany
  if (side === 'SELL') return undefined
  const free = Object.values(reserved).reduce((rest, amount) => decimal.subtract(rest, amount), balance)
  return decimal.compare(notional, free) > 0
    ? { check: 'freeBalance', limit: free, value: notional }
    : undefined
}

const MINUTE_MS = 60_000

/** Those of the times that are less than a minute before `at`. */
export function withinMinute(times: readonly number[], at: number): readonly number[] {
  return times.filter((time) => time > at - MINUTE_MS)
}

function countCheck(
  { limits, holdings, passedAt }: Exposure,
  { symbol, at }: OrderRequest,
): Refusal | undefined {
  const { openPositionsMax, ordersPerMinuteMax } = limits
  const held = Object.entries(holdings).filter(([, quantity]) => !decimal.isZero(quantity))
  const opens = !held.some(([of]) => of === symbol)
  if (openPositionsMax !== undefined && opens && held.length >= openPositionsMax) {
    return { check: 'openPositionsMax', limit: String(openPositionsMax), value: String(held.length + 1) }
  }
  const passed = withinMinute(passedAt, at).length
  if (ordersPerMinuteMax !== undefined && passed >= ordersPerMinuteMax) {
    return { check: 'ordersPerMinuteMax', limit: String(ordersPerMinuteMax), value: String(passed + 1) }
  }
  return undefined
}

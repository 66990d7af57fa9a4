/** The pre-trade checks: pure, each with its numbers. */
import type { AccountContext, TradingState } from './account.ts'
import * as decimal from './decimal.ts'
import type { OrderRequest } from './events/commands.ts'

export interface Refusal {
  readonly check: string
  readonly limit: string
  readonly value: string
}

/** The first check that the request does not pass. */
export function riskCheck(
  account: AccountContext,
  request: OrderRequest,
  tradingState: TradingState,
): Refusal | undefined {
  const { orderQty, refPx, side, symbol, orderId } = request
  const { limits, reserved, balance, holdings } = account
  const held = holdings[symbol] ?? decimal.ZERO
  const reduces = side === 'SELL' && decimal.compare(orderQty, held) <= 0
  if (tradingState === 'halted') return { check: 'tradingState', limit: 'active', value: 'halted' }
  if (tradingState === 'reducing' && !reduces) return { check: 'tradingState', limit: held, value: orderQty }
  if (!decimal.isPositive(orderQty)) return { check: 'orderQty', limit: 'more than 0', value: orderQty }
  if (!decimal.isPositive(refPx)) return { check: 'refPx', limit: 'more than 0', value: refPx }
  if (reserved[`order/${orderId}`] !== undefined)
    return { check: 'orderId', limit: 'a new one', value: orderId }
  const notional = decimal.multiply(orderQty, refPx)
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

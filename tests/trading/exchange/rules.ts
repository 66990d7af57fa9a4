/** What Binance refuses, with its codes and texts. */

import type { PlaceOrder } from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import type { ExchangeOptions } from './options.ts'
import type { Wallet } from './wallet.ts'

const ID_RULES = { spot: /^[A-Za-z0-9_-]{1,36}$/, contracts: /^[.A-Z:/a-z0-9_-]{1,36}$/ }

/** Binance's code and text; undefined where it takes the order at this price of the market. */
export function refusalOf(
  terms: PlaceOrder,
  options: ExchangeOptions,
  wallet: Wallet,
  px: string,
): string | undefined {
  const { lotSize, tickSize, minNotional } = options
  const { clOrdId, orderQty, price, stopPx, reduceOnly } = terms
  const idRefusal = idRefusalOf(clOrdId, options)
  if (idRefusal !== undefined) return idRefusal
  if (!decimal.isMultiple(orderQty, lotSize)) return '-1013: Filter failure: LOT_SIZE'
  for (const one of [price, stopPx])
    if (one !== undefined && !decimal.isMultiple(one, tickSize)) return '-1013: Filter failure: PRICE_FILTER'
  const value = decimal.multiply(orderQty, valuedAt(terms, px))
  const isExempt = !wallet.isSpot && reduceOnly
  if (!isExempt && decimal.compare(value, minNotional) < 0) return '-1013: Filter failure: NOTIONAL'
  if (isTriggered(terms, px)) return '-2021: Order would immediately trigger.'
  return wallet.isSpot ? balanceRefusalOf(terms, options, wallet, value) : reduceRefusalOf(terms, wallet)
}

/** Of an order, and of a cancel. */
export function idRefusalOf(id: string, { checksIds, market }: ExchangeOptions): string | undefined {
  if (!checksIds || ID_RULES[market === 'spot' ? 'spot' : 'contracts'].test(id)) return undefined
  return "-1100: Illegal characters found in parameter 'newClientOrderId'"
}

function balanceRefusalOf(
  { side, orderQty }: PlaceOrder,
  { base, quote }: ExchangeOptions,
  { free }: Wallet,
  value: string,
): string | undefined {
  const [asset, amount] = side === 'SELL' ? [base, orderQty] : [quote, value]
  if (decimal.compare(free[asset] ?? '0', amount) >= 0) return undefined
  return '-2010: Account has insufficient balance for requested action.'
}

function reduceRefusalOf(terms: PlaceOrder, wallet: Wallet): string | undefined {
  const isEmpty = decimal.isZero(wallet.reducible(terms))
  return terms.reduceOnly && isEmpty ? '-2022: ReduceOnly Order is rejected.' : undefined
}

export function valuedAt({ price, stopPx }: PlaceOrder, px: string): string {
  return price ?? stopPx ?? px
}

/** The market is at a limit order's price or better for it. */
export function isWithin({ side, price = '0' }: PlaceOrder, px: string): boolean {
  const above = decimal.compare(px, price)
  return side === 'SELL' ? above >= 0 : above <= 0
}

/** The market is at a stop's price or beyond. */
export function isTriggered({ side, stopPx }: PlaceOrder, px: string): boolean {
  if (stopPx === undefined) return false
  const above = decimal.compare(px, stopPx)
  return side === 'SELL' ? above <= 0 : above >= 0
}

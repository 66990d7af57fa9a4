/** The trading rules that a venue has for a symbol, and the checks of them. */
import { z } from 'zod'
import type { OrderRequest } from '../events/order-requests.ts'
import { contractTerms, type SettledContract, SPOT, settleAssetOf } from '../model/contract.ts'
import * as decimal from '../model/decimal.ts'
import { name, positive } from '../model/fields.ts'
import type { Refusal } from './refusal.ts'

/** A rule that is not given is not checked. Quantities are in units of the symbol, notionals in its quote asset. */
const rules = z.strictObject({
  symbol: name.describe('The symbol of these rules.'),
  baseAsset: name
    .optional()
    .describe('The asset that it is of. With quoteAsset it makes the `instrument` of events, `BTC/USDT`.'),
  quoteAsset: name.optional().describe('The asset that its prices are in.'),
  ...contractTerms,
  settleAsset: z
    .string()
    .optional()
    .describe(
      'The asset that the contract settles in. The default is the quote asset, and for an inverse contract the base asset.',
    ),
  tickSize: positive.optional().describe('Prices are multiples of it.'),
  lotSize: positive.optional().describe('Quantities are multiples of it.'),
  minQty: positive.optional().describe('The smallest quantity of an order.'),
  maxQty: positive.optional().describe('The largest quantity of an order.'),
  minNotional: positive
    .optional()
    .describe('The smallest value of an order. An order that only reduces a position may be smaller.'),
  maxNotional: positive.optional().describe('The largest value of an order.'),
  priceBandPct: positive
    .optional()
    .describe("The largest distance of a price from the market's price, in percent."),
})
const inOrder = (least?: string, most?: string) => !least || !most || decimal.compare(least, most) <= 0
export const instrument = rules
  .refine(({ minQty, maxQty }) => inOrder(minQty, maxQty), { path: ['minQty'], error: 'at most maxQty' })
  .refine(({ minNotional, maxNotional }) => inOrder(minNotional, maxNotional), {
    path: ['minNotional'],
    error: 'at most maxNotional',
  })
  .refine(({ baseAsset, quoteAsset }) => (baseAsset === undefined) === (quoteAsset === undefined), {
    path: ['quoteAsset'],
    error: 'goes with baseAsset',
  })
export type Instrument = z.infer<typeof instrument>
export type InstrumentInput = z.input<typeof instrument>

/** Returns the name of a symbol that no venue has made, `BTC/USDT`; undefined where its two assets are not known. */
export function instrumentName(instruments: readonly Instrument[], symbol: string): string | undefined {
  const { baseAsset, quoteAsset } = instruments.find((one) => one.symbol === symbol) ?? {}
  return baseAsset === undefined || quoteAsset === undefined ? undefined : `${baseAsset}/${quoteAsset}`
}

/** Returns the contract of a symbol: the listed one, or else spot. */
export function contractOf(instruments: readonly Instrument[], symbol: string): SettledContract {
  const rules = instruments.find((one) => one.symbol === symbol)
  const { contract, multiplier } = rules ?? SPOT
  return { contract, multiplier, settleAsset: rules?.settleAsset ?? settleAssetOf(contract, symbol) }
}

/** Returns the first rule that the request breaks; undefined if it breaks none. `notional` is the request's. */
export function instrumentCheck(
  rules: Instrument,
  request: OrderRequest,
  notional: string,
): Refusal | undefined {
  const { orderQty, price, stopPx, trailingOffset, reduceOnly } = request
  const { tickSize, minNotional, maxNotional } = rules
  const refusal = quantityCheck(rules, orderQty)
  if (refusal !== undefined) return refusal
  for (const [field, px] of Object.entries({ price, stopPx, trailingOffset })) {
    if (tickSize && px && !decimal.isMultiple(px, tickSize))
      return { check: 'tickSize', limit: tickSize, field, value: px }
  }
  if (minNotional && !reduceOnly && decimal.compare(notional, minNotional) < 0) {
    return { check: 'minNotional', limit: minNotional, value: notional }
  }
  if (maxNotional && decimal.compare(notional, maxNotional) > 0) {
    return { check: 'maxNotional', limit: maxNotional, value: notional }
  }
  return undefined
}

/** Returns the first rule that the quantity breaks by itself; undefined if it breaks none. */
export function quantityCheck(
  { lotSize, minQty, maxQty }: Instrument,
  orderQty: string,
): Refusal | undefined {
  const of = { field: 'orderQty', value: orderQty }
  if (lotSize && !decimal.isMultiple(orderQty, lotSize)) return { check: 'lotSize', limit: lotSize, ...of }
  if (minQty && decimal.compare(orderQty, minQty) < 0) return { check: 'minQty', limit: minQty, ...of }
  if (maxQty && decimal.compare(orderQty, maxQty) > 0) return { check: 'maxQty', limit: maxQty, ...of }
  return undefined
}

/**
 * Returns a refusal if a price is outside of the band around `px`. That is the market's price, if it is known, not the request's.
 */
export function bandCheck(
  { priceBandPct }: Instrument,
  { price, stopPx }: OrderRequest,
  px: string,
): Refusal | undefined {
  if (priceBandPct === undefined) return undefined
  const reach = decimal.divide(decimal.multiply(px, priceBandPct), '100')
  const [low, high] = [decimal.subtract(px, reach), decimal.add(px, reach)]
  const isOutside = (one: string) => decimal.compare(one, low) < 0 || decimal.compare(one, high) > 0
  for (const [field, value] of Object.entries({ price, stopPx })) {
    if (value !== undefined && isOutside(value))
      return { check: 'priceBand', limit: `${low} to ${high}`, field, value }
  }
  return undefined
}

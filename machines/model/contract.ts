/** The value of a quantity of an instrument. */
import { z } from 'zod'
import * as decimal from './decimal.ts'
import { positive } from './fields.ts'
import { ownOf } from './own.ts'

export const contractType = z
  .enum(['spot', 'linear', 'inverse'])
  .describe(
    'spot: the asset itself changes hands, so only an owned asset can be sold. linear: a contract that settles in the quote asset. inverse: a contract of a fixed value in the quote asset that settles in the base asset.',
  )
export type ContractType = z.infer<typeof contractType>

export const contractTerms = {
  contract: contractType.default('spot'),
  multiplier: positive
    .default('1')
    .describe(
      'The units of the base asset in one contract. For an inverse contract, the units of the quote asset.',
    ),
}
export interface Contract {
  readonly contract: ContractType
  readonly multiplier: string
}

export const SPOT: Contract = { contract: 'spot', multiplier: '1' }

/** A contract, and the asset that its PnL is in. */
export interface SettledContract extends Contract {
  readonly settleAsset: string
}

/**
 * Returns the value of a quantity at a price, in the asset that the contract settles in. The quantity is negative when short. The
 * value of a long quantity grows with the price. For an inverse contract it is -1/price of a unit, and only differences of it
 * have a meaning. That quotient is rounded here and nowhere else, so sums of values stay exact.
 */
export function contractValue({ contract, multiplier }: Contract, quantity: string, px: string): string {
  const size = multiplier === '1' ? quantity : decimal.multiply(quantity, multiplier)
  return contract === 'inverse' ? decimal.negate(decimal.divide(size, px)) : decimal.multiply(size, px)
}

/** Returns the notional of the quantity at the price, always positive, in the asset that the contract settles in. */
export function notionalValue(contract: Contract, quantity: string, px: string): string {
  return decimal.absolute(contractValue(contract, quantity, px))
}

/** Returns the price at which the quantity has this value: its average price. */
export function priceOf({ contract, multiplier }: Contract, quantity: string, value: string): string {
  if (decimal.isZero(quantity) || decimal.isZero(value)) return decimal.ZERO
  const size = decimal.multiply(quantity, multiplier)
  return contract === 'inverse' ? decimal.negate(decimal.divide(size, value)) : decimal.divide(value, size)
}

/** Assets that symbols are priced in. An asset that ends like another one comes before it. */
const QUOTE_ASSETS = ['FDUSD', 'BUSD', 'TUSD', 'USDT', 'USDC', 'USD', 'EUR', 'BTC', 'ETH', 'BNB']

/** Returns the asset that a symbol ends in (`BTCUSDT`: USDT), or the symbol itself if it ends in no known asset. */
export function quoteAssetOf(symbol: string): string {
  return QUOTE_ASSETS.find((asset) => symbol.endsWith(asset)) ?? symbol
}

/** The separators that venues put between the two assets of a symbol: `BTCUSDT`, `SKL-USD`, `SKL/USD`. Most use none. */
const SEPARATORS = ['', '-', '/', '_', ':', '.']

/** Returns the asset that a symbol is of, without the asset that it is paid in (`BTCUSDT` and `BTC-USDT`: BTC). */
export function baseAssetOf(symbol: string, settleAsset = quoteAssetOf(symbol)): string {
  const quote = symbol.endsWith(settleAsset) ? settleAsset : quoteAssetOf(symbol)
  const base = symbol.slice(0, -quote.length)
  if (base === '') return symbol
  return base.length > 1 && SEPARATORS.includes(base.slice(-1)) ? base.slice(0, -1) : base
}

/**
 * Returns the coin that changes hands in a deal: on spot the base asset, by its instrument as the venue lists it or else by its
 * symbol; undefined for a contract.
 */
export function dealtAssetOf(
  { contract, settleAsset }: Pick<SettledContract, 'contract' | 'settleAsset'>,
  { symbol, instrument }: { readonly symbol: string; readonly instrument?: string | undefined },
): string | undefined {
  if (contract !== 'spot') return undefined
  return instrument === undefined ? baseAssetOf(symbol, settleAsset) : (instrument.split('/')[0] as string)
}

/** Returns the price of an asset in another one by the symbol that is of both; undefined where no symbol is. */
export function pxIn(
  marks: Readonly<Record<string, string>>,
  baseAsset: string,
  quoteAsset: string,
): string | undefined {
  for (const separator of SEPARATORS) {
    const px = ownOf(marks, `${baseAsset}${separator}${quoteAsset}`)
    if (px !== undefined) return px
  }
  return undefined
}

/**
 * Returns the asset that a contract on the symbol settles in by default: the base asset for an inverse contract, else the quote
 * asset.
 */
export function settleAssetOf(contract: ContractType = 'spot', symbol: string): string {
  return contract === 'inverse' ? baseAssetOf(symbol) : quoteAssetOf(symbol)
}

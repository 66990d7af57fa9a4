/** What a quantity of an instrument is worth. */
import { z } from 'zod'
import * as decimal from './decimal.ts'
import { positive } from './fields.ts'
import { ownOf } from './own.ts'

export const contractType = z
  .enum(['spot', 'linear', 'inverse'])
  .describe(
    'spot: the asset itself changes hands, so none is sold that is not owned. linear: a contract on it, settled in the quote asset. inverse: a contract worth a fixed amount of the quote asset, settled in the base asset.',
  )
export type ContractType = z.infer<typeof contractType>

export const contractTerms = {
  contract: contractType.default('spot'),
  multiplier: positive
    .default('1')
    .describe('Units of the base asset that one contract is of; of an inverse one, of the quote asset.'),
}
export interface Contract {
  readonly contract: ContractType
  readonly multiplier: string
}

export const SPOT: Contract = { contract: 'spot', multiplier: '1' }

/** A contract and the asset that its PnL is in. */
export interface SettledContract extends Contract {
  readonly settleAsset: string
}

/**
 * Value of a quantity, negative when short, at a price, in the asset that the contract settles in. It grows with the
 * price for who is long; an inverse contract's is -1/price of a unit, where only differences mean something. That is
 * a quotient, rounded here and nowhere else, so sums of values stay exact.
 */
export function contractValue({ contract, multiplier }: Contract, quantity: string, px: string): string {
  const size = multiplier === '1' ? quantity : decimal.multiply(quantity, multiplier)
  return contract === 'inverse' ? decimal.negate(decimal.divide(size, px)) : decimal.multiply(size, px)
}

/** What the quantity amounts to at the price, always positive, in the asset that the contract settles in. */
export function notionalValue(contract: Contract, quantity: string, px: string): string {
  return decimal.absolute(contractValue(contract, quantity, px))
}

/** Price at which the quantity has this value: what was paid for it on the average. */
export function priceOf({ contract, multiplier }: Contract, quantity: string, value: string): string {
  if (decimal.isZero(quantity) || decimal.isZero(value)) return decimal.ZERO
  const size = decimal.multiply(quantity, multiplier)
  return contract === 'inverse' ? decimal.negate(decimal.divide(size, value)) : decimal.divide(value, size)
}

/** Assets that symbols are priced in; an asset that ends like another comes before it. */
const QUOTE_ASSETS = ['FDUSD', 'BUSD', 'TUSD', 'USDT', 'USDC', 'USD', 'EUR', 'BTC', 'ETH', 'BNB']

/** The asset that a symbol ends in (`BTCUSDT`: USDT); a symbol that ends in none we know stands for its own. */
export function quoteAssetOf(symbol: string): string {
  return QUOTE_ASSETS.find((asset) => symbol.endsWith(asset)) ?? symbol
}

/** What venues put between the two assets of a symbol, most of them nothing: `BTCUSDT`, `SKL-USD`, `SKL/USD`. */
const SEPARATORS = ['', '-', '/', '_', ':', '.']

/** Returns the asset that a symbol is of, without the asset that it is paid in (`BTCUSDT` and `BTC-USDT`: BTC). */
export function baseAssetOf(symbol: string, settleAsset = quoteAssetOf(symbol)): string {
  const quote = symbol.endsWith(settleAsset) ? settleAsset : quoteAssetOf(symbol)
  const base = symbol.slice(0, -quote.length)
  if (base === '') return symbol
  return base.length > 1 && SEPARATORS.includes(base.slice(-1)) ? base.slice(0, -1) : base
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

/** What a contract on the symbol settles in, where nothing else is said: an inverse one in the base asset. */
export function settleAssetOf(contract: ContractType = 'spot', symbol: string): string {
  return contract === 'inverse' ? baseAssetOf(symbol) : quoteAssetOf(symbol)
}

import * as decimal from '../../../../machines/decimal.ts'

/** Shares of the traded value, as decimal text: `0.001` is 10 basis points. */
export interface Fees {
  readonly takerFee: string
  readonly makerFee: string
}

/** Assets that symbols are priced in; an asset that ends like another comes before it. */
const QUOTE_ASSETS = ['FDUSD', 'BUSD', 'TUSD', 'USDT', 'USDC', 'USD', 'EUR', 'BTC', 'ETH', 'BNB']

/** The asset that a symbol ends in (`BTCUSDT`: USDT); a symbol that ends in none we know stands for its own. */
function quoteAsset(symbol: string): string {
  return QUOTE_ASSETS.find((asset) => symbol.endsWith(asset)) ?? symbol
}

/** Charged in the quote asset, on the value of the fill, exact to the last digit. */
export function commissionOf(fees: Fees, symbol: string, value: string, liquidity: 'MAKER' | 'TAKER') {
  const fee = liquidity === 'MAKER' ? fees.makerFee : fees.takerFee
  return { commission: decimal.multiply(value, fee), commissionAsset: quoteAsset(symbol) }
}

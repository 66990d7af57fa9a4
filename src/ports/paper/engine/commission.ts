import { quoteAssetOf } from '../../../../machines/contract.ts'
import * as decimal from '../../../../machines/decimal.ts'

/** Shares of the traded value, as decimal text: `0.001` is 10 basis points. */
export interface Fees {
  readonly takerFee: string
  readonly makerFee: string
}

/** Charged in the quote asset, on the value of the fill, exact to the last digit. */
export function commissionOf(fees: Fees, symbol: string, value: string, liquidity: 'MAKER' | 'TAKER') {
  const fee = liquidity === 'MAKER' ? fees.makerFee : fees.takerFee
  return { commission: decimal.multiply(value, fee), commissionAsset: quoteAssetOf(symbol) }
}

import * as decimal from '../../../../machines/model/decimal.ts'

/** Shares of the traded value, as decimal text: `0.001` is 10 basis points. */
export interface Fees {
  readonly takerFee: string
  readonly makerFee: string
}

/** Returns the commission of a fill: a share of its notional, in the asset that it is paid or settled in, exact to the last digit. */
export function commissionOf(
  { takerFee, makerFee }: Fees,
  { notional, settleAsset }: { readonly notional: string; readonly settleAsset: string },
  liquidity: 'MAKER' | 'TAKER',
) {
  const fee = liquidity === 'MAKER' ? makerFee : takerFee
  return { commission: decimal.multiply(notional, fee), commissionAsset: settleAsset }
}

import type { Side } from '../../../../machines/index.ts'
import { baseAssetOf, notionalValue, type SettledContract } from '../../../../machines/model/contract.ts'
import * as decimal from '../../../../machines/model/decimal.ts'

/**
 * The asset of commissions. settle: the asset that a trade is paid or settled in. received: the asset that a spot trade brings. bnb: BNB
 * while the account has enough of it, else as if it were not chosen.
 */
export type FeeIn = 'settle' | 'received' | 'bnb'

export interface Fees {
  /** Shares of the traded value, as decimal text: `0.001` is 10 basis points. */
  readonly takerFee: string
  readonly makerFee: string
  /** Default: that of the profile. */
  readonly feeIn?: FeeIn | undefined
  /** The price of BNB, in the asset that trades are paid or settled in, where the market has none. */
  readonly bnbPx?: string | undefined
}

/** The terms of a commission in BNB. */
export interface Bnb {
  readonly px: string
  readonly available: string
  /** The share of the commission that is paid. */
  readonly share: string
}

export interface Trade extends Pick<SettledContract, 'contract' | 'multiplier' | 'settleAsset'> {
  readonly symbol: string
  readonly side: Side
  readonly qty: string
  readonly px: string
}

export interface Charge {
  readonly commission: string
  readonly commissionAsset: string
}

/** Decimal places of an amount of BNB. */
const BNB_PLACES = 8

/** Returns the commission of a fill. It is exact to the last digit, and in BNB rounded to 8 places. */
export function commissionOf(
  { takerFee, makerFee }: Fees,
  trade: Trade,
  { liquidity, feeIn, bnb }: { liquidity: 'MAKER' | 'TAKER'; feeIn: FeeIn; bnb: Bnb | undefined },
): Charge {
  const { settleAsset, symbol, side, qty, px } = trade
  const fee = liquidity === 'MAKER' ? makerFee : takerFee
  const commission = decimal.multiply(notionalValue(trade, qty, px), fee)
  if (feeIn === 'bnb' && bnb !== undefined) {
    const paid = decimal.divide(decimal.multiply(commission, bnb.share), bnb.px)
    const amount = decimal.round(paid, BNB_PLACES)
    if (decimal.compare(amount, bnb.available) <= 0) return { commission: amount, commissionAsset: 'BNB' }
  }
  if (feeIn !== 'settle' && trade.contract === 'spot' && side === 'BUY')
    return { commission: decimal.multiply(qty, fee), commissionAsset: baseAssetOf(symbol, settleAsset) }
  return { commission, commissionAsset: settleAsset }
}

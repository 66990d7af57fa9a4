import { type Contract, contractValue, settleAssetOf } from '../contract.ts'
import * as decimal from '../decimal.ts'
import type { Fill, FillBust } from '../events/commands.ts'
import { signedQty } from '../position/books.ts'

/**
 * What a fill, or the bust of one, brings: cash in the asset it is paid or settled in, commissions in that asset taken
 * off, and quantity held.
 */
export function flowOf(event: Fill | FillBust, contract: Contract): { cash: string; quantity: string } {
  const { type, symbol, lastPx, commission, commissionAsset } = event
  const quantity = signedQty(event)
  const paid = contractValue(contract, quantity, lastPx)
  const charged = commissionAsset === settleAssetOf(contract.contract, symbol) ? commission : decimal.ZERO
  const cash = decimal.negate(decimal.add(paid, charged))
  return type === 'FILL'
    ? { cash, quantity }
    : { cash: decimal.negate(cash), quantity: decimal.negate(quantity) }
}

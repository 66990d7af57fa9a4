/** Who holds a contract pays, or is paid, when funding falls due. */
import { compact } from '../../../../errors/compact.ts'
import { contractOf } from '../../../../machines/account/instrument.ts'
import { accountAddress, type CashFlowReport } from '../../../../machines/index.ts'
import { holdingName } from '../../../../machines/model/addresses.ts'
import * as decimal from '../../../../machines/model/decimal.ts'
import { fundingOf } from '../../../../machines/position/books.ts'
import type { MarketMessage } from '../../market-source.ts'
import { credit, type Execution } from './execution.ts'
import type { Terms } from './profile.ts'
import type { VenueState } from './state.ts'

export function takeFunding(
  state: VenueState,
  terms: Terms,
  { symbol, venue, position }: MarketMessage,
  { rate, px }: { readonly rate: string; readonly px: string },
): readonly Execution[] {
  const contract = contractOf(terms.instruments, symbol)
  if (contract.contract === 'spot') return []
  const { settleAsset: asset } = contract
  return ([undefined, 'LONG', 'SHORT'] as const).flatMap((positionSide) => {
    const name = holdingName({ symbol, positionSide })
    const books = state.positions[name]
    if (books === undefined || decimal.isZero(books.quantity)) return []
    const change = fundingOf(contract, books, rate, px)
    credit(state, asset, change)
    const report: CashFlowReport = compact({
      type: 'CASH_FLOW_REPORT',
      at: state.now,
      venue,
      flowId: `${terms.name}-funding-${position}-${name}`,
      symbol,
      positionSide,
      asset,
      change,
      kind: 'funding',
      reason: 'FUNDING_FEE',
    })
    return [{ report, actor: accountAddress(venue) }]
  })
}

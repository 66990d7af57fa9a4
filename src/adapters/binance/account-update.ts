/** Binance's updates of an account: spot's `outboundAccountPosition` and `balanceUpdate`, the futures' `ACCOUNT_UPDATE`. */
import { z } from 'zod'
import { compact } from '../../../errors/compact.ts'
import type { BalanceReport, CashFlowKind, CashFlowReport, PositionReport } from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { epochMs } from '../../../machines/model/fields.ts'
import { ownOf } from '../../../machines/model/own.ts'
import { amount, amountOrZero, positionSide } from './fields.ts'

export type AccountReport = BalanceReport | CashFlowReport | PositionReport

export const outboundAccountPosition = z.object({
  /** The time at which the account changed. */
  u: epochMs,
  /** The free amount of each asset, and the amount that orders hold. */
  B: z.array(z.object({ a: z.string(), f: amount, l: amount })),
})

export function spotBalances(
  { u: at, B }: z.infer<typeof outboundAccountPosition>,
  venue: string,
): readonly AccountReport[] {
  // Spot does not say why.
  const of = { type: 'BALANCE_REPORT' as const, at, venue, reason: 'outboundAccountPosition' }
  return B.map(({ a: asset, f: free, l }) => ({ ...of, asset, balance: decimal.add(free, l), free }))
}

/** The update of a deposit, a withdrawal or a transfer. The balance itself comes as an `outboundAccountPosition`. */
export const balanceUpdate = z.object({ T: epochMs, a: z.string(), d: amount })

export function spotCashFlow(
  { T: at, a: asset, d: change }: z.infer<typeof balanceUpdate>,
  venue: string,
): readonly AccountReport[] {
  const reason = 'balanceUpdate'
  const flowId = flowIdOf(reason, at, asset, change)
  return [{ type: 'CASH_FLOW_REPORT', at, venue, flowId, asset, change, kind: 'transfer', reason }]
}

/** The kinds of the futures' reasons. Every other reason is that of money which somebody moves. */
const FLOW_KINDS: Readonly<Record<string, CashFlowKind>> = {
  FUNDING_FEE: 'funding',
  INSURANCE_CLEAR: 'insurance',
  ADJUSTMENT: 'adjustment',
  // A change that is neither PnL nor commission of the trade.
  ORDER: 'fee',
  OPTIONS_PREMIUM_FEE: 'fee',
  OPTIONS_SETTLE_PROFIT: 'fee',
}

export const accountUpdate = z.object({
  T: epochMs,
  a: z.object({
    m: z.string(),
    B: z
      .array(
        z.object({
          a: z.string(),
          /** Wallet balance: unrealised PnL is not in it. */
          wb: amount,
          /** The change by other causes than PnL and commission. */
          bc: amountOrZero,
        }),
      )
      .default([]),
    P: z
      .array(
        z.object({
          s: z.string(),
          ps: positionSide,
          /** Below zero when short, on either side. */
          pa: amount,
          ep: amount,
          /** Realised PnL so far, and what is not realised. */
          cr: amount.optional(),
          up: amount.optional(),
        }),
      )
      .default([]),
  }),
})
type AccountUpdate = z.infer<typeof accountUpdate>
type Position = AccountUpdate['a']['P'][number]

export function futuresAccount({ T: at, a }: AccountUpdate, venue: string): readonly AccountReport[] {
  const { m: reason, B, P } = a
  const of = { at, venue }
  const kind = ownOf(FLOW_KINDS, reason) ?? 'transfer'
  const flows = B.filter(({ bc }) => !decimal.isZero(bc)).map(
    ({ a: asset, wb, bc: change }): CashFlowReport => ({
      type: 'CASH_FLOW_REPORT',
      ...of,
      flowId: flowIdOf(reason, at, asset, wb),
      ...(kind === 'funding' && holdingIn(P)),
      asset,
      change,
      kind,
      reason,
    }),
  )
  const balances = B.map(
    ({ a: asset, wb: balance }): BalanceReport => ({ type: 'BALANCE_REPORT', ...of, asset, balance, reason }),
  )
  return [...flows, ...balances, ...P.map((position) => positionReport(position, of))]
}

/**
 * Returns an id for a flow, which has none in its message. Two flows of an asset may be of one millisecond: `mark`, the balance after the
 * flow, or where it is not told the amount, tells them apart, and is the same when a flow is told twice.
 */
function flowIdOf(reason: string, at: number, asset: string, mark: string): string {
  return [reason, at, asset, mark].join('-')
}

/** Returns the holding that funding was paid for: only that of an isolated position is told with its position. */
function holdingIn(positions: readonly Position[]): Pick<CashFlowReport, 'symbol' | 'positionSide'> {
  const [position, other] = positions
  return position === undefined || other !== undefined ? {} : { symbol: position.s, ...position.ps }
}

function positionReport(
  { s: symbol, ps, pa: quantity, ep: entryPx, up: unrealizedPnl, cr: realizedPnl }: Position,
  of: { at: number; venue: string },
): PositionReport {
  return {
    type: 'POSITION_REPORT',
    ...of,
    symbol,
    ...ps,
    quantity,
    entryPx,
    ...compact({ unrealizedPnl, realizedPnl }),
  }
}

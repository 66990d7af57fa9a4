/** What a venue says of an account. */
import { z } from 'zod'
import { decimal, epochMs } from '../model/fields.ts'
import { positionSide } from './order.ts'

const ofVenue = { at: epochMs, venue: z.string() }
/** Why it has changed, in the venue's own words: ORDER, FUNDING_FEE, DEPOSIT. */
const reason = z.string()

/** All that the account has of an asset. */
export const balanceReport = z.object({
  type: z.literal('BALANCE_REPORT'),
  ...ofVenue,
  asset: z.string(),
  balance: decimal,
  /** What working orders do not hold of it, where the venue says so. */
  free: decimal.optional(),
  reason,
})

/** Money that came or went other than by trading: a deposit, a transfer, funding. */
export const cashFlowReport = z.object({
  type: z.literal('CASH_FLOW_REPORT'),
  ...ofVenue,
  /** One that comes twice counts once. */
  flowId: z.string(),
  /** Of funding, where the venue says what it was for. */
  symbol: z.string().optional(),
  positionSide: positionSide.optional(),
  asset: z.string(),
  /** Positive when received. */
  change: decimal,
  reason,
})

export const positionReport = z.object({
  type: z.literal('POSITION_REPORT'),
  ...ofVenue,
  symbol: z.string(),
  positionSide: positionSide.optional(),
  /** Positive when long. */
  quantity: decimal,
  entryPx: decimal,
  unrealizedPnl: decimal.optional(),
  /** Of all the time that the venue has counted, before commissions: only differences mean something. */
  realizedPnl: decimal.optional(),
})

export type BalanceReport = z.infer<typeof balanceReport>
export type CashFlowReport = z.infer<typeof cashFlowReport>
export type PositionReport = z.infer<typeof positionReport>

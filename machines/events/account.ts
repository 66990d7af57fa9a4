/** Events of an account: reports of its venue, requests to it, and the events that it emits. */
import { z } from 'zod'
import { address, by, byHand, decimal, epochMs, remark } from '../model/fields.ts'
import { positionSide } from './order.ts'
import { changed, event, ofSymbol, ofTrade, ofVenue, settings } from './shape.ts'

/** Why it has changed, in the venue's own words: ORDER, FUNDING_FEE, DEPOSIT. */
const reason = z.string()

/** All that the account has of an asset. */
export const balanceReport = z.object({
  type: z.literal('BALANCE_REPORT'),
  ...ofVenue,
  asset: z.string(),
  balance: decimal,
  /** The amount that working orders do not reserve, if the venue says so. */
  free: decimal.optional(),
  reason,
})

/** Money that came or went other than by trading: a deposit, a transfer, funding. */
export const cashFlowReport = z.object({
  type: z.literal('CASH_FLOW_REPORT'),
  ...ofVenue,
  /** One that comes twice counts once. */
  flowId: z.string(),
  /** The symbol of a funding payment, if the venue says so. */
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
  /** The realised PnL that the venue has counted so far, before commissions. Only differences of it have a meaning. */
  realizedPnl: decimal.optional(),
})

export const setTradingState = z
  .strictObject({
    type: z.literal('SET_TRADING_STATE'),
    at: epochMs,
    tradingState: z
      .enum(['active', 'reducing', 'halted'])
      .describe(
        'active: all that passes the risk gate. reducing: only what makes a position smaller. halted: only what protects one, a stop or its watchdog.',
      ),
    by: by.describe('Who says so.'),
    reason: remark.optional().describe('For the record.'),
  })
  .describe(
    'From a person, to an account. Setting it active resets a circuit breaker that has tripped, which counts losses anew from then on; entries are let through once the review that the breaker asked for is acknowledged, too (ACKNOWLEDGE_REVIEW).',
  )

export const requireReview = z
  .strictObject({
    type: z.literal('REQUIRE_REVIEW'),
    at: epochMs,
    by: byHand,
    reason: remark.describe('What there is to look at.'),
  })
  .describe('To an account: nothing is entered until a person has looked (ACKNOWLEDGE_REVIEW).')
export const acknowledgeReview = z
  .strictObject({
    type: z.literal('ACKNOWLEDGE_REVIEW'),
    at: epochMs,
    by: by.describe('Who has looked.'),
    note: remark.optional().describe('What there was to see.'),
  })
  .describe(
    'From a person, to an account: has looked at what a review was required for. A circuit breaker that has tripped is reset apart (SET_TRADING_STATE).',
  )

/** Tells an account what news say about a symbol. While a critical flag is in force, nothing is entered there. */
export const riskFlag = z.object({
  type: z.literal('RISK_FLAG'),
  at: epochMs,
  venue: z.string(),
  symbol: z.string(),
  flag: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  /** Epoch ms at which it ends. */
  until: epochMs,
  reason: z.string(),
})

export const updateLimits = z
  .strictObject({
    type: z.literal('UPDATE_LIMITS'),
    at: epochMs,
    by: by.describe('Who says so.'),
    limits: settings.describe(
      'Any of [account.limits](configuration.md#account), by name; null takes one away.',
    ),
  })
  .describe('From a person, to an account: other limits, all of them or none. What is not named stays.')

/** The runner asks an account for its stats. */
export const statsRequest = z.object({ type: z.literal('STATS_REQUEST'), at: epochMs, owner: address })

const count = z.number().int().nonnegative()
export const accountStats = {
  asset: z.string(),
  balance: decimal,
  equity: decimal,
  dailyPnl: decimal,
  drawdownPct: decimal,
  openOrders: count,
  openPositions: count,
}
export const stats = z.object({
  type: z.literal('STATS'),
  at: epochMs,
  venue: z.string(),
  ...accountStats,
})

export const riskApproved = event('RISK_APPROVED', {
  ...ofSymbol,
  ...ofTrade,
  clOrdId: z.string(),
  notional: decimal,
})
const refusal = {
  ...ofVenue,
  symbol: z.string().describe('unless the order that it is about is unknown').optional(),
  ...ofTrade,
  clOrdId: z.string(),
  check: z.string().describe('that refused'),
  field: z.string().describe('of the request, where that is not the name of the check').optional(),
  limit: z.string().describe('what it allows'),
  value: z.string().describe('what was asked'),
  text: z.string(),
}
export const riskRejected = event('RISK_REJECTED', refusal)
export const entrySkipped = event('ENTRY_SKIPPED', refusal).describe(
  'Held back for a time, by a cooldown or a flag, say; not wrong in itself.',
)
export const tradingBlocked = event('TRADING_BLOCKED', {
  ...ofVenue,
  tradingState: z.enum(['reducing', 'halted']),
  by,
  reason: z.string().optional(),
}).describe('Orders that make a position larger, or all, are refused from now on.')
export const tradingAuthorized = event('TRADING_AUTHORIZED', {
  ...ofVenue,
  by,
  reason: z.string().optional(),
})
const trip = { ...ofVenue, check: z.string(), limit: z.string(), value: z.string() }
export const limitBreached = event('LIMIT_BREACHED', trip)
export const circuitBreakerTriggered = event('CIRCUIT_BREAKER_TRIGGERED', {
  ...trip,
  tradingState: z.enum(['reducing', 'halted']),
})
export const circuitBreakerReset = event('CIRCUIT_BREAKER_RESET', { ...trip, by })
export const manualReviewRequired = event('MANUAL_REVIEW_REQUIRED', { ...ofVenue, reason: z.string() })
export const manualReviewAcknowledged = event('MANUAL_REVIEW_ACKNOWLEDGED', {
  ...ofVenue,
  reason: z.string(),
  by,
  note: z.string().optional(),
})
export const manualIntervention = event('MANUAL_INTERVENTION', {
  ...ofVenue,
  symbol: z.string().optional(),
  ...ofTrade,
  action: z.enum(['SET_TRADING_STATE', 'CANCEL', 'EXIT']),
  by,
  reason: z.string().optional(),
}).describe('A person has changed trading by hand.')
export const settingUpdated = event('SETTING_UPDATED', {
  ...ofVenue,
  setting: z.string(),
  ...changed,
}).describe('A limit of the account.')
export const settingFailed = event('SETTING_FAILED', {
  ...ofVenue,
  symbol: z.string().optional(),
  ...ofTrade,
  field: z.string(),
  rule: z.string().describe('that it breaks'),
  by,
}).describe('One that was asked for and cannot be: nothing of that request has changed.')

export const balanceChanged = event('BALANCE_CHANGED', {
  ...ofVenue,
  asset: z.string(),
  balance: decimal,
  change: decimal,
  reason: z.string().optional().describe('why, where it was not a trade: in the words of the venue'),
})
export const portfolioValue = event('PORTFOLIO_VALUE', {
  ...ofVenue,
  asset: z.string(),
  equity: decimal,
  peakEquity: decimal,
  unrealizedPnl: decimal,
  dailyPnl: decimal,
  drawdownPct: decimal,
}).describe("All that is settled in the account's asset, marked at the last candles' closes.")

export type BalanceReport = z.infer<typeof balanceReport>
export type CashFlowReport = z.infer<typeof cashFlowReport>
export type PositionReport = z.infer<typeof positionReport>
export type RequireReview = z.infer<typeof requireReview>
export type AcknowledgeReview = z.infer<typeof acknowledgeReview>
export type RiskFlag = z.infer<typeof riskFlag>
export type SetTradingState = z.infer<typeof setTradingState>
export type UpdateLimits = z.infer<typeof updateLimits>
export type StatsRequest = z.infer<typeof statsRequest>
export type Stats = z.infer<typeof stats>

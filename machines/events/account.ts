/** Events of an account: reports of its venue, requests to it, and the events that it emits. */
import { z } from 'zod'
import { riskLimits } from '../account/limits.ts'
import { address, by, byHand, decimal, epochMs, remark } from '../model/fields.ts'
import { positionSide } from './order.ts'
import { changed, EXAMPLE, event, ofSymbol, ofTrade, ofVenue, settingsOf } from './shape.ts'

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

/**
 * The kind of a cash flow. Funding, fees, and what the insurance fund or a liquidation takes are what trading costs and brings. A transfer
 * (also a deposit or a withdrawal) and an adjustment are not.
 */
export const cashFlowKind = z.enum(['funding', 'fee', 'insurance', 'liquidation', 'transfer', 'adjustment'])

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
  /** Absent where the venue does not say. */
  kind: cashFlowKind.optional(),
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
        'active: orders that pass the risk gate. reducing: only orders that make a position smaller. halted: only orders that protect a position, as a stop or its watchdog does, and those that close one because a person has asked for it.',
      ),
    by: by.describe('The name of the person or program that asks for it.'),
    reason: remark.optional().describe('A remark for the log.'),
  })
  .describe(
    'Sets the trading state of an account. `active` resets a circuit breaker that has tripped, and the breaker counts losses from zero. Entries pass once the review that the breaker asked for is acknowledged, too (ACKNOWLEDGE_REVIEW).',
  )

export const requireReview = z
  .strictObject({
    type: z.literal('REQUIRE_REVIEW'),
    at: epochMs,
    by: byHand,
    reason: remark.describe('The subject of the review.'),
  })
  .describe('Blocks the entries of an account until a person acknowledges a review (ACKNOWLEDGE_REVIEW).')
export const acknowledgeReview = z
  .strictObject({
    type: z.literal('ACKNOWLEDGE_REVIEW'),
    at: epochMs,
    by: by.describe('The name of the person who has reviewed it.'),
    note: remark.optional().describe('The result of the review.'),
  })
  .describe(
    'Acknowledges the review that an account requires. It does not reset a circuit breaker that has tripped: SET_TRADING_STATE does.',
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
    by: by.describe('The name of the person or program that asks for it.'),
    limits: settingsOf(riskLimits).describe(
      'Any of [account.limits](configuration.md#account), by name. null removes a limit.',
    ),
  })
  .describe('Sets limits of an account, all of them or none. Limits that are left out stay.')

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

export const riskApproved = event(
  'RISK_APPROVED',
  {
    ...ofSymbol,
    ...ofTrade,
    clOrdId: z.string(),
    notional: decimal,
  },
  { ...EXAMPLE.ofTrade, clOrdId: 'sim:btc-1-entry', notional: '618.38' },
).describe('The risk gate lets a request pass.')
const refusal = {
  ...ofVenue,
  symbol: z.string().describe('Absent when the order of the request is unknown.').optional(),
  ...ofTrade,
  clOrdId: z.string(),
  check: z.string().describe('The check that refused the request.'),
  field: z
    .string()
    .describe('The field of the request. Absent when the check is called like its field.')
    .optional(),
  limit: z.string().describe('The value that the check allows.'),
  value: z.string().describe('The value that was asked for.'),
  text: z.string(),
}
export const riskRejected = event('RISK_REJECTED', refusal, {
  ...EXAMPLE.ofTrade,
  clOrdId: 'sim:btc-1-entry',
  check: 'orderNotionalMax',
  limit: '10000',
  value: '30918.82',
  text: 'orderNotionalMax: 30918.82 asked, 10000 allowed',
}).describe('The risk gate refuses a request.')
export const entrySkipped = event('ENTRY_SKIPPED', refusal, {
  ...EXAMPLE.ofTrade,
  clOrdId: 'sim:btc-1-entry',
  check: 'cooldown',
  limit: 'after 60000 ms',
  value: '12000 ms',
  text: 'cooldown: 12000 ms, no entry but after 60000 ms',
}).describe(
  'The risk gate holds an entry back for a time, as by a cooldown or a flag. The request itself breaks no rule.',
)
export const tradingBlocked = event(
  'TRADING_BLOCKED',
  {
    ...ofVenue,
    tradingState: z.enum(['reducing', 'halted']),
    by,
    reason: z.string().optional(),
  },
  { ...EXAMPLE.ofVenue, tradingState: 'halted', by: 'ann', reason: 'to look' },
).describe(
  'From now on the account refuses orders that make a position larger (`reducing`), or all but those that protect one (`halted`).',
)
export const tradingAuthorized = event(
  'TRADING_AUTHORIZED',
  {
    ...ofVenue,
    by,
    reason: z.string().optional(),
  },
  { ...EXAMPLE.ofVenue, by: 'ann' },
).describe('The account is active from now on.')
const trip = { ...ofVenue, check: z.string(), limit: z.string(), value: z.string() }
export const limitBreached = event('LIMIT_BREACHED', trip, {
  ...EXAMPLE.ofVenue,
  check: 'dailyLossMax',
  limit: '500',
  value: '512.3',
}).describe('The account has reached a limit of its losses.')
export const circuitBreakerTriggered = event(
  'CIRCUIT_BREAKER_TRIGGERED',
  {
    ...trip,
    tradingState: z.enum(['reducing', 'halted']),
  },
  { ...EXAMPLE.ofVenue, check: 'dailyLossMax', limit: '500', value: '512.3', tradingState: 'reducing' },
).describe('The circuit breaker has tripped, and the account is in this trading state.')
export const circuitBreakerReset = event(
  'CIRCUIT_BREAKER_RESET',
  { ...trip, by },
  { ...EXAMPLE.ofVenue, check: 'dailyLossMax', limit: '500', value: '512.3', by: 'ann' },
).describe('A person has reset the circuit breaker.')
export const manualReviewRequired = event(
  'MANUAL_REVIEW_REQUIRED',
  {
    ...ofVenue,
    reason: z.string(),
  },
  { ...EXAMPLE.ofVenue, reason: 'dailyLossMax reached: 512.3, limit 500' },
).describe('The account blocks entries until a person acknowledges a review.')
export const manualReviewAcknowledged = event(
  'MANUAL_REVIEW_ACKNOWLEDGED',
  {
    ...ofVenue,
    reason: z.string(),
    by,
    note: z.string().optional(),
  },
  { ...EXAMPLE.ofVenue, reason: 'dailyLossMax reached: 512.3, limit 500', by: 'ann' },
).describe('A person has acknowledged the review.')
export const manualIntervention = event(
  'MANUAL_INTERVENTION',
  {
    ...ofVenue,
    symbol: z.string().optional(),
    ...ofTrade,
    action: z.enum(['SET_TRADING_STATE', 'CANCEL', 'EXIT', 'CANCEL_ALL', 'FLATTEN', 'CLOSE_POSITION']),
    by,
    reason: z.string().optional(),
  },
  { ...EXAMPLE.ofTrade, action: 'CANCEL', by: 'ann', reason: 'too late' },
).describe('A person has changed trading by hand.')
export const settingUpdated = event(
  'SETTING_UPDATED',
  {
    ...ofVenue,
    setting: z.string(),
    ...changed,
  },
  { ...EXAMPLE.ofVenue, setting: 'openOrdersMax', value: 10, was: 5, by: 'ann' },
).describe('A limit of the account has changed.')
export const settingFailed = event(
  'SETTING_FAILED',
  {
    ...ofVenue,
    symbol: z.string().optional(),
    ...ofTrade,
    field: z.string(),
    rule: z.string().describe('The rule that the setting breaks.'),
    by,
  },
  {
    ...EXAMPLE.ofVenue,
    field: 'openOrdersMax',
    rule: 'Invalid input: expected number, received string',
    by: 'ann',
  },
).describe('A setting that was asked for breaks a rule. Nothing that the request asked for has changed.')

export const balanceChanged = event(
  'BALANCE_CHANGED',
  {
    ...ofVenue,
    asset: z.string(),
    balance: decimal,
    change: decimal,
    reason: z
      .string()
      .optional()
      .describe("The venue's word for the reason, such as FUNDING_FEE. Absent for a trade."),
  },
  { ...EXAMPLE.ofVenue, asset: 'USDT', balance: '9381.62', change: '-618.38' },
).describe('The balance of an asset has changed.')
export const portfolioValue = event(
  'PORTFOLIO_VALUE',
  {
    ...ofVenue,
    asset: z.string(),
    equity: decimal,
    peakEquity: decimal,
    unrealizedPnl: decimal,
    dailyPnl: decimal,
    drawdownPct: decimal,
  },
  {
    ...EXAMPLE.ofVenue,
    asset: 'USDT',
    equity: '10012.5',
    peakEquity: '10040',
    unrealizedPnl: '12.5',
    dailyPnl: '12.5',
    drawdownPct: '0.27',
  },
).describe("The value of everything that settles in the account's asset, at the closes of the last candles.")

export type BalanceReport = z.infer<typeof balanceReport>
export type CashFlowKind = z.infer<typeof cashFlowKind>
export type CashFlowReport = z.infer<typeof cashFlowReport>
export type PositionReport = z.infer<typeof positionReport>
export type RequireReview = z.infer<typeof requireReview>
export type AcknowledgeReview = z.infer<typeof acknowledgeReview>
export type RiskFlag = z.infer<typeof riskFlag>
export type SetTradingState = z.infer<typeof setTradingState>
export type UpdateLimits = z.infer<typeof updateLimits>
export type StatsRequest = z.infer<typeof statsRequest>
export type Stats = z.infer<typeof stats>

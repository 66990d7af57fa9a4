/** Events of positions and their watchdogs. */
import { z } from 'zod'
import { contractType } from '../model/contract.ts'
import { address, decimal, epochMs } from '../model/fields.ts'
import { ordType, positionSide } from './order.ts'
import { event, ofSymbol, ofTrade } from './shape.ts'

/** An account tells a position the funding that its venue reports: received, or paid when below zero. */
export const fundingPaid = z.object({
  type: z.literal('FUNDING_PAID'),
  at: epochMs,
  instrument: ofTrade.instrument,
  change: decimal,
})

/** A position tells its account and watchers of everything that changed its quantity or its PnL. */
export const positionChanged = z.object({
  type: z.literal('POSITION_CHANGED'),
  at: epochMs,
  position: address,
  symbol: z.string(),
  contract: contractType,
  multiplier: decimal,
  settleAsset: z.string(),
  /** Positive when long. */
  quantity: decimal,
  cost: decimal,
  avgPx: decimal,
  markPx: decimal.optional(),
  /** PnL and funding that this change brought, before commissions. */
  settled: decimal,
  /** The PnL since the opening, net of commissions in the settle asset, if the change closed the position. */
  tradePnl: decimal.optional(),
  /** A stop closed the position. */
  isStopped: z.boolean().optional(),
})
const ofPosition = {
  ...ofSymbol,
  ...ofTrade,
  positionSide: positionSide.optional(),
  quantity: decimal.describe('positive when long'),
  avgPx: decimal,
  realizedPnl: decimal,
  commissions: z.record(z.string(), decimal).describe('by the asset that was taken'),
  funding: decimal,
}

export const positionOpened = event('POSITION_OPENED', {
  ...ofPosition,
  leverage: decimal
    .optional()
    .describe("the account's leverage when it let the order pass, 1 of spot; not where it let none pass"),
  marginMode: z
    .enum(['cash', 'cross'])
    .describe(
      'cash: spot is paid in full. cross: all that the account has of the asset carries the contract',
    ),
})
export const positionUpdated = event('POSITION_UPDATED', ofPosition)
export const positionModified = event('POSITION_MODIFIED', {
  ...ofPosition,
  reason: z.enum(['bust', 'correction', 'funding']),
}).describe('Changed by something else than a fill.')
export const positionClosed = event('POSITION_CLOSED', {
  ...ofPosition,
  tradePnl: decimal.describe('since its opening, net of commissions in the asset it settles in'),
})
export const positionStopTriggered = event('POSITION_STOP_TRIGGERED', {
  ...ofPosition,
  order: z.string(),
  ordType: ordType.extract(['STOP', 'STOP_LIMIT', 'TRAILING_STOP']).describe('the kind of stop'),
  stopPx: decimal
    .optional()
    .describe('the price that triggered it; of a trailing stop only where its venue tells it'),
  lastQty: decimal,
  lastPx: decimal,
}).describe('A stop has made it smaller.')
export const positionFlipped = event('POSITION_FLIPPED', ofPosition).describe('From long to short or back.')

const ofWatchdog = {
  ...ofSymbol,
  exposure: decimal.describe('what is held'),
  protectedQty: decimal.describe('what live stops cover of it'),
  unprotectedMs: z.number().int().describe('for how long not all of it was covered'),
}
export const protectiveOrdersVerified = event('PROTECTIVE_ORDERS_VERIFIED', ofWatchdog)
export const protectiveOrdersMissing = event('PROTECTIVE_ORDERS_MISSING', ofWatchdog)
export const protectiveOrdersReplaced = event('PROTECTIVE_ORDERS_REPLACED', ofWatchdog).describe(
  "By an order of the watchdog's own.",
)

export type PositionChanged = z.infer<typeof positionChanged>
export type FundingPaid = z.infer<typeof fundingPaid>

/** Events of positions and their watchdogs. */
import { z } from 'zod'
import { contractType } from '../model/contract.ts'
import { address, decimal, epochMs } from '../model/fields.ts'
import { ordType, positionSide } from './order.ts'
import { EXAMPLE, event, ofSymbol, ofTrade } from './shape.ts'

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
  quantity: decimal.describe('The quantity held. Negative when short.'),
  avgPx: decimal,
  realizedPnl: decimal,
  commissions: z
    .record(z.string(), decimal)
    .describe('The commissions so far, by the asset that they were paid in.'),
  funding: decimal,
}

const EXAMPLE_POSITION = {
  ...EXAMPLE.ofTrade,
  quantity: '0.5',
  avgPx: '61837.64',
  realizedPnl: '0',
  commissions: { USDT: '3.09' },
  funding: '0',
}
export const positionMarked = event(
  'POSITION_MARKED',
  {
    ...ofPosition,
    px: decimal.describe('The price of the tick.'),
    unrealizedPnl: decimal.describe('The PnL at that price, in the asset that the position settles in.'),
  },
  { ...EXAMPLE_POSITION, px: '61840.00', unrealizedPnl: '1.18' },
).describe(
  'The worth of an open position by a `MARKET_TICK`. It is derived as the tick is published, and in no log.',
)
export const positionOpened = event(
  'POSITION_OPENED',
  {
    ...ofPosition,
    leverage: decimal
      .optional()
      .describe(
        "The account's leverage when it let the order pass; 1 for spot. Absent when it let no order pass.",
      ),
    marginMode: z
      .enum(['cash', 'cross'])
      .describe('cash: spot, paid in full. cross: the whole balance of the asset covers the contract.'),
  },
  { ...EXAMPLE_POSITION, leverage: '1', marginMode: 'cash' },
).describe('A fill has opened the position.')
export const positionUpdated = event('POSITION_UPDATED', ofPosition, {
  ...EXAMPLE_POSITION,
  quantity: '0.7',
}).describe('A fill has made the position larger or smaller.')
export const positionModified = event(
  'POSITION_MODIFIED',
  {
    ...ofPosition,
    reason: z.enum(['bust', 'correction', 'funding']),
  },
  { ...EXAMPLE_POSITION, funding: '-0.31', reason: 'funding' },
).describe('A bust, a correction or funding has changed the position.')
export const positionClosed = event(
  'POSITION_CLOSED',
  {
    ...ofPosition,
    tradePnl: decimal.describe(
      'The PnL since the opening, less the commissions in the asset that the position settles in.',
    ),
  },
  { ...EXAMPLE_POSITION, quantity: '0', avgPx: '0', realizedPnl: '12.5', tradePnl: '9.41' },
).describe('A fill has closed the position.')
export const positionStopTriggered = event(
  'POSITION_STOP_TRIGGERED',
  {
    ...ofPosition,
    order: z.string(),
    ordType: ordType.extract(['STOP', 'STOP_LIMIT', 'TRAILING_STOP']).describe('The kind of the stop.'),
    stopPx: decimal
      .optional()
      .describe(
        'The price that triggered the stop. Absent for a trailing stop whose venue does not tell it.',
      ),
    lastQty: decimal,
    lastPx: decimal,
  },
  {
    ...EXAMPLE_POSITION,
    quantity: '0',
    avgPx: '0',
    realizedPnl: '12.5',
    order: 'order/sim:btc-1-stop',
    ordType: 'STOP',
    stopPx: '61500.00',
    lastQty: '0.5',
    lastPx: '61499.98',
  },
).describe('A fill of a stop has made the position smaller.')
export const positionFlipped = event('POSITION_FLIPPED', ofPosition, {
  ...EXAMPLE_POSITION,
  quantity: '-0.5',
}).describe('A fill has turned the position from long to short, or back.')

const ofWatchdog = {
  ...ofSymbol,
  instrument: ofTrade.instrument,
  exposure: decimal.describe('The quantity held.'),
  protectedQty: decimal.describe('The part of it that live stops cover.'),
  unprotectedMs: z.number().int().describe('The time for which not all of it was covered, in ms.'),
}
export const protectiveOrdersVerified = event('PROTECTIVE_ORDERS_VERIFIED', ofWatchdog, {
  ...EXAMPLE.ofSymbol,
  instrument: 'BTC/USDT',
  exposure: '0.5',
  protectedQty: '0.5',
  unprotectedMs: 640,
}).describe('Live stops cover the whole position.')
export const protectiveOrdersMissing = event('PROTECTIVE_ORDERS_MISSING', ofWatchdog, {
  ...EXAMPLE.ofSymbol,
  instrument: 'BTC/USDT',
  exposure: '0.5',
  protectedQty: '0',
  unprotectedMs: 5_000,
}).describe('No live stop has covered the whole position for the grace of the watchdog.')
export const protectiveOrdersReplaced = event('PROTECTIVE_ORDERS_REPLACED', ofWatchdog, {
  ...EXAMPLE.ofSymbol,
  instrument: 'BTC/USDT',
  exposure: '0.5',
  protectedQty: '0.5',
  unprotectedMs: 5_640,
}).describe('Live stops cover the whole position, and the watchdog has placed one of them.')

export type PositionChanged = z.infer<typeof positionChanged>
export type FundingPaid = z.infer<typeof fundingPaid>

/** What actors ask of each other, and people of them. */
import { z } from 'zod'
import { contractType } from '../model/contract.ts'
import {
  address,
  by,
  decimal,
  durationMs,
  epochMs,
  interval,
  name,
  positive,
  remark,
  side,
} from '../model/fields.ts'
import { orderTerms, ordRejReason, ordStatus, ordType, overfillPolicy, positionSide, refPx } from './order.ts'

/** To a symbol: send me its candles. */
export const subscribe = z.object({
  type: z.literal('SUBSCRIBE'),
  at: epochMs,
  subscriber: address,
  intervals: z.array(interval).min(1),
  /** Also the open candles, as they are after each trade. */
  updates: z.boolean().default(false),
  /** Also its price by quotes, while nothing trades. */
  marks: z.boolean().optional(),
})

export const candle = z.object({
  openAt: epochMs,
  closeAt: epochMs,
  open: decimal,
  high: decimal,
  low: decimal,
  close: decimal,
  volume: decimal,
})
export type Candle = z.infer<typeof candle>

/** From a symbol to its subscribers, and to the feed. */
export const candleClose = z.object({
  type: z.literal('CANDLE_CLOSE'),
  at: epochMs,
  venue: z.string(),
  symbol: z.string(),
  interval: z.string(),
  candle,
  isDisrupted: z
    .literal(true)
    .optional()
    .describe('its connection was down or its order book not whole, so nothing is entered on it'),
})

/** From a symbol to subscribers that asked for updates: the candle as it is so far. */
export const candleUpdate = candleClose.extend({ type: z.literal('CANDLE_UPDATE') })

/** From a symbol to subscribers that asked for marks: what one unit is worth by its quotes, while nothing trades. */
export const mark = z.object({
  type: z.literal('MARK'),
  at: epochMs,
  venue: z.string(),
  symbol: z.string(),
  px: decimal,
})

const termsAtVenue = { venue: name.describe('That of the account.'), ...orderTerms }

/** Who an order belongs to, and who else wants to hear of everything that becomes of it. */
const parties = {
  account: address,
  owner: address.optional(),
  /** That the order is a leg of. */
  list: address.optional(),
  watchers: z.array(address).optional(),
  overfill: overfillPolicy.optional(),
}

export const replaceRequest = z
  .strictObject({
    type: z.literal('REPLACE_REQUEST'),
    at: epochMs,
    orderId: name.describe('The order is `order/<orderId>`.'),
    owner: address.optional().describe('Who is told when it is refused.'),
    orderQty: positive.optional().describe('The whole quantity, fills included.'),
    price: orderTerms.price,
    stopPx: orderTerms.stopPx,
  })
  .describe(
    'From a strategy or a person to the account: other terms for an order that works, if the risk gate lets them. What is not named stays.',
  )

export const orderRequest = z
  .strictObject({
    type: z.literal('ORDER_REQUEST'),
    at: epochMs,
    orderId: name.describe(
      'A new one: the venue, a colon, and up to 26 of A-Z, a-z, 0-9, _ and -. The order will be `order/<orderId>`.',
    ),
    owner: address.optional().describe('Who is told of its fills and its end.'),
    ...termsAtVenue,
    listId: name
      .optional()
      .describe('Of the list that the order is a leg of: it is told of all that becomes of it.'),
    refPx,
  })
  .describe('From a strategy or a person to the account: place this, if the risk gate lets it.')

/** To whoever made a request that was refused, and to the list that it was of. */
export const requestRefused = z.object({
  type: z.literal('REQUEST_REFUSED'),
  at: epochMs,
  orderId: z.string(),
  /** The one that was refused, or that the order was to be a leg of. */
  list: address.optional(),
  check: z.string(),
  text: z.string(),
})

/** Brings an order into being and sends it to its venue. */
export const submit = z.object({
  type: z.literal('SUBMIT'),
  at: epochMs,
  ...termsAtVenue,
  ...parties,
})

export const cancel = z
  .strictObject({
    type: z.literal('CANCEL'),
    at: epochMs,
    by: by.optional().describe('Where a person did, by hand.'),
    reason: remark.optional().describe('For the record.'),
  })
  .describe(
    'Ends an order. Of a list it ends what enters; what closes what the list holds stays. Of an OCO it ends both.',
  )

/** Other terms for an order that works: what is not named stays. The quantity is the whole, fills included. */
export const replace = z.strictObject({
  type: z.literal('REPLACE'),
  at: epochMs,
  orderQty: positive.optional(),
  price: positive.optional(),
  stopPx: positive.optional(),
})

export const verify = z
  .strictObject({ type: z.literal('VERIFY'), at: epochMs })
  .describe('Asks the venue how an order stands there: of one that is taken to work, whether it still does.')

/** From the account to an order that it does not let through: it comes into being to say so. */
export const deny = z.object({
  type: z.literal('DENY'),
  at: epochMs,
  ...termsAtVenue,
  ...parties,
  ordRejReason: ordRejReason.optional(),
  /** Which check refused, and its numbers. */
  text: z.string(),
})

/** What was dealt, and what the venue charged for it. */
const deal = { lastQty: decimal, lastPx: decimal, commission: decimal, commissionAsset: z.string() }

/** One fill, from an order to its position, account and owner. */
export const fill = z.object({
  type: z.literal('FILL'),
  at: epochMs,
  order: address,
  /** That the order is a leg of. */
  list: address.optional(),
  tradeId: z.string(),
  venue: z.string(),
  symbol: z.string(),
  positionSide: positionSide.optional(),
  side,
  ordType,
  ...deal,
})

/** A fill that was taken back by the venue, from an order to whom it told of the fill. */
export const fillBust = fill.extend({ type: z.literal('FILL_BUST') })

/** A fill as it was in truth, and as it had been told: one takes the other's place. */
export const fillCorrected = fill.extend({ type: z.literal('FILL_CORRECTED'), was: z.object(deal) })

/** From an order that has ended to its account and owner. */
export const orderClosed = z.object({
  type: z.literal('ORDER_CLOSED'),
  at: epochMs,
  order: address,
  ordStatus,
  cumQty: decimal,
  avgPx: decimal,
})

/** From an order to its watchers, after everything that changed it or answered it. */
export const orderUpdate = z.object({
  type: z.literal('ORDER_UPDATE'),
  at: epochMs,
  order: address,
  /** The actor that asked for the order. */
  owner: address.optional(),
  /** Those in force. */
  ...orderTerms,
  orderQty: decimal,
  /** What is pending goes before what is, so an order that works may be PENDING_REPLACE. */
  ordStatus,
  cumQty: decimal,
  leavesQty: decimal,
  avgPx: decimal,
  /** The venue has said that it has the order. */
  isAcknowledged: z.boolean(),
  /** Its stop price was reached. */
  isTriggered: z.boolean(),
  ordRejReason: ordRejReason.optional(),
  text: z.string().optional(),
})

/** From a list to its position: it is told once, of the change that closes what is held. */
export const watch = z.object({ type: z.literal('WATCH'), at: epochMs, watcher: address })

/** From an account to a position: what its venue says that was received for holding it, below zero when it was paid. */
export const fundingPaid = z.object({ type: z.literal('FUNDING_PAID'), at: epochMs, change: decimal })

/** From a position to its account and watchers, after everything that changed what is held or what it brought. */
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
  /** When it closed a position: what that brought from its opening on, net of commissions in the settle asset. */
  tradePnl: decimal.optional(),
  /** When it closed a position: a stop did. */
  isStopped: z.boolean().optional(),
})

export const startStrategy = z
  .strictObject({ type: z.literal('START'), at: epochMs })
  .describe('From now on it trades, once it is warm.')
export const stopStrategy = z
  .strictObject({
    type: z.literal('STOP'),
    at: epochMs,
    reason: remark.optional().describe('For the record.'),
  })
  .describe('From now on it looks on. What it holds stays, with its stop.')

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

/** To an account: what news say about a symbol. While a critical one is in force nothing is entered there. */
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

/** Whether they can be is for whoever has them to say: settings.ts. */
const settings = z.record(z.string(), z.unknown())

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

export const updateParameters = z
  .strictObject({
    type: z.literal('UPDATE_PARAMETERS'),
    at: epochMs,
    by: by.describe('Who says so.'),
    parameters: settings.describe(
      'Any of [its own](configuration.md#strategies) and `orderQty`, by name; null takes one away. By the others it is set up: start another strategy.',
    ),
  })
  .describe('From a person, to a strategy: other parameters, all of them or none. What is not named stays.')

/** From the runner to an account, which answers with its stats. */
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

export const errorSeverity = z.enum(['warning', 'error', 'critical'])

/** From the process to its runner: something went wrong that no record says. */
export const reportError = z.object({
  type: z.literal('REPORT_ERROR'),
  at: epochMs,
  severity: errorSeverity,
  text: z.string(),
  /** The actor, port or source that it happened to. */
  about: z.string().optional(),
})

/** What people may change at run time, as it was configured at a start: what they changed stays until that changes. */
export const configured = z.object({
  limits: settings,
  /** By address. */
  strategies: z.record(z.string(), settings),
})
/** The market and the venue that a log belongs to, for as long as it lives. */
export const belonging = z.object({
  /** Says of other books that they are of the same life: of the venues'. */
  life: z.string(),
  /** The settings that tell one market from another. */
  market: settings,
  /** By name. */
  venues: z.record(z.string(), settings),
})
export const processStarted = z.object({
  type: z.literal('STARTED'),
  at: epochMs,
  /** Of the package. */
  version: z.string(),
  market: z.string(),
  venue: z.string(),
  strategies: z.array(z.string()),
  heartbeatMs: durationMs.optional(),
  configured: configured.optional(),
  belonging: belonging.optional(),
})
export const processStopped = z.object({
  type: z.literal('STOPPED'),
  at: epochMs,
  reason: z.string(),
  initiator: z.string(),
})

export type Subscribe = z.infer<typeof subscribe>
export type Mark = z.infer<typeof mark>
export type CandleClose = z.infer<typeof candleClose>
export type CandleUpdate = z.infer<typeof candleUpdate>
export type ReplaceRequest = z.infer<typeof replaceRequest>
export type OrderRequest = z.infer<typeof orderRequest>
export type RequestRefused = z.infer<typeof requestRefused>
export type Submit = z.infer<typeof submit>
export type Cancel = z.infer<typeof cancel>
export type Replace = z.infer<typeof replace>
export type Verify = z.infer<typeof verify>
export type Deny = z.infer<typeof deny>
export type Fill = z.infer<typeof fill>
export type FillBust = z.infer<typeof fillBust>
export type FillCorrected = z.infer<typeof fillCorrected>
export type OrderClosed = z.infer<typeof orderClosed>
export type OrderUpdate = z.infer<typeof orderUpdate>
export type PositionChanged = z.infer<typeof positionChanged>
export type FundingPaid = z.infer<typeof fundingPaid>
export type Watch = z.infer<typeof watch>
export type StartStrategy = z.infer<typeof startStrategy>
export type StopStrategy = z.infer<typeof stopStrategy>
export type RequireReview = z.infer<typeof requireReview>
export type AcknowledgeReview = z.infer<typeof acknowledgeReview>
export type RiskFlag = z.infer<typeof riskFlag>
export type SetTradingState = z.infer<typeof setTradingState>
export type UpdateLimits = z.infer<typeof updateLimits>
export type UpdateParameters = z.infer<typeof updateParameters>
export type StatsRequest = z.infer<typeof statsRequest>
export type Stats = z.infer<typeof stats>
export type ReportError = z.infer<typeof reportError>
export type Belonging = z.infer<typeof belonging>
export type Configured = z.infer<typeof configured>
export type ProcessStarted = z.infer<typeof processStarted>
export type ProcessStopped = z.infer<typeof processStopped>

/** What actors ask of each other, and people of them. */
import { z } from 'zod'
import { decimal, epochMs, interval, side } from './fields.ts'
import { orderTerms, ordStatus } from './order.ts'

const address = z.string().min(3)

/** To a symbol: send me its candles. */
export const subscribe = z.object({
  type: z.literal('SUBSCRIBE'),
  at: epochMs,
  subscriber: address,
  intervals: z.array(interval).min(1),
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
})

const termsAtVenue = { venue: z.string(), ...orderTerms }

/** From a strategy to its account: place this, if the risk gate lets it. */
export const orderRequest = z.object({
  type: z.literal('ORDER_REQUEST'),
  at: epochMs,
  /** The order will be `order/<orderId>`. */
  orderId: z.string().regex(/^[\w.:@+~#=()-]+$/),
  owner: address,
  ...termsAtVenue,
  /** Price that the notional is estimated with. */
  refPx: decimal,
})

/** From an account to the strategy whose request it refused. */
export const requestRefused = z.object({
  type: z.literal('REQUEST_REFUSED'),
  at: epochMs,
  orderId: z.string(),
  check: z.string(),
  text: z.string(),
})

/** Brings an order into being and sends it to its venue. */
export const submit = z.object({
  type: z.literal('SUBMIT'),
  at: epochMs,
  ...termsAtVenue,
  account: address,
  owner: address.optional(),
})

export const cancel = z.object({ type: z.literal('CANCEL'), at: epochMs, reason: z.string().optional() })

/** Other terms for an order that works: what is not named stays. The quantity is the whole, fills included. */
export const replace = z.object({
  type: z.literal('REPLACE'),
  at: epochMs,
  orderQty: decimal.optional(),
  price: decimal.optional(),
  stopPx: decimal.optional(),
})

/** From the account to an order that it does not let through: it comes into being to say so. */
export const deny = z.object({
  type: z.literal('DENY'),
  at: epochMs,
  ...termsAtVenue,
  account: address,
  owner: address.optional(),
  /** Which check refused, and its numbers. */
  text: z.string(),
})

/** One fill, from an order to its position, account and owner. */
export const fill = z.object({
  type: z.literal('FILL'),
  at: epochMs,
  order: address,
  tradeId: z.string(),
  venue: z.string(),
  symbol: z.string(),
  side,
  lastQty: decimal,
  lastPx: decimal,
  commission: decimal,
  commissionAsset: z.string(),
})

/** A fill that was taken back by the venue, from an order to whom it told of the fill. */
export const fillBust = fill.extend({ type: z.literal('FILL_BUST') })

/** From an order that has ended to its account and owner. */
export const orderClosed = z.object({
  type: z.literal('ORDER_CLOSED'),
  at: epochMs,
  order: address,
  ordStatus,
  cumQty: decimal,
  avgPx: decimal,
})

/** To a position: what it is worth now. */
export const mark = z.object({ type: z.literal('MARK'), at: epochMs, px: decimal })

export const startStrategy = z.object({ type: z.literal('START'), at: epochMs })
export const stopStrategy = z.object({ type: z.literal('STOP'), at: epochMs, reason: z.string().optional() })

export const setTradingState = z.object({
  type: z.literal('SET_TRADING_STATE'),
  at: epochMs,
  tradingState: z.enum(['active', 'reducing', 'halted']),
  reason: z.string().optional(),
})

export const runnerStarted = z.object({
  type: z.literal('STARTED'),
  at: epochMs,
  market: z.string(),
  venue: z.string(),
  strategies: z.array(z.string()),
})
export const runnerStopped = z.object({
  type: z.literal('STOPPED'),
  at: epochMs,
  reason: z.string(),
  initiator: z.string(),
})

export type Subscribe = z.infer<typeof subscribe>
export type CandleClose = z.infer<typeof candleClose>
export type OrderRequest = z.infer<typeof orderRequest>
export type RequestRefused = z.infer<typeof requestRefused>
export type Submit = z.infer<typeof submit>
export type Cancel = z.infer<typeof cancel>
export type Replace = z.infer<typeof replace>
export type Deny = z.infer<typeof deny>
export type Fill = z.infer<typeof fill>
export type FillBust = z.infer<typeof fillBust>
export type OrderClosed = z.infer<typeof orderClosed>
export type Mark = z.infer<typeof mark>
export type StartStrategy = z.infer<typeof startStrategy>
export type StopStrategy = z.infer<typeof stopStrategy>
export type SetTradingState = z.infer<typeof setTradingState>
export type RunnerStarted = z.infer<typeof runnerStarted>
export type RunnerStopped = z.infer<typeof runnerStopped>

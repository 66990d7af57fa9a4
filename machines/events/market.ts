import { z } from 'zod'
import { decimal, epochMs, positive, side } from './fields.ts'

/** Best first: price and quantity. */
export const level = z.tuple([decimal, decimal])

export const trade = z.object({
  type: z.literal('TRADE'),
  /** When it was received. */
  at: epochMs,
  /** When the exchange says it happened, where it says so. */
  eventAt: epochMs.optional(),
  tradeId: z.string(),
  px: decimal,
  qty: decimal,
  /** Side of the order that took liquidity. */
  aggressor: side,
})

export const quote = z.object({
  type: z.literal('QUOTE'),
  at: epochMs,
  eventAt: epochMs.optional(),
  bid: decimal,
  bidSize: decimal,
  ask: decimal,
  askSize: decimal,
})

/** The top of the rebuilt book after a depth update. */
export const orderBook = z.object({
  type: z.literal('ORDER_BOOK'),
  at: epochMs,
  eventAt: epochMs.optional(),
  updateId: z.number().int(),
  bids: z.array(level),
  asks: z.array(level),
})

/** Funding has fallen due: who is long pays who is short this share of what the position is worth at the price. */
export const funding = z.object({
  type: z.literal('FUNDING'),
  at: epochMs,
  /** Below zero: the other way round. */
  rate: decimal,
  px: positive,
})

export const connection = z.object({
  type: z.literal('CONNECTION'),
  at: epochMs,
  status: z.enum(['connected', 'disconnected', 'resyncing']),
  reason: z.string().optional(),
})

export const marketEvent = z.discriminatedUnion('type', [trade, quote, orderBook, funding, connection])

export type Trade = z.infer<typeof trade>
export type Quote = z.infer<typeof quote>
export type OrderBook = z.infer<typeof orderBook>
export type Connection = z.infer<typeof connection>
export type MarketEvent = z.infer<typeof marketEvent>

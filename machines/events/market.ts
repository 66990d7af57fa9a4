import { z } from 'zod'
import { decimal, epochMs, positive, side } from '../model/fields.ts'

/** Best first: price and quantity. */
export const level = z.tuple([decimal, decimal])

const received = {
  /** When it was received. */
  at: epochMs,
  /** The same in nanoseconds, where the recorder noted them, as text: a double does not hold so many digits. */
  receivedNs: z
    .string()
    .regex(/^\d{1,20}$/, 'nanoseconds, a whole number as text')
    .optional(),
  /** When the exchange says it happened, where it says so. */
  eventAt: epochMs.optional(),
}

export const trade = z.object({
  type: z.literal('TRADE'),
  ...received,
  tradeId: z.string(),
  px: positive,
  qty: positive,
  /** Side of the order that took liquidity. */
  aggressor: side,
})

export const quote = z.object({
  type: z.literal('QUOTE'),
  ...received,
  bid: positive,
  bidSize: decimal,
  ask: positive,
  askSize: decimal,
})

/** The top of the rebuilt book after a depth update. */
export const orderBook = z.object({
  type: z.literal('ORDER_BOOK'),
  ...received,
  updateId: z.number().int(),
  bids: z.array(level),
  asks: z.array(level),
})

/** Funding has fallen due: who is long pays who is short this share of what the position is worth at the price. */
export const funding = z.object({
  type: z.literal('FUNDING'),
  ...received,
  /** Below zero: the other way round. */
  rate: decimal,
  px: positive,
})

export const connection = z.object({
  type: z.literal('CONNECTION'),
  ...received,
  status: z.enum(['connected', 'disconnected', 'resyncing']),
  reason: z.string().optional(),
})

export const marketEvent = z.discriminatedUnion('type', [trade, quote, orderBook, funding, connection])

export type Trade = z.infer<typeof trade>
export type Quote = z.infer<typeof quote>
export type OrderBook = z.infer<typeof orderBook>
export type Connection = z.infer<typeof connection>
export type MarketEvent = z.infer<typeof marketEvent>

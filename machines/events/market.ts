/** Events that a market sends to its symbols, and events that symbols emit. */
import { z } from 'zod'
import { decimal, epochMs, positive, side } from '../model/fields.ts'
import { EXAMPLE, event, ofSymbol, reason } from './shape.ts'

/** Best first: price and quantity. */
export const level = z.tuple([decimal, decimal])

const received = {
  /** Time of receipt. */
  at: epochMs,
  /** The time of receipt in nanoseconds, if the recorder noted them. It is text, because a double does not hold so many digits. */
  receivedNs: z
    .string()
    .regex(/^\d{1,20}$/, 'nanoseconds, a whole number as text')
    .optional(),
  /** The exchange's time, if it gives one. */
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

// Each trade is told of once, as a tick. The others below come thousands a second, most change nothing that anybody
// acts on, and all of them are in the log already, as what their symbols took: they are emitted where configured.
const ofMarket = {
  ...ofSymbol,
  at: epochMs.describe('The time of receipt. A simulated market has its own time.'),
  eventAt: epochMs
    .optional()
    .describe("The exchange's time of the event. Absent when the exchange gives none."),
  receivedNs: z.string().optional().describe('The time of receipt in ns. Absent when it is not known.'),
}
const EXAMPLE_TIMES = {
  ...EXAMPLE.ofSymbol,
  eventAt: 1_723_161_255_340,
  receivedNs: '1723161255343000000',
}
export const marketTick = event(
  'MARKET_TICK',
  {
    ...ofMarket,
    px: decimal,
    qty: decimal,
    bid: decimal.optional(),
    ask: decimal.optional(),
  },
  { ...EXAMPLE_TIMES, px: '61837.64', qty: '0.0042', bid: '61837.63', ask: '61837.64' },
).describe('A trade, with the best prices at that moment.')
export const marketTrade = event(
  'MARKET_TRADE',
  {
    ...ofMarket,
    tradeId: z.string(),
    px: decimal,
    qty: decimal,
    aggressor: side.describe('The side of the order that took liquidity.'),
  },
  { ...EXAMPLE_TIMES, tradeId: '3705212345', px: '61837.64', qty: '0.0042', aggressor: 'BUY' },
).describe("A trade with the venue's id. The symbol emits it if `symbol.emit` has `trade`.")
export const marketQuote = event(
  'MARKET_QUOTE',
  {
    ...ofMarket,
    bid: decimal,
    bidSize: decimal,
    ask: decimal,
    askSize: decimal,
  },
  { ...EXAMPLE_TIMES, bid: '61837.63', bidSize: '2.1', ask: '61837.64', askSize: '0.8' },
).describe('The best prices. The symbol emits it if `symbol.emit` has `quote`.')
export const marketOrderBook = event(
  'MARKET_ORDER_BOOK',
  {
    ...ofMarket,
    updateId: z.number().int(),
    bids: z.array(level),
    asks: z.array(level),
  },
  { ...EXAMPLE_TIMES, updateId: 50123, bids: [['61837.63', '2.1']], asks: [['61837.64', '0.8']] },
).describe(
  'The top of the order book, the best prices first. The symbol emits it if `symbol.emit` has `orderBook`.',
)
export const fundingUpdate = event(
  'FUNDING_UPDATE',
  {
    ...ofMarket,
    rate: decimal.describe(
      'The share of its value that a long position pays to a short one. Negative: a short position pays.',
    ),
    px: decimal,
  },
  { ...EXAMPLE_TIMES, rate: '0.0001', px: '61837.64' },
).describe('Funding has been paid.')
export const dataStale = event(
  'DATA_STALE',
  {
    ...ofSymbol,
    lastAt: epochMs.describe('The time of the last message.'),
  },
  { ...EXAMPLE.ofSymbol, lastAt: 1_723_161_245_343 },
).describe('No message has come for `symbol.staleAfterMs`.')
export const connectionChanged = event(
  'CONNECTION_CHANGED',
  {
    ...ofSymbol,
    status: z.enum(['connected', 'disconnected', 'resyncing']),
    ...reason,
  },
  { ...EXAMPLE.ofSymbol, status: 'disconnected', text: 'the socket was closed' },
).describe('The connection of a symbol has another state. `resyncing`: its order book is read again.')

export type Trade = z.infer<typeof trade>
export type Quote = z.infer<typeof quote>
export type OrderBook = z.infer<typeof orderBook>
export type Connection = z.infer<typeof connection>
export type MarketEvent = z.infer<typeof marketEvent>

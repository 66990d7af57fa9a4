/** Candles and prices, from a symbol to those that follow it. */
import { z } from 'zod'
import { address, decimal, epochMs, interval } from '../model/fields.ts'
import { EXAMPLE } from './shape.ts'

/** Asks a symbol for its candles. */
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

const EXAMPLE_CLOSE = {
  type: 'CANDLE_CLOSE',
  ...EXAMPLE.ofSymbol,
  interval: '1m',
  candle: {
    openAt: 1_723_161_180_000,
    closeAt: 1_723_161_239_999,
    open: '61840.00',
    high: '61852.10',
    low: '61830.00',
    close: '61837.64',
    volume: '12.48',
  },
}
/** Goes from a symbol to its subscribers, and to the feed. */
export const candleClose = z
  .object({
    type: z.literal('CANDLE_CLOSE'),
    at: epochMs,
    venue: z.string(),
    symbol: z.string(),
    interval: z.string(),
    candle,
    isDisrupted: z
      .literal(true)
      .optional()
      .describe(
        'True when the connection was down or the order book was not whole. No strategy enters on such a candle.',
      ),
  })
  .describe('A candle has closed.')
  .meta({ examples: [EXAMPLE_CLOSE] })

/** Tells subscribers that asked for updates the open candle. */
export const candleUpdate = candleClose.extend({ type: z.literal('CANDLE_UPDATE') })

/** Tells subscribers that asked for marks the value of one unit by its quotes, while nothing trades. */
export const mark = z.object({
  type: z.literal('MARK'),
  at: epochMs,
  venue: z.string(),
  symbol: z.string(),
  px: decimal,
})

export type Subscribe = z.infer<typeof subscribe>
export type Mark = z.infer<typeof mark>
export type CandleClose = z.infer<typeof candleClose>
export type CandleUpdate = z.infer<typeof candleUpdate>

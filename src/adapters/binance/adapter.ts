/** Binance as an adapter: its public market data. */
import { z } from 'zod'
import { name } from '../../../machines/model/fields.ts'
import { defineAdapter } from '../adapter.ts'
import { klinesBefore } from './candles.ts'
import { instrumentsOfVenue } from './instruments.ts'
import { createBinanceMarket } from './market.ts'
import { apiOf, BINANCE_MARKETS } from './markets.ts'

const config = z.strictObject({
  symbols: z
    .array(
      name.regex(
        /^[A-Z\d_.\-\u{80}-\u{10FFFF}]+$/u,
        'as the exchange writes it, such as BTCUSDT or BTCUSD_PERP',
      ),
      'name some, such as [BTCUSDT]',
    )
    .min(1)
    .describe('The symbols to watch, as the exchange writes them.'),
  market: z
    .enum(['spot', 'usdm', 'coinm'])
    .default('spot')
    .describe(
      'spot, usdm (futures that settle in USDT or USDC), or coinm (futures that settle in the coin).',
    ),
  wsUrl: z.url().optional().describe("The address of the streams, in place of the exchange's own."),
  restUrl: z.url().optional().describe("The address of the REST API, in place of the exchange's own."),
})

export const binance = defineAdapter({
  name: 'binance',
  about: 'Binance, live. Orders go to the paper venue.',
  config,
  instruments: (_, place) => instrumentsOfVenue(place),
  candles: (options, request, signal) => klinesBefore(apiOf(options), request, signal),
  market: {
    place: ({ market, symbols }) => ({
      venue: BINANCE_MARKETS[market].venue,
      symbols: [...new Set(symbols)],
    }),
    identity: ({ market }) => ({ market }),
    open: (options, { logger, now, onRaw }) =>
      createBinanceMarket({
        ...options,
        now,
        ...(onRaw && { onRaw }),
        onWarning: ({ reason }) => logger.warn({ market: 'binance' }, reason),
      }),
  },
})

/** The adapter of Coinbase Exchange: its public market data. */
import { z } from 'zod'
import { defineAdapter } from '../adapter.ts'
import { CoinbaseMarket, VENUE } from './market.ts'

export const coinbase = defineAdapter({
  name: 'coinbase',
  about: 'Coinbase Exchange, live; orders go to the paper venue.',
  config: z.strictObject({
    symbols: z
      .array(
        z.string().regex(/^[A-Z\d]+-[A-Z\d]+$/, 'as the exchange writes it, such as BTC-USD'),
        'name some, such as [BTC-USD]',
      )
      .min(1)
      .describe('What is watched, as the exchange writes it.'),
    wsUrl: z.url().optional().describe("Another address of its feed than the exchange's own."),
  }),
  market: {
    place: ({ symbols }) => ({ venue: VENUE, symbols: [...new Set(symbols)] }),
    identity: () => ({}),
    open: ({ symbols, wsUrl }, { logger, now }) =>
      new CoinbaseMarket({
        symbols: [...new Set(symbols)],
        wsUrl,
        now,
        onWarning: (reason) => logger.warn({ market: VENUE }, reason),
      }),
  },
})

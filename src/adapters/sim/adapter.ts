/** The simulated market as an adapter. */
import { z } from 'zod'
import { instrument } from '../../../machines/index.ts'
import {
  decimal,
  distinct,
  durationMs,
  EPOCH_MS_MAX,
  epochMs,
  name,
  positive,
} from '../../../machines/model/fields.ts'
import { defineAdapter } from '../adapter.ts'
import { amount, speed } from '../config-fields.ts'
import { UNIVERSE } from '../market-source.ts'
import { createSimMarket, SIM_VENUE } from './sim.ts'

const powerOfTen = z
  .string()
  .regex(/^(1|0\.0{0,11}1)$/, 'a power of ten from "0.000000000001" to "1"')
  .meta({ title: 'power of ten up to 1, as a decimal' })

/** Prices are counted in ticks, and may grow a thousand times. */
const START_TICKS_MAX = 1e12

const simSymbol = z
  .strictObject({
    symbol: name
      .refine((symbol) => symbol !== UNIVERSE, `any name but ${UNIVERSE}`)
      .describe('What it is called, the asset that it is paid in last.'),
    startPx: positive.describe('Its first price.'),
    tickSize: powerOfTen.describe('Prices are multiples of it.'),
    lotSize: powerOfTen.describe('Quantities are multiples of it.'),
    fundingRate: decimal
      .optional()
      .describe(
        'Of a contract (see instruments): the share of its worth that who is long pays every 8 hours.',
      ),
    quoteVolume24h: amount
      .optional()
      .describe('What it says of its volume of 24 hours, in the quote asset: for the filters of a universe.'),
    listedAt: epochMs.optional().describe('When it says that it was listed, for them too.'),
  })
  .refine(({ startPx, tickSize }) => Number(startPx) / Number(tickSize) <= START_TICKS_MAX, {
    path: ['startPx'],
    error: `at most ${START_TICKS_MAX} times tickSize`,
  })

const config = z.strictObject({
  seed: z.number().int().nonnegative().default(6).describe('The same market for the same seed.'),
  symbols: z
    .array(simSymbol)
    .min(1)
    .check(distinct(({ symbol }) => symbol, 'symbol'))
    .default([
      { symbol: 'BTCUSDT', startPx: '61837.64', tickSize: '0.01', lotSize: '0.0001' },
      { symbol: 'ETHUSDT', startPx: '2655.12', tickSize: '0.01', lotSize: '0.001' },
    ])
    .describe('What is traded there.'),
  ratePerSecond: z.number().positive().max(100_000).default(25).describe('Messages a second, each symbol.'),
  speed: speed.default(1),
  startAt: z
    .number()
    .int()
    .nonnegative()
    .max(EPOCH_MS_MAX)
    .optional()
    .describe(
      'Epoch ms of its first message; by default the present, and at a later start that of the first one.',
    ),
  durationMs: durationMs.optional().describe('Market time in ms after which it ends; by default never.'),
})

export const sim = defineAdapter({
  name: 'sim',
  about: 'A market that is made up.',
  config,
  instruments: ({ symbols }) =>
    symbols.map(({ symbol, tickSize, lotSize }) => instrument.parse({ symbol, tickSize, lotSize })),
  market: {
    place: ({ symbols }) => ({ venue: SIM_VENUE, symbols: symbols.map(({ symbol }) => symbol) }),
    identity({ seed, ratePerSecond, startAt = null, symbols }) {
      // Positions count over the symbols in this order.
      const walked = symbols.map(({ symbol, startPx, tickSize, lotSize, fundingRate = null }) => ({
        symbol,
        startPx,
        tickSize,
        lotSize,
        fundingRate,
      }))
      return { seed, ratePerSecond, startAt, symbols: walked }
    },
    speed: ({ speed }) => speed,
    open: (options) => createSimMarket(options),
  },
})

/** The simulated market as an adapter. */
import { z } from 'zod'
import { compact } from '../../../errors/compact.ts'
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
      .describe('The name of the symbol. It ends with the quote asset.'),
    baseAsset: name
      .optional()
      .describe('The asset that it is of. Events name its instrument where both are given.'),
    quoteAsset: name.optional().describe('The asset that its prices are in.'),
    startPx: positive.describe('The first price.'),
    tickSize: powerOfTen.describe('Prices are multiples of it.'),
    lotSize: powerOfTen.describe('Quantities are multiples of it.'),
    fundingRate: decimal
      .optional()
      .describe(
        'For a contract (see instruments): the share of its value that a long position pays every 8 hours.',
      ),
    quoteVolume24h: amount
      .optional()
      .describe(
        'The volume of 24 hours that it reports, in the quote asset. The filters of a universe read it.',
      ),
    listedAt: epochMs
      .optional()
      .describe('The time of listing that it reports. The filters of a universe read it.'),
  })
  .refine(({ baseAsset, quoteAsset }) => (baseAsset === undefined) === (quoteAsset === undefined), {
    path: ['quoteAsset'],
    error: 'goes with baseAsset',
  })
  .refine(({ startPx, tickSize }) => Number(startPx) / Number(tickSize) <= START_TICKS_MAX, {
    path: ['startPx'],
    error: `at most ${START_TICKS_MAX} times tickSize`,
  })

const config = z.strictObject({
  seed: z.number().int().nonnegative().default(6).describe('The same seed gives the same market.'),
  symbols: z
    .array(simSymbol)
    .min(1)
    .check(distinct(({ symbol }) => symbol, 'symbol'))
    .default([
      {
        symbol: 'BTCUSDT',
        baseAsset: 'BTC',
        quoteAsset: 'USDT',
        startPx: '61837.64',
        tickSize: '0.01',
        lotSize: '0.0001',
      },
      {
        symbol: 'ETHUSDT',
        baseAsset: 'ETH',
        quoteAsset: 'USDT',
        startPx: '2655.12',
        tickSize: '0.01',
        lotSize: '0.001',
      },
    ])
    .describe('The symbols of the market.'),
  ratePerSecond: z.number().positive().max(100_000).default(25).describe('Messages per second and symbol.'),
  speed: speed.default(1),
  startAt: z
    .number()
    .int()
    .nonnegative()
    .max(EPOCH_MS_MAX)
    .optional()
    .describe(
      'The time of the first message, in epoch ms. The default is the present at the first start, and stays for later starts.',
    ),
  durationMs: durationMs
    .optional()
    .describe('Market time after which the market ends, in ms. By default it never ends.'),
})

export const sim = defineAdapter({
  name: 'sim',
  about: 'A simulated market.',
  config,
  instruments: ({ symbols }) =>
    symbols.map(({ symbol, baseAsset, quoteAsset, tickSize, lotSize }) =>
      instrument.parse(compact({ symbol, baseAsset, quoteAsset, tickSize, lotSize })),
    ),
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

/**
 * The runner's configuration. The schema is its documentation: every key, its unit and its default. `load.ts` reads a
 * configuration, `checks.ts` has the rules between sections.
 */
import { z } from 'zod'
import {
  DEFAULT_NEWS_RULES,
  instrument,
  newsRules,
  overfillPolicy,
  positionMode,
  reconciliationRules,
  riskLimits,
  symbolInput,
  universeFilters,
  watchdogRules,
} from '../../../machines/index.ts'
import {
  DURATION_MAX_MS,
  decimal,
  distinct,
  durationMs,
  EPOCH_MS_MAX,
  epochMs,
  name,
  positive,
} from '../../../machines/model/fields.ts'
import { UNIVERSE } from '../../adapters/market-source.ts'
import { linkFaults } from '../../adapters/transport/link-faults.ts'
import { isLoopback } from '../../api/guard.ts'
import { MODULE_LIMIT_MS } from '../process/user-module.ts'
import { strategy } from './strategy.ts'

const amount = decimal
  .refine((text) => !text.startsWith('-'), 'must not be negative')
  .meta({ title: 'decimal from 0' })
const fee = amount
  .refine((text) => Number(text) < 1, 'a share less than 1, such as "0.001"')
  .meta({ title: 'decimal from 0, below 1' })
const { element: interval } = symbolInput.shape.intervals
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

const speed = z
  .union([z.literal('max'), z.number().positive()], 'max, or a number greater than 0')
  .describe('1 is the pace of life, 10 ten times that, max as fast as it goes.')

const marketSource = z.discriminatedUnion('source', [
  z.strictObject({
    source: z.literal('sim').describe('A market that is made up.'),
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
  }),
  z.strictObject({
    source: z.literal('recording').describe('Captures of a market, played again.'),
    files: z
      .array(z.string(), 'name at least one file: --file capture.ws.gz')
      .min(1, 'name at least one file')
      .optional()
      .describe(
        'Captures of the combined streams of Binance to play, merged by time; paths from the working directory. A file is plain, or `.gz`. A line is `<time> <json>`, the time of receipt in ns since 1970, or `<time>: <json>`, in s with a fraction, as cryptofeed writes it. By default a minute of two spot markets that comes with outcry.',
      ),
    venue: z
      .enum(['binance', 'binance-usdm', 'binance-coinm'])
      .optional()
      .describe(
        'Where they were recorded. By default told from the messages: spot and futures share the names of their streams, but not all fields.',
      ),
    speed: speed.default('max'),
  }),
  z.strictObject({
    source: z.literal('binance').describe('Binance, live; orders go to the paper venue.'),
    symbols: z
      .array(
        name.regex(
          /^[A-Z\d_.\-\u{80}-\u{10FFFF}]+$/u,
          'as the exchange writes it, such as BTCUSDT or BTCUSD_PERP',
        ),
        'name some, such as [BTCUSDT]',
      )
      .min(1)
      .describe('What is watched, as the exchange writes it.'),
    market: z
      .enum(['spot', 'usdm', 'coinm'])
      .default('spot')
      .describe('Spot, the futures that settle in USDT or USDC, or those that settle in the coin.'),
    wsUrl: z.url().optional().describe("Another address of its streams than the exchange's own."),
    restUrl: z.url().optional().describe('The same for its REST API.'),
  }),
])

const market = z
  .preprocess((raw) => {
    if (typeof raw !== 'object' || raw === null || 'source' in raw) return raw
    return { source: 'files' in raw ? 'recording' : 'sim', ...raw }
  }, marketSource)
  .describe(
    'Where prices come from. Where `source` is not named, `files` are a recording and everything else is the simulated market.',
  )

const sourceName = z
  .string()
  .min(1)
  .optional()
  .describe(
    'Stands for the source in log and warnings; by default its file as it is written here, or its address without what may be a key.',
  )

const newsSource = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('rss').describe('A feed over HTTP.'),
    url: z.url({ protocol: /^https?$/ }).describe('Of RSS 2.0 or Atom.'),
    everyMs: z
      .number()
      .int()
      .min(1_000)
      .max(DURATION_MAX_MS)
      .default(60_000)
      .describe('How often it is asked, in ms.'),
    name: sourceName,
  }),
  z.strictObject({
    type: z.literal('jsonl').describe('A file that others append to.'),
    file: z
      .string()
      .min(1)
      .describe(
        'One object a line: id, title, text, url, publishedAt. A path from where the configuration is. With a market that has a time of its own an item is taken at its publishedAt, and not before the line above it; one without comes right after that line.',
      ),
    name: sourceName,
  }),
])

export function newsSourceName(source: z.infer<typeof newsSource>): string {
  if (source.name !== undefined) return source.name
  if (source.type === 'jsonl') return source.file
  return source.url.replace(/^https?:\/\/(?:[^/@]*@)?|[?#].*$/g, '')
}

const webOrigin = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'an origin such as https://inspector.example.org, without a path',
  )

export const runnerConfig = z.strictObject({
  data: z
    .string()
    .min(1)
    .default('data')
    .describe("Folder of the log and of the paper venue's own books; `data-recording` for a recording."),
  market: market.prefault({}),
  symbol: z
    .strictObject({
      intervals: z
        .array(interval)
        .min(1)
        .default(['1s', '1m', '5m'])
        .describe('Of the candles that are made.'),
      staleAfterMs: z
        .number()
        .int()
        .min(100)
        .max(DURATION_MAX_MS)
        .default(10_000)
        .describe('Without data for so many ms a symbol is stale.'),
      emit: symbolInput.shape.emit.describe(
        'Of what comes one event each, besides the ticks: trade, quote, orderBook.',
      ),
    })
    .prefault({})
    .describe('What is made of the market of each symbol.'),
  venue: z
    .strictObject({
      latencyMs: z
        .number()
        .int()
        .nonnegative()
        .max(DURATION_MAX_MS)
        .default(20)
        .describe("Event time, in ms, of a request's way to the venue, and of a report's way back."),
      takerFee: fee
        .default('0.001')
        .describe('Share of its value that a fill costs who takes what is there.'),
      makerFee: fee.default('0.001').describe('The same for who has waited for it.'),
      faults: linkFaults
        .optional()
        .describe(
          'What goes wrong on the way from the venue, to see what a strategy makes of it; nothing by default.',
        ),
    })
    .prefault({})
    .describe('The paper venue, where orders go.'),
  account: z
    .strictObject({
      asset: name.default('USDT').describe('What it is counted in.'),
      balance: amount.default('100000').describe('Cash, in that asset.'),
      limits: riskLimits
        .extend({
          orderNotionalMax: riskLimits.shape.orderNotionalMax.default('10000'),
          openOrdersMax: riskLimits.shape.openOrdersMax.default(20),
        })
        .prefault({})
        .describe(
          'What the risk gate lets through. What only makes a position smaller is held to none of those that keep positions from growing.',
        ),
      positionMode: positionMode.default('netting'),
      overfill: overfillPolicy.default('count'),
      valueEvery: interval
        .optional()
        .describe(
          'How often it is valued, and its limits looked at: one of symbol.intervals, by default the first of them.',
        ),
    })
    .prefault({})
    .describe('The money, and what may be done with it.'),
  instruments: z
    .array(instrument)
    .check(distinct(({ symbol }) => symbol, 'symbol'))
    .default([])
    .describe(
      "The venue's rules, by symbol: what the risk gate lets through there. Each rule holds where it is given. Quantities are in units of the symbol, notionals in its quote asset.",
    ),
  watchdog: z
    .strictObject(watchdogRules)
    .prefault({})
    .describe('Sees to it that everything held has a live stop.'),
  reconciliation: z
    .strictObject(reconciliationRules)
    .prefault({})
    .describe("How often, and how, the venue's books are held against ours."),
  strategies: z
    .array(strategy)
    .check(distinct(({ id }) => id, 'id'))
    .optional()
    .describe('What trades; by default one EMA cross for each symbol.'),
  universe: z
    .strictObject({
      filters: universeFilters
        .default({})
        .describe('What lets symbols in. Without any all are in that trade.'),
      everyMs: z
        .number()
        .int()
        .min(1_000)
        .max(DURATION_MAX_MS)
        .default(3_600_000)
        .describe('How often a live venue is asked what it lists, in ms.'),
    })
    .optional()
    .describe("Which of the market's symbols are traded; without this section there is no universe."),
  news: z
    .strictObject({
      sources: z
        .array(newsSource)
        .check(distinct(newsSourceName, 'name'))
        .default([])
        .describe('Without any there is no news.'),
      rules: newsRules.shape.rules.default(DEFAULT_NEWS_RULES.rules),
      symbols: newsRules.shape.symbols.default(DEFAULT_NEWS_RULES.symbols),
    })
    .prefault({})
    .describe('News of the world, which can keep a symbol from being entered.'),
  runner: z
    .strictObject({
      heartbeatMs: z
        .number()
        .int()
        .min(1_000)
        .max(DURATION_MAX_MS)
        .default(60_000)
        .describe('How often it says that it lives, what went wrong and how the account stands, in ms.'),
      hangLimitMs: z
        .number()
        .int()
        .refine((ms) => ms === 0 || ms >= 1_000, 'must be 0, or at least 1000')
        .default(60_000)
        .describe(
          'After so many ms in which it does not get on, because the code of an actor or of a module loops, the process is ended: it says where it stands, and its next start puts that actor into quarantine. 0 is never. A debugger that is attached switches it off.',
        ),
      storeId: z
        .string()
        .regex(/^[0-9a-z]{4}$/, '4 characters of 0-9 and a-z')
        .optional()
        .describe(
          'Of a new data folder: what its orders are called by at a venue begins with it. By default at random, so that two folders never call two orders alike.',
        ),
      moduleLimitMs: z
        .number()
        .int()
        .min(1_000)
        .max(DURATION_MAX_MS)
        .default(MODULE_LIMIT_MS)
        .describe("How long the top-level await of a strategy's module may take, in ms."),
    })
    .prefault({})
    .describe('The process.'),
  retention: z
    .strictObject({
      liveRecords: z
        .number()
        .int()
        .nonnegative()
        .default(1_000_000)
        .describe(
          'Records that stay in the database; older ones go to compressed files beside it and are read there.',
        ),
      liveHours: z
        .number()
        .nonnegative()
        .optional()
        .describe('Those of the last so many hours stay in any case.'),
    })
    .prefault({})
    .describe('How much of the log stays at hand.'),
  server: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Whether there is one.'),
      host: z.string().default('127.0.0.1').describe('Address that it listens on.'),
      port: z
        .number()
        .int()
        .min(0)
        .max(65_535)
        .default(7077)
        .describe('Port that it listens on; 0 takes any free one.'),
      token: z
        .string()
        .regex(/^[\w.~-]{16,}$/, 'at least 16 letters, digits and - . _ ~')
        .optional()
        .describe(
          'Whoever has it may speak to the server, and nobody else: at least 16 letters that headers, addresses and cookies take as they are. Wanted where `host` is none of this machine alone.',
        ),
      origins: z
        .array(webOrigin)
        .default([])
        .describe('Origins of pages elsewhere that may speak to it, too.'),
    })
    .refine(({ enabled, host, token }) => !enabled || isLoopback(host) || token !== undefined, {
      path: ['token'],
      error:
        'must be set where server.host is not 127.0.0.1, localhost or ::1, for whoever reaches it can trade',
    })
    .prefault({})
    .describe('The page, the API and the feed.'),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .describe('The least grave that is said.'),
      format: z
        .enum(['auto', 'status', 'json'])
        .default('auto')
        .describe('`auto`: a status line on a terminal, JSON otherwise.'),
    })
    .prefault({})
    .describe('What the process says.'),
})

export type RunnerConfig = z.infer<typeof runnerConfig>

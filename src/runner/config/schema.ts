/**
 * The schema of the runner's configuration. It is also the documentation of every key, its unit and its default.
 * `load.ts` reads a configuration, and `checks.ts` has the rules between sections.
 */
import { z } from 'zod'
import { DEFAULT_NEWS_RULES, newsRules, symbolInput, universeFilters } from '../../../machines/index.ts'
import { DURATION_MAX_MS, distinct } from '../../../machines/model/fields.ts'
import { ADAPTERS, newsSourceName } from '../../adapters/registry.ts'
import { marketSection, newsSection } from '../../adapters/sections.ts'
import { isLoopback } from '../../api/guard.ts'
import { serverOrigins, serverPort, serverToken } from '../../api/server-fields.ts'
import { MODULE_LIMIT_MS } from '../process/user-module.ts'
import { strategy } from './strategy.ts'
import { sectionsOfVenues, venueConfig, venues } from './venue-sections.ts'

const { element: interval } = symbolInput.shape.intervals
const newsSource = newsSection(ADAPTERS)

/** The sections, as they are written. */
export const configSections = z.strictObject({
  data: z
    .string()
    .min(1)
    .default('data')
    .describe("Folder of the log and of the paper venue's own books; `data-recording` for a recording."),
  market: marketSection(ADAPTERS)
    .prefault({})
    .describe(
      'Where prices come from. Where `source` is not named, `files` are a recording and everything else is the simulated market.',
    ),
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
  venue: venueConfig
    .optional()
    .describe('Where orders go. Where `adapter` is not named, it is the paper venue.'),
  venues: venues
    .optional()
    .describe(
      'In place of `venue`: several, each by its name, with an account, positions, orders and books of its own. What holds for all of them stands in the sections below; what is otherwise at one of them stands with it. The first is where a strategy trades that names none; one that is called as the market is (`sim`, `binance`) goes on as `venue` did.',
    ),
  ...sectionsOfVenues,
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
      port: serverPort.default(7077).describe('Port that it listens on; 0 takes any free one.'),
      token: serverToken
        .optional()
        .describe(
          'Whoever has it may speak to the server, and nobody else: at least 16 letters that headers, addresses and cookies take as they are. Wanted where `host` is none of this machine alone.',
        ),
      origins: serverOrigins.default([]).describe('Origins of pages elsewhere that may speak to it, too.'),
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

/** The venue of a run that names none. */
const defaultVenue = venueConfig.parse({})

export const runnerConfig = configSections.transform((config) =>
  config.venues === undefined ? { ...config, venue: config.venue ?? defaultVenue } : config,
)

export type RunnerConfig = z.infer<typeof configSections>

/**
 * The schema of the runner's configuration. It is also the documentation of every key, its unit and its default.
 * `load.ts` reads a configuration, and `checks.ts` has the rules between sections.
 */
import { z } from 'zod'
import {
  DEFAULT_NEWS_RULES,
  logComponent,
  logLevel,
  newsRules,
  symbolInput,
  universeFilters,
} from '../../../machines/index.ts'
import { DURATION_MAX_MS, distinct } from '../../../machines/model/fields.ts'
import { ADAPTERS, newsSourceName } from '../../adapters/registry.ts'
import { marketSection, newsSection } from '../../adapters/sections.ts'
import { isLoopback } from '../../api/binding.ts'
import { serverLimits } from '../../api/limits.ts'
import { serverOrigins, serverPort, serverToken, serverTokens } from '../../api/server-fields.ts'
import { SINKS } from '../../sinks/registry.ts'
import { sinksSection } from '../../sinks/section.ts'
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
    .describe(
      "The folder for the log and the paper venue's books. A recording has `data-recording` by default.",
    ),
  market: marketSection(ADAPTERS)
    .prefault({})
    .describe(
      'The source of prices. Without `source`, a section with `files` plays a recording, and any other section simulates a market.',
    ),
  symbol: z
    .strictObject({
      intervals: z
        .array(interval)
        .min(1)
        .default(['1s', '1m', '5m'])
        .describe('The intervals of the candles.'),
      staleAfterMs: z
        .number()
        .int()
        .min(100)
        .max(DURATION_MAX_MS)
        .default(10_000)
        .describe('A symbol without data for this time is stale, in ms.'),
      emit: symbolInput.shape.emit.describe('Market messages that become one event each, besides the ticks.'),
    })
    .prefault({})
    .describe('The candles and events of each symbol.'),
  venue: venueConfig
    .optional()
    .describe('The venue that orders go to. Without `adapter` it is the paper venue.'),
  venues: venues
    .optional()
    .describe(
      'Several venues by name, in place of `venue`. Each has its own account, positions, orders and books. The sections below hold for all venues, and a venue can override their keys. A strategy without a venue trades at the first one. A venue with the name of the market (`sim`, `binance`) continues the log and the books of `venue`.',
    ),
  ...sectionsOfVenues,
  strategies: z
    .array(strategy)
    .check(distinct(({ id }) => id, 'id'))
    .optional()
    .describe('The strategies. The default is one EMA cross for each symbol.'),
  universe: z
    .strictObject({
      filters: universeFilters
        .default({})
        .describe('The filters that let symbols in. Without filters all symbols that trade are in.'),
      everyMs: z
        .number()
        .int()
        .min(1_000)
        .max(DURATION_MAX_MS)
        .default(3_600_000)
        .describe('The interval at which a live venue is asked for its list of symbols, in ms.'),
    })
    .optional()
    .describe('The choice of the symbols to trade. Without this section there is no universe.'),
  news: z
    .strictObject({
      sources: z
        .array(newsSource)
        .check(distinct(newsSourceName, 'name'))
        .default([])
        .describe('The sources. Without one there is no news.'),
      rules: newsRules.shape.rules.default(DEFAULT_NEWS_RULES.rules),
      symbols: newsRules.shape.symbols.default(DEFAULT_NEWS_RULES.symbols),
    })
    .prefault({})
    .describe('News, which can block entries in a symbol.'),
  runner: z
    .strictObject({
      heartbeatMs: z
        .number()
        .int()
        .min(1_000)
        .max(DURATION_MAX_MS)
        .default(60_000)
        .describe(
          'The interval at which the runner records a heartbeat, the errors and the state of each account, in ms.',
        ),
      hangLimitMs: z
        .number()
        .int()
        .refine((ms) => ms === 0 || ms >= 1_000, 'must be 0, or at least 1000')
        .default(60_000)
        .describe(
          'The time after which a process ends that makes no progress, in ms, because the code of an actor or of a module loops. It says where it stands, and the next start puts that actor into quarantine. 0 switches this off, and so does an attached debugger.',
        ),
      storeId: z
        .string()
        .regex(/^[0-9a-z]{4}$/, '4 characters of 0-9 and a-z')
        .optional()
        .describe(
          'The short id of a new data folder. The ids of its orders at a venue begin with it. The default is random, so that two folders never call two orders alike.',
        ),
      moduleLimitMs: z
        .number()
        .int()
        .min(1_000)
        .max(DURATION_MAX_MS)
        .default(MODULE_LIMIT_MS)
        .describe("The longest time for the top-level await of a strategy's module, in ms."),
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
          'The number of records that stay in the database. Older records move to compressed files beside it and are read there.',
        ),
      liveHours: z
        .number()
        .nonnegative()
        .optional()
        .describe('The number of hours whose records stay in any case.'),
      deleteAfterDays: z
        .number()
        .positive()
        .optional()
        .describe(
          "The number of days of the log's own time after which records in the compressed files are deleted. Of a time without a record, no more than an hour counts, so a clock that jumps deletes nothing. What the present, a durable subscription, a sink or an unsettled request still needs stays. By default nothing is ever deleted.",
        ),
    })
    .prefault({})
    .describe('The part of the log that stays in the database.'),
  sinks: sinksSection(SINKS)
    .default([])
    .describe(
      'The places outside that get the events of the log. A sink that is down holds up nobody, and catches up.',
    ),
  server: z
    .strictObject({
      enabled: z.boolean().default(true).describe('False switches the server off.'),
      host: z.string().default('127.0.0.1').describe('The address to listen on.'),
      port: serverPort.default(7077).describe('The port to listen on. 0 takes any free port.'),
      token: serverToken
        .optional()
        .describe(
          'The secret that clients need: at least 16 characters that headers, addresses and cookies take as they are. It, or one of `tokens`, is required when other machines can reach `host`.',
        ),
      tokens: serverTokens
        .default([])
        .describe('Tokens with names, each for a person or a program, in place of `token` or beside it.'),
      origins: serverOrigins.default([]).describe('Origins of other pages that may use the server.'),
      compressFrames: z
        .boolean()
        .default(false)
        .describe(
          'True compresses frames of the feed and of the inspection from 1 KiB on (permessage-deflate) for clients that offer it, such as browsers. It saves bytes of batches and of the past, and costs CPU for each client: see benchmarks.md.',
        ),
      limits: serverLimits
        .prefault({})
        .describe(
          'The limits of what clients may use. A client beyond a limit is refused or closed, and all others go on.',
        ),
    })
    .refine(
      ({ enabled, host, token, tokens }) =>
        !enabled || isLoopback(host) || token !== undefined || tokens.length > 0,
      {
        path: ['token'],
        error:
          'must be set when server.host is not 127.0.0.1, localhost or ::1, because every client that reaches the server can trade',
      },
    )
    .prefault({})
    .describe('The page, the API and the feed.'),
  log: z
    .strictObject({
      level: z.enum(logLevel.options).default('info').describe('The lowest level that is written.'),
      levels: z
        .record(logComponent, z.enum(logLevel.options))
        .default({})
        .describe(
          'Levels of components that have their own, such as `feed: debug`. Each line names its component.',
        ),
      format: z
        .enum(['auto', 'status', 'text', 'json'])
        .default('auto')
        .describe(
          '`auto`: a status line on a terminal, JSON otherwise. `text`: lines for people. `json`: one JSON object a line.',
        ),
    })
    .prefault({})
    .describe('The log of the process.'),
  tracing: z
    .strictObject({
      endpoint: z
        .url({ protocol: /^https?$/ })
        .describe('The address that takes OTLP over HTTP as JSON, such as http://localhost:4318/v1/traces.'),
      ratio: z
        .number()
        .min(0)
        .max(1)
        .default(1)
        .describe('The part of all correlations whose spans are sent, from 0 to 1.'),
    })
    .optional()
    .describe(
      'Spans for OpenTelemetry, which need its packages: see logs.md. Without this section there are none.',
    ),
})

/** The venue of a run that names none. */
const defaultVenue = venueConfig.parse({})

export const runnerConfig = configSections.transform((config) =>
  config.venues === undefined ? { ...config, venue: config.venue ?? defaultVenue } : config,
)

export type RunnerConfig = z.infer<typeof configSections>

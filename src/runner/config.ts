/**
 * The runner's configuration. The schema is its documentation: every key, its unit and its default. A YAML file goes
 * before these defaults, the environment (OUTCRY_MARKET_SEED=7) before the file, and flags before all.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { decimal, distinct, epochMs, name, positive } from '../../machines/events/fields.ts'
import {
  DEFAULT_NEWS_RULES,
  instrument,
  intervalMs,
  newsRules,
  overfillPolicy,
  positionMode,
  reconciliationRules,
  riskLimits,
  symbolInput,
  universeFilters,
  watchdogRules,
} from '../../machines/index.ts'
import { type Issue, OutcryError } from '../../store/index.ts'
import { isLoopback } from '../api/guard.ts'
import { linkFaults } from '../ports/link-faults.ts'
import { issuesOf, issuesText, PLAINLY } from '../runtime/issues.ts'
import { isModule, UNIVERSE } from './strategies.ts'

const amount = decimal.refine((text) => !text.startsWith('-'), 'must not be negative')
const fee = amount.refine((text) => Number(text) < 1, 'a share less than 1, such as "0.001"')
const interval = z.string().refine((i) => intervalMs(i) !== undefined, 'an interval such as 1s, 5m or 1h')
const powerOfTen = z.string().regex(/^(1|0\.0{0,11}1)$/, 'a power of ten from "0.000000000001" to "1"')

const simSymbol = z.strictObject({
  symbol: name.refine((symbol) => symbol !== UNIVERSE, `any name but ${UNIVERSE}`),
  startPx: positive,
  tickSize: powerOfTen,
  lotSize: powerOfTen,
  /** Of a contract (see instruments): the share of its worth that who is long pays every 8 hours. */
  fundingRate: decimal.optional(),
  /** For the filters of a universe. */
  quoteVolume24h: amount.optional(),
  listedAt: epochMs.optional(),
})

const speed = z
  .union([z.literal('max'), z.number().positive()], 'max, or a number greater than 0')
  .describe('1 is the pace of life, 10 ten times that, max as fast as it goes')

const marketSource = z.discriminatedUnion('source', [
  z.strictObject({
    source: z.literal('sim'),
    seed: z.number().int().nonnegative().default(6),
    symbols: z
      .array(simSymbol)
      .min(1)
      .check(distinct(({ symbol }) => symbol, 'symbol'))
      .default([
        { symbol: 'BTCUSDT', startPx: '61837.64', tickSize: '0.01', lotSize: '0.0001' },
        { symbol: 'ETHUSDT', startPx: '2655.12', tickSize: '0.01', lotSize: '0.001' },
      ]),
    /** Messages a second, each symbol. */
    ratePerSecond: z.number().positive().max(100_000).default(25),
    speed: speed.default(1),
    /** Epoch ms of its first message; by default the present. */
    startAt: z.number().int().nonnegative().optional(),
    /** Market time in ms after which it ends; by default never. */
    durationMs: z.number().int().positive().optional(),
  }),
  z.strictObject({
    source: z.literal('recording'),
    /** Captures to play, merged by time. */
    files: z
      .array(z.string(), 'name at least one file: --file capture.ws.gz')
      .min(1, 'name at least one file'),
    speed: speed.default('max'),
  }),
  z.strictObject({
    source: z.literal('binance'),
    symbols: z
      .array(
        z.string().regex(/^[A-Z0-9]+$/, 'as the exchange writes it, such as BTCUSDT'),
        'name some, such as [BTCUSDT]',
      )
      .min(1),
    market: z.enum(['spot', 'usdm']).default('spot'),
    /** Other addresses than the exchange's own. */
    wsUrl: z.url().optional(),
    restUrl: z.url().optional(),
  }),
])

/** Where the source is not named, files are a recording and everything else is the simulated market. */
const market = z.preprocess((raw) => {
  if (typeof raw !== 'object' || raw === null || 'source' in raw) return raw
  return { source: 'files' in raw ? 'recording' : 'sim', ...raw }
}, marketSource)

/** What else it has to say, its type knows: see `loadStrategies`. */
const strategy = z.looseObject({
  id: z.string(),
  /** emaCross, meanReversion, or the path of a module that exports a `strategy`. */
  type: z.string().default('emaCross'),
  /** Or `universe`: one strategy for each symbol of the market, `<id>-<symbol>`, that trades while it is in. */
  symbol: z.string(),
})

/** Stands for the source in log and warnings; by default its file, or its address without what may be a key. */
const sourceName = z.string().min(1).optional()

const newsSource = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('rss'),
    /** Of RSS 2.0 or Atom. */
    url: z.url({ protocol: /^https?$/ }),
    everyMs: z.number().int().min(1_000).default(60_000),
    name: sourceName,
  }),
  z.strictObject({
    type: z.literal('jsonl'),
    /** One object a line: id, title, text, url, publishedAt. */
    file: z.string().min(1),
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

const sections = z.strictObject({
  /** Folder of the log and of the paper venue's own books. */
  data: z.string().min(1).default('data'),
  market: market.prefault({}),
  symbol: z
    .strictObject({
      intervals: z.array(interval).min(1).default(['1s', '1m', '5m']),
      staleAfterMs: z.number().int().min(100).default(10_000),
      /** Of what comes one event each, besides the ticks: trade, quote, orderBook. */
      emit: symbolInput.shape.emit,
    })
    .prefault({}),
  venue: z
    .strictObject({
      /** Event time of a request's way to the venue, and of a report's way back. */
      latencyMs: z.number().int().nonnegative().default(20),
      takerFee: fee.default('0.001'),
      makerFee: fee.default('0.001'),
      /** What goes wrong on the way from the venue, to see what a strategy makes of it; nothing by default. */
      faults: linkFaults.optional(),
    })
    .prefault({}),
  account: z
    .strictObject({
      /** What it is counted in. */
      asset: name.default('USDT'),
      /** Cash, in that asset. */
      balance: amount.default('100000'),
      limits: riskLimits
        .extend({
          orderNotionalMax: riskLimits.shape.orderNotionalMax.default('10000'),
          openOrdersMax: riskLimits.shape.openOrdersMax.default(20),
        })
        .prefault({}),
      positionMode: positionMode.default('netting'),
      /** What becomes of fills beyond what was ordered: count, or reject. They are flagged either way. */
      overfill: overfillPolicy.default('count'),
      /** How often it is valued, and its limits looked at: one of symbol.intervals, by default the first of them. */
      valueEvery: interval.optional(),
    })
    .prefault({}),
  /** The venue's rules, by symbol: what the risk gate lets through there. */
  instruments: z
    .array(instrument)
    .check(distinct(({ symbol }) => symbol, 'symbol'))
    .default([]),
  /** Sees to it that everything held has a live stop. */
  watchdog: z.strictObject(watchdogRules).prefault({}),
  /** How often, and how, the venue's books are held against ours. */
  reconciliation: z.strictObject(reconciliationRules).prefault({}),
  /** By default one EMA cross for each symbol. */
  strategies: z
    .array(strategy)
    .check(distinct(({ id }) => id, 'id'))
    .optional(),
  /** Without it there is none. */
  universe: z
    .strictObject({
      /** What lets symbols in. Without any all are in that trade. */
      filters: universeFilters.default({}),
      /** How often a live venue is asked what it lists. */
      everyMs: z.number().int().min(1_000).default(3_600_000),
    })
    .optional(),
  news: z
    .strictObject({
      /** Without any there is no news. */
      sources: z.array(newsSource).check(distinct(newsSourceName, 'name')).default([]),
      rules: newsRules.shape.rules.default(DEFAULT_NEWS_RULES.rules),
      symbols: newsRules.shape.symbols.default(DEFAULT_NEWS_RULES.symbols),
    })
    .prefault({}),
  runner: z
    .strictObject({
      /** How often it says that it lives, what went wrong and how the account stands. */
      heartbeatMs: z.number().int().min(1_000).default(60_000),
    })
    .prefault({}),
  retention: z
    .strictObject({
      /** Records that stay in the database; older ones go to compressed files beside it and are read there. */
      liveRecords: z.number().int().nonnegative().default(1_000_000),
      /** Those of the last so many hours stay in any case. */
      liveHours: z.number().nonnegative().optional(),
    })
    .prefault({}),
  server: z
    .strictObject({
      enabled: z.boolean().default(true),
      host: z.string().default('127.0.0.1'),
      /** 0 takes any free port. */
      port: z.number().int().min(0).max(65_535).default(7077),
      /** Whoever has it may speak to the server, and nobody else. Letters that headers, addresses and cookies take as they are. */
      token: z
        .string()
        .regex(/^[\w.~-]{16,}$/, 'at least 16 letters, digits and - . _ ~')
        .optional(),
      /** Of pages elsewhere that may speak to it, too. */
      origins: z.array(webOrigin).default([]),
    })
    .refine(({ enabled, host, token }) => !enabled || isLoopback(host) || token !== undefined, {
      path: ['token'],
      error:
        'must be set where server.host is not 127.0.0.1, localhost or ::1, for whoever reaches it can trade',
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
      /** `auto`: a status line on a terminal, JSON otherwise. */
      format: z.enum(['auto', 'status', 'json']).default('auto'),
    })
    .prefault({}),
})

export const runnerConfig = sections.check(({ value, issues }) => {
  const { symbol, account, strategies = [], universe } = value
  const rule = `one of symbol.intervals, ${symbol.intervals.join(', ')}`
  const expect = (interval: unknown, ...path: (string | number)[]) => {
    if (interval === undefined || symbol.intervals.includes(interval as string)) return
    issues.push({ code: 'custom', input: interval, path, message: rule })
  }
  expect(account.valueEvery, 'account', 'valueEvery')
  for (const [i, { symbol, interval }] of strategies.entries()) {
    expect(interval, 'strategies', i, 'interval')
    if (symbol !== UNIVERSE || universe !== undefined) continue
    const path = ['strategies', i, 'symbol']
    issues.push({
      code: 'custom',
      input: symbol,
      path,
      message: 'wants a section universe, with its filters',
    })
  }
})

export type RunnerConfig = z.infer<typeof runnerConfig>
export type StrategyConfig = z.infer<typeof strategy>

type Settings = Record<string, unknown>
const PREFIX = 'OUTCRY_'

/** @throws CONFIG_INVALID naming every key that is wrong */
export function loadConfig(sources: {
  readonly file?: string
  readonly env?: NodeJS.ProcessEnv
  readonly flags?: Settings
}): RunnerConfig {
  const fromFile = sources.file === undefined ? {} : readYaml(sources.file)
  const merged = merge(merge(fromFile, fromEnv(sources.env ?? {})), sources.flags ?? {})
  const parsed = runnerConfig.safeParse(merged, PLAINLY)
  if (parsed.success) return withPaths(parsed.data, sources.file)
  throw wrongConfig(issuesOf(parsed.error, 'config'), sources.file)
}

/** Modules and news are found from where the file is that names them. */
function withPaths({ strategies, news, ...config }: RunnerConfig, file = ''): RunnerConfig {
  const fromFile = (path: string) => resolve(dirname(file), path)
  const sources = news.sources.map((source) =>
    // What is logged of a source goes by its name, wherever the folder is by now.
    source.type === 'jsonl'
      ? { ...source, name: newsSourceName(source), file: fromFile(source.file) }
      : source,
  )
  const located = strategies?.map((strategy) =>
    isModule(strategy.type) ? { ...strategy, type: fromFile(strategy.type) } : strategy,
  )
  return { ...config, news: { ...news, sources }, ...(located && { strategies: located }) }
}

function readYaml(file: string): Settings {
  let content: unknown
  try {
    content = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw invalid((error as Error).message.split('\n')[0] as string, file)
  }
  if (content === null || content === undefined) return {}
  if (typeof content !== 'object' || Array.isArray(content))
    throw invalid('it is no mapping of keys to values', file)
  return content as Settings
}

/** OUTCRY_MARKET_RATE_PER_SECOND=5 is market.ratePerSecond: 5. */
function fromEnv(env: NodeJS.ProcessEnv): Settings {
  let settings: Settings = {}
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || text === undefined) continue
    const [section, ...rest] = name.slice(PREFIX.length).toLowerCase().split('_')
    const key = rest.map((word, i) => (i === 0 ? word : `${word[0]?.toUpperCase()}${word.slice(1)}`)).join('')
    const under = (value: unknown) => ({ [section as string]: key === '' ? value : { [key]: value } })
    // Money is text that looks like a number: which of the two is wanted, the schema says.
    const isWanted = (value: unknown) => !refuses(under(value), key === '' ? [section] : [section, key])
    settings = merge(settings, under([scalar(text), text].find(isWanted) ?? text))
  }
  return settings
}

function refuses(settings: Settings, path: readonly (string | undefined)[]): boolean {
  const issues = runnerConfig.safeParse(settings).error?.issues ?? []
  return issues.some((issue) => issue.path.join('.') === path.join('.'))
}

function scalar(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function merge(under: Settings, over: Settings): Settings {
  const merged = { ...under }
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue
    const below = merged[key]
    merged[key] = isSettings(below) && isSettings(value) ? merge(below, value) : value
  }
  return merged
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** CONFIG_INVALID, for these reasons. */
export function wrongConfig(issues: readonly Issue[], file?: string): OutcryError {
  return invalid(issuesText(issues), file, issues)
}

function invalid(what: string, file?: string, issues: readonly Issue[] = []): OutcryError {
  return new OutcryError(
    'CONFIG_INVALID',
    `the configuration${file === undefined ? '' : ` (${file})`} is wrong: ${what}`,
    'Mend these keys; the README shows a whole configuration.',
    { issues },
  )
}

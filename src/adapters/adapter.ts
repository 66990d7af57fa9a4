/**
 * An adapter is a package of what one outside system offers: market data, execution, instruments, news. It is a folder with an
 * `adapter.ts`, and one line in registry.ts. Nothing else knows it by name: the runner asks what an adapter declares here.
 */
import type { z } from 'zod'
import type { Candle } from '../../machines/events/candle.ts'
import type { Instrument } from '../../machines/index.ts'
import type { Logger } from '../runtime/logger.ts'
import type { MarketSource } from './market-source.ts'
import type { NewsSource, OnNewsWarning } from './news-source.ts'
import type { LinkFaults } from './transport/link-faults.ts'
import type { Books, Life, Venue } from './venue.ts'
import type { WireIds } from './wire-ids.ts'

/**
 * The offers of an outside system. It leaves out what it does not offer.
 * @example
 * export const tape = defineAdapter({
 *   name: 'tape',
 *   about: 'A tape of trades.',
 *   config: z.strictObject({ file: z.string().describe('The tape.') }),
 *   market: {
 *     identity: ({ file }) => ({ files: [file] }),
 *     open: ({ file }, { logger }) => openTape(file, logger),
 *   },
 * })
 */
export interface Adapter<Config extends z.ZodObject = z.ZodObject> {
  /** The name that configurations use: `market.source`, `venue.adapter`, `news.sources[].type`. */
  readonly name: string
  /** A sentence about the adapter for the documentation of the configuration. */
  readonly about: string
  /**
   * The keys of a section that names it. Each has a description; the key that names the adapter is not among them, and of a venue neither
   * are `account`, `instruments`, `watchdog` and `reconciliation`.
   */
  readonly config: Config
  /** Returns the rules of the symbols, as far as they are known without asking outside. By default a symbol is spot without rules. */
  instruments?(config: z.output<Config>, place: Place): readonly Instrument[]
  readonly market?: MarketOffer<z.output<Config>>
  /** Resolves with closed candles of the past, the oldest first: fewer where there are no more. @throws where it cannot be asked */
  candles?(config: z.output<Config>, request: CandlesRequest, signal: AbortSignal): Promise<readonly Candle[]>
  readonly execution?: ExecutionOffer<z.output<Config>>
  readonly news?: NewsOffer<z.output<Config>>
}

/** Returns the adapter as it is: each offer takes what the schema of its configuration gives. */
export function defineAdapter<Config extends z.ZodObject>(adapter: Adapter<Config>): Adapter<Config> {
  return adapter
}

/** The venue of a run, and the symbols that it trades. */
export interface Place {
  /** The name in addresses and events: `sim`, `binance-usdm`. */
  readonly venue: string
  readonly symbols: readonly string[]
}

/** A request for candles of the past: the last ones that had closed by a time. */
export interface CandlesRequest {
  readonly symbol: string
  /** `1m`, `4h`. */
  readonly interval: string
  /** More than 999 do not come at once. */
  readonly count: number
  /** Epoch ms: a candle that closes then or later is not among them. */
  readonly before: number
}

/** Market data. */
export interface MarketOffer<Config> {
  /** A key that means this adapter where a section `market` has it and names no source. */
  readonly impliedBy?: string
  /** The data folder where none is configured: of a past that does not mix with that of other markets. Default `data`. */
  readonly folder?: string
  /** Returns what the configuration alone says of venue and symbols; without it they are known when the market is open. */
  place?(config: Config): Place
  /** Returns what makes the market the one that it is, as JSON: a data folder goes on with no other one. */
  identity(config: Config): MarketIdentity
  /** Returns the pace of a market that has a time of its own: 1 is the pace of life. Default 1. */
  speed?(config: Config): number | 'max'
  /** @throws CONFIG_INVALID, and what the adapter says */
  open(config: Config, context: MarketContext): MarketSource | Promise<MarketSource>
}

/** Pace, length and address of a market may change, and are not in here. */
export interface MarketIdentity {
  readonly [key: string]: unknown
  /** Paths of what is played: the same ones may have grown. */
  readonly files?: readonly string[]
}

export interface MarketContext {
  /** Is notified of refused messages, and of changes of the connection. */
  readonly logger: Pick<Logger, 'warn'>
  /** Returns epoch ms, by a clock that nobody sets back. */
  now(): number
  /**
   * Gets each raw message of a live market, as a capture has it, before it is read. A source that does not call it has
   * messages in our own form alone.
   */
  onRaw?(json: string): void
}

/** Orders. */
export interface ExecutionOffer<Config> {
  /** True when the venue simulates its orders and money. A log that has traded there goes on at no real venue. Default: false. */
  readonly simulated?: boolean
  /** Returns what the configuration wants to go wrong between runner and venue: only of a simulator. */
  faults?(config: Config): LinkFaults | undefined
  /** Opens the venue. The caller closes it. */
  open(config: Config, context: VenueContext): Promise<Venue>
  /** Opens the books that the venue keeps in this folder, for readers of a closed data folder. A venue elsewhere keeps none here. */
  openBooks?(location: string): Promise<Books>
}

export interface VenueContext {
  /** The name in addresses and events. */
  readonly venue: string
  /** Translates our ids at the venue's edge. */
  readonly ids: WireIds
  /** The instruments of all symbols that are traded. */
  readonly instruments: readonly Instrument[]
  /** The account's balances at the beginning of the log, by asset. */
  readonly openingBalances: Readonly<Record<string, string>>
  /** The account's setting: whether a symbol may have a long and a short position at once. */
  readonly positionMode: 'netting' | 'hedging'
  /** A folder for what the venue keeps beside the log. It may not be there yet. */
  readonly location: string
  /** The log that goes on together with what the venue keeps. */
  readonly life: Life
  /** The adapter calls this when reports have come by themselves. `dirty` is true then. */
  onReports(): void
  /** In place of what is at the location; closed with the venue. */
  readonly books?: Books | undefined
}

/** News. */
export interface NewsOffer<Config> {
  /** Keys that are paths from where the configuration is. */
  readonly paths?: readonly (keyof Config & string)[]
  /** Returns what stands for the source in log and warnings where the configuration does not name it. */
  sourceName(config: Config): string
  open(config: Config, context: NewsContext): NewsSource
}

export interface NewsContext {
  /** The name of the source in the log and in warnings. */
  readonly name: string
  readonly onWarning: OnNewsWarning
}

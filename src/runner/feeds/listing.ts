/** Sends the venue's listing to the universe, and tells it which strategies follow it. */
import { isDeepStrictEqual } from 'node:util'
import {
  type ListedInstrument,
  selectUniverse,
  type UniverseContext,
  type UniverseInput,
  universeAddress,
} from '../../../machines/index.ts'
import type { MarketSource } from '../../adapters/market-source.ts'
import { poll } from '../../adapters/transport/http.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { Clock } from '../../runtime/time/clock.ts'
import { sendUnlessQuarantined } from '../actors/quarantine.ts'
import type { RunnerConfig } from '../config/schema.ts'

/** The wait after a first failure. Until there is a listing, the universe is empty. */
const RETRY_MS = 1_000

const contextOf = (supervisor: Supervisor, venue: string) =>
  supervisor.getSnapshot(universeAddress(venue))?.context as UniverseContext | undefined

/** Spawns the actor if it is configured. An existing one gets the present filters. */
export async function bootUniverse(
  supervisor: Supervisor,
  config: RunnerConfig['universe'],
  { venue, at }: { venue: string; at: number },
): Promise<void> {
  if (config === undefined) return
  const { filters } = config
  const known = contextOf(supervisor, venue)
  if (known === undefined) {
    await supervisor.spawn('universe', venue, { venue, filters } satisfies UniverseInput, { at })
  } else if (!isDeepStrictEqual(known.filters, filters)) {
    await sendUnlessQuarantined(
      supervisor,
      universeAddress(venue),
      { type: 'SET_UNIVERSE_FILTERS', at, filters },
      { at },
    )
  }
}

/** Subscribes a strategy once. From then on the universe starts and stops it. */
export async function followUniverse(
  supervisor: Supervisor,
  { subscriber, symbol }: { subscriber: string; symbol: string },
  { venue, at }: { venue: string; at: number },
): Promise<void> {
  if (contextOf(supervisor, venue)?.followers.some(({ address }) => address === subscriber)) return
  await sendUnlessQuarantined(
    supervisor,
    universeAddress(venue),
    { type: 'FOLLOW', at, subscriber, symbol },
    { at },
  )
}

/** Unsubscribes a strategy that is no longer configured. */
export async function unfollowUniverse(
  supervisor: Supervisor,
  subscriber: string,
  { venue, at }: { venue: string; at: number },
): Promise<void> {
  if (!contextOf(supervisor, venue)?.followers.some(({ address }) => address === subscriber)) return
  await sendUnlessQuarantined(
    supervisor,
    universeAddress(venue),
    { type: 'UNFOLLOW', at, subscriber },
    { at },
  )
}

interface ListingParts {
  readonly supervisor: Supervisor
  readonly market: MarketSource
  readonly place: { readonly venue: string; readonly symbols: readonly string[] }
  readonly clock: Clock
  readonly logger: Logger
  /** The time of the log's first record. Undefined when this start begins the log. */
  readonly beganAt: number | undefined
}

/**
 * Asks for the listing at its start and, in the system's time, repeatedly while it runs. A market with its own time is
 * asked at each start only, and the universe gets only new listings. So the number of starts does not change the log.
 */
export class Listing {
  readonly #config: NonNullable<RunnerConfig['universe']>
  readonly #parts: ListingParts
  readonly #stopped = new AbortController()
  #problem: string | undefined

  constructor(config: NonNullable<RunnerConfig['universe']>, parts: ListingParts) {
    this.#config = config
    this.#parts = parts
  }

  /** Returns the reason why there is no listing. Undefined when the last request succeeded. */
  get problem(): string | undefined {
    return this.#problem
  }

  async start(): Promise<void> {
    if (this.#parts.market.time === 'event') await this.#list()
  }

  /** Resolves when it is stopped, or when it asks no more. */
  async run(): Promise<void> {
    const { market, logger } = this.#parts
    if (market.time === 'event') return
    const { everyMs } = this.#config
    const { signal } = this.#stopped
    const onFailure = (reason: string) => {
      this.#problem = `${market.name} gives no listing: ${reason}`
      logger.warn({ market: market.name }, this.#problem)
    }
    await poll(() => this.#list(), { everyMs, retryMs: { min: RETRY_MS, max: everyMs }, signal, onFailure })
  }

  stop(): void {
    this.#stopped.abort()
  }

  async #list(): Promise<void> {
    const { supervisor, market, place, clock } = this.#parts
    const { signal } = this.#stopped
    const instruments = (await market.listing?.(signal)) ?? place.symbols.map((symbol) => ({ symbol }))
    signal.throwIfAborted()
    this.#problem = undefined
    const at = clock.now()
    if (market.time === 'event' && this.#isKnown(instruments)) return
    await sendUnlessQuarantined(
      supervisor,
      universeAddress(place.venue),
      { type: 'INSTRUMENTS_LISTED', at, instruments },
      { at },
    )
  }

  #isKnown(instruments: readonly ListedInstrument[]): boolean {
    const { supervisor, place, beganAt, clock } = this.#parts
    const { filters, symbols, filtered } = contextOf(supervisor, place.venue) ?? {}
    if (filters === undefined) return false
    // The time of the universe's first listing, because some filters depend on it.
    const selected = selectUniverse(filters, instruments, beganAt ?? clock.now())
    const refusals = Object.fromEntries(selected.filtered.map(({ symbol, filter }) => [symbol, filter]))
    return isDeepStrictEqual([symbols, filtered], [selected.symbols, refusals])
  }
}

/** What the venue lists on its way to the universe, and strategies on theirs. */
import { isDeepStrictEqual } from 'node:util'
import { Subscription } from 'rxjs'
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

/** Wait after a first failure: until there is a listing nothing is in the universe. */
const RETRY_MS = 1_000

const contextOf = (supervisor: Supervisor, venue: string) =>
  supervisor.getSnapshot(universeAddress(venue))?.context as UniverseContext | undefined

/** Spawns the actor where it is configured. One that is there already gets the filters that are configured now. */
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

/** Once: from then on the universe is what starts and stops the strategy. */
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

/** One that is configured no more. */
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
  /** Time of the log's first record, where there was a log before this start. */
  readonly beganAt: number | undefined
}

/**
 * Asks now and, where time is the system's, again and again until it is unsubscribed from. A market that has its own
 * time is asked at each start and no more, and the universe is told only what it does not know: so a start more or less
 * changes nothing.
 */
export async function startListing(
  config: RunnerConfig['universe'],
  { supervisor, market, place, clock, logger, beganAt }: ListingParts,
): Promise<Subscription> {
  if (config === undefined) return Subscription.EMPTY
  const stopped = new AbortController()
  const { signal } = stopped
  const list = async () => {
    const instruments = (await market.listing?.(signal)) ?? place.symbols.map((symbol) => ({ symbol }))
    signal.throwIfAborted()
    const at = clock.now()
    if (market.time === 'event' && isKnown(instruments)) return
    await sendUnlessQuarantined(
      supervisor,
      universeAddress(place.venue),
      { type: 'INSTRUMENTS_LISTED', at, instruments },
      { at },
    )
  }
  const isKnown = (instruments: readonly ListedInstrument[]) => {
    const { filters, symbols, filtered } = contextOf(supervisor, place.venue) ?? {}
    if (filters === undefined) return false
    // As it was when the universe was first told: some filters look at the time.
    const selected = selectUniverse(filters, instruments, beganAt ?? clock.now())
    const refusals = Object.fromEntries(selected.filtered.map(({ symbol, filter }) => [symbol, filter]))
    return isDeepStrictEqual([symbols, filtered], [selected.symbols, refusals])
  }
  const { everyMs } = config
  const onFailure = (reason: string) =>
    logger.warn({ market: market.name }, `${market.name} gives no listing: ${reason}`)
  if (market.time === 'event') await list()
  else void poll(list, { everyMs, retryMs: { min: RETRY_MS, max: everyMs }, signal, onFailure })
  return new Subscription(() => stopped.abort())
}

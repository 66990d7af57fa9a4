/** A run while it lasts: what it does once its parts are there, its figures, and its stop, in the reverse order of its start. */
import { Subscription } from 'rxjs'
import { type Belonging, RUNNER, reconciliationAddress, type Strategy } from '../../machines/index.ts'
import type { MarketSource } from '../adapters/market-source.ts'
import type { Venue } from '../adapters/venue.ts'
import type { ApiServer } from '../api/server.ts'
import { VERSION } from '../api/version.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Address } from '../runtime/record/address.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import type { Clock } from '../runtime/time/clock.ts'
import { boot, configuredBy, rivalsIn, strategiesOf } from './actors/boot.ts'
import { quarantinedIn, quarantineText, sendUnlessQuarantined } from './actors/quarantine.ts'
import { eachOf, rememberStrategies } from './actors/strategies.ts'
import type { RunnerConfig } from './config/schema.ts'
import type { Driver } from './drivers/driver.ts'
import { startListing } from './feeds/listing.ts'
import { startNewsFeed } from './feeds/news-feed.ts'
import type { NewsTimes } from './feeds/news-times.ts'
import { announce, withdraw } from './folder/announcement.ts'
import { alert } from './reports/alerts.ts'
import type { ErrorReports } from './reports/error-reports.ts'
import { counted, NO_COUNTS, type Stats, statsOf } from './reports/stats.ts'

export interface RunningRunner {
  readonly supervisor: Supervisor
  readonly market: MarketSource
  /** Of the page and the API; undefined when the server is switched off. */
  readonly url: string | undefined
  readonly messages: number
  stats(): Stats
  /** Resolves when the market has ended, rejects when the run cannot go on. */
  readonly ended: Promise<void>
  /** Records why, lets everything finish, and closes it all. */
  stop(reason: string, initiator: string): Promise<void>
}

/** What a run is made of: see `startRunner`. */
export interface Parts {
  readonly config: RunnerConfig
  readonly belonging: Belonging
  readonly strategies: ReadonlyMap<string, Strategy>
  readonly market: MarketSource
  readonly place: { readonly venue: string; readonly symbols: readonly string[] }
  readonly venue: Venue
  readonly supervisor: Supervisor
  readonly clock: Clock
  readonly newsTimes: NewsTimes | undefined
  readonly driver: Driver
  readonly api: ApiServer | undefined
  readonly logger: ErrorReports
  /** Hears, besides, of what is in the log already. */
  readonly processLogger: Logger
  readonly faulted: Promise<never> | undefined
  /** Time of the log's first record, where there was a log before this start. */
  readonly beganAt: number | undefined
  /** The actor that ended the run before this one. */
  readonly suspect?: string
}

export class Runner implements RunningRunner {
  readonly #parts: Parts
  #counts = NO_COUNTS
  #ended: Promise<void> = Promise.resolve()
  #stopping: Promise<void> | undefined
  /** What asks outside, besides the driver. */
  readonly #feeds = new Subscription()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get supervisor(): Supervisor {
    return this.#parts.supervisor
  }

  get market(): MarketSource {
    return this.#parts.market
  }

  get url(): string | undefined {
    return this.#parts.api?.url
  }

  get messages(): number {
    return this.#parts.driver.messages
  }

  get ended(): Promise<void> {
    return this.#ended
  }

  async start(): Promise<void> {
    const { supervisor, config, belonging, clock, market, place } = this.#parts
    const { strategies, logger, processLogger, faulted, suspect } = this.#parts
    supervisor.transitions$.subscribe((record) => {
      this.#counts = counted(this.#counts, record)
      alert(record, processLogger)
    })
    const at = clock.now()
    const configured = configuredBy(config, { ...place, at, strategies })
    if (config.account.positionMode === 'netting')
      for (const [symbol, rivals] of rivalsIn(configured))
        logger.warn(
          {},
          `${rivals.join(' and ')} share one position in ${symbol}: what one opens the other may close`,
        )
    rememberStrategies(config.data, strategies)
    const arrived = await boot(supervisor, config, {
      ...place,
      at,
      belonging,
      strategies,
      logger,
      suspect,
    })
    await sendUnlessQuarantined(supervisor, RUNNER, {
      type: 'STARTED',
      at,
      version: VERSION,
      market: market.name,
      venues: [
        {
          venue: place.venue,
          strategies: strategiesOf(config, place.symbols).flatMap((one) =>
            eachOf(one, place.symbols).map(({ id }) => id),
          ),
        },
      ],
      heartbeatMs: config.runner.heartbeatMs,
      configured: arrived,
      belonging,
    })
    // Told on top of the run, and not to the log, which has it.
    for (const one of await quarantinedIn(supervisor))
      processLogger.warn({ actor: one.address }, quarantineText(one, config.data))
    logger.attach((report) =>
      supervisor.tell(
        RUNNER as Address,
        { type: 'REPORT_ERROR', at: clock.now(), ...report },
        { lane: 'command' },
      ),
    )
    const reconciliation = reconciliationAddress(place.venue)
    const reconcile = { type: 'RECONCILE', at, reason: 'start' }
    await sendUnlessQuarantined(supervisor, reconciliation, reconcile, { at })
    announce(this.#parts.config.data, { url: this.url, token: this.#parts.config.server.token })
    this.#feeds.add(await startListing(config.universe, this.#parts))
    this.#feeds.add(startNewsFeed(config.news.sources, this.#parts))
    const fenced = new Promise<never>((_, reject) => supervisor.fenced$.subscribe(reject))
    this.#ended = Promise.race([this.#parts.driver.run(), fenced, ...(faulted ? [faulted] : [])])
    // Whoever waits for the end hears of it; nobody waiting is no reason to crash.
    this.#ended.catch((error: Error) => logger.report('critical', error.message))
  }

  stats(): Stats {
    return statsOf(this.#parts.supervisor, this.#parts.place, this.#counts)
  }

  stop(reason: string, initiator: string): Promise<void> {
    this.#stopping ??= this.#stop(reason, initiator)
    return this.#stopping
  }

  async #stop(reason: string, initiator: string): Promise<void> {
    const { supervisor, api, venue, clock, config } = this.#parts
    this.#feeds.unsubscribe()
    try {
      await this.#parts.driver.stop()
      const stopped = { type: 'STOPPED', at: clock.now(), reason, initiator }
      await sendUnlessQuarantined(supervisor, RUNNER, stopped)
    } finally {
      try {
        await api?.close()
        await supervisor.stop()
        await venue.close()
      } finally {
        // Last, so that until then the command line is told that the runner stops; and whatever failed before.
        withdraw(config.data, this.url)
      }
    }
  }
}

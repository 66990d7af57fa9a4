/** The headless process: venue, market, supervisor, strategies and server, started in that order and stopped in reverse. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Subscription } from 'rxjs'
import { OutcryError } from '../../errors/outcry-error.ts'
import { type Belonging, machines, RUNNER, type Strategy } from '../../machines/index.ts'
import { type Interruptible, storeExists } from '../../store/index.ts'
import type { Store } from '../../store/store.ts'
import { capabilityIssues } from '../adapters/capabilities.ts'
import type { MarketSource } from '../adapters/market-source.ts'
import { executionOffer, marketOffer } from '../adapters/registry.ts'
import { type Books, simulatedVenue, type Venue } from '../adapters/venue.ts'
import { VenuePort } from '../adapters/venue-port.ts'
import { WireIds } from '../adapters/wire-ids.ts'
import { type ApiServer, startApi } from '../api/server.ts'
import { VERSION } from '../api/version.ts'
import { createSupervisor } from '../runtime/assemble.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Address } from '../runtime/record/address.ts'
import { openLevelStore } from '../runtime/record/log.ts'
import type { TransitionRecord } from '../runtime/record/record.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import { type Clock, EventClock, SystemClock } from '../runtime/time/clock.ts'
import type { WorkObserver } from '../runtime/work.ts'
import { alert } from './components/alerts.ts'
import { boot, configuredBy, rivalsIn, strategiesOf } from './components/boot.ts'
import { ErrorReports } from './components/error-reports.ts'
import { instrumentsOf, symbolIssues, venueAndSymbols } from './components/instruments.ts'
import { startListing } from './components/listing.ts'
import { startNewsFeed } from './components/news-feed.ts'
import { NewsTimes } from './components/news-times.ts'
import { quarantinedIn, quarantineText, sendUnlessQuarantined } from './components/quarantine.ts'
import { counted, NO_COUNTS, type Stats, statsOf } from './components/stats.ts'
import { eachOf, expectNamed, kindsOf, loadStrategies, rememberStrategies } from './components/strategies.ts'
import { asBefore, wrongConfig } from './config/problems.ts'
import type { RunnerConfig } from './config/schema.ts'
import { isModule } from './config/strategy.ts'
import type { Driver } from './drivers/driver.ts'
import { EventTimeDriver } from './drivers/event-time.ts'
import { LiveTimeDriver } from './drivers/live-time.ts'
import {
  belongingIn,
  belongingNow,
  expectHeldWatched,
  expectSameAccount,
  foreignLog,
} from './folder/belonging.ts'
import { withBooks } from './folder/books.ts'
import { booksIn, folderEntries } from './folder/folder-copy.ts'
import { readStrategiesFile } from './folder/strategies-file.ts'
import { readNote, removeNote, suspectsOf } from './process/hang/note.ts'

/** Where a running runner says how it is reached, within its data folder. */
export const RUNNER_FILE = 'runner.json'

export interface RunnerInfo {
  readonly pid: number
  /** Undefined when its server is switched off. */
  readonly url?: string
  /** What it asks of whoever speaks to it. */
  readonly token?: string
}

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

export interface StartOptions {
  /** See SupervisorOptions. */
  readonly acceptChanges?: boolean | undefined
  /** Paths of modules of strategies that are not configured, or are no more, and that the log may have actors of. */
  readonly machines?: readonly string[] | undefined
  /** Is told what is at work, for whoever watches over the process. */
  readonly work?: WorkObserver & { load(file: string): void; named: readonly string[] }
  /** Rejects when something throws outside every turn. */
  readonly faulted?: Promise<never>
  /** Keeps log and books elsewhere than in the data folder: for tests. */
  readonly storage?: Storage
}

interface Storage {
  openLog(): Promise<Store<TransitionRecord>>
  openBooks(): Promise<Books>
}

/**
 * @throws RECORDING_UNREADABLE, RECORDING_OLDER, STORE_LOCKED, OTHER_MARKET, OTHER_VENUE, LOG_FOREIGN, VENUE_FOREIGN, VENUE_OPEN_FAILED,
 * PORT_IN_USE, STRATEGIES_UNREADABLE, STRATEGY_INVALID, MODULE_UNNAMED, MACHINE_CHANGED, REPLAY_DIVERGED, ...
 */
export async function startRunner(
  config: RunnerConfig,
  processLogger: Logger,
  { acceptChanges, machines: named, work, faulted, storage }: StartOptions = {},
): Promise<RunningRunner> {
  const logger = new ErrorReports(processLogger)
  const { moduleLimitMs: limitMs } = config.runner
  const loading = { limitMs, logger, ...(work && { work }) }
  // A torn one is refused before anything is run or made.
  readStrategiesFile(config.data)
  const { strategies, issues } = await loadStrategies(config.strategies ?? [], named, loading)
  // The actors of these may do what nobody foresees.
  if (work !== undefined)
    work.named = [...strategies].flatMap(([type, { name }]) => (isModule(type) ? [name] : []))
  const systemClock = new SystemClock()
  const { market: ofMarket } = config
  const market = await marketOffer(ofMarket).open(ofMarket, { logger, now: () => systemClock.now() })
  const place = venueAndSymbols(market)
  const wrong = [...issues, ...symbolIssues(config, place)]
  if (wrong.length > 0) throw wrongConfig(wrong)
  if (storeExists(config.data)) throw foreignLog(config.data)
  makeFolder(config.data)
  const store = await (storage?.openLog() ??
    openLevelStore(join(config.data, 'log'), { shortId: config.runner.storeId }))
  let venue: Venue | undefined
  let supervisor: Supervisor | undefined
  let api: ApiServer | undefined
  try {
    const { belonging: was } = await belongingIn(store, config.data)
    const belonging = await belongingNow(was, config, { market, venue: place.venue })
    await expectNamed(store, config.data, strategies)
    await expectSameAccount(store, config, place.venue)
    await expectHeldWatched(store, place, config.data)
    const life = { id: belonging.life, isNew: was === undefined }
    const { asset, balance } = config.account
    const { storeId = store.shortId } = config.runner
    if (storeId !== store.shortId)
      throw wrongConfig([{ field: 'runner.storeId', rule: asBefore(store.shortId, config.data) }])
    const ids = new WireIds(place.venue, store.shortId)
    const execution = executionOffer(config.venue)
    const faults = execution.faults?.(config.venue)
    let driver: Driver | undefined
    const opened = await execution.open(config.venue, {
      venue: place.venue,
      ids,
      instruments: instrumentsOf(config, place),
      openingBalances: { [asset]: balance },
      location: booksIn(config.data),
      life,
      onReports: () => driver?.onRequest(),
      books: await storage?.openBooks(),
    })
    venue = opened
    const unable = capabilityIssues(opened.capabilities, config)
    if (unable.length > 0) throw wrongConfig(unable)
    const beganAt = await beginningOf(store)
    const { startsAt } = market
    const inEventTime =
      startsAt === undefined
        ? undefined
        : { clock: new EventClock(beganAt ?? startsAt), venue: simulatedVenue(opened, market.name) }
    const clock: Clock = inEventTime?.clock ?? systemClock
    let drive: (driver: Driver) => void = () => {}
    const driving = new Promise<Driver>((resolve) => {
      drive = resolve
    })
    const whenQuiet = (answer: () => void) => void driving.then((driver) => driver.whenQuiet(answer))
    const ports = {
      [place.venue]: new VenuePort(opened, () => driver?.onRequest(), { faults, whenQuiet }),
    }
    const { liveRecords, liveHours } = config.retention
    const liveMs = liveHours === undefined ? undefined : liveHours * 3_600_000
    const retention = { liveRecords, ...(liveMs !== undefined && { liveMs }) }
    const note = readNote(config.data)
    supervisor = await createSupervisor({
      store,
      machines: { ...machines, ...kindsOf(strategies) },
      ports,
      clock,
      logger,
      retention,
      ...(acceptChanges !== undefined && { acceptChanges }),
      suspects: suspectsOf(note),
      ...(work && { work }),
    })
    expectPositionsOf(market, supervisor, config.data)
    if (note !== undefined) {
      logger.warn({ actor: note.actor }, `the run before this one was ended: ${note.text}`)
      removeNote(config.data)
    }
    const parts = { supervisor, market, faults }
    const newsTimes = inEventTime && new NewsTimes(inEventTime.clock)
    driver = inEventTime
      ? new EventTimeDriver({
          ...parts,
          ...inEventTime,
          news: newsTimes,
          speed: marketOffer(ofMarket).speed?.(ofMarket) ?? 1,
          beganAt,
        })
      : new LiveTimeDriver({ ...parts, venue: opened, clock })
    drive(driver)
    // What clients get wrong is theirs: told to the runner it would let them fill the log.
    const { books } = opened
    const folder = (options: Interruptible) =>
      folderEntries(store.entries(options), books && (() => books.entries()), config.data)
    const at = supervisor
    const verify = async (options: Interruptible) =>
      withBooks(await at.verify(options), async () => books?.verify(options))
    const server = { ...config.server, refused: () => market.refused, folder, verify }
    api = config.server.enabled ? await startApi(supervisor, server, processLogger) : undefined
    const runner = new Runner({
      config,
      belonging,
      strategies,
      market,
      place,
      venue: opened,
      supervisor,
      clock,
      newsTimes,
      driver,
      api,
      logger,
      processLogger,
      faulted,
      beganAt,
      ...(note?.actor !== undefined && { suspect: note.actor }),
    })
    await runner.start()
    return runner
  } catch (error) {
    await api?.close()
    await (supervisor?.stop() ?? store.close())
    await venue?.close()
    throw error
  }
}

/** Where an older version stopped is not known by today's positions. @throws RECORDING_OLDER */
function expectPositionsOf({ formerNames = [] }: MarketSource, supervisor: Supervisor, data: string): void {
  const former = formerNames.find((name) => supervisor.cursor(name) > 0)
  if (former === undefined) return
  throw new OutcryError(
    'RECORDING_OLDER',
    `the log in ${data} is of ${former} as an older version read it, and where it stopped is not known in what this one reads`,
    'Play the recording into another folder: --data. What this log holds can be read as before.',
  )
}

/** Returns the time of the log's first record; undefined when there is none. */
async function beginningOf(store: Store<TransitionRecord>): Promise<number | undefined> {
  for await (const { at } of store.read({ fromSeq: 1, toSeq: 1 })) return at
  return undefined
}

/** @throws CONFIG_INVALID */
function makeFolder(data: string): void {
  try {
    mkdirSync(data, { recursive: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw wrongConfig([{ field: 'data', rule: `a folder that can be made and written (${code})` }])
  }
}

interface Parts {
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

class Runner implements RunningRunner {
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
      venue: place.venue,
      strategies: strategiesOf(config, place.symbols).flatMap((one) =>
        eachOf(one, place.symbols).map(({ id }) => id),
      ),
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
    const reconciliation = `reconciliation/${place.venue}`
    const reconcile = { type: 'RECONCILE', at, reason: 'start' }
    await sendUnlessQuarantined(supervisor, reconciliation, reconcile, { at })
    this.#announce()
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
        rmSync(join(config.data, RUNNER_FILE), { force: true })
      }
    }
  }

  /** For the command line: it finds a running runner by its data folder. */
  #announce(): void {
    const { data, server } = this.#parts.config
    const info: RunnerInfo = { pid: process.pid, url: this.url, token: server.token }
    const file = join(data, RUNNER_FILE)
    // A file that is there already would keep its mode.
    writeFileSync(`${file}.part`, `${JSON.stringify(info)}\n`, { mode: 0o600 })
    renameSync(`${file}.part`, file)
  }
}

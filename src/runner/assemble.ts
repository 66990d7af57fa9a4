/** Puts a run together: market, store, venue, supervisor, driver, server and the runner over them, in that order. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { compact } from '../../errors/compact.ts'
import { OutcryError } from '../../errors/outcry-error.ts'
import { machines } from '../../machines/index.ts'
import { type Interruptible, storeExists } from '../../store/index.ts'
import type { Store } from '../../store/store.ts'
import { capabilityIssues } from '../adapters/capabilities.ts'
import type { MarketSource } from '../adapters/market-source.ts'
import { executionOffer, marketOffer } from '../adapters/registry.ts'
import { type Books, simulatedVenue, type Venue } from '../adapters/venue.ts'
import { VenuePort } from '../adapters/venue-port.ts'
import { WireIds } from '../adapters/wire-ids.ts'
import { type ApiServer, startApi } from '../api/server.ts'
import { createSupervisor } from '../runtime/assemble.ts'
import type { Logger } from '../runtime/logger.ts'
import { openLevelStore } from '../runtime/record/log.ts'
import type { TransitionRecord } from '../runtime/record/record.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import { type Clock, EventClock, SystemClock } from '../runtime/time/clock.ts'
import type { WorkObserver } from '../runtime/work.ts'
import { instrumentsOf, symbolIssues, venueAndSymbols } from './actors/instruments.ts'
import { expectNamed, kindsOf, loadStrategies } from './actors/strategies.ts'
import { asBefore, wrongConfig } from './config/problems.ts'
import type { RunnerConfig } from './config/schema.ts'
import { isModule } from './config/strategy.ts'
import type { Driver } from './drivers/driver.ts'
import { EventTimeDriver } from './drivers/event-time.ts'
import { LiveTimeDriver } from './drivers/live-time.ts'
import { NewsTimes } from './feeds/news-times.ts'
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
import { ErrorReports } from './reports/error-reports.ts'
import { Runner, type RunningRunner } from './runner.ts'

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
 * Resolves with a run that has begun: its log goes on where it was, and everything that it opened is closed by its stop. A start that
 * fails has closed it again.
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
  const loading = compact({ limitMs, logger, work })
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
        : {
            clock: new EventClock(beganAt ?? startsAt),
            venues: [{ venue: simulatedVenue(opened, market.name), faults }],
          }
    const clock: Clock = inEventTime?.clock ?? systemClock
    let drive: (driver: Driver) => void = () => {}
    const driving = new Promise<Driver>((resolve) => {
      drive = resolve
    })
    const whenQuiet = (answer: () => void) =>
      void driving.then((driver) => driver.whenQuiet(opened.name, answer))
    const ports = {
      [place.venue]: new VenuePort(opened, () => driver?.onRequest(), { faults, whenQuiet }),
    }
    const { liveRecords, liveHours } = config.retention
    const liveMs = liveHours === undefined ? undefined : liveHours * 3_600_000
    const retention = compact({ liveRecords, liveMs })
    const note = readNote(config.data)
    supervisor = await createSupervisor({
      store,
      machines: { ...machines, ...kindsOf(strategies) },
      ports,
      clock,
      logger,
      retention,
      suspects: suspectsOf(note),
      ...compact({ acceptChanges, work }),
    })
    expectPositionsOf(market, supervisor, config.data)
    if (note !== undefined) {
      logger.warn({ actor: note.actor }, `the run before this one was ended: ${note.text}`)
      removeNote(config.data)
    }
    const parts = { supervisor, market }
    const newsTimes = inEventTime && new NewsTimes(inEventTime.clock)
    driver = inEventTime
      ? new EventTimeDriver({
          ...parts,
          ...inEventTime,
          news: newsTimes,
          speed: marketOffer(ofMarket).speed?.(ofMarket) ?? 1,
          beganAt,
        })
      : new LiveTimeDriver({ ...parts, venues: [{ venue: opened, faults }], clock })
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
      ...compact({ suspect: note?.actor }),
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

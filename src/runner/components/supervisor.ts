/**
 * Starts the runtime on the log, with the ports to the venues and the driver that feeds both. No actor of a run exists
 * yet.
 */
import { compact } from '../../../errors/compact.ts'
import { machines } from '../../../machines/index.ts'
import { OutcryError } from '../../../store/index.ts'
import type { MarketSource } from '../../adapters/market-source.ts'
import { VenuePort } from '../../adapters/venue-port.ts'
import { ACCOUNTS } from '../../metrics/groups/accounts.ts'
import { MARKET } from '../../metrics/groups/market.ts'
import { TRADING } from '../../metrics/groups/trading.ts'
import { createSupervisor } from '../../runtime/assemble.ts'
import { named } from '../../runtime/logger.ts'
import type { Port } from '../../runtime/port.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { sinkName } from '../../sinks/section.ts'
import { kindsOf } from '../actors/strategies.ts'
import type { Component } from '../component.ts'
import type { Driver } from '../drivers/driver.ts'
import { timeOf } from '../drivers/time.ts'
import { readNote, removeNote, suspectsOf } from '../process/hang/note.ts'
import { alert } from '../reports/alerts.ts'
import { marketFigures } from '../reports/market-figures.ts'
import { Money } from '../reports/money.ts'
import { counted } from '../reports/stats.ts'
import { TradingCounts } from '../reports/trading-counts.ts'
import type { Run } from '../run.ts'
import { STORE, SUPERVISOR, venueComponentName, venueNames } from './names.ts'

export function supervisor(run: Run): readonly Component[] {
  const { config, options, market, place, strategies, logger, processLogger } = run.plan
  const { acceptChanges, work } = options
  let opened: Supervisor | undefined
  const start = async () => {
    const time = timeOf(run)
    let drive: (driver: Driver) => void = () => {}
    const driving = new Promise<Driver>((resolve) => {
      drive = resolve
    })
    const note = readNote(config.data)
    const { liveRecords, liveHours, deleteAfterDays } = config.retention
    const liveMs = liveHours === undefined ? undefined : liveHours * 3_600_000
    const deleteAfterMs = deleteAfterDays === undefined ? undefined : deleteAfterDays * 86_400_000
    // The events that a sink has are known only once its place is kept.
    const waitsFor = config.sinks.map((sink) => `sink:${sinkName(sink)}`)
    opened = await createSupervisor({
      store: run.get('store'),
      machines: { ...machines, ...kindsOf(strategies) },
      ports: portsOf(run, driving),
      clock: time.clock,
      logger: named(logger, SUPERVISOR),
      retention: compact({ liveRecords, liveMs, deleteAfterMs, waitsFor }),
      suspects: suspectsOf(note),
      ...compact({ acceptChanges, work }),
    })
    await opened.keepBookmarks(waitsFor)
    expectPositionsOf(market, opened, config.data)
    if (note !== undefined) {
      logger.warn(
        { component: SUPERVISOR, actor: note.actor },
        `the run before this one was ended: ${note.text}`,
      )
      removeNote(config.data)
    }
    run.suspect = note?.actor
    run.newsTimes = time.newsTimes
    const driver = time.driver(opened)
    run.open({ supervisor: opened, clock: time.clock, driver })
    drive(driver)
    const money = new Money(opened)
    const trading = new TradingCounts({
      venues: venueNames(run),
      symbols: place.symbols,
      strategies: config.strategies ?? [],
    })
    opened.transitions$.subscribe((record) => {
      run.counts = counted(run.counts, record)
      run.connections.take(record)
      money.take(record)
      trading.take(record)
      alert(record, named(processLogger, SUPERVISOR))
    })
    await money.start()
    run.metrics.add(MARKET, marketFigures(run))
    run.metrics.add(TRADING, trading)
    run.metrics.add(ACCOUNTS, money)
  }
  return [
    {
      name: SUPERVISOR,
      needs: [STORE, ...venueNames(run).map(venueComponentName)],
      start,
      // A log that takes nothing more ends the run.
      run: () =>
        new Promise<void>((_, reject) => {
          const { fence, fenced$ } = run.get('supervisor')
          if (fence === undefined) fenced$.subscribe(reject)
          else reject(fence)
        }),
      stop: async () => {
        await run.records.close()
        await opened?.stop()
      },
      health: () => opened?.fence?.message,
    },
  ]
}

function portsOf(run: Run, driving: Promise<Driver>): Readonly<Record<string, Port>> {
  const tracing = run.tracing?.(run.get('store').shortId)
  const onRequest = () => run.opened.driver?.lookAtVenues()
  // A recovered intent of the log may ask before there is a driver.
  const ports = [...run.venues].map(([name, { venue, faults }]) => {
    const whenQuiet = (answer: () => void) =>
      void driving.then((driver) => driver.whenQuiet(venue.name, answer))
    const port = new VenuePort(venue, onRequest, { faults, whenQuiet })
    return [name, tracing?.port(port) ?? port] as const
  })
  return Object.fromEntries(ports)
}

/** Checks that no older version stopped in the middle of this recording: its positions count otherwise. @throws RECORDING_OLDER */
function expectPositionsOf(
  { formerNames = [] }: MarketSource,
  supervisor: Pick<Supervisor, 'cursor'>,
  data: string,
): void {
  const former = formerNames.find((name) => supervisor.cursor(name) > 0)
  if (former === undefined) return
  throw new OutcryError(
    'RECORDING_OLDER',
    `the log in ${data} is of ${former} as an older version read it, and this version does not know the place where it stopped`,
    'Play the recording into another folder with --data. This log can still be read.',
  )
}

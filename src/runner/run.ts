/** A run: its plan, and everything that its components have opened so far. */
import type { Belonging, LogLevel, Strategy } from '../../machines/index.ts'
import type { Store } from '../../store/store.ts'
import type { Place } from '../adapters/adapter.ts'
import type { MarketSource } from '../adapters/market-source.ts'
import type { LinkFaults } from '../adapters/transport/link-faults.ts'
import type { Books, Venue } from '../adapters/venue.ts'
import type { ApiServer } from '../api/server.ts'
import { Metrics } from '../metrics/metrics.ts'
import type { ActOptions } from '../runtime/actors/signals.ts'
import type { Receipt } from '../runtime/commit/job.ts'
import type { Logger } from '../runtime/logger.ts'
import type { TransitionRecord } from '../runtime/record/record.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import type { Clock, SystemClock } from '../runtime/time/clock.ts'
import type { WorkObserver } from '../runtime/work.ts'
import type { Follower } from '../sinks/follower.ts'
import type { Tracing } from '../tracing/tracing.ts'
import type { Boot } from './actors/boot.ts'
import type { ComponentHealth } from './component.ts'
import { ComponentRecords } from './component-records.ts'
import type { RunnerConfig } from './config/schema.ts'
import type { VenueSettings } from './config/venues.ts'
import type { Driver } from './drivers/driver.ts'
import type { NewsTimes } from './feeds/news-times.ts'
import type { Redactor } from './log/redactor.ts'
import { Connections } from './reports/connections.ts'
import type { ErrorReports } from './reports/error-reports.ts'
import { NO_COUNTS } from './reports/stats.ts'

export interface StartOptions {
  /** See SupervisorOptions. */
  readonly acceptChanges?: boolean | undefined
  /** Paths of modules of strategies that are not configured, or are no more, and that the log may have actors of. */
  readonly machines?: readonly string[] | undefined
  /** Is notified of the code at work. The watchdog of the process names it. */
  readonly work?: WorkObserver & { load(file: string): void; named: readonly string[] }
  /** Sets the level of a component's lines in the process's log, or of all, when a person has changed it. */
  readonly setLogLevel?: (level: LogLevel, component?: string) => void
  /** Hides secrets in what the run says. Without it, those of the configuration are hidden. */
  readonly redactor?: Redactor
  /** Rejects when something throws outside every turn. */
  readonly faulted?: Promise<never>
  /** Keeps log and books elsewhere than in the data folder: for tests. */
  readonly storage?: Storage
}

interface Storage {
  openLog(): Promise<Store<TransitionRecord>>
  openBooks(venue: string): Promise<Books>
}

/** The facts that are known before anything is opened. */
export interface Plan {
  readonly config: RunnerConfig
  readonly options: StartOptions
  /** By their type in the configuration. */
  readonly strategies: ReadonlyMap<string, Strategy>
  readonly market: MarketSource
  readonly place: Place
  /** The venues, in order. Strategies that name no venue trade at the first. */
  readonly venues: readonly VenueSettings[]
  readonly systemClock: SystemClock
  /** The token of the command line, where the configuration has tokens with names. */
  readonly cliToken: string | undefined
  /** A logger that also reports to the log. */
  readonly logger: ErrorReports
  readonly redactor: Redactor
  /** Hears, besides, of what is in the log already. */
  readonly processLogger: Logger
}

/** An open venue. */
export interface OpenVenue {
  readonly settings: VenueSettings
  readonly venue: Venue
  /** The faults on the way from the venue. */
  readonly faults: LinkFaults | undefined
}

/** The parts that components open for other components. */
export interface Opened {
  readonly store: Store<TransitionRecord>
  /** The belonging of the log, from this start on. */
  readonly belonging: Belonging
  /** True when this start has begun the log. */
  readonly isNew: boolean
  readonly supervisor: Supervisor
  /** The log's clock, which the run follows. */
  readonly clock: Clock
  readonly driver: Driver
  /** The start of the run's actors. */
  readonly boot: Boot
}

export class Run {
  readonly plan: Plan
  readonly opened: Partial<Opened> = {}
  /** The open venues by name, in order. */
  readonly venues = new Map<string, OpenVenue>()
  readonly records = new ComponentRecords()
  /** The followers of the sinks, by the sink's name. */
  readonly sinks = new Map<string, Follower>()
  counts = NO_COUNTS
  readonly connections = new Connections()
  /** The metrics of the run. A component adds its own when it starts. */
  readonly metrics = new Metrics()
  /** Time of the log's first record, where there was a log before this start. */
  beganAt: number | undefined
  /** The actor that ended the run before this one. */
  suspect: string | undefined
  /** Present in event time. */
  newsTimes: NewsTimes | undefined
  api: ApiServer | undefined
  /** The reason and the initiator of the stop. */
  ending = { reason: 'failure', initiator: 'runner' }
  /** Returns the tracing of a log, where the configuration has an endpoint. */
  tracing: ((logId: string) => Tracing) | undefined
  /** Returns the health of the components. */
  health: () => readonly ComponentHealth[] = () => []
  /** Restarts a component for a person. See Lifecycle.restart. */
  restart: (name: string, options: ActOptions) => Promise<Receipt> = async (name) => {
    throw new Error(`nothing restarts ${name} yet: the lifecycle is set before a start`)
  }

  constructor(plan: Plan) {
    this.plan = plan
  }

  /** Returns a part that another component has opened. The caller must name that component in its needs. */
  get<K extends keyof Opened>(what: K): Opened[K] {
    const value = this.opened[what] as Opened[K] | undefined
    if (value === undefined)
      throw new Error(`nothing has opened the ${what} yet: a component does not name its need`)
    return value
  }

  open(what: Partial<{ -readonly [K in keyof Opened]: Opened[K] }>): void {
    Object.assign(this.opened, what)
  }
}

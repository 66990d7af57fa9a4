/** A run as it is put together: what it is asked to be, and what its components have opened of it so far. */
import type { Belonging, Strategy } from '../../machines/index.ts'
import type { Store } from '../../store/store.ts'
import type { Place } from '../adapters/adapter.ts'
import type { MarketSource } from '../adapters/market-source.ts'
import type { LinkFaults } from '../adapters/transport/link-faults.ts'
import type { Books, Venue } from '../adapters/venue.ts'
import type { ApiServer } from '../api/server.ts'
import type { Logger } from '../runtime/logger.ts'
import type { TransitionRecord } from '../runtime/record/record.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import type { Clock, SystemClock } from '../runtime/time/clock.ts'
import type { WorkObserver } from '../runtime/work.ts'
import type { Boot } from './actors/boot.ts'
import type { ComponentHealth } from './component.ts'
import { ComponentRecords } from './component-records.ts'
import type { RunnerConfig } from './config/schema.ts'
import type { VenueSettings } from './config/venues.ts'
import type { Driver } from './drivers/driver.ts'
import type { NewsTimes } from './feeds/news-times.ts'
import type { ErrorReports } from './reports/error-reports.ts'
import { NO_COUNTS } from './reports/stats.ts'

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
  openBooks(venue: string): Promise<Books>
}

/** What is known before anything is opened. */
export interface Plan {
  readonly config: RunnerConfig
  readonly options: StartOptions
  /** By their type in the configuration. */
  readonly strategies: ReadonlyMap<string, Strategy>
  readonly market: MarketSource
  readonly place: Place
  /** In their order: the first is where a strategy trades that names none. */
  readonly venues: readonly VenueSettings[]
  readonly systemClock: SystemClock
  /** Tells the log, too. */
  readonly logger: ErrorReports
  /** Hears, besides, of what is in the log already. */
  readonly processLogger: Logger
}

/** A venue that is open. */
export interface OpenVenue {
  readonly settings: VenueSettings
  readonly venue: Venue
  /** What goes wrong on the way from it. */
  readonly faults: LinkFaults | undefined
}

/** What components open for those that need them. */
export interface Opened {
  readonly store: Store<TransitionRecord>
  /** What the log belongs to from this start on. */
  readonly belonging: Belonging
  /** Whether the log has begun with this start. */
  readonly isNew: boolean
  readonly supervisor: Supervisor
  /** The log's, by which the run goes. */
  readonly clock: Clock
  readonly driver: Driver
  /** What the run begins with. */
  readonly boot: Boot
}

export class Run {
  readonly plan: Plan
  readonly opened: Partial<Opened> = {}
  /** By name, in their order. */
  readonly venues = new Map<string, OpenVenue>()
  readonly records = new ComponentRecords()
  counts = NO_COUNTS
  /** Time of the log's first record, where there was a log before this start. */
  beganAt: number | undefined
  /** The actor that ended the run before this one. */
  suspect: string | undefined
  /** Of a run in event time. */
  newsTimes: NewsTimes | undefined
  api: ApiServer | undefined
  /** Why the run is stopped, and by whom. */
  ending = { reason: 'failure', initiator: 'runner' }
  /** How the components are. */
  health: () => readonly ComponentHealth[] = () => []

  constructor(plan: Plan) {
    this.plan = plan
  }

  /** Returns what another component has opened: whoever asks needs that component. */
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

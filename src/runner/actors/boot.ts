/**
 * Starts the actors that a runner begins with. An actor of an earlier start is told what has changed in the
 * configuration. An actor that takes no messages does not stop the others from starting.
 */
import {
  accountAddress,
  type Belonging,
  type Configured,
  RUNNER,
  type RunnerContext,
  type RunnerInput,
} from '../../../machines/index.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { RunnerConfig } from '../config/schema.ts'
import { type VenueSettings, venuesOf } from '../config/venues.ts'
import { bootUniverse } from '../feeds/listing.ts'
import { bootNews } from '../feeds/news-feed.ts'
import { configuredBy } from './configured.ts'
import { Spawner } from './spawner.ts'
import { StrategyActors, type StrategyOptions } from './strategy-actors.ts'
import { VenueActors } from './venue-actors.ts'

export interface BootOptions extends StrategyOptions {
  /** The belonging for the log's first record. */
  readonly belonging?: Belonging
  /** Gets the strategies that cannot be started as configured. */
  readonly logger?: Pick<Logger, 'error'>
}

/** The steps of a start, in their order: `actors`, `strategies`, `arrived`. */
export class Boot {
  readonly #spawner: Spawner
  readonly #config: RunnerConfig
  readonly #options: BootOptions
  readonly #venues: readonly [VenueSettings, ...VenueSettings[]]
  /** The configuration of the last start, if there was one. */
  readonly #was: Configured | undefined

  constructor(supervisor: Supervisor, config: RunnerConfig, options: BootOptions) {
    const { at, logger } = options
    this.#spawner = new Spawner(supervisor, { at, data: config.data, logger })
    this.#config = config
    this.#options = options
    this.#venues = venuesOf(config, options.venue)
    this.#was = (supervisor.getSnapshot(RUNNER)?.context as RunnerContext | undefined)?.configured
  }

  /** Returns the time of all messages of this start. */
  get at(): number {
    return this.#options.at
  }

  /** Starts or configures all actors except the strategies. */
  async actors(): Promise<void> {
    const { belonging } = this.#options
    await this.#releaseUpgraded()
    await this.#spawner.spawnOnce('runner', 'main', belonging && ({ belonging } satisfies RunnerInput))
    await new VenueActors(this.#spawner, this.#config, {
      place: this.#options,
      venues: this.#venues,
      was: this.#was,
    }).start()
    const { supervisor } = this.#spawner
    const venues = this.#venues.map(({ name }) => name)
    await bootNews(supervisor, this.#config.news, { ...this.#options, venues })
    await bootUniverse(supervisor, this.#config.universe, this.#options)
  }

  /** Releases actors in quarantine whose machine has a new version. */
  async #releaseUpgraded(): Promise<void> {
    const { supervisor } = this.#spawner
    for (const { address } of supervisor.quarantined) {
      const kind = supervisor.registry.find(address)
      const failed = await failedMachine(supervisor, address)
      if (kind === undefined || failed === undefined || failed === kind.label) continue
      const reason = `${failed} failed, and ${kind.label} has taken its place`
      await supervisor
        .release(address, { by: 'a new version', reason })
        .catch((err) => this.#spawner.leaveOut(address, err))
    }
  }

  /** Starts or configures the strategies. @throws CONFIG_INVALID when a setting would change what they cannot change */
  strategies(): Promise<void> {
    const [options, venues, was] = [this.#options, this.#venues, this.#was]
    return new StrategyActors(this.#spawner, this.#config, { options, venues, was }).start()
  }

  /** Returns what has reached everybody, and for the others what the start before this one had configured. */
  arrived(): Configured {
    const { limits, strategies } = configuredBy(this.#config, this.#options)
    const was = this.#was?.strategies ?? {}
    const entries = Object.entries(strategies).flatMap(([address, params]) => {
      if (!this.#spawner.missing.has(address)) return [[address, params] as const]
      const before = was[address]
      return before === undefined ? [] : [[address, before] as const]
    })
    const known = Object.entries(limits).map(([venue, those]) => {
      const isMissing = this.#spawner.missing.has(accountAddress(venue))
      return [venue, isMissing ? (this.#was?.limits[venue] ?? those) : those] as const
    })
    return { limits: Object.fromEntries(known), strategies: Object.fromEntries(entries) }
  }
}

/** Returns the label of the machine that an actor last failed on, such as `dip@1`. */
async function failedMachine(supervisor: Supervisor, address: string): Promise<string | undefined> {
  for await (const { event, machine } of supervisor.history(address, { reverse: true }))
    if (event.type === 'outcry.failed') return machine
  return undefined
}

/** Starts the configured strategies. A strategy that fails at its start stops no other. */
import { compact } from '../../../errors/compact.ts'
import {
  type Configured,
  fixedAmong,
  type Instrument,
  instrumentName,
  type Strategy,
  type StrategyTerms,
  strategyAddress,
} from '../../../machines/index.ts'
import { OutcryError } from '../../../store/index.ts'
import { UNIVERSE } from '../../adapters/market-source.ts'
import { wrongConfig } from '../config/problems.ts'
import type { RunnerConfig } from '../config/schema.ts'
import { paramsOf, type StrategyConfig } from '../config/strategy.ts'
import type { VenueSettings } from '../config/venues.ts'
import { followUniverse, unfollowUniverse } from '../feeds/listing.ts'
import { strategiesOf } from './configured.ts'
import { instrumentsOf, placeAt } from './instruments.ts'
import { changesOf, type Settings } from './settings.ts'
import { BY, type Spawner } from './spawner.ts'
import { BUILT_IN_STRATEGIES, eachOf } from './strategies.ts'

export interface StrategyOptions {
  /** The market's own venue, and its symbols. */
  readonly venue: string
  readonly symbols: readonly string[]
  readonly at: number
  /** The strategies, by their type in the configuration. */
  readonly strategies?: ReadonlyMap<string, Strategy>
  /** The actor that ended the last run. If it never came into being, this start skips it. */
  readonly suspect?: string | undefined
}

/** The facts about a strategy's symbol that its venue may change. */
type Facts = Pick<StrategyTerms, 'tickSize' | 'settleAsset' | 'instrument'>

export class StrategyActors {
  readonly #spawner: Spawner
  readonly #config: RunnerConfig
  readonly #options: StrategyOptions
  readonly #venues: readonly [VenueSettings, ...VenueSettings[]]
  /** The configuration of the last start, if there was one. */
  readonly #was: Configured | undefined

  constructor(
    spawner: Spawner,
    config: RunnerConfig,
    {
      options,
      venues,
      was,
    }: {
      options: StrategyOptions
      venues: readonly [VenueSettings, ...VenueSettings[]]
      was: Configured | undefined
    },
  ) {
    this.#spawner = spawner
    this.#config = config
    this.#options = options
    this.#venues = venues
    this.#was = was
  }

  /** Starts or configures the strategies, and stops those that are no longer configured. @throws CONFIG_INVALID */
  async start(): Promise<void> {
    const { symbols, strategies = BUILT_IN_STRATEGIES } = this.#options
    const configured = new Set<string>()
    await this.#expectOwnIds()
    for (const [i, strategy] of strategiesOf(this.#config, symbols).entries()) {
      for (const one of eachOf(strategy, symbols)) {
        const kind = strategies.get(one.type) as Strategy
        const address = `${kind.name}/${one.id}`
        configured.add(address)
        try {
          this.#expectHarmless(address)
          await this.#strategy(kind, one, strategy.symbol === UNIVERSE, `strategies.${i}`)
        } catch (error) {
          this.#spawner.leaveOut(address, error)
        }
      }
    }
    for (const { name } of strategies.values()) await this.#retire(name, configured)
  }

  /**
   * Checks that no two strategies ever have the same id, because the ids of their lists and orders do not contain their
   * type. A log of an earlier version may have two already.
   * @throws CONFIG_INVALID
   */
  async #expectOwnIds(): Promise<void> {
    const { symbols, strategies = BUILT_IN_STRATEGIES } = this.#options
    const known = new Map<string, string[]>()
    for (const { name } of strategies.values())
      for await (const address of this.#spawner.supervisor.addresses({ prefix: `${name}/` })) {
        const id = address.slice(name.length + 1)
        known.set(id, [...(known.get(id) ?? []), address])
      }
    const seen = new Set<string>()
    for (const [i, strategy] of strategiesOf(this.#config, symbols).entries())
      for (const { type, id } of eachOf(strategy, symbols)) {
        const field = `strategies.${i}.id`
        if (seen.has(id)) throw wrongConfig([{ field, rule: `another one is called ${id}` }])
        seen.add(id)
        const [other, ...others] = known.get(id) ?? []
        const address = `${strategies.get(type)?.name}/${id}`
        if (other !== undefined && ![other, ...others].includes(address)) {
          const rule = `${id} is ${other} in this data folder: choose an id that no strategy has had`
          throw wrongConfig([{ field, rule }])
        }
      }
  }

  /** Refuses an actor that ended the last run at its start. @throws ACTOR_SUSPECT */
  #expectHarmless(address: string): void {
    if (address !== this.#options.suspect || this.#spawner.supervisor.getSnapshot(address) !== undefined)
      return
    const hint = 'Fix its module. The next start tries again.'
    throw new OutcryError('ACTOR_SUSPECT', `${address} ended the last run at its start`, hint)
  }

  /** Starts or configures a strategy. Changes and stops by a person stay until the configuration changes. */
  async #strategy(
    { name, input }: Strategy,
    configured: StrategyConfig,
    isOfUniverse: boolean,
    path: string,
  ): Promise<void> {
    const { venue: market, at } = this.#options
    const params = paramsOf(configured)
    const { id, symbol } = configured
    const address = strategyAddress(name, id)
    const venue = this.#venueOf(configured)
    const instruments = this.#instrumentsAt(venue)
    const { contract, multiplier, tickSize, settleAsset }: Partial<Instrument> =
      instruments.find((one) => one.symbol === symbol) ?? {}
    const facts = compact({ tickSize, settleAsset, instrument: instrumentName(instruments, symbol) })
    const { positionMode } = venue.account
    const placed = {
      ...placeAt(venue.name, market),
      positionMode,
      ...(contract && { contract, multiplier }),
      ...facts,
    }
    const isKnown = await this.#spawner.spawnOnce(name, id, input.parse({ ...params, ...placed }))
    if (isKnown) this.#expectSameVenue(address, venue.name, `${path}.venue`)
    const was = this.#was?.strategies[address]
    const isQuarantined = isKnown && (await this.#isQuarantined(address))
    // A strategy that failed on its first message has only its own parameters.
    const before = was ?? (isQuarantined ? this.#parametersOf(address, params) : undefined)
    const changes = isKnown ? changesOf(before, params) : undefined
    const parameters = isKnown ? this.#parametersFor(address, changes, facts) : undefined
    if (parameters !== undefined) {
      const [problem] = fixedAmong(parameters)
      if (problem)
        throw wrongConfig([{ field: `${path}.${problem.field}`, rule: `${problem.rule}, with another id` }])
      if (changes !== undefined && isQuarantined)
        await this.#spawner.supervisor.release(address, {
          by: BY,
          reason: `${Object.keys(changes).join(', ')}: configured otherwise by now`,
        })
      await this.#spawner.send(address, { type: 'UPDATE_PARAMETERS', by: BY, parameters })
    }
    if (isOfUniverse)
      await followUniverse(this.#spawner.supervisor, { subscriber: address, symbol }, { venue: market, at })
    // A new strategy has no start yet, and neither has one that is configured again.
    else if (
      (await this.#spawner.supervisor.view(address))?.rev === 1 ||
      (this.#was !== undefined && was === undefined)
    )
      await this.#spawner.send(address, { type: 'START' })
  }

  /** Returns the venue of a strategy, by default the first. A name is known here: see `symbolIssues`. */
  #venueOf({ venue }: StrategyConfig): VenueSettings {
    return this.#venues.find(({ name }) => name === venue) ?? this.#venues[0]
  }

  /** Checks that the strategy's venue has not changed, because its position is there. @throws CONFIG_INVALID */
  #expectSameVenue(address: string, venue: string, field: string): void {
    const { params } = this.#spawner.contextOf(address) as { params: { venue: string } }
    if (params.venue === venue) return
    const rule = `must be ${params.venue}, where ${address} trades; another one needs another id`
    throw wrongConfig([{ field, rule }])
  }

  async #isQuarantined(address: string): Promise<boolean> {
    return (await this.#spawner.supervisor.view(address))?.condition === 'quarantined'
  }

  /** Returns the strategy's own values of the configured parameters. */
  #parametersOf(address: string, configured: Settings): Settings {
    const { params } = this.#spawner.contextOf(address) as { params: Settings }
    return Object.fromEntries(Object.keys(configured).map((key) => [key, params[key]]))
  }

  /** Returns the changed parameters, with the facts of its symbol that have changed. */
  #parametersFor(
    address: string,
    changes: Settings | undefined,
    { tickSize, settleAsset, instrument }: Facts,
  ) {
    const { params } = this.#spawner.contextOf(address) as { params: Settings }
    const facts = Object.entries({ tickSize, settleAsset, instrument }).filter(
      ([key, value]) => params[key] !== value,
    )
    if (facts.length === 0) return changes
    return { ...changes, ...Object.fromEntries(facts.map(([key, value]) => [key, value ?? null])) }
  }

  /** Stops the strategies of a kind that are no longer configured. */
  async #retire(kind: string, configured: ReadonlySet<string>): Promise<void> {
    for await (const address of this.#spawner.supervisor.addresses({ prefix: `${kind}/` })) {
      if (configured.has(address)) continue
      try {
        const { value, condition, context } = (await this.#spawner.supervisor.view(address)) ?? {}
        if (value === undefined || condition === 'quarantined') continue
        await unfollowUniverse(this.#spawner.supervisor, address, this.#options)
        if ((value as { mode?: string }).mode === 'stopped') continue
        const { venue } = (context as { params: { venue: string } }).params
        await this.#spawner.send(address, { type: 'STOP', reason: `it is configured no more at ${venue}` })
      } catch (error) {
        this.#spawner.leaveOut(address, error)
      }
    }
  }

  #instrumentsAt({ instruments }: Pick<VenueSettings, 'instruments'>): readonly Instrument[] {
    return instrumentsOf({ instruments, market: this.#config.market }, this.#options)
  }
}

/**
 * Starts the actors that a runner begins with. An actor of an earlier start is told what has changed in the
 * configuration.
 */

import { isDeepStrictEqual } from 'node:util'
import type { ErrorCode } from '../../../errors/codes.ts'
import { compact } from '../../../errors/compact.ts'
import {
  type AccountContext,
  accountAddress,
  type Belonging,
  type Configured,
  fixedAmong,
  holdingId,
  type Instrument,
  type PositionInput,
  positionAddress,
  RUNNER,
  type RunnerContext,
  type RunnerInput,
  type Strategy,
  type SymbolContext,
  strategyAddress,
  symbolAddress,
  watchdogAddress,
} from '../../../machines/index.ts'
import { isOutcryError, OutcryError } from '../../../store/index.ts'
import { UNIVERSE } from '../../adapters/market-source.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { asBefore, wrongConfig } from '../config/problems.ts'
import type { RunnerConfig } from '../config/schema.ts'
import { paramsOf, type StrategyConfig } from '../config/strategy.ts'
import { instrumentPath, type VenueSettings, venueNames, venuesOf } from '../config/venues.ts'
import { bootUniverse, followUniverse, unfollowUniverse } from '../feeds/listing.ts'
import { bootNews } from '../feeds/news-feed.ts'
import { instrumentsOf } from './instruments.ts'
import { sendUnlessQuarantined } from './quarantine.ts'
import { BUILT_IN_STRATEGIES, eachOf } from './strategies.ts'

/** The author of configured changes. People may make the same changes. */
const BY = 'the configuration'

/** Averages over a few seconds' candles, so that something happens within the first minute. */
const DEFAULT_STRATEGY = {
  type: 'emaCross',
  fast: 3,
  slow: 9,
  trailingStopPct: 0.15,
  orderQty: '0.01',
} as const

export function strategiesOf(config: RunnerConfig, symbols: readonly string[]): readonly StrategyConfig[] {
  const { intervals } = config.symbol
  const interval = intervals.includes('1s') ? '1s' : intervals[0]
  return (
    config.strategies ??
    symbols.map((symbol) => ({ ...DEFAULT_STRATEGY, id: `ema-${symbol}`, symbol, interval }))
  )
}

export interface BootOptions {
  /** The market's own venue, and its symbols. */
  readonly venue: string
  readonly symbols: readonly string[]
  readonly at: number
  /** The belonging for the log's first record. */
  readonly belonging?: Belonging
  /** The strategies, by their type in the configuration. */
  readonly strategies?: ReadonlyMap<string, Strategy>
  /** Gets the strategies that cannot be started as configured. */
  readonly logger?: Pick<Logger, 'error'>
  /** The actor that ended the last run. If it never came into being, this start skips it. */
  readonly suspect?: string | undefined
}

/**
 * Starts or configures the actors. Actors that take no messages do not stop the others from starting. Returns the
 * configuration that has arrived. A later start sends the rest to an actor in quarantine.
 * @throws CONFIG_INVALID when a setting would change what existing actors cannot change
 */
export async function boot(
  supervisor: Supervisor,
  config: RunnerConfig,
  options: BootOptions,
): Promise<Configured> {
  const boot = new Boot(supervisor, config, options)
  await boot.actors()
  await boot.strategies()
  return boot.arrived()
}

/** Returns the settings of this start that people may change at run time. */
export function configuredBy(
  config: RunnerConfig,
  { venue, symbols, strategies = BUILT_IN_STRATEGIES }: BootOptions,
): Configured {
  const all = strategiesOf(config, symbols).flatMap((strategy) => eachOf(strategy, symbols))
  const entries = all.map(
    (one) => [`${strategies.get(one.type)?.name}/${one.id}`, paramsOf(one) as Settings] as const,
  )
  const limits = venuesOf(config, venue).map(({ name, account }) => [name, account.limits] as const)
  return { limits: Object.fromEntries(limits), strategies: Object.fromEntries(entries) }
}

/** Returns the ids of the strategies that trade at each venue. */
export function traded(
  config: RunnerConfig,
  { venue: market, symbols }: Pick<BootOptions, 'venue' | 'symbols'>,
): readonly { readonly venue: string; readonly strategies: readonly string[] }[] {
  const [first, ...others] = venueNames(config, market)
  const all = strategiesOf(config, symbols).flatMap((strategy) => eachOf(strategy, symbols))
  return [first as string, ...others].map((venue) => ({
    venue,
    strategies: all.filter((one) => (one.venue ?? first) === venue).map(({ id }) => id),
  }))
}

/**
 * Returns the strategies that share one position in a symbol: one may close the position of another. The key is the
 * symbol, with the venue if it is not the market's own.
 */
export function rivalsIn(
  config: RunnerConfig,
  { venue: market, symbols, strategies = BUILT_IN_STRATEGIES }: BootOptions,
): ReadonlyMap<string, readonly string[]> {
  const [first, ...others] = venuesOf(config, market)
  const all = strategiesOf(config, symbols).flatMap((strategy) => eachOf(strategy, symbols))
  const rivals = new Map<string, readonly string[]>()
  for (const { name, account } of [first, ...others]) {
    if (account.positionMode === 'hedging') continue
    for (const { type, id, symbol, venue = first.name } of all) {
      if (venue !== name) continue
      const what = name === market ? symbol : `${symbol} at ${name}`
      rivals.set(what, [...(rivals.get(what) ?? []), `${strategies.get(type)?.name}/${id}`])
    }
  }
  return new Map([...rivals].filter(([, { length }]) => length > 1))
}

/** The steps of `boot`, in their order: `actors`, `strategies`, `arrived`. */
export class Boot {
  readonly #supervisor: Supervisor
  readonly #config: RunnerConfig
  readonly #options: BootOptions
  readonly #venues: readonly [VenueSettings, ...VenueSettings[]]
  /** The configuration of the last start, if there was one. */
  readonly #was: Configured | undefined
  /** Addresses of actors that have missed a message. */
  readonly #missing = new Set<string>()

  constructor(supervisor: Supervisor, config: RunnerConfig, options: BootOptions) {
    this.#supervisor = supervisor
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
    await this.#spawnOnce('runner', 'main', belonging && ({ belonging } satisfies RunnerInput))
    for (const venue of this.#venues) await this.#account(venue)
    await this.#symbols()
    await this.#reconciliations()
    const venues = this.#venues.map(({ name }) => name)
    await bootNews(this.#supervisor, this.#config.news, { ...this.#options, venues })
    await bootUniverse(this.#supervisor, this.#config.universe, this.#options)
  }

  /** A new version of its machine is what an actor in quarantine waits for. */
  async #releaseUpgraded(): Promise<void> {
    const { registry } = this.#supervisor
    for (const { address } of this.#supervisor.quarantined) {
      const kind = registry.find(address)
      const failed = await failedMachine(this.#supervisor, address)
      if (kind === undefined || failed === undefined || failed === kind.label) continue
      const reason = `${failed} failed, and ${kind.label} has taken its place`
      await this.#release(address, 'a new version', reason).catch((err) => this.#leaveOut(address, err))
    }
  }

  /** Returns what has reached everybody, and for the others what the start before this one had configured. */
  arrived(): Configured {
    const { limits, strategies } = configuredBy(this.#config, this.#options)
    const was = this.#was?.strategies ?? {}
    const entries = Object.entries(strategies).flatMap(([address, params]) => {
      if (!this.#missing.has(address)) return [[address, params] as const]
      const before = was[address]
      return before === undefined ? [] : [[address, before] as const]
    })
    const known = Object.entries(limits).map(([venue, those]) => {
      const isMissing = this.#missing.has(accountAddress(venue))
      return [venue, isMissing ? (this.#was?.limits[venue] ?? those) : those] as const
    })
    return { limits: Object.fromEntries(known), strategies: Object.fromEntries(entries) }
  }

  async #release(address: string, by: string, reason: string): Promise<void> {
    await this.#supervisor.release(address, { by, reason })
  }

  /** Whether it was there before. */
  async #spawnOnce(kind: string, id: string, input: unknown): Promise<boolean> {
    if (this.#contextOf(`${kind}/${id}`) !== undefined) return true
    await this.#supervisor.spawn(kind, id, input, { at: this.#options.at })
    return false
  }

  async #account({ name: venue, path, ...of }: VenueSettings): Promise<void> {
    const { symbols } = this.#options
    const { valueEvery: _, overfill, ...account } = of.account
    const settings = { instruments: this.#instrumentsAt(of), overfill, guarded: [...symbols] }
    const address = accountAddress(venue)
    const was = this.#contextOf(address) as AccountContext | undefined
    if (was !== undefined) {
      const { asset, positionMode } = account
      this.#expectSame(was, { asset, positionMode }, `${path}account`)
      const limits = changesOf(this.#was?.limits[venue], account.limits)
      if (limits !== undefined) await this.#send(address, { type: 'UPDATE_LIMITS', by: BY, limits })
    }
    await this.#ensure('account', venue, { ...this.#placeAt(venue), ...account }, settings)
  }

  /** Returns the venue, and the market's own venue if that is another one. */
  #placeAt(venue: string): { readonly venue: string; readonly marketVenue?: string } {
    const { venue: market } = this.#options
    return { venue, ...(venue !== market && { marketVenue: market }) }
  }

  #instrumentsAt({ instruments }: Pick<VenueSettings, 'instruments'>): readonly Instrument[] {
    return instrumentsOf({ instruments, market: this.#config.market }, this.#options)
  }

  async #symbols(): Promise<void> {
    const { symbol: settings } = this.#config
    const { venue, symbols } = this.#options
    for (const symbol of symbols)
      await this.#ensure('symbol', `${venue}:${symbol}`, { venue, symbol }, settings)
    for (const one of this.#venues)
      for (const instrument of this.#instrumentsAt(one)) {
        if (!symbols.includes(instrument.symbol)) continue
        await this.#holdings(one, instrument)
        await this.#subscribeAccount(one, instrument.symbol)
      }
  }

  async #reconciliations(): Promise<void> {
    for (const { name: venue, reconciliation } of this.#venues)
      await this.#ensure('reconciliation', venue, { venue }, reconciliation)
  }

  async strategies(): Promise<void> {
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
          this.#leaveOut(address, error)
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
      for await (const address of this.#supervisor.addresses({ prefix: `${name}/` })) {
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
    if (address !== this.#options.suspect || this.#supervisor.getSnapshot(address) !== undefined) return
    const hint = 'Fix its module. The next start tries again.'
    throw new OutcryError('ACTOR_SUSPECT', `${address} ended the last run at its start`, hint)
  }

  /** Skips a strategy that fails on its messages or cannot be restored, so that the others start (law 8). */
  #leaveOut(address: string, err: unknown): void {
    if (!isOutcryError(err) || !OWN_AFFAIRS.includes(err.code)) throw err
    this.#missing.add(address)
    this.#options.logger?.error({ err, actor: address }, `${address} is not started: ${err.message}`)
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
    const { contract, multiplier, tickSize }: Partial<Instrument> =
      this.#instrumentsAt(venue).find((one) => one.symbol === symbol) ?? {}
    const { positionMode } = venue.account
    const placed = {
      ...this.#placeAt(venue.name),
      positionMode,
      ...(contract && { contract, multiplier }),
      ...compact({ tickSize }),
    }
    const isKnown = await this.#spawnOnce(name, id, input.parse({ ...params, ...placed }))
    if (isKnown) this.#expectSameVenue(address, venue.name, `${path}.venue`)
    const was = this.#was?.strategies[address]
    const isQuarantined = isKnown && (await this.#isQuarantined(address))
    // A strategy that failed on its first message has only its own parameters.
    const before = was ?? (isQuarantined ? this.#parametersOf(address, params) : undefined)
    const changes = isKnown ? changesOf(before, params) : undefined
    const parameters = isKnown ? this.#parametersFor(address, changes, tickSize) : undefined
    if (parameters !== undefined) {
      const [problem] = fixedAmong(parameters)
      if (problem)
        throw wrongConfig([{ field: `${path}.${problem.field}`, rule: `${problem.rule}, with another id` }])
      if (changes !== undefined && isQuarantined)
        await this.#release(address, BY, `${Object.keys(changes).join(', ')}: configured otherwise by now`)
      await this.#send(address, { type: 'UPDATE_PARAMETERS', by: BY, parameters })
    }
    if (isOfUniverse)
      await followUniverse(this.#supervisor, { subscriber: address, symbol }, { venue: market, at })
    // A new strategy has no start yet, and neither has one that is configured again.
    else if (
      (await this.#supervisor.view(address))?.rev === 1 ||
      (this.#was !== undefined && was === undefined)
    )
      await this.#send(address, { type: 'START' })
  }

  /** Returns the venue of a strategy, by default the first. A name is known here: see `symbolIssues`. */
  #venueOf({ venue }: StrategyConfig): VenueSettings {
    return this.#venues.find(({ name }) => name === venue) ?? this.#venues[0]
  }

  /** Checks that the strategy's venue has not changed, because its position is there. @throws CONFIG_INVALID */
  #expectSameVenue(address: string, venue: string, field: string): void {
    const { params } = this.#contextOf(address) as { params: { venue: string } }
    if (params.venue === venue) return
    const rule = `must be ${params.venue}, where ${address} trades; another one needs another id`
    throw wrongConfig([{ field, rule }])
  }

  async #isQuarantined(address: string): Promise<boolean> {
    return (await this.#supervisor.view(address))?.condition === 'quarantined'
  }

  /** Returns the strategy's own values of the configured parameters. */
  #parametersOf(address: string, configured: Settings): Settings {
    const { params } = this.#contextOf(address) as { params: Settings }
    return Object.fromEntries(Object.keys(configured).map((key) => [key, params[key]]))
  }

  /** Returns the changed parameters, with the tick size of its prices if that has changed. */
  #parametersFor(address: string, changes: Settings | undefined, tickSize: string | undefined) {
    const { params } = this.#contextOf(address) as { params: { tickSize?: string } }
    return params.tickSize === tickSize ? changes : { ...changes, tickSize: tickSize ?? null }
  }

  /** Stops the strategies of a kind that are no longer configured. */
  async #retire(kind: string, configured: ReadonlySet<string>): Promise<void> {
    for await (const address of this.#supervisor.addresses({ prefix: `${kind}/` })) {
      if (configured.has(address)) continue
      try {
        const { value, condition, context } = (await this.#supervisor.view(address)) ?? {}
        if (value === undefined || condition === 'quarantined') continue
        await unfollowUniverse(this.#supervisor, address, this.#options)
        if ((value as { mode?: string }).mode === 'stopped') continue
        const { venue } = (context as { params: { venue: string } }).params
        await this.#send(address, { type: 'STOP', reason: `it is configured no more at ${venue}` })
      } catch (error) {
        this.#leaveOut(address, error)
      }
    }
  }

  /** Starts the position of a symbol and its watchdog. */
  async #holdings(
    { name: venue, account, watchdog }: VenueSettings,
    { symbol, contract, multiplier, settleAsset, tickSize }: Instrument,
  ): Promise<void> {
    const terms = { contract, multiplier, ...(settleAsset && { settleAsset }) }
    const sides = account.positionMode === 'hedging' ? (['LONG', 'SHORT'] as const) : [undefined]
    for (const positionSide of sides) {
      const of = compact({ venue, symbol, positionSide })
      await this.#ensure('watchdog', holdingId(of), of, { ...watchdog, ...compact({ tickSize }) })
      const watchers = [watchdogAddress(of)]
      const isKnown = await this.#spawnOnce('position', holdingId(of), {
        ...of,
        ...terms,
        watchers,
      } satisfies PositionInput)
      if (!isKnown) continue
      const path = instrumentPath(this.#config, venue, symbol)
      this.#expectSame(this.#contextOf(positionAddress(of)) as object, terms, path)
    }
  }

  /** Subscribes the account to the candles at which its value is updated and its limits are checked. */
  async #subscribeAccount({ name: venue, account }: VenueSettings, symbol: string): Promise<void> {
    const { symbol: settings } = this.#config
    const subscriber = accountAddress(venue)
    const intervals = [account.valueEvery ?? settings.intervals[0]]
    const market = symbolAddress(this.#options.venue, symbol)
    const { subscribers } = this.#contextOf(market) as SymbolContext
    const known = subscribers.find(({ address }) => address === subscriber)
    if (known?.marks && isDeepStrictEqual(known.intervals, intervals)) return
    await this.#send(market, { type: 'SUBSCRIBE', subscriber, intervals, marks: true })
  }

  /** Spawns the actor, or sends an existing one the settings that differ from its own. */
  async #ensure(kind: string, id: string, input: object, settings: object): Promise<void> {
    const known = await this.#spawnOnce(kind, id, { ...input, ...settings })
    if (!known) return
    const address = `${kind}/${id}`
    if (differs(this.#contextOf(address) as object, settings))
      await this.#send(address, { type: 'CONFIGURE', settings })
  }

  #expectSame(is: object, wanted: Settings, path: string): void {
    const issues = Object.entries(wanted).flatMap(([key, value]) => {
      const was = (is as Settings)[key]
      return was === value ? [] : [{ field: `${path}.${key}`, rule: asBefore(was, this.#config.data) }]
    })
    if (issues.length > 0) throw wrongConfig(issues)
  }

  #contextOf(address: string): unknown {
    return this.#supervisor.getSnapshot(address)?.context
  }

  async #send(
    to: string,
    event: { readonly type: string; readonly [field: string]: unknown },
  ): Promise<void> {
    const { at } = this.#options
    const isTaken = await sendUnlessQuarantined(this.#supervisor, to, { ...event, at }, { at })
    if (!isTaken) this.#missing.add(to)
  }
}

/** Errors that stop one strategy from starting, and no other. */
const OWN_AFFAIRS: readonly ErrorCode[] = [
  'ACTOR_FAILED',
  'ACTOR_BUSY',
  'ACTOR_ENDED',
  'ACTOR_SUSPECT',
  'MACHINE_VERSION_UNKNOWN',
  'CHILD_UNKNOWN',
  'UPGRADE_FAILED',
  'ACTOR_UNREADABLE',
]

/** Returns the label of the machine that an actor last failed on, such as `dip@1`. */
async function failedMachine(supervisor: Supervisor, address: string): Promise<string | undefined> {
  for await (const { event, machine } of supervisor.history(address, { reverse: true }))
    if (event.type === 'outcry.failed') return machine
  return undefined
}

type Settings = Readonly<Record<string, unknown>>

function differs(are: object, wanted: object): boolean {
  return Object.entries(wanted).some(([key, value]) => !isDeepStrictEqual((are as Settings)[key], value))
}

/**
 * Returns the changed settings, with null for removed ones. Undefined when nothing changed, or there was nothing
 * before.
 */
function changesOf(was: Settings | undefined, is: Settings): Settings | undefined {
  if (was === undefined) return undefined
  const gone = Object.keys(was).filter((key) => is[key] === undefined)
  const others = Object.entries(is).filter(([key, value]) => !isDeepStrictEqual(was[key], value))
  const changes = { ...Object.fromEntries(gone.map((key) => [key, null])), ...Object.fromEntries(others) }
  return Object.keys(changes).length === 0 ? undefined : changes
}

/** Starts the actors of the venues: accounts, symbols, positions, watchdogs and reconciliations. */
import { isDeepStrictEqual } from 'node:util'
import { compact } from '../../../errors/compact.ts'
import {
  type AccountContext,
  accountAddress,
  type Configured,
  holdingId,
  type Instrument,
  instrumentName,
  type PositionInput,
  positionAddress,
  type SymbolContext,
  symbolAddress,
  watchdogAddress,
} from '../../../machines/index.ts'
import type { Place } from '../../adapters/adapter.ts'
import type { RunnerConfig } from '../config/schema.ts'
import { instrumentPath, type VenueSettings } from '../config/venues.ts'
import { instrumentsOf, placeAt } from './instruments.ts'
import { changesOf } from './settings.ts'
import { BY, type Spawner } from './spawner.ts'

export class VenueActors {
  readonly #spawner: Spawner
  readonly #config: RunnerConfig
  readonly #place: Place
  readonly #venues: readonly VenueSettings[]
  /** The configuration of the last start, if there was one. */
  readonly #was: Configured | undefined

  constructor(
    spawner: Spawner,
    config: RunnerConfig,
    { place, venues, was }: { place: Place; venues: readonly VenueSettings[]; was: Configured | undefined },
  ) {
    this.#spawner = spawner
    this.#config = config
    this.#place = place
    this.#venues = venues
    this.#was = was
  }

  /** Starts or configures the actors. @throws CONFIG_INVALID when a setting would change what they cannot change */
  async start(): Promise<void> {
    for (const venue of this.#venues) await this.#account(venue)
    await this.#symbols()
    await this.#reconciliations()
  }

  async #account({ name: venue, path, ...of }: VenueSettings): Promise<void> {
    const { symbols } = this.#place
    const { valueEvery: _, overfill, ...account } = of.account
    const settings = { instruments: this.#instrumentsAt(of), overfill, guarded: [...symbols] }
    const address = accountAddress(venue)
    const was = this.#spawner.contextOf(address) as AccountContext | undefined
    if (was !== undefined) {
      const { asset, positionMode } = account
      this.#spawner.expectSame(was, { asset, positionMode }, `${path}account`)
      const limits = changesOf(this.#was?.limits[venue], account.limits)
      if (limits !== undefined) await this.#spawner.send(address, { type: 'UPDATE_LIMITS', by: BY, limits })
    }
    await this.#spawner.ensure(
      'account',
      venue,
      { ...placeAt(venue, this.#place.venue), ...account },
      settings,
    )
  }

  async #symbols(): Promise<void> {
    const { symbol: settings } = this.#config
    const { venue, symbols } = this.#place
    for (const symbol of symbols)
      await this.#spawner.ensure('symbol', `${venue}:${symbol}`, { venue, symbol }, settings)
    for (const one of this.#venues)
      for (const instrument of this.#instrumentsAt(one)) {
        if (!symbols.includes(instrument.symbol)) continue
        await this.#holdings(one, instrument)
        await this.#subscribeAccount(one, instrument.symbol)
      }
  }

  async #reconciliations(): Promise<void> {
    for (const { name: venue, reconciliation } of this.#venues)
      await this.#spawner.ensure('reconciliation', venue, { venue }, reconciliation)
  }

  /** Starts the position of a symbol and its watchdog. */
  async #holdings({ name: venue, account, watchdog }: VenueSettings, rules: Instrument): Promise<void> {
    const { symbol, contract, multiplier, settleAsset, tickSize } = rules
    const guarded = { ...watchdog, ...compact({ tickSize, instrument: instrumentName([rules], symbol) }) }
    const terms = { contract, multiplier, ...(settleAsset && { settleAsset }) }
    const sides = account.positionMode === 'hedging' ? (['LONG', 'SHORT'] as const) : [undefined]
    for (const positionSide of sides) {
      const of = compact({ venue, symbol, positionSide })
      await this.#spawner.ensure('watchdog', holdingId(of), of, guarded)
      const watchers = [watchdogAddress(of)]
      const isKnown = await this.#spawner.spawnOnce('position', holdingId(of), {
        ...of,
        ...terms,
        watchers,
      } satisfies PositionInput)
      if (!isKnown) continue
      const path = instrumentPath(this.#config, venue, symbol)
      this.#spawner.expectSame(this.#spawner.contextOf(positionAddress(of)) as object, terms, path)
    }
  }

  /** Subscribes the account to the candles at which its value is updated and its limits are checked. */
  async #subscribeAccount({ name: venue, account }: VenueSettings, symbol: string): Promise<void> {
    const { symbol: settings } = this.#config
    const subscriber = accountAddress(venue)
    const intervals = [account.valueEvery ?? settings.intervals[0]]
    const market = symbolAddress(this.#place.venue, symbol)
    const { subscribers } = this.#spawner.contextOf(market) as SymbolContext
    const known = subscribers.find(({ address }) => address === subscriber)
    if (known?.marks && isDeepStrictEqual(known.intervals, intervals)) return
    await this.#spawner.send(market, { type: 'SUBSCRIBE', subscriber, intervals, marks: true })
  }

  #instrumentsAt({ instruments }: Pick<VenueSettings, 'instruments'>): readonly Instrument[] {
    return instrumentsOf({ instruments, market: this.#config.market }, this.#place)
  }
}

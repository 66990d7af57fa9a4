/** Returns what a configuration says of strategies and limits, for the symbols of a market. Pure. */
import type { Configured, Strategy } from '../../../machines/index.ts'
import type { RunnerConfig } from '../config/schema.ts'
import { paramsOf, type StrategyConfig } from '../config/strategy.ts'
import { venueNames, venuesOf } from '../config/venues.ts'
import type { Settings } from './settings.ts'
import { BUILT_IN_STRATEGIES, eachOf } from './strategies.ts'

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

interface Configuring {
  /** The market's own venue, and its symbols. */
  readonly venue: string
  readonly symbols: readonly string[]
  /** The strategies, by their type in the configuration. */
  readonly strategies?: ReadonlyMap<string, Strategy>
}

/** Returns the settings of this start that people may change at run time. */
export function configuredBy(
  config: RunnerConfig,
  { venue, symbols, strategies = BUILT_IN_STRATEGIES }: Configuring,
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
  { venue: market, symbols }: Pick<Configuring, 'venue' | 'symbols'>,
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
  { venue: market, symbols, strategies = BUILT_IN_STRATEGIES }: Configuring,
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

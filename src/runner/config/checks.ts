/** Checks the rules between sections of a configuration. Each rule uses the sections that are valid by themselves. */
import type { Issue } from '../../../store/index.ts'
import { UNIVERSE } from '../../adapters/market-source.ts'
import { marketOffer } from '../../adapters/registry.ts'
import { symbolIssues } from '../actors/instruments.ts'
import { builtInIssues } from '../actors/strategies.ts'
import type { RunnerConfig } from './schema.ts'
import { bothIssues } from './venues.ts'

type Some = Partial<RunnerConfig>

/** Returns the problems between sections. */
export function crossIssues(config: Some): readonly Issue[] {
  return [...bothIssues(config), ...intervalIssues(config), ...universeIssues(config)]
}

/** Returns the problems of strategies and symbols that are visible before a market is opened and a module is loaded. */
export function tradingIssues(config: Some): readonly Issue[] {
  return [...strategyIssues(config), ...marketIssues(config)]
}

/** Returns problems of intervals. Candles exist only for the intervals of `symbol`. */
function intervalIssues({ symbol, account, venues = {}, strategies = [] }: Some): readonly Issue[] {
  if (symbol === undefined) return []
  const wanted = [
    ['account.valueEvery', account?.valueEvery] as const,
    ...Object.entries(venues).map(
      ([name, venue]) => [`venues.${name}.account.valueEvery`, venue.account?.valueEvery] as const,
    ),
    ...strategies.map(({ interval }, i) => [`strategies.${i}.interval`, interval] as const),
  ]
  const rule = `one of symbol.intervals, ${symbol.intervals.join(', ')}`
  return wanted
    .filter(([, interval]) => interval !== undefined && !symbol.intervals.includes(interval as string))
    .map(([field]) => ({ field, rule }))
}

function universeIssues({ strategies = [], ...config }: Some): readonly Issue[] {
  if (config.universe !== undefined) return []
  return strategies.flatMap(({ symbol }, i) =>
    symbol === UNIVERSE
      ? [{ field: `strategies.${i}.symbol`, rule: 'needs a section universe, with its filters' }]
      : [],
  )
}

/**
 * Returns problems of built-in strategies. A module names its parameters only when it is loaded: see `loadStrategies`.
 */
function strategyIssues({ strategies = [] }: Some): readonly Issue[] {
  return strategies.flatMap((one, i) => builtInIssues(one, `strategies.${i}`))
}

/** Returns problems of the symbols. Some markets name their symbols only when they are opened. */
function marketIssues({ market, ...config }: Some): readonly Issue[] {
  if (market === undefined) return []
  const place = marketOffer(market).place?.(market)
  return place === undefined ? [] : symbolIssues({ instruments: [], ...config, market }, place)
}

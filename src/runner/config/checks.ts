/** Rules between sections of a configuration. Each holds for as much of it as is right by itself. */
import type { Issue } from '../../../store/index.ts'
import { UNIVERSE } from '../../adapters/market-source.ts'
import { marketOffer } from '../../adapters/registry.ts'
import { symbolIssues } from '../actors/instruments.ts'
import { builtInIssues } from '../actors/strategies.ts'
import type { RunnerConfig } from './schema.ts'

type Some = Partial<RunnerConfig>

/** Returns what sections get wrong about each other. */
export function crossIssues(config: Some): readonly Issue[] {
  return [...intervalIssues(config), ...universeIssues(config)]
}

/** Returns what is wrong with strategies and symbols, as far as that is known before a market is opened and a module loaded. */
export function tradingIssues(config: Some): readonly Issue[] {
  return [...strategyIssues(config), ...marketIssues(config)]
}

/** Candles are made of the intervals of `symbol`, and of no others. */
function intervalIssues({ symbol, account, strategies = [] }: Some): readonly Issue[] {
  if (symbol === undefined) return []
  const wanted = [
    ['account.valueEvery', account?.valueEvery] as const,
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
      ? [{ field: `strategies.${i}.symbol`, rule: 'wants a section universe, with its filters' }]
      : [],
  )
}

/** A module says which parameters it has when it is loaded: see `loadStrategies`. */
function strategyIssues({ strategies = [] }: Some): readonly Issue[] {
  return strategies.flatMap((one, i) => builtInIssues(one, `strategies.${i}`))
}

/** A market that does not say which symbols it has does so when it is opened. */
function marketIssues({ market, ...config }: Some): readonly Issue[] {
  if (market === undefined) return []
  const place = marketOffer(market).place?.(market)
  return place === undefined ? [] : symbolIssues({ instruments: [], ...config, market }, place)
}

/** The actors that a runner begins with. On a store that has them already they hear of what is listed by now. */
import { isDeepStrictEqual } from 'node:util'
import type {
  AccountContext,
  AccountInput,
  Instrument,
  PositionInput,
  ReconciliationInput,
  Strategy,
  SymbolContext,
  SymbolInput,
  WatchdogInput,
} from '../../machines/index.ts'
import { holdingId, watchdogAddress } from '../../machines/index.ts'
import type { Address } from '../runtime/address.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import type { RunnerConfig, StrategyConfig } from './config.ts'
import { instrumentsOf } from './instruments.ts'
import { bootUniverse, followUniverse } from './listing.ts'
import { bootNews } from './news-feed.ts'
import { BUILT_IN_STRATEGIES, eachOf, UNIVERSE } from './strategies.ts'

/** Averages over few seconds' candles, so that there is something to see within the first minute. */
const DEFAULT_STRATEGY = { type: 'emaCross', fast: 2, slow: 5, orderQty: '0.01' } as const

export function strategiesOf(config: RunnerConfig, symbols: readonly string[]): readonly StrategyConfig[] {
  const { intervals } = config.symbol
  const interval = intervals.includes('1s') ? '1s' : intervals[0]
  return (
    config.strategies ??
    symbols.map((symbol) => ({ ...DEFAULT_STRATEGY, id: `ema-${symbol}`, symbol, interval }))
  )
}

export interface BootOptions {
  readonly venue: string
  readonly symbols: readonly string[]
  readonly at: number
  /** By their type in the configuration. */
  readonly strategies?: ReadonlyMap<string, Strategy>
}

export async function boot(
  supervisor: Supervisor,
  config: RunnerConfig,
  { venue, symbols, at, strategies = BUILT_IN_STRATEGIES }: BootOptions,
): Promise<void> {
  const spawnOnce = async (kind: string, id: string, input: unknown): Promise<boolean> => {
    if (supervisor.getSnapshot(`${kind}/${id}`) !== undefined) return false
    await supervisor.spawn(kind, id, input, { at })
    return true
  }
  await spawnOnce('runner', 'main', undefined)
  for (const symbol of symbols) {
    await spawnOnce('symbol', `${venue}:${symbol}`, { venue, symbol, ...config.symbol } satisfies SymbolInput)
  }
  const { valueEvery = config.symbol.intervals[0] as string, ...account } = config.account
  const instruments = instrumentsOf(config, { venue, symbols })
  const { enabled: isGuarded, ...watchdog } = config.watchdog
  const guarded = isGuarded ? [...symbols] : []
  await spawnOnce('account', venue, { venue, instruments, guarded, ...account } satisfies AccountInput)
  const subscriber = `account/${venue}`
  const listing = supervisor.getSnapshot(subscriber)?.context as AccountContext | undefined
  if (!isDeepStrictEqual(listing?.instruments, instruments))
    await supervisor.send(subscriber, { type: 'SET_INSTRUMENTS', at, instruments }, { at })
  for (const { symbol, contract, multiplier, settleAsset, tickSize } of instruments) {
    if (!symbols.includes(symbol)) continue
    const rules = { ...watchdog, ...(tickSize && { tickSize }) }
    const sides = account.positionMode === 'hedging' ? (['LONG', 'SHORT'] as const) : [undefined]
    for (const positionSide of sides) {
      const of = { venue, symbol, ...(positionSide && { positionSide }) }
      const id = holdingId(of)
      const watchers = isGuarded ? [watchdogAddress(of)] : []
      const terms = { contract, multiplier, ...(settleAsset && { settleAsset }), watchers }
      if (isGuarded) await spawnOnce('watchdog', id, { ...of, ...rules } satisfies WatchdogInput)
      await spawnOnce('position', id, { ...of, ...terms } satisfies PositionInput)
    }
    const market = `symbol/${venue}:${symbol}` as Address
    const known = supervisor.getSnapshot(market)?.context as SymbolContext | undefined
    if (known?.subscribers.some(({ address }) => address === subscriber)) continue
    await supervisor.send(market, { type: 'SUBSCRIBE', at, subscriber, intervals: [valueEvery] }, { at })
  }
  const { reconciliation } = config
  await spawnOnce('reconciliation', venue, { venue, ...reconciliation } satisfies ReconciliationInput)
  await bootNews(supervisor, config.news, { venue, at })
  await bootUniverse(supervisor, config.universe, { venue, at })
  const configured = new Set<string>()
  for (const strategy of strategiesOf(config, symbols)) {
    for (const { type, ...params } of eachOf(strategy, symbols)) {
      const { name, input } = strategies.get(type) as Strategy
      const { symbol } = params
      const listed = instruments.find((one) => one.symbol === symbol)
      const { contract, multiplier, tickSize }: Partial<Instrument> = listed ?? {}
      const { positionMode } = account
      const terms = { positionMode, ...(contract && { contract, multiplier }), ...(tickSize && { tickSize }) }
      const address = `${name}/${params.id}`
      configured.add(address)
      await spawnOnce(name, params.id, input.parse({ ...params, venue, ...terms }))
      if (strategy.symbol === UNIVERSE) {
        await followUniverse(supervisor, { subscriber: address, symbol }, { venue, at })
      } else if ((await supervisor.view(address))?.rev === 1) {
        // One that somebody stopped stays stopped; one that was only just made has its start still before it.
        await supervisor.send(address, { type: 'START', at }, { at })
      }
    }
  }
  for (const { name } of strategies.values()) {
    for await (const { address, value, condition } of supervisor.actors({ prefix: `${name}/` })) {
      const isStopped = (value as { mode?: string }).mode === 'stopped'
      if (configured.has(address) || isStopped || condition !== undefined) continue
      await supervisor.send(address, { type: 'STOP', at, reason: 'it is configured no more' }, { at })
    }
  }
}

/** The actors that a runner begins with. On a store that has them already nothing is done. */
import type { SymbolInput } from '../../machines/index.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import type { RunnerConfig, StrategyConfig } from './config.ts'

/** Averages over few seconds' candles, so that there is something to see within the first minute. */
const DEFAULT_STRATEGY = { type: 'emaCross', interval: '1s', fast: 2, slow: 5, orderQty: '0.01' } as const

export function strategiesOf(config: RunnerConfig, symbols: readonly string[]): readonly StrategyConfig[] {
  return config.strategies ?? symbols.map((symbol) => ({ ...DEFAULT_STRATEGY, id: `ema-${symbol}`, symbol }))
}

export async function boot(
  supervisor: Supervisor,
  config: RunnerConfig,
  { venue, symbols, at }: { venue: string; symbols: readonly string[]; at: number },
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
  await spawnOnce('account', venue, { venue, instruments: config.instruments, ...config.account })
  for (const { type: _, ...strategy } of strategiesOf(config, symbols)) {
    const address = `strategy/${strategy.id}`
    await spawnOnce('strategy', strategy.id, { venue, ...strategy })
    // One that somebody stopped stays stopped; one that was only just made has its start still before it.
    const view = await supervisor.view(address)
    if (view?.rev === 1) await supervisor.send(address, { type: 'START', at }, { at })
  }
}

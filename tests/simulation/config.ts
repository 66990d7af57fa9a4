import { type RunnerConfig, runnerConfig } from '../../src/runner/config/schema.ts'

/** Strategies that trade often, so that much can go wrong. */
export function parseConfig(symbols: readonly string[]): RunnerConfig {
  return runnerConfig.parse({
    strategies: symbols.map((symbol) => ({
      type: 'emaCross',
      id: `ema-${symbol}`,
      symbol,
      interval: '1s',
      fast: 1,
      slow: 2,
      orderQty: '0.5',
    })),
  })
}

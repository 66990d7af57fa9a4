/** Configurations of short, busy runs: entries, stops, trailing, funding, requests to the venue, a universe. */
import { fileURLToPath } from 'node:url'
import { type Capture, capture } from '../../data/data.ts'

/** News from before the run to after it; several at one moment, at no moment, and one that comes late. */
const NEWS = fileURLToPath(new URL('news.jsonl', import.meta.url))

export const STARTS_AT = 1_700_006_400_000 - 10_000

const grid = { tickSize: '0.01', lotSize: '0.01' }
const bracket = { interval: '1s', orderQty: '0.5' }

export function busyConfig(latencyMs: number, durationMs: number) {
  return {
    market: {
      source: 'sim',
      seed: 11,
      startAt: STARTS_AT,
      durationMs,
      ratePerSecond: 2,
      speed: 'max',
      symbols: [
        { symbol: 'AUSDT', startPx: '100.00', ...grid, quoteVolume24h: '5000' },
        { symbol: 'BUSDT', startPx: '50.00', ...grid, quoteVolume24h: '1' },
        { symbol: 'CUSDT', startPx: '200.00', ...grid, quoteVolume24h: '9000', fundingRate: '0.0001' },
      ],
    },
    symbol: { intervals: ['1s', '5s'] },
    venue: { latencyMs },
    account: { valueEvery: '5s', limits: { openOrdersMax: 20, orderNotionalMax: '2000' } },
    instruments: [
      { symbol: 'AUSDT', tickSize: '0.01', lotSize: '0.01', minQty: '0.01' },
      { symbol: 'CUSDT', contract: 'linear', multiplier: '1', tickSize: '0.01' },
    ],
    watchdog: { graceMs: 2_000, verifyEveryMs: 1_500 },
    reconciliation: { everyMs: 4_000, settleMs: 1_000 },
    runner: { heartbeatMs: 5_000 },
    universe: { filters: { quoteVolumeMin: '100' } },
    news: {
      sources: [{ type: 'jsonl', file: NEWS, name: 'desk' }],
      rules: [
        { id: 'theft', any: ['exploit', 'hack'], category: 'hack', severity: 'critical', flagForMs: 5_000 },
      ],
      symbols: { AUSDT: ['Alpha'], BUSDT: ['Beta'], CUSDT: ['Gamma'] },
    },
    strategies: [
      { id: 'ema', type: 'emaCross', symbol: 'universe', fast: 2, slow: 5, trailingStopPct: 0.2, ...bracket },
      {
        id: 'mean',
        type: 'meanReversion',
        symbol: 'CUSDT',
        length: 5,
        enterAt: 1,
        exitAt: 0.2,
        short: true,
        ...bracket,
      },
    ],
  }
}

/** Returns the same over one market at two venues: at each kill the requests of the two are at different places of their way. */
export function twoVenuesConfig(durationMs: number) {
  const { venue: _, strategies, ...busy } = busyConfig(0, durationMs)
  const far = { type: 'emaCross', fast: 2, slow: 5, trailingStopPct: 0.2, ...bracket, venue: 'far' }
  return {
    ...busy,
    venues: {
      sim: { latencyMs: 20 },
      far: { latencyMs: 600, account: { balance: '50000', limits: { orderNotionalMax: '1000' } } },
    },
    strategies: [
      ...strategies,
      { id: 'far-a', symbol: 'AUSDT', ...far },
      { id: 'far-c', symbol: 'CUSDT', ...far },
    ],
  }
}

/** Returns a configuration with a recorded market, and a strategy that trades often. */
export function recordedConfig(recording: Capture, latencyMs: number) {
  return {
    market: { source: 'recording', files: [capture(recording)], speed: 'max' },
    venue: { latencyMs },
    account: { limits: { openOrdersMax: 20, orderNotionalMax: '1000000' } },
    watchdog: { graceMs: 500, verifyEveryMs: 200 },
    reconciliation: { everyMs: 4_000, settleMs: 1_000 },
    runner: { heartbeatMs: 5_000 },
    strategies: [
      { id: 'ema', type: 'emaCross', symbol: 'BTCUSDT', fast: 1, slow: 2, trailingStopPct: 0.02, ...bracket },
    ],
  }
}

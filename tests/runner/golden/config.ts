/** The configuration of the golden run, by which it was made and by which it goes on. */
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../../../src/runner/config/load.ts'
import type { RunnerConfig } from '../../../src/runner/config/schema.ts'

/** Half a minute before funding falls due. */
export const STARTS_AT = 1_700_006_400_000 - 30_000
export const LATENCY_MS = 600

const grid = { tickSize: '0.01', lotSize: '0.01' }
const bracket = { interval: '1s', orderQty: '0.5' }

export function goldenConfig(data: string, durationMs: number): RunnerConfig {
  return loadConfig({
    flags: {
      data,
      server: { enabled: false },
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
      venue: { latencyMs: LATENCY_MS },
      account: { valueEvery: '5s', limits: { openOrdersMax: 20, orderNotionalMax: '2000' } },
      instruments: [
        { symbol: 'AUSDT', tickSize: '0.01', lotSize: '0.01', minQty: '0.01' },
        { symbol: 'CUSDT', contract: 'linear', multiplier: '1', tickSize: '0.01' },
      ],
      watchdog: { graceMs: 2_000, verifyEveryMs: 15_000 },
      reconciliation: { everyMs: 20_000 },
      runner: { heartbeatMs: 20_000 },
      universe: { filters: { quoteVolumeMin: '100' } },
      strategies: [
        {
          id: 'ema',
          type: 'emaCross',
          symbol: 'universe',
          fast: 2,
          slow: 5,
          trailingStopPct: 0.2,
          ...bracket,
        },
        {
          id: 'mean',
          type: 'meanReversion',
          symbol: 'CUSDT',
          length: 5,
          enterAt: 1,
          exitAt: 0.2,
          short: true,
          regime: {
            adxLength: 3,
            atrLength: 3,
            slopeLength: 3,
            adxEnter: 100,
            adxLeave: 99,
            atrEnterPct: 50,
            atrLeavePct: 40,
          },
          ...bracket,
        },
      ],
      news: {
        sources: [
          { type: 'jsonl', file: fileURLToPath(new URL('news.jsonl', import.meta.url)), name: 'wire' },
        ],
      },
    },
  })
}

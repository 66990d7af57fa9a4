import { filter, lastValueFrom, map, toArray } from 'rxjs'
import type { Candle } from '../../../machines/events/candle.ts'
import type { Trade } from '../../../machines/events/market.ts'
import { type Bar, barOf } from '../../../machines/indicators/index.ts'
import { addTrade } from '../../../machines/market/candles.ts'
import { openRecording } from '../../../src/adapters/recording/recording.ts'
import { capture } from '../../data/data.ts'
import { seeded } from '../../seeded.ts'

interface Walk {
  readonly seed: number
  readonly count: number
  readonly from: number
  /** Prices are multiples of it. */
  readonly tick?: number
  /** Bars from one gap of up to a third of the price to the next, and bars in which each then stands still. */
  readonly gaps?: { readonly every: number; readonly still: number }
}

/** A random walk; the same for the same seed. */
export function walk({ seed, count, from, tick, gaps }: Walk): Bar[] {
  const random = seeded(seed)
  const rounded = (price: number) => (tick === undefined ? price : Math.round(price / tick) * tick)
  const bars: Bar[] = []
  let close = from
  for (let i = 0; i < count; i++) {
    if (gaps && i > 0 && i % gaps.every === 0) close *= 1 + (random() - 0.5) / 1.5
    if (gaps && i % gaps.every < gaps.still) {
      close = rounded(close)
      bars.push({ high: close, low: close, close })
      continue
    }
    const open = close
    close = rounded(open * (1 + (random() - 0.5) / 50))
    const high = rounded(Math.max(open, close) * (1 + random() / 200))
    const low = rounded(Math.min(open, close) * (1 - random() / 200))
    bars.push({ high: Math.max(high, close), low: Math.min(low, close), close })
  }
  return bars
}

/** Candles of a quarter of a second, of recorded trades. */
async function recorded(): Promise<Bar[]> {
  const market = await openRecording({ files: [capture('binance-spot-btcusdt')] })
  const trades = market.open().pipe(
    map(({ event }) => event),
    filter((event): event is Trade => event.type === 'TRADE'),
  )
  const bars: Bar[] = []
  let open: Candle | undefined
  for (const trade of await lastValueFrom(trades.pipe(toArray()))) {
    const { candle, closed } = addTrade(open, 250, trade)
    open = candle
    if (closed) bars.push(barOf(closed))
  }
  return bars
}

export const series: Readonly<Record<string, readonly Bar[]>> = {
  'a walk': walk({ seed: 1, count: 5_000, from: 100 }),
  'prices of a trillion': walk({ seed: 2, count: 3_000, from: 1e12 }),
  'prices of a trillionth': walk({ seed: 3, count: 3_000, from: 1e-12 }),
  'few price levels': walk({ seed: 4, count: 3_000, from: 200, tick: 1 }),
  'gaps, and still times after them': walk({
    seed: 5,
    count: 5_000,
    from: 3.7,
    gaps: { every: 97, still: 40 },
  }),
  'a price that never moves': walk({ seed: 6, count: 500, from: 0.1, gaps: { every: 500, still: 500 } }),
  'recorded candles of a quarter of a second': await recorded(),
}

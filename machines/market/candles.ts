import type { Candle } from '../events/candle.ts'
import type { Trade } from '../events/market.ts'
import * as decimal from '../model/decimal.ts'

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of an interval such as "1s", "5m", "1h"; undefined when it is none. */
export function intervalMs(interval: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,3})([smhd])$/.exec(interval) ?? []
  return count === undefined ? undefined : Number(count) * (UNIT_MS[unit as string] as number)
}

/**
 * The candle after a trade, and the one that the trade closed. A trade from before the candle is none of it: the candle that
 * it was of has been told. `isLast` is false for one that came late, but into the candle that is open: it does not close it.
 */
export function addTrade(
  was: Candle | undefined,
  ms: number,
  { px, qty, at }: Pick<Trade, 'px' | 'qty' | 'at'>,
  isLast = true,
): { candle: Candle; closed: Candle | undefined } {
  if (was !== undefined && at < was.openAt) return { candle: was, closed: undefined }
  if (was !== undefined && at <= was.closeAt) {
    const high = decimal.max(was.high, px)
    const low = decimal.min(was.low, px)
    const close = isLast ? px : was.close
    return { candle: { ...was, high, low, close, volume: decimal.add(was.volume, qty) }, closed: undefined }
  }
  const openAt = Math.floor(at / ms) * ms
  const candle = { openAt, closeAt: openAt + ms - 1, open: px, high: px, low: px, close: px, volume: qty }
  return { candle, closed: was }
}

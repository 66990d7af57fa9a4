import type { Candle } from '../events/candle.ts'
import type { Trade } from '../events/market.ts'
import * as decimal from '../model/decimal.ts'

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Returns the milliseconds of an interval such as "1s", "5m", "1h"; undefined if the text is no interval. */
export function intervalMs(interval: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,3})([smhd])$/.exec(interval) ?? []
  return count === undefined ? undefined : Number(count) * (UNIT_MS[unit as string] as number)
}

/**
 * Returns the candle after a trade, and the candle that the trade closed. A trade from before the open candle is not counted,
 * because its candle was published already. `isLast` is false for a trade that came late but belongs to the open candle: it does
 * not set the close.
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

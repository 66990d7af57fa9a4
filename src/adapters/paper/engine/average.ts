/** The average price of the last minutes, weighted by quantity. It is kept by the minute, so that it needs no list of trades. */
import type { Trade } from '../../../../machines/index.ts'
import * as decimal from '../../../../machines/model/decimal.ts'

/** The trades of one minute since the epoch: the sum of price times quantity, and the sum of quantities. */
export type MinuteOfTrades = readonly [minute: number, value: string, qty: string]

const MINUTE_MS = 60_000
/** `avgPriceMins` of Binance's filters. */
const MINUTES = 5

/** Returns the last minutes with the trade, the newest last. */
export function withTrade(
  minutes: readonly MinuteOfTrades[],
  { at, px, qty }: Trade,
): readonly MinuteOfTrades[] {
  const minute = minuteOf(at)
  const value = decimal.multiply(px, qty)
  const last = minutes.at(-1)
  if (last === undefined || last[0] < minute) return [...recent(minutes, minute), [minute, value, qty]]
  return [...minutes.slice(0, -1), [last[0], decimal.add(last[1], value), decimal.add(last[2], qty)]]
}

/** Returns the average as of `now`; undefined where nothing has traded. */
export function averageOf(minutes: readonly MinuteOfTrades[], now: number): string | undefined {
  const counted = recent(minutes, minuteOf(now))
  if (counted.length === 0) return undefined
  const sum = (of: 1 | 2) => counted.reduce((total, one) => decimal.add(total, one[of]), decimal.ZERO)
  return decimal.divide(sum(1), sum(2))
}

function recent(minutes: readonly MinuteOfTrades[], minute: number): readonly MinuteOfTrades[] {
  return minutes.filter(([at]) => at > minute - MINUTES)
}

function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS)
}

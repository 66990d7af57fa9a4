/** Candles for the price chart. Pure. */
import type { EventEnvelope } from '../../../src/client/index.ts'

/** A candle; its time is in seconds, as the chart wants it. */
export interface Candle {
  readonly time: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }
/** Most candles of a picture: more would have no px of their own. */
const CANDLES_MAX = 1_500

/** Returns the seconds of an interval such as `1m`; 0 when it is none. */
export function secondsOf(interval: string): number {
  const [, count, unit = ''] = /^(\d+)([smhdw])$/.exec(interval) ?? []
  return Number(count ?? 0) * (UNITS[unit] ?? 0)
}

/** Returns the candles of the shortest interval of which no more than a picture shows are in the events. */
export function candlesOf(events: readonly EventEnvelope[]): { interval: string; candles: Candle[] } {
  const byInterval = new Map<string, Map<number, Candle>>()
  for (const { type, event } of events) {
    if (type !== 'CANDLE_CLOSE') continue
    const of = byInterval.get(event.interval) ?? new Map<number, Candle>()
    const { openAt, open, high, low, close } = event.candle
    const time = Math.floor(openAt / 1_000)
    of.set(time, { time, open: Number(open), high: Number(high), low: Number(low), close: Number(close) })
    byInterval.set(event.interval, of)
  }
  const intervals = [...byInterval].sort(([a], [b]) => secondsOf(a) - secondsOf(b))
  const [interval = '', of = new Map<number, Candle>()] =
    intervals.find(([, { size }]) => size <= CANDLES_MAX) ?? intervals.at(-1) ?? []
  return { interval, candles: [...of.values()].sort((a, b) => a.time - b.time).slice(-CANDLES_MAX) }
}

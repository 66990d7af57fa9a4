import type { Candle } from '../events/candle.ts'

/** What indicators read of a candle, as numbers. */
export interface Bar {
  readonly high: number
  readonly low: number
  readonly close: number
}

export function barOf({ high, low, close }: Candle): Bar {
  return { high: Number(high), low: Number(low), close: Number(close) }
}

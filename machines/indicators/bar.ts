import type { Candle } from '../events/candle.ts'

/** The numbers of a candle that indicators read. */
export interface Bar {
  readonly high: number
  readonly low: number
  readonly close: number
}

export function barOf({ high, low, close }: Candle): Bar {
  return { high: Number(high), low: Number(low), close: Number(close) }
}

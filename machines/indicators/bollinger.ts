import type { Indicator } from './indicator.ts'
import { mean, standardDeviation } from './statistics.ts'
import { overWindow, type WindowState } from './window.ts'

/** The bands, in units of price. */
export interface Bands {
  readonly upper: number
  readonly middle: number
  readonly lower: number
}

/** Returns the Bollinger bands of the closes: `width` standard deviations on both sides of their simple average. */
export function bollinger(length = 20, width = 2): Indicator<number, WindowState<Bands>> {
  return overWindow(length, (closes) => {
    const middle = mean(closes)
    const half = width * standardDeviation(closes, middle)
    return { upper: middle + half, middle, lower: middle - half }
  })
}

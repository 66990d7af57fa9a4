import type { Indicator } from './indicator.ts'
import { overWindow, type WindowState } from './window.ts'

/** Returns the slope of the least squares line through the last `length` closes, two or more: price per candle. */
export function slope(length: number): Indicator<number, WindowState<number>> {
  const middle = (length - 1) / 2
  const squares = (length * (length * length - 1)) / 12
  return overWindow(length, (closes) => {
    // Distances from the first close lose no digits to the price's own size.
    const origin = closes[0] as number
    return closes.reduce((sum, close, i) => sum + (i - middle) * (close - origin), 0) / squares
  })
}

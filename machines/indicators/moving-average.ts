import type { Indicator, Reading } from './indicator.ts'
import { mean } from './statistics.ts'
import { overWindow, type WindowState } from './window.ts'

export interface SmoothedState extends Reading<number> {
  /** The mean of the inputs so far, until there are enough. */
  readonly seed?: { readonly count: number; readonly mean: number }
}

/** Returns the simple moving average. */
export function sma(length: number): Indicator<number, WindowState<number>> {
  return overWindow(length, mean)
}

/**
 * Returns the exponential moving average, seeded as in TA-Lib with the simple average of the first `length` inputs.
 */
export function ema(length: number): Indicator<number, SmoothedState> {
  return smoothed(length, 2 / (length + 1))
}

/** Returns Wilder's smoothing, also called RMA or SMMA: as slow as an EMA of 2 * length - 1. */
export function wilder(length: number): Indicator<number, SmoothedState> {
  return smoothed(length, 1 / length)
}

function smoothed(length: number, weight: number): Indicator<number, SmoothedState> {
  return {
    warmUp: length,
    initial: {},
    next: ({ seed: was = { count: 0, mean: 0 }, value }, input) => {
      if (value !== undefined) return { value: value + weight * (input - value) }
      const count = was.count + 1
      const seed = { count, mean: was.mean + (input - was.mean) / count }
      return count < length ? { seed } : { value: seed.mean }
    },
  }
}

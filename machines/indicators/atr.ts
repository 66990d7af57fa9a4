import type { Bar } from './bar.ts'
import type { Indicator } from './indicator.ts'
import { type SmoothedState, wilder } from './moving-average.ts'

export interface AtrState extends SmoothedState {
  /** The close before. */
  readonly close?: number
}

/** Returns Wilder's average true range, in units of price. The first candle's true range is its high less its low. */
export function atr(length: number): Indicator<Bar, AtrState> {
  const average = wilder(length)
  return {
    ...average,
    next: (state, bar) => ({ ...average.next(state, trueRange(bar, state.close)), close: bar.close }),
  }
}

/** Returns the range of the price since the close before, with the gap. */
export function trueRange({ high, low }: Bar, closeBefore?: number): number {
  return Math.max(high, closeBefore ?? high) - Math.min(low, closeBefore ?? low)
}

import type { Bar } from './bar.ts'
import type { Bands } from './bollinger.ts'
import type { Indicator, Reading } from './indicator.ts'
import { overWindow, type WindowState } from './window.ts'

export interface DonchianState extends Reading<Bands> {
  readonly highs: WindowState<number>
  readonly lows: WindowState<number>
}

export function highest(length: number): Indicator<number, WindowState<number>> {
  return overWindow(length, (values) => Math.max(...values))
}

export function lowest(length: number): Indicator<number, WindowState<number>> {
  return overWindow(length, (values) => Math.min(...values))
}

/** Returns the Donchian channel: the highest high and the lowest low, with those of the present bar, and their middle. */
export function donchian(length = 20): Indicator<Pick<Bar, 'high' | 'low'>, DonchianState> {
  const [top, bottom] = [highest(length), lowest(length)]
  return {
    warmUp: length,
    initial: { highs: top.initial, lows: bottom.initial },
    next: (state, { high, low }) => {
      const highs = top.next(state.highs, high)
      const lows = bottom.next(state.lows, low)
      if (highs.value === undefined || lows.value === undefined) return { highs, lows }
      const [upper, lower] = [highs.value, lows.value]
      return { highs, lows, value: { upper, middle: (upper + lower) / 2, lower } }
    },
  }
}

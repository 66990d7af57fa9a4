import { trueRange } from './atr.ts'
import type { Bar } from './bar.ts'
import type { Indicator, Reading } from './indicator.ts'
import { type SmoothedState, wilder } from './moving-average.ts'

/** All 0 to 100. */
export interface Adx {
  readonly adx: number
  readonly plusDi: number
  readonly minusDi: number
}

export interface AdxState extends Reading<Adx> {
  /** The bar before. */
  readonly bar?: Bar
  readonly range: SmoothedState
  readonly plusDm: SmoothedState
  readonly minusDm: SmoothedState
  readonly dx: SmoothedState
}

/**
 * Returns Wilder's average directional index and the two indicators under it. Moves and ranges are from bar to bar, so the
 * first bar has none; of a bar that goes as far up as down neither counts.
 */
export function adx(length: number): Indicator<Bar, AdxState> {
  const average = wilder(length)
  const { initial } = average
  return {
    warmUp: 2 * length,
    initial: { range: initial, plusDm: initial, minusDm: initial, dx: initial },
    next: (state, bar) => {
      if (state.bar === undefined) return { ...state, bar }
      const up = bar.high - state.bar.high
      const down = state.bar.low - bar.low
      const range = average.next(state.range, trueRange(bar, state.bar.close))
      const plusDm = average.next(state.plusDm, up > down ? Math.max(up, 0) : 0)
      const minusDm = average.next(state.minusDm, down > up ? Math.max(down, 0) : 0)
      const averages = { bar, range, plusDm, minusDm }
      if (range.value === undefined || plusDm.value === undefined || minusDm.value === undefined) {
        return { ...averages, dx: state.dx }
      }
      const plusDi = percent(plusDm.value, range.value)
      const minusDi = percent(minusDm.value, range.value)
      const dx = average.next(state.dx, percent(Math.abs(plusDi - minusDi), plusDi + minusDi))
      if (dx.value === undefined) return { ...averages, dx }
      return { ...averages, dx, value: { adx: dx.value, plusDi, minusDi } }
    },
  }
}

/** Returns a part in percent; 0 of 0 is 0, because prices that stand still have no direction. */
function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole
}

import type { Indicator, Reading } from './indicator.ts'
import { type SmoothedState, wilder } from './moving-average.ts'

export interface RsiState extends Reading<number> {
  /** The close before. */
  readonly close?: number
  readonly gain: SmoothedState
  readonly loss: SmoothedState
}

/** Returns Wilder's relative strength index of the closes, 0 to 100; 50 while they have not moved at all. */
export function rsi(length: number): Indicator<number, RsiState> {
  const average = wilder(length)
  return {
    warmUp: length + 1,
    initial: { gain: average.initial, loss: average.initial },
    next: (state, close) => {
      if (state.close === undefined) return { ...state, close }
      const change = close - state.close
      const gain = average.next(state.gain, Math.max(change, 0))
      const loss = average.next(state.loss, Math.max(-change, 0))
      if (gain.value === undefined || loss.value === undefined) return { close, gain, loss }
      const moved = gain.value + loss.value
      return { close, gain, loss, value: moved === 0 ? 50 : (100 * gain.value) / moved }
    },
  }
}

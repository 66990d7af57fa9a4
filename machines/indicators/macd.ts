import type { Indicator, Reading } from './indicator.ts'
import { ema, type SmoothedState } from './moving-average.ts'

/** All in units of price. */
export interface Macd {
  /** The fast average less the slow one. */
  readonly macd: number
  /** The average of that. */
  readonly signal: number
  /** `macd` less `signal`. */
  readonly histogram: number
}

export interface MacdState extends Reading<Macd> {
  readonly fast: SmoothedState
  readonly slow: SmoothedState
  readonly signal: SmoothedState
}

/** Returns the moving average convergence divergence of the closes. Each average has its own seed; the fast one is the shorter. */
export function macd(fastLength = 12, slowLength = 26, signalLength = 9): Indicator<number, MacdState> {
  const [fastEma, slowEma, signalEma] = [ema(fastLength), ema(slowLength), ema(signalLength)]
  return {
    warmUp: slowLength + signalLength - 1,
    initial: { fast: fastEma.initial, slow: slowEma.initial, signal: signalEma.initial },
    next: (state, close) => {
      const fast = fastEma.next(state.fast, close)
      const slow = slowEma.next(state.slow, close)
      if (fast.value === undefined || slow.value === undefined) return { fast, slow, signal: state.signal }
      const line = fast.value - slow.value
      const signal = signalEma.next(state.signal, line)
      if (signal.value === undefined) return { fast, slow, signal }
      const value = { macd: line, signal: signal.value, histogram: line - signal.value }
      return { fast, slow, signal, value }
    },
  }
}

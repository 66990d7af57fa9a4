import { z } from 'zod'
import { type AtrState, atr } from '../indicators/atr.ts'
import { barOf } from '../indicators/bar.ts'
import { type RegimeState, regime, regimeParameters } from '../indicators/regime.ts'
import type { WindowState } from '../indicators/window.ts'
import { zScore } from '../indicators/z-score.ts'
import { defineStrategy } from './define-strategy.ts'

interface MeanReversion {
  readonly z: WindowState<number>
  readonly range: AtrState
  readonly regime: RegimeState
}

export const meanReversion = defineStrategy({
  name: 'meanReversion',
  version: '3',
  description:
    'In a ranging market, buys far below the mean and sells far above it, until the price is back.',
  params: z.object({
    length: z
      .number()
      .int()
      .min(2)
      .max(10_000)
      .default(20)
      .describe('The number of candles of the mean and of the range.'),
    enterAt: z
      .number()
      .positive()
      .default(2)
      .describe('The distance from the mean at which it enters, in standard deviations.'),
    exitAt: z
      .number()
      .nonnegative()
      .default(0.5)
      .describe('The distance from the mean at which it exits, in standard deviations.'),
    stopRanges: z
      .number()
      .positive()
      .default(3)
      .describe('The distance of its stop, in average true ranges.'),
    short: z
      .boolean()
      .default(false)
      .describe('True: it goes short in a contract, too. Spot cannot be sold short.'),
    regime: regimeParameters
      .prefault({})
      .describe('The thresholds of a ranging market. It enters in no other.'),
  }),
  indicatorParams: ['length', 'regime'],
  initial: ({ length, regime: of }): MeanReversion => ({
    z: zScore(length).initial,
    range: atr(length).initial,
    regime: regime(of).initial,
  }),
  next: (state, candle, { length, regime: of }) => {
    const bar = barOf(candle)
    return {
      z: zScore(length).next(state.z, bar.close),
      range: atr(length).next(state.range, bar),
      regime: regime(of).next(state.regime, bar),
    }
  },
  values: ({ z: { value: z }, range: { value: range }, regime: { value } }) =>
    z === undefined || range === undefined || value === undefined ? undefined : { z, range },
  regime: ({ regime: { value } }) => value,
  decide: ({ is, side, candle, params: { enterAt, exitAt, stopRanges, short } }) => {
    const z = is.z.value as number
    const close = Number(candle.close)
    const stop = stopRanges * (is.range.value as number)
    if (side === 'BUY') return z >= -exitAt ? { do: 'exit', reason: 'back at the mean' } : undefined
    if (side === 'SELL') return z <= exitAt ? { do: 'exit', reason: 'back at the mean' } : undefined
    if (is.regime.value !== 'ranging') return undefined
    if (z <= -enterAt) return { do: 'enter', side: 'BUY', reason: 'far below the mean', stopPx: close - stop }
    if (short && z >= enterAt)
      return { do: 'enter', side: 'SELL', reason: 'far above the mean', stopPx: close + stop }
    return undefined
  },
})

import { z } from 'zod'
import { barOf } from '../indicators/bar.ts'
import { ema, type SmoothedState } from '../indicators/moving-average.ts'
import { defineStrategy } from './define-strategy.ts'

interface EmaCross {
  readonly fast: SmoothedState
  readonly slow: SmoothedState
}

const length = z.number().int().positive().max(10_000)

export const emaCross = defineStrategy({
  name: 'emaCross',
  version: '4',
  description: 'Buys when the fast average crosses above the slow one, and sells when it falls below.',
  params: z.object({
    fast: length
      .default(12)
      .describe('The number of candles of the fast average. It is less than that of the slow one.'),
    slow: length.default(26).describe('The number of candles of the slow average.'),
    trailingStopPct: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe(
        'The distance of the trailing stop, in percent of the price at entry. Without it there is no such stop.',
      ),
  }),
  rules: [{ field: 'fast', rule: 'must be less than slow', holds: ({ fast, slow }) => fast < slow }],
  indicatorParams: ['fast', 'slow'],
  initial: ({ fast, slow }): EmaCross => ({ fast: ema(fast).initial, slow: ema(slow).initial }),
  next: (state, candle, { fast, slow }) => {
    const { close } = barOf(candle)
    return { fast: ema(fast).next(state.fast, close), slow: ema(slow).next(state.slow, close) }
  },
  values: ({ fast, slow }) =>
    fast.value === undefined || slow.value === undefined ? undefined : { fast: fast.value, slow: slow.value },
  decide: ({ was, is, side, candle, params: { trailingStopPct } }) => {
    if (side !== undefined)
      return isAbove(is) ? undefined : { do: 'exit', reason: 'the fast average is below' }
    if (was.slow.value === undefined || isAbove(was) || !isAbove(is)) return undefined
    const trailingOffset = trailingStopPct && (Number(candle.close) * trailingStopPct) / 100
    return {
      do: 'enter',
      side: 'BUY',
      reason: 'the fast average crossed above',
      ...(trailingOffset && { trailingOffset }),
    }
  },
})

function isAbove({ fast, slow }: EmaCross): boolean {
  return (fast.value as number) > (slow.value as number)
}

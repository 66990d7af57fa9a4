/** A strategy that enters once, with a close stop and target. */
import { z } from 'zod'
import { defineStrategy } from '../../../machines/index.ts'

export const strategy = defineStrategy({
  name: 'onceBracketed',
  version: '1',
  description: 'Buys at its third candle.',
  params: z.object({ distancePct: z.number().positive() }),
  initial: () => ({ candles: 0 }),
  next: ({ candles }) => ({ candles: candles + 1 }),
  values: (state) => state,
  decide: ({ is, side, candle, params: { distancePct } }) => {
    if (side !== undefined || is.candles !== 3) return undefined
    const close = Number(candle.close)
    const distance = (close * distancePct) / 100
    return { do: 'enter', side: 'BUY', reason: 'now', stopPx: close - distance, targetPx: close + distance }
  },
})

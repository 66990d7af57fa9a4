/** The regime of a market, for a strategy that trades only in some. */
import { z } from 'zod'
import { type AdxState, adx } from './adx.ts'
import { type AtrState, atr } from './atr.ts'
import type { Bar } from './bar.ts'
import type { Indicator, Reading } from './indicator.ts'
import { slope } from './slope.ts'
import type { WindowState } from './window.ts'

export type Regime = 'trending_up' | 'trending_down' | 'ranging' | 'volatile'

/**
 * Each regime has thresholds from which on it is entered, and lower ones below which it is left, so that a market near
 * either does not flicker. Percentages of slope and range grow with the interval of the candles: the defaults are for
 * hours.
 */
export const regimeParameters = z
  .object({
    adxLength: z.number().int().positive().default(14).describe('The number of candles of ADX.'),
    atrLength: z.number().int().positive().default(14).describe('The number of candles of ATR.'),
    slopeLength: z.number().int().min(2).default(20).describe('The number of candles of the slope.'),
    adxEnter: z
      .number()
      .min(0)
      .max(100)
      .default(25)
      .describe('The ADX at which a trend begins, 0 to 100, if its slope is steep enough. 25 is customary.'),
    adxLeave: z
      .number()
      .min(0)
      .max(100)
      .default(20)
      .describe('The ADX below which a trend ends. 20 is customary.'),
    slopeEnterPct: z
      .number()
      .nonnegative()
      .default(0.02)
      .describe(
        'The slope at which a trend begins, in percent of the close per candle. The default suits candles of an hour.',
      ),
    slopeLeavePct: z.number().nonnegative().default(0.005).describe('The slope below which a trend ends.'),
    atrEnterPct: z
      .number()
      .positive()
      .default(2)
      .describe(
        'The ATR at which a market becomes volatile, in percent of the close. The default suits candles of an hour.',
      ),
    atrLeavePct: z.number().positive().default(1.5).describe('The ATR below which it is no longer volatile.'),
  })
  .refine((p) => p.adxLeave <= p.adxEnter, { error: 'must be at most adxEnter', path: ['adxLeave'] })
  .refine((p) => p.slopeLeavePct <= p.slopeEnterPct, {
    error: 'must be at most slopeEnterPct',
    path: ['slopeLeavePct'],
  })
  .refine((p) => p.atrLeavePct <= p.atrEnterPct, {
    error: 'must be at most atrEnterPct',
    path: ['atrLeavePct'],
  })
export type RegimeParameters = z.infer<typeof regimeParameters>

/** The values that decide the regime. */
export interface Conditions {
  readonly adx: number
  /** ATR, percent of the close. */
  readonly atrPct: number
  /** Percent of the close per candle; negative when falling. */
  readonly slopePct: number
}

/** Returns the regime after `was`. Volatile comes before a trend, because a size that follows the usual range is wrong then. */
export function classify(
  was: Regime | undefined,
  { adx, atrPct, slopePct }: Conditions,
  { adxEnter, adxLeave, slopeEnterPct, slopeLeavePct, atrEnterPct, atrLeavePct }: RegimeParameters,
): Regime {
  const trends = (regime: Regime, towardsPct: number) =>
    adx >= (was === regime ? adxLeave : adxEnter) &&
    towardsPct >= (was === regime ? slopeLeavePct : slopeEnterPct)

  if (atrPct >= (was === 'volatile' ? atrLeavePct : atrEnterPct)) return 'volatile'
  if (trends('trending_up', slopePct)) return 'trending_up'
  if (trends('trending_down', -slopePct)) return 'trending_down'
  return 'ranging'
}

export interface RegimeState extends Reading<Regime> {
  readonly adx: AdxState
  readonly atr: AtrState
  readonly slope: WindowState<number>
}

/** Returns the regime of a market, candle by candle. */
export function regime(parameters: RegimeParameters): Indicator<Bar, RegimeState> {
  const { adxLength, atrLength, slopeLength } = parameters
  const direction = adx(adxLength)
  const range = atr(atrLength)
  const line = slope(slopeLength)
  return {
    warmUp: Math.max(direction.warmUp, range.warmUp, line.warmUp),
    initial: { adx: direction.initial, atr: range.initial, slope: line.initial },
    next: (state, bar) => {
      const readings = {
        adx: direction.next(state.adx, bar),
        atr: range.next(state.atr, bar),
        slope: line.next(state.slope, bar.close),
      }
      const { adx, atr, slope } = readings
      if (adx.value === undefined || atr.value === undefined || slope.value === undefined) return readings
      const percent = 100 / bar.close
      const conditions = {
        adx: adx.value.adx,
        atrPct: atr.value * percent,
        slopePct: slope.value * percent,
      }
      return { ...readings, value: classify(state.value, conditions, parameters) }
    },
  }
}

import { ADX } from 'trading-signals'
import { describe, expect, it } from 'vitest'
import { adx, barOf, bollinger, ema, zScore } from '../../../machines/indicators/index.ts'
import { series } from './bars.ts'
import { cases } from './cases.ts'
import { valuesOf } from './fold.ts'

describe.each(Object.entries(series))('over %s', (_, bars) => {
  it.each(cases)(
    '$name has the values of its reference, from the same candle on',
    ({ indicator, expected, scaleOf }) => {
      const [actual, wanted] = [valuesOf(indicator, bars), expected(bars)]
      expect(actual.findIndex(isDefined)).toBe(indicator.warmUp - 1)
      expect(wanted.findIndex(isDefined)).toBe(indicator.warmUp - 1)
      expect(disagreements(actual, wanted, scaleOf?.(bars) ?? 0)).toEqual([])
    },
  )
})

describe('an indicator', () => {
  it('adx grows equal to the library once the first bar, which that one counts, is forgotten', () => {
    const bars = series['a walk']!
    const reference = new ADX(14)
    const wanted = bars.map((bar) => {
      const value = reference.add(bar)
      return value === null
        ? undefined
        : { adx: value, plusDi: 100 * reference.pdi!, minusDi: 100 * reference.mdi! }
    })
    expect(disagreements(valuesOf(adx(14), bars).slice(1_000), wanted.slice(1_000), 100)).toEqual([])
  })

  it('ema starts from the simple average', () => {
    expect(valuesOf(ema(3), [1, 2, 6, 5, 5])).toEqual([undefined, undefined, 3, 4, 4.5])
  })

  it('knows prices that stand still, whatever their binary fraction', () => {
    const still = Array(40).fill(0.1)
    expect(valuesOf(bollinger(20), still).at(-1)).toEqual({ upper: 0.1, middle: 0.1, lower: 0.1 })
    expect(valuesOf(zScore(20), still).at(-1)).toBe(0)
  })

  it('reads the numbers of a candle', () => {
    const candle = { openAt: 0, closeAt: 999, open: '2', high: '3.5', low: '1.25', close: '3', volume: '7' }
    expect(barOf(candle)).toEqual({ high: 3.5, low: 1.25, close: 3 })
  })
})

const TOLERANCE = 1e-9
/** Of the scale: some hundred roundings of a double. */
const ROUNDING = 1e-13

/** Where two series of values are further apart than rounding explains. */
function disagreements(actual: readonly unknown[], wanted: readonly unknown[], scale: number): unknown[] {
  expect(actual.length).toBe(wanted.length)
  return actual.flatMap((value, i) => (agree(value, wanted[i], scale) ? [] : [[i, value, wanted[i]]]))
}

function agree(actual: unknown, wanted: unknown, scale: number): boolean {
  if (typeof actual === 'number' && typeof wanted === 'number') {
    return Math.abs(actual - wanted) <= TOLERANCE * Math.abs(wanted) + ROUNDING * scale
  }
  if (typeof actual === 'object' && typeof wanted === 'object') {
    const [left, right] = [Object.entries(actual!), wanted as Record<string, unknown>]
    return left.length === Object.keys(right).length && left.every(([key, v]) => agree(v, right[key], scale))
  }
  return actual === undefined && wanted === undefined
}

function isDefined(value: unknown): boolean {
  return value !== undefined
}

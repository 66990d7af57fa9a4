import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Bar,
  type Conditions,
  classify,
  type Regime,
  regime,
  regimeParameters,
} from '../../../machines/indicators/index.ts'
import { valuesOf } from './fold.ts'

const parameters = regimeParameters.parse({})
const CALM = { adx: 10, atrPct: 0.5, slopePct: 0 }
const UP = { adx: 30, atrPct: 0.5, slopePct: 0.1 }
const DOWN = { ...UP, slopePct: -0.1 }

/** The regime after each of some conditions. */
function regimesOf(conditions: readonly Conditions[], from?: Regime): Regime[] {
  let was = from
  return conditions.map((each) => {
    was = classify(was, each, parameters)
    return was
  })
}

describe('a regime', () => {
  it.each<[string, Conditions, Regime]>([
    ['without a trend ranges', CALM, 'ranging'],
    ['with an ADX and a slope up trends up', UP, 'trending_up'],
    ['with an ADX and a slope down trends down', DOWN, 'trending_down'],
    ['with an ADX but no slope ranges', { ...UP, slopePct: 0.01 }, 'ranging'],
    ['with a slope but no ADX ranges', { ...UP, adx: 22 }, 'ranging'],
    ['with a wide range is volatile', { ...CALM, atrPct: 2 }, 'volatile'],
    ['with a wide range is volatile before it trends', { ...UP, atrPct: 2 }, 'volatile'],
  ])('%s', (_, conditions, expected) => {
    expect(regimesOf([conditions])).toEqual([expected])
  })

  it.each<[string, Regime, Conditions[], Regime[]]>([
    [
      'a trend holds while ADX wavers between its thresholds, and begins anew only at the upper one',
      'ranging',
      [24, 25, 24, 26, 20, 19.9, 20, 24.9, 25].map((adx) => ({ ...UP, adx })),
      [
        'ranging',
        ...Array<Regime>(4).fill('trending_up'),
        ...Array<Regime>(3).fill('ranging'),
        'trending_up',
      ],
    ],
    [
      'a trend holds until its slope is nearly none',
      'trending_down',
      [-0.1, -0.01, -0.005, -0.004, -0.01, -0.02].map((slopePct) => ({ ...DOWN, slopePct })),
      ['trending_down', 'trending_down', 'trending_down', 'ranging', 'ranging', 'trending_down'],
    ],
    ['a trend may turn at once', 'trending_up', [DOWN, UP], ['trending_down', 'trending_up']],
    [
      'volatile holds while ATR wavers between its thresholds',
      'ranging',
      [1.9, 2, 1.6, 2.1, 1.5, 1.4, 1.9].map((atrPct) => ({ ...CALM, atrPct })),
      ['ranging', ...Array<Regime>(4).fill('volatile'), 'ranging', 'ranging'],
    ],
    [
      'a trend that was volatile between has to enter again',
      'trending_up',
      [{ ...UP, adx: 22 }, { ...UP, atrPct: 3 }, { ...UP, adx: 22 }, UP],
      ['trending_up', 'volatile', 'ranging', 'trending_up'],
    ],
  ])('%s', (_, from, conditions, expected) => {
    expect(regimesOf(conditions, from)).toEqual(expected)
  })

  it('never goes back to one that it left while the market wavers by less than the thresholds are apart', () => {
    const part = fc.double({ min: -0.49, max: 0.49, noNaN: true })
    const noise = fc.tuple(part, part, part)
    const around = fc.record({
      adx: fc.double({ min: 15, max: 30, noNaN: true }),
      atrPct: fc.double({ min: 1, max: 2.5, noNaN: true }),
      slopePct: fc.double({ min: -0.04, max: 0.04, noNaN: true }),
    })
    fc.assert(
      fc.property(around, fc.array(noise, { maxLength: 50 }), ({ adx, atrPct, slopePct }, noises) => {
        const regimes = regimesOf(
          noises.map(([a, b, c]) => ({
            adx: adx + a * (parameters.adxEnter - parameters.adxLeave),
            atrPct: atrPct + b * (parameters.atrEnterPct - parameters.atrLeavePct),
            slopePct: slopePct + c * (parameters.slopeEnterPct - parameters.slopeLeavePct),
          })),
        )
        const visits = regimes.filter((each, i) => each !== regimes[i - 1])
        expect(visits).toEqual([...new Set(visits)])
      }),
      { numRuns: 1_000 },
    )
  })

  it('is told candle by candle, once all that it looks at is warm', () => {
    const bars = [
      ...straight({ from: 100, by: 0.1, count: 60, range: 0.4 }),
      ...straight({ from: 106, by: 0, count: 60, range: 0.4 }),
      ...straight({ from: 106, by: -0.1, count: 60, range: 0.4 }),
      ...straight({ from: 100, by: 0, count: 30, range: 6 }),
    ]
    const indicator = regime(parameters)
    const values = valuesOf(indicator, bars)
    expect(indicator.warmUp).toBe(28)
    expect(values.findIndex((value) => value !== undefined)).toBe(27)
    expect(values.filter((value, i) => value !== undefined && value !== values[i - 1])).toEqual([
      'trending_up',
      'ranging',
      'trending_down',
      'volatile',
    ])
  })

  it.each(['adx', 'slope', 'atr'])('is not taken with thresholds of %s the wrong way round', (of) => {
    const unit = of === 'adx' ? '' : 'Pct'
    const wrong = { [`${of}Enter${unit}`]: 1, [`${of}Leave${unit}`]: 1.1 }
    expect(regimeParameters.safeParse(wrong).error?.issues).toMatchObject([{ path: [`${of}Leave${unit}`] }])
  })
})

/** Bars whose closes lie on a line. */
function straight(line: { from: number; by: number; count: number; range: number }): Bar[] {
  return Array.from({ length: line.count }, (_, i) => {
    const close = line.from + i * line.by
    return { high: close + line.range / 2, low: close - line.range / 2, close }
  })
}

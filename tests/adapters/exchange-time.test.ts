import { describe, expect, it } from 'vitest'
import { ExchangeTime } from '../../src/adapters/exchange-time.ts'
import { Refusal } from '../../src/adapters/refusals.ts'

const AT = 1_700_000_000_000
const HOUR_MS = 3_600_000

/** What becomes of times, stated and received in ms since AT: the time that counts, or that it is refused. */
function taken(...given: readonly (readonly [stated: number, received: number])[]): (number | 'refused')[] {
  const times = new ExchangeTime()
  return given.map(([stated, received]) => {
    try {
      return times.take(AT + stated, AT + received) - AT
    } catch (error) {
      expect(error).toMatchObject({ reason: 'TIME' })
      expect(error).toBeInstanceOf(Refusal)
      return 'refused'
    }
  })
}

describe("the exchange's time", () => {
  it('is taken as it is stated, also where the clocks differ and messages are under way', () => {
    const [ahead, behind, late] = [1_270, -900, -30_000] as const
    expect(taken([ahead, 0], [ahead + 5, 10], [behind, 20], [late, 30])).toEqual([
      ahead,
      ahead + 5,
      behind,
      late,
    ])
  })

  it.each([
    ['three seconds ahead', 3_000],
    ['an hour ahead', HOUR_MS],
    ['a year ahead', 365 * 24 * HOUR_MS],
    ['an hour back', -HOUR_MS],
    ['at the beginning of time', -AT],
  ])('is refused where it lies %s, and those behind it are not', (_, off) => {
    expect(taken([0, 0], [off, 1], [2, 2])).toEqual([0, 'refused', 2])
    // A first one within a minute may be of another clock than ours.
    if (Math.abs(off) > 60_000) expect(taken([off, 0], [1, 1], [2, 2])).toEqual(['refused', 1, 2])
  })

  it('may come after a message that was under way for seconds', () => {
    const late = 5_000
    const after = [0, 100, 200, 300].map((n): [number, number] => [late + n, late + n])
    expect(taken([0, late], [1, late], ...after)).toEqual([0, 1, 'refused', 'refused', 'refused', 5_300])
    expect(taken([3_500, late], ...after)).toEqual([3_500, 5_000, 5_100, 5_200, 5_300])
  })

  it('is believed where three in a row agree for some time, for then our own clock was set', () => {
    const hour = (n: number): [number, number] => [HOUR_MS + n, n]
    expect(taken([0, 0], hour(1), hour(125), hour(251), hour(252))).toEqual([
      0,
      'refused',
      'refused',
      HOUR_MS + 251,
      HOUR_MS + 252,
    ])
  })

  it('goes on from where it was where the exchange sets its clock back', () => {
    const back = (n: number): [number, number] => [n - HOUR_MS, n]
    expect(taken([0, 0], back(1), back(125), back(251), back(252))).toEqual([0, 'refused', 'refused', 0, 1])
  })

  it.each([
    ['a day ahead', 24 * HOUR_MS],
    ['a day back', -24 * HOUR_MS],
    ['at the beginning of time', -AT],
  ])('is refused for all trades of one order where it lies %s, and goes on behind them', (_, off) => {
    const burst = Array.from({ length: 20 }, (__, n): [number, number] => [off, 1 + n])
    expect(taken([0, 0], ...burst, [30, 30], [31, 31])).toEqual([0, ...burst.map(() => 'refused'), 30, 31])
    expect(taken(...burst, [30, 30], [31, 31])).toEqual([...burst.map(() => 'refused'), 30, 31])
  })

  it('is the stated one again once a clock that was set back is right', () => {
    const at = (off: number, ...received: number[]) => received.map((n): [number, number] => [n + off, n])
    const times = taken(
      ...at(0, 0, 1),
      ...at(-HOUR_MS, 100, 300, 500, 900),
      ...at(0, 1_000, 1_200, 1_400, 1_500),
    )
    expect(times).toEqual([0, 1, 'refused', 'refused', 1, 401, 'refused', 'refused', 1_400, 1_500])
  })

  it('is no more believed for two wrong ones that do not agree', () => {
    expect(taken([0, 0], [HOUR_MS, 1], [5 * HOUR_MS, 2], [9 * HOUR_MS, 3], [4, 4])).toEqual([
      0,
      'refused',
      'refused',
      'refused',
      4,
    ])
  })
})

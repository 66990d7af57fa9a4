import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WeightBudget } from '../../src/adapters/binance/weight-budget.ts'
import { SEED } from '../seeded.ts'

const PER_MINUTE = 2_400
const WEIGHT = 20

describe('a budget of weights', () => {
  it(`lets through at most half of the limit in any minute, whoever asks and whenever, seed ${SEED}`, () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 300 }), (gaps) => {
        const budget = new WeightBudget(PER_MINUTE, 0)
        let now = 0
        const asked: number[] = []
        for (const gap of gaps) {
          now += gap
          asked.push(now + budget.take(WEIGHT, now))
        }
        for (const at of asked) {
          const within = asked.filter((other) => other >= at && other < at + 60_000).length
          expect(within * WEIGHT).toBeLessThanOrEqual(PER_MINUTE / 2 + WEIGHT)
        }
      }),
      { seed: SEED },
    )
  })

  it('stays away for as long as the venue asks it to', () => {
    const budget = new WeightBudget(PER_MINUTE, 0)
    budget.close(5_000, 1_000)
    budget.close(1_000, 2_000)
    expect([2_000, 5_999, 6_000].map((now) => budget.closedForMs(now))).toEqual([4_000, 1, 0])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bar, regime, regimeParameters } from '../../../machines/indicators/index.ts'
import { walk } from './bars.ts'
import { anyState, cases } from './cases.ts'
import { statesOf } from './fold.ts'

const withRegime = [...cases, { name: 'regime', indicator: anyState(regime(regimeParameters.parse({}))) }]

/** Few levels, where bars are equal and windows stand still, or any prices at all. */
const price = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.double({ min: 1e-9, max: 1e12, noNaN: true }))
const bar = fc.tuple(price, price, price).map(([a, b, close]): Bar => {
  return { high: Math.max(a, b, close), low: Math.min(a, b, close), close }
})

describe.each(withRegime)('$name', ({ indicator }) => {
  it('goes on from a state read back as if it had never stopped, and changes none', () => {
    fc.assert(
      fc.property(fc.array(bar, { minLength: 1, maxLength: 80 }), fc.nat(), (bars, at) => {
        const lived = statesOf(indicator, bars)
        const stop = at % bars.length
        const initial = readBack(lived[stop]!)
        expect(statesOf({ ...indicator, initial }, bars.slice(stop + 1))).toEqual(lived.slice(stop + 1))
      }),
      { numRuns: 200 },
    )
  })

  it('keeps no more the longer it runs', () => {
    const states = statesOf(indicator, walk({ seed: 9, count: 1_000, from: 50 }))
    expect(numbersIn(states.at(-1))).toBe(numbersIn(states[2 * indicator.warmUp]))
  })
})

/** From the log, frozen: a fold that wrote into its state would throw. */
function readBack<State>(state: State): State {
  return JSON.parse(JSON.stringify(state), (_, value) => Object.freeze(value))
}

function numbersIn(value: unknown): number {
  if (typeof value === 'number') return 1
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((sum, each) => sum + numbersIn(each), 0)
}

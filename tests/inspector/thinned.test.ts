/** Tests that a page that stays open keeps values of its whole time, and few of them. */
import { expect, it } from 'vitest'
import { thinned } from '../../tools/inspector/log/thinned.ts'
import { SEED, seeded } from '../seeded.ts'

const MAX = 200
const DAY_S = 86_400

it('keeps at most so many values of a day, from its beginning to its end, and the last of each venue', () => {
  let kept: readonly { readonly at: number; readonly venue: string }[] = []
  let most = 0
  for (let second = 0; second <= DAY_S; second++) {
    const news = ['sim', 'paper'].map((venue) => ({ at: second * 1_000, venue }))
    kept = thinned([...kept, ...news], MAX)
    most = Math.max(most, kept.length)
  }
  expect(most).toBeLessThanOrEqual(MAX)
  const ages = kept.map(({ at }) => at)
  expect([...ages]).toEqual(ages.toSorted((a, b) => a - b))
  expect(kept.slice(-2)).toEqual(['sim', 'paper'].map((venue) => ({ at: DAY_S * 1_000, venue })))
  // No part of the day is forgotten.
  for (const venue of ['sim', 'paper']) {
    const own = [0, ...kept.filter((one) => one.venue === venue).map(({ at }) => at)]
    const gaps = own.slice(1).map((at, i) => at - (own[i] as number))
    expect(Math.max(...gaps)).toBeLessThan((DAY_S * 1_000) / (MAX / 16))
  }
})

it(`leaves few values as they are, and keeps any number within its bound, seed ${SEED}`, () => {
  const random = seeded(SEED)
  for (let round = 0; round < 200; round++) {
    const count = Math.floor(random() * 3 * MAX)
    const venues = 1 + Math.floor(random() * 5)
    const span = random() < 0.2 ? 0 : random() * 1e9
    const values = Array.from({ length: count }, () => ({
      at: random() * span,
      venue: String(Math.floor(random() * venues)),
    })).sort((a, b) => a.at - b.at)
    const kept = thinned(values, MAX)
    if (count <= MAX) expect(kept).toBe(values)
    expect(kept.length).toBeLessThanOrEqual(MAX)
    expect(values.filter((value) => kept.includes(value))).toEqual(kept)
    if (count > 0) expect(kept.at(-1)).toBe(values.at(-1))
  }
})

import { describe, expect, it } from 'vitest'
import { SEED } from '../seeded.ts'
import { survivors } from './survivors.ts'

/** `npm run mutate:declarations` takes them all. */
const COUNT = 3

describe('a line of a declaration', () => {
  it(`is missed when it is taken out, by the compiler or a test, seed ${SEED}`, () => {
    const told: string[] = []
    const { lines, left } = survivors((text) => told.push(text), { count: COUNT, seed: SEED })
    expect(lines, told.join('\n')).toBe(COUNT)
    expect(left).toEqual([])
  })
})

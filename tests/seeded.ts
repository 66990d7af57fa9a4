import { expect } from 'vitest'
import { Random } from '../src/adapters/transport/random.ts'

/** The seed of all random tests: `SEED=1 npm test` repeats a run. The titles of these tests have it. */
export const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))

/**
 * Returns the amount of a test: small in `npm test`, and in the full form the value that `npm run torture -- <name>`
 * sets (torture/forms.ts).
 */
export function howMany(variable: string, inShort: number): number {
  return Number(process.env[variable] ?? inShort)
}

/**
 * Runs a random test with one seed after the other until it has met all that it has to meet. A short form misses some of
 * it by chance. What twenty rounds miss, it never meets.
 */
export async function untilMet(
  round: (seed: number) => Promise<unknown>,
  missed: () => readonly string[],
): Promise<void> {
  for (let n = 0; n < 20 && missed().length > 0; n++) await round(SEED + n)
  expect(missed()).toEqual([])
}

/** Returns a source of numbers in [0, 1). They are the same for the same seed. */
export function seeded(seed: number): () => number {
  const random = new Random(seed)
  return () => random.next()
}

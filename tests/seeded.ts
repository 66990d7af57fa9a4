import { Random } from '../src/adapters/transport/random.ts'

/** The seed of all that chance drives here: `SEED=1 npm test` gives a run again. Tests that it drives have it in their names. */
export const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))

/**
 * Returns how much of something a test does: little in `npm test`, and in its full form what `npm run torture -- <name>`
 * sets the variable to (torture/forms.ts).
 */
export function howMany(variable: string, inShort: number): number {
  return Number(process.env[variable] ?? inShort)
}

/** Numbers in [0, 1), the same ones for the same seed. */
export function seeded(seed: number): () => number {
  const random = new Random(seed)
  return () => random.next()
}

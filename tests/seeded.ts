import { Random } from '../src/ports/market/random.ts'

/** Numbers in [0, 1), the same ones for the same seed. */
export function seeded(seed: number): () => number {
  const random = new Random(seed)
  return () => random.next()
}

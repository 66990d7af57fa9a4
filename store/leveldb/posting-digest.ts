import { crc32 } from 'node:zlib'
import type { Posting } from './history-index.ts'

const BUCKETS = 65_536
/** Buckets that are looked into: enough to name what is damaged, and few enough to hold all of them. */
const LOOKED_INTO_MAX = 64

/** Sums over sets of postings, as many numbers whatever the set: equal sets have equal sums, in any order. */
export class PostingDigest {
  readonly #sums = new Uint32Array(BUCKETS)

  add(actor: string, posting: Posting): void {
    const crc = crcOf(actor, posting)
    const bucket = crc % BUCKETS
    this.#sums[bucket] = (this.#sums[bucket] as number) + crc
  }

  /** Says of a posting whether it may be in one of the two alone. It may leave some of very many out. */
  differing(other: PostingDigest): ((actor: string, posting: Posting) => boolean) | undefined {
    const buckets = new Set<number>()
    for (const [i, sum] of this.#sums.entries()) {
      if (sum !== other.#sums[i]) buckets.add(i)
      if (buckets.size === LOOKED_INTO_MAX) break
    }
    return buckets.size === 0 ? undefined : (actor, posting) => buckets.has(crcOf(actor, posting) % BUCKETS)
  }
}

function crcOf(actor: string, { rev, seq }: Posting): number {
  return crc32(`${actor}\0${rev}\0${seq}`)
}

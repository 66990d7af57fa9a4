import { crc32 } from 'node:zlib'
import type { Posting } from './history-index.ts'

const BUCKETS = 65_536
/** Most buckets that are examined: enough to name the damage, and few enough to keep all their postings. */
const LOOKED_INTO_MAX = 64

/** Sums over a set of postings. Their number does not depend on the set. Equal sets have equal sums, in any order. */
export class PostingDigest {
  readonly #sums = new Uint32Array(BUCKETS)

  add(actor: string, posting: Posting): void {
    const crc = crcOf(actor, posting)
    const bucket = crc % BUCKETS
    this.#sums[bucket] = (this.#sums[bucket] as number) + crc
  }

  /**
   * Returns a test whether a posting may be in only one of the two sets. It may miss some when very many differ.
   * Undefined when the sets are equal.
   */
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

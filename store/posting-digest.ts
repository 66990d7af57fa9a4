import { crc32 } from 'node:zlib'
import type { Posting } from './history-index.ts'

const BUCKETS = 4_096

/** Sums over sets of postings, a few thousand numbers whatever the set: equal sets have equal sums, in any order. */
export class PostingDigest {
  readonly #sums = new Uint32Array(BUCKETS)

  add(actor: string, { rev, seq }: Posting): void {
    const bucket = bucketOf(actor)
    this.#sums[bucket] = (this.#sums[bucket] as number) + crc32(`${actor}\0${rev}\0${seq}`)
  }

  /** Says of an actor whether it may have other postings there. */
  differing(other: PostingDigest): ((actor: string) => boolean) | undefined {
    const buckets = new Set<number>()
    for (const [i, sum] of this.#sums.entries()) if (sum !== other.#sums[i]) buckets.add(i)
    return buckets.size === 0 ? undefined : (actor) => buckets.has(bucketOf(actor))
  }
}

function bucketOf(actor: string): number {
  return crc32(actor) % BUCKETS
}

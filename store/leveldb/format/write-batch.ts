/** Reads the batches of LevelDB's write-ahead log. Pure. Format: leveldb/db/write_batch.cc. */
import type { Entry } from './tables.ts'
import { Varints } from './varints.ts'

/**
 * Offset of the number of entries u32, behind the number of the first entry u64; both little-endian. Then each entry
 * follows: kind u8, key, and a value unless it is a deletion.
 */
const COUNT = 8
const HEADER = 12
const VALUE = 1

export interface WriteBatch {
  /** Number of the batch's first entry. LevelDB numbers all entries that it ever writes. */
  readonly first: number
  readonly count: number
}

/** Reads the head of a batch. For bytes that are no batch, the result fits nowhere. */
export function readBatch(bytes: Buffer): WriteBatch {
  if (bytes.length < HEADER) return { first: Number.NaN, count: 0 }
  return { first: Number(bytes.readBigUInt64LE(0)), count: bytes.readUInt32LE(COUNT) }
}

/** Yields the values of a batch, without its deletions. */
export function* valuesOf(bytes: Buffer): Generator<Entry> {
  const reader = new Varints(bytes, HEADER)
  const take = () => {
    const length = reader.next()
    const start = reader.offset
    reader.skip(length)
    return bytes.subarray(start, start + length)
  }
  while (!reader.done) {
    const kind = reader.next()
    const key = take()
    if (kind === VALUE) yield [key.toString(), take()]
  }
}

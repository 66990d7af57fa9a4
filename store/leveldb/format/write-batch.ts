/** What LevelDB writes to its write-ahead log at once. Pure. Format: leveldb/db/write_batch.cc. */
import type { Entry } from './tables.ts'
import { Varints } from './varints.ts'

/** Number of its first entry u64, entries u32, both little-endian; then each: kind u8, key, value unless it is a deletion. */
const COUNT = 8
const HEADER = 12
const VALUE = 1

export interface WriteBatch {
  /** Number of its first entry; LevelDB numbers all that it ever writes. */
  readonly first: number
  readonly count: number
}

/** Of what is no batch, one that fits nowhere. */
export function readBatch(bytes: Buffer): WriteBatch {
  if (bytes.length < HEADER) return { first: Number.NaN, count: 0 }
  return { first: Number(bytes.readBigUInt64LE(0)), count: bytes.readUInt32LE(COUNT) }
}

/** Its values, deletions left out. */
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

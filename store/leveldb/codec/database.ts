import type { AbstractLevel } from 'abstract-level'
import type { Memory } from './memory.ts'

/**
 * Bytes that LevelDB compresses together. Small commits resemble each other, and small blocks would hide that from the
 * compressor. Larger blocks make it slower to read a single snapshot.
 */
const BLOCK_BYTES = 32_768

export const LEVEL_OPTIONS = { keyEncoding: 'utf8', valueEncoding: 'buffer', blockSize: BLOCK_BYTES } as const

/** LevelDB, or another database with its interface. */
export type Database = AbstractLevel<string | Buffer | Uint8Array, string, Buffer>

/** Returns the database in a `Memory`. The same code works on it. */
export function databaseIn(memory: Memory): Database {
  return memory as unknown as Database
}

/** One put. A value of undefined deletes the key. */
export type Write = readonly [key: string, value: Buffer | undefined]
export type Batch = Write[]

const SYNCED = { sync: true } as object

/**
 * Writes the whole batch or nothing, with fsync. It puts one by one into a chained batch, which costs a tenth of an
 * array of operations. `sync` is an option of LevelDB; other databases ignore it.
 */
export function writeSynced(db: Database, batch: Batch): Promise<void> {
  const chained = db.batch()
  for (const [key, value] of batch) {
    if (value === undefined) chained.del(key)
    else chained.put(key, value)
  }
  return chained.write(SYNCED)
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

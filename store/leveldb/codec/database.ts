import type { AbstractLevel } from 'abstract-level'
import type { Memory } from './memory.ts'

/**
 * Bytes that LevelDB compresses together. Small commits are much alike, which small blocks would hide from it; a
 * larger one makes reading a single snapshot slower.
 */
const BLOCK_BYTES = 32_768

export const LEVEL_OPTIONS = { keyEncoding: 'utf8', valueEncoding: 'buffer', blockSize: BLOCK_BYTES } as const

/** LevelDB, or anything with its interface. */
export type Database = AbstractLevel<string | Buffer | Uint8Array, string, Buffer>

/** The same code in memory. */
export function databaseIn(memory: Memory): Database {
  return memory as unknown as Database
}

/** Undefined as a value deletes. */
export type Write = readonly [key: string, value: Buffer | undefined]
export type Batch = Write[]

const SYNCED = { sync: true } as object

/**
 * All of it or nothing, and fsynced. Put by put into a chained batch, which costs a tenth of an array of operations.
 * `sync` is an option of LevelDB's own, which others ignore.
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

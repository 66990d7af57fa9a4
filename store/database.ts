import type { AbstractBatchOperation, AbstractLevel } from 'abstract-level'

/** LevelDB, or anything with its interface. */
export type Database = AbstractLevel<string | Buffer | Uint8Array, string, Buffer>
export type Batch = AbstractBatchOperation<Database, string, Buffer>[]

export function put(key: string, value: Buffer): Batch[number] {
  return { type: 'put', key, value }
}

/** All of it or nothing, and fsynced. `sync` is an option of LevelDB's own, which others ignore. */
export function writeSynced(db: Database, batch: Batch): Promise<void> {
  return db.batch(batch, { sync: true } as object)
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/** Makes the batch of a commit, without its snapshots: the commit, its places in the indexes and the log's new end. */

import type { LogRecord } from '../store.ts'
import { hashOfCommit } from './codec/commit-codec.ts'
import { type Batch, json, type Write } from './codec/database.ts'
import { actorKey, commitKey, META, timeKey } from './codec/keys.ts'
import type { HistoryIndex } from './history-index.ts'
import type { TypeIndex } from './type-index.ts'

/** The end of a log. */
export interface LogEnd {
  readonly seq: number
  /** Hash of the last commit. */
  readonly hash: Buffer
  /** The greatest `at` so far; -1 when the log is empty. */
  readonly watermark: number
}

/** The log's end as the store notes it with each commit. */
export interface NotedHead {
  readonly seq: number
  readonly hash: string
  /**
   * Last seq of the commits in the written part of the history index. Absent in format 1, which wrote the whole index
   * at once.
   */
  readonly indexed?: number
  /**
   * First and last seq of the written windows of the index by type. Absent when an older Outcry has written the last
   * commit: it writes none of that index.
   */
  readonly typed?: readonly [from: number, to: number]
}

/** Returns the batch and the new end. The caller adds the records to both indexes once the batch is written. */
export function batchCommit(
  end: LogEnd,
  index: HistoryIndex,
  types: TypeIndex,
  bytes: Buffer,
  records: readonly LogRecord[],
): { batch: Batch; end: LogEnd } {
  const first = records[0] as LogRecord
  const { seq } = records.at(-1) as LogRecord
  const hash = hashOfCommit(bytes)
  const batch: Batch = [[commitKey(first.seq), bytes]]
  const indexed = index.flush(batch, end.seq)
  types.flush(batch, end.seq)
  batch.push(notedHead({ seq, hash }, indexed, [types.from, types.to]))
  let { watermark } = end
  for (const { actor, rev, at } of records) {
    if (at > watermark) watermark = at
    if (rev === 1) batch.push([actorKey(actor), Buffer.alloc(0)])
  }
  if (watermark > end.watermark) batch.push([timeKey(watermark), Buffer.from(String(seq))])
  return { batch, end: { seq, hash, watermark } }
}

/** Returns the put of the log's end. */
export function notedHead(
  { seq, hash }: Pick<LogEnd, 'seq' | 'hash'>,
  indexed: number,
  typed: readonly [from: number, to: number],
): Write {
  const head: NotedHead = { seq, hash: hash.toString('hex'), indexed, typed }
  return [META.head, json(head)]
}

/** What goes down with a commit beside its snapshots: the commit itself, its places in the indexes, the log's new end. */

import type { LogRecord } from '../store.ts'
import { hashOfCommit } from './codec/commit-codec.ts'
import { type Batch, json } from './codec/database.ts'
import { actorKey, commitKey, META, timeKey } from './codec/keys.ts'
import type { HistoryIndex } from './history-index.ts'

/** Where the log ends. */
export interface LogEnd {
  readonly seq: number
  /** Of the last commit. */
  readonly hash: Buffer
  /** The greatest `at` so far; -1 when there is none. */
  readonly watermark: number
}

/** What the store notes of its end with each commit. */
export interface NotedHead {
  readonly seq: number
  readonly hash: string
  /** Commits up to this seq are in the written part of the history index; format 1 wrote all of it at once. */
  readonly indexed?: number
}

/** `index` gets the records by `add` once the batch is written. */
export function batchCommit(
  end: LogEnd,
  index: HistoryIndex,
  bytes: Buffer,
  records: readonly LogRecord[],
): { batch: Batch; end: LogEnd } {
  const first = records[0] as LogRecord
  const { seq } = records.at(-1) as LogRecord
  const hash = hashOfCommit(bytes)
  const batch: Batch = [[commitKey(first.seq), bytes]]
  index.flush(batch, end.seq)
  const head: NotedHead = { seq, hash: hash.toString('hex'), indexed: index.writtenTo(end.seq) }
  batch.push([META.head, json(head)])
  let { watermark } = end
  for (const { actor, rev, at } of records) {
    if (at > watermark) watermark = at
    if (rev === 1) batch.push([actorKey(actor), Buffer.alloc(0)])
  }
  if (watermark > end.watermark) batch.push([timeKey(watermark), Buffer.from(String(seq))])
  return { batch, end: { seq, hash, watermark } }
}

/** Records out of a database, in order. Whatever is missing or damaged between them is named, never skipped (law 4). */
import { type DecodedCommit, decodeCommit } from './codec.ts'
import {
  corruptMeta,
  firstOf,
  historyBroken,
  linkBroken,
  readable,
  recordsMissing,
  unreadable,
} from './damage.ts'
import type { Database } from './database.ts'
import { COMMITS, commitKey, historyKey, historyRange, seqOfCommitKey, timesAfter } from './keys.ts'
import type { HistoryOptions, LogRecord, ReadOptions } from './store.ts'

/** `options.toSeq` may not be beyond the head. */
export async function* readRecords<R extends LogRecord>(
  db: Database,
  { fromSeq, toSeq, reverse = false, limit = Infinity }: ReadOptions & { fromSeq: number; toSeq: number },
): AsyncGenerator<R> {
  let left = limit
  if (toSeq < fromSeq || left <= 0) return
  /** The record that has to come next. */
  let due = reverse ? toSeq : fromSeq
  let link: Buffer | undefined
  const range = { gte: (await floor(db, fromSeq)) ?? COMMITS.gte, lte: commitKey(toSeq), reverse }
  for await (const [key, bytes] of readable(db.iterator(range))) {
    const commit = decodeCommit<R>(seqOfCommitKey(key), bytes)
    const first = commit.firstSeq
    const last = first + commit.records.length - 1
    if (due < first || due > last) throw recordsMissing(due)
    const broken = link !== undefined && !(reverse ? commit.hash : commit.previous).equals(link)
    if (broken) throw linkBroken(first)
    link = reverse ? commit.previous : commit.hash
    due = reverse ? first - 1 : last + 1
    for (const record of reverse ? commit.records.toReversed() : commit.records) {
      if (record.seq < fromSeq || record.seq > toSeq) continue
      yield record
      if (--left <= 0) return
    }
  }
  if (reverse ? due >= fromSeq : due <= toSeq) throw recordsMissing(due)
}

/** Records after `maxSeq` are left out: they are not acknowledged yet. */
export async function* readHistory<R extends LogRecord>(
  db: Database,
  actor: string,
  options: HistoryOptions,
  maxSeq: number,
): AsyncGenerator<R> {
  const { fromRev = 1, toRev = Infinity, reverse = false, limit = Infinity } = options
  let left = limit
  if (left <= 0 || toRev < fromRev) return
  const { gte, lt } = historyRange(actor)
  const start = await firstOf(db.keys({ gte, lte: historyKey(actor, fromRev), reverse: true, limit: 1 }))
  const end = toRev === Infinity ? { lt } : { lte: historyKey(actor, toRev) }
  /** The rev that has to come next. Where the history ends is not known, so reverse begins with any. */
  let due = reverse ? undefined : Math.max(1, fromRev)
  let seq = 0
  for await (const value of readable(db.values({ gte: start ?? gte, ...end, reverse }))) {
    seq = Number(value.toString())
    if (seq > maxSeq) continue
    const commit = await commitAt<R>(db, seq)
    for (const record of reverse ? commit.records.toReversed() : commit.records) {
      if (record.actor !== actor || record.rev < fromRev || record.rev > toRev) continue
      if (due !== undefined && record.rev !== due) throw historyBroken(actor, due, record.seq)
      due = reverse ? record.rev - 1 : record.rev + 1
      yield record
      if (--left <= 0) return
    }
  }
  if (reverse && due !== undefined && due >= Math.max(1, fromRev)) throw historyBroken(actor, due, seq)
}

/** The last seq before the log's time first passed `at`. One seek and one commit. */
export async function findSeqAt(db: Database, at: number, headSeq: number): Promise<number> {
  const ms = Math.floor(at)
  const value = await firstOf(db.values({ ...timesAfter(ms), limit: 1 }))
  if (value === undefined) return headSeq
  const key = await floor(db, Number(value.toString()))
  if (key === undefined) throw recordsMissing(1)
  const commit = await commitAt(db, seqOfCommitKey(key))
  const passing = commit.records.find((record) => Math.floor(record.at) > ms)
  if (passing === undefined) throw corruptMeta(`place in time ${at}`)
  return Math.min(passing.seq - 1, headSeq)
}

async function commitAt<R extends LogRecord>(db: Database, seq: number): Promise<DecodedCommit<R>> {
  const bytes = await db.get(commitKey(seq)).catch((error: unknown) => {
    throw unreadable(error)
  })
  if (bytes === undefined) throw recordsMissing(seq)
  return decodeCommit<R>(seq, bytes)
}

/** Key of the commit that holds the seq, if none is missing there. */
function floor(db: Database, seq: number): Promise<string | undefined> {
  return firstOf(db.keys({ gte: COMMITS.gte, lte: commitKey(seq), reverse: true, limit: 1 }))
}

import type { AbstractBatchOperation, AbstractLevel } from 'abstract-level'
import {
  type DecodedCommit,
  decodeCommit,
  decodeSnapshot,
  encodeCommit,
  hashOfCommit,
  NO_HASH,
  prependSnapshot,
} from './codec.ts'
import type { HeadFile } from './head-file.ts'
import {
  actorKey,
  actorOfKey,
  actorsRange,
  COMMITS,
  commitKey,
  historyKey,
  historyRange,
  META,
  seqOfCommitKey,
  snapshotKey,
  TIMES,
  timeKey,
  WAKES,
  wakeKey,
} from './keys.ts'
import { OutcryError } from './outcry-error.ts'
import type {
  ChainDamage,
  ChainReport,
  Checkpoint,
  Commit,
  HistoryOptions,
  LogRecord,
  ReadOptions,
  SnapshotEntry,
  Store,
  StoreHead,
} from './store.ts'

export type Database = AbstractLevel<string | Buffer | Uint8Array, string, Buffer>
type Batch = AbstractBatchOperation<Database, string, Buffer>[]

/** The state of an opened database: see open.ts, which makes it. */
export interface Opened {
  readonly db: Database
  readonly epoch: number
  readonly head: { readonly seq: number; readonly hash: Buffer }
  /** The greatest `at` in the log so far. */
  readonly watermark: number
  readonly headFile: HeadFile | undefined
  readonly snapshotsKept: number
}

/** `Store` on LevelDB, or on anything with its interface. One commit is one value, so a batch has few entries. */
export class LevelStore<R extends LogRecord> implements Store<R> {
  readonly epoch: number
  readonly #db: Database
  readonly #headFile: HeadFile | undefined
  readonly #snapshotsKept: number
  #seq: number
  #hash: Buffer
  #watermark: number
  #fence: OutcryError | undefined
  #closed = false

  constructor({ db, epoch, head, watermark, headFile, snapshotsKept }: Opened) {
    this.#db = db
    this.epoch = epoch
    this.#seq = head.seq
    this.#hash = head.hash
    this.#watermark = watermark
    this.#headFile = headFile
    this.#snapshotsKept = snapshotsKept
  }

  get head(): StoreHead {
    return { seq: this.#seq, hash: this.#hash.toString('hex') }
  }

  async append({ records, snapshots = [] }: Commit<R>): Promise<void> {
    this.#assertWritable()
    this.#assertFollows(records)
    const bytes = encodeCommit(this.epoch, records, this.#hash)
    const hash = hashOfCommit(bytes)
    const first = records[0] as R
    const last = records.at(-1) as R
    const batch: Batch = [put(commitKey(first.seq), bytes), put(META.head, headValue(last.seq, hash))]
    const watermark = this.#index(records, batch)
    for (const entry of snapshots) this.#batchSnapshot(entry, batch)
    await this.#write(batch)
    this.#seq = last.seq
    this.#hash = hash
    this.#watermark = watermark
    this.#headFile?.write(last.seq)
  }

  async *read({
    fromSeq = 1,
    toSeq = this.#seq,
    reverse = false,
    limit = Infinity,
  }: ReadOptions = {}): AsyncIterable<R> {
    this.#assertOpen()
    if (toSeq < fromSeq || limit <= 0) return
    let left = limit
    let link: Buffer | undefined
    const range = { gte: await this.#floor(fromSeq), lte: commitKey(toSeq), reverse }
    for await (const [key, bytes] of readable(this.#db.iterator(range))) {
      const commit = decodeCommit<R>(seqOfCommitKey(key), bytes)
      const broken = link !== undefined && !(reverse ? commit.hash : commit.previous).equals(link)
      if (broken) throw chainBroken(commit.firstSeq)
      link = reverse ? commit.previous : commit.hash
      const records = reverse ? commit.records.toReversed() : commit.records
      for (const record of records) {
        if (record.seq < fromSeq || record.seq > toSeq) continue
        yield record
        if (--left <= 0) return
      }
    }
  }

  async *history(actor: string, options: HistoryOptions = {}): AsyncIterable<R> {
    this.#assertOpen()
    const { fromRev = 1, toRev = Infinity, reverse = false, limit = Infinity } = options
    let left = limit
    if (left <= 0 || toRev < fromRev) return
    const { gte, lt } = historyRange(actor)
    const [start] = await this.#db
      .keys({ gte, lte: historyKey(actor, fromRev), reverse: true, limit: 1 })
      .all()
    const end = toRev === Infinity ? { lt } : { lte: historyKey(actor, toRev) }
    for await (const value of readable(this.#db.values({ gte: start ?? gte, ...end, reverse }))) {
      const commit = await this.#commitAt(Number(value.toString()))
      const records = reverse ? commit.records.toReversed() : commit.records
      for (const record of records) {
        if (record.actor !== actor || record.rev < fromRev || record.rev > toRev) continue
        yield record
        if (--left <= 0) return
      }
    }
  }

  async seqAt(at: number): Promise<number> {
    this.#assertOpen()
    const range = { gte: TIMES.gte, lte: timeKey(Math.max(0, Math.floor(at))), reverse: true, limit: 1 }
    const [value] = await this.#db.values(range).all()
    let seq = value === undefined ? 0 : Number(value.toString())
    // The commit in which the time was passed may begin before it.
    for await (const record of this.read({ fromSeq: seq + 1 })) {
      if (record.at > at) break
      seq = record.seq
    }
    return seq
  }

  snapshot(
    actor: string,
    { maxSeq = Number.MAX_SAFE_INTEGER }: { maxSeq?: number } = {},
  ): SnapshotEntry | undefined {
    this.#assertOpen()
    const bytes = this.#db.getSync(snapshotKey(actor))
    return bytes && decodeSnapshot(actor, bytes, maxSeq)
  }

  async putSnapshots(snapshots: readonly SnapshotEntry[], checkpoint?: Checkpoint): Promise<void> {
    this.#assertWritable()
    const batch: Batch = []
    for (const entry of snapshots) this.#batchSnapshot(entry, batch)
    if (checkpoint !== undefined) batch.push(put(META.checkpoint, json(checkpoint)))
    if (batch.length > 0) await this.#write(batch)
  }

  checkpoint(): Checkpoint | undefined {
    this.#assertOpen()
    const bytes = this.#db.getSync(META.checkpoint)
    return bytes && (JSON.parse(bytes.toString()) as Checkpoint)
  }

  async *actors({
    prefix = '',
    after,
    limit = Infinity,
  }: {
    prefix?: string
    after?: string
    limit?: number
  } = {}) {
    this.#assertOpen()
    let left = limit
    if (left <= 0) return
    for await (const key of readable(this.#db.keys(actorsRange(prefix, after)))) {
      yield actorOfKey(key)
      if (--left <= 0) return
    }
  }

  async *wakes(): AsyncIterable<{ actor: string; at: number }> {
    this.#assertOpen()
    for await (const [key, value] of readable(this.#db.iterator(WAKES)))
      yield { actor: actorOfKey(key), at: Number(value.toString()) }
  }

  async verifyChain(onProgress?: (seq: number) => void): Promise<ChainReport> {
    this.#assertOpen()
    // A running store grows meanwhile; what is read is at least what was there when it began.
    const head = this.#seq
    const damage: ChainDamage[] = []
    let commits = 0
    let records = 0
    let next = 1
    let link: Buffer | undefined = NO_HASH
    try {
      for await (const [key, bytes] of this.#db.iterator(COMMITS)) {
        const seq = seqOfCommitKey(key)
        if (seq !== next) {
          damage.push({ seq: next, code: 'STORE_GAP', message: `records ${next} to ${seq - 1} are missing` })
          link = undefined
        }
        try {
          const commit: DecodedCommit<R> = decodeCommit<R>(seq, bytes)
          if (link !== undefined && !commit.previous.equals(link)) {
            damage.push({
              seq,
              code: 'STORE_CHAIN',
              message: `the commit at seq ${seq} does not follow the one before it`,
            })
          }
          link = commit.hash
          records += commit.records.length
          next = seq + commit.records.length
        } catch (error) {
          damage.push({ seq, code: 'STORE_CHECKSUM', message: (error as Error).message })
          link = undefined
          next = seq + bytes.readUInt32BE(16)
        }
        commits++
        if (commits % 1_000 === 0) onProgress?.(next - 1)
      }
    } catch (error) {
      damage.push({ seq: next, code: 'STORE_UNREADABLE', message: unreadable(error).message })
      return { commits, records, damage }
    }
    if (next - 1 < head) {
      damage.push({ seq: next, code: 'STORE_GAP', message: `records ${next} to ${head} are missing` })
    }
    return { commits, records, damage }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#headFile?.close()
    await this.#db.close()
  }

  /** History, time and actor entries of a commit; returns the new watermark. */
  #index(records: readonly R[], batch: Batch): number {
    const first = String(records[0]!.seq)
    const seen = new Set<string>()
    let watermark = this.#watermark
    for (const { actor, rev, at } of records) {
      if (at > watermark) watermark = at
      if (seen.has(actor)) continue
      seen.add(actor)
      batch.push(put(historyKey(actor, rev), Buffer.from(first)))
      if (rev === 1) batch.push(put(actorKey(actor), Buffer.alloc(0)))
    }
    if (watermark > this.#watermark)
      batch.push(put(timeKey(watermark), Buffer.from(String(records.at(-1)!.seq))))
    return watermark
  }

  #batchSnapshot(entry: SnapshotEntry, batch: Batch): void {
    const key = snapshotKey(entry.actor)
    const older = this.#db.getSync(key)
    batch.push(put(key, prependSnapshot(entry, older, this.#snapshotsKept)))
    if (entry.wake !== undefined) batch.push(put(wakeKey(entry.actor), Buffer.from(String(entry.wake.at))))
    else if (older !== undefined) batch.push({ type: 'del', key: wakeKey(entry.actor) })
  }

  async #write(batch: Batch): Promise<void> {
    const epoch = Number(this.#db.getSync(META.epoch)?.toString())
    if (epoch !== this.epoch) {
      this.#fence = fenced(`epoch ${epoch} has opened the store since, this writer is of epoch ${this.epoch}`)
      throw this.#fence
    }
    try {
      await this.#db.batch(batch, { sync: true } as object)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#fence = fenced(`an earlier write failed: ${reason}`)
      throw new OutcryError(
        'STORE_WRITE_FAILED',
        `the disk refused a write: ${reason}`,
        'Make room or mend the disk, then start again: all that was acknowledged is there.',
        { cause: error },
      )
    }
  }

  async #commitAt(seq: number): Promise<DecodedCommit<R>> {
    const bytes = await this.#db.get(commitKey(seq))
    if (bytes !== undefined) return decodeCommit<R>(seq, bytes)
    throw new OutcryError(
      'STORE_CORRUPT',
      `the commit at seq ${seq}, which an index names, is missing`,
      'Run `outcry verify` to see the extent, and restore from a backup.',
    )
  }

  /** Key of the commit that holds the seq. */
  async #floor(seq: number): Promise<string> {
    const [key] = await this.#db
      .keys({ gte: COMMITS.gte, lte: commitKey(seq), reverse: true, limit: 1 })
      .all()
    return key ?? COMMITS.gte
  }

  #assertOpen(): void {
    if (!this.#closed) return
    throw new OutcryError('STORE_CLOSED', 'the store is closed', 'Open it again.')
  }

  #assertWritable(): void {
    this.#assertOpen()
    if (this.#fence) throw this.#fence
  }

  #assertFollows(records: readonly R[]): void {
    let next = this.#seq + 1
    for (const { seq } of records) {
      if (seq !== next) throw gap(next, seq)
      next++
    }
    if (next === this.#seq + 1) throw gap(next, undefined)
  }
}

function put(key: string, value: Buffer): Batch[number] {
  return { type: 'put', key, value }
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

export function headValue(seq: number, hash: Buffer): Buffer {
  return json({ seq, hash: hash.toString('hex') })
}

function gap(expected: number, found: number | undefined): OutcryError {
  return new OutcryError(
    'STORE_GAP',
    found === undefined ? 'a commit without records' : `a commit has seq ${found} where ${expected} is due`,
    'Append records in order, from head.seq + 1, each once.',
  )
}

function fenced(what: string): OutcryError {
  return new OutcryError('STORE_FENCED', `the store takes no writes: ${what}`, 'Close it and start again.')
}

function chainBroken(seq: number): OutcryError {
  return new OutcryError(
    'STORE_CORRUPT',
    `the commit at seq ${seq} does not follow its neighbour: a commit between them was lost or exchanged`,
    'Run `outcry verify` to see the extent, and restore from a backup.',
  )
}

/** LevelDB finds damage of its own while it reads. */
async function* readable<T>(items: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = items[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await iterator.next().catch((error: unknown) => {
        throw unreadable(error)
      })
      if (next.done) return
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
}

function unreadable(error: unknown): OutcryError {
  return new OutcryError(
    'STORE_CORRUPT',
    `LevelDB cannot read the log on: ${error instanceof Error ? error.message : String(error)}`,
    'Run `outcry verify` to see the extent, and restore from a backup.',
    { cause: error },
  )
}

import { isOutcryError, OutcryError } from '../../errors/outcry-error.ts'
import { Distribution } from '../distribution.ts'
import type {
  ActorsOptions,
  ChainReport,
  Checkpoint,
  Commit,
  CutCommit,
  HistoryOptions,
  Interruptible,
  LogCut,
  LogRecord,
  Paced,
  PositionEntry,
  Quiet,
  ReadOptions,
  RecordCodec,
  SeqAtOptions,
  SnapshotEntry,
  SnapshotsOptions,
  Store,
  StoreEntry,
  StoreFigures,
  StoreHead,
  VerifyChainOptions,
} from '../store.ts'
import { ARCHIVED, type Archive } from './archive.ts'
import { archiveCommits } from './archiver.ts'
import { verifyCommits } from './chain.ts'
import { assertNames, encodeCommit, type StoreName, shortIdOf } from './codec/commit-codec.ts'
import { decodeBase, encodeBase, encodeCut } from './codec/cut-codec.ts'
import { corruptMeta, logCut, readSync, storeClosed } from './codec/damage.ts'
import { type Batch, type Database, json, type Write, writeSynced } from './codec/database.ts'
import {
  actorOfKey,
  actorsRange,
  COMMITS,
  commitKey,
  isCommitKey,
  META,
  nameOfPositionKey,
  POSITIONS,
  pastKey,
  pastRange,
  positionKey,
  seqOfCommitKey,
  snapshotKey,
  WAKES,
  wakeKey,
} from './codec/keys.ts'
import { decodePosition, encodePosition } from './codec/position-codec.ts'
import { decodeSnapshot, endWith, historyEnd, insertSnapshot } from './codec/snapshot-codec.ts'
import { type HistoryEnd, NO_HISTORY } from './codec/snapshot-history.ts'
import { batchCommit, type LogEnd, notedHead } from './commit-batch.ts'
import { type Claim, fenced, outdated } from './folder/claim.ts'
import type { HistoryIndex } from './history-index.ts'
import { LogReader } from './log-reader.ts'
import { CUT_FORMAT } from './log-state.ts'
import { commitBegins, commitEnds, Pace } from './pace.ts'
import { firstOf, readable } from './readable.ts'
import { keysBefore, piecesOf } from './sweep.ts'
import { TypeCover } from './type-cover.ts'
import type { TypeIndex } from './type-index.ts'

/** Commits removed from the database at once after they were archived. */
const PRUNED_AT_ONCE = 256

/** The upper bounds of the classes of the bytes of a commit. */
const COMMIT_BYTES = [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216]
/** The upper bounds of the classes of the time of a synced write, in seconds. */
const SYNC_SECONDS = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10]

/** The hold of a store on its folder: see Claim. */
export type StoreClaim = Pick<
  Claim,
  'assertPlace' | 'assertPlaceIfDue' | 'assertHeld' | 'acknowledge' | 'closeHead' | 'release'
> & {
  /** True where the store is a copy that takes no writes. */
  readonly isForReading?: boolean
}

/** The state of an opened database: open.ts makes it. */
export interface Opened<R extends LogRecord> {
  readonly db: Database
  readonly codec: RecordCodec<R>
  readonly name: StoreName
  readonly index: HistoryIndex
  readonly types: TypeIndex
  /** Undefined for a store that has no folder. */
  readonly archive: Archive | undefined
  readonly epoch: number
  readonly end: LogEnd
  /** Undefined for a store that has no folder. */
  readonly claim: StoreClaim | undefined
  readonly snapshotsKept: number
}

/**
 * Implements `Store` on LevelDB, or on another database with its interface. One commit is one value, so a batch has few
 * entries.
 */
export class LevelStore<R extends LogRecord> implements Store<R> {
  readonly epoch: number
  readonly shortId: string
  readonly figures: StoreFigures = {
    commitBytes: new Distribution(COMMIT_BYTES),
    syncSeconds: new Distribution(SYNC_SECONDS),
  }
  readonly #db: Database
  readonly #codec: RecordCodec<R>
  readonly #name: StoreName
  readonly #index: HistoryIndex
  readonly #types: TypeIndex
  readonly #reader: LogReader<R>
  readonly #archive: Archive | undefined
  readonly #claim: StoreClaim | undefined
  readonly #snapshotsKept: number
  #end: LogEnd
  /** The last cut that `nextCut` returned. */
  #offered: LogCut | undefined
  /** Number of readers of everything, which need what lies before a cut that is made meanwhile. */
  #wholeReaders = 0
  /** First seq of the cut before which everything is removed. */
  #sweptTo: number | undefined
  #fence: OutcryError | undefined
  #closing: Promise<void> | undefined
  /** Covers the older part of the log in the index by type. */
  readonly #covering: TypeCover<R>
  /** Settles with the last requested write. Writes run one after the other. */
  #writes: Promise<unknown> = Promise.resolve()

  constructor({ db, codec, name, index, types, archive, epoch, end, claim, snapshotsKept }: Opened<R>) {
    this.#db = db
    this.#codec = codec
    this.#name = name
    this.#index = index
    this.#types = types
    this.#archive = archive
    this.#reader = new LogReader(db, codec, name, index, archive)
    this.#covering = new TypeCover(
      this.#reader,
      types,
      (entries, from) =>
        this.#inTurn(() => {
          const typed = [from, types.to] as const
          return this.#write([...entries, notedHead(this.#end, index.writtenTo(this.#end.seq), typed)])
        }),
      () => this.#firstSeq,
    )
    this.epoch = epoch
    this.shortId = shortIdOf(name.id)
    this.#end = end
    this.#claim = claim
    this.#snapshotsKept = snapshotsKept
  }

  get head(): StoreHead {
    return { seq: this.#end.seq, hash: this.#end.hash.toString('hex') }
  }

  append({ records, snapshots = [], positions = [], cut }: Commit<R>): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertFollows(records)
      const cutWrites = cut === undefined ? [] : this.#cutWrites(cut)
      const snapshotWrites = snapshots.length === 0 ? [] : await this.#snapshotWrites(snapshots)
      const bytes = encodeCommit(this.#codec, this.#name, this.epoch, records, this.#end.hash)
      // The index gives up the postings that it puts into the batch. From here on, every failure must fence the store.
      const { batch, end } = batchCommit(this.#end, this.#index, this.#types, bytes, records)
      for (const entry of positions) batch.push([positionKey(entry.name), encodePosition(entry)])
      commitBegins()
      try {
        await this.#write([...batch, ...snapshotWrites, ...cutWrites], end.seq)
      } finally {
        commitEnds()
      }
      this.figures.commitBytes.note(bytes.length)
      this.#end = end
      this.#index.add(records)
      this.#types.add(records)
      if (cut !== undefined && this.#archive !== undefined) this.#archive.cut = cut.at
    })
  }

  async *read({ fromSeq, toSeq = this.#end.seq, ...options }: ReadOptions = {}): AsyncIterable<R> {
    this.#assertOpen()
    const { cut } = this
    // A reader that goes backwards page by page ends behind the first record.
    if (cut !== undefined && (fromSeq ?? toSeq + 1) < cut.firstSeq) throw logCut(cut)
    const first = this.#firstSeq
    const range = { fromSeq: Math.max(first, fromSeq ?? first), toSeq: Math.min(toSeq, this.#end.seq) }
    const { emitting } = options
    if (emitting === undefined) {
      yield* this.#reader.records({ ...range, ...options })
      return
    }
    if (range.fromSeq < this.#types.from) this.#cover()
    yield* this.#reader.emitting(this.#types, { ...options, ...range, emitting })
  }

  async *history(actor: string, options: HistoryOptions = {}): AsyncIterable<R> {
    this.#assertOpen()
    const { cut } = this
    const firstSeq = this.#firstSeq
    const firstRev = cut === undefined ? 1 : ((await this.#base(actor, firstSeq))?.rev ?? 0) + 1
    const { fromRev = firstRev, toSeq = firstSeq } = options
    if (cut !== undefined && firstRev > 1 && (Math.max(1, fromRev) < firstRev || toSeq < firstSeq - 1))
      throw logCut(cut)
    yield* this.#reader.history(actor, options, this.#end.seq, { firstSeq, firstRev })
  }

  async seqAt(at: number, options?: SeqAtOptions): Promise<number> {
    this.#assertOpen()
    const { cut } = this
    if (cut !== undefined && Math.floor(at) < cut.passedAt) throw logCut(cut)
    return this.#reader.seqAt(at, this.#end.seq, options)
  }

  async nextQuiet(at: number, ms: number, options: Paced = {}): Promise<Quiet | undefined> {
    this.#assertOpen()
    return this.#reader.nextQuiet(at, ms, new Pace(options))
  }

  async emittedTypes(): Promise<readonly string[] | undefined> {
    this.#assertOpen()
    if (this.#types.from <= this.#firstSeq) return this.#types.types()
    this.#cover()
    return undefined
  }

  snapshot(
    actor: string,
    { maxSeq = Number.MAX_SAFE_INTEGER }: { maxSeq?: number } = {},
  ): SnapshotEntry | undefined {
    const bytes = this.#get(snapshotKey(actor))
    return bytes && decodeSnapshot(actor, bytes, maxSeq)
  }

  async *snapshots(
    actor: string,
    { maxSeq = Number.MAX_SAFE_INTEGER, signal }: SnapshotsOptions = {},
  ): AsyncIterable<SnapshotEntry> {
    const pace = new Pace({ signal })
    const latest = this.#get(snapshotKey(actor))
    let below = maxSeq
    for (let entry: SnapshotEntry | undefined; latest !== undefined; below = entry.seq - 1) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      entry = decodeSnapshot(actor, latest, below)
      if (entry === undefined) break
      yield entry
    }
    // The snapshots in the place of deleted records are not noted in the latest.
    const end = latest === undefined ? NO_HISTORY : historyEnd(actor, latest)
    if (end?.seq === 0 && this.cut === undefined) return
    // A snapshot that was among the latest a moment ago may be here by now.
    for await (const bytes of readable(this.#db.values({ ...pastRange(actor, below), reverse: true }))) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      const entry = decodeSnapshot(actor, bytes, below)
      if (entry !== undefined) yield entry
    }
  }

  putSnapshots(snapshots: readonly SnapshotEntry[], checkpoint?: Checkpoint): Promise<void> {
    return this.#inTurn(async () => {
      const batch = await this.#snapshotWrites(snapshots)
      if (checkpoint !== undefined) batch.push([META.checkpoint, json(checkpoint)])
      if (batch.length > 0) await this.#write(batch)
    })
  }

  checkpoint(): Checkpoint | undefined {
    const bytes = this.#get(META.checkpoint)
    // Nothing else says what the deleted records led to.
    if (bytes === undefined) return this.base()
    try {
      return JSON.parse(bytes.toString()) as Checkpoint
    } catch {
      throw corruptMeta('checkpoint')
    }
  }

  position(name: string): PositionEntry | undefined {
    const bytes = this.#get(positionKey(name))
    return bytes && decodePosition(name, bytes)
  }

  async *positions(): AsyncIterable<PositionEntry> {
    this.#assertOpen()
    for await (const [key, bytes] of readable(this.#db.iterator(POSITIONS)))
      yield decodePosition(nameOfPositionKey(key), bytes)
  }

  putPositions(positions: readonly PositionEntry[], forgotten: readonly string[] = []): Promise<void> {
    return this.#inTurn(async () => {
      const batch: Batch = positions.map((entry) => [positionKey(entry.name), encodePosition(entry)])
      for (const name of forgotten) batch.push([positionKey(name), undefined])
      if (batch.length > 0) await this.#write(batch)
    })
  }

  async *actors({ prefix = '', after, limit = Infinity, signal }: ActorsOptions = {}) {
    this.#assertOpen()
    const pace = new Pace({ signal })
    let left = limit
    if (left <= 0) return
    for await (const key of readable(this.#db.keys(actorsRange(prefix, after)))) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      yield actorOfKey(key)
      if (--left <= 0) return
    }
  }

  async *wakes(): AsyncIterable<{ actor: string; at: number }> {
    this.#assertOpen()
    for await (const [key, value] of readable(this.#db.iterator(WAKES)))
      yield { actor: actorOfKey(key), at: Number(value.toString()) }
  }

  get hotFrom(): number {
    return this.#archive?.hotFrom ?? 1
  }

  async archive(toSeq: number): Promise<number> {
    this.#assertOpen()
    const archive = this.#archive
    if (archive === undefined) throw noArchive()
    this.#claim?.assertPlace()
    // Postings not yet written must be found again in the commits themselves. The last commit marks the log's end.
    const { seq } = this.#end
    const limit = Math.min(toSeq, this.checkpoint()?.seq ?? 0, this.#index.writtenTo(seq), seq - 1)
    await archiveCommits(this.#reader, archive, limit)
    await this.#pruneArchived(archive)
    return archive.hotFrom
  }

  get cut(): LogCut | undefined {
    return this.#archive?.cut
  }

  get #firstSeq(): number {
    return this.cut?.firstSeq ?? 1
  }

  base(): Checkpoint | undefined {
    return this.cut && decodeBase(this.#get(META.base))
  }

  async nextCut(toSeq: number): Promise<LogCut | undefined> {
    this.#assertOpen()
    const archive = this.#archive
    if (archive === undefined) return undefined
    const { cut } = this
    const firstSeq = this.#firstSeq
    const limit = Math.min(toSeq, this.checkpoint()?.seq ?? 0, archive.hotFrom - 1)
    if (limit < firstSeq) return undefined
    const { lastSeq } = await archive.file(firstSeq)
    if (lastSeq > limit) return undefined
    let previous: Buffer | undefined
    let passedAt = cut?.passedAt ?? -1
    let beganAt = cut?.beganAt
    for await (const { records, hash } of this.#reader.commits(firstSeq, lastSeq, false, inBackground())) {
      previous = hash
      beganAt ??= records[0]?.at
      for (const { at } of records) passedAt = Math.max(passedAt, Math.floor(at))
    }
    for await (const { records } of this.#reader.commits(lastSeq + 1, lastSeq + 1, false, inBackground())) {
      const first = records.find(({ seq }) => seq === lastSeq + 1) as R
      this.#offered = {
        firstSeq: first.seq,
        firstAt: first.at,
        beganAt: beganAt ?? first.at,
        previous: (previous as Buffer).toString('hex'),
        passedAt,
      }
      return this.#offered
    }
    return undefined
  }

  putBases(snapshots: readonly SnapshotEntry[]): Promise<void> {
    return this.#inTurn(async () => {
      const batch = snapshots.map((entry): Write => {
        const { bytes } = insertSnapshot(entry, undefined, 1)
        return [pastKey(entry.actor, entry.seq), bytes]
      })
      if (batch.length > 0) await this.#write(batch)
    })
  }

  async sweep(): Promise<void> {
    this.#assertOpen()
    const { cut } = this
    // A reader of everything still reads what was there when it began.
    if (cut === undefined || this.#wholeReaders > 0 || this.#sweptTo === cut.firstSeq) return
    this.#claim?.assertPlace()
    await this.#archive?.removeCut()
    const remove = (keys: readonly string[]) =>
      this.#inTurn(() => this.#write(keys.map((key): Write => [key, undefined])))
    for await (const keys of piecesOf(keysBefore(this.#db, cut))) await remove(keys)
    this.#sweptTo = cut.firstSeq
  }

  /** Returns the writes of a cut that `nextCut` has returned. */
  #cutWrites({ at, state }: CutCommit): Batch {
    const offered = this.#offered
    if (offered === undefined || offered.firstSeq !== at.firstSeq || offered.previous !== at.previous)
      throw notOffered(at)
    return [
      [META.cut, encodeCut(at)],
      [META.base, encodeBase({ seq: at.firstSeq - 1, state })],
      [META.format, json(CUT_FORMAT)],
    ]
  }

  /** Returns the actor's snapshot as of its last record before `firstSeq`. */
  async #base(actor: string, firstSeq: number): Promise<SnapshotEntry | undefined> {
    for await (const entry of this.snapshots(actor, { maxSeq: firstSeq - 1 })) return entry
    return undefined
  }

  async *entries({ signal }: Interruptible = {}): AsyncIterable<StoreEntry> {
    this.#assertOpen()
    const pace = new Pace({ signal })
    // Files come first, then the entries that they lack. A commit archived meanwhile is in both. The iterator is a
    // snapshot.
    const { hotFrom } = this
    const first = this.#firstSeq
    const iterator = this.#db.iterator()
    this.#wholeReaders++
    try {
      for (let next = first; next < hotFrom; ) {
        const rest = pace.step()
        if (rest !== undefined) await rest
        const { name, bytes, lastSeq } = await (this.#archive as Archive).file(next)
        yield [`${ARCHIVED}${name}`, bytes]
        next = lastSeq + 1
      }
      for await (const entry of readable(iterator)) {
        const rest = pace.step()
        if (rest !== undefined) await rest
        if (isCommitKey(entry[0])) assertNames(this.#name, seqOfCommitKey(entry[0]), entry[1])
        yield entry
      }
    } finally {
      this.#wholeReaders--
      await iterator.close()
    }
  }

  async verifyChain(options: VerifyChainOptions<R> = {}): Promise<ChainReport> {
    this.#assertOpen()
    this.#wholeReaders++
    try {
      return await verifyCommits({
        db: this.#db,
        codec: this.#codec,
        name: this.#name,
        index: this.#index,
        types: this.#types,
        archive: this.#archive,
        cut: this.cut,
        head: this.head,
        ...options,
      })
    } finally {
      this.#wholeReaders--
    }
  }

  /** Begins to cover the log in the index by type. What is covered in a copy would be lost with it. */
  #cover(): void {
    if (!this.#claim?.isForReading) this.#covering.start()
  }

  /** Removes archived commits bit by bit, so that no commit waits for long. */
  async #pruneArchived({ hotFrom }: Archive): Promise<void> {
    for (;;) {
      const range = { gte: COMMITS.gte, lt: commitKey(hotFrom), limit: PRUNED_AT_ONCE }
      const keys = await this.#db.keys(range).all()
      if (keys.length === 0) return
      await this.#inTurn(() =>
        this.#write([...keys.map((key): Write => [key, undefined]), [META.live, json(hotFrom)]]),
      )
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeInTurn()
    return this.#closing
  }

  async #closeInTurn(): Promise<void> {
    await this.#covering.stop()
    await this.#writes
    // An opening without it reads the last records instead.
    await this.#writeIndex().catch(() => {})
    await this.#close()
  }

  /** Writes the places in the index that are only in memory. A store in memory has no opening that would read them. */
  async #writeIndex(): Promise<void> {
    if (this.#claim === undefined || this.#fence !== undefined) return
    const batch: Batch = []
    const indexed = this.#index.flush(batch, this.#end.seq, 0)
    if (batch.length === 0) return
    await this.#write([...batch, notedHead(this.#end, indexed, [this.#types.from, this.#types.to])])
  }

  async #close(): Promise<void> {
    // The next writer still uses the same database in memory.
    if (this.#claim === undefined && this.#db.status === 'open' && this.#epochNow() !== this.epoch) return
    try {
      this.#claim?.closeHead()
    } finally {
      await this.#db.close().finally(() => this.#claim?.release())
    }
  }

  /** Runs a write after all earlier ones, so that it sees their effects. */
  #inTurn(write: () => Promise<void>): Promise<void> {
    if (this.#closing) return Promise.reject(storeClosed())
    const done = this.#writes.then(() => {
      if (this.#fence) throw this.#fence
      return write()
    })
    this.#writes = done.catch(() => {})
    return done
  }

  #get(key: string): Buffer | undefined {
    this.#assertOpen()
    return readSync(() => this.#db.getSync(key))
  }

  /** Returns the puts for these snapshots. @throws STORE_CORRUPT when an older snapshot of the same actor is damaged */
  async #snapshotWrites(snapshots: readonly SnapshotEntry[]): Promise<Batch> {
    const batch: Batch = []
    for (const entry of latestOfEach(snapshots)) {
      const { actor, wake } = entry
      const key = snapshotKey(actor)
      const others = readSync(() => this.#db.getSync(key))
      const end =
        others === undefined ? NO_HISTORY : (historyEnd(actor, others) ?? (await this.#readEnd(actor)))
      const { bytes, newest, retired } = insertSnapshot(entry, others, this.#snapshotsKept, end)
      batch.push([key, bytes])
      for (const { seq, bytes } of retired) batch.push([pastKey(actor, seq), bytes])
      if (!newest) continue
      if (wake !== undefined) batch.push([wakeKey(actor), Buffer.from(String(wake.at))])
      else if (others !== undefined) batch.push([wakeKey(actor), undefined])
    }
    return batch
  }

  /**
   * Reads where the actor's history of snapshots ends. Needed when an older Outcry wrote its latest, which do not say
   * so.
   */
  async #readEnd(actor: string): Promise<HistoryEnd> {
    const range = { ...pastRange(actor, Number.MAX_SAFE_INTEGER), reverse: true, limit: 1 }
    const bytes = await firstOf(this.#db.values(range))
    return bytes === undefined ? NO_HISTORY : endWith(actor, bytes)
  }

  /** Writes a batch. `acknowledged` is the last seq that is safe once it is written. */
  async #write(batch: Batch, acknowledged?: number): Promise<void> {
    try {
      const claim = this.#claim
      // In memory the epoch is in the database.
      if (claim === undefined) this.#assertEpoch()
      else claim.assertPlaceIfDue()
      const beganAt = performance.now()
      await writeSynced(this.#db, batch)
      this.figures.syncSeconds.note((performance.now() - beganAt) / 1_000)
      if (claim === undefined) this.#assertEpoch()
      else claim.assertHeld()
      if (acknowledged !== undefined) claim?.acknowledge(acknowledged)
    } catch (error) {
      if (isOutcryError(error, 'STORE_FENCED')) {
        this.#fence = error
        throw error
      }
      const reason = error instanceof Error ? error.message : String(error)
      this.#fence = fenced(`an earlier write failed: ${reason}`)
      throw new OutcryError(
        'STORE_WRITE_FAILED',
        `the disk refused a write: ${reason}`,
        'Make room or repair the disk, then start again: the log has all acknowledged records.',
        { cause: error },
      )
    }
  }

  /** Checks that no other writer has come since (law 9). @throws STORE_FENCED */
  #assertEpoch(): void {
    const epoch = this.#epochNow()
    if (epoch !== this.epoch) throw fenced(outdated(epoch, this.epoch))
  }

  #epochNow(): number {
    return Number(this.#db.getSync(META.epoch)?.toString())
  }

  #assertOpen(): void {
    if (this.#closing) throw storeClosed()
  }

  #assertFollows(records: readonly R[]): void {
    let next = this.#end.seq + 1
    for (const { seq } of records) {
      if (seq !== next) throw gap(next, seq)
      next++
    }
    if (next === this.#end.seq + 1) throw gap(next, undefined)
  }
}

function inBackground(): Pace {
  return new Pace({ inBackground: true })
}

function notOffered({ firstSeq }: LogCut): OutcryError {
  return new OutcryError(
    'STORE_GAP',
    `the log cannot be cut at seq ${firstSeq}`,
    'Cut it where nextCut has said last.',
  )
}

function noArchive(): OutcryError {
  return new OutcryError(
    'STORE_NO_ARCHIVE',
    'a store in memory has no archive',
    'Archive a store in a folder.',
  )
}

function gap(expected: number, found: number | undefined): OutcryError {
  return new OutcryError(
    'STORE_GAP',
    found === undefined ? 'a commit without records' : `a commit has seq ${found} where ${expected} is due`,
    'Append records in order, from head.seq + 1, each once.',
  )
}

/**
 * Returns the latest snapshot of each actor. A commit may bring several, and each is merged with those in the database
 * alone.
 */
function latestOfEach(snapshots: readonly SnapshotEntry[]): Iterable<SnapshotEntry> {
  if (snapshots.length < 2) return snapshots
  const latest = new Map<string, SnapshotEntry>()
  for (const entry of snapshots) {
    const other = latest.get(entry.actor)
    if (other === undefined || other.seq <= entry.seq) latest.set(entry.actor, entry)
  }
  return latest.values()
}

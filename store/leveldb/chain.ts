/** Reads a whole log and lists its damage. It reads on behind each damaged place. */

import { isOutcryError } from '../../errors/outcry-error.ts'
import type {
  ChainDamage,
  ChainReport,
  LogCut,
  LogRecord,
  RecordCodec,
  SnapshotEntry,
  StoreHead,
  VerifyChainOptions,
} from '../store.ts'
import type { Archive } from './archive.ts'
import {
  countOfCommit,
  type DecodedCommit,
  decodeCommit,
  NO_HASH,
  type StoreName,
} from './codec/commit-codec.ts'
import { decodeBase } from './codec/cut-codec.ts'
import { corruptSnapshot, unreadable } from './codec/damage.ts'
import type { Database } from './codec/database.ts'
import {
  actorKey,
  actorOfKey,
  actorOfPastKey,
  actorsRange,
  COMMITS,
  commitKey,
  META,
  nameOfPositionKey,
  PASTS,
  POSITIONS,
  pastRange,
  SNAPSHOTS,
  seqOfCommitKey,
  seqOfPastKey,
  snapshotKey,
  WAKES,
} from './codec/keys.ts'
import { decodePosition } from './codec/position-codec.ts'
import { decodeSnapshot } from './codec/snapshot-codec.ts'
import type { HistoryIndex, Posting } from './history-index.ts'
import { LogReader } from './log-reader.ts'
import { Pace } from './pace.ts'
import { PostingDigest } from './posting-digest.ts'
import { firstOf, readable } from './readable.ts'
import { firstOfWindow, noteIn, type TypeIndex, WINDOW_RECORDS, type Window, windowOf } from './type-index.ts'

const PROGRESS_RECORDS = 10_000
/** Most places reported for one kind of damage that any actor may have. More of them tell a reader nothing new. */
const MENDABLE_MAX = 1_000

export interface Chain<R extends LogRecord> extends VerifyChainOptions<R> {
  readonly db: Database
  readonly codec: RecordCodec<R>
  readonly name: StoreName
  /** Not checked when left out. */
  readonly index?: HistoryIndex
  /** Not checked when left out. */
  readonly types?: TypeIndex
  readonly archive: Archive | undefined
  /** The beginning of the log, once records were deleted. */
  readonly cut?: LogCut | undefined
  /** The end of the log when the check begins. A running store may grow meanwhile. */
  readonly head: Pick<StoreHead, 'seq'> & Partial<StoreHead>
}

/** Checks every commit, the index and the snapshots. @throws STORE_CLOSED, READ_ABORTED, and the errors of `onRecords` */
export function verifyCommits<R extends LogRecord>(chain: Chain<R>): Promise<ChainReport> {
  return new ChainWalk(chain).run()
}

class ChainWalk<R extends LogRecord> {
  readonly #db: Database
  readonly #codec: RecordCodec<R>
  readonly #name: StoreName
  readonly #index: HistoryIndex | undefined
  readonly #types: TypeIndex | undefined
  /** The types of the windows that the walk is in. */
  readonly #windows = new Map<number, Window>()
  readonly #archive: Archive | undefined
  readonly #cut: LogCut | undefined
  /** The first rev that there is of each actor, in a log that was cut. */
  readonly #firstRevs = new Map<string, number>()
  readonly #head: Chain<R>['head']
  readonly #onProgress: Chain<R>['onProgress']
  readonly #onRecords: Chain<R>['onRecords']
  readonly #damage: ChainDamage[] = []
  readonly #expected = new PostingDigest()
  readonly #pace: Pace
  /** Number of places reported for each kind of damage that any actor may have. */
  readonly #mendable = new Map<string, number>()
  #commits = 0
  #records = 0
  /** Number of records at the last progress report. */
  #told = 0
  /** Seq at which the next commit must begin. Undefined behind a commit whose length cannot be trusted. */
  #next: number | undefined
  /** Hash that the next commit must name. Undefined when the commit before it is damaged. */
  #link: Buffer | undefined
  /** Set when the caller's own function has thrown. That is no damage. */
  #ofCaller: { readonly error: unknown } | undefined

  constructor({
    db,
    codec,
    name,
    index,
    types,
    archive,
    cut,
    head,
    onProgress,
    onRecords,
    signal,
  }: Chain<R>) {
    this.#db = db
    this.#pace = new Pace({ signal })
    this.#codec = codec
    this.#name = name
    this.#index = index
    this.#types = types
    this.#archive = archive
    this.#cut = cut
    this.#next = cut?.firstSeq ?? 1
    this.#link = cut === undefined ? NO_HASH : Buffer.from(cut.previous, 'hex')
    this.#head = head
    this.#onProgress = onProgress
    this.#onRecords = onRecords
  }

  async run(): Promise<ChainReport> {
    if (this.#archive !== undefined) await this.#walkArchive(this.#archive)
    let from: string | undefined = commitKey(this.#next ?? this.#archive?.hotFrom ?? this.#firstSeq)
    while (from !== undefined) {
      let read = from
      try {
        for await (const [key, bytes] of this.#db.iterator({ gte: from, lt: COMMITS.lt })) {
          read = key
          await this.#take(key, bytes)
        }
        break
      } catch (error) {
        this.#assertOfStore(error)
        from = await this.#stepOver(read, error)
      }
    }
    this.#checkEnd()
    await this.#reporting('STORE_INDEX', () => this.#checkIndex())
    await this.#reporting('STORE_SNAPSHOT', () => this.#checkSnapshots())
    const cut = this.#cut
    if (cut !== undefined) await this.#reporting('STORE_SNAPSHOT', () => this.#checkBases(cut))
    await this.#reporting('STORE_POSITION', () => this.#checkPositions())
    return { commits: this.#commits, records: this.#records, damage: this.#damage }
  }

  get #firstSeq(): number {
    return this.#cut?.firstSeq ?? 1
  }

  /** Reads the archive. `hotFrom` may grow meanwhile: what the archive has gained by then is read there, too. */
  async #walkArchive(archive: Archive): Promise<void> {
    for (let next = this.#firstSeq; next < archive.hotFrom; next = this.#next ?? archive.hotFrom) {
      try {
        for (const { seq, bytes } of await archive.from(next)) await this.#take(commitKey(seq), bytes)
      } catch (error) {
        this.#assertOfStore(error)
        this.#report(next, 'STORE_ARCHIVE', (error as Error).message)
        this.#link = undefined
        // Goes on with the next file that exists.
        this.#next = archive.segments.find(({ firstSeq }) => firstSeq > next)?.firstSeq ?? archive.hotFrom
      }
    }
  }

  async #take(key: string, bytes: Buffer): Promise<void> {
    const rest = this.#pace.step()
    if (rest !== undefined) await rest
    const seq = seqOfCommitKey(key)
    if (this.#next !== undefined && seq !== this.#next) this.#gap(seq)
    this.#commits++
    let commit: DecodedCommit<R>
    try {
      commit = decodeCommit(this.#codec, this.#name, seq, bytes)
    } catch (error) {
      this.#report(seq, 'STORE_CHECKSUM', (error as Error).message)
      this.#next = undefined
      this.#link = undefined
      return
    }
    if (this.#link !== undefined && !commit.previous.equals(this.#link)) {
      this.#report(seq, 'STORE_CHAIN', `the commit at seq ${seq} does not follow the one before it`)
    }
    this.#link = commit.hash
    this.#next = seq + commit.records.length
    this.#records += commit.records.length
    await this.#noteActors(commit)
    await this.#noteTypes(commit)
    const { seq: end, hash = commit.hash.toString('hex') } = this.#head
    if (this.#next - 1 === end && commit.hash.toString('hex') !== hash) {
      this.#report(seq, 'STORE_CHAIN', `the log does not end with the commit that was written last`)
    }
    try {
      if (this.#damage.length === 0) await this.#onRecords?.(commit.records)
      if (this.#records < this.#told + PROGRESS_RECORDS) return
      this.#told = this.#records
      this.#onProgress?.(this.#next - 1)
    } catch (error) {
      this.#ofCaller = { error }
      throw error
    }
  }

  /**
   * Notes where the index must lead for each actor of the commit, and checks that new actors are in the list of actors.
   */
  async #noteActors(commit: DecodedCommit<R>): Promise<void> {
    for (const { actor, posting } of postingsOf(commit)) this.#expected.add(actor, posting)
    const { firstSeq, records } = commit
    if (this.#cut !== undefined)
      for (const { actor, rev } of records) if (!this.#firstRevs.has(actor)) this.#firstRevs.set(actor, rev)
    const born = records.filter(({ rev }) => rev === 1).map(({ actor }) => actor)
    if (born.length === 0) return
    await this.#reporting('STORE_INDEX', async () => {
      const listed = await this.#db.getMany(born.map(actorKey))
      for (const [i, actor] of born.entries()) {
        if (listed[i] !== undefined) continue
        this.#report(firstSeq, 'STORE_INDEX', `${actor} is not in the list of actors`)
      }
    })
  }

  /** Checks for each window that the walk has left that its types are found in it. */
  async #noteTypes({ records }: DecodedCommit<R>): Promise<void> {
    const types = this.#types
    if (types === undefined) return
    for (const record of records) noteIn(this.#windows, record)
    const current = windowOf(this.#next as number)
    for (const [window, expected] of this.#windows) {
      if (window === current) continue
      this.#windows.delete(window)
      const first = firstOfWindow(window)
      const last = first + WINDOW_RECORDS - 1
      if (first < types.from || last > types.to) continue
      await this.#reporting('STORE_INDEX', async () => {
        const lacks = await types.lacking(window, expected)
        if (lacks === undefined) return
        this.#report(
          first,
          'STORE_INDEX',
          `records ${first} to ${last} are not all found by the type ${lacks}`,
        )
      })
    }
  }

  /**
   * Checks the index, because a posting that it lacks is a hole in a history. Runs only when the log itself is whole.
   */
  async #checkIndex(): Promise<void> {
    const index = this.#index
    if (this.#damage.length > 0 || index === undefined) return
    const end = (this.#next as number) - 1
    const found = new PostingDigest()
    for await (const { actor, posting } of index.all()) {
      const rest = this.#pace.step()
      if (rest !== undefined) await rest
      if (posting.seq <= end && posting.seq >= this.#firstSeq) found.add(actor, posting)
    }
    const isSuspect = this.#expected.differing(found)
    if (isSuspect === undefined) return
    const missing = new Map<string, { actor: string; rev: number; seq: number }>()
    const reader = new LogReader(this.#db, this.#codec, this.#name, index, this.#archive)
    for await (const commit of reader.commits(this.#firstSeq, end, false, this.#pace)) {
      for (const { actor, posting } of postingsOf(commit)) {
        if (isSuspect(actor, posting))
          missing.set(`${actor} ${posting.rev} ${posting.seq}`, { actor, ...posting })
      }
    }
    for await (const { actor, posting } of index.all()) {
      const rest = this.#pace.step()
      if (rest !== undefined) await rest
      if (posting.seq > end || posting.seq < this.#firstSeq || !isSuspect(actor, posting)) continue
      if (missing.delete(`${actor} ${posting.rev} ${posting.seq}`)) continue
      this.#report(
        posting.seq,
        'STORE_INDEX',
        `the index finds rev ${posting.rev} of ${actor} where it is not`,
      )
    }
    for (const { actor, rev, seq } of missing.values()) {
      this.#report(seq, 'STORE_INDEX', `rev ${rev} of ${actor} is not found through its index`)
    }
  }

  /**
   * Checks that every snapshot can be read, and that the list of wakes agrees with them. Both lists are in the same
   * order.
   */
  async #checkSnapshots(): Promise<void> {
    // Without a LevelDB snapshot, writes in between would make the lists differ.
    const snapshot = this.#db.snapshot()
    const wakes = readable(this.#db.iterator({ ...WAKES, snapshot }))
    try {
      let wake = await nextWake(wakes)
      for await (const [key, bytes] of readable(this.#db.iterator({ ...SNAPSHOTS, snapshot }))) {
        const rest = this.#pace.step()
        if (rest !== undefined) await rest
        const actor = actorOfKey(key)
        for (; wake !== undefined && comesBefore(wake.actor, actor); wake = await nextWake(wakes))
          this.#wakeAlone(wake.actor)
        const isOn = wake?.actor === actor
        this.#checkSnapshot(actor, bytes, isOn ? wake?.at : undefined)
        if (isOn) wake = await nextWake(wakes)
      }
      for (; wake !== undefined; wake = await nextWake(wakes)) this.#wakeAlone(wake.actor)
      for await (const [key, bytes] of readable(this.#db.iterator({ ...PASTS, snapshot }))) {
        const rest = this.#pace.step()
        if (rest !== undefined) await rest
        this.#checkPast(key, bytes)
      }
    } finally {
      await wakes.return(undefined)
      await snapshot.close()
    }
  }

  #wakeAlone(actor: string): void {
    this.#report(this.#head.seq, 'STORE_SNAPSHOT', `${actor} wants to be woken, but has no snapshot`)
  }

  #checkSnapshot(actor: string, bytes: Buffer, wakeAt: number | undefined): void {
    try {
      const { seq, wake } = decodeSnapshot(actor, bytes, Number.MAX_SAFE_INTEGER) as SnapshotEntry
      if (wakeAt !== wake?.at)
        this.#report(seq, 'STORE_INDEX', `${actor} would not be woken when it wants to be`)
    } catch (error) {
      this.#report(this.#head.seq, 'STORE_SNAPSHOT', (error as Error).message)
    }
  }

  /**
   * Checks that what stands in the place of the deleted records is there: the state beside the actors, and of each actor
   * that has deleted records a snapshot as of the last of them. Nothing can make these anew.
   */
  async #checkBases({ firstSeq }: LogCut): Promise<void> {
    decodeBase(await this.#db.get(META.base))
    for await (const key of readable(this.#db.keys(actorsRange('', undefined)))) {
      const rest = this.#pace.step()
      if (rest !== undefined) await rest
      const actor = actorOfKey(key)
      const firstRev = this.#firstRevs.get(actor)
      if (firstRev === 1) continue
      const base = await this.#baseOf(actor, firstSeq - 1)
      if (base !== undefined && (firstRev === undefined || base.rev === firstRev - 1)) continue
      this.#report(
        firstSeq,
        'STORE_SNAPSHOT',
        `${actor} has no snapshot as of its last record before seq ${firstSeq}, where the log was cut`,
      )
    }
  }

  /** Returns the actor's newest snapshot at or before the seq, if it can be read. What cannot is reported by now. */
  async #baseOf(actor: string, maxSeq: number): Promise<SnapshotEntry | undefined> {
    const latest = await this.#db.get(snapshotKey(actor))
    const past = await firstOf(this.#db.values({ ...pastRange(actor, maxSeq), reverse: true, limit: 1 }))
    const found = [latest, past].flatMap((bytes) => {
      try {
        return (bytes && decodeSnapshot(actor, bytes, maxSeq)) ?? []
      } catch {
        return []
      }
    })
    return found.sort((a, b) => b.seq - a.seq)[0]
  }

  #checkPast(key: string, bytes: Buffer): void {
    const actor = actorOfPastKey(key)
    const seq = seqOfPastKey(key)
    try {
      if (decodeSnapshot(actor, bytes, seq)?.seq !== seq) throw corruptSnapshot(actor)
    } catch (error) {
      this.#report(seq, 'STORE_SNAPSHOT', (error as Error).message)
    }
  }

  /** Checks that the position of each durable subscription can be read and is in the log, which may grow meanwhile. */
  async #checkPositions(): Promise<void> {
    const end = Math.max(this.#head.seq, (this.#next ?? 1) - 1)
    for await (const [key, bytes] of readable(this.#db.iterator(POSITIONS))) {
      const rest = this.#pace.step()
      if (rest !== undefined) await rest
      const name = nameOfPositionKey(key)
      try {
        const { seq } = decodePosition(name, bytes)
        if (seq <= end || (await this.#isInLog(seq))) continue
        this.#report(end, 'STORE_POSITION', `the subscription "${name}" is at seq ${seq}, beyond the log`)
      } catch (error) {
        this.#report(end, 'STORE_POSITION', (error as Error).message)
      }
    }
  }

  /** Returns whether the log has grown to the seq since the check began. */
  async #isInLog(seq: number): Promise<boolean> {
    const [key] = await this.#db.keys({ ...COMMITS, reverse: true, limit: 1 }).all()
    if (key === undefined) return false
    const bytes = await this.#db.get(key)
    return bytes !== undefined && seqOfCommitKey(key) + countOfCommit(bytes) > seq
  }

  /**
   * Finds where to read on and returns that key. LevelDB fails a whole batch of reads for one damaged block, so this
   * reads commit by commit up to the damage. Then it looks for the next place that can be read.
   */
  async #stepOver(lastRead: string, error: unknown): Promise<string | undefined> {
    let seq = this.#next ?? seqOfCommitKey(lastRead) + 1
    for (;;) {
      const bytes = await this.#db.get(commitKey(seq)).catch(() => undefined)
      if (bytes === undefined) break
      await this.#take(commitKey(seq), bytes)
      if (this.#next === undefined) break
      seq = this.#next
    }
    // The unreadable place may lie behind the last commit.
    if (seq > this.#head.seq) return undefined
    const beyond = await nextReadable(this.#db, seq, this.#head.seq)
    const extent = beyond === undefined ? `from ${seq} on` : `${seq} to ${seqOfCommitKey(beyond) - 1}`
    this.#report(seq, 'STORE_UNREADABLE', `records ${extent}: ${unreadable(error).message}`)
    this.#next = undefined
    this.#link = undefined
    return beyond
  }

  #gap(seq: number): void {
    const due = this.#next as number
    if (seq > due) this.#report(due, 'STORE_GAP', `records ${due} to ${seq - 1} are missing`)
    else this.#report(due, 'STORE_CHAIN', `a commit at ${seq} comes where ${due} is due`)
    this.#link = undefined
  }

  #checkEnd(): void {
    const { seq } = this.#head
    if (this.#next !== undefined && this.#next <= seq) {
      this.#report(this.#next, 'STORE_GAP', `records ${this.#next} to ${seq} are missing`)
    }
  }

  #report(seq: number, code: ChainDamage['code'], message: string): void {
    if (code === 'STORE_INDEX' || code === 'STORE_SNAPSHOT' || code === 'STORE_POSITION') {
      const told = this.#mendable.get(code) ?? 0
      if (told === MENDABLE_MAX) return
      this.#mendable.set(code, told + 1)
    }
    const last = this.#damage.at(-1)
    if (last?.seq !== seq || last.message !== message) this.#damage.push({ seq, code, message })
  }

  /** Runs a check. Reports as damage what LevelDB cannot read. */
  async #reporting(code: ChainDamage['code'], check: () => Promise<void>): Promise<void> {
    try {
      await check()
    } catch (error) {
      this.#assertOfStore(error)
      const { message } = isOutcryError(error) ? error : unreadable(error)
      this.#report(this.#head.seq, code, message)
    }
  }

  /** Throws an error that is no damage: the caller's own, or because the store is closed or nobody waits any more. */
  #assertOfStore(error: unknown): void {
    if (this.#ofCaller !== undefined) throw this.#ofCaller.error
    const mapped = isOutcryError(error) ? error : unreadable(error)
    if (mapped.code === 'STORE_CLOSED' || mapped.code === 'READ_ABORTED') throw mapped
  }
}

async function nextWake(
  wakes: AsyncGenerator<[key: string, value: Buffer]>,
): Promise<{ actor: string; at: number } | undefined> {
  const { done, value } = await wakes.next()
  return done ? undefined : { actor: actorOfKey(value[0]), at: Number(value[1].toString()) }
}

/** Returns whether `actor` comes before `other` in the order of keys. */
function comesBefore(actor: string, other: string): boolean {
  return actor !== other && Buffer.compare(Buffer.from(actor), Buffer.from(other)) < 0
}

function* postingsOf<R extends LogRecord>(
  commit: DecodedCommit<R>,
): Generator<{ actor: string; posting: Posting }> {
  const seen = new Set<string>()
  for (const { actor, rev } of commit.records) {
    if (seen.has(actor)) continue
    seen.add(actor)
    yield { actor, posting: { rev, seq: commit.firstSeq } }
  }
}

/**
 * Returns the key of the first readable commit behind a damaged place. The steps double, so it skips at most as many
 * whole records as are damaged.
 * @throws STORE_CLOSED
 */
export async function nextReadable(db: Database, seq: number, headSeq: number): Promise<string | undefined> {
  for (let step = 1; seq + step <= headSeq; step *= 2) {
    const range = { gte: commitKey(seq + step), lt: COMMITS.lt, limit: 1 }
    try {
      return await firstOf(db.keys(range))
    } catch (error) {
      if (isOutcryError(error, 'STORE_CLOSED')) throw error
    }
  }
  return undefined
}

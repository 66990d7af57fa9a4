/** Reads records out of a database in order. It names each missing or damaged commit and never skips one (law 4). */

import type { HistoryOptions, LogRecord, Quiet, ReadOptions, RecordCodec, SeqAtOptions } from '../store.ts'
import type { Archive } from './archive.ts'
import type { RawCommit } from './codec/archive-file.ts'
import { countOfCommit, type DecodedCommit, decodeCommit, type StoreName } from './codec/commit-codec.ts'
import {
  corruptCommit,
  corruptMeta,
  historyBroken,
  linkBroken,
  recordsMissing,
  unreadable,
} from './codec/damage.ts'
import { type Database, json } from './codec/database.ts'
import { atOfTimeKey, COMMITS, commitKey, seqOfCommitKey, TIMES, timeKey, timesAfter } from './codec/keys.ts'
import type { HistoryIndex } from './history-index.ts'
import { alone, Pace } from './pace.ts'
import { firstOf, type Pieces, readable } from './readable.ts'
import type { TypeIndex } from './type-index.ts'

/** Bytes that LevelDB hands over at once. LevelDB's own default is less than one commit. */
const READ_AHEAD = { highWaterMarkBytes: 1 << 17 }

export class LogReader<R extends LogRecord> {
  readonly #db: Database
  readonly #codec: RecordCodec<R>
  readonly #name: StoreName
  readonly #index: HistoryIndex
  readonly #archive: Archive | undefined

  constructor(
    db: Database,
    codec: RecordCodec<R>,
    name: StoreName,
    index: HistoryIndex,
    archive: Archive | undefined,
  ) {
    this.#db = db
    this.#codec = codec
    this.#name = name
    this.#index = index
    this.#archive = archive
  }

  /**
   * Yields whole commits from the one that holds `fromSeq` to the one that holds `toSeq`, and checks that each is
   * linked to the one before. A commit that contains none of `texts` has no records.
   */
  async *commits(
    fromSeq: number,
    toSeq: number,
    reverse = false,
    pace = new Pace(),
    texts?: readonly Buffer[],
  ): AsyncGenerator<DecodedCommit<R>> {
    if (toSeq < fromSeq) return
    /** Seq that the next commit must hold. */
    let due = reverse ? toSeq : fromSeq
    let link: Buffer | undefined
    let epoch: number | undefined
    for await (const { seq, bytes } of reverse
      ? this.#rawDown(fromSeq, toSeq)
      : this.#rawUp(fromSeq, toSeq)) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      const commit = decodeCommit(this.#codec, this.#name, seq, bytes, { texts })
      const first = commit.firstSeq
      const last = first + countOfCommit(bytes) - 1
      if (due < first || due > last) throw recordsMissing(due)
      const broken = link !== undefined && !(reverse ? commit.hash : commit.previous).equals(link)
      if (broken) throw linkBroken(first)
      // A writer that was fenced has written after the one that fenced it (law 9).
      if (epoch !== undefined && (reverse ? commit.epoch > epoch : commit.epoch < epoch))
        throw corruptCommit(first, `it is of epoch ${commit.epoch}, and its neighbour of epoch ${epoch}`)
      epoch = commit.epoch
      link = reverse ? commit.previous : commit.hash
      due = reverse ? first - 1 : last + 1
      yield commit
    }
    if (reverse ? due >= fromSeq : due <= toSeq) throw recordsMissing(due)
  }

  /** Yields records. `toSeq` may not be beyond the head. */
  async *records({
    fromSeq,
    toSeq,
    reverse = false,
    limit = Infinity,
    mentioning,
    emitting,
    signal,
    inBackground,
  }: ReadOptions & { fromSeq: number; toSeq: number }): AsyncGenerator<R> {
    let left = limit
    if (left <= 0) return
    const pace = new Pace({ signal, inBackground })
    const texts = (mentioning === undefined ? emitting : [mentioning].flat())?.map(json)
    for await (const { records, firstSeq, bytes } of this.commits(fromSeq, toSeq, reverse, pace, texts)) {
      if (records.length === 0) {
        const end = firstSeq + countOfCommit(bytes)
        left -= Math.min(end, toSeq + 1) - Math.max(firstSeq, fromSeq)
        if (left <= 0) return
      }
      for (const record of reverse ? records.toReversed() : records) {
        if (record.seq < fromSeq || record.seq > toSeq) continue
        // The caller's work on each record counts as well.
        const rest = pace.stepOn()
        if (rest !== undefined) await rest
        yield record
        if (--left <= 0) return
      }
    }
  }

  /** Yields the records that emit an event of the types. `toSeq` may not be beyond the head. */
  async *emitting(
    types: TypeIndex,
    options: ReadOptions & { fromSeq: number; toSeq: number; emitting: readonly string[] },
  ): AsyncGenerator<R> {
    const { fromSeq, toSeq, reverse = false, limit = Infinity, emitting } = options
    const wanted = new Set(emitting)
    let left = limit
    if (left <= 0) return
    for await (const { from, to } of types.ranges(emitting, { from: fromSeq, to: toSeq }, reverse)) {
      const range = { ...options, fromSeq: from, toSeq: to, limit: Infinity }
      for await (const record of this.records(range)) {
        if (record.emitted?.some(({ type }) => wanted.has(type)) !== true) continue
        yield record
        if (--left <= 0) return
      }
    }
  }

  /**
   * Yields an actor's records from `firstRev` on, the first of which is at or behind `firstSeq`. It leaves out records
   * beyond the head, because they are not acknowledged yet.
   */
  async *history(
    actor: string,
    options: HistoryOptions,
    headSeq: number,
    { firstSeq, firstRev }: { firstSeq: number; firstRev: number },
  ): AsyncGenerator<R> {
    const {
      fromRev = firstRev,
      toRev = Infinity,
      toSeq = headSeq,
      reverse = false,
      limit = Infinity,
    } = options
    const maxSeq = Math.min(toSeq, headSeq)
    const pace = new Pace(options)
    let left = limit
    if (left <= 0 || toRev < fromRev) return
    /** Rev that must come next. The end of the history is not known, so a reverse read begins with any rev. */
    let due = reverse ? undefined : Math.max(firstRev, fromRev)
    let seq = 0
    for await (const posting of this.#index.postings(actor, fromRev, toRev, reverse)) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      if (posting.seq < firstSeq) {
        if (!reverse) continue
        break
      }
      if (posting.rev > toRev || posting.seq > maxSeq) {
        if (reverse) continue
        return
      }
      seq = posting.seq
      const { records } = await this.#commitAt(seq, actor, pace)
      for (const record of reverse ? records.toReversed() : records) {
        if (record.actor !== actor || record.rev < fromRev || record.rev > toRev) continue
        if (record.seq > maxSeq) continue
        const rest = pace.stepOn()
        if (rest !== undefined) await rest
        if (due !== undefined && record.rev !== due) throw historyBroken(actor, due, record.seq)
        due = reverse ? record.rev - 1 : record.rev + 1
        yield record
        if (--left <= 0) return
      }
    }
    if (reverse && due !== undefined && due >= Math.max(firstRev, fromRev))
      throw historyBroken(actor, due, seq)
  }

  /** Returns the last seq before the log's time first passed `at`. It takes one seek and, unless rough, one commit. */
  async seqAt(at: number, headSeq: number, { isRough = false }: SeqAtOptions = {}): Promise<number> {
    const ms = Math.floor(at)
    const value = await firstOf(this.#db.values({ ...timesAfter(ms), limit: 1 }))
    if (value === undefined) return headSeq
    if (isRough) return Math.min(Number(value.toString()), headSeq)
    const { records } = await this.#commitHolding(Number(value.toString()))
    const passing = records.find((record) => Math.floor(record.at) > ms)
    if (passing === undefined) throw corruptMeta(`place in time ${at}`)
    return Math.min(passing.seq - 1, headSeq)
  }

  /** Returns the first time without a commit that is longer than `ms`. It takes a seek or two for each `ms` of the log. */
  async nextQuiet(at: number, ms: number, pace: Pace): Promise<Quiet | undefined> {
    let from = await this.#timeIn({ gte: timeKey(Math.max(0, Math.floor(at))), lt: TIMES.lt })
    while (from !== undefined) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      const last = await this.#timeIn({ gt: timeKey(from), lte: timeKey(from + ms), reverse: true })
      if (last === undefined) {
        const to = await this.#timeIn(timesAfter(from))
        return to === undefined ? undefined : { from, to }
      }
      from = last
    }
    return undefined
  }

  async #timeIn(range: object): Promise<number | undefined> {
    const key = await firstOf(this.#db.keys({ ...range, limit: 1 }))
    return key === undefined ? undefined : atOfTimeKey(key)
  }

  /**
   * Yields whole commits as they are, upwards: the archive's part, then the database's. `hotFrom` may grow meanwhile.
   * It grows before anything is deleted, and an iterator still sees what the database had when the iterator was made.
   */
  async *#rawUp(fromSeq: number, toSeq: number): AsyncGenerator<RawCommit> {
    for (let from = fromSeq; from <= toSeq; ) {
      if (from < this.#hotFrom) {
        for (const commit of await (this.#archive as Archive).from(from)) {
          if (commit.seq > toSeq) return
          yield commit
          from = commit.seq + countOfCommit(commit.bytes)
        }
        continue
      }
      const gte = (await this.#floor(from)) ?? COMMITS.gte
      if (from < this.#hotFrom) continue
      yield* this.#scan({ gte, lte: commitKey(toSeq) })
      return
    }
  }

  async *#rawDown(fromSeq: number, toSeq: number): AsyncGenerator<RawCommit> {
    let to = toSeq
    if (to >= this.#hotFrom) {
      const floor = (await this.#floor(fromSeq)) ?? COMMITS.gte
      const hotFrom = this.#hotFrom
      const gte = fromSeq < hotFrom ? commitKey(hotFrom) : floor
      yield* this.#scan({ gte, lte: commitKey(to), reverse: true })
      to = Math.min(to, hotFrom - 1)
    }
    while (to >= fromSeq && to > 0) {
      for (const commit of await (this.#archive as Archive).downFrom(to)) {
        yield commit
        to = commit.seq - 1
        if (to < fromSeq) return
      }
    }
  }

  /** Makes the iterator at once, not at its first read. */
  #scan(range: { gte: string; lte: string; reverse?: boolean }): AsyncIterable<RawCommit> {
    return rawCommits(this.#db.iterator({ ...range, ...READ_AHEAD }))
  }

  get #hotFrom(): number {
    return this.#archive?.hotFrom ?? 1
  }

  async #commitHolding(seq: number): Promise<DecodedCommit<R>> {
    for await (const commit of this.commits(seq, seq)) return commit
    throw recordsMissing(seq)
  }

  /** Returns a commit with the actor's records at least. */
  async #commitAt(seq: number, actor: string, pace: Pace): Promise<DecodedCommit<R>> {
    const { seq: first, bytes } = await this.#rawAt(seq)
    const rest = pace.step()
    if (rest !== undefined) await rest
    return decodeCommit(this.#codec, this.#name, first, bytes, { actor })
  }

  /** Returns the commit that begins with the seq. In the archive it may begin before. */
  async #rawAt(seq: number): Promise<RawCommit> {
    if (seq < this.#hotFrom) return (this.#archive as Archive).commit(seq)
    const bytes = await alone(() => this.#db.get(commitKey(seq))).catch((error: unknown) => {
      throw unreadable(error)
    })
    if (bytes !== undefined) return { seq, bytes }
    // The commit may have gone to the archive meanwhile.
    if (seq < this.#hotFrom) return this.#rawAt(seq)
    throw recordsMissing(seq)
  }

  /** Returns the key of the commit that holds the seq, if no commit is missing there. */
  #floor(seq: number): Promise<string | undefined> {
    return firstOf(this.#db.keys({ gte: COMMITS.gte, lte: commitKey(seq), reverse: true, limit: 1 }))
  }
}

async function* rawCommits(iterator: Pieces<[key: string, bytes: Buffer]>): AsyncGenerator<RawCommit> {
  for await (const [key, bytes] of readable(iterator)) yield { seq: seqOfCommitKey(key), bytes }
}

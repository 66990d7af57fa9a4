/**
 * Finds each actor's records: for every commit that holds some, its first rev of the actor and its first seq. One put
 * for each would cost more than the commit itself. So postings are gathered in memory and written many at a time, the
 * last ones when the store is closed. After a crash, those that are not written are found again in the last commits.
 */

import type { LogRecord } from '../store.ts'
import type { Batch, Database } from './codec/database.ts'
import { actorOfHistoryKey, HISTORIES, historyKey, historyRange, revOfHistoryKey } from './codec/keys.ts'
import { firstOf, readable } from './readable.ts'

/** A commit that holds records of the actor. The first of them has this rev. */
export interface Posting {
  readonly rev: number
  /** The commit's first seq. */
  readonly seq: number
}

/** Records by which the written index may lag behind the log. An opening after a crash reads as many. */
const RECORDS_BEHIND_MAX = 20_000

export class HistoryIndex {
  /** rev, seq, rev, seq, ... of each actor. Actors are in the order of their oldest posting here. */
  readonly #gathered: Map<string, number[]>
  /** Postings in a batch that is being written. Until it is, readers find them only here. */
  readonly #leaving = new Map<string, number[]>()
  readonly #db: Database

  constructor(db: Database, gathered = new Map<string, number[]>()) {
    this.#db = db
    this.#gathered = gathered
  }

  /** Returns this index on another copy of the database. The old index is not used any more. */
  over(db: Database): HistoryIndex {
    return new HistoryIndex(db, this.#gathered)
  }

  /** Adds the records of a commit, once its batch is written. */
  add(records: readonly LogRecord[]): void {
    this.#leaving.clear()
    const { seq: commit } = records[0] as LogRecord
    for (const { actor, rev } of records) {
      const postings = this.#gathered.get(actor)
      if (postings === undefined) this.#gathered.set(actor, [rev, commit])
      else if (postings.at(-1) !== commit) postings.push(rev, commit)
    }
  }

  /** Returns the last seq whose postings are all written, when the log ends at `head`. */
  writtenTo(head: number): number {
    for (const postings of this.#leaving.values()) return (postings[1] as number) - 1
    return this.#flushedTo(head)
  }

  /**
   * Moves postings that were gathered `behind` records ago or earlier into the batch. Returns the last seq whose
   * postings are all written once the batch is.
   */
  flush(batch: Batch, head: number, behind = RECORDS_BEHIND_MAX): number {
    for (const [actor, postings] of this.#gathered) {
      if ((postings[1] as number) > head - behind) break
      this.#gathered.delete(actor)
      this.#leaving.set(actor, postings)
      batch.push([historyKey(actor, postings[0] as number), encodePostings(postings)])
    }
    return this.#flushedTo(head)
  }

  #flushedTo(head: number): number {
    for (const postings of this.#gathered.values()) return (postings[1] as number) - 1
    return head
  }

  /** Returns the actor's postings in memory, oldest first, as `#gathered` has them. The database may have some of them, too. */
  #inMemory(actor: string): number[] {
    return [...(this.#leaving.get(actor) ?? []), ...(this.#gathered.get(actor) ?? [])]
  }

  /** Yields an actor's postings from the one that holds `fromRev` on. */
  async *postings(actor: string, fromRev: number, toRev: number, reverse: boolean): AsyncGenerator<Posting> {
    const { gte, lt } = historyRange(actor)
    const start = await firstOf(
      this.#db.keys({ gte, lte: historyKey(actor, fromRev), reverse: true, limit: 1 }),
    )
    const end = toRev === Infinity ? { lt } : { lte: historyKey(actor, toRev) }
    const gathered = from(decodePostings(this.#inMemory(actor)), fromRev)
    let last: number | undefined
    const isNew = ({ seq }: Posting) => {
      // After a crash, the same posting may be written twice. One that is being written is in memory, too.
      if (last !== undefined && (reverse ? seq >= last : seq <= last)) return false
      last = seq
      return true
    }
    if (reverse) yield* gathered.reverse().filter(isNew)
    for await (const [key, value] of readable(this.#db.iterator({ gte: start ?? gte, ...end, reverse }))) {
      const wanted = from(readPostings(key, value), fromRev)
      yield* (reverse ? wanted.reverse() : wanted).filter(isNew)
    }
    if (!reverse) yield* gathered.filter(isNew)
  }

  /** Yields every posting once. Those of one actor are in order, though not always next to each other. */
  async *all(): AsyncGenerator<{ actor: string; posting: Posting }> {
    const actors = new Set([...this.#leaving.keys(), ...this.#gathered.keys()])
    const gathered = [...actors].map((actor) => [actor, this.#inMemory(actor)] as const)
    const last = new Map(gathered.map(([actor]) => [actor, 0]))
    let current = ''
    let lastSeq = 0
    for await (const [key, value] of readable(this.#db.iterator(HISTORIES))) {
      const actor = actorOfHistoryKey(key)
      if (actor !== current) lastSeq = 0
      current = actor
      for (const posting of readPostings(key, value)) {
        if (posting.seq <= lastSeq) continue
        lastSeq = posting.seq
        yield { actor, posting }
      }
      if (last.has(actor)) last.set(actor, lastSeq)
    }
    for (const [actor, flat] of gathered) {
      for (const posting of decodePostings(flat)) {
        if (posting.seq > (last.get(actor) as number)) yield { actor, posting }
      }
    }
  }
}

/**
 * Encodes the first seq, then the differences of rev and seq from each posting to the next. Format 1 has the seq alone.
 */
function encodePostings(postings: readonly number[]): Buffer {
  const deltas = postings.slice(1)
  for (let i = deltas.length - 1; i > 0; i--)
    deltas[i] = (postings[i + 1] as number) - (postings[i - 1] as number)
  return Buffer.from(deltas.join())
}

/** Returns the commit of the last posting of an entry. */
export function lastCommitOf(value: Buffer): number {
  return readPostings('', value).at(-1)?.seq ?? 0
}

function readPostings(key: string, value: Buffer): Posting[] {
  const deltas = value.toString().split(',').map(Number)
  const flat = [revOfHistoryKey(key), ...deltas]
  for (let i = 2; i < flat.length; i++) flat[i] = (flat[i] as number) + (flat[i - 2] as number)
  return decodePostings(flat)
}

/** Returns the postings from the one that holds the rev on. */
function from(postings: Posting[], rev: number): Posting[] {
  return postings.slice(
    Math.max(
      0,
      postings.findLastIndex((posting) => posting.rev <= rev),
    ),
  )
}

function decodePostings(flat: readonly number[]): Posting[] {
  const postings: Posting[] = []
  for (let i = 0; i < flat.length; i += 2)
    postings.push({ rev: flat[i] as number, seq: flat[i + 1] as number })
  return postings
}

/**
 * Where each actor's records are: for every commit that holds some, the first rev and the commit's first seq. A put
 * for each would cost more than the commit itself, so they are gathered in memory and written many at a time: what
 * is not written yet is found again from the last commits when the store is opened.
 */

import type { LogRecord } from '../store.ts'
import type { Batch, Database } from './codec/database.ts'
import { actorOfHistoryKey, HISTORIES, historyKey, historyRange, revOfHistoryKey } from './codec/keys.ts'
import { firstOf, readable } from './readable.ts'

/** A commit that holds records of the actor, the first of them with this rev. */
export interface Posting {
  readonly rev: number
  /** The commit's first seq. */
  readonly seq: number
}

/** Records by which the written index may be behind the log; as many are read when the store is opened. */
const RECORDS_BEHIND_MAX = 20_000

export class HistoryIndex {
  /** rev, seq, rev, seq, ... of each actor; actors in the order of their oldest posting here. */
  readonly #gathered: Map<string, number[]>
  readonly #db: Database

  constructor(db: Database, gathered = new Map<string, number[]>()) {
    this.#db = db
    this.#gathered = gathered
  }

  /** The same, over another copy of the database; this one is not used any more. */
  over(db: Database): HistoryIndex {
    return new HistoryIndex(db, this.#gathered)
  }

  add(records: readonly LogRecord[]): void {
    const { seq: commit } = records[0] as LogRecord
    for (const { actor, rev } of records) {
      const postings = this.#gathered.get(actor)
      if (postings === undefined) this.#gathered.set(actor, [rev, commit])
      else if (postings.at(-1) !== commit) postings.push(rev, commit)
    }
  }

  /** Seq up to which all is written, when the log ends at `head`. */
  writtenTo(head: number): number {
    for (const postings of this.#gathered.values()) return (postings[1] as number) - 1
    return head
  }

  /** Moves what has been gathered long enough into the batch. */
  flush(batch: Batch, head: number): void {
    for (const [actor, postings] of this.#gathered) {
      if ((postings[1] as number) > head - RECORDS_BEHIND_MAX) return
      this.#gathered.delete(actor)
      batch.push([historyKey(actor, postings[0] as number), encodePostings(postings)])
    }
  }

  /** An actor's postings from the one that holds `fromRev` on. */
  async *postings(actor: string, fromRev: number, toRev: number, reverse: boolean): AsyncGenerator<Posting> {
    const { gte, lt } = historyRange(actor)
    const start = await firstOf(
      this.#db.keys({ gte, lte: historyKey(actor, fromRev), reverse: true, limit: 1 }),
    )
    const end = toRev === Infinity ? { lt } : { lte: historyKey(actor, toRev) }
    const gathered = from(decodePostings(this.#gathered.get(actor) ?? []), fromRev)
    let last: number | undefined
    const isNew = ({ seq }: Posting) => {
      // Behind a crash the same may be written twice.
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

  /** Every posting once, those of one actor in order, though not always in one row. */
  async *all(): AsyncGenerator<{ actor: string; posting: Posting }> {
    const gathered = [...this.#gathered]
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

/** The first seq, then by how much rev and seq grow from each to the next; format 1 had the seq alone. */
function encodePostings(postings: readonly number[]): Buffer {
  const deltas = postings.slice(1)
  for (let i = deltas.length - 1; i > 0; i--)
    deltas[i] = (postings[i + 1] as number) - (postings[i - 1] as number)
  return Buffer.from(deltas.join())
}

function readPostings(key: string, value: Buffer): Posting[] {
  const deltas = value.toString().split(',').map(Number)
  const flat = [revOfHistoryKey(key), ...deltas]
  for (let i = 2; i < flat.length; i++) flat[i] = (flat[i] as number) + (flat[i - 2] as number)
  return decodePostings(flat)
}

/** From the one that holds the rev on. */
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

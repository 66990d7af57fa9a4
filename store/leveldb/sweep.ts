/**
 * Finds what lies before a cut in a database: places in the indexes, and snapshots in whose place a later one stands. It
 * reads all of the indexes, so it runs in the background, once for each cut.
 */
import type { LogCut } from '../store.ts'
import type { Database } from './codec/database.ts'
import {
  actorOfPastKey,
  HISTORIES,
  nameOfTypeKey,
  PASTS,
  seqOfPastKey,
  TIMES,
  timeKey,
  typesAfter,
  typesBefore,
} from './codec/keys.ts'
import { lastCommitOf } from './history-index.ts'
import { Pace } from './pace.ts'
import { readable } from './readable.ts'
import { windowOf } from './type-index.ts'

/** Keys removed from the database at once. */
const REMOVED_AT_ONCE = 256

/** Yields the keys of all entries that no reader needs once the log begins with the cut. */
export async function* keysBefore(db: Database, { firstSeq, passedAt }: LogCut): AsyncGenerator<string> {
  const pace = new Pace({ inBackground: true })
  // The entry of the cut's own time stays, because the log's end may have no later one.
  yield* readable(db.keys({ gte: TIMES.gte, lt: timeKey(Math.max(0, passedAt)) }))
  for (let name: string | undefined; ; ) {
    const [key] = await db.keys({ ...typesAfter(name), limit: 1 }).all()
    if (key === undefined) break
    name = nameOfTypeKey(key)
    yield* readable(db.keys(typesBefore(name, windowOf(firstSeq))))
  }
  for await (const [key, value] of readable(db.iterator(HISTORIES))) {
    const rest = pace.step()
    if (rest !== undefined) await rest
    if (lastCommitOf(value) < firstSeq) yield key
  }
  // The newest snapshot of each actor before the cut stays.
  let newest: string | undefined
  for await (const key of readable(db.keys(PASTS))) {
    const rest = pace.step()
    if (rest !== undefined) await rest
    if (seqOfPastKey(key) >= firstSeq) continue
    if (newest !== undefined && actorOfPastKey(newest) === actorOfPastKey(key)) yield newest
    newest = key
  }
}

/** Yields the keys in pieces, each small enough that no commit waits for long. */
export async function* piecesOf(keys: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let piece: string[] = []
  for await (const key of keys) {
    piece.push(key)
    if (piece.length < REMOVED_AT_ONCE) continue
    yield piece
    piece = []
  }
  if (piece.length > 0) yield piece
}

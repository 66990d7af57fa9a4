/** Reads what a database says about its log: format, store and end. This happens before anything is written to it. */

import type { LogCut, LogRecord, RecordCodec } from '../store.ts'
import { decodeCommit, NO_HASH, newStoreId, type StoreName } from './codec/commit-codec.ts'
import { decodeCut } from './codec/cut-codec.ts'
import { corruptMeta } from './codec/damage.ts'
import type { Database } from './codec/database.ts'
import { atOfTimeKey, COMMITS, META, seqOfCommitKey, TIMES } from './codec/keys.ts'
import type { LogEnd, NotedHead } from './commit-batch.ts'
import { codecDiffers, formatUnknown, headDiffers } from './folder/open-errors.ts'
import { firstOf } from './readable.ts'
import { firstOfWindow, windowOf } from './type-index.ts'

/** Number of the layout of keys, values and files. It is raised when an older Outcry could not read the new layout. */
export const FORMAT = 3
/** The same layout for a log whose beginning was deleted. An older Outcry would take that for damage. */
export const CUT_FORMAT = 4
/** Formats that this Outcry reads as they are. It adds data in the present format. */
const OLDER_FORMATS = [1, 2]

export interface LogState {
  /** Format of the database; 0 when nothing was ever written. */
  readonly format: number
  readonly name: StoreName
  /** Epoch of the last opener. */
  readonly epoch: number
  readonly end: LogEnd
  /** Last seq of the commits in the written part of the history index. */
  readonly indexed: number
  /** First and last seq of the written windows of the index by type. */
  readonly typed: readonly [from: number, to: number]
  /** First seq that is not in the archive. */
  readonly hotFrom: number
  /** The beginning of the log, once records were deleted. */
  readonly cut: LogCut | undefined
}

/**
 * Returns the log's state. `id` is the store's id, if the caller knows it from elsewhere.
 * @throws STORE_FORMAT, STORE_CORRUPT
 */
export async function readState<R extends LogRecord>(
  db: Database,
  codec: RecordCodec<R>,
  location: string,
  id?: Buffer,
): Promise<LogState> {
  const format = await readFormat(db, location, codec.name)
  const named = await readId(db, format)
  const isOlder = format < FORMAT
  const nameless = isOlder ? Number.MAX_SAFE_INTEGER : await readNumber(db, META.nameless, 0)
  const name = { id: named ?? id ?? newStoreId(), namelessTo: nameless }
  const { indexed, typed, ...end } = await readEnd(db, codec, name, location)
  return {
    format,
    // Commits added to an older store name it.
    name: isOlder ? { ...name, namelessTo: end.seq } : name,
    epoch: await readNumber(db, META.epoch, 0),
    end,
    indexed,
    typed,
    hotFrom: await readNumber(db, META.live, 1),
    cut: format === CUT_FORMAT ? decodeCut(await db.get(META.cut)) : undefined,
  }
}

async function readFormat(db: Database, location: string, codec: string): Promise<number> {
  const found = (await db.get(META.format))?.toString()
  if (found === undefined) {
    if ((await firstOf(db.keys({ limit: 1 }))) !== undefined)
      throw formatUnknown(location, 'none', CUT_FORMAT)
    return 0
  }
  const format = Number(found)
  if (format !== FORMAT && format !== CUT_FORMAT && !OLDER_FORMATS.includes(format))
    throw formatUnknown(location, found, CUT_FORMAT)
  // Format 1 had only one codec.
  const written = (await db.get(META.codec))?.toString()
  if (format > 1 && written !== JSON.stringify(codec)) throw codecDiffers(location, written, codec)
  return format
}

async function readId(db: Database, format: number): Promise<Buffer | undefined> {
  const written = (await db.get(META.id))?.toString()
  if (written !== undefined && /^"[0-9a-f]{32}"$/.test(written))
    return Buffer.from(written.slice(1, -1), 'hex')
  if (written !== undefined || format >= FORMAT) throw corruptMeta('id')
  return undefined
}

async function readNumber(db: Database, key: string, otherwise: number): Promise<number> {
  const value = await db.get(key)
  const number = value === undefined ? otherwise : Number(value.toString())
  if (!Number.isSafeInteger(number)) throw corruptMeta(key.slice(2))
  return number
}

/** Returns the end of the log, and checks that its last commit is the one that was written last. */
async function readEnd<R extends LogRecord>(
  db: Database,
  codec: RecordCodec<R>,
  name: StoreName,
  location: string,
): Promise<LogEnd & Pick<LogState, 'indexed' | 'typed'>> {
  const entry = await firstOf(db.iterator({ ...COMMITS, reverse: true, limit: 1 }))
  const noted = await notedHead(db)
  if (entry === undefined) {
    if (noted.seq > 0) throw headDiffers(location, 0, noted.seq)
    return { seq: 0, hash: NO_HASH, watermark: -1, indexed: 0, typed: [1, 0] }
  }
  const commit = decodeCommit(codec, name, seqOfCommitKey(entry[0]), entry[1])
  const seq = commit.firstSeq + commit.records.length - 1
  if (noted.seq !== seq || noted.hash !== commit.hash.toString('hex'))
    throw headDiffers(location, seq, noted.seq)
  const latest = await firstOf(db.keys({ ...TIMES, reverse: true, limit: 1 }))
  const watermark = latest === undefined ? -1 : atOfTimeKey(latest)
  const { indexed = seq, typed = noneTyped(seq) } = noted
  return { seq, hash: Buffer.from(commit.hash), watermark, indexed, typed }
}

/** The index by type of a log that has none: it begins with the window that the log is in. */
function noneTyped(seq: number): LogState['typed'] {
  const from = firstOfWindow(windowOf(seq + 1))
  return [from, from - 1]
}

async function notedHead(db: Database): Promise<Partial<NotedHead> & { seq: number }> {
  const value = await db.get(META.head)
  try {
    return value === undefined ? { seq: 0 } : (JSON.parse(value.toString()) as NotedHead)
  } catch {
    throw corruptMeta('head')
  }
}

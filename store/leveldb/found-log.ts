/**
 * Finds the log in a folder by a copy of its database, with all that must be right about it before anybody writes there
 * or believes it. The folder itself is unchanged.
 */
import { join } from 'node:path'
import type { LogRecord, RecordCodec } from '../store.ts'
import { Archive } from './archive.ts'
import { checkHead } from './check-head.ts'
import type { Database } from './codec/database.ts'
import type { FoundHead } from './folder/head-file.ts'
import { ARCHIVE, isDatabaseFile, storeFiles } from './folder/store-files.ts'
import { HistoryIndex } from './history-index.ts'
import { LogReader } from './log-reader.ts'
import { type LogState, readState } from './log-state.ts'
import { assertNothingElse, databaseMissing, openCopy, wholeManifest } from './look.ts'
import { TypeIndex } from './type-index.ts'

/** The indexes that have a part in memory. */
export interface Indexes {
  readonly index: HistoryIndex
  readonly types: TypeIndex
}

/** A log, as its copy has it. */
export interface FoundLog extends Indexes {
  readonly state: LogState
  /** The copy, which is open. */
  readonly db: Database
}

/**
 * Opens a copy of the database in `room`, checks it and reads the state of its log.
 * @throws STORE_CORRUPT, STORE_LOST_TAIL, STORE_FORMAT
 */
export async function findLog<R extends LogRecord>(
  folder: string,
  head: FoundHead,
  codec: RecordCodec<R>,
  roomIn: (folder: string) => string,
  openFilesMax?: number,
): Promise<FoundLog> {
  if (!storeFiles(folder).some(isDatabaseFile)) throw databaseMissing(folder)
  const manifest = wholeManifest(folder)
  const db = await openCopy(folder, manifest, roomIn(folder), openFilesMax)
  try {
    const state = await readState(db, codec, folder, head.kind === 'owned' ? head.id : undefined)
    checkHead(folder, head, state)
    await assertNothingElse(folder, manifest, db, state.hotFrom)
    return { state, db, ...(await readIndexes(db, codec, state, archiveIn(folder, state))) }
  } catch (error) {
    await db.close()
    throw error
  }
}

export function archiveIn(
  folder: string,
  { hotFrom, name, cut }: Pick<LogState, 'hotFrom' | 'name' | 'cut'>,
): Archive {
  return new Archive(join(folder, ARCHIVE), hotFrom, name, cut)
}

/** Builds the indexes and reads the last commits into them, of which they have not written everything yet. */
export async function readIndexes<R extends LogRecord>(
  db: Database,
  codec: RecordCodec<R>,
  { name, end, indexed, typed }: LogState,
  archive: Archive | undefined,
): Promise<Indexes> {
  const index = new HistoryIndex(db)
  const reader = new LogReader(db, codec, name, index, archive)
  const types = new TypeIndex(db, ...typed)
  const from = Math.max(Math.min(indexed, types.to) + 1, archive?.firstSeq ?? 1)
  for await (const { firstSeq, records } of reader.commits(from, end.seq)) {
    if (firstSeq > indexed) index.add(records)
    types.add(records)
  }
  return { index, types }
}

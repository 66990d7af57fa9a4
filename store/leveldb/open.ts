/**
 * Opens a store. The order makes it safe: lock, look (look.ts), claim the epoch in HEAD, and only then open LevelDB.
 * Before the claim nothing in the folder changes but the names in `ASIDE` (store-files.ts).
 */

import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { z } from 'zod'
import { atLeast, having, optionsOf } from '../../errors/options.ts'
import type { LogRecord, RecordCodec, Store } from '../store.ts'
import { jsonCodec, NO_HASH, newStoreId } from './codec/commit-codec.ts'
import { type Batch, type Database, databaseIn, json, LEVEL_OPTIONS, writeSynced } from './codec/database.ts'
import { COMMITS, META } from './codec/keys.ts'
import { type Memory, newMemory } from './codec/memory.ts'
import { Claim } from './folder/claim.ts'
import { finishExchange } from './folder/exchange.ts'
import { makeFolder } from './folder/folder.ts'
import { type FoundHead, readHeadFile } from './folder/head-file.ts'
import { filesDamaged, openFailure } from './folder/open-errors.ts'
import { type ReadingRoom, removeLeftRooms, roomToRead } from './folder/reading-rooms.ts'
import { HEAD, isDatabaseFile, logNumber, storeFiles, tableNumber } from './folder/store-files.ts'
import { StoreLock } from './folder/store-lock.ts'
import { archiveIn, type FoundLog, findLog, type Indexes, readIndexes } from './found-log.ts'
import { HistoryIndex } from './history-index.ts'
import { LevelStore } from './level-store.ts'
import { FORMAT, type LogState, readState } from './log-state.ts'
import { endLook, roomToLook } from './look.ts'
import { ReadingClaim } from './reading-claim.ts'
import { TypeIndex } from './type-index.ts'

export interface StoreOptions<R extends LogRecord = LogRecord> {
  /** Default: JSON. */
  readonly codec?: RecordCodec<R>
  /** Number of snapshots kept of each actor. Default 2: the last, and one to fall back on. */
  readonly snapshotsKept?: number
  /**
   * Most files of the database that are open at once. LevelDB maps each into memory, 2 MiB of it. Default 1,000. With
   * fewer, an actor wakes a bit slower, and a process that only reads saves memory.
   */
  readonly openFilesMax?: number
  /** The short id of a store that this call makes: see `Store.shortId`. Default: random. */
  readonly shortId?: string | undefined
}

const storeOptions = z.strictObject({
  codec: having<RecordCodec<LogRecord>>('encode', 'decode').optional(),
  snapshotsKept: atLeast(1).optional(),
  openFilesMax: atLeast(1).optional(),
  shortId: z
    .string()
    .regex(/^[0-9a-z]{4}$/, 'must be 4 characters of 0-9 and a-z')
    .optional(),
})
/** An empty text would be the folder that the process runs in. */
const storeFolder = z.strictObject({ location: z.string().min(1) })

interface Settings<R extends LogRecord> {
  readonly codec: RecordCodec<R>
  readonly snapshotsKept: number
  readonly openFilesMax: number
  readonly shortId: string | undefined
}

/**
 * Opens the store in a folder and makes it if need be. One process at a time can have it open. A refused store is
 * unchanged.
 * @throws OPTION_UNKNOWN, OPTION_INVALID, STORE_LOCKED, STORE_CORRUPT, STORE_LOST_TAIL, STORE_FORMAT, STORE_OPEN_FAILED
 */
export async function openLevelStore<R extends LogRecord>(
  location: string,
  options: StoreOptions<R> = {},
): Promise<Store<R>> {
  optionsOf('openLevelStore', storeOptions, options)
  optionsOf('openLevelStore', storeFolder, { location })
  try {
    makeFolder(location)
    const lock = await StoreLock.take(location)
    try {
      return await openLocked(lock, withDefaults(options))
    } catch (error) {
      await lock.release()
      throw error
    }
  } catch (error) {
    throw openFailure(location, error)
  }
}

/**
 * Opens a copy of the store in a folder for reading, as of this moment. It makes the same checks as an opening for
 * writing, and changes nothing of the store. Other processes may open the store meanwhile, and the copy does not see
 * what they write. A write throws STORE_FENCED. `close` removes the copy.
 * @throws OPTION_UNKNOWN, OPTION_INVALID, STORE_LOCKED, STORE_CORRUPT, STORE_LOST_TAIL, STORE_FORMAT, STORE_OPEN_FAILED
 */
export async function readLevelStore<R extends LogRecord>(
  location: string,
  options: StoreOptions<R> = {},
): Promise<Store<R>> {
  optionsOf('readLevelStore', storeOptions, options)
  optionsOf('readLevelStore', storeFolder, { location })
  const settings = withDefaults(options)
  try {
    const lock = await StoreLock.take(location)
    let copied: CopiedLog | undefined
    try {
      copied = await copyOf(lock, settings)
      // Nobody has written a commit yet.
      if (copied === undefined) return await openLocked(lock, settings)
      if (copied.isOwn) await lock.release()
    } catch (error) {
      await copied?.db.close()
      copied?.room.remove()
      await lock.release()
      throw error
    }
    const { db, state, index, types, room, isOwn } = copied
    const { epoch, name, end } = state
    const claim = new ReadingClaim(room, isOwn ? undefined : lock)
    const archive = archiveIn(lock.folder, state)
    return new LevelStore<R>({ ...settings, db, name, index, types, archive, epoch, end, claim })
  } catch (error) {
    throw openFailure(location, error)
  }
}

/** A copy of a log. */
interface CopiedLog extends FoundLog {
  readonly room: ReadingRoom
  /** False where the file system has no links: a writer must wait until the copy is closed. */
  readonly isOwn: boolean
}

/** Returns an open copy of the log; undefined where there is none yet. */
async function copyOf<R extends LogRecord>(
  lock: StoreLock,
  { codec, openFilesMax }: Settings<R>,
): Promise<CopiedLog | undefined> {
  const { folder } = lock
  finishExchange(folder)
  const head = readHeadFile(folder)
  if (isNew(folder, head)) return undefined
  await removeLeftRooms(lock)
  const room = roomToRead(folder)
  try {
    const found = await lock.withoutOthers(() => findLog(folder, head, codec, () => room.path, openFilesMax))
    return { ...found, room, isOwn: room.hasLinks() }
  } catch (error) {
    room.remove()
    throw error
  }
}

async function openLocked<R extends LogRecord>(lock: StoreLock, settings: Settings<R>): Promise<Store<R>> {
  const { folder } = lock
  finishExchange(folder)
  await removeLeftRooms(lock)
  const head = readHeadFile(folder)
  const found = await lock.withoutOthers(async () =>
    isNew(folder, head) ? undefined : look(folder, head, settings),
  )
  return found === undefined ? make(lock, head, settings) : reopen(lock, head, found, settings)
}

/**
 * Returns whether a new store is made here. A folder with any file of a store is not new, unless its HEAD says that the
 * database was being made: no commit comes before that.
 * @throws STORE_CORRUPT
 */
function isNew(folder: string, head: FoundHead): boolean {
  if (head.kind !== 'owned' || head.ready) return storeFiles(folder).length === 0
  const files = storeFiles(folder).filter((name) => name !== HEAD)
  const isUnborn = files.every(
    (name) =>
      isDatabaseFile(name) &&
      tableNumber(name) === undefined &&
      (logNumber(name) === undefined || !readFileSync(join(folder, name)).includes(COMMITS.gte)),
  )
  if (isUnborn && head.seq === 0) return true
  throw filesDamaged(
    `HEAD in ${folder} is from before the first commit, but there is a log: ${files.join(', ')}`,
  )
}

/** Reads, from a copy, all that must be right about a database. */
async function look<R extends LogRecord>(
  folder: string,
  head: FoundHead,
  { codec }: Settings<R>,
): Promise<Omit<FoundLog, 'db'>> {
  try {
    const { db, ...found } = await findLog(folder, head, codec, roomToLook)
    await db.close()
    return found
  } finally {
    endLook(folder)
  }
}

/** Makes a new store. After a crash, the next opener starts over, until HEAD says that the database is made. */
async function make<R extends LogRecord>(
  lock: StoreLock,
  head: FoundHead,
  settings: Settings<R>,
): Promise<Store<R>> {
  const { folder } = lock
  if (head.kind === 'owned') removeDatabase(folder)
  const name = { id: head.kind === 'owned' ? head.id : newStoreId(settings.shortId), namelessTo: 0 }
  const end = { seq: 0, hash: NO_HASH, watermark: -1 }
  const epoch = head.kind === 'owned' ? head.epoch : 0
  const state = {
    format: 0,
    name,
    epoch,
    end,
    indexed: 0,
    typed: [1, 0] as const,
    hotFrom: 1,
    cut: undefined,
  }
  return begin(lock, state, settings, { ready: false }, (db) => ({
    index: new HistoryIndex(db),
    types: new TypeIndex(db, 1, 0),
  }))
}

async function reopen<R extends LogRecord>(
  lock: StoreLock,
  head: FoundHead,
  found: Omit<FoundLog, 'db'>,
  settings: Settings<R>,
): Promise<Store<R>> {
  const { state } = found
  const epoch = Math.max(state.epoch, head.kind === 'owned' ? head.epoch : 0)
  return begin(lock, { ...state, epoch }, settings, { ready: true }, (db) => ({
    index: found.index.over(db),
    types: found.types.over(db),
  }))
}

/** Claims the folder, opens its database and brings it to the present format. `state` is what the look found. */
async function begin<R extends LogRecord>(
  lock: StoreLock,
  state: LogState,
  settings: Settings<R>,
  { ready }: { ready: boolean },
  indexesOver: (db: Database) => Indexes,
): Promise<Store<R>> {
  const { folder } = lock
  const epoch = state.epoch + 1
  const owner = { id: state.name.id, epoch, seq: state.end.seq, ready }
  const claim = new Claim(lock, owner)
  const db = new Level<string, Buffer>(folder, {
    ...LEVEL_OPTIONS,
    maxOpenFiles: settings.openFilesMax,
    createIfMissing: !ready,
    errorIfExists: !ready,
  }) as unknown as Database
  try {
    await db.open()
    const { codec } = settings
    // A writer that lost its lock may have added commits between look and claim.
    const now = ready ? await readState(db, codec, folder, owner.id) : state
    const isSame = now.end.hash.equals(state.end.hash)
    await writeSynced(db, openingBatch(now, epoch, codec.name))
    if (!ready) claim.renew({ ...owner, ready: true })
    const archive = archiveIn(folder, now)
    const indexes = isSame ? indexesOver(db) : await readIndexes(db, codec, now, archive)
    return new LevelStore<R>({
      ...settings,
      db,
      name: now.name,
      ...indexes,
      archive,
      epoch,
      end: now.end,
      claim,
    })
  } catch (error) {
    await db.close()
    claim.closeHead()
    throw error
  }
}

/** Removes a database to which nothing was ever committed. */
function removeDatabase(folder: string): void {
  for (const name of readdirSync(folder)) if (isDatabaseFile(name)) rmSync(join(folder, name))
}

/**
 * Opens a store in memory, on the same code: for tests, and for runs that are not kept. A shared `memory` is a store
 * reopened.
 */
export async function openMemoryStore<R extends LogRecord>(
  memory: Memory = newMemory(),
  options: StoreOptions<R> = {},
): Promise<Store<R>> {
  optionsOf('openMemoryStore', storeOptions, options)
  const settings = withDefaults(options)
  const { codec } = settings
  const db = databaseIn(memory)
  await db.open()
  try {
    const before = await readState(db, codec, 'memory', newStoreId(options.shortId))
    const epoch = before.epoch + 1
    await writeSynced(db, openingBatch(before, epoch, codec.name))
    // Commits that an earlier writer added until then count.
    const state = await readState(db, codec, 'memory')
    const indexes = await readIndexes(db, codec, state, undefined)
    return new LevelStore<R>({
      ...settings,
      db,
      name: state.name,
      ...indexes,
      archive: undefined,
      epoch,
      end: state.end,
      claim: undefined,
    })
  } catch (error) {
    await db.close()
    throw error
  }
}

function withDefaults<R extends LogRecord>({
  snapshotsKept = 2,
  openFilesMax = 1_000,
  codec,
  shortId,
}: StoreOptions<R>): Settings<R> {
  return { snapshotsKept, openFilesMax, shortId, codec: codec ?? (jsonCodec as unknown as RecordCodec<R>) }
}

/** Returns an opener's first batch: its epoch, the store's id, and the marks of the present format. */
function openingBatch({ format, name, end }: LogState, epoch: number, codec: string): Batch {
  const batch: Batch = [
    [META.epoch, json(epoch)],
    [META.id, json(name.id.toString('hex'))],
  ]
  if (format >= FORMAT) return batch
  batch.push([META.format, json(FORMAT)], [META.codec, json(codec)])
  if (end.seq > 0) batch.push([META.nameless, json(name.namelessTo)])
  return batch
}

/**
 * Finds what is left of a store for the doctor: the database as its manifest describes it, or all commits in any of its
 * files. It reads copies.
 */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { isOutcryError } from '../../errors/outcry-error.ts'
import type { Checkpoint, FileDamage, LogCut, LogRecord, RecordCodec } from '../store.ts'
import type { Archive } from './archive.ts'
import { checkHead } from './check-head.ts'
import { commitsInArchive } from './codec/archive-file.ts'
import {
  countOfCommit,
  decodeCommit,
  NO_HASH,
  newStoreId,
  type StoreName,
  storeIdOf,
} from './codec/commit-codec.ts'
import { decodeCut } from './codec/cut-codec.ts'
import { unreadable } from './codec/damage.ts'
import { type Database, LEVEL_OPTIONS, writeSynced } from './codec/database.ts'
import { COMMITS, META, seqOfCommitKey } from './codec/keys.ts'
import { type FoundHead, readHeadFile } from './folder/head-file.ts'
import { openFailure } from './folder/open-errors.ts'
import { ARCHIVE, isDatabaseFile, LOOK, logNumber, tableNumber } from './folder/store-files.ts'
import { type Manifest, readManifest } from './format/manifest.ts'
import type { Entry } from './format/tables.ts'
import { archiveIn } from './found-log.ts'
import { CUT_FORMAT, FORMAT } from './log-state.ts'
import { assertNothingElse, commitsIn, openCopy, roomToLook, wholeManifest } from './look.ts'
import { firstOf } from './readable.ts'

/** Bytes written at once. */
const BATCH_BYTES = 1 << 20

export interface Remains {
  readonly db: Database
  readonly archive: Archive
  readonly name: StoreName
  /** The greatest epoch that any file names. */
  readonly epoch: number
  /** Seq at which the log once ended, as far as any file still says. */
  readonly endedAt: number
  readonly checkpoint: Checkpoint | undefined
  /** The beginning of the log, once records were deleted. */
  readonly cut: LogCut | undefined
  /** The database that has what stands in the place of deleted records. Undefined when it cannot be believed. */
  readonly bases: Database | undefined
  /** True when all of it is of this store. A snapshot does not name its store. */
  readonly isOwn: boolean
  readonly fileDamage: readonly FileDamage[]
}

/** The remains of a store. `db` is undefined when LevelDB cannot open it. */
export type Found = Omit<Remains, 'db'> & { readonly db: Database | undefined }

/** Returns the database as its manifest describes it. @throws STORE_OPEN_FAILED */
export async function asFound(folder: string): Promise<Found> {
  const fileDamage: FileDamage[] = []
  const room = join(roomToLook(folder), 'found')
  mkdirSync(room)
  const head = readHead(folder, fileDamage)
  const headDamage = fileDamage.length
  const db = await openFound(folder, room, fileDamage)
  return orClosed(db, () => describe(folder, head, db, fileDamage, headDamage))
}

async function describe(
  folder: string,
  head: FoundHead,
  db: Database | undefined,
  fileDamage: FileDamage[],
  headDamage: number,
): Promise<Found> {
  let isOwn = false
  const written = db && (await readOr<string | undefined>(db, META.id, undefined))
  const id = await ownId(folder, head, written)
  const format = db === undefined ? 0 : await readOr<number>(db, META.format, 0)
  const name = { id, namelessTo: await namelessIn(db, format) }
  const epoch = db === undefined ? 0 : await readOr<number>(db, META.epoch, 0)
  const noted = db === undefined ? 0 : (await readOr<{ seq: number }>(db, META.head, { seq: 0 })).seq
  const hotFrom = db === undefined ? undefined : await readOr<number>(db, META.live, 1)
  const cut = db && (await cutIn(db, format, fileDamage))
  const archive = archiveIn(folder, { hotFrom: hotFrom ?? 1, name, cut })
  if (db !== undefined) {
    const end = { seq: noted, hash: NO_HASH, watermark: -1 }
    const state = {
      format,
      name,
      epoch,
      end,
      indexed: noted,
      typed: [1, 0] as const,
      hotFrom: archive.hotFrom,
      cut,
    }
    const manifest = readManifest(folder)
    if (manifest !== undefined)
      await assertNothingElse(folder, manifest, db, archive.hotFrom).catch(note(fileDamage))
    isOwn = fileDamage.length === headDamage && (written ?? id.toString('hex')) === id.toString('hex')
    noting(fileDamage, () => checkHead(folder, head, state))
  }
  const knownTo = Math.max(noted, acknowledgedBy(head, id))
  // The files are read only where their names reach further than the log is known to have been.
  const mayReachTo = Math.max(0, ...archive.segments.map(({ lastSeq }) => lastSeq))
  return {
    db,
    archive,
    name,
    epoch: Math.max(epoch, head.kind === 'owned' ? head.epoch : 0),
    endedAt: mayReachTo > knownTo ? Math.max(knownTo, await archive.reachesTo(knownTo)) : knownTo,
    cut,
    bases: isOwn ? db : undefined,
    checkpoint: db && (await readOr<Checkpoint | undefined>(db, META.checkpoint, undefined)),
    isOwn,
    fileDamage,
  }
}

/** Gathers all whole commits from every table and log into a database of their own. */
export async function gathered<R extends LogRecord>(
  folder: string,
  codec: RecordCodec<R>,
  found: Found,
): Promise<Remains> {
  const room = join(folder, LOOK, 'gathered')
  const db = new Level<string, Buffer>(room, LEVEL_OPTIONS) as unknown as Database
  await db.open()
  return orClosed(db, () => gatherInto(db, folder, codec, found))
}

async function gatherInto<R extends LogRecord>(
  db: Database,
  folder: string,
  codec: RecordCodec<R>,
  { archive: known, name, epoch, endedAt, cut, bases, fileDamage }: Found,
): Promise<Remains> {
  const unread: FileDamage[] = []
  let greatest = epoch
  let batch = new Map<string, Buffer>()
  let bytesInBatch = 0
  const write = async () => {
    await writeSynced(db, [...batch])
    batch = new Map()
    bytesInBatch = 0
  }
  for (const file of databaseFiles(folder)) {
    for (const [key, bytes] of commitsLeftIn(join(folder, file), unread)) {
      const epochOf = wholeOf(codec, name, key, bytes)
      if (epochOf === undefined) continue
      // Of two commits that a writer and its successor wrote in the same place, the successor's counts.
      const other = batch.get(key) ?? (await db.get(key))
      if (other !== undefined && (wholeOf(codec, name, key, other) ?? 0) >= epochOf) continue
      greatest = Math.max(greatest, epochOf)
      batch.set(key, bytes)
      bytesInBatch += bytes.length
      if (bytesInBatch >= BATCH_BYTES) await write()
    }
  }
  await write()
  const last = await firstOf(db.iterator({ ...COMMITS, reverse: true, limit: 1 }))
  const end = last === undefined ? 0 : seqOfCommitKey(last[0]) + countOfCommit(last[1]) - 1
  const knownTo = Math.max(endedAt, end)
  const hotFrom = Math.max(known.hotFrom, (await known.reachesTo(knownTo)) + 1)
  const isNew = ({ message }: FileDamage) => fileDamage.every((known) => known.message !== message)
  const why = 'the database is not whole as it is: commits are taken from each of its files by itself'
  return {
    db,
    archive: archiveIn(folder, { hotFrom, name, cut }),
    cut,
    bases,
    name,
    epoch: greatest,
    endedAt: knownTo,
    checkpoint: undefined,
    isOwn: false,
    fileDamage: [{ code: 'STORE_UNREADABLE', message: why }, ...fileDamage, ...unread.filter(isNew)],
  }
}

async function orClosed<T>(db: Database | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await db?.close()
    throw error
  }
}

async function openFound(
  folder: string,
  room: string,
  fileDamage: FileDamage[],
): Promise<Database | undefined> {
  let manifest: Manifest | undefined
  try {
    manifest = readManifest(folder)
  } catch (error) {
    note(fileDamage)(error)
    return undefined
  }
  noting(fileDamage, () => wholeManifest(folder, () => false))
  if (manifest === undefined) return undefined
  try {
    return await openCopy(folder, manifest, room)
  } catch (error) {
    const { message } = openFailure(folder, error)
    fileDamage.unshift({ code: 'STORE_UNREADABLE', message })
    return undefined
  }
}

function readHead(folder: string, fileDamage: FileDamage[]): FoundHead {
  try {
    return readHeadFile(folder)
  } catch (error) {
    fileDamage.push({ code: 'STORE_CORRUPT', message: `HEAD cannot be read: ${(error as Error).message}` })
    return { kind: 'damaged', seq: 0 }
  }
}

/** Returns the acknowledged seq of HEAD; 0 when HEAD is of another store and so says nothing about this one. */
function acknowledgedBy(head: FoundHead, id: Buffer): number {
  if (head.kind === 'none') return 0
  return head.kind === 'owned' && !head.id.equals(id) ? 0 : head.seq
}

/**
 * Returns the store's id from HEAD and the database. Where they differ or one lacks it, the id in most of the commits
 * counts.
 */
async function ownId(folder: string, head: FoundHead, written: string | undefined): Promise<Buffer> {
  const inHead = head.kind === 'owned' ? head.id.toString('hex') : undefined
  if (inHead !== undefined && inHead === written) return Buffer.from(inHead, 'hex')
  const counts = new Map<string, number>()
  const count = (bytes: Buffer) => {
    const id = storeIdOf(bytes)?.toString('hex')
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  for (const file of databaseFiles(folder)) {
    for (const [, bytes] of commitsLeftIn(join(folder, file), [])) count(bytes)
  }
  for await (const commits of commitsInArchive(join(folder, ARCHIVE)))
    for (const { bytes } of commits) count(bytes)
  const [most] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? []
  const id = most ?? inHead ?? written
  return id === undefined ? newStoreId() : Buffer.from(id, 'hex')
}

/**
 * Returns the seq up to which commits need not name the store: all of them in an older format, or if the format cannot
 * be read.
 */
async function namelessIn(db: Database | undefined, format: number): Promise<number> {
  const isOlder = db === undefined || format < FORMAT
  return isOlder ? Number.MAX_SAFE_INTEGER : readOr<number>(db, META.nameless, 0)
}

/** Returns where the log begins. A note that cannot be read is damage: then the log's beginning is missing. */
async function cutIn(db: Database, format: number, fileDamage: FileDamage[]): Promise<LogCut | undefined> {
  if (format < CUT_FORMAT) return undefined
  try {
    return decodeCut(await db.get(META.cut))
  } catch (error) {
    note(fileDamage)(isOutcryError(error) ? error : unreadable(error))
    return undefined
  }
}

/** Yields the commits of a file. A file that the disk cannot read has none, and counts as damage. */
function* commitsLeftIn(path: string, fileDamage: FileDamage[]): Generator<Entry> {
  try {
    yield* commitsIn(path)
  } catch (error) {
    note(fileDamage)(error)
  }
}

function databaseFiles(folder: string): string[] {
  const numberOf = (name: string) => tableNumber(name) ?? logNumber(name) ?? 0
  return readdirSync(folder)
    .filter((name) => isDatabaseFile(name) && numberOf(name) > 0)
    .sort((a, b) => numberOf(a) - numberOf(b))
}

/** Returns the epoch of a commit, if it is whole and of this store. */
function wholeOf<R extends LogRecord>(
  codec: RecordCodec<R>,
  name: StoreName,
  key: string,
  bytes: Buffer,
): number | undefined {
  try {
    return decodeCommit(codec, name, seqOfCommitKey(key), bytes).epoch
  } catch {
    return undefined
  }
}

/** Returns a value of the database, or `otherwise`. The walk through the log reports what LevelDB cannot read. */
async function readOr<T>(db: Database, key: string, otherwise: T): Promise<T> {
  try {
    const value = await db.get(key)
    return value === undefined ? otherwise : (JSON.parse(value.toString()) as T)
  } catch {
    return otherwise
  }
}

function noting(fileDamage: FileDamage[], check: () => unknown): void {
  try {
    check()
  } catch (error) {
    note(fileDamage)(error)
  }
}

/** Adds an error to the damage. The walk through the log reports a log that ends early. */
function note(fileDamage: FileDamage[]): (error: unknown) => void {
  return (error) => {
    if (!isOutcryError(error)) throw error
    const { code, message } = error
    if (code !== 'STORE_LOST_TAIL') fileDamage.push({ code, message })
  }
}

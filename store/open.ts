import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { Archive } from './archive.ts'
import { checkFiles } from './check-files.ts'
import type { NotedHead } from './commit-batch.ts'
import { decodeCommit, jsonCodec, NO_HASH } from './commit-codec.ts'
import { corruptMeta, firstOf } from './damage.ts'
import { type Batch, type Database, databaseIn, json, writeSynced } from './database.ts'
import { HeadFile } from './head-file.ts'
import { HistoryIndex } from './history-index.ts'
import { atOfTimeKey, COMMITS, isCommitKey, META, seqOfCommitKey, TIMES } from './keys.ts'
import { LevelStore } from './level-store.ts'
import { recordsOf } from './log-format.ts'
import { LogReader } from './log-reader.ts'
import { type Memory, newMemory } from './memory.ts'
import { isOutcryError, OutcryError } from './outcry-error.ts'
import type { LogRecord, RecordCodec, Store } from './store.ts'

/** Layout of keys and values; raised when an older Outcry could not read them. */
export const FORMAT = 2
/** Read as they are; what is added follows the present format. */
const OLDER_FORMATS = [1]
/**
 * Bytes that LevelDB compresses together. Small commits are much alike, which small blocks would hide from it; a
 * larger one makes reading a single snapshot slower.
 */
const BLOCK_BYTES = 32_768

export const LEVEL_OPTIONS = { keyEncoding: 'utf8', valueEncoding: 'buffer', blockSize: BLOCK_BYTES } as const

export interface StoreOptions<R extends LogRecord = LogRecord> {
  /** Default: JSON. */
  readonly codec?: RecordCodec<R>
  /** Snapshots kept of each actor. Default 2: the last, and one to fall back on. */
  readonly snapshotsKept?: number
}

/**
 * Opens the store in a folder, making it if need be. One process at a time can have it.
 * @throws STORE_LOCKED, STORE_CORRUPT, STORE_LOST_TAIL, STORE_FORMAT, STORE_OPEN_FAILED
 */
export async function openLevelStore<R extends LogRecord>(
  location: string,
  options: StoreOptions<R> = {},
): Promise<Store<R>> {
  const { db, acknowledged } = await openLevel(location).catch((error: unknown) => {
    throw isOutcryError(error) ? error : openFailure(location, error)
  })
  const files = { acknowledged, archive: join(location, 'archive') }
  return open(db as unknown as Database, location, options, files)
}

/** Level opens itself soon after it is made, so what must hold before is looked at before. */
async function openLevel(location: string): Promise<{ db: Level<string, Buffer>; acknowledged: number }> {
  mkdirSync(location, { recursive: true })
  removeUnborn(location)
  checkFiles(location, isCommitKey)
  const db = new Level<string, Buffer>(location, LEVEL_OPTIONS)
  await db.open()
  try {
    return { db, acknowledged: HeadFile.read(location) }
  } catch (error) {
    await db.close()
    throw error
  }
}

/**
 * LevelDB does not sync the first manifest of a new database, so a power cut then leaves one that does not open.
 * Nothing but its first entry was ever written whole to it: no commit of ours, and nothing of anybody else's.
 */
function removeUnborn(location: string): void {
  const names = readdirSync(location)
  if (names.some((name) => name === 'HEAD' || /\.(ldb|sst)$/.test(name))) return
  for (const name of names.filter((n) => n.endsWith('.log'))) {
    for (const batch of recordsOf(readFileSync(join(location, name)))) {
      if (!batch.includes(META.epoch)) return
    }
  }
  for (const name of names) {
    if (/^(CURRENT|MANIFEST-\d+|\d+\.(log|dbtmp))$/.test(name)) rmSync(join(location, name))
  }
}

export function storeExists(location: string): boolean {
  return existsSync(`${location}/CURRENT`)
}

/** The same code in memory: for tests, and for runs that nobody wants to keep. `memory` shared is a store reopened. */
export async function openMemoryStore<R extends LogRecord>(
  memory: Memory = newMemory(),
  options: StoreOptions<R> = {},
): Promise<Store<R>> {
  const db = databaseIn(memory)
  await db.open()
  return open(db, 'memory', options, undefined)
}

async function open<R extends LogRecord>(
  db: Database,
  location: string,
  { snapshotsKept = 2, codec = jsonCodec as unknown as RecordCodec<R> }: StoreOptions<R>,
  files: { readonly acknowledged: number; readonly archive: string } | undefined,
): Promise<Store<R>> {
  try {
    const format = await checkFormat(db, location, codec.name)
    const head = await readHead(db, codec, location)
    if (files !== undefined && files.acknowledged > head.seq)
      throw lostTail(location, head.seq, files.acknowledged)
    const epoch = Number((await db.get(META.epoch))?.toString() ?? '0') + 1
    await writeSynced(db, [[META.epoch, json(epoch)], ...format])
    const index = new HistoryIndex(db)
    const liveFrom = Number((await db.get(META.live))?.toString() ?? '1')
    const archive = files && new Archive(files.archive, liveFrom)
    const reader = new LogReader(db, codec, index, archive)
    for await (const { records } of reader.commits(head.indexed + 1, head.seq)) index.add(records)
    const latest = await firstOf(db.keys({ ...TIMES, reverse: true, limit: 1 }))
    const watermark = latest === undefined ? -1 : atOfTimeKey(latest)
    return new LevelStore<R>({
      db,
      codec,
      index,
      archive,
      epoch,
      end: { seq: head.seq, hash: head.hash, watermark },
      headFile: files && new HeadFile(location),
      snapshotsKept,
    })
  } catch (error) {
    await db.close()
    throw error
  }
}

/** What has to be written so that the store is of the present format, and of this codec. */
async function checkFormat(db: Database, location: string, codec: string): Promise<Batch> {
  const found = (await db.get(META.format))?.toString()
  const present: Batch = [
    [META.format, json(FORMAT)],
    [META.codec, json(codec)],
  ]
  if (found === undefined) {
    if ((await firstOf(db.keys({ limit: 1 }))) !== undefined) throw formatUnknown(location, 'none')
    return present
  }
  if (OLDER_FORMATS.includes(Number(found))) return present
  if (Number(found) !== FORMAT) throw formatUnknown(location, found)
  const written = (await db.get(META.codec))?.toString()
  if (written !== JSON.stringify(codec)) throw codecDiffers(location, written, codec)
  return []
}

/** The last commit, and that it is the one that was written last. */
async function readHead<R extends LogRecord>(
  db: Database,
  codec: RecordCodec<R>,
  location: string,
): Promise<{ seq: number; hash: Buffer; indexed: number }> {
  const entry = await firstOf(db.iterator({ ...COMMITS, reverse: true, limit: 1 }))
  const noted = await notedHead(db)
  if (entry === undefined) {
    if (noted.seq > 0) throw headDiffers(location, 0, noted.seq)
    return { seq: 0, hash: NO_HASH, indexed: 0 }
  }
  const commit = decodeCommit(codec, seqOfCommitKey(entry[0]), entry[1])
  const seq = commit.firstSeq + commit.records.length - 1
  if (noted.seq !== seq || noted.hash !== commit.hash.toString('hex'))
    throw headDiffers(location, seq, noted.seq)
  return { seq, hash: Buffer.from(commit.hash), indexed: noted.indexed ?? seq }
}

async function notedHead(db: Database): Promise<Partial<NotedHead> & { seq: number }> {
  const value = await db.get(META.head)
  try {
    return value === undefined ? { seq: 0 } : (JSON.parse(value.toString()) as NotedHead)
  } catch {
    throw corruptMeta('head')
  }
}

function headDiffers(location: string, found: number, noted: number): OutcryError {
  return new OutcryError(
    'STORE_CORRUPT',
    `the log in ${location} ends at seq ${found}, but it should end at ${noted}`,
    'Run `outcry doctor` to see what is lost; do not trade on this store.',
  )
}

function lostTail(location: string, found: number, acknowledged: number): OutcryError {
  return new OutcryError(
    'STORE_LOST_TAIL',
    `the log in ${location} ends at seq ${found}, but ${acknowledged} was acknowledged: the end of it is lost`,
    'Run `outcry doctor` to see what is lost. Restore from a backup, or cut the log back and reconcile with the venue.',
  )
}

function formatUnknown(location: string, found: string): OutcryError {
  return new OutcryError(
    'STORE_FORMAT',
    `${location} holds data of format ${found}; this Outcry reads format ${FORMAT}`,
    'Open it with the version that wrote it, or choose another folder.',
  )
}

function codecDiffers(location: string, found: string | undefined, codec: string): OutcryError {
  return new OutcryError(
    'STORE_FORMAT',
    `the records in ${location} are written by the codec ${found ?? 'unknown'}, not by "${codec}"`,
    'Open it with the codec that wrote it.',
  )
}

export function openFailure(location: string, error: unknown): OutcryError {
  const { code, message } = ((error as { cause?: unknown }).cause ?? error) as {
    code?: string
    message: string
  }
  if (code === 'LEVEL_LOCKED') {
    return new OutcryError(
      'STORE_LOCKED',
      `another process has the store in ${location}`,
      'Stop that runner, or let the command line ask it: it finds a running one by itself.',
      { cause: error },
    )
  }
  if (code === 'LEVEL_CORRUPTION') {
    return new OutcryError(
      'STORE_CORRUPT',
      `LevelDB cannot open ${location}: ${message}`,
      'Run `outcry doctor` to see what is lost.',
      { cause: error },
    )
  }
  return new OutcryError(
    'STORE_OPEN_FAILED',
    `${location} cannot be opened: ${message}`,
    'Check path and permissions; if there was a log, run `outcry doctor`.',
    {
      cause: error,
    },
  )
}

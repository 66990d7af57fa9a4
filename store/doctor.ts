/**
 * Says what is wrong with a store that nobody will open any more, and makes of it one that ends with its last whole
 * commit. It looks at a copy: opening LevelDB changes its files.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { Archive, type RawCommit } from './archive.ts'
import { nextReadable, verifyCommits } from './chain.ts'
import { batchCommit, type LogEnd } from './commit-batch.ts'
import { decodeCommit, jsonCodec, NO_HASH } from './commit-codec.ts'
import { readable } from './damage.ts'
import { type Batch, type Database, json, writeSynced } from './database.ts'
import { HeadFile } from './head-file.ts'
import { HistoryIndex } from './history-index.ts'
import {
  actorOfKey,
  COMMITS,
  commitKey,
  META,
  SNAPSHOTS,
  seqOfCommitKey,
  snapshotKey,
  wakeKey,
} from './keys.ts'
import { FORMAT, LEVEL_OPTIONS } from './open.ts'
import { isOutcryError, OutcryError } from './outcry-error.ts'
import { decodeSnapshot, insertSnapshot } from './snapshot-codec.ts'
import type { ChainDamage, Checkpoint, FileDamage, LogRecord, RecordCodec, SnapshotEntry } from './store.ts'
import { withCopy } from './store-copy.ts'

/** Damage that takes nothing from the log itself. */
const MENDABLE: readonly string[] = ['STORE_INDEX', 'STORE_SNAPSHOT', 'STORE_ARCHIVE']

export interface Diagnosis {
  /** The log is whole from its beginning to here. */
  readonly wholeTo: number
  /** Where it ended once, as far as anything still says. */
  readonly endedAt: number
  readonly records: number
  readonly damage: readonly (ChainDamage | FileDamage)[]
}

export interface DoctorOptions<R extends LogRecord> {
  readonly codec?: RecordCodec<R>
  readonly onProgress?: (seq: number) => void
  /** Records behind the last whole commit that can still be read: what a cut would lose. */
  readonly onLost?: (record: R) => void
}

/** @throws STORE_LOCKED, STORE_OPEN_FAILED */
export async function diagnose<R extends LogRecord>(
  location: string,
  options: DoctorOptions<R> = {},
): Promise<Diagnosis> {
  return withCopy(location, (db, fileDamage) => examine(db, location, fileDamage, options))
}

/**
 * Makes a damaged store anew from its records up to the last whole commit; the damaged folder is kept beside it, whole.
 * Indexes are made anew, snapshots kept as far as they are readable and not beyond the cut. A whole one is left alone.
 * @throws STORE_LOCKED, STORE_OPEN_FAILED, STORE_WRITE_FAILED
 */
export async function cutBack<R extends LogRecord>(
  location: string,
  options: DoctorOptions<R> = {},
): Promise<{ readonly diagnosis: Diagnosis; readonly keptIn: string | undefined }> {
  const fresh = `${location}.new`
  rmSync(fresh, { recursive: true, force: true })
  const diagnosis = await withCopy(location, async (db, fileDamage) => {
    const found = await examine(db, location, fileDamage, options)
    if (found.damage.length === 0) return found
    const lacking = found.damage.find(({ code }) => code === 'STORE_ARCHIVE')
    if (lacking !== undefined) throw archiveLacking(lacking.message)
    const archive = await archiveOf(db, location)
    await rebuild(db, archive, fresh, found, options.codec ?? (jsonCodec as unknown as RecordCodec<R>))
    return found
  })
  if (diagnosis.damage.length === 0) return { diagnosis, keptIn: undefined }
  const keptIn = freeName(`${location}.damaged`)
  renameSync(location, keptIn)
  renameSync(fresh, location)
  return { diagnosis, keptIn }
}

async function examine<R extends LogRecord>(
  db: Database,
  location: string,
  fileDamage: readonly FileDamage[],
  { codec = jsonCodec as unknown as RecordCodec<R>, onProgress, onLost }: DoctorOptions<R>,
): Promise<Diagnosis> {
  const noted = await readOr<{ seq: number }>(db, META.head, { seq: 0 })
  const endedAt = Math.max(noted.seq, HeadFile.read(location))
  const { damage, records } = await verifyCommits({
    db,
    codec,
    archive: await archiveOf(db, location),
    head: { seq: endedAt },
    onProgress,
  })
  const broken = damage.find(({ code }) => !MENDABLE.includes(code))
  const wholeTo = broken === undefined ? endedAt : broken.seq - 1
  if (onLost !== undefined) await readBehind(db, codec, { wholeTo, endedAt }, onLost)
  return { wholeTo, endedAt, records, damage: [...fileDamage, ...damage] }
}

/** Whatever commits can be read there, each on its own. */
async function readBehind<R extends LogRecord>(
  db: Database,
  codec: RecordCodec<R>,
  { wholeTo, endedAt }: Pick<Diagnosis, 'wholeTo' | 'endedAt'>,
  onLost: (record: R) => void,
): Promise<void> {
  let from: string | undefined = commitKey(wholeTo + 1)
  while (from !== undefined) {
    let last = from
    try {
      for await (const key of readable(db.keys({ gte: from, lt: COMMITS.lt }))) {
        last = key
        for (const record of await recordsAt(db, codec, key)) onLost(record)
      }
      return
    } catch (error) {
      if (!isOutcryError(error, 'STORE_CORRUPT')) throw error
      from = await nextReadable(db, seqOfCommitKey(last), endedAt)
    }
  }
}

/** None where they are damaged: that is among what was found already. */
async function recordsAt<R extends LogRecord>(
  db: Database,
  codec: RecordCodec<R>,
  key: string,
): Promise<readonly R[]> {
  try {
    return decodeCommit(codec, seqOfCommitKey(key), (await db.get(key)) as Buffer).records
  } catch {
    return []
  }
}

/** What is in the archive comes back into the database. */
async function rebuild<R extends LogRecord>(
  from: Database,
  archive: Archive,
  fresh: string,
  { wholeTo, endedAt, damage }: Diagnosis,
  codec: RecordCodec<R>,
): Promise<void> {
  mkdirSync(fresh, { recursive: true })
  const to = new Level<string, Buffer>(fresh, LEVEL_OPTIONS) as unknown as Database
  await to.open()
  try {
    const index = new HistoryIndex(to)
    let end: LogEnd = { seq: 0, hash: NO_HASH, watermark: -1 }
    // One by one: an iterator fails for a damaged block ahead of it.
    while (end.seq < wholeTo) {
      const seq = end.seq + 1
      const bytes =
        seq < archive.liveFrom
          ? ((await archive.from(seq))[0] as RawCommit).bytes
          : ((await from.get(commitKey(seq))) as Buffer)
      const { records } = decodeCommit(codec, seq, bytes)
      const next = batchCommit(end, index, bytes, records)
      await writeSynced(to, next.batch)
      end = next.end
      index.add(records)
    }
    const whole = await copySnapshots(from, to, wholeTo)
    const meta: Batch = [
      [META.format, json(FORMAT)],
      [META.codec, json(codec.name)],
      [META.epoch, json(await readOr<number>(from, META.epoch, 0))],
    ]
    // Without its checkpoint everything is replayed, which needs no snapshot.
    const checkpoint = await readOr<Checkpoint | undefined>(from, META.checkpoint, undefined)
    const holds = whole && wholeTo === endedAt && !damage.some(({ code }) => code === 'STORE_SNAPSHOT')
    if (checkpoint !== undefined && holds) meta.push([META.checkpoint, json(checkpoint)])
    await writeSynced(to, meta)
    const headFile = new HeadFile(fresh)
    headFile.write(end.seq)
    headFile.close()
  } finally {
    await to.close()
  }
}

/** Those that can be read and are not beyond the cut; true when that is all of them. */
async function copySnapshots(from: Database, to: Database, wholeTo: number): Promise<boolean> {
  let whole = true
  try {
    for await (const [key, bytes] of readable(from.iterator(SNAPSHOTS))) {
      const actor = actorOfKey(key)
      try {
        const batch: Batch = []
        let kept: Buffer | undefined
        let newest: SnapshotEntry | undefined
        for (
          let entry = decodeSnapshot(actor, bytes, wholeTo);
          entry !== undefined;
          entry = decodeSnapshot(actor, bytes, entry.seq - 1)
        ) {
          newest ??= entry
          kept = insertSnapshot(entry, kept, Number.MAX_SAFE_INTEGER).bytes
        }
        if (newest === undefined || kept === undefined) continue
        batch.push([snapshotKey(actor), kept])
        if (newest.wake !== undefined) batch.push([wakeKey(actor), Buffer.from(String(newest.wake.at))])
        await writeSynced(to, batch)
      } catch (error) {
        if (!isOutcryError(error, 'STORE_CORRUPT')) throw error
        whole = false
      }
    }
  } catch (error) {
    if (!isOutcryError(error, 'STORE_CORRUPT')) throw error
    whole = false
  }
  return whole
}

async function archiveOf(db: Database, location: string): Promise<Archive> {
  return new Archive(join(location, 'archive'), await readOr<number>(db, META.live, 1))
}

function archiveLacking(what: string): OutcryError {
  return new OutcryError('STORE_ARCHIVE', what, 'Put the file back first, then cut.')
}

async function readOr<T>(db: Database, key: string, otherwise: T): Promise<T> {
  try {
    const value = await db.get(key)
    return value === undefined ? otherwise : (JSON.parse(value.toString()) as T)
  } catch {
    return otherwise
  }
}

function freeName(name: string): string {
  let free = name
  for (let n = 2; existsSync(free); n++) free = `${name}-${n}`
  return free
}

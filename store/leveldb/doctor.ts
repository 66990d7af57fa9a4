/**
 * Finds the damage of a store that no longer opens, and makes a new store of it that ends with the last whole commit.
 * It works on copies, because opening LevelDB changes its files.
 */

import { Level } from 'level'
import type { ErrorCode } from '../../errors/codes.ts'
import { isOutcryError, OutcryError } from '../../errors/outcry-error.ts'
import type { ChainDamage, FileDamage, LogCut, LogRecord, PositionEntry, RecordCodec } from '../store.ts'
import { nextReadable, verifyCommits } from './chain.ts'
import type { RawCommit } from './codec/archive-file.ts'
import { decodeCommit, jsonCodec, NO_HASH, storeIdOf } from './codec/commit-codec.ts'
import { encodeCut } from './codec/cut-codec.ts'
import { type Batch, type Database, json, LEVEL_OPTIONS, writeSynced } from './codec/database.ts'
import {
  actorOfKey,
  actorOfPastKey,
  actorsRange,
  COMMITS,
  commitKey,
  META,
  nameOfPositionKey,
  PASTS,
  POSITIONS,
  SNAPSHOTS,
  seqOfCommitKey,
  snapshotKey,
  timeKey,
  wakeKey,
} from './codec/keys.ts'
import { decodePosition, encodePosition } from './codec/position-codec.ts'
import { decodeSnapshot, snapshotsUpTo } from './codec/snapshot-codec.ts'
import { batchCommit, type LogEnd } from './commit-batch.ts'
import { exchange, finishExchange, roomForNew } from './folder/exchange.ts'
import { writeHeadFile } from './folder/head-file.ts'
import { formatUnknown, openFailure } from './folder/open-errors.ts'
import { storeExists } from './folder/store-files.ts'
import { StoreLock } from './folder/store-lock.ts'
import { HistoryIndex } from './history-index.ts'
import { CUT_FORMAT, FORMAT } from './log-state.ts'
import { endLook } from './look.ts'
import { type Pieces, readable } from './readable.ts'
import { asFound, gathered, type Remains } from './remains.ts'
import { TypeIndex } from './type-index.ts'

/** Codes of damage that takes nothing from the log itself. */
const MENDABLE: readonly ErrorCode[] = ['STORE_INDEX', 'STORE_SNAPSHOT', 'STORE_POSITION', 'STORE_ARCHIVE']

export interface Diagnosis {
  /** Last seq up to which the log is whole from its beginning. */
  readonly wholeTo: number
  /** Seq at which the log once ended, as far as any file still says. */
  readonly endedAt: number
  readonly records: number
  readonly damage: readonly (ChainDamage | FileDamage)[]
}

export interface DoctorOptions<R extends LogRecord> {
  readonly codec?: RecordCodec<R>
  readonly onProgress?: (seq: number) => void
  /** Called with each readable record behind the last whole commit: a cut loses these. */
  readonly onLost?: (record: R) => void
}

/** Reports the damage of a store and changes nothing. @throws STORE_LOCKED, STORE_FORMAT, STORE_OPEN_FAILED */
export function diagnose<R extends LogRecord>(
  location: string,
  options: DoctorOptions<R> = {},
): Promise<Diagnosis> {
  return underLock(location, (folder) => examined(folder, options, async ({ diagnosis }) => diagnosis))
}

/**
 * Makes a damaged store anew from its records up to the last whole commit, and keeps the damaged store whole beside it.
 * It makes the indexes anew. It keeps snapshots that are readable and not beyond the cut. It leaves a whole store
 * alone. A subscription that was beyond the cut goes on from there, and one whose position cannot be read from the
 * log's beginning, so that neither misses an event.
 * @throws STORE_LOCKED, STORE_FORMAT, STORE_OPEN_FAILED, STORE_WRITE_FAILED
 */
export function cutBack<R extends LogRecord>(
  location: string,
  options: DoctorOptions<R> = {},
): Promise<{ readonly diagnosis: Diagnosis; readonly keptIn: string | undefined }> {
  return underLock(location, async (folder) => {
    const diagnosis = await examined(folder, options, async (patient) => {
      const { damage } = patient.diagnosis
      if (damage.length === 0) return patient.diagnosis
      const lacking = damage.find(({ code }) => code === 'STORE_ARCHIVE')
      if (lacking !== undefined) throw archiveLacking(lacking.message)
      const { cut, bases } = patient.remains
      if (cut !== undefined && bases === undefined) throw basesLacking(cut)
      await rebuild(patient, roomForNew(folder), codecOf(options))
      return patient.diagnosis
    })
    return { diagnosis, keptIn: diagnosis.damage.length === 0 ? undefined : exchange(folder) }
  })
}

async function underLock<T>(location: string, work: (folder: string) => Promise<T>): Promise<T> {
  let lock: StoreLock | undefined
  try {
    if (!storeExists(location)) throw new Error('there is no store')
    lock = await StoreLock.take(location)
    const { folder } = lock
    finishExchange(folder)
    return await lock.withoutOthers(() => work(folder))
  } catch (error) {
    throw openFailure(location, error)
  } finally {
    await lock?.release()
  }
}

/**
 * Checks that no later Outcry wrote the store: this one would take what it does not know for damage.
 * @throws STORE_FORMAT
 */
async function assertNotNewer(folder: string, db: Database): Promise<void> {
  // A file that cannot be read is damage, which is told later.
  const format = await db.get(META.format).catch(() => undefined)
  if (format !== undefined && Number(format.toString()) > CUT_FORMAT)
    throw formatUnknown(folder, format.toString(), CUT_FORMAT)
}

/** The remains of a store, and its damage. */
interface Patient {
  readonly remains: Remains
  readonly diagnosis: Diagnosis
}

/**
 * Examines the database as its manifest describes it. If that is not whole, it also examines all commits in any of its
 * files, and goes on with the one that reaches further.
 */
async function examined<R extends LogRecord, T>(
  folder: string,
  options: DoctorOptions<R>,
  work: (patient: Patient) => Promise<T>,
): Promise<T> {
  const codec = codecOf(options)
  const opened: Remains[] = []
  const look = async (remains: Remains): Promise<Patient> => {
    opened.push(remains)
    await assertNotNewer(folder, remains.db)
    return { remains, diagnosis: await examine(remains, codec, options) }
  }
  try {
    const found = await asFound(folder)
    let patient = found.db === undefined ? undefined : await look({ ...found, db: found.db })
    if (patient === undefined || isBroken(patient.diagnosis)) {
      const other = await look(await gathered(folder, codec, found))
      if (other.diagnosis.wholeTo > (patient?.diagnosis.wholeTo ?? -1)) patient = other
    }
    const { remains, diagnosis } = patient as Patient
    if (options.onLost !== undefined) await readBehind(remains, codec, diagnosis, options.onLost)
    return await work(patient as Patient)
  } finally {
    for (const { db } of opened) await db.close()
    endLook(folder)
  }
}

function isBroken({ damage }: Diagnosis): boolean {
  return damage.some(({ code }) => !MENDABLE.includes(code))
}

async function examine<R extends LogRecord>(
  { db, archive, cut, name, endedAt, fileDamage }: Remains,
  codec: RecordCodec<R>,
  { onProgress }: DoctorOptions<R>,
): Promise<Diagnosis> {
  const head = { seq: endedAt }
  const { damage, records } = await verifyCommits({ db, codec, name, archive, cut, head, onProgress })
  const broken = damage.find(({ code }) => !MENDABLE.includes(code))
  const wholeTo = broken === undefined ? endedAt : broken.seq - 1
  return { wholeTo, endedAt, records, damage: [...fileDamage, ...damage] }
}

/** Passes on the records of every commit that can be read, each commit on its own. */
async function readBehind<R extends LogRecord>(
  remains: Remains,
  codec: RecordCodec<R>,
  { wholeTo, endedAt }: Diagnosis,
  onLost: (record: R) => void,
): Promise<void> {
  const { db } = remains
  let from: string | undefined = commitKey(wholeTo + 1)
  while (from !== undefined) {
    let last = from
    try {
      for await (const key of readable(db.keys({ gte: from, lt: COMMITS.lt }))) {
        last = key
        for (const record of await recordsAt(remains, codec, key)) onLost(record)
      }
      return
    } catch (error) {
      if (!isOutcryError(error, 'STORE_CORRUPT')) throw error
      from = await nextReadable(db, seqOfCommitKey(last), endedAt)
    }
  }
}

/** Returns the records of a commit; none when it is damaged, because that damage was already found. */
async function recordsAt<R extends LogRecord>(
  { db, name }: Remains,
  codec: RecordCodec<R>,
  key: string,
): Promise<readonly R[]> {
  try {
    return decodeCommit(codec, name, seqOfCommitKey(key), (await db.get(key)) as Buffer).records
  } catch {
    return []
  }
}

/** Writes the new store. Archived commits come back into the database. */
async function rebuild<R extends LogRecord>(
  { remains, diagnosis: { wholeTo, endedAt, damage } }: Patient,
  fresh: string,
  codec: RecordCodec<R>,
): Promise<void> {
  const { db: from, archive, cut, bases, name, epoch, isOwn } = remains
  const to = new Level<string, Buffer>(fresh, LEVEL_OPTIONS) as unknown as Database
  await to.open()
  try {
    const index = new HistoryIndex(to)
    const types = new TypeIndex(to, 1, 0)
    let end = beginning(cut)
    let namelessTo = 0
    let before = end.seq + 1
    if (cut !== undefined && bases !== undefined) await copyCut(bases, to, cut)
    // Commits are read one by one, because an iterator fails for a damaged block ahead of it.
    while (end.seq < wholeTo) {
      const seq = end.seq + 1
      const bytes =
        seq < archive.hotFrom
          ? ((await archive.from(seq))[0] as RawCommit).bytes
          : await commitBehind(from, before, seq)
      const { records } = decodeCommit(codec, name, seq, bytes)
      const next = batchCommit(end, index, types, bytes, records)
      await writeSynced(to, next.batch)
      end = next.end
      before = seq
      index.add(records)
      types.add(records)
      if (storeIdOf(bytes) === undefined) namelessTo = end.seq
    }
    const meta: Batch = [
      [META.format, json(cut === undefined ? FORMAT : CUT_FORMAT)],
      [META.codec, json(codec.name)],
      [META.epoch, json(epoch)],
      [META.id, json(name.id.toString('hex'))],
    ]
    if (namelessTo > 0) meta.push([META.nameless, json(namelessTo)])
    // Without its checkpoint a start replays everything and needs no snapshot.
    if (isOwn) {
      const whole = await copySnapshots(from, to, wholeTo)
      const holds = whole && wholeTo === endedAt && !damage.some(({ code }) => code === 'STORE_SNAPSHOT')
      await copyPositions(from, to, wholeTo, (cut?.firstSeq ?? 1) - 1)
      if (remains.checkpoint !== undefined && holds) meta.push([META.checkpoint, json(remains.checkpoint)])
    }
    await writeSynced(to, meta)
  } finally {
    await to.close()
  }
  writeHeadFile(fresh, { id: name.id, epoch, ready: true, seq: wholeTo })
}

/** Returns the end of a log of which no record is there yet. */
function beginning(cut: LogCut | undefined): LogEnd {
  if (cut === undefined) return { seq: 0, hash: NO_HASH, watermark: -1 }
  return { seq: cut.firstSeq - 1, hash: Buffer.from(cut.previous, 'hex'), watermark: cut.passedAt }
}

/**
 * Copies the note of the cut, the state and the snapshots at it, and the list of actors, of which some have no record any
 * more.
 */
async function copyCut(from: Database, to: Database, cut: LogCut): Promise<void> {
  const base = await from.get(META.base)
  const { firstSeq, passedAt } = cut
  const batch: Batch = [
    [META.cut, encodeCut(cut)],
    [META.live, json(firstSeq)],
    [timeKey(passedAt), Buffer.from(String(firstSeq - 1))],
  ]
  if (base !== undefined) batch.push([META.base, base])
  await writeSynced(to, batch)
  await copyReadable(from.iterator(actorsRange('', undefined)), to, (key, bytes) => [[key, bytes]])
  await copySnapshots(from, to, firstSeq - 1)
}

/** Returns the commit of `seq`, which follows the one of `before`. */
async function commitBehind(db: Database, before: number, seq: number): Promise<Buffer> {
  const key = commitKey(seq)
  try {
    return (await db.get(key)) as Buffer
  } catch (error) {
    // A search in a damaged block may fail for a commit that a read through the block finds.
    for await (const [found, bytes] of db.iterator({ gte: commitKey(before), lte: key }))
      if (found === key) return bytes
    throw error
  }
}

/** Copies the snapshots that are readable and not beyond the cut. Returns true when these are all. */
async function copySnapshots(from: Database, to: Database, wholeTo: number): Promise<boolean> {
  const latest = await copyReadable(from.iterator(SNAPSHOTS), to, (key, bytes) => {
    const actor = actorOfKey(key)
    const kept = snapshotsUpTo(actor, bytes, wholeTo)
    return latestWrites(actor, kept)
  })
  const past = await copyReadable(from.iterator(PASTS), to, (key, bytes) => {
    const kept = decodeSnapshot(actorOfPastKey(key), bytes, wholeTo)
    return kept === undefined ? [] : [[key, bytes]]
  })
  // Where the cut removes an actor's latest snapshots, its newest past snapshot becomes the latest.
  let newest: [key: string, bytes: Buffer] | undefined
  const raise = async () => {
    const actor = newest && actorOfPastKey(newest[0])
    if (newest === undefined || actor === undefined || (await to.get(snapshotKey(actor))) !== undefined)
      return
    await writeSynced(to, latestWrites(actor, newest[1]))
  }
  for await (const entry of to.iterator(PASTS)) {
    if (newest !== undefined && actorOfPastKey(newest[0]) !== actorOfPastKey(entry[0])) await raise()
    newest = entry
  }
  await raise()
  return latest && past
}

/** Copies the positions of subscriptions. None stays beyond the end. `before` is the place before the first record. */
async function copyPositions(from: Database, to: Database, wholeTo: number, before: number): Promise<void> {
  await copyReadable(from.iterator(POSITIONS), to, (key, bytes) => {
    const name = nameOfPositionKey(key)
    const entry = positionOf(name, bytes, before)
    return [[key, entry.seq < wholeTo ? encodePosition(entry) : encodePosition({ name, seq: wholeTo })]]
  })
}

function positionOf(name: string, bytes: Buffer, before: number): PositionEntry {
  try {
    return decodePosition(name, bytes)
  } catch {
    return { name, seq: before }
  }
}

function latestWrites(actor: string, kept: Buffer): Batch {
  const newest = decodeSnapshot(actor, kept, Number.MAX_SAFE_INTEGER)
  if (newest === undefined) return []
  const batch: Batch = [[snapshotKey(actor), kept]]
  if (newest.wake !== undefined) batch.push([wakeKey(actor), Buffer.from(String(newest.wake.at))])
  return batch
}

/** Writes what `writesFor` returns for each entry. Returns false when an entry cannot be read. */
async function copyReadable(
  entries: Pieces<[key: string, bytes: Buffer]>,
  to: Database,
  writesFor: (key: string, bytes: Buffer) => Batch,
): Promise<boolean> {
  let whole = true
  try {
    for await (const [key, bytes] of readable(entries)) {
      try {
        const batch = writesFor(key, bytes)
        if (batch.length > 0) await writeSynced(to, batch)
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

function codecOf<R extends LogRecord>({ codec }: DoctorOptions<R>): RecordCodec<R> {
  return codec ?? (jsonCodec as unknown as RecordCodec<R>)
}

function basesLacking({ firstSeq }: LogCut): OutcryError {
  return new OutcryError(
    'STORE_CORRUPT',
    `the log was cut at seq ${firstSeq}, and the snapshots that stand in the place of its deleted records are in damaged files`,
    'Restore a backup: without them no actor from before the cut can be restored.',
  )
}

function archiveLacking(what: string): OutcryError {
  return new OutcryError('STORE_ARCHIVE', what, 'Put the file back first, then cut.')
}

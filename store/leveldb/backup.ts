/** Copies a store's entries into another store: in a folder, or on the wire. */

import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Level } from 'level'
import { isErrorCode } from '../../errors/codes.ts'
import { isOutcryError, OutcryError } from '../../errors/outcry-error.ts'
import type { StoreEntry } from '../store.ts'
import { ARCHIVED, Archive } from './archive.ts'
import { newStoreId, type StoreName } from './codec/commit-codec.ts'
import { type Batch, type Database, LEVEL_OPTIONS, writeSynced } from './codec/database.ts'
import { META } from './codec/keys.ts'
import type { NotedHead } from './commit-batch.ts'
import { makeFolder, syncFolder } from './folder/folder.ts'
import { writeHeadFile } from './folder/head-file.ts'
import { ARCHIVE, LOCK } from './folder/store-files.ts'
import { StoreLock } from './folder/store-lock.ts'

const BATCH_BYTES = 1 << 20
/** The store name of an archive that is only written to. */
const UNREAD: StoreName = { id: Buffer.alloc(16), namelessTo: 0 }
/**
 * Bytes before each entry on the wire: length of the key u32, length of the value u32. An entry with an empty key is
 * the last.
 */
const HEADER = 8
/**
 * Key on the wire of the error that ended the entries. No key of a store is equal to it. An older reader sees a cut-off
 * copy.
 */
const FAILURE = 'failure'

/**
 * Makes a store in a folder from the entries of another. The folder appears only when it is whole. A failure removes
 * what was written. One process at a time makes it.
 * @throws BACKUP_EXISTS, BACKUP_CUT_OFF when the entries end early, STORE_LOCKED, STORE_OPEN_FAILED, BACKUP_FAILED
 */
export async function writeBackup(
  entries: AsyncIterable<StoreEntry>,
  location: string,
): Promise<{ seq: number }> {
  if (existsSync(location)) throw exists(location)
  const part = `${location}.part`
  const lock = await takePart(part, location)
  try {
    const seq = await write(entries, part)
    try {
      renameSync(part, location)
    } catch (error) {
      throw existsSync(location) ? exists(location) : error
    }
    syncFolder(dirname(location))
    return { seq }
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    throw isOutcryError(error) ? error : failed(location, error)
  } finally {
    await lock.release()
  }
}

/**
 * Locks and empties the folder in which the copy is made.
 * @throws STORE_LOCKED when another backup is being made in it
 */
async function takePart(part: string, location: string): Promise<StoreLock> {
  let lock: StoreLock | undefined
  try {
    makeFolder(part)
    lock = await StoreLock.take(part)
    for (const name of readdirSync(part))
      if (name !== LOCK) rmSync(join(part, name), { recursive: true, force: true })
    return lock
  } catch (error) {
    await lock?.release()
    throw isOutcryError(error) ? error : failed(location, error)
  }
}

/** Writes the entries into a database and returns the last seq. */
async function write(entries: AsyncIterable<StoreEntry>, part: string): Promise<number> {
  const db = new Level<string, Buffer>(part, LEVEL_OPTIONS) as unknown as Database
  await db.open()
  let head: NotedHead = { seq: 0, hash: '' }
  // Entries of an older format have no id. The copy gets one, like any other store of that format.
  let id: Buffer | undefined
  let epoch = 0
  try {
    const archive = new Archive(join(part, ARCHIVE), 1, UNREAD)
    let batch: Batch = []
    let bytes = 0
    for await (const [key, entry] of entries) {
      const value = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength)
      if (key.startsWith(ARCHIVED)) {
        archive.put(key.slice(ARCHIVED.length), value)
        continue
      }
      if (key === META.head) head = JSON.parse(value.toString()) as NotedHead
      if (key === META.id) id = Buffer.from(JSON.parse(value.toString()) as string, 'hex')
      if (key === META.epoch) epoch = JSON.parse(value.toString()) as number
      batch.push([key, value])
      bytes += value.length
      if (bytes < BATCH_BYTES) continue
      await writeSynced(db, batch)
      batch = []
      bytes = 0
    }
    if (batch.length > 0) await writeSynced(db, batch)
  } finally {
    await db.close()
  }
  writeHeadFile(part, { id: id ?? newStoreId(), epoch, ready: true, seq: head.seq })
  return head.seq
}

function exists(location: string): OutcryError {
  return new OutcryError('BACKUP_EXISTS', `${location} exists already`, 'Name a folder that does not exist.')
}

function failed(location: string, cause: unknown): OutcryError {
  const reason = (cause as { cause?: unknown }).cause ?? cause
  return new OutcryError(
    'BACKUP_FAILED',
    `the backup cannot be written to ${location}: ${(reason as Error).message}`,
    'Make room or repair the disk, then try again: nothing of the backup is left there.',
    { cause },
  )
}

export async function* encodeEntries(entries: AsyncIterable<StoreEntry>): AsyncGenerator<Uint8Array> {
  try {
    for await (const [key, value] of entries) yield frame(Buffer.from(key), value)
  } catch (error) {
    if (!isOutcryError(error)) throw error
    const { code, message, hint } = error
    yield frame(Buffer.from(FAILURE), Buffer.from(JSON.stringify({ code, message, hint })))
    return
  }
  yield frame(Buffer.alloc(0), Buffer.alloc(0))
}

/**
 * Reads entries from the wire.
 * @throws BACKUP_CUT_OFF, also when the connection breaks; the other side's error when that side cannot read its store
 */
export async function* decodeEntries(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StoreEntry> {
  let rest = Buffer.alloc(0)
  for await (const chunk of unbroken(chunks)) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    for (;;) {
      if (rest.length < HEADER) break
      const keyEnd = HEADER + rest.readUInt32BE(0)
      const end = keyEnd + rest.readUInt32BE(4)
      if (rest.length < end) break
      if (keyEnd === HEADER) return
      const key = rest.toString('utf8', HEADER, keyEnd)
      if (key === FAILURE) throw failureOf(rest.subarray(keyEnd, end))
      yield [key, Buffer.from(rest.subarray(keyEnd, end))]
      rest = rest.subarray(end)
    }
  }
  throw cutOff()
}

function failureOf(bytes: Buffer): OutcryError {
  try {
    const { code, message, hint } = JSON.parse(bytes.toString()) as Record<string, unknown>
    return refusalOf(String(code), String(message), String(hint))
  } catch (cause) {
    return cutOff(cause)
  }
}

/** Makes an error of what the other side sent. A later version may have sent a code that this version does not know. */
function refusalOf(code: string, message: string, hint: string): OutcryError {
  if (isErrorCode(code)) return new OutcryError(code, message, hint)
  return new OutcryError('BACKUP_FAILED', `${message} (${code})`, hint)
}

async function* unbroken(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch (cause) {
    throw cutOff(cause)
  }
}

function cutOff(cause?: unknown): OutcryError {
  const what = 'the entries of the store ended before the last one'
  return new OutcryError('BACKUP_CUT_OFF', what, 'Try again.', { cause })
}

function frame(key: Uint8Array, value: Uint8Array): Uint8Array {
  const header = Buffer.allocUnsafe(HEADER)
  header.writeUInt32BE(key.length, 0)
  header.writeUInt32BE(value.length, 4)
  return Buffer.concat([header, key, value])
}

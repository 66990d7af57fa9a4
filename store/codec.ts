/** Commits and snapshots as bytes and back. Pure; whatever is damaged is refused, by name. */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { OutcryError } from './outcry-error.ts'
import type { LogRecord, SnapshotEntry } from './store.ts'

/**
 * A commit: magic, epoch u32, first seq u64, records u32, hash of the commit before, hash, then the records as a JSON
 * array. The hash covers all before it and the records: it is checksum and chain link in one (law 4).
 */
const MAGIC = Buffer.from('OCM1')
const EPOCH = 4
const SEQ = 8
const COUNT = 16
const PREVIOUS = 20
const HASH = 52
const PAYLOAD = 84

export const NO_HASH = Buffer.alloc(32)

export interface DecodedCommit<R extends LogRecord> {
  readonly epoch: number
  readonly firstSeq: number
  readonly previous: Buffer
  readonly hash: Buffer
  readonly records: readonly R[]
}

export function encodeCommit(epoch: number, records: readonly LogRecord[], previous: Buffer): Buffer {
  const payload = JSON.stringify(records)
  const bytes = Buffer.allocUnsafe(PAYLOAD + Buffer.byteLength(payload))
  MAGIC.copy(bytes)
  bytes.writeUInt32BE(epoch, EPOCH)
  bytes.writeBigUInt64BE(BigInt(records[0]!.seq), SEQ)
  bytes.writeUInt32BE(records.length, COUNT)
  previous.copy(bytes, PREVIOUS)
  bytes.write(payload, PAYLOAD)
  hashOf(bytes).copy(bytes, HASH)
  return bytes
}

/** @throws STORE_CORRUPT; `seq` is what the key says that the first one is. */
export function decodeCommit<R extends LogRecord>(seq: number, bytes: Buffer): DecodedCommit<R> {
  if (bytes.length < PAYLOAD || !bytes.subarray(0, EPOCH).equals(MAGIC))
    throw corruptCommit(seq, 'it is no commit')
  const hash = bytes.subarray(HASH, PAYLOAD)
  if (!hashOf(bytes).equals(hash)) throw corruptCommit(seq, 'its checksum does not fit')
  const firstSeq = Number(bytes.readBigUInt64BE(SEQ))
  if (firstSeq !== seq) throw corruptCommit(seq, `it says that it begins at ${firstSeq}`)
  return {
    epoch: bytes.readUInt32BE(EPOCH),
    firstSeq,
    previous: bytes.subarray(PREVIOUS, HASH),
    hash,
    records: JSON.parse(bytes.toString('utf8', PAYLOAD)) as R[],
  }
}

export function hashOfCommit(bytes: Buffer): Buffer {
  return bytes.subarray(HASH, PAYLOAD)
}

function hashOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes.subarray(0, HASH)).update(bytes.subarray(PAYLOAD)).digest()
}

function corruptCommit(seq: number, what: string): OutcryError {
  return new OutcryError(
    'STORE_CORRUPT',
    `the commit at seq ${seq} is damaged: ${what}`,
    'Run `outcry verify` to see the extent, and restore from a backup; do not trade on this store.',
  )
}

/**
 * The snapshots of one actor, newest first. Each: crc32 u32 over what follows, length u32, seq u64, JSON. The newest
 * is read without touching the others.
 */
const SNAPSHOT_HEADER = 16

export function prependSnapshot(entry: SnapshotEntry, older: Buffer | undefined, kept: number): Buffer {
  const json = Buffer.from(JSON.stringify(entry))
  const header = Buffer.allocUnsafe(SNAPSHOT_HEADER)
  header.writeUInt32BE(json.length, 4)
  header.writeBigUInt64BE(BigInt(entry.seq), 8)
  header.writeUInt32BE(crc32(json, crc32(header.subarray(4))), 0)
  const parts: Uint8Array[] = [header, json]
  let offset = 0
  for (let n = 1; n < kept && older !== undefined && offset < older.length; n++) {
    const end = offset + SNAPSHOT_HEADER + older.readUInt32BE(offset + 4)
    // A snapshot of the same place is replaced.
    if (older.readBigUInt64BE(offset + 8) !== BigInt(entry.seq)) parts.push(older.subarray(offset, end))
    offset = end
  }
  return Buffer.concat(parts)
}

/** The newest at or before `maxSeq`. @throws STORE_CORRUPT */
export function decodeSnapshot(actor: string, bytes: Buffer, maxSeq: number): SnapshotEntry | undefined {
  for (let offset = 0; offset < bytes.length; ) {
    if (offset + SNAPSHOT_HEADER > bytes.length) throw corruptSnapshot(actor)
    const end = offset + SNAPSHOT_HEADER + bytes.readUInt32BE(offset + 4)
    if (end > bytes.length || crc32(bytes.subarray(offset + 4, end)) !== bytes.readUInt32BE(offset)) {
      throw corruptSnapshot(actor)
    }
    if (bytes.readBigUInt64BE(offset + 8) <= BigInt(maxSeq)) {
      return JSON.parse(bytes.toString('utf8', offset + SNAPSHOT_HEADER, end)) as SnapshotEntry
    }
    offset = end
  }
  return undefined
}

function corruptSnapshot(actor: string): OutcryError {
  return new OutcryError(
    'STORE_CORRUPT',
    `a snapshot of ${actor} is damaged`,
    'Run `outcry verify`; the log itself may be whole, and snapshots can be made anew from it.',
  )
}

/** Commits and snapshots as bytes and back. Pure; whatever is damaged is refused, by name. */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { corruptCommit, corruptSnapshot } from './damage.ts'
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

/**
 * The snapshots of one actor, newest first. Each: crc32 u32 over what follows, length u32, seq u64, JSON. The newest
 * is read without touching the others.
 */
const SNAPSHOT_HEADER = 16

/** `entry` among those that are kept already, in place of one of the same seq. @throws STORE_CORRUPT */
export function insertSnapshot(
  entry: SnapshotEntry,
  others: Buffer | undefined,
  kept: number,
): { bytes: Buffer; newest: boolean } {
  const frames = others === undefined ? [] : [...snapshotFrames(entry.actor, others)]
  const later = frames.filter(({ seq }) => seq > entry.seq)
  const earlier = frames.filter(({ seq }) => seq < entry.seq)
  const bytes = [
    ...later.map((frame) => frame.bytes),
    encodeSnapshot(entry),
    ...earlier.map((frame) => frame.bytes),
  ]
  return { bytes: Buffer.concat(bytes.slice(0, kept)), newest: later.length === 0 }
}

/** The newest at or before `maxSeq`. @throws STORE_CORRUPT */
export function decodeSnapshot(actor: string, bytes: Buffer, maxSeq: number): SnapshotEntry | undefined {
  for (const frame of snapshotFrames(actor, bytes)) {
    if (frame.seq <= maxSeq) return JSON.parse(frame.bytes.toString('utf8', SNAPSHOT_HEADER)) as SnapshotEntry
  }
  return undefined
}

function encodeSnapshot(entry: SnapshotEntry): Buffer {
  const payload = JSON.stringify(entry)
  const length = Buffer.byteLength(payload)
  const bytes = Buffer.allocUnsafe(SNAPSHOT_HEADER + length)
  bytes.writeUInt32BE(length, 4)
  bytes.writeBigUInt64BE(BigInt(entry.seq), 8)
  bytes.write(payload, SNAPSHOT_HEADER)
  bytes.writeUInt32BE(crc32(bytes.subarray(4)), 0)
  return bytes
}

function* snapshotFrames(actor: string, bytes: Buffer): Generator<{ seq: number; bytes: Buffer }> {
  for (let offset = 0; offset < bytes.length; ) {
    if (offset + SNAPSHOT_HEADER > bytes.length) throw corruptSnapshot(actor)
    const end = offset + SNAPSHOT_HEADER + bytes.readUInt32BE(offset + 4)
    if (end > bytes.length || crc32(bytes.subarray(offset + 4, end)) !== bytes.readUInt32BE(offset)) {
      throw corruptSnapshot(actor)
    }
    yield { seq: Number(bytes.readBigUInt64BE(offset + 8)), bytes: bytes.subarray(offset, end) }
    offset = end
  }
}

/** The snapshots of one actor as bytes and back. Pure; whatever is damaged is refused, by name. */
import { crc32 } from 'node:zlib'
import { corruptSnapshot } from './damage.ts'
import type { SnapshotEntry } from './store.ts'

/**
 * Newest first. Each: crc32 u32 over what follows, length u32, seq u64, JSON. The newest
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
    if (frame.seq > maxSeq) continue
    const entry = JSON.parse(frame.bytes.toString('utf8', SNAPSHOT_HEADER)) as SnapshotEntry
    if (entry.actor !== actor) throw corruptSnapshot(actor)
    return entry
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

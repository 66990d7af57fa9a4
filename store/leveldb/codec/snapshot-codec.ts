/** Turns the snapshots of one actor into bytes and back. Pure. It refuses damaged bytes and names the actor. */
import { crc32 } from 'node:zlib'
import type { SnapshotEntry } from '../../store.ts'
import { corruptSnapshot } from './damage.ts'
import { belongsToHistory, type HistoryEnd, NO_HISTORY } from './snapshot-history.ts'

/**
 * Bytes before each snapshot's JSON: crc32 u32 of all that follows, length u32, seq u64. Snapshots are stored newest
 * first, so that the newest is read without the others.
 */
const SNAPSHOT_HEADER = 16

/**
 * Beginning of a snapshot's JSON. `past` says where the snapshots kept for the actor's history ended when this one was
 * written. An older Outcry writes no `past`.
 */
const HEAD = /^\{"actor":"[^"\\]*","seq":\d+,"rev":(\d+),(?:"past":\[(\d+),(\d+)\])?/
/** Number of bytes that contain this beginning, unless the address is long. */
const HEAD_BYTES = 512

/** One snapshot as it is stored. It can be read alone, in the same way as all of an actor's. */
export interface SnapshotFrame {
  readonly seq: number
  readonly bytes: Buffer
}

export interface Inserted {
  /** All snapshots kept in one value. */
  readonly bytes: Buffer
  /** True when the inserted entry is the newest. */
  readonly newest: boolean
  /** Snapshots that leave the value and are kept for the actor's history. */
  readonly retired: readonly SnapshotFrame[]
}

/**
 * Inserts `entry` among the snapshots that are kept, in place of one with the same seq. `end` is where the snapshots
 * kept for the actor's history end.
 * @throws STORE_CORRUPT
 */
export function insertSnapshot(
  entry: SnapshotEntry,
  others: Buffer | undefined,
  kept: number,
  end: HistoryEnd = NO_HISTORY,
): Inserted {
  const frames = others === undefined ? [] : [...snapshotFrames(entry.actor, others)]
  const later = frames.filter(({ seq }) => seq > entry.seq)
  const earlier = frames.filter(({ seq }) => seq < entry.seq)
  const staying = Math.max(0, kept - later.length - 1)
  const retired: SnapshotFrame[] = []
  let past = end
  for (const frame of earlier.slice(staying).reverse()) {
    const here = { rev: headOf(frame).rev, seq: frame.seq }
    if (!belongsToHistory(here, frame.bytes.length, past)) continue
    retired.push(frame)
    past = here
  }
  const bytes = [...later.map(bytesOf), encodeSnapshot(entry, past), ...earlier.map(bytesOf)]
  return { bytes: Buffer.concat(bytes.slice(0, kept)), newest: later.length === 0, retired }
}

/**
 * Returns where the snapshots kept for the actor's history end, as its latest snapshots say. Undefined when an older
 * Outcry wrote one of them.
 * @throws STORE_CORRUPT
 */
export function historyEnd(actor: string, others: Buffer): HistoryEnd | undefined {
  let end = NO_HISTORY
  for (const frame of snapshotFrames(actor, others)) {
    const { past } = headOf(frame)
    if (past === undefined) return undefined
    if (past.seq > end.seq) end = past
  }
  return end
}

/** Returns the end of the history when this snapshot is its last. @throws STORE_CORRUPT */
export function endWith(actor: string, bytes: Buffer): HistoryEnd {
  for (const frame of snapshotFrames(actor, bytes)) return { rev: headOf(frame).rev, seq: frame.seq }
  throw corruptSnapshot(actor)
}

/** Returns the snapshots at or before `maxSeq`, byte for byte. @throws STORE_CORRUPT */
export function snapshotsUpTo(actor: string, bytes: Buffer, maxSeq: number): Buffer {
  const frames = [...snapshotFrames(actor, bytes)].filter(({ seq }) => seq <= maxSeq)
  return Buffer.concat(frames.map(bytesOf))
}

/** Returns the newest snapshot at or before `maxSeq`. @throws STORE_CORRUPT */
export function decodeSnapshot(actor: string, bytes: Buffer, maxSeq: number): SnapshotEntry | undefined {
  for (const frame of snapshotFrames(actor, bytes)) {
    if (frame.seq > maxSeq) continue
    const { past: _, ...entry } = parsed(frame)
    if (entry.actor !== actor) throw corruptSnapshot(actor)
    return entry
  }
  return undefined
}

type Stored = SnapshotEntry & { readonly past?: readonly [rev: number, seq: number] }

function encodeSnapshot({ actor, seq, rev, ...rest }: SnapshotEntry, past: HistoryEnd): Buffer {
  const stored: Stored = { actor, seq, rev, past: [past.rev, past.seq], ...rest }
  const payload = JSON.stringify(stored)
  const length = Buffer.byteLength(payload)
  const bytes = Buffer.allocUnsafe(SNAPSHOT_HEADER + length)
  bytes.writeUInt32BE(length, 4)
  bytes.writeBigUInt64BE(BigInt(seq), 8)
  bytes.write(payload, SNAPSHOT_HEADER)
  bytes.writeUInt32BE(crc32(bytes.subarray(4)), 0)
  return bytes
}

/** Reads a snapshot's head without its state, which may be large. */
function headOf(frame: SnapshotFrame): { rev: number; past: HistoryEnd | undefined } {
  const text = frame.bytes.toString('latin1', SNAPSHOT_HEADER, SNAPSHOT_HEADER + HEAD_BYTES)
  const [, rev, pastRev, pastSeq] = HEAD.exec(text) ?? []
  if (rev !== undefined) {
    const past = pastSeq === undefined ? undefined : { rev: Number(pastRev), seq: Number(pastSeq) }
    return { rev: Number(rev), past }
  }
  const { rev: later, past } = parsed(frame)
  return { rev: later, past: past && { rev: past[0], seq: past[1] } }
}

function parsed({ bytes }: SnapshotFrame): Stored {
  return JSON.parse(bytes.toString('utf8', SNAPSHOT_HEADER)) as Stored
}

const bytesOf = ({ bytes }: SnapshotFrame) => bytes

function* snapshotFrames(actor: string, bytes: Buffer): Generator<SnapshotFrame> {
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

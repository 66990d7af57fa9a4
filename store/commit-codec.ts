/** Commits as bytes and back. Pure; whatever is damaged is refused, by name. */
import { createHash } from 'node:crypto'
import { corruptCommit } from './damage.ts'
import type { LogRecord, RecordCodec } from './store.ts'

/**
 * A commit: magic, epoch u32, first seq u64, records u32, hash of the commit before, hash, then the records as the
 * store's codec writes them. The hash covers all before it and the records: it is checksum and chain link in one
 * (law 4).
 */
const MAGIC = Buffer.from('OCM2')
/** Commits of format 1 hold their records as a JSON array. */
const MAGIC_1 = Buffer.from('OCM1')
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
  /** As it is stored. */
  readonly bytes: Buffer
}

export const jsonCodec: RecordCodec<LogRecord> = {
  name: 'json',
  encode: (records) => JSON.stringify(records),
  decode: (text) => JSON.parse(text) as LogRecord[],
}

export function encodeCommit<R extends LogRecord>(
  codec: RecordCodec<R>,
  epoch: number,
  records: readonly R[],
  previous: Buffer,
): Buffer {
  const payload = codec.encode(records)
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
export function decodeCommit<R extends LogRecord>(
  codec: RecordCodec<R>,
  seq: number,
  bytes: Buffer,
): DecodedCommit<R> {
  const magic = bytes.subarray(0, EPOCH)
  const known = magic.equals(MAGIC) ? codec : magic.equals(MAGIC_1) ? jsonCodec : undefined
  if (bytes.length < PAYLOAD || known === undefined) throw corruptCommit(seq, 'it is no commit')
  const hash = bytes.subarray(HASH, PAYLOAD)
  if (!hashOf(bytes).equals(hash)) throw corruptCommit(seq, 'its checksum does not fit')
  const firstSeq = seqOfCommit(bytes)
  if (firstSeq !== seq) throw corruptCommit(seq, `it says that it begins at ${firstSeq}`)
  const records = known.decode(bytes.toString('utf8', PAYLOAD), firstSeq) as R[]
  if (records.length !== countOfCommit(bytes)) throw corruptCommit(seq, 'records are missing in it')
  return {
    epoch: bytes.readUInt32BE(EPOCH),
    firstSeq,
    previous: bytes.subarray(PREVIOUS, HASH),
    hash,
    records,
    bytes,
  }
}

/** How many records it says that it holds. */
export function countOfCommit(bytes: Buffer): number {
  return bytes.readUInt32BE(COUNT)
}

/** What it says that its first seq is. */
export function seqOfCommit(bytes: Buffer): number {
  return Number(bytes.readBigUInt64BE(SEQ))
}

export function hashOfCommit(bytes: Buffer): Buffer {
  return bytes.subarray(HASH, PAYLOAD)
}

function hashOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes.subarray(0, HASH)).update(bytes.subarray(PAYLOAD)).digest()
}

/** Turns commits into bytes and back. Pure. It refuses damaged bytes and says what is damaged. */
import { createHash, hash as hashOnce, randomBytes } from 'node:crypto'
import type { LogRecord, RecordCodec } from '../../store.ts'
import { corruptCommit } from './damage.ts'

/**
 * Layout of a commit: magic, epoch u32, first seq u64, number of records u32, hash of the commit before, id of the
 * store, hash, then the records as the store's codec writes them. The hash covers all before it and the records. So it
 * is checksum and chain link in one (law 4), and it ties the commit to its store.
 */
const MAGIC = Buffer.from('OCM3')
/** Commits of formats 1 and 2 name no store. Commits of format 1 hold their records as a JSON array. */
const MAGIC_2 = Buffer.from('OCM2')
const MAGIC_1 = Buffer.from('OCM1')
const EPOCH = 4
const SEQ = 8
const COUNT = 16
const PREVIOUS = 20
const STORE = 52
const ID_BYTES = 16
const HASH_BYTES = 32

export const NO_HASH = Buffer.alloc(HASH_BYTES)

/** The store that commits must be of. */
export interface StoreName {
  /** 16 random bytes, made with the store and kept by its copies. */
  readonly id: Buffer
  /** Up to this seq commits need not name the store, because an older Outcry wrote them. */
  readonly namelessTo: number
}

const SHORT_ID_LENGTH = 4
const SHORT_IDS = 36 ** SHORT_ID_LENGTH

/** Returns a new id, at random. With `shortId`, `shortIdOf` gives it back for this id. */
export function newStoreId(shortId?: string): Buffer {
  const id = randomBytes(ID_BYTES)
  if (shortId !== undefined) id.writeUInt32BE(Number.parseInt(shortId, 36))
  return id
}

/** Returns 4 characters of 0-9 and a-z, by which a venue's orders of this store differ from those of other stores. */
export function shortIdOf(id: Buffer): string {
  return (id.readUInt32BE() % SHORT_IDS).toString(36).padStart(SHORT_ID_LENGTH, '0')
}

export interface DecodedCommit<R extends LogRecord> {
  readonly epoch: number
  readonly firstSeq: number
  readonly previous: Buffer
  readonly hash: Buffer
  readonly records: readonly R[]
  /** The commit as it is stored. */
  readonly bytes: Buffer
}

export const jsonCodec: RecordCodec<LogRecord> = {
  name: 'json',
  encode: (records) => JSON.stringify(records),
  decode: (text) => JSON.parse(text) as LogRecord[],
}

export function encodeCommit<R extends LogRecord>(
  codec: RecordCodec<R>,
  { id }: StoreName,
  epoch: number,
  records: readonly R[],
  previous: Buffer,
): Buffer {
  const payload = codec.encode(records)
  const hashAt = STORE + ID_BYTES
  const bytes = Buffer.allocUnsafe(hashAt + HASH_BYTES + Buffer.byteLength(payload))
  // The hashed parts lie together at first, because one call for all takes half as long as one call for each part.
  const hashed = bytes.subarray(HASH_BYTES)
  MAGIC.copy(hashed)
  hashed.writeUInt32BE(epoch, EPOCH)
  hashed.writeBigUInt64BE(BigInt(records[0]!.seq), SEQ)
  hashed.writeUInt32BE(records.length, COUNT)
  previous.copy(hashed, PREVIOUS)
  id.copy(hashed, STORE)
  hashed.write(payload, hashAt)
  const hash = hashOnce('sha256', hashed, 'buffer')
  bytes.copyWithin(0, HASH_BYTES, HASH_BYTES + hashAt)
  hash.copy(bytes, hashAt)
  return bytes
}

/** The records that a reader needs. The decoder may leave out others. */
export interface Needed {
  readonly actor?: string | undefined
  /** JSON texts of which the commit must contain one. Otherwise all its records are left out. */
  readonly texts?: readonly Buffer[] | undefined
}

/** Decodes and checks a commit. `seq` is its first seq by its key. @throws STORE_CORRUPT */
export function decodeCommit<R extends LogRecord>(
  codec: RecordCodec<R>,
  name: StoreName,
  seq: number,
  bytes: Buffer,
  { actor, texts }: Needed = {},
): DecodedCommit<R> {
  const magic = bytes.subarray(0, EPOCH)
  const known = magic.equals(MAGIC_1)
    ? plainCodec(codec)
    : magic.equals(MAGIC) || magic.equals(MAGIC_2)
      ? codec
      : undefined
  const hashAt = hashOffset(bytes)
  const payloadAt = hashAt + HASH_BYTES
  if (bytes.length < payloadAt || known === undefined) throw corruptCommit(seq, 'it is no commit')
  const hash = bytes.subarray(hashAt, payloadAt)
  if (!hashOf(bytes, hashAt).equals(hash)) throw corruptCommit(seq, 'its checksum does not fit')
  const firstSeq = seqOfCommit(bytes)
  if (firstSeq !== seq) throw corruptCommit(seq, `it says that it begins at ${firstSeq}`)
  assertNames(name, seq, bytes)
  const isNeeded = texts === undefined || texts.some((text) => bytes.includes(text, payloadAt))
  const records = isNeeded ? (known.decode(bytes.toString('utf8', payloadAt), firstSeq, actor) as R[]) : []
  if (isNeeded && actor === undefined && records.length !== countOfCommit(bytes))
    throw corruptCommit(seq, 'records are missing in it')
  return {
    epoch: bytes.readUInt32BE(EPOCH),
    firstSeq,
    previous: bytes.subarray(PREVIOUS, STORE),
    hash,
    records,
    bytes,
  }
}

/** Returns the codec of format 1. */
function plainCodec<R extends LogRecord>({
  ofPlain,
}: RecordCodec<R>): Pick<RecordCodec<LogRecord>, 'decode'> {
  if (ofPlain === undefined) return jsonCodec
  return { decode: (text, firstSeq) => jsonCodec.decode(text, firstSeq).map((entry) => ofPlain(entry)) }
}

/** Checks that a commit is of this store. @throws STORE_CORRUPT when it is of another store */
export function assertNames({ id, namelessTo }: StoreName, seq: number, bytes: Buffer): void {
  const named = storeIdOf(bytes)
  if (named === undefined) {
    if (seq > namelessTo) throw corruptCommit(seq, 'it names no store, as only commits of older formats do')
  } else if (!named.equals(id)) {
    throw corruptCommit(seq, `it is of the store ${named.toString('hex')}, not of ${id.toString('hex')}`)
  }
}

/** Returns the id of the store that a commit names; undefined in formats 1 and 2. */
export function storeIdOf(bytes: Buffer): Buffer | undefined {
  return bytes.subarray(0, EPOCH).equals(MAGIC) ? bytes.subarray(STORE, STORE + ID_BYTES) : undefined
}

/** Returns the number of records that a commit says it holds. */
export function countOfCommit(bytes: Buffer): number {
  return bytes.readUInt32BE(COUNT)
}

/** Returns the first seq that a commit says it has. */
export function seqOfCommit(bytes: Buffer): number {
  return Number(bytes.readBigUInt64BE(SEQ))
}

export function hashOfCommit(bytes: Buffer): Buffer {
  const at = hashOffset(bytes)
  return bytes.subarray(at, at + HASH_BYTES)
}

function hashOffset(bytes: Buffer): number {
  return storeIdOf(bytes) === undefined ? STORE : STORE + ID_BYTES
}

function hashOf(bytes: Buffer, hashAt: number): Buffer {
  return createHash('sha256')
    .update(bytes.subarray(0, hashAt))
    .update(bytes.subarray(hashAt + HASH_BYTES))
    .digest()
}

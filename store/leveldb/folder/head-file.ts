/**
 * HEAD, a small file beside the database. It says which store this is and which opener has it.
 *
 *   0    what openers write: store id, epoch, whether the database has been made. Each opener replaces the file by a
 *        new one, fsynced with its folder, before it reads the database.
 *   512  the last acknowledged seq. Each commit writes it in place. LevelDB opens without a word when the end of its
 *        write-ahead log is damaged; the store finds such a loss by this seq. It is not fsynced: after a power cut it
 *        may be behind the log, never ahead of it, and a torn one proves nothing.
 *
 * Formats 1 and 2 had the seq alone.
 */
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { codeOf, replaceFile } from './folder.ts'
import { HEAD } from './store-files.ts'

/** Offset of the acknowledged seq. A disk writes whole sectors, so a commit never tears what openers wrote. */
const SEQ = 512
const LINE = /^outcry HEAD 3 ([0-9a-f]{32}) (\d{10}) (making|ready) ([0-9a-f]{8})\n$/

export interface Owner {
  readonly id: Buffer
  /** Epoch of the opener that wrote HEAD. */
  readonly epoch: number
  /** False until the database is made. Nothing is committed before that. */
  readonly ready: boolean
  /** The acknowledged seq, as far as HEAD says. */
  readonly seq: number
}

export type FoundHead =
  | { readonly kind: 'none' }
  /** Nothing in it can be read. A power cut does that to formats 1 and 2, which do not sync it. */
  | { readonly kind: 'damaged'; readonly seq: 0 }
  | { readonly kind: 'older'; readonly seq: number }
  | ({ readonly kind: 'owned' } & Owner)

export function readHeadFile(folder: string): FoundHead {
  let bytes: Buffer
  try {
    bytes = readFileSync(join(folder, HEAD))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { kind: 'none' }
    throw error
  }
  const owner = parseOwner(bytes)
  if (owner !== undefined) return { kind: 'owned', ...owner, seq: parseSeq(bytes.toString('utf8', SEQ)) ?? 0 }
  const seq = parseSeq(bytes.toString())
  return seq === undefined ? { kind: 'damaged', seq: 0 } : { kind: 'older', seq }
}

/** Returns the acknowledged seq in HEAD; 0 when it has none. */
export function acknowledgedIn(folder: string): number {
  const head = readHeadFile(folder)
  return head.kind === 'none' ? 0 : head.seq
}

/** Replaces HEAD by a new file. */
export function writeHeadFile(folder: string, owner: Owner): void {
  replaceFile(join(folder, HEAD), encode(owner))
}

/** One opener's HEAD, open for as long as its store is. */
export class HeadFile {
  readonly #path: string
  readonly #fd: number
  readonly #ino: number
  readonly #dev: number
  /** The bytes that the opener wrote, and room for those read back. */
  readonly #own: Buffer
  readonly #found: Buffer

  private constructor(folder: string, owner: Owner) {
    this.#path = join(folder, HEAD)
    this.#fd = openSync(this.#path, constants.O_RDWR)
    const { ino, dev } = statSync(this.#path)
    this.#ino = ino
    this.#dev = dev
    this.#own = encode(owner).subarray(0, SEQ)
    this.#found = Buffer.alloc(SEQ)
  }

  static claim(folder: string, owner: Owner): HeadFile {
    writeHeadFile(folder, owner)
    return new HeadFile(folder, owner)
  }

  /** Returns whether HEAD is the same file at the same place, with the bytes that its opener wrote. */
  get isIntact(): boolean {
    const stats = statSync(this.#path, { throwIfNoEntry: false })
    if (stats?.ino !== this.#ino || stats.dev !== this.#dev) return false
    readSync(this.#fd, this.#found, 0, SEQ, 0)
    return this.#found.equals(this.#own)
  }

  write(seq: number): void {
    writeSync(this.#fd, encodeSeq(seq), SEQ)
  }

  close(): void {
    try {
      fsyncSync(this.#fd)
    } finally {
      closeSync(this.#fd)
    }
  }
}

function encode({ id, epoch, ready, seq }: Owner): Buffer {
  const text = `outcry HEAD 3 ${id.toString('hex')} ${String(epoch).padStart(10, '0')} ${ready ? 'ready' : 'making'} `
  const bytes = Buffer.alloc(SEQ)
  bytes.write(`${text}${checksum(text)}\n`)
  return Buffer.concat([bytes, Buffer.from(encodeSeq(seq))])
}

function parseOwner(bytes: Buffer): Omit<Owner, 'seq'> | undefined {
  const end = bytes.indexOf('\n') + 1
  const line = bytes.toString('utf8', 0, end)
  const [, id, epoch, state, sum] = LINE.exec(line) ?? []
  if (id === undefined || checksum(line.slice(0, -9)) !== sum) return undefined
  // The bytes up to the seq are written with the line. Only zeros may follow it.
  if (bytes.length < SEQ || bytes.subarray(end, SEQ).some((byte) => byte !== 0)) return undefined
  return { id: Buffer.from(id, 'hex'), epoch: Number(epoch), ready: state === 'ready' }
}

function encodeSeq(seq: number): string {
  const digits = String(seq).padStart(16, '0')
  return `${digits} ${checksum(digits)}\n`
}

/** Returns the seq of a line. Format 1 has no checksum. */
function parseSeq(text: string): number | undefined {
  const [, digits, sum] = /^(\d{16})(?: ([0-9a-f]{8}))?\n$/.exec(text) ?? []
  if (digits === undefined || (sum !== undefined && sum !== checksum(digits))) return undefined
  return Number(digits)
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}

/** Reads LevelDB's table files. Each of their blocks has a checksum. Format: leveldb/doc/table_format.md. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { uncompress } from 'snappyjs'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { named } from '../folder/read-file.ts'
import { maskedCrc32c } from './crc32c.ts'
import { Varints } from './varints.ts'

/** Bytes at the end of a table: handles of metaindex and index, padded, then the magic number. */
const FOOTER = 48
const MAGIC = 0xdb4775248b80fb57n
/** Bytes behind each block: compression u8, masked crc32c u32 of block and compression. */
const TRAILER = 5
const SNAPPY = 1
/** Bytes that LevelDB appends to a key: kind u8 and number of the entry u56. */
const KEY_SUFFIX = 8
const VALUE = 1

/** A key and its value. */
export type Entry = readonly [key: string, value: Buffer]

interface Handle {
  readonly offset: number
  readonly size: number
}

/** Reads ranges of one file and verifies each block. */
class TableFile {
  readonly #fd: number
  readonly #path: string

  constructor(path: string) {
    this.#path = path
    this.#fd = named(path, () => openSync(path, 'r'))
  }

  get size(): number {
    return fstatSync(this.#fd).size
  }

  /** Returns a range of the file. @throws STORE_CORRUPT */
  read(offset: number, size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size)
    const read = () => readSync(this.#fd, bytes, 0, size, offset)
    if (offset < 0 || named(this.#path, read) !== size) throw this.damaged(offset)
    return bytes
  }

  /** Returns a block with its trailer. @throws STORE_CORRUPT when its checksum does not fit */
  check({ offset, size }: Handle): Buffer {
    if (offset + size + TRAILER > this.size) throw this.damaged(offset)
    const bytes = this.read(offset, size + TRAILER)
    if (bytes.readUInt32LE(size + 1) !== maskedCrc32c(bytes.subarray(0, size + 1))) throw this.damaged(offset)
    return bytes
  }

  /** Returns the entries of a block, uncompressed. */
  entries(handle: Handle): Generator<[key: Buffer, value: Buffer]> {
    const bytes = this.check(handle)
    const content = bytes.subarray(0, handle.size)
    return entriesOf(bytes[handle.size] === SNAPPY ? Buffer.from(uncompress(content)) : content)
  }

  damaged(offset: number): OutcryError {
    return new OutcryError(
      'STORE_CORRUPT',
      `${this.#path} is damaged near byte ${offset}`,
      'Run `outcry doctor` to see what is lost; do not trade on this store.',
    )
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/**
 * Checks every block except those whose keys all fulfil `isSafe`: a reader checks their values when it reads them.
 * @throws STORE_CORRUPT naming file and offset
 */
export function checkTable(path: string, isSafe: (key: string) => boolean): void {
  const file = new TableFile(path)
  try {
    checkBlocks(file, isSafe)
  } finally {
    file.close()
  }
}

/** Yields the values that can be read, in the order of their keys. It passes over blocks that cannot be read. */
export function* readTable(path: string): Generator<Entry> {
  const file = new TableFile(path)
  try {
    for (const [, handle] of readable(() => file.entries(indexOf(file)))) {
      const block = readable(() => file.entries(readHandle(new Varints(handle))))
      for (const [key, value] of block) {
        if (key[key.length - KEY_SUFFIX] === VALUE) yield [key.subarray(0, -KEY_SUFFIX).toString(), value]
      }
    }
  } finally {
    file.close()
  }
}

/** Returns the entries; none when they cannot be read. */
function readable(entries: () => Iterable<[key: Buffer, value: Buffer]>): [key: Buffer, value: Buffer][] {
  try {
    return [...entries()]
  } catch {
    return []
  }
}

function indexOf(file: TableFile): Handle {
  const start = file.size - FOOTER
  const footer = file.read(start, FOOTER)
  if (footer.readBigUInt64LE(FOOTER - 8) !== MAGIC) throw file.damaged(start)
  const handles = new Varints(footer)
  readHandle(handles)
  return readHandle(handles)
}

function checkBlocks(file: TableFile, isSafe: (key: string) => boolean): void {
  const start = file.size - FOOTER
  const footer = file.read(start, FOOTER)
  if (footer.readBigUInt64LE(FOOTER - 8) !== MAGIC) throw file.damaged(start)
  const handles = new Varints(footer)
  const metaindex = readHandle(handles)
  const index = readHandle(handles)
  for (const [, value] of file.entries(metaindex)) file.check(readHandle(new Varints(value)))
  let wasSafe = false
  for (const [key, value] of file.entries(index)) {
    // The index key is at or after the block's last key, and before the next block's first.
    const safe = isSafe(key.subarray(0, -KEY_SUFFIX).toString())
    if (!(safe && wasSafe)) file.check(readHandle(new Varints(value)))
    wasSafe = safe
  }
}

/** Yields the entries of a block. A key is written as the part that differs from the key before it. */
function* entriesOf(block: Buffer): Generator<[key: Buffer, value: Buffer]> {
  const restarts = block.readUInt32LE(block.length - 4)
  const end = block.length - 4 - 4 * restarts
  const reader = new Varints(block)
  let key: Buffer = Buffer.alloc(0)
  while (reader.offset < end) {
    const shared = reader.next()
    const unshared = reader.next()
    const length = reader.next()
    const keyEnd = reader.offset + unshared
    key = Buffer.concat([key.subarray(0, shared), block.subarray(reader.offset, keyEnd)])
    yield [key, block.subarray(keyEnd, keyEnd + length)]
    reader.skip(unshared + length)
  }
}

function readHandle(reader: Varints): Handle {
  return { offset: reader.next(), size: reader.next() }
}

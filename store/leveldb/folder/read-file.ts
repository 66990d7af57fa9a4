/**
 * Reads files of a store. Where the disk cannot read a file, that is damage of the file, like wrong bytes. A lack of
 * descriptors or of permission says nothing about the file.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { codeOf } from './folder.ts'
import { filesDamaged } from './open-errors.ts'

/**
 * Codes for a bad sector, a broken file system, a link without a target, a folder, and a file larger than any of
 * LevelDB's.
 */
const UNREADABLE = [
  'EIO',
  'ENXIO',
  'ENODATA',
  'EBADMSG',
  'EUCLEAN',
  'ENOENT',
  'ELOOP',
  'EISDIR',
  'ERR_FS_FILE_TOO_LARGE',
]
/** Bytes read at once. */
const PIECE = 1 << 20
/** Greatest unit, in bytes, in which a disk fails. */
const SECTOR = 4_096

/** Returns the bytes of a file. @throws STORE_CORRUPT naming the file */
export function readWhole(path: string): Buffer {
  return named(path, () => readFileSync(path))
}

/**
 * Returns the bytes of a file, with zeros where the disk cannot read it.
 * @throws STORE_CORRUPT when it cannot read any of it
 */
export function readWhatIsLeft(path: string): Buffer {
  return named(path, () => {
    const fd = openSync(path, 'r')
    try {
      const bytes = Buffer.alloc(fstatSync(fd).size)
      for (let at = 0; at < bytes.length; at += PIECE) {
        const end = Math.min(at + PIECE, bytes.length)
        if (readPiece(fd, bytes, at, end)) continue
        for (let sector = at; sector < end; sector += SECTOR)
          readPiece(fd, bytes, sector, Math.min(sector + SECTOR, end))
      }
      return bytes
    } finally {
      closeSync(fd)
    }
  })
}

function readPiece(fd: number, bytes: Buffer, at: number, end: number): boolean {
  try {
    readSync(fd, bytes, at, end - at, at)
    return true
  } catch (error) {
    if (codeOf(error) !== 'EIO') throw error
    bytes.fill(0, at, end)
    return false
  }
}

/** Runs `read` and turns an error that the file causes into damage of that file. */
export function named<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (!UNREADABLE.includes(code)) throw error
    throw filesDamaged(`${path} cannot be read: ${(error as Error).message}`, error)
  }
}

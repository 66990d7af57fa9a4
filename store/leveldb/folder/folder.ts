/**
 * Changes of a folder that survive a power cut. POSIX asks for an fsync of the folder besides that of the file in it.
 */
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** Codes of a file system that has no links, or none between these two places. */
const CANNOT_LINK = ['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL']
/** Codes for a path that cannot be renamed: it goes to another disk, or it is a mount point. */
const CANNOT_MOVE = ['EXDEV', 'EBUSY']

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}

/** Makes the names in a folder durable. Windows has no such call and needs none. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Makes a folder and its missing parents, and makes their names durable. */
export function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; ; made = dirname(made)) {
    syncFolder(dirname(made))
    if (made === first || dirname(made) === made) return
  }
}

/** Writes a whole file, durable with its name. A reader finds the old file or the new one. */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const next = `${path}.next`
  writeFileSync(next, bytes, { flush: true })
  renameSync(next, path)
  syncFolder(dirname(path))
}

/** Gives a file that never changes a second name: a link, or a copy where the file system has no links. */
export function linkOrCopy(from: string, to: string): void {
  for (const give of [linkSync, symlinkSync]) {
    try {
      give(from, to)
      return
    } catch (error) {
      if (!CANNOT_LINK.includes(codeOf(error) ?? '')) throw error
    }
  }
  copyFileSync(from, to)
}

/**
 * Moves a file or a folder. Copies and removes name by name what cannot be renamed. It may be called again after a
 * crash.
 */
export function move(from: string, to: string): void {
  try {
    renameSync(from, to)
    return
  } catch (error) {
    if (!CANNOT_MOVE.includes(codeOf(error) ?? '') && codeOf(error) !== 'ENOTEMPTY') throw error
  }
  if (!statSync(from).isDirectory()) {
    copyFileSync(from, `${to}.part`)
    const fd = openSync(`${to}.part`, 'r+')
    fsyncSync(fd)
    closeSync(fd)
    renameSync(`${to}.part`, to)
    syncFolder(dirname(to))
    rmSync(from)
    return
  }
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) move(join(from, name), join(to, name))
  syncFolder(to)
  try {
    rmdirSync(from)
  } catch (error) {
    // A mount point stays.
    if (codeOf(error) !== 'EBUSY') throw error
  }
}

/** Returns the identity of the file or folder at a path; undefined when there is none. */
export function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats && `${stats.dev}:${stats.ino}`
}

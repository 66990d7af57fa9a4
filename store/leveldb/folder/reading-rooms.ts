/**
 * Folders for copies of a database that are read while another process writes the store. Tables are linked, so a copy
 * takes next to no room, and keeps what the writer deletes until the reader closes it. The next opener removes what a
 * killed reader has left: nobody holds LevelDB's lock on that copy.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { namesIn, READERS } from './store-files.ts'
import type { StoreLock } from './store-lock.ts'

/** Key of a set that all copies of this module in a process share: the rooms in use. */
const IN_USE = Symbol.for('outcry.readingRooms')
const shared = globalThis as { [IN_USE]?: Set<string> }
shared[IN_USE] ??= new Set()
const inUse: Set<string> = shared[IN_USE]

// A reader may end in the middle of its output, when nobody reads that any more.
process.once('exit', () => {
  for (const path of inUse) removeRoom(path)
})

export interface ReadingRoom {
  readonly path: string
  /**
   * Returns whether the file system has links. Without them, the copy would end when a writer comes, and nobody would
   * see that it is read.
   */
  hasLinks(): boolean
  remove(): void
}

/** Makes a folder for a copy. The caller has the store's lock. */
export function roomToRead(folder: string): ReadingRoom {
  const path = join(folder, READERS, randomUUID())
  mkdirSync(path, { recursive: true })
  inUse.add(path)
  return {
    path,
    hasLinks: () => hasLinks(path),
    remove: () => {
      inUse.delete(path)
      removeRoom(path)
    },
  }
}

function hasLinks(path: string): boolean {
  try {
    linkSync(join(path, 'CURRENT'), join(path, 'CURRENT.link'))
    return true
  } catch {
    return false
  }
}

/** Removes the copies that nobody reads any more. */
export async function removeLeftRooms(lock: StoreLock): Promise<void> {
  for (const name of namesIn(join(lock.folder, READERS))) {
    const path = join(lock.folder, READERS, name)
    if (inUse.has(path) || (await isRead(lock, join(path, 'LOCK')))) continue
    removeRoom(path)
  }
}

async function isRead(lock: StoreLock, file: string): Promise<boolean> {
  return existsSync(file) && !(await lock.isFree(file))
}

/** Removes a room, as far as another process does not do the same. The next opener tries again. */
function removeRoom(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
    rmdirSync(dirname(path))
  } catch {
    // Another room is there, or another process was faster.
  }
}

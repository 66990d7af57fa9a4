/** The names in a store's folder. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from './folder.ts'

export const ARCHIVE = 'archive'
export const HEAD = 'HEAD'
/** Folder of the lock: see store-lock.ts. */
export const LOCK = 'lock'
/** Folder in which a store is read before it is opened: see look.ts. Its content may be removed at any time. */
export const LOOK = 'look'
/** Folder of the copies that are read while others may write the store: see reading-rooms.ts. */
export const READERS = 'readers'
/** Folder in which the doctor makes a store anew: see exchange.ts. */
export const DOCTOR = 'doctor'

/** Names that exist only during an opening, or for the lock. They hold no store. */
export const ASIDE: readonly string[] = [LOCK, LOOK, READERS, DOCTOR, `${HEAD}.next`]

const TABLE = /^(\d+)\.(ldb|sst)$/
const LOG = /^(\d+)\.log$/
const MANIFEST = /^MANIFEST-\d+$/

export function tableNumber(name: string): number | undefined {
  const [, number] = TABLE.exec(name) ?? []
  return number === undefined ? undefined : Number(number)
}

export function logNumber(name: string): number | undefined {
  const [, number] = LOG.exec(name) ?? []
  return number === undefined ? undefined : Number(number)
}

/** Returns whether a name is a file of LevelDB whose loss may lose data. */
export function isDatabaseFile(name: string): boolean {
  return name === 'CURRENT' || MANIFEST.test(name) || LOG.test(name) || TABLE.test(name)
}

/** Returns the names of a store's files in the folder, for messages. A folder with one of them never counts as new. */
export function storeFiles(folder: string): string[] {
  return namesIn(folder).filter(
    (name) =>
      name === HEAD || isDatabaseFile(name) || (name === ARCHIVE && namesIn(join(folder, name)).length > 0),
  )
}

/** Returns whether a folder has any file of a store, even when others are missing. */
export function storeExists(location: string): boolean {
  return storeFiles(location).length > 0 || namesIn(join(location, DOCTOR)).length > 0
}

/** Returns the names in a folder; none when there is no folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    throw error
  }
}

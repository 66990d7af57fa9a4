/** The names in a store's folder. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from './folder.ts'

export const ARCHIVE = 'archive'
export const HEAD = 'HEAD'
/** Holds the lock: see store-lock.ts. */
export const LOCK = 'lock'
/** Where a store is looked at before it is opened: see look.ts. Whatever lies there is nobody's. */
export const LOOK = 'look'
/** Where the doctor makes the store anew: see exchange.ts. */
export const DOCTOR = 'doctor'

/** Names that are there for the time of an opening only, or for the lock: no store is in them. */
export const ASIDE: readonly string[] = [LOCK, LOOK, DOCTOR, `${HEAD}.next`]

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

/** A file of LevelDB that something may be lost with. */
export function isDatabaseFile(name: string): boolean {
  return name === 'CURRENT' || MANIFEST.test(name) || LOG.test(name) || TABLE.test(name)
}

/** Files of a store in the folder, in the words of a message. Where there is one, the folder is never taken for a new one. */
export function storeFiles(folder: string): string[] {
  return namesIn(folder).filter(
    (name) =>
      name === HEAD || isDatabaseFile(name) || (name === ARCHIVE && namesIn(join(folder, name)).length > 0),
  )
}

/** Whether a folder has any file of a store, also when some are missing. */
export function storeExists(location: string): boolean {
  return storeFiles(location).length > 0 || namesIn(join(location, DOCTOR)).length > 0
}

/** None where there is no folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    throw error
  }
}

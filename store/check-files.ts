/**
 * LevelDB's files, looked through before LevelDB opens them. It drops damaged batches of its logs without a word, and
 * deletes the file afterwards; and it does not check the checksums of its tables, unless it is told to, which its
 * binding cannot.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findDamage } from './log-format.ts'
import { readManifest } from './manifest.ts'
import { OutcryError } from './outcry-error.ts'
import { checkTable } from './tables.ts'

/**
 * `isSafe`: whether the value of a key is checked when it is read, so that nobody need do it now.
 * @throws STORE_CORRUPT naming file and offset of the first damage
 */
export function checkFiles(location: string, isSafe: (key: string) => boolean): void {
  const manifest = readManifest(location)
  if (manifest === undefined) return
  checkLog(join(location, manifest.name))
  for (const name of readdirSync(location)) {
    const [, number, extension] = /^(\d+)\.(log|ldb|sst)$/.exec(name) ?? []
    const path = join(location, name)
    try {
      if (extension === 'log' && Number(number) >= manifest.logsFrom) checkLog(path)
      if (extension !== 'log' && manifest.tables.has(Number(number))) checkTable(path, isSafe)
    } catch (error) {
      // Somebody has the database open and just removed it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

function checkLog(path: string): void {
  const offset = findDamage(readFileSync(path))
  if (offset === undefined) return
  throw new OutcryError(
    'STORE_CORRUPT',
    `${path} is damaged at byte ${offset}: LevelDB would drop in silence what was written there`,
    'Run `outcry doctor` to see what is lost; do not trade on this store.',
  )
}

/**
 * Checks LevelDB's files before LevelDB opens them. LevelDB drops damaged batches of its logs without a word and then
 * deletes the file. It checks the checksums of its tables only on request, and its binding cannot request it.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { codeOf } from '../folder/folder.ts'
import { filesDamaged } from '../folder/open-errors.ts'
import { readWhole } from '../folder/read-file.ts'
import { logNumber, tableNumber } from '../folder/store-files.ts'
import { findDamage, recordsOf } from './log-format.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { checkTable } from './tables.ts'
import { readBatch } from './write-batch.ts'

/**
 * Checks the checksums of the database's files. `isSafe` says whether a value of a key is checked when it is read, and
 * so need not be checked now.
 * @throws STORE_CORRUPT naming file and offset of the first damage
 */
export function checkFiles(location: string, isSafe: (key: string) => boolean): void {
  const manifest = readManifest(location)
  if (manifest === undefined) return
  checkLog(join(location, manifest.name))
  for (const name of readdirSync(location)) {
    const table = tableNumber(name)
    const log = logNumber(name)
    const path = join(location, name)
    try {
      if (log !== undefined && log >= manifest.logsFrom) checkLog(path)
      if (table !== undefined && manifest.tables.has(table)) checkTable(path, isSafe)
    } catch (error) {
      // Another process has the database open and has just removed the file.
      if (codeOf((error as Error).cause) !== 'ENOENT') throw error
    }
  }
}

/**
 * Checks that the manifest describes these files as they are now. With an older manifest, LevelDB would delete the
 * tables that it does not name, and miss their content.
 * @throws STORE_CORRUPT
 */
export function checkManifest(location: string, manifest: Manifest): void {
  const names = new Map(readdirSync(location).map((name) => [tableNumber(name), name]))
  for (const [number, size] of manifest.tables) {
    const name = names.get(number)
    const found =
      name === undefined ? undefined : statSync(join(location, name), { throwIfNoEntry: false })?.size
    if (found === size) continue
    const what = found === undefined ? 'is missing' : `has ${found} bytes instead of ${size}`
    throw filesDamaged(`the table ${number} of ${location} ${what}, says its ${manifest.name}`)
  }
  const logs = liveLogs(location, manifest)
  if (manifest.logsFrom > 0 && logs[0]?.number !== manifest.logsFrom)
    throw filesDamaged(`the write-ahead log ${manifest.logsFrom} of ${location} is missing`)
  let next = manifest.lastEntry + 1
  for (const [i, { name }] of logs.entries()) {
    for (const [n, bytes] of [...recordsOf(readWhole(join(location, name)))].entries()) {
      const { first, count } = readBatch(bytes)
      // The very first batch may begin before the last entry that the manifest knows.
      const fits = i === 0 && n === 0 ? first <= next : first === next
      if (!fits)
        throw filesDamaged(
          `${join(location, name)} goes on at entry ${first}, where ${next} is due: ${manifest.name} or a log is of another time, or of another store`,
        )
      next = first + count
    }
  }
}

/** Returns the write-ahead logs that LevelDB reads when it opens, in the order of their numbers. */
export function liveLogs(location: string, { logsFrom }: Manifest): { name: string; number: number }[] {
  return readdirSync(location)
    .flatMap((name) => {
      const number = logNumber(name)
      return number !== undefined && number >= logsFrom ? [{ name, number }] : []
    })
    .sort((a, b) => a.number - b.number)
}

function checkLog(path: string): void {
  const offset = findDamage(readWhole(path))
  if (offset === undefined) return
  throw new OutcryError(
    'STORE_CORRUPT',
    `${path} is damaged at byte ${offset}: LevelDB would silently drop the data there`,
    'Run `outcry doctor` to see what is lost; do not trade on this store.',
  )
}

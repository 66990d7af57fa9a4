/**
 * The files of the paper venue's books, looked through before LevelDB opens them, as those of the log are: LevelDB drops damage in
 * silence, and begins anew where its CURRENT is missing.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { filesDamaged } from '../../../store/leveldb/folder/open-errors.ts'
import { isDatabaseFile, logNumber, namesIn, tableNumber } from '../../../store/leveldb/folder/store-files.ts'
import {
  databaseMissing,
  endLook,
  openCopy,
  roomToLook,
  valuesIn,
  wholeManifest,
} from '../../../store/leveldb/look.ts'

/** Keys that are never deleted: reports, finished orders, changes, intents. */
const KEPT = /^[roci]!/

/** @throws STORE_CORRUPT naming the file */
export async function checkBooks(folder: string): Promise<void> {
  const names = namesIn(folder).filter(isDatabaseFile)
  if (!names.includes('CURRENT')) {
    // A kill while LevelDB makes a database leaves a manifest and nothing else.
    const hasContent = names.some(
      (name) =>
        tableNumber(name) !== undefined ||
        (logNumber(name) !== undefined && statSync(join(folder, name)).size > 0),
    )
    if (hasContent) throw databaseMissing(folder)
    return
  }
  const manifest = wholeManifest(folder, () => false)
  const others = readdirSync(folder).filter((name) => {
    const table = tableNumber(name)
    const log = logNumber(name)
    return table === undefined ? log !== undefined && log < manifest.logsFrom : !manifest.tables.has(table)
  })
  if (others.length === 0) return
  try {
    const db = await openCopy(folder, manifest, roomToLook(folder))
    try {
      for (const name of others)
        for (const [key] of valuesIn(join(folder, name)))
          if (KEPT.test(key) && !(await db.has(key)))
            throw filesDamaged(
              `${join(folder, name)} holds ${key}, which the database does not know: its MANIFEST is an older one`,
            )
    } finally {
      await db.close()
    }
  } finally {
    endLook(folder)
  }
}

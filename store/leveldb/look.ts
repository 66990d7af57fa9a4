/**
 * Reads a database before it is opened, because opening changes it: LevelDB turns its log into tables, writes a new
 * manifest and deletes files that the manifest does not name. So LevelDB opens a copy, `look` in the store's own
 * folder. Tables are linked, since they never change, but only those that the manifest names, since LevelDB may
 * overwrite the numbers of others. The rest is copied. A refused store is unchanged, even if the process dies: the next
 * look removes the remains of this one.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { unreadable } from './codec/damage.ts'
import { type Database, LEVEL_OPTIONS } from './codec/database.ts'
import { COMMITS, commitKey, isCommitKey, seqOfCommitKey } from './codec/keys.ts'
import { linkOrCopy } from './folder/folder.ts'
import { filesDamaged } from './folder/open-errors.ts'
import { readWhatIsLeft } from './folder/read-file.ts'
import { LOOK, logNumber, storeFiles, tableNumber } from './folder/store-files.ts'
import { checkFiles, checkManifest, liveLogs } from './format/check-files.ts'
import { recordsOf } from './format/log-format.ts'
import { type Manifest, readManifest } from './format/manifest.ts'
import { type Entry, readTable } from './format/tables.ts'
import { valuesOf } from './format/write-batch.ts'

/**
 * Returns the manifest of a database whose files are whole.
 * @throws STORE_CORRUPT when files are missing, damaged, or do not belong together
 */
export function wholeManifest(folder: string, isSafe = isCommitKey): Manifest {
  const manifest = readManifest(folder)
  if (manifest === undefined) throw databaseMissing(folder)
  checkFiles(folder, isSafe)
  checkManifest(folder, manifest)
  return manifest
}

/** Removes the remains of an earlier look, and makes a folder for a new one. */
export function roomToLook(folder: string): string {
  const room = join(folder, LOOK)
  rmSync(room, { recursive: true, force: true })
  mkdirSync(room)
  return room
}

export function endLook(folder: string): void {
  rmSync(join(folder, LOOK), { recursive: true, force: true })
}

/** Opens a copy of the database as the manifest describes it, in `room`, which LevelDB may change. */
export async function openCopy(
  folder: string,
  manifest: Manifest,
  room: string,
  openFilesMax = 1_000,
): Promise<Database> {
  copyFileSync(join(folder, 'CURRENT'), join(room, 'CURRENT'))
  copyFileSync(join(folder, manifest.name), join(room, manifest.name))
  for (const { name } of liveLogs(folder, manifest)) copyFileSync(join(folder, name), join(room, name))
  for (const name of readdirSync(folder)) {
    const number = tableNumber(name)
    if (number !== undefined && manifest.tables.has(number)) linkOrCopy(join(folder, name), join(room, name))
  }
  const db = new Level<string, Buffer>(room, {
    ...LEVEL_OPTIONS,
    maxOpenFiles: openFilesMax,
    createIfMissing: false,
  })
  await db.open()
  return db as unknown as Database
}

/**
 * Checks that files which the manifest does not name hold nothing that is lost. A crash leaves such files of a
 * compaction, and LevelDB deletes them: their content is in the database, or was archived. If it is not, the manifest
 * is not the last one.
 * @throws STORE_CORRUPT
 */
export async function assertNothingElse(
  folder: string,
  { tables, logsFrom }: Manifest,
  db: Database,
  hotFrom: number,
): Promise<void> {
  for (const name of readdirSync(folder)) {
    const table = tableNumber(name)
    const log = logNumber(name)
    const isNamed = table !== undefined ? tables.has(table) : log === undefined || log >= logsFrom
    if (isNamed) continue
    for (const [key] of commitsIn(join(folder, name))) {
      const seq = seqOfCommitKey(key)
      if (seq < hotFrom || (await isIn(db, commitKey(seq)))) continue
      throw filesDamaged(
        `${join(folder, name)} holds the commit at seq ${seq}, which the database does not know: its MANIFEST is an older one`,
      )
    }
  }
}

function isIn(db: Database, key: string): Promise<boolean> {
  return db.has(key).catch((error: unknown) => {
    throw unreadable(error)
  })
}

/** Yields the commits that can be read in a table or a write-ahead log, as they are. */
export function* commitsIn(path: string): Generator<Entry> {
  for (const entry of valuesIn(path)) {
    if (entry[0] >= COMMITS.gte && entry[0] < COMMITS.lt) yield entry
  }
}

/** Yields the values that can be read in a table or a write-ahead log, without deleted ones. */
export function* valuesIn(path: string): Generator<Entry> {
  if (path.endsWith('.log')) for (const batch of recordsOf(readWhatIsLeft(path), true)) yield* valuesOf(batch)
  else yield* readTable(path)
}

export function databaseMissing(folder: string): Error {
  const missing = storeFiles(folder).includes('CURRENT')
    ? 'the MANIFEST that its CURRENT names'
    : 'its CURRENT'
  const there = storeFiles(folder).join(', ')
  return filesDamaged(`the database in ${folder} lacks ${missing}; it has: ${there}`)
}

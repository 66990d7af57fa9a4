/** A copy of a store that may be opened, which changes files; the store itself is held locked meanwhile. */
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { checkFiles } from './check-files.ts'
import type { Database } from './database.ts'
import { LEVEL_OPTIONS, openFailure } from './open.ts'
import { isOutcryError } from './outcry-error.ts'
import type { FileDamage } from './store.ts'

/** Opens a copy of the store, by repair if need be. Tables never change, so they are linked, not copied. */
export async function withCopy<T>(
  location: string,
  work: (db: Database, fileDamage: readonly FileDamage[]) => Promise<T>,
): Promise<T> {
  const copy = `${location}.examined`
  const unlock = await lock(location)
  try {
    rmSync(copy, { recursive: true, force: true })
    mkdirSync(copy)
    const fileDamage = damageOfFiles(location)
    for (const name of readdirSync(location)) {
      if (name === 'LOCK' || !statSync(join(location, name)).isFile()) continue
      if (/\.(ldb|sst)$/.test(name)) linkSync(join(location, name), join(copy, name))
      else copyFileSync(join(location, name), join(copy, name))
    }
    const { db, repaired } = await openCopy(copy, location)
    try {
      return await work(db, repaired === undefined ? fileDamage : [...fileDamage, repaired])
    } finally {
      await db.close()
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
    await unlock()
  }
}

function damageOfFiles(location: string): FileDamage[] {
  try {
    checkFiles(location, () => false)
    return []
  } catch (error) {
    if (!isOutcryError(error)) throw error
    return [{ code: error.code, message: error.message }]
  }
}

interface Repairing {
  repair(location: string): Promise<void>
}

async function openCopy(copy: string, location: string): Promise<{ db: Database; repaired?: FileDamage }> {
  const open = async () => {
    const db = new Level<string, Buffer>(copy, { ...LEVEL_OPTIONS, createIfMissing: false })
    await db.open()
    return db as unknown as Database
  }
  try {
    return { db: await open() }
  } catch (error) {
    const { message } = openFailure(location, error)
    await (Level as unknown as Repairing).repair(copy)
    return { db: await open(), repaired: { code: 'STORE_UNREADABLE', message } }
  }
}

/**
 * LevelDB's lock belongs to the file, by whatever name: a folder with nothing but a link to it is open just as long as
 * nobody has the store itself open, and holds it off meanwhile.
 */
async function lock(location: string): Promise<() => Promise<void>> {
  const folder = `${location}.lock`
  rmSync(folder, { recursive: true, force: true })
  try {
    mkdirSync(folder)
    copyLock(location, folder)
    const db = new Level(folder)
    await db.open()
    return async () => {
      await db.close()
      rmSync(folder, { recursive: true, force: true })
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw openFailure(location, error)
  }
}

function copyLock(location: string, folder: string): void {
  try {
    linkSync(join(location, 'LOCK'), join(folder, 'LOCK'))
  } catch (error) {
    // Never opened, so nobody has it open.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || !existsSync(location)) throw error
  }
}

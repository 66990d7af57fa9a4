/**
 * One opener at a time for one folder. The kernel holds the lock, on the file `lock/LOCK` of a tiny LevelDB, and drops
 * it when the process ends. That file is never deleted, so all processes lock the same one. The other files in `lock`
 * mean nothing: a power cut may tear them, and then they are made anew.
 *
 * POSIX gives such a lock to a process, not to a descriptor: closing any descriptor of the file drops it. So a second
 * opener in this process is refused before it opens the file: by a set that the process has, and on Linux by the
 * kernel's list of locks, which also shows other threads.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Level } from 'level'
import { codeOf, identityOf, linkOrCopy, makeFolder } from './folder.ts'
import { openFailure, storeLocked, storeWritten } from './open-errors.ts'
import { commandOf, writerIn } from './openers.ts'
import { HEAD, LOCK, READERS } from './store-files.ts'

/** Number of tries to open the tiny database. Another process may make its files anew at the same time. */
const TRIES = 10

/**
 * Milliseconds for which an opener waits for another one that only looks at the store. A look takes a tenth of a second,
 * and longer on a slow disk or after a kill.
 */
const LOOK_MS_MAX = 5_000
/** Interval, in ms, of the tries meanwhile. */
const TRY_MS = 20

/** File within `lock` that names the process that holds it. */
const HOLDER = 'holder'

/** Key of a set that all copies of this module in a process share. */
const HELD = Symbol.for('outcry.heldStores')
const shared = globalThis as { [HELD]?: Set<string> }
shared[HELD] ??= new Set()
const held: Set<string> = shared[HELD]

export class StoreLock {
  /** The store's folder, by its real path. */
  readonly folder: string
  readonly #db: Level
  readonly #keys: readonly string[]
  readonly #holder: string
  #held: { readonly fd: number; readonly ino: number; readonly dev: number } | undefined

  private constructor(folder: string, db: Level, keys: readonly string[]) {
    this.folder = folder
    this.#db = db
    this.#keys = keys
    this.#holder = join(folder, LOCK, HOLDER)
  }

  /** Takes the lock of a folder. @throws STORE_LOCKED, STORE_OPEN_FAILED */
  static async take(location: string): Promise<StoreLock> {
    const folder = realpathSync(location)
    const file = join(folder, LOCK, 'LOCK')
    const keys = [folder, file].flatMap((path) => identityOf(path) ?? [])
    if (keys.some((key) => held.has(key)) || isLockedHere(file)) throw storeLocked(location, 'this process')
    for (const key of keys) held.add(key)
    try {
      makeFolder(join(folder, LOCK))
      const db = await StoreLock.#afterLooks(folder)
      const own = identityOf(file) as string
      held.add(own)
      const lock = new StoreLock(folder, db, [...keys, own])
      const other = lock.#otherWriter()
      if (other === undefined) return lock
      await lock.release()
      throw storeWritten(location, other, commandOf(other))
    } catch (error) {
      for (const key of keys) held.delete(key)
      throw openFailure(location, error)
    }
  }

  /**
   * Opens the tiny database, which only one process can. Readers have it for a moment, so it tries again, unless a writer
   * has it. @throws STORE_LOCKED
   */
  static async #afterLooks(folder: string): Promise<Level> {
    const room = join(folder, LOCK)
    for (const until = Date.now() + LOOK_MS_MAX; ; await setTimeout(TRY_MS)) {
      try {
        return await openTiny(room)
      } catch (error) {
        if (levelCodeOf(error) !== 'LEVEL_LOCKED') throw error
        if (Date.now() < until && !isWriter(folder, holderOf(folder))) continue
        throw storeLocked(folder, lockerOf(join(room, 'LOCK')), error)
      }
    }
  }

  /**
   * Returns a process that still writes without the lock, because the lock was removed or dropped. The epoch keeps it
   * from acknowledging commits. It does not keep its LevelDB from deleting tables that it does not know. When the
   * holder's file is also missing, it may be any process.
   */
  #otherWriter(): number | undefined {
    const holder = holderOf(this.folder)
    const among = holder === undefined ? undefined : [holder]
    const isAsked = holder !== undefined || existsSync(join(this.folder, HEAD))
    return isAsked ? writerIn(this.folder, notWritten(this.folder), among) : undefined
  }

  /**
   * Replaces the last holder's file by an own one. A holder that lost its lock unnoticed finds that out by one look at
   * this file. It is not HEAD because nothing writes to it: Linux stamps a file anew at the first write after a look.
   */
  hold(): void {
    const next = `${this.#holder}.next`
    const fd = openSync(next, 'w')
    writeSync(fd, `${process.pid}\n`)
    // The file stays open, so that no other file gets its inode number.
    const { ino, dev } = fstatSync(fd)
    this.#held = { fd, ino, dev }
    renameSync(next, this.#holder)
  }

  /** False once another opener has come, or the folder or the lock was moved, exchanged or removed. */
  get isHeld(): boolean {
    const stats = statSync(this.#holder, { throwIfNoEntry: false })
    return stats !== undefined && stats.ino === this.#held?.ino && stats.dev === this.#held.dev
  }

  /**
   * Holds LevelDB's own lock while `work` runs, because an older Outcry takes no other lock. LevelDB locks the file
   * that it finds by the name LOCK, whatever other names that file has. So a folder with a link to it is enough.
   * @throws STORE_LOCKED
   */
  async withoutOthers<T>(work: () => Promise<T>): Promise<T> {
    const own = join(this.folder, 'LOCK')
    if (!existsSync(own)) return work()
    if (isLockedHere(own)) throw storeLocked(this.folder, 'this process')
    const unlock = await this.#lockLinked(own).catch((error: unknown) => {
      throw openFailure(this.folder, error)
    })
    try {
      return await work()
    } finally {
      await unlock()
    }
  }

  /** Returns whether no process holds the lock of a database, which is the file named LOCK in its folder. */
  async isFree(file: string): Promise<boolean> {
    if (isLockedHere(file)) return false
    try {
      await (await this.#lockLinked(file))()
      return true
    } catch {
      return false
    }
  }

  /** Takes a lock of LevelDB by a link to it, and returns what lets it go. */
  async #lockLinked(file: string): Promise<() => Promise<void>> {
    const folder = join(this.folder, LOCK, 'level')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    const remove = () => rmSync(folder, { recursive: true, force: true })
    try {
      linkTo(file, join(folder, 'LOCK'))
      const db = await openTiny(folder)
      return async () => {
        await db.close()
        remove()
      }
    } catch (error) {
      remove()
      throw error
    }
  }

  async release(): Promise<void> {
    if (this.#held !== undefined) closeSync(this.#held.fd)
    await this.#db.close()
    for (const key of this.#keys) held.delete(key)
  }
}

/** Returns the process that holds a store or held it last; undefined where no file says so. */
export function holderOf(folder: string): number | undefined {
  const pid = Number(orNone(() => [readFileSync(join(folder, LOCK, HOLDER), 'utf8')])[0])
  return Number.isInteger(pid) && pid > 0 ? pid : undefined
}

/**
 * Links to the lock, or copies it. A file system without links shows no such lock; LevelDB itself checks again when it
 * opens.
 */
function linkTo(file: string, name: string): void {
  try {
    symlinkSync(file, name)
  } catch {
    linkOrCopy(file, name)
  }
}

async function openTiny(folder: string): Promise<Level> {
  for (let n = 1; ; n++) {
    const db = new Level(folder)
    try {
      await db.open()
      return db
    } catch (error) {
      await db.close()
      if (levelCodeOf(error) === 'LEVEL_LOCKED' || n === TRIES) throw error
      removeTorn(folder)
    }
  }
}

function levelCodeOf(error: unknown): string | undefined {
  return codeOf((error as { cause?: unknown }).cause ?? error)
}

/** Returns the folders of a store in which processes write that are no writers of the store. */
function notWritten(folder: string): string[] {
  return [LOCK, READERS].map((name) => join(folder, name))
}

/** Returns whether the process that held the store last is at work on it. Where that cannot be seen, it is. */
function isWriter(folder: string, holder: number | undefined): boolean {
  if (holder === undefined) return false
  if (process.platform === 'linux') return writerIn(folder, notWritten(folder), [holder]) !== undefined
  try {
    return process.kill(holder, 0)
  } catch {
    return false
  }
}

/** Returns who has locked a file, in words. */
function lockerOf(file: string): string {
  const ino = statSync(file, { throwIfNoEntry: false })?.ino
  const pid = locks().find((lock) => lock.ino === ino)?.pid
  const command = pid === undefined ? undefined : commandOf(pid)
  if (command === undefined) return 'another process'
  return `process ${pid} (${command})`
}

/** Removes all files but the locked one. The process that has the lock needs none of them. */
function removeTorn(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name !== 'LOCK' && name !== 'level') rmSync(join(folder, name), { recursive: true, force: true })
  }
}

/**
 * Returns whether another thread of this process has locked the file. A child inherits LevelDB's descriptors without the locks,
 * and the list of locks has an inode without its disk. Both together are certain.
 */
function isLockedHere(file: string): boolean {
  const own = statSync(file, { throwIfNoEntry: false })
  if (own === undefined || process.platform !== 'linux') return false
  const isOpen = descriptors().some((fd) => {
    const open = statSync(fd, { throwIfNoEntry: false })
    return open?.ino === own.ino && open.dev === own.dev
  })
  return isOpen && locks().some(({ pid, ino }) => pid === process.pid && ino === own.ino)
}

function descriptors(): string[] {
  return orNone(() => readdirSync('/proc/self/fd').map((fd) => `/proc/self/fd/${fd}`))
}

/**
 * Returns which process has locked which inode, from lines such as `1: POSIX  ADVISORY  WRITE 1234 08:01:5678 0 EOF`.
 */
function locks(): { pid: number; ino: number }[] {
  return orNone(() =>
    [...readFileSync('/proc/locks', 'utf8').matchAll(/ (\d+) \w+:\w+:(\d+) /g)].map(([, pid, ino]) => ({
      pid: Number(pid),
      ino: Number(ino),
    })),
  )
}

function orNone<T>(read: () => T[]): T[] {
  try {
    return read()
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EACCES') return []
    throw error
  }
}

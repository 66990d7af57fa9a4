/**
 * Copies a whole data folder as a stream of entries, over a network or to the disk: the log, the venue's books, and the
 * paths of the strategies' modules. The copy is of one moment, as a kill at that moment would leave the folder. A run
 * on the copy continues as the original would.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Level } from 'level'
import { isOutcryError, OutcryError, type StoreEntry, writeBackup } from '../../../store/index.ts'
import { makeFolder, syncFolder } from '../../../store/leveldb/folder/folder.ts'
import { LOCK, storeFiles } from '../../../store/leveldb/folder/store-files.ts'
import { StoreLock } from '../../../store/leveldb/folder/store-lock.ts'
import { ADAPTERS } from '../../adapters/registry.ts'
import type { BookEntries, Books } from '../../adapters/venue.ts'
import { readStrategiesFile, writeStrategiesFile } from './strategies-file.ts'

/** The prefix of keys that are not the log's. No key of a store begins with it. */
const BESIDE = 'beside/'
/** The key of the first entry. A stream without it is a log alone. */
const FORMAT_KEY = `${BESIDE}format`
const FORMAT = '1'
const STRATEGIES_KEY = `${BESIDE}strategies`
const BOOKS = `${BESIDE}venue/`
const BATCH_BYTES = 1 << 20

/**
 * Returns the entries of a folder. `log` is a store's entries before the first read. `books` is undefined when there
 * are none.
 */
export async function* folderEntries(
  log: AsyncIterable<StoreEntry>,
  books: (() => BookEntries) | undefined,
  data: string,
): AsyncGenerator<StoreEntry> {
  const entries = log[Symbol.asyncIterator]()
  // Both are snapshots of this moment, the log's first: no turn comes between the two.
  const first = entries.next()
  first.catch(() => {})
  const beside = books?.()
  try {
    yield [FORMAT_KEY, Buffer.from(FORMAT)]
    const modules = JSON.stringify(Object.fromEntries(readStrategiesFile(data)))
    yield [STRATEGIES_KEY, Buffer.from(modules)]
    for await (const [key, value] of beside ?? []) yield [BOOKS + key, Buffer.from(value)]
    for (let next = await first; !next.done; next = await entries.next()) yield next.value
  } finally {
    await entries.return?.()
    await beside?.close()
  }
}

/** Opens the books of a closed folder. Undefined when there are none. */
export async function closedBooks(data: string): Promise<Books | undefined> {
  // One adapter keeps books so far. With more, the folder's belonging would name the adapter.
  const keeper = ADAPTERS.find(({ execution }) => execution?.openBooks !== undefined)
  return hasBooks(data) ? keeper?.execution?.openBooks?.(booksIn(data)) : undefined
}

export function hasBooks(data: string): boolean {
  return storeFiles(booksIn(data)).length > 0
}

/** Returns the folder of the venue's books. */
export function booksIn(data: string): string {
  return join(data, 'venue')
}

/**
 * Checks the books of a closed folder, and returns the number of their reports.
 * @throws VENUE_CORRUPT, VENUE_OPEN_FAILED, ...
 */
export async function closedReports(data: string): Promise<number | undefined> {
  const books = await closedBooks(data)
  return books?.verify().finally(() => books.close())
}

/**
 * Makes a folder from the entries of another. It exists only when it is whole and `check` has found nothing wrong. A
 * failed attempt removes what it has written. One process at a time makes it.
 * @throws BACKUP_EXISTS, BACKUP_CUT_OFF, BACKUP_FAILED, BACKUP_LOG_ALONE, STORE_LOCKED, and the errors of `check`
 */
export async function writeFolder<T>(
  entries: AsyncIterable<StoreEntry>,
  folder: string,
  check: (part: string) => Promise<T>,
): Promise<T> {
  if (namesOf(folder).length > 0) throw exists(folder)
  const part = `${folder}.part`
  let lock: StoreLock | undefined
  try {
    makeFolder(part)
    lock = await StoreLock.take(part)
    for (const name of readdirSync(part))
      if (name !== LOCK) rmSync(join(part, name), { recursive: true, force: true })
    const beside = new Beside(part)
    try {
      await writeBackup(beside.without(entries), join(part, 'log'))
    } finally {
      await beside.close()
    }
    const found = await check(part)
    try {
      renameSync(part, folder)
    } catch (error) {
      throw namesOf(folder).length > 0 ? exists(folder) : error
    }
    rmSync(join(folder, LOCK), { recursive: true, force: true })
    syncFolder(folder)
    syncFolder(dirname(folder))
    return found
  } catch (error) {
    // Without the lock the folder belongs to another process.
    if (lock !== undefined) rmSync(part, { recursive: true, force: true })
    throw isOutcryError(error) ? error : failed(folder, error)
  } finally {
    await lock?.release()
  }
}

/** Takes the entries that are not the log's out of a stream, and writes them. */
class Beside {
  readonly #part: string
  #books: Level<string, string> | undefined
  #batch: { type: 'put'; key: string; value: string }[] = []
  #bytes = 0
  #isFolder = false

  constructor(part: string) {
    this.#part = part
  }

  /** Returns the log's entries. @throws BACKUP_LOG_ALONE */
  async *without(entries: AsyncIterable<StoreEntry>): AsyncGenerator<StoreEntry> {
    for await (const entry of entries) {
      const [key, value] = entry
      const text = () => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()
      if (key === FORMAT_KEY && text() === FORMAT) this.#isFolder = true
      else if (!this.#isFolder) throw logAlone()
      else if (key === STRATEGIES_KEY) this.#strategies(text())
      else if (key.startsWith(BOOKS)) await this.#book(key.slice(BOOKS.length), text())
      else yield entry
    }
    await this.#write()
  }

  async close(): Promise<void> {
    await this.#books?.close()
  }

  #strategies(text: string): void {
    const modules = new Map(Object.entries(JSON.parse(text) as Record<string, string>))
    if (modules.size > 0) writeStrategiesFile(this.#part, modules)
  }

  async #book(key: string, value: string): Promise<void> {
    this.#batch.push({ type: 'put', key, value })
    this.#bytes += value.length
    if (this.#bytes >= BATCH_BYTES) await this.#write()
  }

  async #write(): Promise<void> {
    if (this.#batch.length === 0) return
    if (this.#books === undefined) {
      const location = booksIn(this.#part)
      makeFolder(location)
      this.#books = new Level(location, { keyEncoding: 'utf8', valueEncoding: 'utf8' })
      await this.#books.open()
    }
    await this.#books.batch(this.#batch, { sync: true } as object)
    this.#batch = []
    this.#bytes = 0
  }
}

/** Returns the names in the folder. A file counts as a name. */
function namesOf(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  try {
    return readdirSync(folder)
  } catch {
    return [folder]
  }
}

function exists(folder: string): OutcryError {
  return new OutcryError('BACKUP_EXISTS', `${folder} exists already`, 'Name a folder that does not exist.')
}

function logAlone(): OutcryError {
  return new OutcryError(
    'BACKUP_LOG_ALONE',
    'the runner that holds the store is of an earlier version, which sends the log without the books beside it',
    'Stop it, then make the backup.',
  )
}

function failed(folder: string, cause: unknown): OutcryError {
  return new OutcryError(
    'BACKUP_FAILED',
    `the backup cannot be written to ${folder}: ${(cause as Error).message}`,
    'Free space or repair the disk, then try again. The failed backup is removed.',
    { cause },
  )
}

/**
 * Copies a whole data folder as a stream of entries, over a network or to the disk: the log, the venues' books, and the
 * paths of the strategies' modules. The copy is of one moment, as a kill at that moment would leave the folder. A run
 * on the copy continues as the original would.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Level } from 'level'
import { isOutcryError, OutcryError, type StoreEntry, writeBackup } from '../../../store/index.ts'
import { makeFolder, syncFolder } from '../../../store/leveldb/folder/folder.ts'
import { LOCK } from '../../../store/leveldb/folder/store-files.ts'
import { StoreLock } from '../../../store/leveldb/folder/store-lock.ts'
import type { BookEntries } from '../../adapters/venue.ts'
import { readStrategiesFile, writeStrategiesFile } from './strategies-file.ts'
import { isBooksFolder } from './venue-books.ts'

/** The prefix of keys that are not the log's. No key of a store begins with it. */
const BESIDE = 'beside/'
/** The key of the first entry. A stream without it is a log alone. */
const FORMAT_KEY = `${BESIDE}format`
/** Format 1 has books in `venue` only, format 2 also in `venues/<name>`. */
const FORMATS = ['1', '2'] as const
const STRATEGIES_KEY = `${BESIDE}strategies`
/** Matches a key of books: their folder, and the key within them. */
const OF_BOOKS = new RegExp(`^${BESIDE}(venue|venues/[^/]+)/(.*)$`, 's')
const BATCH_BYTES = 1 << 20

/** A venue's books: their folder within the data folder, and their entries at the time of the call. */
export interface BooksSource {
  readonly folder: string
  entries(): BookEntries
}

/** Returns the entries of a folder. `log` is a store's entries before the first read. */
export async function* folderEntries(
  log: AsyncIterable<StoreEntry>,
  books: readonly BooksSource[],
  data: string,
): AsyncGenerator<StoreEntry> {
  const entries = log[Symbol.asyncIterator]()
  // All are snapshots of this moment, the log's first: no turn comes between them.
  const first = entries.next()
  first.catch(() => {})
  const beside: { readonly folder: string; readonly entries: BookEntries }[] = []
  try {
    for (const source of books) beside.push({ folder: source.folder, entries: source.entries() })
    yield [FORMAT_KEY, Buffer.from(formatOf(books))]
    const modules = JSON.stringify(Object.fromEntries(readStrategiesFile(data)))
    yield [STRATEGIES_KEY, Buffer.from(modules)]
    for (const { folder, entries: found } of beside)
      for await (const [key, value] of found) yield [`${BESIDE}${folder}/${key}`, Buffer.from(value)]
    for (let next = await first; !next.done; next = await entries.next()) yield next.value
  } finally {
    await entries.return?.()
    for (const { entries: found } of beside) await found.close()
  }
}

function formatOf(books: readonly BooksSource[]): (typeof FORMATS)[number] {
  return books.every(({ folder }) => folder === 'venue') ? '1' : '2'
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
  /** The open databases, by folder. */
  readonly #books = new Map<string, Level<string, string>>()
  /** The folder of the batch. */
  #folder = ''
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
      const [, folder, inBooks] = OF_BOOKS.exec(key) ?? []
      if (key === FORMAT_KEY && FORMATS.some((format) => format === text())) this.#isFolder = true
      else if (!this.#isFolder) throw logAlone()
      else if (key === STRATEGIES_KEY) this.#strategies(text())
      else if (folder !== undefined && isBooksFolder(folder))
        await this.#book(folder, inBooks as string, text())
      else yield entry
    }
    await this.#write()
  }

  async close(): Promise<void> {
    for (const books of this.#books.values()) await books.close()
  }

  #strategies(text: string): void {
    const modules = new Map(Object.entries(JSON.parse(text) as Record<string, string>))
    if (modules.size > 0) writeStrategiesFile(this.#part, modules)
  }

  async #book(folder: string, key: string, value: string): Promise<void> {
    if (folder !== this.#folder) await this.#write()
    this.#folder = folder
    this.#batch.push({ type: 'put', key, value })
    this.#bytes += value.length
    if (this.#bytes >= BATCH_BYTES) await this.#write()
  }

  async #write(): Promise<void> {
    if (this.#batch.length === 0) return
    const books = this.#books.get(this.#folder) ?? (await this.#open(this.#folder))
    await books.batch(this.#batch, { sync: true } as object)
    this.#batch = []
    this.#bytes = 0
  }

  async #open(folder: string): Promise<Level<string, string>> {
    const location = join(this.#part, folder)
    makeFolder(location)
    const books = new Level<string, string>(location, { keyEncoding: 'utf8', valueEncoding: 'utf8' })
    await books.open()
    this.#books.set(folder, books)
    return books
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

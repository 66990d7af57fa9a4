/** The paper venue's books on disk: one value of state, one of each report, finished order, and request to change one. */
import type { AbstractBatchOperation, AbstractLevel } from 'abstract-level'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { type Interruptible, isOutcryError, OutcryError, Pace } from '../../../store/index.ts'
import { makeFolder } from '../../../store/leveldb/folder/folder.ts'
import { openFailure } from '../../../store/leveldb/folder/open-errors.ts'
import { StoreLock } from '../../../store/leveldb/folder/store-lock.ts'
import type { BookEntries, Books, Life, VenueOrder, VenueReport } from '../venue.ts'
import { checkBooks } from './books-check.ts'
import { decodeState, emptyState, type VenueState } from './engine/state.ts'

/** Layout of keys and values; raised when an older Outcry could not read them. */
const FORMAT = '5'
/** It has no profile in its state: such books are lenient. An older Outcry would take strict books for lenient ones. */
const PROFILELESS_FORMAT = '4'
/** It has the venue's own ids of orders as `orderId`, and the intents that reports complete as `settles`. */
const ORDER_ID_FORMAT = '3'
/** The format before that one. It has the same names, and its orders have our ids instead of wire ids. */
const OWN_IDS_FORMAT = '2'
const READABLE = [FORMAT, PROFILELESS_FORMAT, ORDER_ID_FORMAT, OWN_IDS_FORMAT]
const FORMAT_KEY = 'format'
const STATE_KEY = 'state'
/** The key of the log that the books belong to: see `Life`. */
const LIFE_KEY = 'life'
const POSITION_DIGITS = 12
const reportKey = (position: number) => `r!${String(position).padStart(POSITION_DIGITS, '0')}`
const orderKey = (clOrdId: string) => `o!${clOrdId}`
const changeKey = (clOrdId: string) => `c!${clOrdId}`
const intentsKey = (clOrdId: string) => `i!${clOrdId}`

type Database = AbstractLevel<string | Buffer | Uint8Array, string, string>
type Operation = AbstractBatchOperation<Database, string, string>

const FORMAT_TODAY: Operation = { type: 'put', key: FORMAT_KEY, value: FORMAT }

/** All of it is durable, or nothing. */
export interface Write {
  /** Encoded, as of the moment that the write is of. */
  readonly state: string
  readonly reports: readonly VenueReport[]
  /** By every ClOrdID that they went by. */
  readonly ended: ReadonlyMap<string, VenueOrder>
  /** ClOrdIDs of cancels and replaces. */
  readonly changes: Iterable<string>
  /** All intents that placed an order, by its ClOrdID. */
  readonly intents: ReadonlyMap<string, readonly string[]>
}

/**
 * Opens the books for one process at a time. Damaged books stay as they are, byte for byte.
 * @throws VENUE_OPEN_FAILED, VENUE_FORMAT, VENUE_CORRUPT, VENUE_FOREIGN
 */
export async function openVenueFolder(location: string | undefined, life?: Life): Promise<VenueFolder> {
  const lock = location === undefined ? undefined : await take(location)
  const where = location ?? 'memory'
  try {
    if (lock !== undefined) await lock.withoutOthers(() => checkBooks(lock.folder))
    return await openLocked(where, lock, life)
  } catch (error) {
    await lock?.release()
    // LevelDB may find damage that the look before has not seen.
    const found = openFailure(where, error)
    if (found.code === 'STORE_CORRUPT') throw corrupt(where, found.message, error)
    if (isOutcryError(error) && error.code.startsWith('VENUE_')) throw error
    throw openFailed(where, error)
  }
}

async function take(location: string): Promise<StoreLock> {
  try {
    makeFolder(location)
    return await StoreLock.take(location)
  } catch (error) {
    throw openFailed(location, error)
  }
}

async function openLocked(
  where: string,
  lock: StoreLock | undefined,
  life: Life | undefined,
): Promise<VenueFolder> {
  const options = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const
  const db = (lock === undefined
    ? new MemoryLevel<string, string>(options)
    : new Level<string, string>(lock.folder, options)) as unknown as Database
  await db.open()
  try {
    await checkFormat(db, where)
    const folder = new VenueFolder(db, where, lock)
    folder.assertWhole()
    if (life !== undefined) await folder.claim(life)
    return folder
  } catch (error) {
    await db.close()
    throw error
  }
}

export class VenueFolder implements Books {
  readonly #db: Database
  readonly #location: string
  readonly #lock: StoreLock | undefined

  constructor(db: Database, location: string, lock?: StoreLock) {
    this.#db = db
    this.#location = location
    this.#lock = lock
  }

  /**
   * Claims the books for a log. Empty books belong to the log that opens them, and books of an earlier version to the log beside them.
   * @throws VENUE_FOREIGN
   */
  async claim({ id, isNew }: Life): Promise<void> {
    const known = this.#db.getSync(LIFE_KEY)
    if (known === id) return
    const isEmpty = this.#db.getSync(STATE_KEY) === undefined
    if (!isEmpty && (known !== undefined || isNew)) throw foreign(this.#location)
    await this.#db.put(LIFE_KEY, id, { sync: true } as object)
  }

  /** Brings the books of a former format to today's, all or none. Those of format 2 stay as they are without `toWire`. */
  async upgrade(toWire?: (clOrdId: string) => string): Promise<void> {
    const format = await this.#db.get(FORMAT_KEY)
    if (format === PROFILELESS_FORMAT) return this.#commit([FORMAT_TODAY])
    if (format === ORDER_ID_FORMAT) return this.#rewrite((id) => id)
    if (format === OWN_IDS_FORMAT && toWire !== undefined) return this.#rewrite(toWire)
  }

  async #rewrite(toWire: (clOrdId: string) => string): Promise<void> {
    const batch: Operation[] = [FORMAT_TODAY]
    for await (const [key, value] of this.#db.iterator()) {
      if (key === FORMAT_KEY || key === LIFE_KEY) continue
      const [, prefix, clOrdId] = /^([oc]!)(.*)$/s.exec(key) ?? []
      const as = prefix === undefined ? key : `${prefix}${toWire(clOrdId as string)}`
      if (as !== key) batch.push({ type: 'del', key })
      batch.push({ type: 'put', key: as, value: renamed(value, toWire) })
    }
    await this.#commit(batch)
  }

  /** Returns a copy of its own at each call. */
  state(): VenueState {
    const stored = this.#db.getSync(STATE_KEY)
    return stored === undefined ? emptyState() : decodeState(stored)
  }

  /** Looks at every report as of now, and returns how many there are. The venue may go on meanwhile. @throws VENUE_CORRUPT, READ_ABORTED */
  async verify({ signal }: Interruptible = {}): Promise<number> {
    const pace = new Pace({ signal })
    const snapshot = this.#db.snapshot()
    try {
      const stored = this.#db.getSync(STATE_KEY, { snapshot })
      const { reports } = stored === undefined ? emptyState() : decodeState(stored)
      let position = 0
      for await (const [key, value] of this.#db.iterator({ gte: reportKey(0), lt: 'r!~', snapshot })) {
        const wait = pace.step()
        if (wait !== undefined) await wait
        if (key !== reportKey(++position)) throw this.#corrupt(`report ${position} is missing`)
        if (positionIn(value) !== position) throw this.#corrupt(`report ${position} is not what was written`)
      }
      if (position < reports) throw this.#corrupt(`report ${position + 1} is missing`)
      if (position > reports) throw this.#unknown(reports + 1, reports)
      return reports
    } finally {
      await snapshot.close()
    }
  }

  /** Checks that the state and its last report are of one write, because LevelDB drops a damaged end of its log without an error. */
  assertWhole(): void {
    const { reports } = this.state()
    if (reports > 0) this.report(reports)
    if (this.#db.getSync(reportKey(reports + 1)) !== undefined) throw this.#unknown(reports + 1, reports)
  }

  report(position: number): VenueReport {
    const stored = this.#db.getSync(reportKey(position))
    if (stored === undefined) throw this.#corrupt(`report ${position} is missing`)
    return JSON.parse(stored) as VenueReport
  }

  /** Returns an order that has ended. */
  order(clOrdId: string): VenueOrder | undefined {
    const stored = this.#db.getSync(orderKey(clOrdId))
    return stored === undefined ? undefined : (JSON.parse(stored) as VenueOrder)
  }

  hasChange(clOrdId: string): boolean {
    return this.#db.getSync(changeKey(clOrdId)) !== undefined
  }

  /** Returns the intents that have placed an order under the ClOrdID, as far as they were kept. */
  intents(clOrdId: string): readonly string[] {
    const stored = this.#db.getSync(intentsKey(clOrdId))
    return stored === undefined ? [] : (JSON.parse(stored) as readonly string[])
  }

  /** Resolves when it is fsynced. @throws VENUE_WRITE_FAILED */
  async write({ state, reports, ended, changes, intents }: Write): Promise<void> {
    const batch: Operation[] = [{ type: 'put', key: STATE_KEY, value: state }]
    const put = (key: string, value: unknown) =>
      batch.push({ type: 'put', key, value: JSON.stringify(value) })
    for (const report of reports) put(reportKey(report.position), report)
    for (const [clOrdId, order] of ended) put(orderKey(clOrdId), order)
    for (const clOrdId of changes) put(changeKey(clOrdId), true)
    for (const [clOrdId, all] of intents) put(intentsKey(clOrdId), all)
    await this.#commit(batch)
  }

  async #commit(batch: Operation[]): Promise<void> {
    try {
      await this.#db.batch(batch, { sync: true } as object)
    } catch (error) {
      throw new OutcryError(
        'VENUE_WRITE_FAILED',
        `the disk refused a write to the paper venue's books in ${this.#location}: ${messageOf(error)}`,
        'Make room or repair the disk, then start again: the books have every report that the runner got.',
        { cause: error },
      )
    }
  }

  async close(): Promise<void> {
    try {
      await this.#db.close()
    } finally {
      await this.#lock?.release()
    }
  }

  /** Returns all entries of now. */
  entries(): BookEntries {
    return this.#db.iterator()
  }

  #unknown(position: number, reports: number): OutcryError {
    return this.#corrupt(`report ${position} is there, but the state knows of ${reports} only`)
  }

  #corrupt(what: string): OutcryError {
    return corrupt(this.#location, what)
  }
}

function corrupt(location: string, what: string, cause?: unknown): OutcryError {
  return new OutcryError(
    'VENUE_CORRUPT',
    `the paper venue's books in ${location} are damaged: ${what}`,
    'Restore the whole data folder from a backup: the log and the books go on together.',
    { cause },
  )
}

function foreign(location: string): OutcryError {
  return new OutcryError(
    'VENUE_FOREIGN',
    `the paper venue's books in ${location} belong to another log than the one beside them`,
    'Put the log and the books of one run together, from one backup; or start over in another folder with --data.',
  )
}

const TODAYS_NAMES: Readonly<Record<string, string>> = { orderId: 'venueOrderId', settles: 'completes' }

/**
 * Returns a value of a former format under today's names and ids. A market or an asset may be called as a field is: what it has is
 * no text, or stands beside no ClOrdID and no position.
 */
function renamed(stored: string, toWire: (clOrdId: string) => string): string {
  const value = JSON.parse(stored, (field, value) => {
    if (field === 'origClOrdIds' && Array.isArray(value)) return value.map(toWire)
    const isId = field === 'clOrdId' || field === 'origClOrdId'
    if (isId && typeof value === 'string') return toWire(value)
    const { clOrdId, orderId, position, settles } = Object(value)
    const isOrder = typeof clOrdId === 'string' && typeof orderId === 'string'
    const isReport = typeof position === 'number' && typeof settles === 'string'
    if (!isOrder && !isReport) return value
    const entries = Object.entries(value).map(([name, is]) => [TODAYS_NAMES[name] ?? name, is])
    return Object.fromEntries(entries)
  })
  return JSON.stringify(value)
}

/** Returns the position that a stored report says it has; undefined where it is none. */
function positionIn(value: string): unknown {
  try {
    return (JSON.parse(value) as VenueReport).position
  } catch {
    return undefined
  }
}

async function checkFormat(db: Database, location: string): Promise<void> {
  const found = await db.get(FORMAT_KEY)
  if (found !== undefined && READABLE.includes(found)) return
  const [key] = await db.keys({ limit: 1 }).all()
  if (found === undefined && key === undefined) return db.put(FORMAT_KEY, FORMAT)
  throw new OutcryError(
    'VENUE_FORMAT',
    `${location} holds a paper venue of format ${found ?? 'none'}; this Outcry reads format ${FORMAT}`,
    'Open it with the version that wrote it, or choose another data folder.',
  )
}

function openFailed(location: string, error: unknown): OutcryError {
  return new OutcryError(
    'VENUE_OPEN_FAILED',
    `the paper venue's folder ${location} cannot be opened: ${messageOf((error as Error).cause ?? error)}`,
    'Another runner may hold it; stop that one, or give this one another data folder.',
    { cause: error },
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The paper venue's books on disk: one value of state, one of each report, finished order, and request to change one. */
import { mkdirSync } from 'node:fs'
import type { AbstractLevel } from 'abstract-level'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { OutcryError } from '../../../store/index.ts'
import type { VenueOrder, VenueReport } from '../venue.ts'
import { decodeState, emptyState, type VenueState } from './engine/state.ts'

/** Layout of keys and values; raised when an older Outcry could not read them. */
const FORMAT = '2'
const FORMAT_KEY = 'format'
const STATE_KEY = 'state'
const POSITION_DIGITS = 12
const reportKey = (position: number) => `r!${String(position).padStart(POSITION_DIGITS, '0')}`
const orderKey = (clOrdId: string) => `o!${clOrdId}`
const changeKey = (clOrdId: string) => `c!${clOrdId}`

type Database = AbstractLevel<string | Buffer | Uint8Array, string, string>

/** All of it is durable, or nothing. */
export interface Write {
  /** Encoded, as of the moment that the write is of. */
  readonly state: string
  readonly reports: readonly VenueReport[]
  /** By every ClOrdID that they went by. */
  readonly ended: ReadonlyMap<string, VenueOrder>
  /** ClOrdIDs of cancels and replaces. */
  readonly changes: Iterable<string>
}

/** @throws VENUE_OPEN_FAILED, VENUE_FORMAT, VENUE_CORRUPT */
export async function openVenueFolder(location: string | undefined): Promise<VenueFolder> {
  const options = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const
  const db = (location === undefined
    ? new MemoryLevel<string, string>(options)
    : new Level<string, string>(location, options)) as unknown as Database
  const where = location ?? 'memory'
  try {
    if (location !== undefined) mkdirSync(location, { recursive: true })
    await db.open()
  } catch (error) {
    throw openFailed(where, error)
  }
  try {
    await checkFormat(db, where)
    const folder = new VenueFolder(db, where)
    folder.assertWhole()
    return folder
  } catch (error) {
    await db.close()
    throw error
  }
}

export class VenueFolder {
  readonly #db: Database
  readonly #location: string

  constructor(db: Database, location: string) {
    this.#db = db
    this.#location = location
  }

  /** A copy of its own at each call. */
  state(): VenueState {
    const stored = this.#db.getSync(STATE_KEY)
    return stored === undefined ? emptyState() : decodeState(stored)
  }

  /** LevelDB drops a damaged end of its log without a word; a state and its last report must be of one write. */
  assertWhole(): void {
    const { reports } = this.state()
    if (reports > 0) this.report(reports)
    if (this.#db.getSync(reportKey(reports + 1)) !== undefined)
      throw this.#corrupt(`report ${reports + 1} is there, but the state knows of ${reports} only`)
  }

  report(position: number): VenueReport {
    const stored = this.#db.getSync(reportKey(position))
    if (stored === undefined) throw this.#corrupt(`report ${position} is missing`)
    return JSON.parse(stored) as VenueReport
  }

  /** An order that has ended. */
  order(clOrdId: string): VenueOrder | undefined {
    const stored = this.#db.getSync(orderKey(clOrdId))
    return stored === undefined ? undefined : (JSON.parse(stored) as VenueOrder)
  }

  hasChange(clOrdId: string): boolean {
    return this.#db.getSync(changeKey(clOrdId)) !== undefined
  }

  /** Resolves when it is fsynced. @throws VENUE_WRITE_FAILED */
  async write({ state, reports, ended, changes }: Write): Promise<void> {
    const batch = [{ type: 'put' as const, key: STATE_KEY, value: state }]
    const put = (key: string, value: unknown) =>
      batch.push({ type: 'put', key, value: JSON.stringify(value) })
    for (const report of reports) put(reportKey(report.position), report)
    for (const [clOrdId, order] of ended) put(orderKey(clOrdId), order)
    for (const clOrdId of changes) put(changeKey(clOrdId), true)
    try {
      await this.#db.batch(batch, { sync: true } as object)
    } catch (error) {
      throw new OutcryError(
        'VENUE_WRITE_FAILED',
        `the disk refused a write to the paper venue's books in ${this.#location}: ${messageOf(error)}`,
        'Make room or mend the disk, then start again: every report that was handed out is there.',
        { cause: error },
      )
    }
  }

  close(): Promise<void> {
    return this.#db.close()
  }

  #corrupt(what: string): OutcryError {
    return new OutcryError(
      'VENUE_CORRUPT',
      `the paper venue's books in ${this.#location} are damaged: ${what}`,
      'Restore the folder from a backup, together with the log.',
    )
  }
}

async function checkFormat(db: Database, location: string): Promise<void> {
  const found = await db.get(FORMAT_KEY)
  if (found === FORMAT) return
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

/** A golden run as one file: the folder of the run, and what its actors and its venue had when it was made. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { machines } from '../../../machines/index.ts'
import { openPaperVenue } from '../../../src/adapters/paper/paper-venue.ts'
import type { VenueOrder, VenueReport } from '../../../src/adapters/venue.ts'
import { WireIds } from '../../../src/adapters/wire-ids.ts'
import { viewOf } from '../../../src/runtime/actors/actor-view.ts'
import { Registry } from '../../../src/runtime/actors/registry.ts'
import { openLevelStore } from '../../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../../src/runtime/record/record.ts'
import { cellAt } from '../../../src/runtime/state/replay.ts'
import { presentOf } from '../../equal-logs.ts'

export interface Ended {
  /** By address: see `presentOf`. */
  readonly states: Readonly<Record<string, unknown>>
  readonly venue: VenueBooks
}

export interface VenueBooks {
  readonly reports: readonly VenueReport[]
  readonly open: readonly VenueOrder[]
  readonly positions: Readonly<Record<string, string>>
  readonly balances: Readonly<Record<string, string>>
}

interface Packed {
  readonly files: Readonly<Record<string, string>>
  readonly ended: Ended
}

/** Leaves out what LevelDB makes anew. */
export function pack(file: string, data: string, ended: Ended): void {
  const files = Object.fromEntries(
    readdirSync(data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/^LO(CK|G.*)$/.test(entry.name))
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => !dirname(path).endsWith('lock'))
      .map((path) => [relative(data, path), readFileSync(path).toString('latin1')]),
  )
  writeFileSync(file, brotliCompressSync(JSON.stringify({ files, ended } satisfies Packed)))
}

/** Writes the run into the folder, and returns what it ended with. */
export function unpack(file: string, data: string): Ended {
  const { files, ended } = JSON.parse(brotliDecompressSync(readFileSync(file)).toString()) as Packed
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(data, name)), { recursive: true })
    writeFileSync(join(data, name), Buffer.from(bytes, 'latin1'))
  }
  return JSON.parse(JSON.stringify(ended), (_, value) => withTodaysNames(value)) as Ended
}

/** Names that fields had up to run-5. An order's own id and the venue's were both `orderId`. */
const TODAYS_NAMES: Readonly<Record<string, string>> = {
  toldQty: 'reportedQty',
  stopOuts: 'stopLosses',
  isCancelled: 'isCanceled',
  told: 'reported',
  settles: 'completes',
}

function withTodaysNames(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const isRequest = 'type' in value && value.type === 'ORDER_REQUEST'
  const names = { ...TODAYS_NAMES, orderId: isRequest ? 'clOrdId' : 'venueOrderId' }
  return Object.fromEntries(
    Object.entries(value).map(([name, is]) => [
      Object.hasOwn(names, name) ? names[name as 'orderId'] : name,
      is,
    ]),
  )
}

/** Returns every actor of the log as it is, without places in the log. */
export async function presentsOf(data: string): Promise<Map<string, unknown>> {
  const store = await openLevelStore(join(data, 'log'))
  const registry = new Registry(machines)
  const presents = new Map<string, unknown>()
  for await (const address of store.actors()) {
    const cell = await cellAt(store, registry, address, {})
    if (cell === undefined) throw new Error(`${address} has no state`)
    presents.set(address, presentOf(viewOf(cell)))
  }
  await store.close()
  return presents
}

export async function recordsOf(data: string): Promise<TransitionRecord[]> {
  const store = await openLevelStore(join(data, 'log'))
  const records: TransitionRecord[] = []
  for await (const record of store.read()) records.push(record)
  await store.close()
  return records
}

export async function booksOf(data: string): Promise<VenueBooks> {
  const options = { name: 'paper:sim', latencyMs: 0, takerFee: '0', makerFee: '0' }
  const store = await openLevelStore(join(data, 'log'))
  await store.close()
  const ids = new WireIds('sim', store.shortId)
  const venue = await openPaperVenue({ ...options, ids, location: join(data, 'venue') })
  const books = {
    reports: venue.reportsAfter(0),
    open: venue.openOrders(),
    positions: venue.positions(),
    balances: venue.balances(),
  }
  await venue.close()
  return books
}

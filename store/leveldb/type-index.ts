/**
 * Finds the records that emit events of a type. The log is divided into blocks of some hundreds of records. For each
 * window of 32 blocks and each type that is emitted in it, one entry says which of its blocks have such records. So a
 * commit writes nothing most of the time, and a read passes over the blocks that have none.
 */

import type { LogRecord } from '../store.ts'
import type { Batch, Database } from './codec/database.ts'
import { nameOfTypeKey, typeKey, typesAfter, windowOfTypeKey } from './codec/keys.ts'

const BLOCK_RECORDS = 256
/** Blocks of a window: one for each bit of an entry. */
const BLOCKS = 32
export const WINDOW_RECORDS = BLOCK_RECORDS * BLOCKS
/** Windows whose entries are read at once. */
const WINDOWS_AT_ONCE = 64
/** Blocks without a wanted record that are read all the same: a commit may reach over them. */
const GAP_BLOCKS = 3
/** Most types that are listed in one window. Blocks with others count as having records of all types. */
const TYPES_MAX = 10_000
/** Characters of a type by which it is found. Types that begin alike may share an entry. */
const TYPE_LENGTH_MAX = 100
/** The name in whose entries every type may be found. No type has it, because the others are quoted. */
const ANY = '*'

export interface SeqRange {
  readonly from: number
  readonly to: number
}

/** The blocks of a window, as bits, by the names of types. */
export type Window = Map<string, number>

export const windowOf = (seq: number) => Math.floor((seq - 1) / WINDOW_RECORDS)
export const firstOfWindow = (window: number) => window * WINDOW_RECORDS + 1

export class TypeIndex {
  readonly #db: Database
  /** Windows that are not written yet. The last one is the one that the log is in. */
  readonly #gathered: Map<number, Window>
  /** First seq that the index covers, the first of a window. Older records are searched one by one. */
  from: number
  /** Last seq of the windows that are written. */
  #to: number
  /** Windows of the write under way. Readers find them here until the next one. */
  #pushed: number[] = []

  constructor(db: Database, from: number, to: number, gathered = new Map<number, Window>()) {
    this.#db = db
    this.from = from
    this.#to = to
    this.#gathered = gathered
  }

  /** Returns this index on another copy of the database. The old index is not used any more. */
  over(db: Database): TypeIndex {
    return new TypeIndex(db, this.from, this.#to, this.#gathered)
  }

  /** Last seq of the windows that are written. */
  get to(): number {
    return this.#to
  }

  add(records: readonly LogRecord[]): void {
    for (const record of records) {
      if (record.emitted !== undefined && record.seq > this.#to) noteIn(this.#gathered, record)
    }
  }

  /** Moves the windows that are complete, when the log ends at `head`, into the batch. */
  flush(batch: Batch, head: number): void {
    if (this.#pushed.length > 0) {
      for (const window of this.#pushed) this.#gathered.delete(window)
      this.#pushed = []
    }
    const current = windowOf(head + 1)
    const to = firstOfWindow(current) - 1
    if (to <= this.#to) return
    for (const [window, bits] of this.#gathered) {
      if (window >= current) continue
      this.#pushed.push(window)
      push(batch, window, bits)
    }
    this.#to = to
  }

  /** Returns a name that the index lacks for a block in which the records emit it; undefined when it has all. */
  async lacking(window: number, expected: Window): Promise<string | undefined> {
    const names = [...expected.keys()]
    const gathered = this.#gathered.get(window)
    const found = await this.#db.getMany(names.map((name) => typeKey(name, window)))
    return names.find((name, i) => {
      const bytes = found[i]
      const bits = (bytes === undefined ? 0 : bitsIn(bytes)) | (gathered?.get(name) ?? 0)
      return ((expected.get(name) as number) & ~bits) !== 0
    })
  }

  /** Resolves with the types in the windows that it covers; undefined when it does not know each one whole. */
  async types(): Promise<readonly string[] | undefined> {
    const found = new Set([...this.#gathered.values()].flatMap((window) => [...window.keys()]))
    for (let name: string | undefined; ; ) {
      const [key] = await this.#db.keys({ ...typesAfter(name), limit: 1 }).all()
      if (key === undefined) break
      name = nameOfTypeKey(key)
      found.add(name)
    }
    if (found.has(ANY)) return undefined
    const types = [...found].map((name): string => JSON.parse(name))
    return types.some(({ length }) => length >= TYPE_LENGTH_MAX) ? undefined : types
  }

  /** Yields the ranges in which records of these types may be. They do not overlap. */
  async *ranges(types: readonly string[], range: SeqRange, reverse: boolean): AsyncGenerator<SeqRange> {
    const { from, to } = range
    const covered = { from: Math.max(from, this.from), to }
    const before = { from, to: Math.min(to, this.from - 1) }
    if (!reverse && before.from <= before.to) yield before
    if (covered.from <= covered.to)
      yield* this.#covered([...new Set(types.map(nameOf)), ANY], covered, reverse)
    if (reverse && before.from <= before.to) yield before
  }

  async *#covered(
    names: readonly string[],
    { from, to }: SeqRange,
    reverse: boolean,
  ): AsyncGenerator<SeqRange> {
    const [first, last] = [windowOf(from), windowOf(to)]
    const step = reverse ? -1 : 1
    let open: SeqRange | undefined
    for (let at = reverse ? last : first; at >= first && at <= last; at += step * WINDOWS_AT_ONCE) {
      const lowest = reverse ? Math.max(first, at - WINDOWS_AT_ONCE + 1) : at
      const highest = reverse ? at : Math.min(last, at + WINDOWS_AT_ONCE - 1)
      const windows = await this.#bitsOf(names, lowest, highest)
      for (const window of [...windows.keys()].sort((a, b) => (a - b) * step)) {
        const bits = windows.get(window) as number
        for (let i = 0; i < BLOCKS; i++) {
          const block = reverse ? BLOCKS - 1 - i : i
          if ((bits & (1 << block)) === 0) continue
          const blockFrom = firstOfWindow(window) + block * BLOCK_RECORDS
          const next = { from: Math.max(from, blockFrom), to: Math.min(to, blockFrom + BLOCK_RECORDS - 1) }
          if (next.from > next.to) continue
          const gap = open === undefined ? 0 : reverse ? open.from - next.to : next.from - open.to
          if (open !== undefined && gap > GAP_BLOCKS * BLOCK_RECORDS + 1) yield open
          const isApart = open === undefined || gap > GAP_BLOCKS * BLOCK_RECORDS + 1
          open = isApart ? next : { from: Math.min(open!.from, next.from), to: Math.max(open!.to, next.to) }
        }
      }
    }
    if (open !== undefined) yield open
  }

  async #bitsOf(names: readonly string[], first: number, last: number): Promise<Map<number, number>> {
    const found = new Map<number, number>()
    const add = (window: number, bits: number) => found.set(window, (found.get(window) ?? 0) | bits)
    // A window that is written meanwhile is found here.
    for (const [window, bits] of this.#gathered) {
      if (window < first || window > last) continue
      for (const name of names) add(window, bits.get(name) ?? 0)
    }
    for (const name of names) {
      const entries = await this.#db.iterator({ gte: typeKey(name, first), lte: typeKey(name, last) }).all()
      for (const [key, bytes] of entries) add(windowOfTypeKey(key), bitsIn(bytes))
    }
    return found
  }
}

/** Notes the types that a record emits in its window. */
export function noteIn(windows: Map<number, Window>, { seq, emitted }: LogRecord): void {
  if (emitted === undefined || emitted.length === 0) return
  const number = windowOf(seq)
  let window = windows.get(number)
  if (window === undefined) {
    window = new Map()
    windows.set(number, window)
  }
  const bit = 1 << Math.floor(((seq - 1) % WINDOW_RECORDS) / BLOCK_RECORDS)
  for (const { type } of emitted) {
    const own = nameOf(type)
    const name = window.size < TYPES_MAX || window.has(own) ? own : ANY
    window.set(name, (window.get(name) ?? 0) | bit)
  }
}

/** Returns the puts of whole windows. */
export function entriesOf(windows: ReadonlyMap<number, Window>): Batch {
  const batch: Batch = []
  for (const [number, window] of windows) push(batch, number, window)
  return batch
}

function push(batch: Batch, number: number, window: Window): void {
  for (const [name, bits] of window) {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeUInt32BE(bits >>> 0)
    batch.push([typeKey(name, number), bytes])
  }
}

function bitsIn(bytes: Buffer): number {
  return bytes.length === 4 ? bytes.readInt32BE() : -1
}

/** Returns the name of a type in keys. It has no zero character, and no half of a surrogate pair. */
function nameOf(type: string): string {
  let name = names.get(type)
  if (name !== undefined) return name
  name = JSON.stringify(String(type).slice(0, TYPE_LENGTH_MAX))
  if (names.size < TYPES_MAX && type.length <= TYPE_LENGTH_MAX) names.set(type, name)
  return name
}
const names = new Map<string, string>()

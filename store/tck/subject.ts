/** The store under test, and the records that the tests write to it. */
import type { LogRecord, SnapshotEntry, Store, StoreEntry } from '../store.ts'

export interface TckRecord extends LogRecord {
  readonly note?: string
}

/** Defines one test. The store is new, open and empty. It is closed afterwards. */
export type Test = (title: string, body: (subject: Subject) => Promise<void>) => void

interface Openable {
  open(): Promise<Store<TckRecord>>
  copy?(entries: AsyncIterable<StoreEntry>): Promise<Store<TckRecord>>
}

export class Subject {
  /** The store, as it was opened last. */
  store: Store<TckRecord>
  readonly #under: Openable
  readonly #durable: boolean
  readonly #opened: Store<TckRecord>[]

  constructor(under: Openable, durable: boolean, store: Store<TckRecord>) {
    this.#under = under
    this.#durable = durable
    this.store = store
    this.#opened = [store]
  }

  /** Opens the store once more, whether or not it is open. */
  async open(): Promise<Store<TckRecord>> {
    const store = await this.#under.open()
    this.#opened.push(store)
    return store
  }

  /** Opens a copy made of these entries. */
  async copyOf(entries: AsyncIterable<StoreEntry>): Promise<Store<TckRecord>> {
    if (this.#under.copy === undefined) throw new Error('the store under test has no function copy')
    const store = await this.#under.copy(entries)
    this.#opened.push(store)
    return store
  }

  /** Closes all stores that were opened. */
  async close(): Promise<void> {
    for (const store of this.#opened) await store.close()
  }

  /** Closes the store and opens it again. A store that is not durable stays open, because it would be empty. */
  async reopen(): Promise<void> {
    if (!this.#durable) return
    await this.store.close()
    this.store = await this.open()
  }

  /** Appends commits until the log ends at `to`. */
  async fill(to: number): Promise<void> {
    for (const records of commits(this.store.head.seq + 1, to)) await this.store.append({ records })
  }
}

/** The actors of the records in `commits`, which take turns. */
export const ACTORS = ['order/a', 'order/b', 'symbol/x:Y'] as const

/**
 * Returns commits of 1, 2, 3, 1, 2, 3, ... records, or of `size` each, by three actors in turn. `at` rises by 10.
 * `revs` has the last rev of each actor before them.
 */
export function commits(
  from: number,
  to: number,
  { revs = new Map<string, number>(), size }: { revs?: Map<string, number>; size?: number } = {},
): TckRecord[][] {
  const list: TckRecord[][] = []
  for (let seq = from, length = size ?? 1; seq <= to; length = size ?? (length % 3) + 1) {
    const commit: TckRecord[] = []
    for (let n = 0; n < length && seq <= to; n++, seq++) {
      const actor = ACTORS[seq % 3] as string
      const rev = (revs.get(actor) ?? 0) + 1
      revs.set(actor, rev)
      commit.push({ seq, rev, actor, at: seq * 10, note: 'ü\u0000"' })
    }
    list.push(commit)
  }
  return list
}

/** Returns a snapshot of an actor after its record at `seq`, which has the rev `seq`. */
export function snapshot(actor: string, seq: number, wakeAt?: number): SnapshotEntry {
  return { actor, seq, rev: seq, state: { seq }, ...(wakeAt !== undefined && { wake: { at: wakeAt } }) }
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

export async function seqs(records: AsyncIterable<LogRecord>): Promise<number[]> {
  return (await all(records)).map(({ seq }) => seq)
}

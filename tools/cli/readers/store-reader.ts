/** A closed log as read-only commands see it. What only one command needs is loaded when it is asked for. */
import type { Books } from '../../../src/adapters/venue.ts'
import type { ActorView as PastActor, RecordInDetail } from '../../../src/api/contract/record.ts'
import type { StateDocument } from '../../../src/api/contract/state.ts'
import type { Explanation } from '../../../src/api/contract/why.ts'
import { detailed } from '../../../src/api/routes/detailed.ts'
import { type Standing, withFailure } from '../../../src/api/routes/failures.ts'
import type { Filterable } from '../../../src/api/state/actor-filter.ts'
import type { Moment } from '../../../src/api/state/state-document.ts'
import { asRecorded } from '../../../src/api/state/unread.ts'
import type { FolderVerification } from '../../../src/runner/folder/books.ts'
import type { BooksSource } from '../../../src/runner/folder/folder-copy.ts'
import { readStrategiesFile } from '../../../src/runner/folder/strategies-file.ts'
import type { ClosedBooks } from '../../../src/runner/folder/venue-books.ts'
import { type ActorView, unreadOf, viewOf } from '../../../src/runtime/actors/actor-view.ts'
import type { Machines } from '../../../src/runtime/actors/kind.ts'
import { Registry } from '../../../src/runtime/actors/registry.ts'
import type { EventEnvelope } from '../../../src/runtime/events/envelope.ts'
import { assertKept } from '../../../src/runtime/record/place.ts'
import type { TransitionRecord } from '../../../src/runtime/record/record.ts'
import { isUnreadable, lifeOf } from '../../../src/runtime/state/life.ts'
import type { PresentCells } from '../../../src/runtime/state/present-cells.ts'
import { cellAt } from '../../../src/runtime/state/replay.ts'
import { upcasting } from '../../../src/runtime/state/upcasting-store.ts'
import type { Store, StoreEntry } from '../../../store/index.ts'
import type { WantedEvents } from '../wanted-events.ts'
import {
  type ActorSummary,
  asUnread,
  type Head,
  kindPrefix,
  type PastFrames,
  type Reader,
  type WantedActors,
  type WantedLife,
} from './reader.ts'

export class StoreReader implements Reader {
  readonly source: string
  read = 0
  #closing: Promise<void> | undefined
  readonly #store: Store<TransitionRecord>
  readonly #registry: Registry
  readonly #data: string

  constructor(
    { location, store }: { location: string; store: Store<TransitionRecord> },
    data: string,
    machines: Machines,
  ) {
    this.source = location
    this.#registry = new Registry(machines)
    this.#store = upcasting(store, this.#registry)
    this.#data = data
  }

  get seq(): number {
    return this.#store.head.seq
  }

  async *actors({ prefix = '', ...filter }: WantedActors, onLook = () => {}): AsyncIterable<ActorSummary> {
    const now = await this.#lastAt()
    const { actorTest } = await import('../../../src/api/state/actor-filter.ts')
    const { PresentCells } = await import('../../../src/runtime/state/present-cells.ts')
    const isWanted = actorTest(filter, now)
    const present = new PresentCells(this.#store, this.#registry)
    for await (const address of this.#store.actors({ prefix: prefix || kindPrefix(filter) })) {
      onLook()
      const isNamed = this.#registry.find(address) !== undefined
      const found = isNamed ? await this.#present(present, address) : await this.#lastRecord(address)
      if (found !== undefined && isWanted(found)) yield await this.#withFailure(found, now)
    }
  }

  /** Resolves with an actor. One that cannot be restored is as in its last record, with the reason. */
  async #present(present: PresentCells, address: string): Promise<(Filterable & ActorSummary) | undefined> {
    try {
      const cell = await present.cell(address)
      return cell && viewOf(cell)
    } catch (error) {
      if (!isUnreadable(error)) throw error
      const last = this.#store.history(address, { reverse: true, limit: 1 })
      for await (const record of last) return { ...asRecorded(record), unread: unreadOf(error) }
      return undefined
    }
  }

  async actor(address: string): Promise<ActorSummary | undefined> {
    if (this.#registry.find(address) === undefined) return this.#lastRecord(address)
    try {
      const cell = await cellAt(this.#store, this.#registry, address, {})
      return cell && (await this.#withFailure(viewOf(cell), await this.#lastAt()))
    } catch (error) {
      if (isUnreadable(error)) return this.#lastRecord(address)
      throw error
    }
  }

  async #withFailure(found: ActorSummary & Standing, now: number): Promise<ActorSummary> {
    const { context: _, timers: _t, children: _c, ...actor } = found as ActorSummary & Partial<ActorView>
    return withFailure(actor, now, (address, options) => this.#store.history(address, options))
  }

  async #lastRecord(address: string): Promise<ActorSummary | undefined> {
    for await (const record of this.#store.history(address, { reverse: true, limit: 1 })) {
      return asUnread(record)
    }
    return undefined
  }

  /** Returns the time of the last record, which is the present of a closed log. */
  async #lastAt(): Promise<number> {
    return (await this.head()).at ?? 0
  }

  async head(): Promise<Head> {
    for await (const { seq, at } of this.#store.read({ reverse: true, limit: 1 })) return { seq, at }
    return { seq: 0 }
  }

  seqAt(at: number): Promise<number> {
    return this.#store.seqAt(at)
  }

  async actorAt(
    address: string,
    place: { readonly seq?: number; readonly rev?: number },
  ): Promise<PastActor | undefined> {
    assertKept(this.#store, place)
    const cell = await cellAt(this.#store, this.#registry, address, place, { onRead: this.#onRead })
    return cell && (asSent(viewOf(cell)) as PastActor)
  }

  async *life(
    address: string,
    { detail = false, changed: _, is: _is, ...range }: WantedLife = {},
  ): AsyncGenerator<RecordInDetail> {
    if (detail) {
      const life = lifeOf(this.#store, this.#registry, address, { ...range, onRead: this.#onRead })
      yield* detailed(life)
      return
    }
    for await (const record of this.#store.history(address, range)) {
      this.#onRead()
      yield record
    }
  }

  readonly #onRead = (): void => {
    this.read++
  }

  async *past(asked: PastFrames, signal: AbortSignal): AsyncGenerator<string> {
    const { framesOfLife } = await import('./life-frames.ts')
    yield* framesOfLife(this.#store, this.#registry, asked, signal)
  }

  async *events(
    wanted: WantedEvents,
    _isFollowed: boolean,
    onLook = () => {},
  ): AsyncGenerator<EventEnvelope> {
    const { loggedEvents } = await import('../logged-events.ts')
    yield* loggedEvents(this.#store, this.#registry, wanted, onLook)
  }

  everyEvent(wanted: WantedEvents, onLook?: () => void): AsyncIterable<EventEnvelope> {
    return this.events(wanted, false, onLook)
  }

  async state(moment: Moment): Promise<StateDocument> {
    const store = this.#store
    const registry = this.#registry
    const { stateDocument } = await import('../../../src/api/state/state-document.ts')
    const found = await stateDocument(
      {
        registry,
        seq: store.head.seq,
        seqAt: (at) => store.seqAt(at),
        addresses: (options) => store.actors(options),
        stateAt: async (address, to, options) => {
          const cell = await cellAt(store, registry, address, to, options)
          return cell && viewOf(cell)
        },
        history: (address, options) => store.history(address, options),
        read: (options) => store.read(options),
      },
      moment,
    )
    return { ...found, unreadable: [...found.unreadable, ...(await this.#unnamed(found.seq))] }
  }

  async why(of: number | string, depth?: number): Promise<Explanation> {
    const { why } = await import('../../../src/runtime/explain/why.ts')
    const { explained } = await import('./last-decision.ts')
    const reversed = (address: string) => this.#store.history(address, { reverse: true })
    return explained(of, reversed, async (seq) =>
      // As it would come from a running runner.
      JSON.parse(JSON.stringify(await why(this.#store, this.#registry, seq, { depth }))),
    )
  }

  /** Returns the actors of strategies' modules that the folder notes and the user does not name. */
  async #unnamed(seq: number): Promise<StateDocument['unreadable']> {
    const unnamed: StateDocument['unreadable'][number][] = []
    for (const kind of readStrategiesFile(this.#data).keys()) {
      if (this.#registry.find(`${kind}/`) !== undefined) continue
      for await (const address of this.#store.actors({ prefix: `${kind}/` }))
        for await (const first of this.#store.history(address, { toSeq: seq, limit: 1 }))
          unnamed.push({
            address: first.actor,
            code: 'KIND_UNKNOWN',
            message: 'its machine is not named here',
          })
    }
    return unnamed
  }

  async verify(onProgress: (seq: number) => void): Promise<FolderVerification> {
    const { verifyLog } = await import('../../../src/runtime/state/verify.ts')
    const { withBooks } = await import('../../../src/runner/folder/books.ts')
    const found = await verifyLog(this.#store, this.#registry, { onProgress })
    return withBooks(found, await this.#books())
  }

  async *entries(): AsyncIterable<StoreEntry> {
    const opened: (BooksSource & { readonly books: Books })[] = []
    try {
      for (const { folder, open } of await this.#books()) {
        const books = await open()
        opened.push({ folder, books, entries: () => books.entries() })
      }
      const { folderEntries } = await import('../../../src/runner/folder/folder-copy.ts')
      yield* folderEntries(this.#store.entries(), opened, this.#data)
    } finally {
      for (const { books } of opened) await books.close()
    }
  }

  async #books(): Promise<readonly ClosedBooks[]> {
    const { belongingAsFound } = await import('../../../src/runner/folder/belonging.ts')
    const { closedBooks } = await import('../../../src/runner/folder/venue-books.ts')
    return closedBooks(this.#data, await belongingAsFound(this.#store, this.#data))
  }

  close(): Promise<void> {
    this.#closing ??= this.#store.close()
    return this.#closing
  }
}

/** Returns a value as HTTP sends it. */
function asSent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

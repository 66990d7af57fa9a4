/** The log as read-only commands see it: a closed store, or a runner that holds it. */
import { compact } from '../../errors/compact.ts'
import type { Books } from '../../src/adapters/venue.ts'
import type { ActorFilter } from '../../src/api/contract/actor-filter.ts'
import type { Failure, ActorView as PastActor, RecordInDetail } from '../../src/api/contract/record.ts'
import { PAGE_MAX } from '../../src/api/contract/routes.ts'
import type { StateDocument } from '../../src/api/contract/state.ts'
import type { Explanation } from '../../src/api/contract/why.ts'
import { legacy } from '../../src/api/inspect/legacy-frames.ts'
import { type PastLog, type PastPiece, paced, pastPieces, pastTexts } from '../../src/api/inspect/past.ts'
import { stately } from '../../src/api/inspect/stately-frames.ts'
import { detailed } from '../../src/api/routes/detailed.ts'
import { type Standing, withFailure } from '../../src/api/routes/failures.ts'
import { actorTest } from '../../src/api/state/actor-filter.ts'
import { type Moment, stateDocument } from '../../src/api/state/state-document.ts'
import { Client } from '../../src/client/index.ts'
import { belongingAsFound } from '../../src/runner/folder/belonging.ts'
import { type FolderVerification, withBooks } from '../../src/runner/folder/books.ts'
import { type BooksSource, folderEntries } from '../../src/runner/folder/folder-copy.ts'
import { readStrategiesFile } from '../../src/runner/folder/strategies-file.ts'
import { type ClosedBooks, closedBooks } from '../../src/runner/folder/venue-books.ts'
import { type ActorView, viewOf } from '../../src/runtime/actors/actor-view.ts'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import type { EventEnvelope } from '../../src/runtime/events/envelope.ts'
import { lastDecision, why } from '../../src/runtime/explain/why.ts'
import { kindOf } from '../../src/runtime/record/address.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { lifeOf } from '../../src/runtime/state/life.ts'
import { PresentCells } from '../../src/runtime/state/present-cells.ts'
import { cellAt } from '../../src/runtime/state/replay.ts'
import { upcasting } from '../../src/runtime/state/upcasting-store.ts'
import { verifyLog } from '../../src/runtime/state/verify.ts'
import { decodeEntries, type Store, type StoreEntry } from '../../store/index.ts'
import { loggedEvents } from './logged-events.ts'
import { loadMachines, machinesIn } from './machines.ts'
import { openLog, runnerSocket } from './runner-client.ts'
import { runnerEvents } from './runner-events.ts'
import { framesOf } from './socket-frames.ts'
import type { WantedEvents } from './wanted-events.ts'

export interface ActorSummary
  extends Pick<
    ActorView,
    'address' | 'machine' | 'value' | 'status' | 'condition' | 'failures' | 'rev' | 'seq' | 'at'
  > {
  /** The actor's last failure, if it is failing. */
  readonly failure?: Failure
  /** Set when the user does not name its machine. The summary then comes from its last record. */
  readonly isUnread?: true
}

/** The records of an actor that are wanted: see LifeRange. */
export interface WantedLife {
  readonly fromRev?: number
  readonly toRev?: number
  readonly toSeq?: number
  readonly reverse?: boolean
  readonly limit?: number
  /** True when each record has what it changed, and the transitions taken. */
  readonly detail?: boolean
}

/** The actors that are wanted. */
export interface WantedActors extends ActorFilter {
  /** The beginning of their addresses. */
  readonly prefix?: string
}

/** The end of a log. */
export interface Head {
  readonly seq: number
  /** Time of the last record in epoch ms. Undefined for an empty log. */
  readonly at?: number
}

/** A part of an actor's life, as frames for one of Stately's tools. */
export interface PastFrames {
  /** True for the frames of `/inspect/legacy`, false for those of `/inspect`. */
  readonly isLegacy: boolean
  readonly address: string
  readonly fromRev: number
  readonly toRev: number
  /** The number of times that the life is sent faster than it went. Undefined for at once. */
  readonly speed?: number | undefined
}

/** A part of an actor's life that needs the log no more. */
export interface KeptLife {
  /** Its last rev: an earlier one than was asked for where the life is too long to be kept. */
  readonly toRev: number
  texts(isLegacy: boolean, signal: AbortSignal): AsyncIterable<string>
}

/** Most characters of a life that are kept in memory for one protocol. */
const KEPT_CHARS_MAX = 134_217_728

export interface Reader {
  /** The folder or URL that it reads. */
  readonly source: string
  /** Last seq of a closed log. Undefined for a running one, which goes on. */
  readonly seq: number | undefined
  /** Yields the wanted actors by address. `onLook` is called for each that is looked at. */
  actors(wanted: WantedActors, onLook?: () => void): AsyncIterable<ActorSummary>
  /** Resolves with the actor; undefined when it does not exist. */
  actor(address: string): Promise<ActorSummary | undefined>
  /** Resolves with the actor as it was at a seq or a rev, or as it is; undefined when it did not exist. @throws REV_UNKNOWN */
  actorAt(
    address: string,
    place: { readonly seq?: number; readonly rev?: number },
  ): Promise<PastActor | undefined>
  /** Yields records of an actor. */
  life(address: string, wanted?: WantedLife): AsyncIterable<RecordInDetail>
  /**
   * Yields the frames of a part of an actor's life, as the WebSockets of the inspection send them. They end with
   * `outcry.end`.
   */
  past(asked: PastFrames, signal: AbortSignal): AsyncIterable<string>
  /** Resolves with such a part, which can be read after the reader is closed. */
  keep(asked: Omit<PastFrames, 'isLegacy'>, charsMax?: number): Promise<KeptLife>
  /** The number of records that were read for `life` and `actorAt` so far. */
  readonly read: number
  head(): Promise<Head>
  /** Resolves with the last seq before the log's time first passes `at`; 0 when the log begins later. */
  seqAt(at: number): Promise<number>
  /** Yields events in order. With `isFollowed`, those of a running runner have no end. @throws SUBSCRIPTION_UNMATCHED */
  events(wanted: WantedEvents, isFollowed: boolean): AsyncIterable<EventEnvelope>
  /** Resolves with accounts and strategies as one document. */
  state(moment: Moment): Promise<StateDocument>
  /**
   * Resolves with the explanation of a record, by its seq, or of an actor's last decision, by the actor's address.
   * @throws RECORD_UNKNOWN, ACTOR_UNKNOWN
   */
  why(of: number | string, depth?: number): Promise<Explanation>
  /** Checks the log and the venues' books beside it. */
  verify(onProgress: (seq: number) => void): Promise<FolderVerification>
  /** Yields the whole data folder as one consistent copy: see `folderEntries`. */
  entries(): AsyncIterable<StoreEntry>
  close(): Promise<void>
}

/**
 * Opens the log in `data`. `modules` are files that export its machines, besides those of Outcry.
 * @throws STORE_NONE, STORE_LOCKED when a runner without a server holds it, STORE_CORRUPT, STRATEGIES_UNREADABLE, ...
 */
export async function openReader(data: string, modules?: readonly string[]): Promise<Reader> {
  readStrategiesFile(data)
  const named = await loadMachines(modules)
  const opened = await openLog(data)
  if (opened instanceof Client) return new RunnerReader(opened, data)
  return new StoreReader(opened, data, await machinesIn(opened.store, named))
}

class StoreReader implements Reader {
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
    const isWanted = actorTest(filter, now)
    const present = new PresentCells(this.#store, this.#registry)
    for await (const address of this.#store.actors({ prefix: prefix || kindPrefix(filter) })) {
      onLook()
      const isNamed = this.#registry.find(address) !== undefined
      const cell = isNamed ? await present.cell(address) : undefined
      const found = isNamed ? cell && viewOf(cell) : await this.#lastRecord(address)
      if (found !== undefined && isWanted(found)) yield await this.#withFailure(found, now)
    }
  }

  async actor(address: string): Promise<ActorSummary | undefined> {
    if (this.#registry.find(address) === undefined) return this.#lastRecord(address)
    const cell = await cellAt(this.#store, this.#registry, address, {})
    return cell && this.#withFailure(viewOf(cell), await this.#lastAt())
  }

  async #withFailure(found: ActorSummary & Standing, now: number): Promise<ActorSummary> {
    const { context: _, timers: _t, children: _c, ...actor } = found as ActorSummary & Partial<ActorView>
    return withFailure(actor, now, (address, options) => this.#store.history(address, options))
  }

  async #lastRecord(address: string): Promise<ActorSummary | undefined> {
    for await (const record of this.#store.history(address, { reverse: true, limit: 1 })) {
      const { machine, to, status, rev, seq, at, event } = record
      const isFailed = event.type === 'outcry.failed' && event.directive.action === 'quarantine'
      return {
        address,
        machine,
        value: to,
        status: (status ?? 'active') as ActorSummary['status'],
        ...(isFailed && { condition: 'quarantined' as const }),
        rev,
        seq,
        at,
        isUnread: true,
      }
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
    const cell = await cellAt(this.#store, this.#registry, address, place, { onRead: this.#onRead })
    return cell && (asSent(viewOf(cell)) as PastActor)
  }

  async *life(
    address: string,
    { detail = false, ...range }: WantedLife = {},
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

  past({ isLegacy, address, fromRev, toRev, speed }: PastFrames, signal: AbortSignal): AsyncIterable<string> {
    const asked = { actor: [address], from: { rev: fromRev }, to: { rev: toRev }, speed }
    return pastTexts(this.#pastLog(), isLegacy ? legacy : stately, asked, signal)
  }

  async keep(
    { address, fromRev, toRev, speed }: Omit<PastFrames, 'isLegacy'>,
    charsMax = KEPT_CHARS_MAX,
  ): Promise<KeptLife> {
    const asked = { actor: [address], from: { rev: fromRev }, to: { rev: toRev } }
    const kept = async (protocol: typeof stately) => {
      const pieces: PastPiece[] = []
      let chars = 0
      for await (const piece of pastPieces(this.#pastLog(), protocol, asked, new AbortController().signal)) {
        for (const text of piece.texts) chars += text.length
        if (chars > charsMax && pieces.length > 0) break
        pieces.push(piece)
      }
      return pieces
    }
    const [ofStately, ofLegacy] = [await kept(stately), await kept(legacy)]
    // Both tools show the same part.
    const count = Math.min(ofStately.length, ofLegacy.length)
    return {
      toRev: fromRev + count - 1,
      texts: (isLegacy, signal) => paced((isLegacy ? ofLegacy : ofStately).slice(0, count), speed, signal),
    }
  }

  #pastLog(): PastLog {
    const [store, registry] = [this.#store, this.#registry]
    return {
      registry,
      life: (of, range) => lifeOf(store, registry, of, range),
      history: (of, range) => store.history(of, range),
      read: (range) => store.read(range),
      seqAt: (at) => store.seqAt(at),
    }
  }

  events(wanted: WantedEvents): AsyncIterable<EventEnvelope> {
    return loggedEvents(this.#store, this.#registry, wanted)
  }

  async state(moment: Moment): Promise<StateDocument> {
    const store = this.#store
    const registry = this.#registry
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
      yield* folderEntries(this.#store.entries(), opened, this.#data)
    } finally {
      for (const { books } of opened) await books.close()
    }
  }

  async #books(): Promise<readonly ClosedBooks[]> {
    return closedBooks(this.#data, await belongingAsFound(this.#store, this.#data))
  }

  close(): Promise<void> {
    this.#closing ??= this.#store.close()
    return this.#closing
  }
}

function kindPrefix({ kind }: ActorFilter): string {
  return kind === undefined ? '' : `${kind}/`
}

/** Returns a value as HTTP sends it. */
function asSent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

export class RunnerReader implements Reader {
  read = 0
  readonly #runner: Client
  readonly #data: string

  /** `data` is the folder that the runner holds. */
  constructor(runner: Client, data: string) {
    this.#runner = runner
    this.#data = data
  }

  get source(): string {
    return this.#runner.url
  }

  get seq(): undefined {
    return undefined
  }

  async *actors({ prefix = '', ...filter }: WantedActors, onLook = () => {}): AsyncIterable<ActorSummary> {
    for await (const actor of this.#runner.actors({ ...filter, prefix: prefix || kindPrefix(filter) })) {
      onLook()
      yield actor
    }
  }

  actor(address: string): Promise<ActorSummary | undefined> {
    return this.#runner.actor(address)
  }

  async actorAt(
    address: string,
    place: { readonly seq?: number; readonly rev?: number },
  ): Promise<PastActor | undefined> {
    const { read = 0, failure: _, ...found } = (await this.#runner.actor(address, place)) ?? {}
    this.read += read
    return 'address' in found ? found : undefined
  }

  async *past(asked: PastFrames, signal: AbortSignal): AsyncGenerator<string> {
    const { isLegacy, address: actor, fromRev, toRev, speed } = asked
    const query = new URLSearchParams({ actor, from: `rev:${fromRev}`, to: `rev:${toRev}` })
    if (speed !== undefined) query.set('speed', String(speed))
    const path = isLegacy ? '/inspect/legacy' : '/inspect'
    yield* framesOf(await runnerSocket(this.#data, `${path}?${query}`), signal)
  }

  /** Keeps nothing: the runner that holds the log sends the life again. */
  async keep(asked: Omit<PastFrames, 'isLegacy'>): Promise<KeptLife> {
    return { toRev: asked.toRev, texts: (isLegacy, signal) => this.past({ ...asked, isLegacy }, signal) }
  }

  async *life(
    address: string,
    { limit = Number.POSITIVE_INFINITY, ...wanted }: WantedLife = {},
  ): AsyncGenerator<RecordInDetail> {
    let left = limit
    for (let after: number | undefined; left > 0; ) {
      const query = { ...wanted, ...compact({ after }), limit: Math.min(left, PAGE_MAX) }
      const { records, next, read } = await this.#runner.ask('history', { params: { address }, query })
      this.read += read ?? records.length
      yield* records
      left -= records.length
      if (next === undefined) return
      after = next
    }
  }

  /**
   * Yields the actor's records from `fromRev` on, as they come, without an end. `since` is a seq before the first of
   * them. Each comes once and in order, also when the runner starts again meanwhile.
   */
  async *newRecords(
    address: string,
    {
      since,
      fromRev,
      detail,
    }: { readonly since: number; readonly fromRev: number; readonly detail: boolean },
  ): AsyncGenerator<RecordInDetail> {
    const kind = kindOf(address)
    // The filter compares the address itself. In a topic, an id has no dots and no spaces.
    const wanted = { topics: [`transitions.${kind}.*`], filter: { kind, id: address.slice(kind.length + 1) } }
    let next = fromRev
    for await (const item of this.#runner.feed({ ...wanted, since })) {
      if (!('record' in item) || item.record.rev < next) continue
      for await (const record of this.life(address, { fromRev: next, detail })) {
        next = record.rev + 1
        yield record
      }
    }
  }

  async head(): Promise<Head> {
    const { seq } = await this.#runner.ask('health')
    if (seq === 0) return { seq }
    const { record } = await this.#runner.ask('record', { params: { seq } })
    return { seq, at: record.at }
  }

  async seqAt(at: number): Promise<number> {
    const { seq } = await this.#runner.events({ to: at, tail: 1 })
    return seq
  }

  events(wanted: WantedEvents, isFollowed: boolean): AsyncIterable<EventEnvelope> {
    return runnerEvents(this.#runner, wanted, isFollowed)
  }

  state(moment: Moment): Promise<StateDocument> {
    return this.#runner.ask('state', { query: compact(moment) })
  }

  why(of: number | string, depth?: number): Promise<Explanation> {
    return explained(
      of,
      (address) => this.#reversed(address),
      (seq) => this.#runner.ask('why', { params: { seq }, query: compact({ depth }) }),
    )
  }

  /** Yields the actor's records, the newest first, in small pages: the first ones are often enough. */
  async *#reversed(address: string): AsyncGenerator<TransitionRecord> {
    for (let after: number | undefined; ; ) {
      const query = { reverse: true, limit: DECISION_PAGE, ...compact({ after }) }
      const { records, next } = await this.#runner.ask('history', { params: { address }, query })
      yield* records
      if (next === undefined) return
      after = next
    }
  }

  verify(): Promise<FolderVerification> {
    // A runner of another version may send other codes. They are only shown.
    return this.#runner.ask('verify') as Promise<FolderVerification>
  }

  async *entries(): AsyncIterable<StoreEntry> {
    const bytes = await this.#runner.backup({ of: 'folder' })
    yield* decodeEntries(bytes as unknown as AsyncIterable<Uint8Array>)
  }

  async close(): Promise<void> {}
}

/** Number of records in a page while an actor's last decision is searched. */
const DECISION_PAGE = 50

/** Returns an explanation that counts what was read to find its record, too. */
async function explained(
  of: number | string,
  reversed: (address: string) => AsyncIterable<TransitionRecord>,
  explain: (seq: number) => Promise<Explanation>,
): Promise<Explanation> {
  if (typeof of === 'number') return explain(of)
  let read = 0
  const counted = async function* () {
    for await (const record of reversed(of)) {
      read++
      yield record
    }
  }
  const explanation = await explain((await lastDecision(of, counted())).seq)
  return { ...explanation, read: explanation.read + read }
}

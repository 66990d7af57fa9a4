/** The queries on a running log. None of them changes an actor. */

import { concatMap, type Observable, share } from 'rxjs'
import type { OutcryError } from '../../errors/outcry-error.ts'
import type { Distribution } from '../../store/distribution.ts'
import { Pace } from '../../store/leveldb/pace.ts'
import type {
  ActorsOptions,
  Interruptible,
  SeqAtOptions,
  SnapshotEntry,
  Store,
  StoreEntry,
  StoreFigures,
} from '../../store/store.ts'
import { type ActorView, unreadOf, viewOf } from './actors/actor-view.ts'
import { persistCell } from './actors/persist.ts'
import type { Registry } from './actors/registry.ts'
import type { CommitLatency } from './commit/latencies.ts'
import type { LaneFigures } from './commit/mailbox.ts'
import type { Counts } from './commit/tally.ts'
import { type EventEnvelope, envelopesOf } from './events/envelope.ts'
import { type EventHistoryOptions, eventHistory } from './events/event-history.ts'
import { type Effects, type EffectsOptions, effectsOf } from './explain/effects.ts'
import { type Why, why } from './explain/why.ts'
import type { Parts } from './parts.ts'
import type { Address } from './record/address.ts'
import type { ClockJump } from './record/clock-record.ts'
import { assertKept, checkPlace, checkRange } from './record/place.ts'
import type { Intent, TransitionRecord } from './record/record.ts'
import { plainError } from './record/values.ts'
import { Shielded } from './shielded.ts'
import { type Coverage, type CoverageBounds, coverageOf } from './state/coverage.ts'
import { type LifeRange, type LifeStep, lifeOf } from './state/life.ts'
import { cellAt, type Reading } from './state/replay.ts'
import { type ActorStanding, Standings } from './state/standings.ts'
import { type Verification, type VerifyOptions, verifyLog } from './state/verify.ts'
import type { Bookmark } from './subscriptions/bookmark.ts'
import type { Publication } from './turn/publication.ts'
import { shown } from './xstate/shown.ts'
import type { AnySnapshot } from './xstate/snapshot.ts'

/** The counts and measures of a runtime since its start. */
export interface Figures {
  /** The time since the start, in ms. */
  readonly uptimeMs: number
  /** The names of the kinds that there can be actors of. */
  readonly kinds: readonly string[]
  /** The counts of durable records. */
  readonly counts: Counts
  /** The lanes of the mailbox, in order of priority. */
  readonly lanes: readonly LaneFigures[]
  /** The number of timers that wait. Some may be canceled already. */
  readonly timersArmed: number
  /** Seconds by which each timer was late when it was found due. */
  readonly timerLateness: Distribution
  /** The number of times that the system's clock was set. */
  readonly clockJumps: number
  /** Undefined where the store measures nothing. */
  readonly store: StoreFigures | undefined
}

export class Queries {
  readonly registry: Registry
  protected readonly parts: Parts
  readonly #standings = new Standings()
  readonly #transitions$: Observable<TransitionRecord>
  readonly #events$: Observable<EventEnvelope>
  readonly #fenced$: Observable<OutcryError>
  readonly #beganAt = performance.now()

  constructor(parts: Parts) {
    const { registry, publisher, logger } = parts
    this.registry = registry
    this.parts = parts
    const onThrow = (err: unknown) => logger.error({ err }, 'an observer threw')
    this.#transitions$ = new Shielded(publisher.transitions, onThrow)
    // Each envelope is made once for all subscribers.
    const events = publisher.transitions.pipe(concatMap(envelopesOf), share())
    this.#events$ = new Shielded(events, onThrow)
    this.#fenced$ = new Shielded(publisher.fenced, onThrow)
  }

  /** The changes of the system's clock since the start, in order. */
  get clockJumps(): readonly ClockJump[] {
    return [...(this.parts.clockWatch?.jumps ?? [])]
  }

  /** The counts and measures since the start, for those who watch the process. */
  get figures(): Figures {
    const { loop, timers, clockWatch, store } = this.parts
    return {
      uptimeMs: performance.now() - this.#beganAt,
      kinds: [...this.registry.kinds].map(({ name }) => name),
      counts: loop.counts,
      lanes: loop.lanes,
      timersArmed: timers.length,
      timerLateness: timers.lateness,
      clockJumps: clockWatch?.count ?? 0,
      store: store.figures,
    }
  }

  /** The last durable seq. */
  get seq(): number {
    return this.parts.store.head.seq
  }

  get epoch(): number {
    return this.parts.store.epoch
  }

  /** Returns the short id of the log: a copy has the same, and another log has another. */
  get logId(): string {
    return this.parts.store.shortId
  }

  /** The number of actors in memory. */
  get residents(): number {
    return this.parts.residents.size
  }

  /** The actors in quarantine, in order of address. */
  get quarantined(): readonly ActorView[] {
    const cells = [...this.parts.residents.quarantined]
      .sort()
      .flatMap((address) => this.parts.residents.resident(address) ?? [])
    return cells.map(viewOf)
  }

  /** The number of actors in quarantine. Its cost does not depend on the number of actors. */
  get quarantinedCount(): number {
    return this.parts.residents.quarantined.size
  }

  /** The intents whose outcome is not known yet. */
  get unsettled(): readonly Intent[] {
    return [...this.parts.offsets.outbox.unsettled.values()]
  }

  /** The number of unsettled intents. Its cost does not depend on that number. */
  get unsettledCount(): number {
    return this.parts.offsets.outbox.unsettled.size
  }

  /** True while turns have made intents that no port has seen yet. */
  get hasIntentsAhead(): boolean {
    return this.parts.publisher.hasIntentsAhead
  }

  /** The first seq that the log has: 1 until older records are deleted. */
  get firstSeq(): number {
    return this.parts.store.cut?.firstSeq ?? 1
  }

  /** The seq of the last record that is in the archive; 0 while there is none. */
  get archivedTo(): number {
    return this.parts.store.hotFrom - 1
  }

  /** The last seq of the log before this start. */
  get startedAfter(): number {
    return this.parts.publisher.startedAfter
  }

  /** Returns how long the commits of the last minute took, in ms of the process; undefined when there was none. */
  get commitLatency(): CommitLatency | undefined {
    return this.parts.loop.commitLatency
  }

  /** The time of the last durable record, or undefined. */
  get lastAt(): number | undefined {
    return this.parts.offsets.at
  }

  /** Emits every durable record when it is committed, in seq order. */
  get transitions$(): Observable<TransitionRecord> {
    return this.#transitions$
  }

  /** Emits every durable domain event in its envelope, in the order of the log. */
  get events$(): Observable<EventEnvelope> {
    return this.#events$
  }

  /** The error, once the log has refused a commit and no message is taken any more. */
  get fence(): OutcryError | undefined {
    return this.parts.loop.fence
  }

  /** True once `stop` was called: the supervisor takes no more messages. */
  get isStopping(): boolean {
    return this.parts.loop.isClosed
  }

  /** Emits once, when the log has refused a commit and no message is taken any more (law 11). */
  get fenced$(): Observable<OutcryError> {
    return this.#fenced$
  }

  /**
   * Returns the actor's present snapshot in memory, or undefined if it is unknown. It may be ahead of the log by the
   * commit under way.
   */
  getSnapshot(address: string): AnySnapshot | undefined {
    const snapshot = this.parts.residents.find(address as Address)?.state.snapshot
    return snapshot && shown(snapshot)
  }

  /**
   * Returns the actor's snapshot as of the record `seq`; undefined when there is no such actor, or when a later record
   * has changed it. Restores a passive actor.
   */
  snapshotAsOf(address: string, seq: number): AnySnapshot | undefined {
    const state = this.parts.residents.find(address as Address)?.state
    return state === undefined || state.seq > seq ? undefined : shown(state.snapshot)
  }

  /** Returns an actor's present state, as durable records have it. */
  async view(address: string): Promise<ActorView | undefined> {
    const cell = this.parts.residents.read(address as Address)
    const view = cell && viewOf(cell)
    await this.settled()
    return view
  }

  /** Returns the actors that have a history, in order of address. */
  async *actors(options: ActorsOptions = {}): AsyncIterable<ActorView> {
    await this.settled()
    for await (const address of this.parts.store.actors(options)) {
      const view = this.viewNow(address)
      if (view) yield view
    }
  }

  /**
   * Returns an actor as it is in memory, which may be ahead of the log by the commit under way. One that cannot be
   * restored is as the log has it, with the error.
   */
  viewNow(address: string): ActorView | undefined {
    try {
      const cell = this.parts.residents.read(address as Address)
      return cell && viewOf(cell)
    } catch (error) {
      const cell = this.parts.residents.findGone(address as Address)
      if (cell === undefined) return undefined
      return { ...viewOf(cell), error: plainError(error), unread: unreadOf(error) }
    }
  }

  /**
   * Returns how an actor stands, as `viewNow` has it. It restores a passive actor only when none was restored before on
   * the same machine in the same states, so it costs little more than the reading of the snapshot.
   */
  standingNow(address: string): ActorStanding | undefined {
    try {
      const entry = this.parts.residents.stored(address as Address)
      if (entry !== undefined)
        return this.#standings.of(this.registry.kind(address), entry, () => this.viewNow(address))
    } catch {
      // The view says why it cannot be restored.
    }
    return this.viewNow(address)
  }

  /** Returns the same actors as `actors`, without their states. */
  addresses(options: ActorsOptions = {}): AsyncIterable<string> {
    return this.parts.store.actors(options)
  }

  /** Returns an actor's records. @throws PLACE_INVALID */
  history(address: string, options?: Parameters<Store['history']>[1]): AsyncIterable<TransitionRecord>
  /**
   * Returns domain events by type and time, found through an index.
   *
   * @example
   * supervisor.history({ type: 'ORDER_FILLED', from: Date.now() - 3_600_000, reverse: true, limit: 50 })
   * @throws OPTION_UNKNOWN, OPTION_INVALID
   */
  history(options: EventHistoryOptions): AsyncIterable<EventEnvelope>
  history(
    of: string | EventHistoryOptions,
    options?: Parameters<Store['history']>[1],
  ): AsyncIterable<TransitionRecord> | AsyncIterable<EventEnvelope> {
    if (typeof of !== 'string') return eventHistory(this.parts.store, of)
    checkRange(options)
    return this.parts.store.history(of, options)
  }

  /**
   * Returns an actor's records with the state before and after each, and the transitions taken. Records of a machine
   * that is not registered have none, and say so.
   * @throws PLACE_INVALID
   */
  life(address: string, range: LifeRange = {}): AsyncIterable<LifeStep> {
    checkRange(range)
    return lifeOf(this.parts.store, this.registry, address, range)
  }

  /** Returns records in seq order. @throws PLACE_INVALID */
  read(options?: Parameters<Store['read']>[0]): AsyncIterable<TransitionRecord> {
    checkRange(options)
    return this.parts.store.read(options)
  }

  /**
   * Returns the actor after its last record at or before the place. `at` is the place where the log's time first passes
   * that time. It is the same for every actor, so the states of two actors at one time agree.
   * @throws PLACE_INVALID, LOG_CUT, REV_UNKNOWN, REPLAY_DIVERGED, READ_ABORTED
   */
  async stateAt(
    address: string,
    to: { seq: number } | { rev: number } | { at: number },
    options: Reading = {},
  ): Promise<ActorView | undefined> {
    checkPlace(to)
    assertKept(this.parts.store, to)
    const cell = await cellAt(this.parts.store, this.registry, address, to, options)
    return cell && viewOf(cell)
  }

  /**
   * Explains a record: the chain of causes back to the message from outside, the guards that each machine was asked with
   * what they read, and all that the record caused. It replays, and changes nothing.
   *
   * @example
   * const { causes, guards, effects } = await supervisor.why(1234)
   * @throws PLACE_INVALID, RECORD_UNKNOWN, READ_ABORTED
   */
  async why(seq: number, options: EffectsOptions = {}): Promise<Why> {
    checkPlace({ seq })
    return why(this.parts.store, this.registry, seq, options)
  }

  /**
   * Returns what a record caused: in its own turn, and later in the histories of the actors that wait for it. No search
   * goes through the log, so a message that a program sends with the record as its cause may be missing.
   *
   * @example
   * const { effects } = await supervisor.effectsOf(record, { depth: 1 })
   * @throws READ_ABORTED, STORE_CORRUPT
   */
  effectsOf(record: TransitionRecord, options: EffectsOptions = {}): Promise<Effects> {
    return effectsOf(this.parts.store, this.registry, record, options)
  }

  /**
   * Counts how often actors of a kind took each transition of a version of their machine, by a replay of their latest
   * records. It gives way to trading.
   * @throws KIND_UNKNOWN, STORE_CORRUPT
   */
  async coverage(kind: string, version: string, bounds?: CoverageBounds): Promise<Coverage> {
    const source = {
      log: this.parts.store,
      registry: this.registry,
      present: (address: string) => this.viewNow(address),
    }
    const coverage = await coverageOf(source, kind, version, bounds)
    // A present state may be ahead of the log by the commit under way.
    await this.settled()
    return coverage
  }

  /**
   * Returns the last seq before the log's time first passes `at`; 0 when the log begins later. With `isRough` it comes
   * without a look at the records, and may be later by those of one commit.
   * @throws PLACE_INVALID
   */
  async seqAt(at: number, options: SeqAtOptions = {}): Promise<number> {
    checkPlace({ at })
    return this.parts.store.seqAt(at, options)
  }

  /** Resolves with the types of the events in the log; undefined when its store cannot list all of them. */
  emittedTypes(): Promise<readonly string[] | undefined> {
    return this.parts.store.emittedTypes()
  }

  /** Returns the contents of the log as one consistent copy. See `writeBackup`. */
  async *entries(options: Interruptible = {}): AsyncIterable<StoreEntry> {
    await this.settled()
    yield* this.parts.store.entries(options)
  }

  /** Replays the whole log and compares it with the store and the actors in memory. @throws READ_ABORTED */
  async verify(options: Pick<VerifyOptions, 'onProgress' | 'signal'> = {}): Promise<Verification> {
    await this.settled()
    return verifyLog(this.parts.store, this.registry, { ...options, live: this.#durable(options) })
  }

  /** Returns the actors in memory as durable records have them, in small steps: other actors change meanwhile. */
  async *#durable({ signal }: Interruptible): AsyncGenerator<SnapshotEntry> {
    const pace = new Pace({ signal })
    const ahead: SnapshotEntry[] = []
    for (const cell of [...this.parts.residents.cells]) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      if (cell.state.seq <= this.seq) yield persistCell(cell)
      else ahead.push(persistCell(cell))
    }
    await this.settled()
    yield* ahead
  }

  /** The present time of the runtime. */
  get now(): number {
    return this.parts.clock.now()
  }

  /** Returns the seq of the first record of the message with this idempotency key, or undefined. */
  seqOfKey(key: string): number | undefined {
    return this.parts.offsets.seqOfKey(key)
  }

  /** Returns the position of the source's last durable message. A restart reads on from there. */
  cursor(source: string): number {
    return this.parts.offsets.cursor(source)
  }

  /** @internal Returns the bookmark of a program that follows the log by itself. */
  bookmark(name: string): Bookmark {
    return this.parts.subscriptions.bookmark(name)
  }

  /** @internal Removes all bookmarks but those with these names. */
  keepBookmarks(names: readonly string[]): Promise<void> {
    return this.parts.subscriptions.keepBookmarks(names)
  }

  /**
   * Calls `onPublication` for every durable record from now on, with its snapshot and the transitions taken. Returns a
   * function that stops this.
   */
  watch(onPublication: (release: Publication) => void): () => void {
    return this.parts.publisher.watch(onPublication)
  }

  /**
   * Resolves when all turns that have run are durable and published, whatever comes meanwhile.
   * @throws STORE_FENCED
   */
  settled(): Promise<void> {
    return this.parts.loop.settled()
  }

  /**
   * Resolves when no message waits and every turn is durable and published. While messages come faster than they are
   * written, that may be never.
   * @throws STORE_FENCED
   */
  idle(): Promise<void> {
    return this.parts.loop.idle()
  }
}

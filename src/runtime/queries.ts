/** What can be asked of a running log. Nothing here changes an actor. */

import type { Observable } from 'rxjs'
import type { OutcryError } from '../../errors/outcry-error.ts'
import { Pace } from '../../store/leveldb/pace.ts'
import type { ActorsOptions, Interruptible, SnapshotEntry, Store, StoreEntry } from '../../store/store.ts'
import { type ActorView, viewOf } from './actors/actor-view.ts'
import type { Cell } from './actors/cell.ts'
import { persistCell } from './actors/persist.ts'
import type { Registry } from './actors/registry.ts'
import type { Parts } from './parts.ts'
import type { Address } from './record/address.ts'
import type { ClockJump } from './record/clock-record.ts'
import { checkPlace, checkRange } from './record/place.ts'
import type { Intent, TransitionRecord } from './record/record.ts'
import { plainError } from './record/values.ts'
import { Shielded } from './shielded.ts'
import { cellAt } from './state/replay.ts'
import { type Verification, type VerifyOptions, verifyLog } from './state/verify.ts'
import type { Publication } from './turn/publication.ts'
import { shown } from './xstate/shown.ts'
import type { AnySnapshot } from './xstate/snapshot.ts'

export class Queries {
  readonly registry: Registry
  protected readonly parts: Parts
  readonly #transitions$: Observable<TransitionRecord>
  readonly #fenced$: Observable<OutcryError>

  constructor(parts: Parts) {
    const { registry, publisher, logger } = parts
    this.registry = registry
    this.parts = parts
    const onThrow = (err: unknown) => logger.error({ err }, 'an observer threw')
    this.#transitions$ = new Shielded(publisher.transitions, onThrow)
    this.#fenced$ = new Shielded(publisher.fenced, onThrow)
  }

  /** How the system's clock was set since the start, in order. */
  get clockJumps(): readonly ClockJump[] {
    return [...(this.parts.clockWatch?.jumps ?? [])]
  }

  /** Last durable seq. */
  get seq(): number {
    return this.parts.store.head.seq
  }

  get epoch(): number {
    return this.parts.store.epoch
  }

  /** Actors in memory. */
  get residents(): number {
    return this.parts.residents.size
  }

  /** Actors that take no message until somebody publications them, in order of address. */
  get quarantined(): readonly ActorView[] {
    const cells = [...this.parts.residents.quarantined]
      .sort()
      .flatMap((address) => this.parts.residents.resident(address) ?? [])
    return cells.map(viewOf)
  }

  /** How many they are; costs the same however many actors there are. */
  get quarantinedCount(): number {
    return this.parts.residents.quarantined.size
  }

  /** Intents whose outcome is not known yet. */
  get unsettled(): readonly Intent[] {
    return [...this.parts.offsets.outbox.unsettled.values()]
  }

  /** How many they are; costs the same however many. */
  get unsettledCount(): number {
    return this.parts.offsets.outbox.unsettled.size
  }

  /** Whether turns have run whose intents no port has seen yet. */
  get hasIntentsAhead(): boolean {
    return this.parts.publisher.hasIntentsAhead
  }

  /** Time of the last durable record; undefined when there is none. */
  get lastAt(): number | undefined {
    return this.parts.offsets.at
  }

  /** Every durable record as it is committed, in seq order. */
  get transitions$(): Observable<TransitionRecord> {
    return this.#transitions$
  }

  /** Why nothing more is taken, once the log has refused a commit. */
  get fence(): OutcryError | undefined {
    return this.parts.loop.fence
  }

  /** Emits once, when the log refused a commit and nothing more is taken (law 11). */
  get fenced$(): Observable<OutcryError> {
    return this.#fenced$
  }

  /** The actor's present in memory, which may be ahead of the log by the commit under way; undefined if unknown. */
  getSnapshot(address: string): AnySnapshot | undefined {
    const snapshot = this.parts.residents.find(address as Address)?.state.snapshot
    return snapshot && shown(snapshot)
  }

  /** All about an actor but its past; what it says is durable. */
  async view(address: string): Promise<ActorView | undefined> {
    await this.idle()
    const cell = this.parts.residents.read(address as Address)
    return cell && viewOf(cell)
  }

  /** Actors that have a history, in order of address. */
  async *actors(options: ActorsOptions = {}): AsyncIterable<ActorView> {
    await this.idle()
    for await (const address of this.parts.store.actors(options)) {
      const view = this.#viewAnyhow(address as Address)
      if (view) yield view
    }
  }

  /** One that cannot be brought back is shown as the log has it, with why. */
  #viewAnyhow(address: Address): ActorView | undefined {
    try {
      const cell = this.parts.residents.read(address)
      return cell && viewOf(cell)
    } catch (error) {
      const cell = this.parts.residents.findGone(address)
      if (cell === undefined) return undefined
      return { ...viewOf(cell), error: plainError(error) }
    }
  }

  /** As `actors`, without their states. */
  addresses(options: ActorsOptions = {}): AsyncIterable<string> {
    return this.parts.store.actors(options)
  }

  /** @throws PLACE_INVALID */
  history(address: string, options?: Parameters<Store['history']>[1]): AsyncIterable<TransitionRecord> {
    checkRange(options)
    return this.parts.store.history(address, options)
  }

  /** @throws PLACE_INVALID */
  read(options?: Parameters<Store['read']>[0]): AsyncIterable<TransitionRecord> {
    checkRange(options)
    return this.parts.store.read(options)
  }

  /**
   * The actor as it was after its last record at or before the place. `at` is the place where the log's time first passes that
   * time: the same for every actor, so that what two of them were at one time fits together.
   * @throws PLACE_INVALID, REV_UNKNOWN, REPLAY_DIVERGED, READ_ABORTED
   */
  async stateAt(
    address: string,
    to: { seq: number } | { rev: number } | { at: number },
    options: Interruptible = {},
  ): Promise<ActorView | undefined> {
    checkPlace(to)
    const cell = await cellAt(this.parts.store, this.registry, address, to, options)
    return cell && viewOf(cell)
  }

  /** All that the log holds now, as one consistent copy; see `writeBackup`. */
  async *entries(options: Interruptible = {}): AsyncIterable<StoreEntry> {
    await this.idle()
    yield* this.parts.store.entries(options)
  }

  /** Replays the whole log and compares it with what the store and this supervisor have. @throws READ_ABORTED */
  async verify(options: Pick<VerifyOptions, 'onProgress' | 'signal'> = {}): Promise<Verification> {
    await this.idle()
    return verifyLog(this.parts.store, this.registry, { ...options, live: this.#durable(options) })
  }

  /** The actors in memory as durable records have them, bit by bit: others change meanwhile. */
  async *#durable({ signal }: Interruptible): AsyncGenerator<SnapshotEntry> {
    const pace = new Pace({ signal })
    const ahead: Cell[] = []
    for (const cell of [...this.parts.residents.cells]) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      if (cell.state.seq <= this.seq) yield persistCell(cell)
      else ahead.push(cell)
    }
    if (ahead.length > 0) await this.idle()
    for (const cell of ahead) if (cell.state.seq <= this.seq) yield persistCell(cell)
  }

  /** Time as the runtime has it. */
  get now(): number {
    return this.parts.clock.now()
  }

  /** Place of the first record of what a message with this idempotency key led to; undefined when there was none. */
  seqOfKey(key: string): number | undefined {
    return this.parts.offsets.seqOfKey(key)
  }

  /** Position of the source's last durable message: where to read on after a restart. */
  cursor(source: string): number {
    return this.parts.offsets.cursor(source)
  }

  /** Calls `onPublication` for every durable record from now on, with the snapshot it led to and the transitions taken. */
  watch(onPublication: (release: Publication) => void): () => void {
    return this.parts.publisher.watch(onPublication)
  }

  /** Resolves when no message waits and all is durable and let out. @throws STORE_FENCED */
  idle(): Promise<void> {
    return this.parts.loop.idle()
  }
}

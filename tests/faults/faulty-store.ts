import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Checkpoint, Commit, PositionEntry, SnapshotEntry, Store } from '../../store/index.ts'
import { OutcryError } from '../../store/index.ts'

/**
 * Places of a commit at which a process may die or its disk may fail:
 * - beforeWrite: nothing of the commit is in the log
 * - answerLost: the commit is in the log, but no one heard of it
 * - refused: the disk refuses the write, and the process lives to hear it
 *
 * The receiver of a publication decides about faults that come later, between two of its steps.
 */
export type StoreFault = 'beforeWrite' | 'answerLost' | 'refused'

export interface FaultyStoreHooks {
  /** Called at each commit. Returns its fault. */
  next(commit: Commit<TransitionRecord>): StoreFault | undefined
  /** Called when the process counts as dead. */
  onDeath(): void
  /** Called before and after each write: the promise is a slow disk. */
  lag?(): Promise<void> | undefined
}

/** A store with faults. */
export class FaultyStore implements Store<TransitionRecord> {
  readonly #store: Store<TransitionRecord>
  readonly #hooks: FaultyStoreHooks
  #dead = false

  constructor(store: Store<TransitionRecord>, hooks: FaultyStoreHooks) {
    this.#store = store
    this.#hooks = hooks
  }

  get epoch() {
    return this.#store.epoch
  }

  get head() {
    return this.#store.head
  }

  get shortId() {
    return this.#store.shortId
  }

  /** Ends the process: nothing more reaches the disk. */
  kill(): void {
    this.#dead = true
  }

  async append(commit: Commit<TransitionRecord>): Promise<void> {
    await this.#hooks.lag?.()
    if (this.#dead) return forever()
    const fault = this.#hooks.next(commit)
    if (fault === 'refused') throw new OutcryError('STORE_WRITE_FAILED', 'no space left', 'Make room.')
    if (fault !== 'beforeWrite') await this.#store.append(commit)
    await this.#hooks.lag?.()
    if (fault === undefined && !this.#dead) return
    if (!this.#dead) this.#hooks.onDeath()
    this.#dead = true
    return forever()
  }

  async putSnapshots(snapshots: readonly SnapshotEntry[], checkpoint?: Checkpoint): Promise<void> {
    await this.#hooks.lag?.()
    if (this.#dead) return forever()
    await this.#store.putSnapshots(snapshots, checkpoint)
    await this.#hooks.lag?.()
    return this.#dead ? forever() : undefined
  }

  read(options?: Parameters<Store['read']>[0]) {
    return this.#store.read(options)
  }

  history(actor: string, options?: Parameters<Store['history']>[1]) {
    return this.#store.history(actor, options)
  }

  seqAt(at: number) {
    return this.#store.seqAt(at)
  }

  nextQuiet(at: number, ms: number, options?: Parameters<Store['nextQuiet']>[2]) {
    return this.#store.nextQuiet(at, ms, options)
  }

  emittedTypes() {
    return this.#store.emittedTypes()
  }

  snapshot(actor: string, options?: { maxSeq?: number }) {
    return this.#store.snapshot(actor, options)
  }

  snapshots(actor: string, options?: Parameters<Store['snapshots']>[1]) {
    return this.#store.snapshots(actor, options)
  }

  checkpoint() {
    return this.#store.checkpoint()
  }

  actors(options?: Parameters<Store['actors']>[0]) {
    return this.#store.actors(options)
  }

  position(name: string) {
    return this.#store.position(name)
  }

  positions() {
    return this.#store.positions()
  }

  putPositions(positions: readonly PositionEntry[], forgotten?: readonly string[]): Promise<void> {
    return this.#dead ? forever() : this.#store.putPositions(positions, forgotten)
  }

  wakes() {
    return this.#store.wakes()
  }

  get hotFrom() {
    return this.#store.hotFrom
  }

  archive(toSeq: number) {
    return this.#dead ? forever() : this.#store.archive(toSeq)
  }

  get cut() {
    return this.#store.cut
  }

  base() {
    return this.#store.base()
  }

  nextCut(toSeq: number) {
    return this.#dead ? forever() : this.#store.nextCut(toSeq)
  }

  putBases(snapshots: readonly SnapshotEntry[]): Promise<void> {
    return this.#dead ? forever() : this.#store.putBases(snapshots)
  }

  sweep(): Promise<void> {
    return this.#dead ? forever() : this.#store.sweep()
  }

  entries(options?: Parameters<Store['entries']>[0]) {
    return this.#store.entries(options)
  }

  verifyChain(options?: Parameters<Store<TransitionRecord>['verifyChain']>[0]) {
    return this.#store.verifyChain(options)
  }

  /** The memory outlives the store. */
  async close(): Promise<void> {}
}

function forever(): Promise<never> {
  return new Promise(() => {})
}

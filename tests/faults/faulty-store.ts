import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Checkpoint, Commit, SnapshotEntry, Store } from '../../store/index.ts'
import { OutcryError } from '../../store/index.ts'

/**
 * Places on the way of a commit at which a process may die or its disk may fail:
 * - beforeWrite: nothing of it is in the log
 * - answerLost: it is in the log, but nobody was told
 * - refused: the disk says no, and the process lives to hear it
 *
 * What may happen later, between two steps of a release, is up to who takes what is released.
 */
export type StoreFault = 'beforeWrite' | 'answerLost' | 'refused'

export interface FaultyStoreHooks {
  /** Asked at each commit. */
  next(commit: Commit<TransitionRecord>): StoreFault | undefined
  /** The process has to be taken for dead. */
  onDeath(): void
  /** Asked before and after each write: a slow disk. */
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

  /** The process is gone: nothing more reaches the disk. */
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

  wakes() {
    return this.#store.wakes()
  }

  get hotFrom() {
    return this.#store.hotFrom
  }

  archive(toSeq: number) {
    return this.#dead ? forever() : this.#store.archive(toSeq)
  }

  entries(options?: Parameters<Store['entries']>[0]) {
    return this.#store.entries(options)
  }

  verifyChain(options?: Parameters<Store<TransitionRecord>['verifyChain']>[0]) {
    return this.#store.verifyChain(options)
  }

  /** The memory behind it outlives it. */
  async close(): Promise<void> {}
}

function forever(): Promise<never> {
  return new Promise(() => {})
}

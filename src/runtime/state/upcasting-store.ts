/** A store whose records, snapshots and checkpoint are read with today's names: see actors/upcasters.ts. */
import type {
  ActorsOptions,
  ChainReport,
  Checkpoint,
  Commit,
  HistoryOptions,
  Interruptible,
  LogCut,
  Paced,
  PositionEntry,
  Quiet,
  ReadOptions,
  SeqAtOptions,
  SnapshotEntry,
  SnapshotsOptions,
  Store,
  StoreEntry,
  StoreFigures,
  StoreHead,
  VerifyChainOptions,
} from '../../../store/store.ts'
import type { Registry } from '../actors/registry.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { OffsetsState } from './offsets.ts'
import { upcastEntry, upcastIntents, upcastRecord } from './upcast.ts'

/** Returns the store as the kinds of the registry read it: the store itself where none of them has upcasters. */
export function upcasting(store: Store<TransitionRecord>, registry: Registry): Store<TransitionRecord> {
  const isAlready = store instanceof UpcastingStore && store.registry === registry
  return registry.hasUpcasters && !isAlready ? new UpcastingStore(asStored(store), registry) : store
}

/** Returns the store as it is, with the names that values were stored under. */
export function asStored(store: Store<TransitionRecord>): Store<TransitionRecord> {
  return store instanceof UpcastingStore ? store.stored : store
}

class UpcastingStore implements Store<TransitionRecord> {
  readonly stored: Store<TransitionRecord>
  readonly registry: Registry
  readonly #record = (record: TransitionRecord) => upcastRecord(this.registry, record)
  readonly #entry = (entry: SnapshotEntry) => upcastEntry(this.registry, entry)

  constructor(store: Store<TransitionRecord>, registry: Registry) {
    this.stored = store
    this.registry = registry
  }

  get epoch(): number {
    return this.stored.epoch
  }

  get head(): StoreHead {
    return this.stored.head
  }

  get shortId(): string {
    return this.stored.shortId
  }

  get hotFrom(): number {
    return this.stored.hotFrom
  }

  get figures(): StoreFigures | undefined {
    return this.stored.figures
  }

  append(commit: Commit<TransitionRecord>): Promise<void> {
    return this.stored.append(commit)
  }

  read(options?: ReadOptions): AsyncIterable<TransitionRecord> {
    return each(this.stored.read(options), this.#record)
  }

  history(actor: string, options?: HistoryOptions): AsyncIterable<TransitionRecord> {
    return each(this.stored.history(actor, options), this.#record)
  }

  seqAt(at: number, options?: SeqAtOptions): Promise<number> {
    return this.stored.seqAt(at, options)
  }

  nextQuiet(at: number, ms: number, options?: Paced): Promise<Quiet | undefined> {
    return this.stored.nextQuiet(at, ms, options)
  }

  emittedTypes(): Promise<readonly string[] | undefined> {
    return this.stored.emittedTypes()
  }

  snapshot(actor: string, options?: { maxSeq?: number }): SnapshotEntry | undefined {
    const entry = this.stored.snapshot(actor, options)
    return entry && this.#entry(entry)
  }

  snapshots(actor: string, options?: SnapshotsOptions): AsyncIterable<SnapshotEntry> {
    return each(this.stored.snapshots(actor, options), this.#entry)
  }

  putSnapshots(snapshots: readonly SnapshotEntry[], checkpoint?: Checkpoint): Promise<void> {
    return this.stored.putSnapshots(snapshots, checkpoint)
  }

  checkpoint(): Checkpoint | undefined {
    return this.#checkpoint(this.stored.checkpoint())
  }

  base(): Checkpoint | undefined {
    return this.#checkpoint(this.stored.base())
  }

  #checkpoint(checkpoint: Checkpoint | undefined): Checkpoint | undefined {
    if (checkpoint === undefined) return undefined
    const state = checkpoint.state as OffsetsState
    const unsettled = upcastIntents(this.registry, state.unsettled)
    return unsettled === state.unsettled ? checkpoint : { ...checkpoint, state: { ...state, unsettled } }
  }

  position(name: string): PositionEntry | undefined {
    return this.stored.position(name)
  }

  positions(): AsyncIterable<PositionEntry> {
    return this.stored.positions()
  }

  putPositions(positions: readonly PositionEntry[], forgotten?: readonly string[]): Promise<void> {
    return this.stored.putPositions(positions, forgotten)
  }

  actors(options?: ActorsOptions): AsyncIterable<string> {
    return this.stored.actors(options)
  }

  wakes(): AsyncIterable<{ actor: string; at: number }> {
    return this.stored.wakes()
  }

  archive(toSeq: number): Promise<number> {
    return this.stored.archive(toSeq)
  }

  get cut(): LogCut | undefined {
    return this.stored.cut
  }

  nextCut(toSeq: number): Promise<LogCut | undefined> {
    return this.stored.nextCut(toSeq)
  }

  putBases(snapshots: readonly SnapshotEntry[]): Promise<void> {
    return this.stored.putBases(snapshots)
  }

  sweep(): Promise<void> {
    return this.stored.sweep()
  }

  entries(options?: Interruptible): AsyncIterable<StoreEntry> {
    return this.stored.entries(options)
  }

  verifyChain(options: VerifyChainOptions<TransitionRecord> = {}): Promise<ChainReport> {
    const { onRecords } = options
    if (onRecords === undefined) return this.stored.verifyChain(options)
    return this.stored.verifyChain({
      ...options,
      onRecords: (records) => onRecords(records.map(this.#record)),
    })
  }

  close(): Promise<void> {
    return this.stored.close()
  }
}

/** Returns what is iterated over, each item changed. Written out, because an async generator costs more than the change. */
function each<T>(those: AsyncIterable<T>, change: (item: T) => T): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = those[Symbol.asyncIterator]()
      const end = async (): Promise<IteratorResult<T>> =>
        (await iterator.return?.()) ?? { done: true, value: undefined }
      const changed = (result: IteratorResult<T>): IteratorResult<T> | Promise<never> => {
        if (result.done) return result
        try {
          return { done: false, value: change(result.value) }
        } catch (error) {
          // A loop does not end an iterator that throws, and this one is still reading.
          return end().then(() => Promise.reject(error))
        }
      }
      return { next: () => iterator.next().then(changed), return: end }
    },
  }
}

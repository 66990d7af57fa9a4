/** A store whose records, snapshots and checkpoint are read with today's names: see actors/upcasters.ts. */
import type {
  ActorsOptions,
  ChainReport,
  Checkpoint,
  Commit,
  HistoryOptions,
  Interruptible,
  ReadOptions,
  SnapshotEntry,
  SnapshotsOptions,
  Store,
  StoreEntry,
  StoreHead,
  VerifyChainOptions,
} from '../../../store/store.ts'
import type { Registry } from '../actors/registry.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { OffsetsState } from './offsets.ts'
import { upcastEntry, upcastIntents, upcastRecord } from './upcast.ts'

/** Returns the store as the kinds of the registry read it: the store itself where none of them has upcasters. */
export function upcasting(store: Store<TransitionRecord>, registry: Registry): Store<TransitionRecord> {
  if (store instanceof UpcastingStore) return store
  return registry.hasUpcasters ? new UpcastingStore(store, registry) : store
}

class UpcastingStore implements Store<TransitionRecord> {
  readonly #store: Store<TransitionRecord>
  readonly #registry: Registry
  readonly #record = (record: TransitionRecord) => upcastRecord(this.#registry, record)
  readonly #entry = (entry: SnapshotEntry) => upcastEntry(this.#registry, entry)

  constructor(store: Store<TransitionRecord>, registry: Registry) {
    this.#store = store
    this.#registry = registry
  }

  get epoch(): number {
    return this.#store.epoch
  }

  get head(): StoreHead {
    return this.#store.head
  }

  get shortId(): string {
    return this.#store.shortId
  }

  get hotFrom(): number {
    return this.#store.hotFrom
  }

  append(commit: Commit<TransitionRecord>): Promise<void> {
    return this.#store.append(commit)
  }

  read(options?: ReadOptions): AsyncIterable<TransitionRecord> {
    return each(this.#store.read(options), this.#record)
  }

  history(actor: string, options?: HistoryOptions): AsyncIterable<TransitionRecord> {
    return each(this.#store.history(actor, options), this.#record)
  }

  seqAt(at: number): Promise<number> {
    return this.#store.seqAt(at)
  }

  snapshot(actor: string, options?: { maxSeq?: number }): SnapshotEntry | undefined {
    const entry = this.#store.snapshot(actor, options)
    return entry && this.#entry(entry)
  }

  snapshots(actor: string, options?: SnapshotsOptions): AsyncIterable<SnapshotEntry> {
    return each(this.#store.snapshots(actor, options), this.#entry)
  }

  putSnapshots(snapshots: readonly SnapshotEntry[], checkpoint?: Checkpoint): Promise<void> {
    return this.#store.putSnapshots(snapshots, checkpoint)
  }

  checkpoint(): Checkpoint | undefined {
    const checkpoint = this.#store.checkpoint()
    if (checkpoint === undefined) return undefined
    const state = checkpoint.state as OffsetsState
    const unsettled = upcastIntents(this.#registry, state.unsettled)
    return unsettled === state.unsettled ? checkpoint : { ...checkpoint, state: { ...state, unsettled } }
  }

  actors(options?: ActorsOptions): AsyncIterable<string> {
    return this.#store.actors(options)
  }

  wakes(): AsyncIterable<{ actor: string; at: number }> {
    return this.#store.wakes()
  }

  archive(toSeq: number): Promise<number> {
    return this.#store.archive(toSeq)
  }

  entries(options?: Interruptible): AsyncIterable<StoreEntry> {
    return this.#store.entries(options)
  }

  verifyChain(options: VerifyChainOptions<TransitionRecord> = {}): Promise<ChainReport> {
    const { onRecords } = options
    if (onRecords === undefined) return this.#store.verifyChain(options)
    return this.#store.verifyChain({
      ...options,
      onRecords: (records) => onRecords(records.map(this.#record)),
    })
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

/** Returns what is iterated over, each item changed. Written out, because an async generator costs more than the change. */
function each<T>(those: AsyncIterable<T>, change: (item: T) => T): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = those[Symbol.asyncIterator]()
      const changed = (result: IteratorResult<T>): IteratorResult<T> =>
        result.done ? result : { done: false, value: change(result.value) }
      return {
        next: () => iterator.next().then(changed),
        return: () => iterator.return?.() ?? Promise.resolve({ done: true, value: undefined }),
      }
    },
  }
}

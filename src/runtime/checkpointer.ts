import type { Store } from '../../store/store.ts'
import type { ActorTable } from './actor-table.ts'
import type { Cell } from './cell.ts'
import type { PendingTurn } from './committer.ts'
import type { JournalState } from './journal.ts'
import { persistWithTurn } from './persist.ts'
import type { TransitionRecord } from './record.ts'

const CHECKPOINT_EVERY = 50_000
/** Actors snapshotted between two commits: what a checkpoint may hold the next commit up. */
const CELLS_PER_STEP = 500

/**
 * Writes, bit by bit between commits, a snapshot of every actor that changed, then the checkpoint: what came before
 * it need not be replayed at the next start.
 */
export class Checkpointer {
  readonly #store: Store<TransitionRecord>
  readonly #table: ActorTable
  readonly #every: number
  #records: number
  /** The checkpoint that is being made. */
  #making: { seq: number; state: JournalState } | undefined
  /** seq of the turn that takes the last of its snapshots down with it. */
  #attachedTo = 0

  /** `records` came since the last checkpoint. */
  constructor(store: Store<TransitionRecord>, table: ActorTable, records: number, every = CHECKPOINT_EVERY) {
    this.#records = records
    this.#store = store
    this.#table = table
    this.#every = every
  }

  count(records: number): void {
    this.#records += records
  }

  get due(): boolean {
    return this.#making !== undefined || this.#records >= this.#every
  }

  /**
   * `last` is the newest turn under way; it takes the snapshots of actors that are ahead of the log with it. Resolves
   * with the checkpoint's seq once it is done.
   */
  async step(state: () => JournalState, last: PendingTurn | undefined): Promise<number | undefined> {
    if (this.#making === undefined) {
      this.#making = { seq: this.#store.head.seq, state: state() }
      this.#records = 0
    }
    const { seq } = this.#making
    const durable: Cell[] = []
    for (const cell of this.#table.cells) {
      if (cell.persisted.seq === cell.state.seq || cell.persisted.seq >= seq) continue
      if (cell.state.seq <= this.#store.head.seq) durable.push(cell)
      else if (last !== undefined) {
        last.snapshots ??= []
        last.snapshots.push(persistWithTurn(cell))
        this.#attachedTo = last.releases.at(-1)!.record.seq
      }
      if (durable.length >= CELLS_PER_STEP) break
    }
    if (durable.length > 0) await this.#table.persist(durable)
    // Others may be left. Where none are, actors that start all the time do not keep a checkpoint from being made.
    if (durable.length >= CELLS_PER_STEP || this.#store.head.seq < this.#attachedTo) return undefined
    await this.#store.putSnapshots([], this.#making)
    this.#making = undefined
    return seq
  }

  /** At the end: every actor, and a checkpoint at the head. */
  async finish(state: JournalState): Promise<void> {
    await this.#table.persist([...this.#table.cells])
    await this.#store.putSnapshots([], { seq: this.#store.head.seq, state })
  }
}

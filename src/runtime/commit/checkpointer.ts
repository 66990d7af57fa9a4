import type { Store } from '../../../store/store.ts'
import { SNAPSHOTS_SIZE_MAX } from '../actors/bounds.ts'
import type { Cell } from '../actors/cell.ts'
import { sizeOfActor } from '../actors/holding.ts'
import { persistWithTurn } from '../actors/persist.ts'
import type { Address } from '../record/address.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { OffsetsState } from '../state/offsets.ts'
import type { Residents } from '../state/residents.ts'
import type { PendingTurn } from './pending-turn.ts'

const CHECKPOINT_EVERY = 50_000
/** Actors snapshotted between two commits: what a checkpoint may hold the next commit up. */
const CELLS_PER_STEP = 500

/** A checkpoint on its way. */
interface Making {
  readonly seq: number
  readonly state: OffsetsState
  /** Who was in memory when it began. Whoever comes later has all that it lacks in records behind the checkpoint. */
  readonly actors: readonly Address[]
  /** Place of the next one to look at. Each is looked at once, so it ends however many start or change meanwhile. */
  next: number
}

/**
 * Writes, bit by bit between commits, a snapshot of every actor that changed, then the checkpoint: what came before
 * it need not be replayed at the next start.
 */
export class Checkpointer {
  readonly #store: Store<TransitionRecord>
  readonly #table: Residents
  readonly #every: number
  #records: number
  #making: Making | undefined
  /** seq of the turn that takes the last of its snapshots down with it. */
  #attachedTo = 0

  /** `records` came since the last checkpoint. */
  constructor(store: Store<TransitionRecord>, table: Residents, records: number, every = CHECKPOINT_EVERY) {
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
  async step(state: () => OffsetsState, last: PendingTurn | undefined): Promise<number | undefined> {
    if (this.#making === undefined) {
      const actors = Array.from(this.#table.cells, ({ address }) => address)
      this.#making = { seq: this.#store.head.seq, state: state(), actors, next: 0 }
      this.#records = 0
    }
    const making = this.#making
    const durable: Cell[] = []
    let size = 0
    for (
      let taken = 0;
      taken < CELLS_PER_STEP && size < SNAPSHOTS_SIZE_MAX && making.next < making.actors.length;
    ) {
      // One that is in memory no more was snapshotted as it went.
      const cell = this.#table.resident(making.actors[making.next++] as Address)
      if (cell === undefined || cell.persisted.seq === cell.state.seq || cell.persisted.seq >= making.seq)
        continue
      taken++
      size += sizeOfActor(cell.state)
      if (cell.state.seq <= this.#store.head.seq) durable.push(cell)
      else if (last !== undefined) {
        last.snapshots ??= []
        last.snapshots.push(persistWithTurn(cell))
        this.#attachedTo = last.publications.at(-1)!.record.seq
      }
    }
    if (durable.length > 0) await this.#table.persist(durable)
    if (making.next < making.actors.length || this.#store.head.seq < this.#attachedTo) return undefined
    const { seq, state: was } = making
    await this.#store.putSnapshots([], { seq, state: was })
    this.#making = undefined
    return seq
  }

  /** At the end: every actor, and a checkpoint at the head. */
  async finish(state: OffsetsState): Promise<void> {
    await this.#table.persist([...this.#table.cells])
    await this.#store.putSnapshots([], { seq: this.#store.head.seq, state })
  }
}

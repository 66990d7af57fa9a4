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
/** Number of actors snapshotted between two commits. It bounds how long a checkpoint delays the next commit. */
const CELLS_PER_STEP = 500

/** A checkpoint that is not finished. */
interface Making {
  readonly seq: number
  readonly state: OffsetsState
  /**
   * The actors in memory at its beginning. All changes of an actor that comes later are in records after the
   * checkpoint.
   */
  readonly actors: readonly Address[]
  /**
   * The index of the next actor. Each is visited once, so the checkpoint ends however many start or change meanwhile.
   */
  next: number
}

/**
 * Writes a snapshot of every actor that changed, in small steps between commits, and then the checkpoint. The next
 * start does not replay the records before it.
 */
export class Checkpointer {
  readonly #store: Store<TransitionRecord>
  readonly #table: Residents
  readonly #every: number
  #records: number
  #making: Making | undefined
  /** seq of the last record of the turn that takes its last snapshots along. */
  #attachedTo = 0

  /** `records` is the number of records since the last checkpoint. */
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
   * Writes the next snapshots. `last` is the newest pending turn: it takes along the snapshots of actors that are ahead
   * of the log. Resolves with the checkpoint's seq once it is written.
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
      // An actor that left memory was snapshotted before.
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

  /** Writes a snapshot of every actor, and a checkpoint at the head, at the end of a run. */
  async finish(state: OffsetsState): Promise<void> {
    await this.#table.persist([...this.#table.cells])
    await this.#store.putSnapshots([], { seq: this.#store.head.seq, state })
  }
}

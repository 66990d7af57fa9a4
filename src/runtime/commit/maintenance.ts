import type { Store } from '../../../store/store.ts'
import type { Cell } from '../actors/cell.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { Offsets, OffsetsState } from '../state/offsets.ts'
import type { PassivationOptions, Residents } from '../state/residents.ts'
import { type Clock, SystemClock } from '../time/clock.ts'
import type { Checkpointer } from './checkpointer.ts'
import type { PendingTurn } from './pending-turn.ts'
import type { Retention } from './retention.ts'

/** Maximum number of actors that become passive between two commits. */
const PASSIVATED_MAX = 1_000

export interface MaintenanceParts {
  readonly store: Store<TransitionRecord>
  readonly clock: Clock
  readonly residents: Residents
  readonly offsets: Offsets
  readonly checkpointer: Checkpointer
  readonly retention: Retention
  readonly passivation: PassivationOptions
}

/** Does the work between two commits, while the store is free: checkpoints, passivation, the archive. */
export class Maintenance {
  readonly #parts: MaintenanceParts

  constructor(parts: MaintenanceParts) {
    this.#parts = parts
  }

  /** Archives and deletes what the runs before have left. Many short runs may never come to a checkpoint of their own. */
  begin(): void {
    const { store, offsets, retention } = this.#parts
    const checkpoint = retention.keepsAll ? undefined : store.checkpoint()
    if (checkpoint !== undefined) retention.consider(checkpoint.seq, offsets.at ?? 0)
  }

  /** Counts committed records. */
  count(records: number): void {
    this.#parts.checkpointer.count(records)
  }

  /**
   * Does the work that is due. Returns undefined when there is none. `last` is the newest turn that is not durable yet.
   */
  run(last: PendingTurn | undefined): Promise<void> | undefined {
    const { residents, passivation, clock, checkpointer } = this.#parts
    const surplus = residents.surplus(passivation, clock.now(), PASSIVATED_MAX)
    return checkpointer.due || surplus.length > 0 ? this.#runNow(surplus, last) : undefined
  }

  async #runNow(surplus: readonly Cell[], last: PendingTurn | undefined): Promise<void> {
    const { store, residents, offsets, checkpointer, retention } = this.#parts
    if (checkpointer.due) {
      const done = await checkpointer.step(() => this.#offsetsState(), last)
      if (done !== undefined) retention.consider(done, offsets.at ?? 0)
    }
    if (surplus.length > 0) await residents.passivate(surplus, store.head.seq)
  }

  /** Finishes a run: writes all actors and a checkpoint at the head, and waits for the archive. */
  async finish(): Promise<void> {
    const { checkpointer, retention } = this.#parts
    retention.stop()
    await checkpointer.finish(this.#offsetsState())
    await retention.idle()
  }

  /** Returns the state for a checkpoint: from durable records, with the present time of the clock. */
  #offsetsState(): OffsetsState {
    const { clock, offsets } = this.#parts
    const known = offsets.clock
    if (clock instanceof SystemClock && known !== undefined)
      offsets.setClock({ ...known, ...clock.driftedFrom(known), at: clock.now() })
    return offsets.state()
  }
}

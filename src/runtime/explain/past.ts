/** Actors as they were before a record. */
import type { Interruptible, Store } from '../../../store/store.ts'
import type { Cell } from '../actors/cell.ts'
import type { Registry } from '../actors/registry.ts'
import type { TransitionRecord } from '../record/record.ts'
import { cellAt, replayRecord, replayScope } from '../state/replay.ts'

/** Maximum number of records that are replayed from an earlier place. A snapshot of the store is nearer than more. */
const GAP_MAX = 500

/** Replays actors up to places of the log. It goes on from an earlier place of an actor, so ask in the order of seq. */
export class Past {
  readonly #log: Store<TransitionRecord>
  readonly #registry: Registry
  readonly #options: Interruptible
  readonly #cells = new Map<string, Cell>()

  /** `log` has today's names: see `upcasting`. */
  constructor(log: Store<TransitionRecord>, registry: Registry, options: Interruptible = {}) {
    this.#log = log
    this.#registry = registry
    this.#options = options
  }

  /**
   * Returns the record's actor as it was before the record, until the next call. Undefined when that is its first record.
   * @throws as `cellAt`
   */
  async before({ actor, rev, seq }: TransitionRecord): Promise<Cell | undefined> {
    if (rev === 1) return undefined
    let cell = this.#cells.get(actor)
    if (cell === undefined || cell.state.rev >= rev || rev - cell.state.rev > GAP_MAX) {
      cell = await cellAt(this.#log, this.#registry, actor, { seq: seq - 1 }, this.#options)
    } else {
      const scope = replayScope()
      const range = { fromRev: cell.state.rev + 1, toRev: rev - 1, ...this.#options }
      if (range.fromRev <= range.toRev)
        for await (const record of this.#log.history(actor, range))
          cell = replayRecord(scope, this.#registry, cell, record).cell
    }
    if (cell !== undefined) this.#cells.set(actor, cell)
    return cell
  }
}

/** Finds the present of many actors of a log. */
import type { Store } from '../../../store/store.ts'
import type { Cell } from '../actors/cell.ts'
import { restoreCell } from '../actors/persist.ts'
import type { Registry } from '../actors/registry.ts'
import type { TransitionRecord } from '../record/record.ts'
import { cellAt, replayScope } from './replay.ts'
import { upcasting } from './upcasting-store.ts'

/** Actors that are found one by one before the end of the log is read for all others. */
const FEW = 100
/** Most records at the end of the log that are read for all actors. */
const END_MAX = 100_000

/**
 * Finds actors as `cellAt` does without a place, which looks for records behind each actor's snapshot. An actor that has
 * none since the checkpoint is its latest snapshot, so the records since then are read once for all of them.
 */
export class PresentCells {
  readonly #store: Store<TransitionRecord>
  readonly #registry: Registry
  #asked = 0
  /** The actors with records since the checkpoint. */
  #behind: ReadonlySet<string> | undefined

  constructor(log: Store<TransitionRecord>, registry: Registry) {
    this.#store = upcasting(log, registry)
    this.#registry = registry
  }

  /** Resolves with the actor; undefined when there is none. @throws KIND_UNKNOWN, MACHINE_VERSION_UNKNOWN, ... */
  async cell(address: string): Promise<Cell | undefined> {
    if (++this.#asked === FEW) this.#behind = await this.#readEnd()
    const entry = this.#behind?.has(address) === false ? this.#store.snapshot(address) : undefined
    if (entry === undefined) return cellAt(this.#store, this.#registry, address, {})
    return restoreCell(replayScope(), this.#registry.kind(address), entry)
  }

  async #readEnd(): Promise<ReadonlySet<string> | undefined> {
    const fromSeq = (this.#store.checkpoint()?.seq ?? 0) + 1
    if (this.#store.head.seq - fromSeq >= END_MAX) return undefined
    const actors = new Set<string>()
    for await (const { actor } of this.#store.read({ fromSeq })) actors.add(actor)
    return actors
  }
}

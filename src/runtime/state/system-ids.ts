import type { Address } from '../record/address.ts'
import type { TransitionRecord } from '../record/record.ts'
import { STOP } from '../xstate/logic.ts'

/** Is notified of the owners of system ids. A Scope is one. */
export interface SystemIdSink {
  setSystemId(systemId: string, address: Address): void
  dropSystemId(systemId: string, address: Address): void
}

/**
 * Follows the owners of system ids, record by record. So a replayed machine finds the same actors as in the live run. A
 * step's own record has the ids that it found, too, for replays of one actor alone.
 */
export class SystemIds {
  readonly #sink: SystemIdSink | undefined
  readonly #addresses = new Map<string, Address>()
  readonly #ids = new Map<string, string>()

  constructor(known: Iterable<readonly [systemId: string, address: string]> = [], sink?: SystemIdSink) {
    this.#sink = sink
    for (const [systemId, address] of known) this.#give(systemId, address as Address)
  }

  /** Returns the system ids and their actors. */
  get entries(): readonly (readonly [systemId: string, address: Address])[] {
    return [...this.#addresses]
  }

  /** Call it before the record is replayed: a child has its id from its start. */
  before({ actor, child }: TransitionRecord): void {
    if (child?.systemId !== undefined) this.#give(child.systemId, actor as Address)
  }

  /** Call it after the record is replayed: an actor that has ended has no id. */
  after({ actor, event, status }: TransitionRecord): void {
    if (this.#ids.size === 0 || (status === undefined && event.type !== STOP)) return
    const systemId = this.#ids.get(actor)
    if (systemId === undefined) return
    this.#ids.delete(actor)
    if (this.#addresses.get(systemId) === actor) this.#addresses.delete(systemId)
    this.#sink?.dropSystemId(systemId, actor as Address)
  }

  #give(systemId: string, address: Address): void {
    this.#ids.set(address, systemId)
    this.#addresses.set(systemId, address)
    this.#sink?.setSystemId(systemId, address)
  }
}

import type { Address } from '../record/address.ts'
import type { TransitionRecord } from '../record/record.ts'
import { STOP } from '../xstate/logic.ts'

/** Takes note of who has a system id; a Scope is one. */
export interface SystemIdSink {
  setSystemId(systemId: string, address: Address): void
  dropSystemId(systemId: string, address: Address): void
}

/**
 * Follows, record by record, who has a system id: a machine that is read back then finds the actors that it found when
 * it was lived. What it found in one step is in the step's own record as well, for replays of one actor alone.
 */
export class SystemIds {
  readonly #sink: SystemIdSink | undefined
  readonly #addresses = new Map<string, Address>()
  readonly #ids = new Map<string, string>()

  constructor(known: Iterable<readonly [systemId: string, address: string]> = [], sink?: SystemIdSink) {
    this.#sink = sink
    for (const [systemId, address] of known) this.#give(systemId, address as Address)
  }

  /** System ids and their actors. */
  get entries(): readonly (readonly [systemId: string, address: Address])[] {
    return [...this.#addresses]
  }

  /** Before the record is taken: a child has its id as it starts. */
  before({ actor, child }: TransitionRecord): void {
    if (child?.systemId !== undefined) this.#give(child.systemId, actor as Address)
  }

  /** After it is taken: an actor that has ended has none. */
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

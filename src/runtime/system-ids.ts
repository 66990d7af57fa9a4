import type { Address } from './address.ts'
import { STOP } from './lifecycle.ts'
import type { TransitionRecord } from './record.ts'
import type { Scope } from './scope.ts'

/** Follows, record by record, who has a system id: what is read back then finds whom it found when it was lived. */
export class SystemIds {
  readonly #scope: Scope
  /** By who has them. */
  readonly #named = new Map<string, string>()

  constructor(scope: Scope, known: Iterable<readonly [systemId: string, address: string]> = []) {
    this.#scope = scope
    for (const [systemId, address] of known) this.#name(systemId, address)
  }

  /** Before the record is taken: a child has its id as it starts. */
  before({ actor, child }: TransitionRecord): void {
    if (child?.systemId !== undefined) this.#name(child.systemId, actor)
  }

  /** After it is taken: whoever has ended has none. */
  after({ actor, event, status }: TransitionRecord): void {
    const systemId = this.#named.get(actor)
    if (systemId === undefined || (event.type !== STOP && status === undefined)) return
    this.#named.delete(actor)
    this.#scope.dropSystemId(systemId, actor as Address)
  }

  #name(systemId: string, address: string): void {
    this.#named.set(address, systemId)
    this.#scope.setSystemId(systemId, address as Address)
  }
}

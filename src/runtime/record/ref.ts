import { OutcryError } from '../../../errors/outcry-error.ts'
import type { Address } from './address.ts'

/** What a reference needs of the runtime behind it. */
export interface RefHost {
  /** Takes a message that a custom action or a live actor sends; refuses one sent from within a transition. */
  relay(source: Ref | undefined, target: Ref, event: { type: string }): void
}

/**
 * A light stand-in for XState's ActorRef: an address and a way to send. It is what machines see as `self`, in
 * `snapshot.children`, from `system.get(address)` and in their context, whether or not the actor is in memory.
 */
export class Ref {
  readonly id: string
  readonly sessionId: Address
  readonly src: string | undefined
  readonly systemId: string | undefined
  readonly _parent: Ref | undefined
  readonly _syncSnapshot: boolean
  readonly system: RefHost

  constructor(
    host: RefHost,
    address: Address,
    id: string,
    parent?: Ref,
    child: { src?: string; systemId?: string; syncSnapshot?: boolean } = {},
  ) {
    this.system = host
    this.sessionId = address
    this.id = id
    this._parent = parent
    this.src = child.src
    this.systemId = child.systemId
    this._syncSnapshot = child.syncSnapshot ?? false
    Object.freeze(this)
  }

  get address(): Address {
    return this.sessionId
  }

  get ref(): this {
    return this
  }

  send(event: { type: string }): void {
    this.system.relay(undefined, this, event)
  }

  /** @throws CROSS_ACTOR_READ always: what another actor's state was is not in this actor's log. */
  getSnapshot(): never {
    throw new OutcryError(
      'CROSS_ACTOR_READ',
      `a machine read the snapshot of ${this.address}`,
      'Let that actor send what you need as an event (sendTo, sendParent, onSnapshot), so that a replay sees it too.',
    )
  }

  subscribe(): never {
    throw new OutcryError(
      'CROSS_ACTOR_READ',
      `a machine subscribed to ${this.address}`,
      'Use onSnapshot on the invoke, or let that actor send events.',
    )
  }

  on(): never {
    return this.subscribe()
  }

  toJSON(): { xstate$$type: 1; id: string; address: string } {
    return { xstate$$type: 1, id: this.id, address: this.address }
  }
}

/** A sixth of what JSON writes of a child beside what it contains. */
const CHILD_SIZE = 20

/** What a child adds to its parent. */
export function sizeOfChild({ id, src = '', systemId = '' }: Ref): number {
  return CHILD_SIZE + id.length + src.length + systemId.length
}

import { OutcryError } from '../../../errors/outcry-error.ts'
import type { Address } from './address.ts'

/** The part of the runtime that a reference needs. */
export interface RefHost {
  /** Takes a message from a custom action or a live actor. Refuses a message that is sent during a transition. */
  relay(source: Ref | undefined, target: Ref, event: { type: string }): void
}

/**
 * A light replacement for XState's ActorRef: an address and a way to send. Machines see it as `self`, in
 * `snapshot.children`, from `system.get(address)` and in their context, whether the actor is in memory or not.
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

  /** Always throws, because this actor's log does not have the state of another actor. @throws CROSS_ACTOR_READ */
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

/** A sixth of the bytes that JSON adds to the contents of a child. */
const CHILD_SIZE = 20

/** Returns the size that a child adds to its parent. */
export function sizeOfChild({ id, src = '', systemId = '' }: Ref): number {
  return CHILD_SIZE + id.length + src.length + systemId.length
}

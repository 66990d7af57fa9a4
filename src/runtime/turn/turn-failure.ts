import type { Address } from '../record/address.ts'
import type { AnyEvent } from '../record/record.ts'
import { plainError } from '../record/values.ts'

/** The failure of a machine: names the actor and the event. */
export class TurnFailure extends Error {
  readonly address: Address
  readonly event: AnyEvent
  constructor(address: Address, event: AnyEvent, cause: unknown) {
    super(`${address} failed on ${event.type}: ${plainError(cause).message}`, { cause })
    this.address = address
    this.event = event
  }
}

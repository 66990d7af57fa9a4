import { OutcryError } from '../../../errors/outcry-error.ts'
import { type Address, isReserved, reserved } from './address.ts'
import type { AnyEvent } from './record.ts'

/** Checks the receiver and the type of an event from outside. @throws EVENT_INVALID, ACTOR_RESERVED */
export function checkType(to: Address, event: AnyEvent): void {
  if (isReserved(to)) throw reserved(to)
  const type: unknown = event?.type
  if (typeof type !== 'string' || type === '' || type === '*')
    throw new OutcryError(
      'EVENT_INVALID',
      `an event for ${to} has no type`,
      "Send an object: { type: 'SUBMIT' }.",
    )
  if (type.startsWith('outcry.') || type.startsWith('xstate.'))
    throw new OutcryError(
      'EVENT_INVALID',
      `the type ${type} is the runtime's own`,
      'Give your event another name.',
    )
}

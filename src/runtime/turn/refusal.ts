import type { ErrorCode } from '../../../errors/codes.ts'
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { Address } from '../record/address.ts'
import type { AnyEvent } from '../record/record.ts'
import { plainError } from '../record/values.ts'
import type { DeadReason } from './message.ts'
import { TurnFailure } from './turn-failure.ts'

interface Refusal {
  readonly code: ErrorCode
  readonly what: string
  readonly hint: string
}

const REFUSALS: Record<DeadReason, Refusal> = {
  unknown: {
    code: 'ACTOR_UNKNOWN',
    what: 'does not exist',
    hint: 'Spawn it first. `outcry actors` lists the actors that exist.',
  },
  ended: {
    code: 'ACTOR_ENDED',
    what: 'has ended',
    hint: '`outcry replay <address>` shows how it ended.',
  },
  quarantined: {
    code: 'ACTOR_QUARANTINED',
    what: 'is in quarantine',
    hint: 'Fix the cause, then release it: outcry release <address>, or supervisor.release(address).',
  },
  failed: {
    code: 'ACTOR_FAILED',
    what: 'failed on it',
    hint: '`outcry replay <address>` shows the error. The actor is as it was before.',
  },
  unreadable: {
    code: 'ACTOR_UNREADABLE',
    what: 'cannot be restored',
    hint: 'Fix the cause and start again. Until then the actor stays as the log has it.',
  },
  stashFull: {
    code: 'ACTOR_BUSY',
    what: 'is restarting or in quarantine, and its queue of kept messages is full',
    hint: 'Send again later.',
  },
}

/** Returns the error for the sender of a message that became a dead letter. */
export function refusal(reason: DeadReason, to: string, event?: AnyEvent, cause?: unknown): OutcryError {
  const { code, what, hint } = REFUSALS[reason]
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return new OutcryError(code, `${to} ${what}${event ? ` (${event.type})` : ''}${why}`, hint, { cause })
}

/** Returns the error for the sender of a message whose turn was undone. */
export function failed(error: unknown, to: string, event: AnyEvent): OutcryError {
  const { code, hint } = REFUSALS.failed
  const failure = error instanceof TurnFailure ? error : new TurnFailure(to as Address, event, error)
  const { cause } = failure
  // An error of the runtime has its own hint. It is read with the care that any value of a machine needs.
  const refused = plainError(cause)
  if (refused.name === 'OutcryError' && typeof refused.code === 'string' && typeof refused.hint === 'string')
    return new OutcryError(code, `${failure.message} (${refused.code})`, refused.hint, { cause })
  return new OutcryError(code, failure.message, hint, { cause })
}

/** Returns the error for a release of an actor that is not in quarantine. */
export function notQuarantined(address: string): OutcryError {
  return new OutcryError(
    'ACTOR_NOT_QUARANTINED',
    `${address} is not in quarantine`,
    'There is nothing to release: see `outcry actors` for its state.',
  )
}

/** Returns the error for a key that an earlier request for something else had, which led to the record `seq`. */
export function keyReused(seq: number | undefined): OutcryError {
  return new OutcryError(
    'KEY_REUSED',
    `the Idempotency-Key was used for another event, record ${seq}`,
    'Use a new key for each event.',
    { issues: [{ field: 'idempotency-key', rule: 'a new one for a new event' }] },
  )
}

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
    hint: 'Spawn it first, or see `outcry actors` for those there are.',
  },
  ended: {
    code: 'ACTOR_ENDED',
    what: 'has ended',
    hint: 'See `outcry replay` for what became of it.',
  },
  quarantined: {
    code: 'ACTOR_QUARANTINED',
    what: 'is in quarantine',
    hint: 'Mend the cause, then let it go: outcry release <address>, or supervisor.release(address).',
  },
  failed: {
    code: 'ACTOR_FAILED',
    what: 'failed on it',
    hint: 'See `outcry replay` for the error; the actor is as it was before.',
  },
  unreadable: {
    code: 'ACTOR_UNREADABLE',
    what: 'cannot be brought back',
    hint: 'Mend what the cause says and start again: the actor is as the log has it.',
  },
  stashFull: {
    code: 'ACTOR_BUSY',
    what: 'is restarting or in quarantine, and holds as many messages as it may',
    hint: 'Send again later.',
  },
}

/** What the sender of a message is told that became a dead letter. */
export function refusal(reason: DeadReason, to: string, event?: AnyEvent, cause?: unknown): OutcryError {
  const { code, what, hint } = REFUSALS[reason]
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return new OutcryError(code, `${to} ${what}${event ? ` (${event.type})` : ''}${why}`, hint, { cause })
}

/** What the sender of a message is told whose turn was undone. */
export function failed(error: unknown, to: string, event: AnyEvent): OutcryError {
  const { code, hint } = REFUSALS.failed
  const failure = error instanceof TurnFailure ? error : new TurnFailure(to as Address, event, error)
  const { cause } = failure
  // What the runtime refuses within a turn says what to write instead. It is read as whatever a machine may throw.
  const refused = plainError(cause)
  if (refused.name === 'OutcryError' && typeof refused.code === 'string' && typeof refused.hint === 'string')
    return new OutcryError(code, `${failure.message} (${refused.code})`, refused.hint, { cause })
  return new OutcryError(code, failure.message, hint, { cause })
}

/** What whoever publications an actor is told that is in no quarantine. */
export function notQuarantined(address: string): OutcryError {
  return new OutcryError(
    'ACTOR_NOT_QUARANTINED',
    `${address} is not in quarantine`,
    'There is nothing to release: see `outcry actors` for its state.',
  )
}

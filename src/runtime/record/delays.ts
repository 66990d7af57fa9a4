/** Checks delays where they enter, so that each timer has a due time that a clock can reach and the log can keep. */
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { Address } from './address.ts'
import type { ScheduledTimer } from './record.ts'

/**
 * Maximum length of a timer's id, in characters. The id is written with the timer, when it fires and when it is
 * canceled.
 */
export const TIMER_ID_LENGTH_MAX = 1_024

/**
 * Returns false for certain timers in logs of earlier versions: a due time of NaN or Infinity comes back as null, an id
 * that is a function does not come back.
 */
export function isUsable({ id, dueAt }: ScheduledTimer): boolean {
  return Number.isSafeInteger(dueAt) && typeof id === 'string'
}

/**
 * Returns the due time of a timer that is set at `at`, rounded up to whole ms, so that the timer is never early. A
 * negative delay counts as 0, as in live XState.
 * @throws DELAY_INVALID
 */
export function dueTime(actor: Address, id: string, at: number, delayMs: number): number {
  if (!Number.isFinite(delayMs)) throw delayInvalid(actor, id, String(delayMs))
  const dueAt = Math.ceil(at + Math.max(0, delayMs))
  if (Number.isSafeInteger(dueAt)) return dueAt
  throw delayInvalid(actor, id, `${delayMs}: added to ${at}, it gives no time that the log can keep`)
}

export function timerIdInvalid(actor: Address, id: unknown): OutcryError {
  return new OutcryError(
    'TIMER_ID_INVALID',
    `${actor} sets a timer whose id is ${typeof id === 'function' ? 'a function' : String(id).slice(0, 80)}`,
    `Give a string of at most ${TIMER_ID_LENGTH_MAX} characters that does not begin with "outcry."; compute an id in enqueueActions.`,
  )
}

export function delayInvalid(actor: Address, id: string | undefined, found: string): OutcryError {
  return new OutcryError(
    'DELAY_INVALID',
    `${actor} sets ${id === undefined ? 'a timer' : `the timer "${id}"`} with the delay ${found}`,
    'Give a finite number of milliseconds; to wait for ever, set no timer.',
  )
}

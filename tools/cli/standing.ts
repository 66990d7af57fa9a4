/** Describes for people why an actor takes no messages. */
import { colors } from './colors.ts'
import { counted, stateText, timeText } from './format.ts'
import type { ActorSummary } from './reader.ts'

/** Returns the state, and before it the problem: `quarantined, in running flat`. */
export function standingText({ value, status, condition }: ActorSummary): string {
  const state = stateText(value)
  if (status === 'error') return colors.red(`ended with an error, in ${state}`)
  if (status !== 'active') return state === status ? state : `${state} (${status})`
  return condition === undefined ? state : colors.red(`${condition}, in ${state}`)
}

/**
 * Returns `failed on CANDLE_CLOSE at 2026-11-26 19:50:37.000: TypeError: no price`; undefined when the actor is not
 * failing.
 */
export function failureText({ failure, failures }: ActorSummary): string | undefined {
  if (failure === undefined) return undefined
  const count = failures?.count ?? 1
  const often = count > 1 ? ` (${counted(count, 'failure')} in a row)` : ''
  return `failed on ${failure.event} at ${timeText(failure.at)}${often}: ${failure.message}`
}

export function isQuarantined({ status, condition }: ActorSummary): boolean {
  return status === 'active' && condition === 'quarantined'
}

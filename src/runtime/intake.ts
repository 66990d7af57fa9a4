/** Messages from outside on their way into the mailbox: checked once here, trusted afterwards. */
import { type Issue, OutcryError } from '../../store/outcry-error.ts'
import { type Address, parentOf } from './address.ts'
import type { Clock } from './clock.ts'
import { issuesOf, issuesText, PLAINLY } from './issues.ts'
import { assertJson } from './json.ts'
import type { Lane } from './mailbox.ts'
import type { AnyEvent, Origin } from './record.ts'
import type { Registry } from './registry.ts'
import type { Message } from './turn.ts'

export interface SendOptions {
  /** Epoch ms; default the event's own `at`, else the clock's. */
  readonly at?: number
  readonly lane?: Lane
  /** A message at or before the last durable position of its source is not taken again. */
  readonly origin?: Origin | undefined
  /** Idempotency key: the same key again gives the first one's receipt. */
  readonly key?: string | undefined
  readonly settles?: string | undefined
  readonly cause?: number | undefined
  readonly correlation?: string | undefined
}

/** Every event that begins a turn carries its time (law 1). */
export function messageOf(to: Address, event: AnyEvent, clock: Clock, options: SendOptions = {}): Message {
  const { cause = null, correlation, origin, settles, key } = options
  const at = options.at ?? (typeof event.at === 'number' ? event.at : clock.now())
  const timed = event.at === undefined ? { ...event, at } : event
  return { to, event: timed, at, cause, correlation, origin, settles, key }
}

/** `now` is for an event that leaves its time to us. @throws EVENT_INVALID, NOT_JSON */
export function checkEvent(registry: Registry, to: Address, event: AnyEvent, now: number): void {
  if (typeof event?.type !== 'string' || event.type === '' || event.type === '*') {
    throw invalid(`an event for ${to} has no type`, "Send an object: { type: 'SUBMIT' }.")
  }
  if (event.type.startsWith('outcry.') || event.type.startsWith('xstate.')) {
    throw invalid(`${event.type} is the runtime's own`, 'Name your event otherwise.')
  }
  const schema = parentOf(to) === undefined ? registry.find(to)?.events : undefined
  const error = schema?.safeParse({ at: now, ...event }, PLAINLY).error
  if (error) throw wrongEvent(`${event.type} for ${to}`, issuesOf(error, 'event'))
  assertJson(event, undefined, `event ${event.type}`, false)
}

/** EVENT_INVALID, for these reasons. */
export function wrongEvent(what: string, issues: readonly Issue[]): OutcryError {
  return invalid(`${what}: ${issuesText(issues)}`, 'Mend the fields named.', issues)
}

function invalid(what: string, hint: string, issues?: readonly Issue[]): OutcryError {
  return new OutcryError('EVENT_INVALID', what, hint, issues && { issues })
}

/** Messages from outside on their way into the mailbox: checked once here, trusted afterwards. */
import { OutcryError } from '../../store/outcry-error.ts'
import { type Address, parentOf } from './address.ts'
import type { Clock } from './clock.ts'
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

/** @throws EVENT_INVALID, NOT_JSON */
export function checkEvent(registry: Registry, to: Address, event: AnyEvent, clock: Clock): void {
  if (typeof event?.type !== 'string' || event.type === '' || event.type === '*') {
    throw invalid(`an event for ${to} has no type`, "Send an object: { type: 'SUBMIT' }.")
  }
  if (event.type.startsWith('outcry.') || event.type.startsWith('xstate.')) {
    throw invalid(`${event.type} is the runtime's own`, 'Name your event otherwise.')
  }
  assertJson(event, undefined, `event ${event.type}`, false)
  const schema = parentOf(to) === undefined ? registry.find(to)?.events : undefined
  if (schema === undefined) return
  const parsed = schema.safeParse({ at: clock.now(), ...event })
  if (parsed.success) return
  const issues = parsed.error.issues.map((i) => `${i.path.join('.') || 'event'}: ${i.message}`)
  throw invalid(`${event.type} for ${to}: ${issues.join('; ')}`, 'Mend the fields named.')
}

function invalid(what: string, hint: string): OutcryError {
  return new OutcryError('EVENT_INVALID', what, hint)
}

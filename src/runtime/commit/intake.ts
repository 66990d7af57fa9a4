/** Checks messages from outside on their way into the mailbox. They are trusted afterwards. */
import { compact } from '../../../errors/compact.ts'
import { type Issue, OutcryError } from '../../../errors/outcry-error.ts'
import { issuesOf, issuesText, PLAINLY } from '../../../errors/zod-issues.ts'
import type { Registry } from '../actors/registry.ts'
import type { Why } from '../actors/signals.ts'
import { type Address, parentOf } from '../record/address.ts'
import { checkType } from '../record/event-type.ts'
import type { AnyEvent, Origin } from '../record/record.ts'
import { EVENT, sizeTaken, takeIn } from '../record/values.ts'
import type { Clock } from '../time/clock.ts'
import type { Message } from '../turn/message.ts'
import { LANES, type Lane } from './mailbox.ts'

export interface SendOptions {
  /** Epoch ms. Default: the event's own `at`, or else the clock's time. */
  readonly at?: number
  readonly lane?: Lane
  /** A message at or before the last durable position of its source is not taken again. Positions begin at 1. */
  readonly origin?: Origin | undefined
  /** Idempotency key. A second message with the same key gets the receipt of the first one. */
  readonly key?: string | undefined
  /** The sender's id of its request, for the record alone. */
  readonly request?: string | undefined
  readonly completes?: string | undefined
  readonly cause?: number | undefined
  readonly correlation?: string | undefined
}

const SEND_OPTIONS = {
  at: true,
  lane: true,
  origin: true,
  key: true,
  request: true,
  completes: true,
  cause: true,
  correlation: true,
} as const satisfies Record<keyof SendOptions, true>

/** One of several messages that are sent together: see `sendAll`. */
export interface Sending extends Omit<SendOptions, 'lane'> {
  /** Address of the receiver. */
  readonly to: string
  readonly event: AnyEvent
}

/** The latest time of a Date, in epoch milliseconds. */
const TIME_MAX = 8.64e15
/** Maximum length of an idempotency key, a request's id, a correlation, an intent id, a source's name or a reason. */
const NAME_LENGTH_MAX = 1_024

/**
 * Returns the message for an event from outside: a copy of it, checked and frozen, with its time (law 1).
 * @throws ACTOR_RESERVED, EVENT_INVALID, NOT_JSON, VALUE_TOO_LARGE, OPTION_UNKNOWN, OPTION_INVALID
 */
export function receive(to: Address, event: AnyEvent, clock: Clock, options: SendOptions = {}): Message {
  checkType(to, event)
  checkSendOptions(options)
  const at = options.at ?? (typeof event.at === 'number' ? event.at : clock.now())
  const taken = takeIn(event.at === undefined ? { ...event, at } : event, EVENT)
  return messageOf(to, taken, at, sizeTaken(), options)
}

/**
 * Returns the message for a checked, frozen event. `size` is the result of `admit`.
 * @throws EVENT_INVALID for a wrong option
 */
export function messageOf(
  to: Address,
  event: AnyEvent,
  at: number,
  size: number,
  options: SendOptions = {},
): Message {
  const { cause = null, correlation, origin: given, completes, key, request } = options
  const origin = given && { source: given.source, position: given.position }
  const message = { to, event, at, size, cause, correlation, origin, completes, key, request }
  checkMessage(message)
  return message
}

/** Checks whether `send` would take the event. @throws ACTOR_RESERVED, EVENT_INVALID, NOT_JSON, VALUE_TOO_LARGE */
export function checkEvent(registry: Registry, to: Address, event: AnyEvent, at: number): void {
  checkType(to, event)
  checkSchema(registry, to, event, at)
  takeIn(event, EVENT)
}

/** Checks the event against the schema of its actor's kind. @throws EVENT_INVALID */
export function checkSchema(registry: Registry, to: Address, event: AnyEvent, at: number): void {
  const schema = parentOf(to) === undefined ? registry.find(to)?.events : undefined
  const error = schema?.safeParse({ at, ...event }, PLAINLY).error
  if (error) throw wrongEvent(`${event.type} for ${to}`, issuesOf(error, EVENT))
}

/**
 * Checks that the event's time is at most the kind's `aheadMaxMs` ahead. A schema knows no clock.
 * @throws EVENT_INVALID
 */
export function checkTime(registry: Registry, to: Address, event: AnyEvent, at: number, clock: Clock): void {
  const aheadMaxMs = registry.find(to)?.aheadMaxMs
  if (aheadMaxMs === undefined) return
  const now = clock.now()
  const latest = typeof event.at === 'number' ? Math.max(at, event.at) : at
  if (latest <= now + aheadMaxMs) return
  const rule = `at most ${now + aheadMaxMs}, for it is ${now} now`
  throw wrongEvent(`${event.type} for ${to}`, [{ field: 'at', rule }])
}

/** Returns the fields for the record. @throws EVENT_INVALID when one is no text, or too long */
export function checkWhy({ by, reason }: Why): { by?: string; reason?: string } {
  if (by !== undefined) checkName('by', by)
  if (reason !== undefined) checkName('reason', reason)
  return compact({ by, reason })
}

/**
 * Checks the names of the options, because an intent whose completion is misspelled would be delivered again after each
 * start. The lane is checked here, too, for no message has it.
 * @throws OPTION_UNKNOWN, OPTION_INVALID
 */
export function checkSendOptions(options: SendOptions): void {
  for (const key in options) {
    if (Object.hasOwn(SEND_OPTIONS, key)) continue
    const hint = `Its options are ${Object.keys(SEND_OPTIONS).sort().join(', ')}.`
    throw new OutcryError('OPTION_UNKNOWN', `send has no option "${key}"`, hint)
  }
  const { lane } = options
  if (lane === undefined || LANES.includes(lane)) return
  const issues = [{ field: 'lane', rule: `must be one of ${LANES.join(', ')}` }]
  throw new OutcryError('OPTION_INVALID', `send: ${issuesText(issues)}`, 'Change the options named.', {
    issues,
  })
}

function checkMessage({ at, correlation, origin, completes, key, request, cause }: Message): void {
  if (typeof at !== 'number' || !(Math.abs(at) <= TIME_MAX))
    throw invalid(`${String(at)} is no time`, 'Give epoch milliseconds.')
  if (cause !== null) checkPlace('cause', cause)
  if (correlation !== undefined) checkName('correlation', correlation)
  if (completes !== undefined) checkName('completes', completes)
  if (key !== undefined) checkName('key', key)
  if (request !== undefined) checkName('request', request)
  if (origin === undefined) return
  checkName('source', origin.source)
  checkPlace('position', origin.position)
}

function checkName(name: string, text: unknown): void {
  if (typeof text === 'string' && text.length <= NAME_LENGTH_MAX) return
  throw invalid(`the ${name} is no text of at most ${NAME_LENGTH_MAX} characters`, 'Give a short text.')
}

/** Records and a source's messages are counted from 1. Position 0 comes before all of them. */
function checkPlace(name: string, place: unknown): void {
  if (Number.isSafeInteger(place) && (place as number) > 0) return
  throw invalid(`the ${name} ${String(place)} is no whole number above 0`, 'Count from 1.')
}

/** Returns an EVENT_INVALID error with these reasons. */
export function wrongEvent(what: string, issues: readonly Issue[]): OutcryError {
  return invalid(`${what}: ${issuesText(issues)}`, 'Fix the fields named.', issues)
}

function invalid(what: string, hint: string, issues?: readonly Issue[]): OutcryError {
  return new OutcryError('EVENT_INVALID', what, hint, issues && { issues })
}

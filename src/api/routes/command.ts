/** Takes a request of a person to an actor, over HTTP or over a WebSocket: see command-routes.ts. */
import type { IncomingMessage } from 'node:http'
import { issuesOf, PLAINLY } from '../../../errors/zod-issues.ts'
import { type Issue, OutcryError } from '../../../store/index.ts'
import { checkEvent, wrongEvent } from '../../runtime/commit/intake.ts'
import type { Logger } from '../../runtime/logger.ts'
import { type Address, idOf, parentOf } from '../../runtime/record/address.ts'
import type { AnyEvent } from '../../runtime/record/record.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { refusal } from '../../runtime/turn/refusal.ts'
import { routes } from '../contract/routes.ts'
import type { Guard } from '../guard.ts'
import { givenId, requestIdOf } from '../request-id.ts'
import { commandAnswer } from './command-answer.ts'

/** Greatest age of a request. A request made longer ago was not meant for now. */
const AGE_MAX_MS = 60_000

export interface CommandParts {
  readonly supervisor: Supervisor
  readonly guard: Guard
  readonly logger: Logger
}

export interface Command {
  /** The request that it came with, which has the token of its sender. */
  readonly request: IncomingMessage
  readonly address: Address
  /** The event, as it was sent. */
  readonly body: unknown
  /** The idempotency key. */
  readonly key?: string | undefined
}

/**
 * Sends the event of a command. Resolves with the answer when its turn is durable: with a problem document's fields where
 * the actor refuses it.
 * @throws EVENT_INVALID, COMMAND_UNKNOWN, and the other refusals of the route `send`
 */
export async function command(
  { supervisor, guard, logger }: CommandParts,
  { request, address, body, key }: Command,
): ReturnType<typeof commandAnswer> {
  const given = commandOf(supervisor, address, body)
  const by = guard.signerOf(request, given.by)
  const event = signed(supervisor, address, given, by)
  const caller = guard.callerOf(request)?.token?.name
  const { type } = event
  logger.debug({ requestId: requestIdOf(request), caller, by, actor: address, type }, 'a command')
  const seq = key === undefined ? undefined : supervisor.seqOfKey(key)
  if (seq === undefined) assertTakes(supervisor, address, event)
  const receipt = await (seq === undefined
    ? supervisor.send(address, event, { key, request: givenId(request) })
    : { seq, duplicate: true })
  return commandAnswer(supervisor, address, event, receipt)
}

/** Returns the event in a body. @throws EVENT_INVALID, KIND_UNKNOWN, COMMAND_UNKNOWN */
function commandOf({ registry }: Supervisor, address: Address, body: unknown): AnyEvent {
  const { data: event, error } = routes.send.body.safeParse(body, PLAINLY)
  if (error) throw wrongEvent(`the event for ${address}`, issuesOf(error, 'event'))
  const kind = registry.kind(address)
  // Only the parent sends to its child.
  const commands = parentOf(address) === undefined ? kind.commands : []
  if (commands?.includes(event.type) ?? true) return event
  const rule =
    commands?.length === 0 ? 'none: only actors and ports send to it' : `one of ${commands?.join(', ')}`
  throw new OutcryError(
    'COMMAND_UNKNOWN',
    `${address} takes no ${event.type.slice(0, 80)} from people`,
    'docs/commands.md lists the events that each actor takes, with examples.',
    { issues: [{ field: 'type', rule }] },
  )
}

/**
 * Returns the event with the name of its sender. An event that names a sender stays as it is, and so does one whose kind
 * has no place for the name.
 */
function signed({ registry, now }: Supervisor, address: Address, event: AnyEvent, by?: string): AnyEvent {
  if (by === undefined || event.by !== undefined) return event
  const withName = { ...event, by }
  const { events } = registry.kind(address)
  const error = events?.safeParse({ at: now, ...withName }).error
  if (error === undefined) return withName
  // The event may have other faults, which its refusal names.
  const isForName = issuesOf(error, 'event').some(({ field }) => field === 'by')
  return isForName || events?.safeParse({ at: now, ...event }).success ? event : withName
}

/** Checks that the actor exists and takes the event. Otherwise the message would become a dead letter. */
function assertTakes(supervisor: Supervisor, address: Address, event: AnyEvent): void {
  const { now, registry } = supervisor
  checkEvent(registry, address, event, now)
  const { activate, needs, problems } = registry.kind(address)
  const issues: Issue[] = []
  const { at = now } = event
  if (at > now || at < now - AGE_MAX_MS)
    issues.push({ field: 'at', rule: `from ${now - AGE_MAX_MS} to ${now}, or left out` })
  for (const [field, rule] of Object.entries(problems?.(event, idOf(address)) ?? {}))
    if (rule !== undefined) issues.push({ field, rule })
  for (const [field, needed] of Object.entries(needs?.(event) ?? {})) {
    if (needed === undefined || supervisor.getSnapshot(needed) !== undefined) continue
    issues.push({ field, rule: `${needed} does not exist` })
  }
  if (issues.length > 0) throw wrongEvent(`${event.type} for ${address}`, issues)
  const snapshot = supervisor.getSnapshot(address)
  if (snapshot === undefined && activate?.(event, idOf(address)) === undefined)
    throw refusal('unknown', address)
  if (snapshot !== undefined && snapshot.status !== 'active') throw refusal('ended', address)
}

/**
 * `POST /actors/{kind}/{id}/events`: requests of people to actors. The body is the event. Its `at` is the runner's
 * clock when it is left out. With an `Idempotency-Key` it may be sent again, and gets the first answer.
 *
 * - 200: taken, and durable. The answer has its `seq`, the actor's `state` now and the `events` that it led to.
 * - 422: the same, but the actor refused the request, by the risk gate for example: `detail` says why.
 * - 409 EVENT_UNHANDLED: on record, but the actor does nothing about it in its present state.
 * - any other 4xx: `detail` says what is wrong. No actor was created, and none has changed.
 *
 * `by` is the name of the sender's token when the body gives none.
 */
import { issuesOf, PLAINLY } from '../../../errors/zod-issues.ts'
import { type Issue, OutcryError } from '../../../store/index.ts'
import { checkEvent, wrongEvent } from '../../runtime/commit/intake.ts'
import type { Logger } from '../../runtime/logger.ts'
import { type Address, idOf, parentOf } from '../../runtime/record/address.ts'
import type { AnyEvent } from '../../runtime/record/record.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { refusal } from '../../runtime/turn/refusal.ts'
import { routes } from '../contract/routes.ts'
import { refuse } from '../errors.ts'
import type { Guard } from '../guard.ts'
import { givenId } from '../request-id.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { commandAnswer } from './command-answer.ts'

/** Greatest age of a request. A request made longer ago was not meant for now. */
const AGE_MAX_MS = 60_000

export function commandRoutes(http: Api, supervisor: Supervisor, guard: Guard, logger: Logger): void {
  const { params, headers } = routes.send
  // The body is checked here and not by Fastify, because a refusal names the actor's address.
  http.post(pathOf(routes.send), { schema: { params, headers } }, async (request, reply) => {
    const { address } = request.params
    const { 'idempotency-key': key } = request.headers
    const given = commandOf(supervisor, address, request.body)
    const by = guard.signerOf(request.raw, given.by)
    const event = signed(supervisor, address, given, by)
    const token = guard.callerOf(request.raw)?.token?.name
    logger.debug({ requestId: request.id, token, by, address, type: event.type }, 'a command')
    const seq = key === undefined ? undefined : supervisor.seqOfKey(key)
    if (seq === undefined) assertTakes(supervisor, address, event)
    const receipt = await (seq === undefined
      ? supervisor.send(address, event, { key, request: givenId(request.raw) })
      : { seq, duplicate: true })
    const answer = await commandAnswer(supervisor, address, event, receipt)
    return 'status' in answer ? refuse(reply, answer) : answer
  })
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

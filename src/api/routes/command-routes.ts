/**
 * `POST /actors/{kind}/{id}/events`: what people ask of actors. The body is the event; its `at` is the runner's clock
 * where it is left out. With an `Idempotency-Key` it may be sent again, and is answered as it was the first time.
 *
 * - 200: taken, and durable. The answer has its `seq`, the actor's `state` now and the `events` that it led to.
 * - 422: the same, but what was asked for was refused, by the risk gate for example: `error` says why.
 * - 409 EVENT_UNHANDLED: on record, but the actor does nothing about it in the state that it is in.
 * - any other 4xx: `error` names what is wrong. No actor has come into being, and none has changed.
 *
 * `POST /actors/{kind}/{id}/release`: lets an actor out of quarantine. The body may say `by` whom and for what
 * `reason`; the record keeps both. 200 has the `seq` of that record, 409 ACTOR_NOT_QUARANTINED changes nothing.
 */
import type { FastifyInstance } from 'fastify'
import { issuesOf, PLAINLY } from '../../../errors/zod-issues.ts'
import { type Issue, OutcryError } from '../../../store/index.ts'
import { checkEvent, wrongEvent } from '../../runtime/commit/intake.ts'
import { type Address, idOf, parentOf, parseAddress } from '../../runtime/record/address.ts'
import type { AnyEvent } from '../../runtime/record/record.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { refusal } from '../../runtime/turn/refusal.ts'
import { routes } from '../contract/routes.ts'
import { commandAnswer } from './command-answer.ts'
import { requestOf } from './request.ts'

const TAIL = /^(.+)\/(events|release)$/
/** What was asked for longer ago was not meant for now. */
const AGE_MAX_MS = 60_000

export function commandRoutes(http: FastifyInstance, supervisor: Supervisor): void {
  http.post<{ Params: { '*': string } }>('/actors/*', async (request, reply) => {
    const [, text, what] = TAIL.exec(request.params['*']) ?? []
    if (text === undefined) return reply.callNotFound()
    const address = parseAddress(text)
    if (what === 'release') return release(supervisor, address, request.body)
    const { 'idempotency-key': key } = requestOf(routes.send.headers, request.headers)
    const event = commandOf(supervisor, address, request.body)
    const seq = key === undefined ? undefined : supervisor.seqOfKey(key)
    if (seq === undefined) assertTakes(supervisor, address, event)
    const receipt = await (seq === undefined
      ? supervisor.send(address, event, { key })
      : { seq, duplicate: true })
    const { status, body } = await commandAnswer(supervisor, address, event, receipt)
    return reply.code(status).send(body)
  })
}

/** @throws REQUEST_INVALID, ACTOR_UNKNOWN, ACTOR_ENDED, ACTOR_NOT_QUARANTINED */
async function release(supervisor: Supervisor, address: Address, body: unknown): Promise<object> {
  const { by, reason } = requestOf(routes.release.body, body) ?? {}
  const why = { ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) }
  const { seq } = await supervisor.release(address, why)
  return { seq, address, state: (await supervisor.view(address))?.value }
}

/** @throws EVENT_INVALID, KIND_UNKNOWN, COMMAND_UNKNOWN */
function commandOf({ registry }: Supervisor, address: Address, body: unknown): AnyEvent {
  const { data: event, error } = routes.send.body.safeParse(body, PLAINLY)
  if (error) throw wrongEvent(`the event for ${address}`, issuesOf(error, 'event'))
  const kind = registry.kind(address)
  // A child is its parent's own affair.
  const commands = parentOf(address) === undefined ? kind.commands : []
  if (commands?.includes(event.type) ?? true) return event
  const rule =
    commands?.length === 0 ? 'none: only actors and ports send to it' : `one of ${commands?.join(', ')}`
  throw new OutcryError(
    'COMMAND_UNKNOWN',
    `${address} takes no ${event.type.slice(0, 80)} from people`,
    'docs/commands.md has what each actor takes, with an example.',
    { issues: [{ field: 'type', rule }] },
  )
}

/** Whoever is not there to take it is not written to: the letter would be a dead one. */
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

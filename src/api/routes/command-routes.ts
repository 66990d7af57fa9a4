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
import type { Logger } from '../../runtime/logger.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { routes } from '../contract/routes.ts'
import { refuse } from '../errors.ts'
import type { Guard } from '../guard.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { command } from './command.ts'

export function commandRoutes(http: Api, supervisor: Supervisor, guard: Guard, logger: Logger): void {
  const { params, headers } = routes.send
  // The body is checked later and not by Fastify, because a refusal names the actor's address.
  http.post(pathOf(routes.send), { schema: { params, headers } }, async (request, reply) => {
    const {
      raw,
      body,
      params: { address },
      headers: { 'idempotency-key': key },
    } = request
    const answer = await command({ supervisor, guard, logger }, { request: raw, address, body, key })
    return 'status' in answer ? refuse(reply, answer) : answer
  })
}

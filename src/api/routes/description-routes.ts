import type { FastifyReply } from 'fastify'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { asyncApiOf } from '../contract/asyncapi.ts'
import { openApiOf } from '../contract/openapi.ts'
import { routes } from '../contract/routes.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { VERSION } from '../version.ts'

/** `GET /openapi.json` and `GET /asyncapi.json`. Each document is made once, at its first request. */
export function descriptionRoutes(http: Api, { registry }: Supervisor): void {
  http.get(
    pathOf(routes.openapi),
    answering(() => openApiOf(VERSION, registry.kinds)),
  )
  http.get(
    pathOf(routes.asyncapi),
    answering(() => asyncApiOf(VERSION)),
  )
}

function answering(make: () => object): (request: unknown, reply: FastifyReply) => Promise<string> {
  let text: string | undefined
  return async (_request, reply) => {
    reply.type('application/json; charset=utf-8')
    text ??= JSON.stringify(make())
    return text
  }
}

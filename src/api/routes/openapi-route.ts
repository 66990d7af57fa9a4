import type { Supervisor } from '../../runtime/supervisor.ts'
import { openApiOf } from '../contract/openapi.ts'
import { routes } from '../contract/routes.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { VERSION } from '../version.ts'

/** `GET /openapi.json`: made once, when it is asked for. */
export function openApiRoute(http: Api, supervisor: Supervisor): void {
  let text: string | undefined
  http.get(pathOf(routes.openapi), async (_request, reply) => {
    text ??= JSON.stringify(openApiOf(VERSION, supervisor.registry.kinds))
    return reply.type('application/json; charset=utf-8').send(text)
  })
}

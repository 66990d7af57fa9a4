import type { FastifyReply } from 'fastify'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { asyncApiOf } from '../contract/asyncapi.ts'
import { openApiOf } from '../contract/openapi.ts'
import { routes } from '../contract/routes.ts'
import { docsPage } from '../docs/docs-page.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { VERSION } from '../version.ts'

/** The page of the API loads its style, and nothing else from anywhere. */
const POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** `GET /openapi.json`, `GET /asyncapi.json` and the page `/docs`. Each is made once, at its first request. */
export function descriptionRoutes(http: Api, { registry }: Supervisor): void {
  http.get(
    pathOf(routes.openapi),
    answering(() => openApiOf(VERSION, registry.kinds)),
  )
  http.get(
    pathOf(routes.asyncapi),
    answering(() => asyncApiOf(VERSION)),
  )
  // It is a page and no part of the contract. The types of problem documents lead to it.
  http.get(
    '/docs',
    answering(() => docsPage(openApiOf(VERSION, registry.kinds), asyncApiOf(VERSION)), {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'cache-control': 'private, no-cache',
    }),
  )
}

function answering(
  make: () => object | string,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json; charset=utf-8' },
): (request: unknown, reply: FastifyReply) => Promise<string> {
  let text: string | undefined
  return async (_request, reply) => {
    reply.headers(headers)
    if (text === undefined) {
      const made = make()
      text = typeof made === 'string' ? made : JSON.stringify(made)
    }
    return text
  }
}

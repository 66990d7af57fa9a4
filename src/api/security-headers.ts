/** What browsers are told of every answer: it is no page, belongs into no frame, and is for our own page alone. */
import type { FastifyInstance } from 'fastify'

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
} as const

/** Routes may set their own instead. */
export function secure(http: FastifyInstance): void {
  http.addHook('onRequest', async (_request, reply) => {
    reply.headers(HEADERS)
  })
}

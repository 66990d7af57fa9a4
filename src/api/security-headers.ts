/**
 * Headers of every answer that tell browsers: this is no page, it belongs in no frame, and only our own page may load
 * it.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { REQUEST_ID } from './request-id.ts'

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
} as const

/** Sets the headers. A route may set its own instead. */
export function secure(http: FastifyInstance): void {
  http.addHook('onRequest', async (request, reply) => {
    secured(request, reply)
  })
}

/** Sets the headers of one answer. */
export function secured({ id }: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.headers(HEADERS).header(REQUEST_ID, id)
}

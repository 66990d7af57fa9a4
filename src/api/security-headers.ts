/**
 * Headers of every answer that tell browsers: this is no page, it belongs in no frame, only our own page may load it, and
 * nobody keeps it. OWASP's Secure Headers Project lists them. Without TLS there is no Strict-Transport-Security.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { REQUEST_ID } from './request-id.ts'

/** Features of browsers that the page does not use. Browsers complain about a feature that they do not know. */
const UNUSED = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'hid',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'usb',
]

export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'origin-agent-cluster': '?1',
  'permissions-policy': UNUSED.map((name) => `${name}=()`).join(', '),
  'cache-control': 'no-store',
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
  return reply.headers(SECURITY_HEADERS).header(REQUEST_ID, id)
}

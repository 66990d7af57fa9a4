import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ZodError } from 'zod'
import { isOutcryError, type OutcryError } from '../../store/index.ts'
import { issuesOf, issuesText } from '../runtime/issues.ts'
import type { Logger } from '../runtime/logger.ts'

const STATUS: Record<string, number> = {
  NOT_AUTHORISED: 401,
  HOST_REFUSED: 403,
  ORIGIN_REFUSED: 403,
  ACTOR_UNKNOWN: 404,
  KIND_UNKNOWN: 404,
  REV_UNKNOWN: 404,
  ROUTE_UNKNOWN: 404,
  ACTOR_EXISTS: 409,
  ACTOR_ENDED: 409,
  ACTOR_QUARANTINED: 409,
  EVENT_UNHANDLED: 409,
  ACTOR_FAILED: 422,
  KEY_REUSED: 422,
  ACTOR_BUSY: 503,
  MAILBOX_FULL: 503,
  STORE_FENCED: 503,
  STOPPED: 503,
}

/** What never gets as far as a route; the message is Fastify's where there is none. */
const UNREAD: Record<string, readonly [code: string, hint: string, message?: string]> = {
  FST_ERR_BAD_URL: [
    'ADDRESS_INVALID',
    'Write kind/id, percent-encoded where need be.',
    'the address cannot be decoded',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['MEDIA_TYPE_UNKNOWN', 'Send JSON, as Content-Type: application/json.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['JSON_INVALID', 'Send a JSON object.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['JSON_INVALID', 'Send a JSON object.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'Send 64 KiB at most.'],
}

export function refusalOf({ code, message, hint, issues }: OutcryError): { status: number; body: object } {
  return { status: STATUS[code] ?? 400, body: { error: { code, message, hint, issues } } }
}

/** Queries are for no log and no message: the token may be in one. */
export function pathOf(url = '/'): string {
  return url.replace(/\?.*/, '')
}

/** Every error answers alike: { error: { code, message, hint, issues: [{ field, rule }] } }. */
export function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply {
  if (isOutcryError(error)) {
    const { status, body } = refusalOf(error)
    return reply.code(status).send(body)
  }
  if (error instanceof ZodError) {
    const issues = issuesOf(error, 'request')
    const hint = 'Mend the fields named.'
    return reply
      .code(400)
      .send({ error: { code: 'REQUEST_INVALID', message: issuesText(issues), hint, issues } })
  }
  const { statusCode = 500, code = '', message } = error as Partial<FastifyError>
  if (statusCode < 500) {
    const [own, hint, plainly = message] = UNREAD[code] ?? ['REQUEST_INVALID', 'Mend the request.']
    return reply.code(statusCode).send({ error: { code: own, message: plainly, hint, issues: [] } })
  }
  logger.error({ err: error, url: pathOf(request.url) }, 'a request failed')
  return reply
    .code(500)
    .send({ error: { code: 'INTERNAL', message: 'the request failed; the log of the runner says why' } })
}

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isOutcryError, type OutcryError } from '../../store/index.ts'
import type { Logger } from '../runtime/logger.ts'

/** These errors are the client's. Every other error is a fault of the server: it answers 500 and is logged. */
const STATUS: Record<string, number> = {
  ACTOR_RESERVED: 400,
  ADDRESS_INVALID: 400,
  COMMAND_UNKNOWN: 400,
  EVENT_INVALID: 400,
  MACHINE_NONE: 400,
  NOT_JSON: 400,
  PLACE_INVALID: 400,
  REQUEST_INVALID: 400,
  NOT_AUTHORISED: 401,
  HOST_REFUSED: 403,
  ORIGIN_REFUSED: 403,
  SITE_REFUSED: 403,
  ACTOR_UNKNOWN: 404,
  KIND_UNKNOWN: 404,
  REV_UNKNOWN: 404,
  ROUTE_UNKNOWN: 404,
  ACTOR_EXISTS: 409,
  ACTOR_ENDED: 409,
  ACTOR_NOT_QUARANTINED: 409,
  ACTOR_QUARANTINED: 409,
  EVENT_UNHANDLED: 409,
  ACTOR_FAILED: 422,
  KEY_REUSED: 422,
  // nginx's word for a client that has closed its request.
  READ_ABORTED: 499,
  ACTOR_BUSY: 503,
  ACTOR_UNREADABLE: 503,
  MAILBOX_FULL: 503,
  SERVER_BUSY: 503,
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
  return { status: STATUS[code] ?? 500, body: { error: { code, message, hint, issues } } }
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
    if (!(error.code in STATUS)) logFault(error, request, logger)
    return reply.code(status).send(body)
  }
  const { statusCode = 500, code = '', message } = error as Partial<FastifyError>
  if (statusCode < 500 && code.startsWith('FST_')) {
    const [own, hint, plainly = message] = UNREAD[code] ?? ['REQUEST_INVALID', 'Change the request.']
    return reply.code(statusCode).send({ error: { code: own, message: plainly, hint, issues: [] } })
  }
  // A client that goes in the middle of its body hears no answer, and is no fault of ours.
  if (!request.raw.socket.destroyed) logFault(error, request, logger)
  const text = 'the request failed; the log of the runner says why'
  const hint = 'Report it with that log.'
  return reply.code(500).send({ error: { code: 'INTERNAL', message: text, hint, issues: [] } })
}

function logFault(err: unknown, { url }: FastifyRequest, logger: Logger): void {
  logger.error({ err, url: pathOf(url) }, 'a request failed')
}

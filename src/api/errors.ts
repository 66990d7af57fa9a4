import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ERRORS, type ErrorCode, factsOf } from '../../errors/codes.ts'
import { isOutcryError, type OutcryError } from '../../store/index.ts'
import type { Logger } from '../runtime/logger.ts'

interface Unread {
  readonly code: ErrorCode
  readonly hint: string
  readonly message?: string
}

/** Errors of Fastify before any route runs. Without a `message`, Fastify's own is used. */
const UNREAD: Record<string, Unread> = {
  FST_ERR_BAD_URL: {
    code: 'ADDRESS_INVALID',
    hint: 'Write kind/id, percent-encoded where need be.',
    message: 'the address cannot be decoded',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'MEDIA_TYPE_UNKNOWN',
    hint: 'Send JSON, as Content-Type: application/json.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'JSON_INVALID', hint: 'Send a JSON object.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'JSON_INVALID', hint: 'Send a JSON object.' },
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'BODY_TOO_LARGE', hint: 'Send 64 KiB at most.' },
}
const OTHER_UNREAD: Unread = { code: 'REQUEST_INVALID', hint: 'Change the request.' }

export function refusalOf({ code, message, hint, issues }: OutcryError): { status: number; body: object } {
  return { status: factsOf(code).status, body: { error: { code, message, hint, issues } } }
}

/** Returns a URL without its query, which may contain the token: it must not reach a log or a message. */
export function pathOf(url = '/'): string {
  return url.replace(/\?.*/, '')
}

/**
 * Answers with an error as { error: { code, message, hint, issues: [{ field, rule }] } }, and with its status in
 * errors/codes.ts. It logs a fault of the server, which is status 500.
 */
export function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply {
  if (isOutcryError(error)) {
    const { status, body } = refusalOf(error)
    if (status === ERRORS.INTERNAL.status) logFault(error, request, logger)
    return reply.code(status).send(body)
  }
  const { statusCode = 500, code = '', message } = error as Partial<FastifyError>
  if (statusCode < 500 && code.startsWith('FST_')) {
    const unread = UNREAD[code]
    const { code: own, hint, message: plainly = message } = unread ?? OTHER_UNREAD
    // Fastify's other refusals have a status of their own, such as 431.
    const status = unread === undefined ? statusCode : ERRORS[own].status
    return reply.code(status).send({ error: { code: own, message: plainly, hint, issues: [] } })
  }
  // A client that leaves in the middle of its body gets no answer and is not a fault of the server.
  if (!request.raw.socket.destroyed) logFault(error, request, logger)
  const text = 'the request failed; the log of the runner has the cause'
  const hint = 'Report it with that log.'
  return reply
    .code(ERRORS.INTERNAL.status)
    .send({ error: { code: 'INTERNAL', message: text, hint, issues: [] } })
}

function logFault(err: unknown, { originalUrl: url }: FastifyRequest, logger: Logger): void {
  logger.error({ err, url: pathOf(url) }, 'a request failed')
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { ZodError } from 'zod'
import { isOutcryError } from '../../store/index.ts'
import type { Logger } from '../runtime/logger.ts'

const STATUS: Record<string, number> = {
  ACTOR_UNKNOWN: 404,
  KIND_UNKNOWN: 404,
  REV_UNKNOWN: 404,
  ACTOR_EXISTS: 409,
  ACTOR_ENDED: 409,
  ACTOR_QUARANTINED: 409,
  ACTOR_FAILED: 422,
  ACTOR_BUSY: 503,
  MAILBOX_FULL: 503,
  STORE_FENCED: 503,
  STOPPED: 503,
}

/** Every error answers alike: { error: { code, message, hint } }. */
export function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply {
  if (isOutcryError(error)) {
    const { code, message, hint } = error
    return reply.code(STATUS[code] ?? 400).send({ error: { code, message, hint } })
  }
  if (error instanceof ZodError) {
    const message = error.issues.map((i) => `${i.path.join('.') || 'request'}: ${i.message}`).join('; ')
    return reply.code(400).send({ error: { code: 'REQUEST_INVALID', message } })
  }
  const {
    statusCode = 500,
    code = 'REQUEST_INVALID',
    message,
  } = error as { statusCode?: number; code?: string; message: string }
  if (statusCode < 500) return reply.code(statusCode).send({ error: { code, message } })
  logger.error({ err: error, url: request.url }, 'a request failed')
  return reply
    .code(500)
    .send({ error: { code: 'INTERNAL', message: 'the request failed; the log of the runner says why' } })
}

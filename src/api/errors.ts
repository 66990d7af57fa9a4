/** Answers with refusals: problem documents in one form, whatever refuses. */
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ERRORS, type ErrorCode } from '../../errors/codes.ts'
import { issuesText } from '../../errors/zod-issues.ts'
import { isOutcryError, OutcryError } from '../../store/index.ts'
import type { Logger } from '../runtime/logger.ts'
import { PROBLEM_TYPE, type Problem, problemOf } from './contract/problem.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

interface Unread {
  readonly code: ErrorCode
  readonly hint: string
  readonly message?: string
}

/** Errors of Fastify before any route runs. Without a `message`, Fastify's own is used. */
const UNREAD: Record<string, Unread> = {
  FST_ERR_BAD_URL: {
    code: 'REQUEST_INVALID',
    hint: 'Write it in UTF-8, percent-encoded where need be.',
    message: 'the path cannot be decoded',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'MEDIA_TYPE_UNKNOWN',
    hint: 'Send JSON, as Content-Type: application/json.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'JSON_INVALID', hint: 'Send a JSON object.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'JSON_INVALID', hint: 'Send a JSON object.' },
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'BODY_TOO_LARGE', hint: 'Send 64 KiB at most.' },
}
const BAD_ADDRESS: Unread = {
  code: 'ADDRESS_INVALID',
  hint: 'Write kind/id, percent-encoded where need be.',
  message: 'the address cannot be decoded',
}
const OTHER_UNREAD: Unread = { code: 'REQUEST_INVALID', hint: 'Change the request.' }

/** Returns a URL without its query, which may contain the token: it must not reach a log or a message. */
export function pathOf(url = '/'): string {
  return url.replace(/\?.*/, '')
}

/** Sends a refusal. It may have members beyond those of a problem document. */
export function refuse(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type(PROBLEM_TYPE).send(problem)
}

/** Answers with an error as a problem document. It logs a fault of the server, which is status 500. */
export function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply {
  if (isOutcryError(error)) {
    const problem = problemOf(error)
    if (problem.status === ERRORS.INTERNAL.status) logFault(error, request, logger)
    return refuse(reply, problem)
  }
  const { statusCode = 500, code = '', message } = error as Partial<FastifyError>
  if (statusCode < 500 && code.startsWith('FST_')) {
    const isAddress = code === 'FST_ERR_BAD_URL' && request.originalUrl.startsWith('/actors/')
    const unread = isAddress ? BAD_ADDRESS : UNREAD[code]
    const problem = problemOf({ message: message ?? code, issues: [], ...(unread ?? OTHER_UNREAD) })
    // Fastify's other refusals have a status of their own, such as 414.
    return refuse(reply, unread === undefined ? { ...problem, status: statusCode } : problem)
  }
  // A client that leaves in the middle of its body gets no answer and is not a fault of the server.
  if (!request.raw.socket.destroyed) logFault(error, request, logger)
  return refuse(reply, faultOf('the request failed; the log of the runner has the cause'))
}

/** Returns the refusal for an unexpected failure. */
export function faultOf(message: string): Problem {
  return problemOf({ code: 'INTERNAL', message, hint: 'Report it with the log of the runner.', issues: [] })
}

/** Refusals of Node, which cannot read a request. Any other fault of the request is `UNREADABLE`. */
const UNPARSED: Record<string, Omit<Unread, 'message'> & { message: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 'REQUEST_LATE',
    message: 'the request did not arrive in time',
    hint: 'Send it at once.',
  },
  HPE_HEADER_OVERFLOW: {
    code: 'HEADERS_TOO_LARGE',
    message: 'the headers of the request are too large',
    hint: 'Send 16 KiB at most, the address included.',
  },
}
const UNREADABLE = {
  code: 'REQUEST_INVALID',
  message: 'the request is not HTTP/1.1',
  hint: 'Send it as RFC 9112 says.',
} as const

/** Refuses a request that Node could not read, and ends its connection. */
export function answerUnparsed({ code = '' }: NodeJS.ErrnoException, socket: Duplex): void {
  // A connection that was reset has nobody to answer.
  if (code === 'ECONNRESET' || socket.destroyed) return
  if (socket.writable) socket.write(rawAnswer(problemOf({ issues: [], ...(UNPARSED[code] ?? UNREADABLE) })))
  socket.destroy()
}

/** Refuses a request of HTTP/1.1 without a host (RFC 9112, 3.2). @throws REQUEST_INVALID */
export function checkHost({ headers, httpVersion }: IncomingMessage): void {
  if (headers.host !== undefined || httpVersion !== '1.1') return
  const issues = [{ field: 'host', rule: 'is missing' }]
  throw new OutcryError('REQUEST_INVALID', issuesText(issues), UNREADABLE.hint, { issues })
}

/**
 * Returns a refusal as a whole answer, with more headers, for a connection that Fastify does not answer. It ends the
 * connection.
 */
export function rawAnswer(problem: Problem, ...headers: readonly string[]): string {
  const text = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Connection: close',
    `Content-Type: ${PROBLEM_TYPE}; charset=utf-8`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...Object.entries(SECURITY_HEADERS).map((header) => header.join(': ')),
    ...headers,
  ]
  return `${head.join('\r\n')}\r\n\r\n${text}`
}

function logFault(err: unknown, { id, originalUrl: url }: FastifyRequest, logger: Logger): void {
  logger.error({ err, requestId: id, url: pathOf(url) }, 'a request failed')
}

import type { IncomingMessage } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { ZodType } from 'zod'
import { issuesOf, issuesText, PLAINLY } from '../../../errors/zod-issues.ts'
import { OutcryError } from '../../../store/index.ts'

/** Returns a request's query or headers, parsed by their schema. @throws REQUEST_INVALID */
export function requestOf<T>(schema: ZodType<T>, input: unknown): T {
  const { data, error } = schema.safeParse(input, PLAINLY)
  if (error === undefined) return data
  const issues = issuesOf(error, 'request')
  throw new OutcryError('REQUEST_INVALID', issuesText(issues), 'Change the fields named.', { issues })
}

/**
 * Returns a signal that aborts when the answer has gone out or can no longer be delivered. So the reads for it end with
 * its socket. An answer that waits behind another of its connection gets no event when that closes, so this listens to
 * the connection, too.
 */
export function signalOf({ raw, request }: FastifyReply): AbortSignal {
  const known = signals.get(request.raw)
  if (known !== undefined) return known
  const controller = new AbortController()
  signals.set(request.raw, controller.signal)
  const { socket } = request.raw
  const abort = () => {
    socket.off('close', abort)
    controller.abort()
  }
  raw.once('close', abort)
  socket.once('close', abort)
  if (raw.destroyed || socket.destroyed) abort()
  return controller.signal
}

const signals = new WeakMap<IncomingMessage, AbortSignal>()

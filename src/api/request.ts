import type { FastifyReply } from 'fastify'
import type { ZodType } from 'zod'
import { OutcryError } from '../../store/index.ts'
import { issuesOf, issuesText, PLAINLY } from '../runtime/issues.ts'

/** A request's query or headers, as their schema has them. @throws REQUEST_INVALID */
export function requestOf<T>(schema: ZodType<T>, input: unknown): T {
  const { data, error } = schema.safeParse(input, PLAINLY)
  if (error === undefined) return data
  const issues = issuesOf(error, 'request')
  throw new OutcryError('REQUEST_INVALID', issuesText(issues), 'Change the fields named.', { issues })
}

/** Aborts when the answer has gone out, or can reach nobody any more: what is read for it ends with its socket. */
export function signalOf({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  raw.once('close', () => controller.abort())
  if (raw.destroyed) controller.abort()
  return controller.signal
}

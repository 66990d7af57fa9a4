/**
 * The id of a request: the client's own in `X-Request-Id`, or a new one. The answer has it, and so has each line of the
 * log about the request.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export const REQUEST_ID = 'x-request-id'
/** A client's id goes into headers, logs and records. */
const DECENT = /^[\w.:-]{1,64}$/
const ids = new WeakMap<IncomingMessage, string>()

/** Returns the id that the client gave; undefined when it gave none, or a text that is no id. */
export function givenId({ headers }: IncomingMessage): string | undefined {
  const given = headers[REQUEST_ID]
  return typeof given === 'string' && DECENT.test(given) ? given : undefined
}

export function requestIdOf(request: IncomingMessage): string {
  const known = ids.get(request)
  if (known !== undefined) return known
  const id = givenId(request) ?? randomUUID()
  ids.set(request, id)
  return id
}

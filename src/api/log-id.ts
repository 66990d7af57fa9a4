/**
 * Each answer says of which log it is. A runner may be replaced by one with another log behind the same address, and
 * a client that shows several answers together must not mix them.
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** The header with the short id of the log. */
export const LOG_ID = 'outcry-log'

/** Sets the header. `isKnown` returns whether the sender may read the log. */
export function sayLog(
  http: FastifyInstance,
  { logId }: { readonly logId: string },
  isKnown: (request: IncomingMessage) => boolean,
): void {
  http.addHook('onRequest', async ({ raw }, reply) => {
    if (isKnown(raw)) reply.header(LOG_ID, logId)
  })
}

/**
 * Checks every answer and every frame of every server of Outcry in the process with the published documents. What does
 * not fit fails the test that got it (each-file.ts).
 *
 * It costs nothing in a process that starts no server: the documents are made when the first one begins.
 */
import diagnostics from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Answer } from './documents.ts'

const found: string[] = []
const report = (what: string | undefined) => {
  if (what !== undefined && found.length < 10) found.push(what)
}
/** Returns what did not fit since the last call. A test that calls it does not fail by that. */
export function takeFound(): readonly string[] {
  return found.splice(0)
}
/** Throws when something did not fit since the last call. */
export function expectNoneFound(): void {
  const all = takeFound()
  if (all.length > 0)
    throw new Error(`an answer or a frame is not of the published documents:\n${all.join('\n')}`)
}

// Fastify tells of each server before it has any route.
diagnostics.subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { fastify: FastifyInstance }
  fastify.addHook(
    'onReady',
    async () => void (await import('./frames.ts')).watchFrames(fastify.server, report),
  )
  // Hooks run in the order of their addition, so this one sees an answer before it is compressed.
  fastify.addHook('onSend', async (request, reply, payload) => {
    const text = textOf(payload)
    // Nobody gets the answer to a client that has gone.
    if (text === undefined || request.raw.socket.destroyed) return
    const { wrongAnswer } = await import('./documents.ts')
    report(wrongAnswer(answerOf(request, reply, text)))
  })
})

/** Returns an answer's text; undefined when it has none or when it is a stream. */
function textOf(payload: unknown): string | undefined {
  if (Buffer.isBuffer(payload)) return String(payload)
  return typeof payload === 'string' && payload !== '' ? payload : undefined
}

function answerOf(request: FastifyRequest, reply: FastifyReply, text: string): Answer {
  const { url } = request.is404 ? {} : request.routeOptions
  const [type = ''] = String(reply.getHeader('content-type') ?? '').split(';')
  const method = methodOf(request.raw)
  return { method, path: url?.replace(/:(\w+)/g, '{$1}'), status: reply.statusCode, type, text }
}

/** Returns the method whose answer it is. The answer to HEAD has the content of GET, which is not sent. */
function methodOf({ method = 'GET' }: IncomingMessage): string {
  return method === 'HEAD' ? 'GET' : method
}

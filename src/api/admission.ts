/**
 * Limits how many requests are answered at once. Readers share the thread with trading, and the thread pool with
 * commits. An answer that a client does not read takes memory. Commands do not wait for readers.
 */
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isOutcryError } from '../../errors/outcry-error.ts'
import { routes } from './contract/routes.ts'
import { Gate } from './gate.ts'
import type { Guard } from './guard.ts'
import type { Limits } from './limits.ts'
import { signalOf } from './routes/request.ts'
import { retryAfterOf, type Shares } from './shares.ts'
import { pathOf } from './type-provider.ts'

/**
 * Routes that read the whole log and may take long. They have a gate of their own, so they do not block other readers.
 */
const WHOLE: readonly (string | undefined)[] = [routes.verify, routes.backup].map(pathOf)
const WHOLE_AT_ONCE = 1
/**
 * Routes that search the log in the background. While the runner trades, a few of them last for many seconds. They have
 * a gate of their own, so that short questions do not wait behind them.
 */
const SEARCHES: readonly (string | undefined)[] = [
  routes.events,
  routes.timeline,
  routes.failures,
  routes.coverage,
].map(pathOf)
/** Routes that read memory alone. They wait for nobody. */
const OF_MEMORY: readonly (string | undefined)[] = [routes.health, routes.ready, routes.metrics].map(pathOf)
const WHOLE_WAITING_MAX = 8

/** Refuses requests beyond the share of their address. It comes before the token, so it slows down guesses, too. */
export function admitAddresses(http: FastifyInstance, shares: Shares): void {
  http.addHook('onRequest', async ({ raw: { socket } }, reply) =>
    refusing(reply, () => shares.takeOfAddress(socket)),
  )
}

export function admission(http: FastifyInstance, limits: Limits, shares: Shares, guard: Guard): void {
  const reads = new Gate('reading', limits.readsAtOnce, limits.readsWaitingMax)
  const searches = new Gate('searching', limits.readsAtOnce, limits.readsWaitingMax)
  const wholes = new Gate('the whole log', WHOLE_AT_ONCE, WHOLE_WAITING_MAX)
  const answers = new Gate('answers', limits.answersAtOnce, limits.readsWaitingMax)
  const open = new WeakMap<Socket, number>()
  const done = new WeakMap<FastifyRequest, () => void>()

  http.addHook('onRequest', async ({ raw }, reply) => {
    const name = guard.callerOf(raw)?.token?.name
    if (name !== undefined) refusing(reply, () => shares.takeOfToken(raw.socket, name))
  })

  http.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw
    const count = (open.get(socket) ?? 0) + 1
    open.set(socket, count)
    onEnd(reply, () => open.set(socket, (open.get(socket) ?? 1) - 1))
    if (count <= limits.requestsPerConnection) return
    // Even a refusal would wait behind the unread answers.
    reply.hijack()
    socket.destroy()
  })

  http.addHook('preHandler', async (request, reply) => {
    const { method, routeOptions } = request
    if (method !== 'GET' && method !== 'HEAD') return
    const { url } = routeOptions
    const isWhole = WHOLE.includes(url)
    const signal = signalOf(reply)
    const leaveAnswers = isWhole ? undefined : await answers.enter(signal)
    if (leaveAnswers !== undefined) onEnd(reply, leaveAnswers)
    if (OF_MEMORY.includes(url)) return
    const leave = await (isWhole ? wholes : SEARCHES.includes(url) ? searches : reads).enter(signal)
    if (leave === undefined) return
    if (isWhole) onEnd(reply, leave)
    else done.set(request, leave)
  })

  /** Frees the place of a reader: the reading is done, and only the answer must be sent. */
  http.addHook('onSend', async (request, { raw }) => {
    done.get(request)?.()
    done.delete(request)
    // From here on the client must take bytes now and then. Otherwise Node destroys the socket.
    raw.socket?.setTimeout(limits.stuckMs)
  })
}

/** Says in the answer when the client may try again. @throws LIMIT_EXCEEDED */
function refusing(reply: FastifyReply, take: () => void): void {
  try {
    take()
  } catch (error) {
    const seconds = isOutcryError(error) ? retryAfterOf(error) : undefined
    if (seconds !== undefined) reply.header('retry-after', seconds)
    throw error
  }
}

/** Calls `end` when the answer has gone out, or its connection has closed. */
function onEnd(reply: FastifyReply, end: () => void): void {
  const signal = signalOf(reply)
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
}

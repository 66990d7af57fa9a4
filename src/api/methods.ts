/** Answers requests that no route takes: 405 on a path with other methods, and 404 on any other path. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OutcryError } from '../../store/index.ts'
import { pathOf } from './errors.ts'

/** The methods of each path, as the router has it: a segment that begins with a colon is any one segment. */
type Paths = Map<string, Set<string>>

/**
 * Refuses what no route takes. It must be called behind the guard, for it tells what there is, and before the routes
 * are added. `upgrading` are paths of WebSockets, which begin as a GET.
 */
export function answerOthers(http: FastifyInstance, upgrading: readonly string[]): void {
  const paths: Paths = new Map()
  const add = (url: string, method: string) => {
    paths.set(url, (paths.get(url) ?? new Set()).add(method))
  }
  for (const path of upgrading) add(path, 'GET')
  http.addHook('onRoute', ({ url, method }) => {
    // The path * is that of preflights.
    if (url !== '*') for (const one of [method].flat()) add(url, one)
  })
  const answer = (request: FastifyRequest, reply: FastifyReply) => {
    const { method, originalUrl, raw } = request
    const methods = methodsOf(paths, pathOf(raw.url))
    if (methods === undefined) throw routeUnknown(method, originalUrl)
    if (method === 'OPTIONS') return reply.code(204).header('allow', allowing(methods)).send()
    if (!methods.has(method)) refuseMethod(reply, methods)
    // A route that finds nothing says so, too: a file of the page that was removed.
    if (!upgrading.includes(pathOf(raw.url))) throw routeUnknown(method, originalUrl)
    reply.headers({ connection: 'upgrade', upgrade: 'websocket' })
    const what = `${pathOf(originalUrl)} is the path of a WebSocket`
    throw new OutcryError('UPGRADE_REQUIRED', what, 'Open it as ws://.')
  }
  // The body of such a request is not read: that it is no JSON is not what is wrong with it.
  http.addHook('onRequest', async (request, reply) => {
    if (request.is404) answer(request, reply)
  })
  http.setNotFoundHandler(answer)
}

/** Refuses the method of a request. `methods` are those that its path takes. @throws METHOD_REFUSED */
export function refuseMethod(reply: FastifyReply, methods: Iterable<string>): never {
  const { method, originalUrl } = reply.request
  const allow = allowing(methods)
  reply.header('allow', allow)
  throw new OutcryError('METHOD_REFUSED', `${pathOf(originalUrl)} takes no ${method}`, `It takes ${allow}.`)
}

function allowing(methods: Iterable<string>): string {
  return [...[...methods].sort(), 'OPTIONS'].join(', ')
}

/** Returns the methods of the path of a request; undefined when no route has it. */
function methodsOf(paths: Paths, path: string): ReadonlySet<string> | undefined {
  const segments = path.split('/')
  const fits = (pattern: string) => {
    const wanted = pattern.split('/')
    return (
      wanted.length === segments.length &&
      wanted.every((one, i) => one.startsWith(':') || one === segments[i])
    )
  }
  for (const [pattern, methods] of paths) if (fits(pattern)) return methods
  return undefined
}

export function routeUnknown(method: string | undefined, url: string | undefined): OutcryError {
  return new OutcryError(
    'ROUTE_UNKNOWN',
    `there is no ${method} ${pathOf(url)}`,
    'The page /docs lists all routes.',
  )
}

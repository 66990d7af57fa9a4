/** Answers requests that no route takes: 405 on a path with other methods, and 404 on any other path. */
import type { FastifyInstance } from 'fastify'
import { OutcryError } from '../../store/index.ts'
import { pathOf } from './errors.ts'

/** The methods of each path, as the router has it: a segment that begins with a colon is any one segment. */
type Paths = Map<string, Set<string>>

/**
 * Refuses what no route takes. It must be called before the routes are added. `sockets` are paths of WebSockets, which
 * begin as a GET.
 */
export function answerOthers(http: FastifyInstance, sockets: Iterable<string>): void {
  const paths: Paths = new Map()
  const add = (url: string, method: string) => {
    paths.set(url, (paths.get(url) ?? new Set()).add(method))
  }
  for (const path of sockets) add(path, 'GET')
  http.addHook('onRoute', ({ url, method }) => {
    // The path * is that of preflights.
    if (url !== '*') for (const one of [method].flat()) add(url, one)
  })
  http.setNotFoundHandler((request, reply) => {
    const { method, originalUrl, raw } = request
    const methods = methodsOf(paths, pathOf(raw.url))
    if (methods === undefined) throw routeUnknown(method, originalUrl)
    const allow = [...[...methods].sort(), 'OPTIONS'].join(', ')
    reply.header('allow', allow)
    if (method === 'OPTIONS') return reply.code(204).send()
    if (methods.has(method)) {
      reply.headers({ connection: 'upgrade', upgrade: 'websocket' })
      throw new OutcryError(
        'UPGRADE_REQUIRED',
        `${pathOf(originalUrl)} is the path of a WebSocket`,
        `Open it as ws://.`,
      )
    }
    throw new OutcryError('METHOD_REFUSED', `${pathOf(originalUrl)} takes no ${method}`, `It takes ${allow}.`)
  })
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
    'docs/api.md lists all routes.',
  )
}

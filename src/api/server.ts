import { STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import fastifyCompress, { type FastifyCompressOptions } from '@fastify/compress'
import fastify, { type FastifyInstance } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { OutcryError } from '../../store/index.ts'
import { Feed } from '../feed/feed.ts'
import { CLOSE } from '../feed/frames.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import { accountRoutes } from './account-routes.ts'
import { actorRoutes } from './actor-routes.ts'
import { commandRoutes } from './command-routes.ts'
import { answerError, pathOf, refusalOf } from './errors.ts'
import { eventRoutes } from './event-routes.ts'
import { failureRoutes } from './failures.ts'
import { Guard, type GuardOptions, guardRoutes } from './guard.ts'
import { Inspection } from './inspection.ts'
import { pageRoutes } from './page-routes.ts'
import { type Outside, systemRoutes } from './system-routes.ts'
import { VERSION } from './version.ts'

export interface ApiServer {
  readonly url: string
  close(): Promise<void>
}

/** Largest frame a client may send, and largest body. */
const FRAME_BYTES_MAX = 65_536
const BODY_BYTES_MAX = 65_536
/** A socket that does not answer a ping within this time is gone. */
const PING_MS = 15_000
/** Compresses answers, not requests. Every browser has brotli and gzip. */
const COMPRESSION = { encodings: ['br', 'gzip'], globalDecompression: false } satisfies FastifyCompressOptions

export interface ApiOptions extends GuardOptions, Outside {
  readonly port: number
}

/** @throws PORT_IN_USE, LISTEN_FAILED */
export async function startApi(
  supervisor: Supervisor,
  { port, refused, ...options }: ApiOptions,
  logger: Logger,
): Promise<ApiServer> {
  const { host } = options
  const guard = new Guard(options)
  const http = fastify({
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: true,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply, logger),
  })
  http.setErrorHandler((error, request, reply) => answerError(error, request, reply, logger))
  // Pages of other origins may send plain text without asking, but not JSON.
  http.removeContentTypeParser('text/plain')
  http.setNotFoundHandler(({ method, url }) => {
    throw routeUnknown(method, url)
  })
  guardRoutes(http, guard)
  systemRoutes(http, supervisor, { refused })
  // Routes from before this are not compressed: a client writes the bytes of a backup to a file.
  await http.register(fastifyCompress, COMPRESSION)
  actorRoutes(http, supervisor)
  accountRoutes(http, supervisor)
  commandRoutes(http, supervisor)
  eventRoutes(http, supervisor)
  failureRoutes(http, supervisor)
  pageRoutes(http)
  const sockets = attachSockets(http, supervisor, guard, logger)
  try {
    await http.listen({ host, port })
  } catch (error) {
    throw listenFailure(error, host, port)
  }
  const { port: bound } = http.server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${bound}`,
    close: async () => {
      sockets.close()
      await http.close()
    },
  }
}

function routeUnknown(method: string | undefined, url: string | undefined): OutcryError {
  return new OutcryError(
    'ROUTE_UNKNOWN',
    `there is no ${method} ${pathOf(url)}`,
    'docs/api.md has what there is.',
  )
}

function attachSockets(
  http: FastifyInstance,
  supervisor: Supervisor,
  guard: Guard,
  logger: Logger,
): { close(): void } {
  const server = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES_MAX })
  const feed = new Feed(supervisor, VERSION)
  const inspection = new Inspection(supervisor)
  const channels = new Map<string, { connect(client: WebSocket): void }>([
    ['/feed', feed],
    ['/inspect', inspection],
  ])
  const alive = new WeakSet<object>()
  http.server.on('upgrade', (request, socket, head) => {
    const path = pathOf(request.url)
    const channel = channels.get(path)
    try {
      guard.admit(request)
      if (channel === undefined) throw routeUnknown(request.method, request.url)
    } catch (error) {
      return refuseUpgrade(socket, error as OutcryError)
    }
    server.handleUpgrade(request, socket, head, (client) => {
      alive.add(client)
      client.on('pong', () => alive.add(client))
      client.on('error', (err) => logger.warn({ err, path }, 'a client broke the WebSocket protocol'))
      // Browsers tell a page nothing of a refused upgrade, but the code of a closed socket.
      if (guard.knows(request)) channel.connect(client)
      else client.close(CLOSE.unauthorised, 'send Authorization: Bearer <server.token>')
    })
  })
  const pings = setInterval(() => {
    for (const client of server.clients) {
      if (!alive.has(client)) client.terminate()
      else {
        alive.delete(client)
        client.ping()
      }
    }
  }, PING_MS)
  pings.unref()
  return {
    close: () => {
      clearInterval(pings)
      for (const client of server.clients) client.close(1001, 'the runner stops')
      server.close()
    },
  }
}

/** As any other request is refused. */
function refuseUpgrade(socket: Duplex, error: OutcryError): void {
  const { status, body } = refusalOf(error)
  const text = JSON.stringify(body)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ]
  // Whoever has gone already need not be told.
  socket.on('error', () => {})
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
}

function listenFailure(error: unknown, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) return error
  const [own, what, hint] =
    code === 'EADDRINUSE'
      ? ['PORT_IN_USE', 'another process listens on', 'Stop it, or choose another port']
      : ['LISTEN_FAILED', `the system does not let us (${code}) listen on`, 'Choose another host or port']
  return new OutcryError(own, `${what} ${host}:${port}`, `${hint}: --port 7078 (0 takes any free one).`, {
    cause: error,
  })
}

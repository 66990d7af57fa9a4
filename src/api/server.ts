import type { AddressInfo, Socket } from 'node:net'
import fastifyCompress, { type FastifyCompressOptions } from '@fastify/compress'
import fastify from 'fastify'
import { OutcryError } from '../../store/index.ts'
import { LOG } from '../metrics/groups/log.ts'
import { RUNTIME } from '../metrics/groups/runtime.ts'
import { SERVER } from '../metrics/groups/server.ts'
import { Metrics } from '../metrics/metrics.ts'
import { measureProcess } from '../metrics/process.ts'
import { type Logger, named } from '../runtime/logger.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import { admission, admitAddresses } from './admission.ts'
import { addressOf } from './binding.ts'
import { answerError, answerUnparsed, checkHost } from './errors.ts'
import type { Derivation } from './feed/derivation.ts'
import { Feed } from './feed/feed.ts'
import { knownOf } from './feed/known.ts'
import { Guard, type GuardOptions, guardRoutes } from './guard.ts'
import { Inspection } from './inspect/inspection.ts'
import { LIMITS, type Limits } from './limits.ts'
import { sayLog } from './log-id.ts'
import { answerOthers } from './methods.ts'
import { requestIdOf } from './request-id.ts'
import { accountRoutes } from './routes/account-routes.ts'
import { actorRoutes } from './routes/actor-routes.ts'
import { commandRoutes } from './routes/command-routes.ts'
import { descriptionRoutes } from './routes/description-routes.ts'
import { eventRoutes } from './routes/event-routes.ts'
import { failureRoutes } from './routes/failure-routes.ts'
import { historyRoutes } from './routes/history-routes.ts'
import { listRoutes } from './routes/list-routes.ts'
import { machineRoutes } from './routes/machine-routes.ts'
import { metricRoutes } from './routes/metric-routes.ts'
import { type ComponentOperations, operationRoutes } from './routes/operation-routes.ts'
import { pageRoutes } from './routes/page-routes.ts'
import { recordRoutes } from './routes/record-routes.ts'
import { type Outside, systemRoutes } from './routes/system-routes.ts'
import { timelineRoutes } from './routes/timeline-routes.ts'
import { Verifications } from './routes/verifications.ts'
import { vitalRoutes } from './routes/vital-routes.ts'
import { secure, secured } from './security-headers.ts'
import { Shares } from './shares.ts'
import { attachSockets, type Channel, Clients } from './sockets.ts'
import { withContract, withOneSegment } from './type-provider.ts'
import { VERSION } from './version.ts'

export interface ApiServer {
  readonly url: string
  close(): Promise<void>
}

/** Largest body of a request. */
const BODY_BYTES_MAX = 65_536
/**
 * Longest address in a path. It is Node's limit for all headers, so an address that is too long is refused as an
 * address.
 */
const PARAM_LENGTH_MAX = 16_384
/** Interval, in ms, of the check for requests that take too long to arrive. */
const ARRIVAL_CHECK_MS = 1_000
/** Most listeners of the server's own parts for the end of a connection. */
const OWN_LISTENERS = 8
/** Compresses answers, not requests. Every browser supports brotli and gzip. */
const COMPRESSION = { encodings: ['br', 'gzip'], globalDecompression: false } satisfies FastifyCompressOptions

export interface ApiOptions extends GuardOptions, Outside {
  readonly port: number
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<Limits>
  readonly derivations?: readonly Derivation[]
  /** The acts of people on the components of the process. A program with a supervisor of its own has none. */
  readonly operations?: ComponentOperations | undefined
  /** The metrics of the parts that the server does not know. */
  readonly metrics?: Metrics | undefined
  /** True compresses the frames of WebSockets for clients that offer it. Default: false. */
  readonly compressFrames?: boolean
}

/** Starts the server. @throws PORT_IN_USE, LISTEN_FAILED, TOKEN_INVALID, TOKEN_NONE */
export async function startApi(
  supervisor: Supervisor,
  {
    port,
    limits: some,
    derivations,
    compressFrames = false,
    refused,
    folder,
    verify,
    components,
    operations,
    metrics,
    ...options
  }: ApiOptions,
  logger: Logger,
): Promise<ApiServer> {
  const { host } = options
  const guard = new Guard(options, logger)
  const address = await addressOf(host, guard.hasTokens).catch((error) => {
    throw listenFailure(error, host, port)
  })
  const limits = { ...LIMITS, ...some }
  const http = fastify({
    rewriteUrl: ({ method, url = '' }) => withOneSegment(method, url),
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    bodyLimit: BODY_BYTES_MAX,
    genReqId: requestIdOf,
    forceCloseConnections: true,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    http: {
      // Node would refuse a request without it in a form of its own.
      requireHostHeader: false,
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: Math.min(ARRIVAL_CHECK_MS, limits.headersMs),
    },
    clientErrorHandler: answerUnparsed,
    // No hook runs before these.
    frameworkErrors: (error, request, reply) => answerError(error, request, secured(request, reply), logger),
  })
  http.setErrorHandler((error, request, reply) => answerError(error, request, reply, logger))
  // A browser lets pages of other origins send plain text without a preflight, but not JSON.
  http.removeContentTypeParser('text/plain')
  const byContract = withContract(http)
  secure(http)
  const shares = new Shares(limits)
  admitAddresses(http, shares)
  http.addHook('onRequest', async ({ raw }) => checkHost(raw))
  await guardRoutes(http, guard)
  sayLog(http, supervisor, (request) => guard.callerOf(request) !== undefined)
  admission(http, limits, shares, guard)
  answerOthers(http, ['/feed', '/inspect', '/inspect/legacy'])
  const verifications = new Verifications(verify ?? ((options) => supervisor.verify(options)), supervisor)
  const outside = { refused, folder, verify: verifications.verify, components }
  systemRoutes(byContract, supervisor, outside, (request) => guard.callerOf(request)?.access)
  // Routes above are not compressed: a client writes the bytes of a backup to a file.
  await http.register(fastifyCompress, COMPRESSION)
  listRoutes(byContract, supervisor)
  actorRoutes(byContract, supervisor)
  historyRoutes(byContract, supervisor)
  machineRoutes(byContract, supervisor)
  accountRoutes(byContract, supervisor)
  commandRoutes(byContract, supervisor, guard, logger)
  operationRoutes(byContract, supervisor, { guard, logger, components: operations })
  eventRoutes(byContract, supervisor)
  recordRoutes(byContract, supervisor)
  timelineRoutes(byContract, supervisor)
  failureRoutes(byContract, supervisor)
  descriptionRoutes(byContract, supervisor)
  pageRoutes(http)
  const known = await knownOf(supervisor, derivations)
  const feed = new Feed(supervisor, VERSION, known, derivations)
  vitalRoutes(byContract, supervisor, feed, verifications)
  const inspection = new Inspection({ supervisor, guard, logger: named(logger, 'inspection') })
  const readers = new Clients(limits.connectionsMax)
  const inspectors = new Clients(limits.inspectorsMax)
  const channels = new Map<string, Channel>([
    ['/feed', { clients: readers, open: () => (client, wire) => feed.connect(client, wire) }],
    ['/inspect', { clients: inspectors, open: (request) => inspection.open(request) }],
    ['/inspect/legacy', { clients: inspectors, open: (...asked) => inspection.openLegacy(...asked) }],
  ])
  const sockets = attachSockets(http, channels, {
    guard,
    shares,
    logger: named(logger, 'feed'),
    limits,
    compressFrames,
  })
  measureProcess()
  const own = new Metrics()
  own.add(RUNTIME, supervisor)
  own.add(LOG, supervisor)
  own.add(SERVER, {
    version: VERSION,
    get feedClients() {
      return readers.count
    },
    get inspectClients() {
      return inspectors.count
    },
    get lagRecords() {
      return supervisor.seq - feed.progress().keptUpTo
    },
    get conflated() {
      return feed.conflated
    },
    get dropped() {
      return sockets.dropped()
    },
  })
  metricRoutes(byContract, own, metrics === undefined ? [] : [metrics])
  http.server.maxConnections = limits.connectionsMax
  // Their bytes are bounded. Node would drop the headers behind the first 2,000, such as an Origin.
  http.server.maxHeadersCount = 0
  // An expectation that is not known may be ignored (RFC 9110, 10.1.1). Node would refuse it in a form of its own.
  http.server.on('checkExpectation', (request, response) => http.server.emit('request', request, response))
  const open = new Set<Socket>()
  http.server.on('connection', (socket) => {
    try {
      shares.connect(socket)
    } catch (error) {
      logger.debug({ err: error }, 'a connection is closed')
      socket.destroy()
      return
    }
    open.add(socket)
    // Each request that waits for its answer listens for the end of its connection, and so do the server's own parts.
    socket.setMaxListeners(2 * limits.requestsPerConnection + OWN_LISTENERS)
    socket.once('close', () => open.delete(socket))
  })
  try {
    await http.listen({ host: address, port })
  } catch (error) {
    sockets.close()
    throw listenFailure(error, host, port)
  }
  const { port: bound } = http.server.address() as AddressInfo
  // Without a host it listens on every address.
  const name = host.includes(':') ? `[${host}]` : host || 'localhost'
  return {
    url: `http://${name}:${bound}`,
    close: async () => {
      sockets.close()
      // Connections that do not end by themselves are destroyed.
      const cut = setTimeout(() => {
        for (const socket of open) socket.destroy()
      }, limits.stopMs)
      await http.close()
      clearTimeout(cut)
    },
  }
}

function listenFailure(error: unknown, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined || error instanceof OutcryError) return error
  const where = `${host}:${port}`
  const flag = '--port 7078 (0 takes any free one)'
  if (code === 'EADDRINUSE') {
    const hint = `Stop it, or choose another port: ${flag}.`
    return new OutcryError('PORT_IN_USE', `another process listens on ${where}`, hint, { cause: error })
  }
  const what = `the system does not let the server listen on ${where} (${code})`
  return new OutcryError('LISTEN_FAILED', what, `Choose another host or port: ${flag}.`, { cause: error })
}

/** The WebSockets: who may connect, how much a client may send, how slow it may be, and how a connection ends. */
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { OutcryError } from '../../store/index.ts'
import type { Logger } from '../runtime/logger.ts'
import { Allowance } from './allowance.ts'
import { COMPRESSION } from './compression.ts'
import { CLOSE } from './contract/frames.ts'
import { problemOf } from './contract/problem.ts'
import { pathOf, rawAnswer } from './errors.ts'
import type { Outlet } from './feed/outlet.ts'
import type { Wire } from './feed/wire.ts'
import { busy } from './gate.ts'
import type { Caller, Guard } from './guard.ts'
import type { Limits } from './limits.ts'
import { routeUnknown } from './methods.ts'
import { REQUEST_ID, requestIdOf } from './request-id.ts'
import { retryAfterOf, type Shares } from './shares.ts'

/** Largest frame that a client may send. */
const FRAME_BYTES_MAX = 65_536
/** Bytes sent since a client's last answer, beyond which the next answer may take long. */
const MUCH_BYTES = 65_536
/** Bytes of an answer to a ping, including its mask. */
const PONG_BYTES = 14
/** Interval, in ms, of the check whether clients read. */
const LOOK_MS = 1_000

/** A connected client, as its channel sees it. */
export interface Peer {
  readonly outlet: Outlet
  /** The thing that the client must send to remain connected. Undefined, or absent, while it may say nothing. */
  readonly awaited?: 'frame' | 'subscription' | undefined
  /** Closes it with 4408 and names the seq to resume from. */
  closeSlow(why: string): void
}

/** Adds a client. `wire` is the connection below its WebSocket. */
export type Connect = (client: WebSocket, wire: Wire) => Peer

export interface Channel {
  /** The clients of this channel, and of others that share its limit. */
  readonly clients: Clients
  /**
   * Checks what a request asks for, before its upgrade, and returns how its client is added; a promise of it where the
   * log has to be read.
   * @throws an error that refuses the upgrade
   */
  open(request: IncomingMessage, caller: Caller): Connect | Promise<Connect>
}

export class Clients {
  count = 0
  readonly max: number

  constructor(max: number) {
    this.max = max
  }
}

/** The request of an upgrade. A stranger has no caller, and nothing connects him. */
interface Opened {
  readonly path: string
  readonly channel: Channel
  readonly caller: Caller | undefined
  readonly connect: Connect | undefined
}

interface SocketParts {
  readonly guard: Guard
  readonly shares: Shares
  readonly logger: Logger
  readonly limits: Limits
  /** True when frames are compressed for clients that offer it. */
  readonly compressFrames: boolean
}

export interface Sockets {
  /** Returns how many WebSockets the server has ended, by channel and reason. */
  dropped(): readonly (readonly [channel: string, reason: string, count: number])[]
  close(): void
}

/** Reasons for which the server ends a WebSocket, by the code that it sends. */
const REASONS: Readonly<Record<number, string>> = {
  [CLOSE.badFrame]: 'badFrame',
  [CLOSE.unauthorised]: 'unauthorised',
  [CLOSE.tooSlow]: 'tooSlow',
  [CLOSE.idle]: 'idle',
  1011: 'failed',
}

/** Counts the WebSockets that the server ends. */
class Dropped {
  readonly #counts = new Map<string, Map<string, number>>()

  constructor(paths: Iterable<string>) {
    for (const path of paths)
      for (const reason of [...Object.values(REASONS), 'silent']) this.#add(path, reason, 0)
  }

  note(path: string, reason: string): void {
    this.#add(path, reason, 1)
  }

  #add(path: string, reason: string, by: number): void {
    const channel = path.slice(1)
    const counts = this.#counts.get(channel) ?? new Map<string, number>()
    this.#counts.set(channel, counts)
    counts.set(reason, (counts.get(reason) ?? 0) + by)
  }

  get all(): ReturnType<Sockets['dropped']> {
    return [...this.#counts].flatMap(([channel, counts]) =>
      [...counts].map(([reason, count]) => [channel, reason, count] as const),
    )
  }
}

export function attachSockets(
  http: FastifyInstance,
  channels: ReadonlyMap<string, Channel>,
  { guard, shares, logger, limits, compressFrames }: SocketParts,
): Sockets {
  const options = { noServer: true, maxPayload: FRAME_BYTES_MAX }
  const plain = new WebSocketServer(options)
  const compressing = new WebSocketServer({ ...options, perMessageDeflate: COMPRESSION })
  let compressed = 0
  const connections = new Set<Connection>()
  const dropped = new Dropped(channels.keys())
  const upgrade = (
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    { path, channel, caller, connect }: Opened,
  ): void => {
    const server = compressFrames && compressed < limits.compressedMax ? compressing : plain
    server.handleUpgrade(request, socket, head, (client) => {
      if (isCompressed(client)) {
        compressed++
        client.on('close', () => compressed--)
      }
      client.on('error', (err) =>
        logger.warn({ err, requestId: requestIdOf(request), path }, 'a client broke the WebSocket protocol'),
      )
      // Browsers hide the reason of a refused upgrade from a page, but show the code of a closed socket.
      if (caller === undefined || connect === undefined) {
        dropped.note(path, 'unauthorised')
        client.close(CLOSE.unauthorised, 'send Authorization: Bearer <token>')
        endWhenLoud(client, socket)
        return
      }
      const connection = new Connection(client, caller, socket, connect(client, socket), limits)
      connections.add(connection)
      channel.clients.count++
      client.on('close', () => {
        connections.delete(connection)
        channel.clients.count--
        const reason = connection.dropReason
        if (reason !== undefined) dropped.note(path, reason)
      })
    })
  }
  http.server.on('upgrade', (request, socket, head) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return answerAsAsked(http, request, socket)
    const path = pathOf(request.url)
    const refuse = (error: unknown) => refuseUpgrade(request, socket, error as OutcryError)
    let opened: Omit<Opened, 'connect'> & { readonly connect: Connect | Promise<Connect> | undefined }
    try {
      shares.takeOfAddress(request.socket)
      guard.admit(request)
      const channel = channels.get(path)
      if (channel === undefined) throw routeUnknown(request.method, request.url)
      expectRoom(channel, path)
      const caller = guard.callerOf(request)
      if (caller !== undefined) admit(shares, request, caller)
      // The server does not look at a stranger's request.
      opened = { path, channel, caller, connect: caller && channel.open(request, caller) }
    } catch (error) {
      return refuse(error)
    }
    const { connect, ...rest } = opened
    if (!(connect instanceof Promise)) return upgrade(request, socket, head, { ...rest, connect })
    // Node listens to the socket no more, and its WebSocket not yet.
    socket.on('error', () => {})
    const checked = connect.then((ready) => {
      expectRoom(rest.channel, path)
      return ready
    })
    checked.then((ready) => upgrade(request, socket, head, { ...rest, connect: ready }), refuse)
  })
  const servers = [plain, compressing]
  for (const server of servers)
    server.on('headers', (headers, request) => headers.push(`${REQUEST_ID}: ${requestIdOf(request)}`))
  const { stuckMs, pingMs, handshakeMs, idleMs } = limits
  const lookMs = Math.min(LOOK_MS, stuckMs / 4, pingMs / 4, handshakeMs / 4, idleMs / 4)
  const look = setInterval(() => {
    guard.look()
    for (const connection of connections) {
      if (guard.stillKnows(connection.caller)) connection.look(lookMs)
      else connection.closeUnknown()
    }
  }, lookMs)
  look.unref()
  return {
    dropped: () => dropped.all,
    close: () => {
      clearInterval(look)
      for (const connection of connections) connection.deliver()
      for (const server of servers) {
        for (const client of server.clients) client.close(1001, 'the runner stops')
        server.close()
      }
    },
  }
}

function isCompressed(client: WebSocket): boolean {
  return client.extensions !== ''
}

/** @throws SERVER_BUSY */
function expectRoom({ clients: { count, max } }: Channel, path: string): void {
  if (count >= max) throw busy(`${count} clients are connected to ${path}`)
}

/** Counts a WebSocket until its connection closes, also when its handshake fails. @throws LIMIT_EXCEEDED */
function admit(shares: Shares, { socket }: IncomingMessage, { token }: Caller): void {
  if (token !== undefined) shares.takeOfToken(socket, token.name)
  socket.once('close', shares.open(socket, token?.name))
}

/** One client: counts what it sends, and watches whether it reads. */
class Connection {
  readonly caller: Caller
  readonly #client: WebSocket
  readonly #peer: Peer
  readonly #limits: Limits
  readonly #bytes: Allowance
  readonly #frames: Allowance
  readonly #sent: () => number
  // Time is added up at each look. So a pause of the whole process does not count as a client's silence.
  #silentMs = 0
  #stuckMs = 0
  #unaskedMs = 0
  #idleMs = 0
  #sentWhenHeard = 0
  #isSilent = false

  constructor(
    client: WebSocket,
    caller: Caller,
    socket: Duplex & { bytesWritten?: number },
    peer: Peer,
    limits: Limits,
  ) {
    this.#client = client
    this.caller = caller
    this.#peer = peer
    this.#limits = limits
    this.#bytes = new Allowance(limits.bytesInBurst, limits.bytesInPerSecond)
    this.#frames = new Allowance(limits.framesInBurst, limits.framesInPerSecond)
    this.#sent = () => socket.bytesWritten ?? 0
    socket.on('data', (chunk: Buffer) => {
      if (!this.#bytes.take(chunk.length)) this.#closeLoud('too many bytes')
    })
    endWhenLoud(client, socket)
    // Runs before the channel's own listener.
    client.prependListener('message', (data: Buffer) => this.#onMessage(data.length))
    client.on('ping', () => this.#onFrame())
    client.on('pong', (data) => this.#onPong(String(data)))
  }

  /** Returns why the server has ended the connection; undefined when it has not. */
  get dropReason(): string | undefined {
    const { closedWith } = this.#peer.outlet
    if (closedWith !== undefined) return REASONS[closedWith]
    return this.#isSilent ? 'silent' : undefined
  }

  /** Delivers what waits for the client, as far as it reads. */
  deliver(): void {
    this.#peer.outlet.deliver()
  }

  /** Checks the client. `ms` have passed since the last look. */
  look(ms: number): void {
    const { stuckMs, silentMs, busySilentMs, pingMs } = this.#limits
    if (!this.#peer.outlet.isOpen) return
    this.#stuckMs = this.#peer.outlet.takeMoved() ? 0 : this.#stuckMs + ms
    this.#silentMs += ms
    this.#unaskedMs += ms
    if (this.#closeIdle(ms)) return
    const isBusy = this.#sent() - this.#sentWhenHeard > MUCH_BYTES
    if (this.#stuckMs >= stuckMs) this.#peer.closeSlow('too slow')
    else if (this.#silentMs > (isBusy ? busySilentMs : silentMs)) {
      this.#isSilent = true
      this.#client.terminate()
    } else if (this.#unaskedMs >= pingMs) {
      this.#unaskedMs = 0
      this.#peer.outlet.ask()
    }
  }

  /** Closes a client that has no subscription for too long. Returns whether it did. */
  #closeIdle(ms: number): boolean {
    const { awaited } = this.#peer
    this.#idleMs = awaited === undefined ? 0 : this.#idleMs + ms
    const maxMs = awaited === 'frame' ? this.#limits.handshakeMs : this.#limits.idleMs
    if (this.#idleMs < maxMs) return false
    this.#peer.outlet.close(CLOSE.idle, `no ${awaited} for ${maxMs} ms`)
    return true
  }

  /** Closes a client whose token was removed. */
  closeUnknown(): void {
    this.#peer.outlet.close(CLOSE.unauthorised, 'the token was removed')
  }

  #onPong(text: string): void {
    if (!this.#peer.outlet.takeAnswer(text)) {
      this.#onFrame()
      return
    }
    this.#silentMs = 0
    this.#sentWhenHeard = this.#sent()
    // A client that reads much also answers many pings.
    this.#bytes.take(-PONG_BYTES)
  }

  #onMessage(bytes: number): void {
    this.#onFrame()
    // A few bytes on the wire may be a long text.
    if (isCompressed(this.#client) && !this.#bytes.take(bytes)) this.#closeLoud('too many bytes')
  }

  #onFrame(): void {
    if (!this.#frames.take(1)) this.#closeLoud('too many frames')
  }

  /** Closes the client and reads nothing more from it. */
  #closeLoud(why: string): void {
    if (!this.#peer.outlet.isOpen) return
    this.#peer.closeSlow(why)
    this.#client.pause()
  }
}

/** Lets a client that is being closed finish its frame. The protocol would let it send for half a minute. */
function endWhenLoud(client: WebSocket, socket: Duplex): void {
  let bytes = 0
  socket.on('data', (chunk: Buffer) => {
    if (client.readyState === client.OPEN) return
    bytes += chunk.length
    if (bytes > FRAME_BYTES_MAX) client.terminate()
  })
}

/**
 * Answers a request for another upgrade. Node takes every request with Upgrade out of HTTP, whatever the protocol. A
 * server may go on with HTTP/1.1 when it does not know the other protocol (RFC 9110, 7.8): Java's client offers HTTP/2
 * with each request. A body cannot be read any more.
 */
function answerAsAsked(http: FastifyInstance, request: IncomingMessage, socket: Duplex): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
  if (length !== '0' || encoding !== undefined) {
    const what = `a request with a body cannot be upgraded to ${request.headers.upgrade}`
    const issues = [{ field: 'upgrade', rule: 'websocket' }]
    refuseUpgrade(
      request,
      socket,
      new OutcryError('REQUEST_INVALID', what, 'Send it as HTTP/1.1, without Upgrade.', { issues }),
    )
    return
  }
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  socket.on('error', () => {})
  socket.on('drain', () => response.emit('drain'))
  // Node does the same for its own connections: it ends those that read nothing in time, and those whose client has
  // gone.
  socket.on('timeout', () => socket.destroy())
  socket.once('end', () => socket.end())
  // Data behind the last request of a client is not read.
  socket.once('data', () => socket.destroy())
  response.once('finish', () => (socket as Socket).destroySoon())
  http.server.emit('request', request, response)
}

/** Refuses an upgrade with the same answer as any other request. */
function refuseUpgrade(request: IncomingMessage, socket: Duplex, error: OutcryError): void {
  const headers = [`${REQUEST_ID}: ${requestIdOf(request)}`]
  const seconds = retryAfterOf(error)
  if (seconds !== undefined) headers.push(`Retry-After: ${seconds}`)
  // A client that has gone need not be told.
  socket.on('error', () => {})
  socket.once('finish', () => socket.destroy())
  socket.end(rawAnswer(problemOf(error), ...headers))
}

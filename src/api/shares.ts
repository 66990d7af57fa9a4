/**
 * The shares of the server that one address and one token have: requests, connections and WebSockets. A client beyond
 * its share is refused, and all others go on. Clients of this machine have larger shares.
 */
import type { Socket } from 'node:net'
import { OutcryError } from '../../errors/outcry-error.ts'
import { Allowance } from './allowance.ts'
import { isLoopbackAddress } from './binding.ts'
import type { Limits } from './limits.ts'

/** Number of shares at which those that nobody uses are removed for the first time. */
const SWEEP_AT = 1_024

/** A share, and what is used of it. */
interface Share {
  /** Its owner, in words. */
  readonly of: string
  readonly requests: Allowance
  readonly connectionsMax: number
  readonly socketsMax: number
  connections: number
  sockets: number
}

interface Connection {
  readonly isLocal: boolean
  readonly ofAddress: Share
  /** Shares of the tokens that came over the connection. */
  readonly ofTokens: Map<string, Share>
}

export class Shares {
  readonly #limits: Limits
  readonly #shares = new Map<string, Share>()
  readonly #connections = new WeakMap<Socket, Connection>()
  #sweepAt = SWEEP_AT

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Number of shares in memory. */
  get size(): number {
    return this.#shares.size
  }

  /** Counts a new connection until it closes. @throws LIMIT_EXCEEDED */
  connect(socket: Socket): void {
    const { remoteAddress: address = '' } = socket
    const isLocal = isLoopbackAddress(address)
    const ofAddress = this.#shareOf(isLocal ? 'this machine' : networkOf(address), isLocal)
    enter(ofAddress)
    const connection: Connection = { isLocal, ofAddress, ofTokens: new Map() }
    this.#connections.set(socket, connection)
    socket.once('close', () => {
      this.#connections.delete(socket)
      ofAddress.connections--
      for (const share of connection.ofTokens.values()) share.connections--
    })
  }

  /** Takes a request from the share of its address. @throws LIMIT_EXCEEDED */
  takeOfAddress(socket: Socket): void {
    const connection = this.#connections.get(socket)
    if (connection !== undefined) takeRequest(connection.ofAddress)
  }

  /** Takes a request from the share of its token. @throws LIMIT_EXCEEDED */
  takeOfToken(socket: Socket, name: string): void {
    const connection = this.#connections.get(socket)
    if (connection === undefined) return
    takeRequest(this.#shareOfToken(connection, name))
  }

  /** Counts a WebSocket. Returns a function to call at its end. @throws LIMIT_EXCEEDED */
  open(socket: Socket, name: string | undefined): () => void {
    const connection = this.#connections.get(socket)
    if (connection === undefined) return () => {}
    const shares = [connection.ofAddress]
    if (name !== undefined) shares.push(this.#shareOfToken(connection, name))
    for (const share of shares) if (share.sockets >= share.socketsMax) throw exceeded(share, 'WebSockets')
    for (const share of shares) share.sockets++
    return () => {
      for (const share of shares) share.sockets--
    }
  }

  #shareOfToken({ ofTokens, isLocal }: Connection, name: string): Share {
    const known = ofTokens.get(name)
    if (known !== undefined) return known
    const share = this.#shareOf(`the token of ${name}`, isLocal)
    enter(share)
    ofTokens.set(name, share)
    return share
  }

  #shareOf(of: string, isLocal: boolean): Share {
    const key = isLocal ? `local ${of}` : of
    const known = this.#shares.get(key)
    if (known !== undefined) return known
    if (this.#shares.size >= this.#sweepAt) this.#sweep()
    const limits = this.#limits
    const share: Share = {
      of,
      requests: isLocal
        ? new Allowance(limits.localRequestsInBurst, limits.localRequestsPerSecond)
        : new Allowance(limits.requestsInBurst, limits.requestsPerSecond),
      connectionsMax: isLocal ? limits.localConnections : limits.connectionsPerClient,
      socketsMax: isLocal ? limits.localSockets : limits.socketsPerClient,
      connections: 0,
      sockets: 0,
    }
    this.#shares.set(key, share)
    return share
  }

  /** Removes the shares of which nothing is used. */
  #sweep(): void {
    for (const [key, { connections, sockets, requests }] of this.#shares)
      if (connections === 0 && sockets === 0 && requests.isFull()) this.#shares.delete(key)
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#shares.size)
  }
}

type What = 'requests' | 'connections' | 'WebSockets'

/** @throws LIMIT_EXCEEDED */
function enter(share: Share): void {
  if (share.connections >= share.connectionsMax) throw exceeded(share, 'connections')
  share.connections++
}

/** @throws LIMIT_EXCEEDED */
function takeRequest(share: Share): void {
  const waitMs = share.requests.takeOrWait(1)
  if (waitMs > 0) throw exceeded(share, 'requests', Math.ceil(waitMs / 1_000))
}

const waits = new WeakMap<OutcryError, number>()

function exceeded({ of }: Share, what: What, seconds = 1): OutcryError {
  const error = new OutcryError('LIMIT_EXCEEDED', `${of} has too many ${what}`, `Try again in ${seconds} s.`)
  waits.set(error, seconds)
  return error
}

/** Returns the seconds until the same request may succeed; undefined when an error is no LIMIT_EXCEEDED. */
export function retryAfterOf(error: OutcryError): number | undefined {
  return waits.get(error)
}

/**
 * Returns the network of an address: of IPv6 its first 64 bits, because a host can have as many addresses as it likes
 * within them.
 */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%')
  const [, mapped] = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(plain) ?? []
  if (mapped !== undefined || !plain.includes(':')) return mapped ?? plain
  const [before = '', behind] = plain.split('::')
  const groups = before.split(':').filter((group) => group !== '')
  const last = behind?.split(':').filter((group) => group !== '') ?? []
  while (groups.length + last.length < 8) groups.push('0')
  return `${[...groups, ...last].slice(0, 4).join(':')}::/64`
}

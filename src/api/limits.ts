/** The limits of what clients may use of the server. A client beyond a limit is refused or closed, and all others go on. */
export interface Limits {
  /** Connections at once, including WebSockets. The server closes further ones as they come. */
  readonly connectionsMax: number
  /** Connections at once of one address, or with one token. */
  readonly connectionsPerClient: number
  /** WebSockets at once of one address, or with one token. */
  readonly socketsPerClient: number
  /** Requests that one address, or one token, may make at once. Upgrades to a WebSocket count, too. */
  readonly requestsInBurst: number
  /** Requests a second beyond that. */
  readonly requestsPerSecond: number
  /** The same for this machine, where all clients have one address, also those behind a proxy. */
  readonly localConnections: number
  readonly localSockets: number
  readonly localRequestsInBurst: number
  readonly localRequestsPerSecond: number
  /** WebSockets of /inspect at once: each may get every transition. */
  readonly inspectorsMax: number
  /** ms within which the headers of a request must arrive. */
  readonly headersMs: number
  /** ms within which a whole request must arrive, including its body. */
  readonly requestMs: number
  /** ms that a connection waits for its next request. */
  readonly keepAliveMs: number
  /** Requests of one connection that wait for their answers: a client may send on without reading. */
  readonly requestsPerConnection: number
  /** Requests at once that read the log. Commits share the thread and the disk with them. */
  readonly readsAtOnce: number
  /** Requests that wait for a place among these. */
  readonly readsWaitingMax: number
  /** Answers under way at once, whether or not clients read them. */
  readonly answersAtOnce: number
  /** ms within which a client must take some bytes of an answer, or of its WebSocket's queue. */
  readonly stuckMs: number
  /** Interval, in ms, of pings to a WebSocket. */
  readonly pingMs: number
  /** ms within which a WebSocket must answer a ping when little was sent to it since its last answer. */
  readonly silentMs: number
  /** The same limit for a client that much was sent to, because its ping waits behind that. */
  readonly busySilentMs: number
  /** Bytes that a WebSocket may send at once. 64 subscriptions of 64 topics are less. */
  readonly bytesInBurst: number
  /** Bytes a second beyond that. */
  readonly bytesInPerSecond: number
  /** Frames, pings and pongs that a WebSocket may send at once. */
  readonly framesInBurst: number
  /** Frames a second beyond that. */
  readonly framesInPerSecond: number
  /** ms that clients have to end when the server stops. */
  readonly stopMs: number
}

export const LIMITS: Limits = {
  connectionsMax: 2_048,
  connectionsPerClient: 64,
  socketsPerClient: 32,
  requestsInBurst: 1_000,
  requestsPerSecond: 100,
  localConnections: 2_048,
  localSockets: 2_048,
  localRequestsInBurst: 50_000,
  localRequestsPerSecond: 10_000,
  inspectorsMax: 32,
  headersMs: 5_000,
  requestMs: 10_000,
  keepAliveMs: 5_000,
  requestsPerConnection: 16,
  readsAtOnce: 4,
  readsWaitingMax: 256,
  answersAtOnce: 64,
  stuckMs: 30_000,
  pingMs: 15_000,
  silentMs: 30_000,
  busySilentMs: 300_000,
  bytesInBurst: 1_048_576,
  bytesInPerSecond: 65_536,
  framesInBurst: 512,
  framesInPerSecond: 64,
  stopMs: 1_000,
}

/** Allows a burst, then a fixed amount a second, by a clock that nobody sets. */
export class Allowance {
  readonly #burst: number
  readonly #perSecond: number
  #left: number
  #at: number

  constructor(burst: number, perSecond: number, now = performance.now()) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#left = burst
    this.#at = now
  }

  /** Takes an amount and returns whether it is allowed. */
  take(amount: number, now = performance.now()): boolean {
    this.#earn(now)
    this.#left -= amount
    return this.#left >= 0
  }

  /** Takes an amount if it is there, and returns 0. Otherwise returns the ms until it is there, and takes nothing. */
  takeOrWait(amount: number, now = performance.now()): number {
    this.#earn(now)
    if (this.#left < amount) return ((amount - this.#left) * 1_000) / this.#perSecond
    this.#left -= amount
    return 0
  }

  /** Returns whether all of the burst is there. */
  isFull(now = performance.now()): boolean {
    this.#earn(now)
    return this.#left === this.#burst
  }

  #earn(now: number): void {
    const earned = ((now - this.#at) * this.#perSecond) / 1_000
    this.#left = Math.min(this.#burst, this.#left + earned)
    this.#at = now
  }
}

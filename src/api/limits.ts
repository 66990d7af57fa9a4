/** The limits of what clients may use of the server. A client beyond a limit is refused or closed, and all others go on. */
export interface Limits {
  /** Connections at once, including WebSockets. The server closes further ones as they come. */
  readonly connectionsMax: number
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

/** Allows a burst, then a fixed amount a second. */
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
    const earned = ((now - this.#at) * this.#perSecond) / 1_000
    this.#left = Math.min(this.#burst, this.#left + earned) - amount
    this.#at = now
    return this.#left >= 0
  }
}

/** What clients may take of the server. Whoever takes more is refused or closed, and everybody else goes on. */
export interface Limits {
  /** Connections at once, WebSockets among them. Further ones are closed as they come. */
  readonly connectionsMax: number
  /** WebSockets of /inspect at once: each may be told of every transition. */
  readonly inspectorsMax: number
  /** ms in which the headers of a request have to arrive. */
  readonly headersMs: number
  /** ms in which a whole request has to arrive, its body included. */
  readonly requestMs: number
  /** ms that a connection waits for its next request. */
  readonly keepAliveMs: number
  /** Requests of one connection that wait for their answers, whoever sends on without reading. */
  readonly requestsPerConnection: number
  /** Requests at once that read from the log; commits share the thread and the disk with them. */
  readonly readsAtOnce: number
  /** Requests that wait for that. */
  readonly readsWaitingMax: number
  /** Answers under way at once, read or not. */
  readonly answersAtOnce: number
  /** ms in which something of an answer, or of what waits for a WebSocket, has to be taken. */
  readonly stuckMs: number
  /** How often, in ms, a WebSocket is asked whether it is still there. */
  readonly pingMs: number
  /** ms in which a WebSocket answers that, when little has been sent to it since it did so last. */
  readonly silentMs: number
  /** The same when much is on its way to it: the question is behind that. */
  readonly busySilentMs: number
  /** Bytes that a WebSocket may send at once; 64 subscriptions of 64 topics are less. */
  readonly bytesInBurst: number
  /** Bytes a second beyond that. */
  readonly bytesInPerSecond: number
  /** Frames, pings and pongs that a WebSocket may send at once. */
  readonly framesInBurst: number
  /** Frames a second beyond that. */
  readonly framesInPerSecond: number
  /** ms that all clients have to end when the server does. */
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

/** Allows a burst, and then so much a second. */
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

  /** Whether so much more is allowed. */
  take(amount: number, now = performance.now()): boolean {
    const earned = ((now - this.#at) * this.#perSecond) / 1_000
    this.#left = Math.min(this.#burst, this.#left + earned) - amount
    this.#at = now
    return this.#left >= 0
  }
}

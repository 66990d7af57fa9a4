import type { WebSocket } from 'ws'
import { ZodError } from 'zod'
import type { TransitionRecord } from '../runtime/record.ts'
import { CLOSE, parseFrame, type ServerFrame, type SubscribeFrame } from './frames.ts'
import { type Publication, publicationsOf } from './publication.ts'
import { Subscription } from './subscription.ts'

/** The log as a feed reads it. */
export interface FeedSource {
  /** Last durable seq. */
  readonly seq: number
  read(options: { fromSeq?: number; toSeq?: number; reverse?: boolean }): AsyncIterable<TransitionRecord>
}

/** Bytes waiting in a client's socket beyond which it is no longer fed live, but from the log at its own pace. */
const BUFFERED_MAX = 1_048_576
/** How often a full socket is looked at. */
const DRAIN_CHECK_MS = 20
/** A socket that takes nothing for so long is closed. */
const STUCK_MS = 30_000
/** Records that `tail` looks back over. */
const TAIL_SCAN_MAX = 200_000

/** One connection to the feed. Whatever its speed, it gets every event once and in order, or is closed (law 4). */
export class FeedClient {
  readonly #socket: WebSocket
  readonly #source: FeedSource
  readonly #subscriptions = new Map<string, Subscription>()

  constructor(socket: WebSocket, source: FeedSource) {
    this.#socket = socket
    this.#source = source
    socket.on('message', (data, isBinary) => this.#onMessage(isBinary ? undefined : data.toString()))
    socket.on('close', () => this.#closeAll())
    // A broken socket also closes; there is nobody left to tell.
    socket.on('error', () => this.#closeAll())
  }

  send(frame: ServerFrame): void {
    this.#socket.send(JSON.stringify(frame))
  }

  onRecord({ seq }: TransitionRecord, publications: readonly Publication[]): void {
    for (const subscription of this.#subscriptions.values()) {
      if (!subscription.live || seq <= subscription.position) continue
      if (this.#socket.bufferedAmount > BUFFERED_MAX) {
        subscription.live = false
        void this.#catchUp(subscription, false)
        continue
      }
      publish(subscription, seq, publications)
    }
  }

  #onMessage(text: string | undefined): void {
    if (text === undefined) {
      this.#refuse('FRAME_INVALID', 'frames are JSON text, not binary')
      return
    }
    try {
      const frame = parseFrame(text, this.#subscriptions.size)
      if (frame.op === 'subscribe') void this.#subscribe(frame)
      else this.#unsubscribe(frame.id)
    } catch (error) {
      const message =
        error instanceof ZodError
          ? error.issues.map((i) => `${i.path.join('.') || 'frame'}: ${i.message}`).join('; ')
          : (error as Error).message
      this.#refuse('FRAME_INVALID', message)
    }
  }

  /** What is no frame is told and ends the connection: a client that does not speak the protocol will not mend. */
  #refuse(code: string, message: string): void {
    this.send({ op: 'error', code, message })
    this.#socket.close(CLOSE.badFrame, 'bad frame')
  }

  async #subscribe(frame: SubscribeFrame): Promise<void> {
    const { id, since, tail } = frame
    if (this.#subscriptions.has(id)) {
      return this.send({ op: 'error', code: 'SUBSCRIPTION_EXISTS', message: `"${id}" is in use`, id })
    }
    if (since !== undefined && since > this.#source.seq) {
      const message = `since ${since} is beyond the log, which ends at ${this.#source.seq}`
      return this.send({ op: 'error', code: 'SEQ_UNKNOWN', message, id })
    }
    const subscription = new Subscription(frame, (text) => this.#socket.send(text))
    this.#subscriptions.set(id, subscription)
    this.send({ op: 'subscribed', id })
    const head = this.#source.seq
    subscription.position = since ?? head
    try {
      if (since === undefined && tail !== undefined) await this.#sendTail(subscription, head, tail)
    } catch (error) {
      return this.#endUnread(id, error)
    }
    await this.#catchUp(subscription, true)
  }

  #unsubscribe(id: string): void {
    const subscription = this.#subscriptions.get(id)
    if (subscription === undefined) {
      this.send({ op: 'error', code: 'SUBSCRIPTION_UNKNOWN', message: `"${id}" is not subscribed`, id })
      return
    }
    subscription.closed = true
    this.#subscriptions.delete(id)
    this.send({ op: 'unsubscribed', id })
  }

  async #sendTail(subscription: Subscription, head: number, tail: number): Promise<void> {
    const found: Publication[] = []
    const fromSeq = Math.max(1, head - TAIL_SCAN_MAX + 1)
    for await (const record of this.#source.read({ fromSeq, toSeq: head, reverse: true })) {
      found.push(
        ...publicationsOf(record)
          .filter((p) => subscription.wants(p))
          .reverse(),
      )
      if (found.length >= tail || subscription.closed) break
    }
    if (subscription.closed) return
    for (const publication of found.slice(0, tail).reverse()) subscription.publish(publication)
  }

  /** Reads the log from the subscription's position until nothing is missing; from then on the commits feed it. */
  async #catchUp(subscription: Subscription, first: boolean): Promise<void> {
    const { id } = subscription
    try {
      while (!subscription.closed && subscription.position < this.#source.seq) {
        const fromSeq = subscription.position + 1
        for await (const record of this.#source.read({ fromSeq, toSeq: this.#source.seq })) {
          if (subscription.closed || !(await this.#roomToSend(subscription))) return
          publish(subscription, record.seq, publicationsOf(record))
        }
      }
      if (subscription.closed) return
      subscription.live = true
      subscription.flush()
      if (first) this.send({ op: 'caughtUp', id, seq: subscription.position })
    } catch (error) {
      this.#endUnread(id, error)
    }
  }

  /** Ends the connection when the log cannot be read: a client without its events would have a gap (law 4). */
  #endUnread(id: string, error: unknown): void {
    this.send({ op: 'error', code: 'FEED_FAILED', message: (error as Error).message, id })
    this.#socket.close(1011, 'the log could not be read')
  }

  /** False when the client took nothing for too long and was closed. */
  async #roomToSend(subscription: Subscription): Promise<boolean> {
    let buffered = this.#socket.bufferedAmount
    let stuckMs = 0
    while (this.#socket.bufferedAmount > BUFFERED_MAX && !subscription.closed) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS))
      stuckMs = this.#socket.bufferedAmount < buffered ? 0 : stuckMs + DRAIN_CHECK_MS
      buffered = this.#socket.bufferedAmount
      if (stuckMs < STUCK_MS) continue
      this.#socket.close(CLOSE.tooSlow, `too slow; resume with since ${subscription.position}`)
      // Behind what it does not read it would never see the close frame.
      setTimeout(() => this.#socket.terminate(), 1_000).unref()
      return false
    }
    return !subscription.closed
  }

  #closeAll(): void {
    for (const subscription of this.#subscriptions.values()) subscription.closed = true
    this.#subscriptions.clear()
  }
}

function publish(subscription: Subscription, seq: number, publications: readonly Publication[]): void {
  for (const publication of publications)
    if (subscription.wants(publication)) subscription.publish(publication)
  subscription.position = seq
}

import type { WebSocket } from 'ws'
import { ZodError } from 'zod'
import type { TransitionRecord } from '../runtime/record.ts'
import { CLOSE, type EventFrame, parseFrame, type ServerFrame, type SubscribeFrame } from './frames.ts'
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

interface Stream {
  readonly subscription: Subscription
  /** Fed by the commits; otherwise it reads the log until it has caught up. */
  live: boolean
  closed: boolean
}

/** One connection to the feed. Whatever its speed, it gets every event once and in order, or is closed (law 4). */
export class FeedClient {
  readonly #socket: WebSocket
  readonly #source: FeedSource
  readonly #streams = new Map<string, Stream>()

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

  onRecord(record: TransitionRecord): void {
    for (const stream of this.#streams.values()) {
      if (!stream.live || record.seq <= stream.subscription.position) continue
      if (this.#socket.bufferedAmount > BUFFERED_MAX) {
        stream.live = false
        void this.#catchUp(stream, false)
        continue
      }
      this.#sendRecord(stream, record)
    }
  }

  #onMessage(text: string | undefined): void {
    if (text === undefined) {
      this.#refuse('FRAME_INVALID', 'frames are JSON text, not binary')
      return
    }
    try {
      const frame = parseFrame(text, this.#streams.size)
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
    if (this.#streams.has(id)) {
      return this.send({ op: 'error', code: 'SUBSCRIPTION_EXISTS', message: `"${id}" is in use`, id })
    }
    if (since !== undefined && since > this.#source.seq) {
      const message = `since ${since} is beyond the log, which ends at ${this.#source.seq}`
      return this.send({ op: 'error', code: 'SEQ_UNKNOWN', message, id })
    }
    const stream: Stream = { subscription: new Subscription(frame), live: false, closed: false }
    this.#streams.set(id, stream)
    this.send({ op: 'subscribed', id })
    const head = this.#source.seq
    stream.subscription.position = since ?? head
    if (since === undefined && tail !== undefined) await this.#sendTail(stream, head, tail)
    await this.#catchUp(stream, true)
  }

  #unsubscribe(id: string): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) {
      this.send({ op: 'error', code: 'SUBSCRIPTION_UNKNOWN', message: `"${id}" is not subscribed`, id })
      return
    }
    stream.closed = true
    this.#streams.delete(id)
    this.send({ op: 'unsubscribed', id })
  }

  async #sendTail(stream: Stream, head: number, tail: number): Promise<void> {
    const frames: EventFrame[] = []
    const fromSeq = Math.max(1, head - TAIL_SCAN_MAX + 1)
    for await (const record of this.#source.read({ fromSeq, toSeq: head, reverse: true })) {
      frames.push(...stream.subscription.framesOf(record).reverse())
      if (frames.length >= tail || stream.closed) break
    }
    if (stream.closed) return
    for (const frame of frames.slice(0, tail).reverse()) this.send(frame)
  }

  /** Reads the log from the stream's position until nothing is missing; from then on the commits feed it. */
  async #catchUp(stream: Stream, first: boolean): Promise<void> {
    try {
      while (!stream.closed && stream.subscription.position < this.#source.seq) {
        const fromSeq = stream.subscription.position + 1
        for await (const record of this.#source.read({ fromSeq, toSeq: this.#source.seq })) {
          if (stream.closed || !(await this.#roomToSend(stream))) return
          this.#sendRecord(stream, record)
        }
      }
      if (stream.closed) return
      stream.live = true
      if (first) this.send({ op: 'caughtUp', id: stream.subscription.id, seq: stream.subscription.position })
    } catch (error) {
      this.send({
        op: 'error',
        code: 'FEED_FAILED',
        message: (error as Error).message,
        id: stream.subscription.id,
      })
      this.#socket.close(1011, 'the log could not be read')
    }
  }

  /** False when the client took nothing for too long and was closed. */
  async #roomToSend(stream: Stream): Promise<boolean> {
    let buffered = this.#socket.bufferedAmount
    let stuckMs = 0
    while (this.#socket.bufferedAmount > BUFFERED_MAX && !stream.closed) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS))
      stuckMs = this.#socket.bufferedAmount < buffered ? 0 : stuckMs + DRAIN_CHECK_MS
      buffered = this.#socket.bufferedAmount
      if (stuckMs < STUCK_MS) continue
      this.#socket.close(CLOSE.tooSlow, `too slow; resume with since ${stream.subscription.position}`)
      // Behind what it does not read it would never see the close frame.
      setTimeout(() => this.#socket.terminate(), 1_000).unref()
      return false
    }
    return !stream.closed
  }

  #sendRecord({ subscription }: Stream, record: TransitionRecord): void {
    for (const frame of subscription.framesOf(record)) this.send(frame)
    subscription.position = record.seq
  }

  #closeAll(): void {
    for (const stream of this.#streams.values()) stream.closed = true
    this.#streams.clear()
  }
}

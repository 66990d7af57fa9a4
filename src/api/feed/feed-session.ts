import type { WebSocket } from 'ws'
import { ZodError } from 'zod'
import type { ErrorCode } from '../../../errors/codes.ts'
import { compact } from '../../../errors/compact.ts'
import type { TopicIndex } from '../../runtime/events/topic-index.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import { CLOSE, type ServerFrame, type SubscribeFrame } from '../contract/frames.ts'
import { parseFrame } from './frames.ts'
import type { Known } from './known.ts'
import { Outlet, type Waiting } from './outlet.ts'
import type { Pace } from './pace.ts'
import { type Publication, publicationsOf } from './publication.ts'
import type { Reader, ReadingQueue } from './reading-queue.ts'
import { Subscription, type TailSearch } from './subscription.ts'
import type { Wire } from './wire.ts'

/** The log as a feed reads it. */
export interface FeedSource {
  /** Last durable seq. */
  readonly seq: number
  /** First seq that there is. */
  readonly firstSeq: number
  read(options: {
    fromSeq?: number
    toSeq?: number
    reverse?: boolean
    limit?: number
    emitting?: readonly string[] | undefined
    signal?: AbortSignal
    inBackground?: boolean
  }): AsyncIterable<TransitionRecord>
}

/** The parts that all clients of a feed share. */
export interface FeedParts {
  readonly source: FeedSource
  readonly known: Known
  readonly index: TopicIndex<Listener>
  readonly reading: ReadingQueue
  readonly waiting: Waiting
  readonly pace: Pace
}

/** A subscription and its client. */
export interface Listener {
  readonly client: FeedClient
  readonly subscription: Subscription
}

/** Most topics of all clients together. */
const TOPICS_IN_ALL_MAX = 200_000
/** Records that reading through the index finds before the next client's turn. */
const PIECE_FOUND = 500
/** Most records that `tail` searches, back from the end, when no index leads to what it wants. */
const TAIL_SCAN_MAX = 200_000
/** Records that one client reads before the next client's turn. */
const PIECE_RECORDS = 5_000

/**
 * One connection to the feed. At any speed, the client gets every event once and in order, or is closed (law 4). While
 * its outlet has room, the commits feed it. Without room it reads the log at its own pace.
 */
export class FeedClient implements Reader {
  readonly outlet: Outlet
  readonly #parts: FeedParts
  readonly #listeners = new Map<string, Listener>()
  /** Subscriptions that read the log. The first one reads next. */
  #behind: Subscription[] = []
  readonly #gone = new AbortController()
  /** Seq of the last record that was sent as it happened. */
  #admitted = 0
  #hasSpoken = false

  constructor(socket: WebSocket, parts: FeedParts, wire?: Wire) {
    this.#parts = parts
    this.outlet = new Outlet(socket, { all: parts.waiting, wire, pace: parts.pace })
    socket.on('message', (data, isBinary) => this.#onMessage(isBinary ? undefined : data.toString()))
    socket.on('close', () => this.#closeAll())
    // A broken socket also closes, and the client cannot be told.
    socket.on('error', () => this.#closeAll())
  }

  /** The thing that the client must send to remain connected; undefined while it has a subscription. */
  get awaited(): 'frame' | 'subscription' | undefined {
    if (this.#listeners.size > 0) return undefined
    return this.#hasSpoken ? 'subscription' : 'frame'
  }

  send(frame: ServerFrame): void {
    this.outlet.send(JSON.stringify(frame))
  }

  /** Takes a publication on a topic of the subscription, of a record that has become durable. */
  onPublication(subscription: Subscription, seq: number, publication: Publication): void {
    if (!subscription.live || seq <= subscription.position || !subscription.admits(publication)) return
    if (this.#admitted !== seq && !this.outlet.hasRoom && !subscription.canHold(publication)) {
      this.#fallBehind(seq - 1)
      return
    }
    if (this.outlet.hasRoom) this.#admitted = seq
    subscription.publish(publication)
  }

  /** Ends the connection and names the seq from which a resumed subscription misses nothing. */
  closeSlow(why: string): void {
    this.outlet.deliver()
    this.outlet.close(CLOSE.tooSlow, `${why}; resume with since ${this.#resumeFrom}`)
    this.#closeAll()
  }

  /**
   * Returns the seq up to which the client keeps up: nothing up to there waits for it to read. What is kept back by its own
   * wish, for a batch or a throttle, does not count, nor does the search for a tail.
   */
  get keptUpTo(): number {
    let seq = Math.min(this.#parts.source.seq, (this.outlet.oldestSeq ?? Number.POSITIVE_INFINITY) - 1)
    for (const { subscription } of this.#listeners.values()) {
      const { live, tail, position } = subscription
      if (!live && tail === undefined) seq = Math.min(seq, position)
    }
    return seq
  }

  get #resumeFrom(): number {
    let from = this.keptUpTo
    for (const { subscription } of this.#listeners.values())
      if (subscription.oldestSeq !== undefined) from = Math.min(from, subscription.oldestSeq - 1)
    return from
  }

  #onMessage(text: string | undefined): void {
    // A client that is being closed may still send frames.
    if (!this.outlet.isOpen) return
    this.#hasSpoken = true
    if (text === undefined) {
      this.#refuse('FRAME_INVALID', 'frames are JSON text, not binary')
      return
    }
    try {
      const frame = parseFrame(text, this.#listeners.size)
      if (frame.op === 'subscribe') this.#subscribe(frame)
      else this.#unsubscribe(frame.id)
    } catch (error) {
      const message =
        error instanceof ZodError
          ? error.issues.map((i) => `${i.path.join('.') || 'frame'}: ${i.message}`).join('; ')
          : (error as Error).message
      this.#refuse('FRAME_INVALID', message)
    }
  }

  /** Reports a bad frame and ends the connection, because a client that breaks the protocol will not recover. */
  #refuse(code: ErrorCode, message: string): void {
    this.send({ op: 'error', code, message })
    this.outlet.close(CLOSE.badFrame, 'bad frame')
    this.#closeAll()
  }

  #subscribe(frame: SubscribeFrame): void {
    const { id, since, tail } = frame
    const { source, known, index } = this.#parts
    const head = source.seq
    if (this.#listeners.has(id)) {
      this.send({ op: 'error', code: 'SUBSCRIPTION_EXISTS', message: `"${id}" is in use`, id })
      return
    }
    const fault = known.fault(frame)
    if (fault !== undefined) {
      this.send({ op: 'error', code: 'SUBSCRIPTION_UNMATCHED', message: fault, id })
      return
    }
    if (since !== undefined && since > head) {
      const message = `since ${since} is beyond the log, which ends at ${head}`
      this.send({ op: 'error', code: 'SEQ_UNKNOWN', message, id })
      return
    }
    if (since !== undefined && since < source.firstSeq - 1) {
      const message = `since ${since} is before the log, which begins at seq ${source.firstSeq}: what was before was deleted`
      this.send({ op: 'error', code: 'LOG_CUT', message, id })
      return
    }
    if (index.size + frame.topics.length > TOPICS_IN_ALL_MAX) {
      const message = `clients have subscribed to ${index.size} topics, and there may be ${TOPICS_IN_ALL_MAX}`
      this.send({ op: 'error', code: 'SERVER_BUSY', message, id })
      return
    }
    const types = known.typesIn(frame)
    const subscription = new Subscription(frame, types, head, this.outlet, this.#awaitRoom)
    subscription.position = since ?? head
    if (since === undefined && tail !== undefined && head > 0)
      subscription.tail = tailSearch(head, source.firstSeq, tail, types !== undefined)
    const listener = { client: this, subscription }
    this.#listeners.set(id, listener)
    for (const pattern of subscription.patterns) index.add(pattern, listener)
    this.send({ op: 'subscribed', id })
    if (subscription.tail === undefined && subscription.position === head) {
      this.#goLive(subscription)
      return
    }
    this.#behind.push(subscription)
    this.#parts.reading.add(this)
  }

  #unsubscribe(id: string): void {
    const listener = this.#listeners.get(id)
    if (listener === undefined) {
      this.send({ op: 'error', code: 'SUBSCRIPTION_UNKNOWN', message: `"${id}" is not subscribed`, id })
      return
    }
    this.#listeners.delete(id)
    this.#end(listener)
    this.#behind = this.#behind.filter(({ closed }) => !closed)
    this.send({ op: 'unsubscribed', id })
  }

  #goLive(subscription: Subscription): void {
    subscription.live = true
    this.#tellCaughtUp(subscription)
  }

  /** Tells the client once that it has its past. While commits follow each other, what comes then is still read from the log. */
  #tellCaughtUp(subscription: Subscription): void {
    if (subscription.hasCaughtUp || subscription.position < subscription.head) return
    subscription.hasCaughtUp = true
    subscription.flush()
    const { id, position: seq, tailFrom } = subscription
    this.send({ op: 'caughtUp', id, seq, ...compact({ tailFrom }) })
  }

  #fallBehind(toldTo: number): void {
    for (const { subscription } of this.#listeners.values()) {
      if (!subscription.live) continue
      subscription.live = false
      subscription.dropAfter(toldTo)
      subscription.position = Math.max(subscription.position, toldTo)
      this.#behind.push(subscription)
    }
    this.#parts.reading.add(this)
  }

  /** Goes on once the outlet has room: with what waits to be conflated, and with the log. */
  readonly #awaitRoom = (): void =>
    this.outlet.onRoom(() => {
      for (const { subscription } of this.#listeners.values()) subscription.release()
      if (this.#behind.length > 0) this.#parts.reading.add(this)
    })

  async readOn(): Promise<boolean> {
    const [first] = this.#behind
    if (first === undefined) return false
    if (!this.outlet.hasRoom) {
      this.#awaitRoom()
      return false
    }
    try {
      if (first.tail === undefined) await this.#readPiece(first)
      else await this.#searchTail(first, first.tail)
    } catch (error) {
      if (!this.#gone.signal.aborted) this.#endUnread(first.id, error)
      return false
    }
    // Each subscription has its turn.
    if (this.#behind[0] === first) this.#behind.push(this.#behind.shift() as Subscription)
    return this.#behind.length > 0
  }

  /** Reads on for this subscription and for all others at the same position. */
  async #readPiece({ position }: Subscription): Promise<void> {
    const { source } = this.#parts
    const { signal } = this.#gone
    const together = this.#behind.filter((s) => s.tail === undefined && s.position === position)
    // The index leads past the records between those that the client wants. The last events of a rare type are far back.
    const emitting = typesOf(together)
    const near = position + PIECE_RECORDS
    const toSeq = emitting === undefined ? Math.min(source.seq, near) : source.seq
    // A client that fell behind a moment ago must catch up, so it does not read in the background.
    const inBackground = near < source.seq
    const place = { fromSeq: position + 1, toSeq, emitting, ...(emitting && { limit: PIECE_FOUND }) }
    let left = emitting === undefined ? Number.POSITIVE_INFINITY : PIECE_FOUND
    for await (const record of source.read({ ...place, signal, inBackground })) {
      if (!this.outlet.hasRoom || together.every(({ closed }) => closed)) {
        left = 0
        break
      }
      left--
      const publications = publicationsOf(record, this.#parts.known.classOf)
      for (const subscription of together)
        if (!subscription.closed) subscription.take(record.seq, publications)
    }
    // No further record up to there is of the types.
    if (left > 0) for (const subscription of together) subscription.position = toSeq
    for (const subscription of together) {
      if (subscription.closed) continue
      this.#tellCaughtUp(subscription)
      if (subscription.position < source.seq) continue
      this.#behind.splice(this.#behind.indexOf(subscription), 1)
      this.#goLive(subscription)
    }
  }

  /** Searches where `tail` begins. It keeps nothing else: the client then reads on from there. */
  async #searchTail(subscription: Subscription, tail: TailSearch): Promise<void> {
    const { source } = this.#parts
    const { signal } = this.#gone
    const { floor, seq: toSeq } = tail
    const emitting = subscription.types
    const place =
      emitting === undefined
        ? { fromSeq: Math.max(floor, toSeq - PIECE_RECORDS + 1) }
        : { fromSeq: floor, emitting, limit: PIECE_FOUND }
    let read = 0
    for await (const record of source.read({ ...place, toSeq, reverse: true, signal, inBackground: true })) {
      if (subscription.closed) return
      read++
      const found = publicationsOf(record).filter((publication) => subscription.wants(publication)).length
      tail.seq = record.seq - 1
      if (found < tail.left) {
        tail.left -= found
        continue
      }
      subscription.skip = found - tail.left
      return this.#tailFrom(subscription, record.seq)
    }
    const isDone = emitting === undefined ? tail.seq < floor : read < PIECE_FOUND
    if (isDone) this.#tailFrom(subscription, floor)
  }

  #tailFrom(subscription: Subscription, seq: number): void {
    subscription.tail = undefined
    subscription.tailFrom = seq
    subscription.position = seq - 1
  }

  /** Ends the connection when the log cannot be read, because a client without its events would have a gap (law 4). */
  #endUnread(id: string, error: unknown): void {
    this.send({ op: 'error', code: 'FEED_FAILED', message: (error as Error).message, id })
    this.outlet.close(1011, 'the log could not be read')
    this.#closeAll()
  }

  #closeAll(): void {
    this.#gone.abort()
    for (const listener of this.#listeners.values()) this.#end(listener)
    this.#listeners.clear()
    this.#behind = []
    this.#parts.reading.remove(this)
  }

  #end(listener: Listener): void {
    const { subscription } = listener
    subscription.close()
    for (const pattern of subscription.patterns) this.#parts.index.remove(pattern, listener)
  }
}

/** Returns the search for the last `left` publications. With an index it goes back as far as it must. */
function tailSearch(head: number, first: number, left: number, hasIndex: boolean): TailSearch {
  return { seq: head, floor: hasIndex ? first : Math.max(first, head - TAIL_SCAN_MAX + 1), left }
}

/** Returns the types that the subscriptions may want; undefined when one of them may want any, or records. */
function typesOf(subscriptions: readonly Subscription[]): readonly string[] | undefined {
  const all = new Set<string>()
  for (const { types } of subscriptions) {
    if (types === undefined) return undefined
    for (const type of types) all.add(type)
  }
  return [...all]
}

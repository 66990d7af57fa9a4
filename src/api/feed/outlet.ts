/**
 * The queue of frames for one client. It hands little to the socket at a time, which shows whether the client reads: a
 * client that still reads has all the time it needs, and a client that reads nothing is stuck.
 */
import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'
import { COMPRESSED_BYTES_MIN } from '../compression.ts'
import { Pace } from './pace.ts'
import { runOf, type Wire } from './wire.ts'

/**
 * Bytes handed to the socket at once. A longer frame goes in pieces. At 2 KiB a second one piece takes half a minute.
 */
export const PIECE_BYTES = 65_536
/** Most characters that wait for one client before no new frames are made for it: a burst of a few thousand events. */
const CLIENT_WAITING_MAX = 1_048_576
/** Characters that a publication counts while it is kept to be conflated. */
const RETAINED_SIZE = 256
/** Most characters that wait for all clients. Beyond it only clients with an empty queue get more. */
const ALL_WAITING_MAX = 64 * 1_048_576

/** A text frame. Bytes are shared by clients: of a large frame the middle, of others all. */
export type Frame = string | Buffer | readonly [before: string, middle: Buffer, after: string]

/** Characters that wait for all clients of a server, and events that were left out. */
export class Waiting {
  size = 0
  /** Publications that were left out for newer ones, since the start. */
  conflated = 0
  readonly max: number

  constructor(max = ALL_WAITING_MAX) {
    this.max = max
  }
}

export interface OutletParts {
  /** Characters that wait for all clients. */
  readonly all?: Waiting
  /** Most characters that wait for this client. */
  readonly max?: number
  /** The connection below the WebSocket. With it, frames go together, and clients share their bytes. */
  readonly wire?: Wire | undefined
  /** The turns of deliveries, which clients share. */
  readonly pace?: Pace
}

interface Piece {
  readonly data: string | Buffer
  readonly size: number
  readonly isFirst: boolean
  readonly isLast: boolean
  /** seq of the first record in the frame. */
  readonly seq: number | undefined
}

export class Outlet {
  readonly #socket: WebSocket
  readonly #all: Waiting
  readonly #max: number
  readonly #wire: Wire | undefined
  /** True when a WebSocket would write a whole frame to the connection at once and as it is. */
  readonly #isPlain: boolean
  readonly #pace: Pace
  #beforeDelivery: (() => void)[] = []
  #queue: Piece[] = []
  /** Characters in the queue. */
  #queued = 0
  /** Characters that subscriptions keep back for their batches. */
  #held = 0
  /** Characters for which publications count that wait to be conflated. Their texts are not made yet. */
  #retained = 0
  #buffered = 0
  #hasMoved = true
  /** Unanswered pings, the oldest first. */
  #asked: string[] = []
  /** Characters handed to the socket since the last ping. */
  #unasked = 0
  #onRoom: (() => void) | undefined
  #isOpen = true
  #closedWith: number | undefined

  constructor(socket: WebSocket, parts: OutletParts = {}) {
    const { all = new Waiting(), max = CLIENT_WAITING_MAX, wire, pace = new Pace() } = parts
    this.#socket = socket
    this.#all = all
    this.#max = max
    this.#wire = wire
    this.#isPlain = wire !== undefined && socket.extensions === ''
    this.#pace = pace
    socket.on('close', () => this.#end())
  }

  get isOpen(): boolean {
    return this.#isOpen && this.#socket.readyState === this.#socket.OPEN
  }

  /** Returns the code with which the server has closed the connection; undefined when it has not. */
  get closedWith(): number | undefined {
    return this.#closedWith
  }

  /** Counts publications that were left out for newer ones. */
  noteConflated(count: number): void {
    this.#all.conflated += count
  }

  /** Returns whether the client may get a frame that it could also get later. */
  get hasRoom(): boolean {
    const waiting = this.#queued + this.#held + this.#socket.bufferedAmount
    return waiting < this.#max && (waiting === 0 || this.#all.size < this.#all.max)
  }

  /** seq of the oldest record in the queue; undefined when it is empty. */
  get oldestSeq(): number | undefined {
    let oldest: number | undefined
    for (const { seq } of this.#queue) if (seq !== undefined) oldest = Math.min(seq, oldest ?? seq)
    return oldest
  }

  /** Calls back once, as soon as there is room. */
  onRoom(callback: () => void): void {
    if (this.hasRoom) callback()
    else this.#onRoom = callback
  }

  /** Adds to the characters that a subscription keeps back. A negative size takes them off. */
  hold(size: number): void {
    if (!this.#isOpen) return
    this.#held += size
    this.#all.size += size
  }

  /** Sets the number of publications more, or fewer, that subscriptions keep to conflate them. */
  retain(more: number): void {
    if (!this.#isOpen) return
    this.#retained += more * RETAINED_SIZE
    this.#all.size += more * RETAINED_SIZE
  }

  /** Sends a frame at once, behind those that wait. */
  send(frame: Frame): void {
    this.#add(frame)
    this.#pump()
  }

  /** Sends a frame with the next delivery. `seq` is that of the first record in it. */
  enqueue(frame: Frame, seq: number): void {
    this.#add(frame, seq)
    this.#await()
  }

  /** Calls back once, before the next delivery. */
  beforeDelivery(callback: () => void): void {
    this.#beforeDelivery.push(callback)
    this.#await()
  }

  /** Delivers what waits, as far as the client reads. */
  deliver(): void {
    const callbacks = this.#beforeDelivery
    this.#beforeDelivery = []
    for (const callback of callbacks) callback()
    this.#pump()
    this.#pace.remove(this.#onTurn)
  }

  /** Returns whether nothing waits, or the client has taken some of it since the last call. */
  takeMoved(): boolean {
    const { bufferedAmount } = this.#socket
    const hasMoved = this.#hasMoved || bufferedAmount === 0 || bufferedAmount < this.#buffered
    this.#hasMoved = false
    this.#buffered = bufferedAmount
    return hasMoved
  }

  /**
   * Pings the client. When much is on its way, the system hides for minutes whether the client reads, but the pong
   * shows how far it has come. The text is random, so a client that has not read the ping cannot know the answer.
   */
  ask(): void {
    const text = randomBytes(6).toString('base64')
    this.#unasked = 0
    this.#asked.push(text)
    this.#socket.ping(text)
  }

  /** Returns whether the text of a pong answers a ping. */
  takeAnswer(text: string): boolean {
    const place = this.#asked.indexOf(text)
    if (place < 0) return false
    // A client may answer only the last of several pings.
    this.#asked.splice(0, place + 1)
    this.#hasMoved = true
    return true
  }

  /** Closes the socket. Drops the queue, so that the reason follows the bytes that the socket already has. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return
    this.#closedWith = code
    this.#end()
    this.#socket.close(code, reason)
  }

  readonly #onTurn = (): void => this.deliver()

  #await(): void {
    if (this.isOpen) this.#pace.add(this.#onTurn)
  }

  #add(frame: Frame, seq?: number): void {
    if (!this.isOpen) return
    const isWhole = !isInParts(frame) && frame.length <= PIECE_BYTES
    const pieces = isWhole ? [frame] : piecesOf(frame)
    for (const [i, data] of pieces.entries()) {
      this.#queue.push({ data, size: data.length, isFirst: i === 0, isLast: i === pieces.length - 1, seq })
      this.#queued += data.length
      this.#all.size += data.length
    }
  }

  readonly #onGone = (): void => {
    this.#hasMoved = true
    if (this.#queue.length > 0) this.#pump()
    if (this.#onRoom === undefined || !this.#isOpen || !this.hasRoom) return
    const callback = this.#onRoom
    this.#onRoom = undefined
    callback()
  }

  /** Hands what waits to the socket, as far as it takes it, with one write. */
  #pump(): void {
    if (this.#queue.length === 0 || !this.isOpen) return
    let handed = 0
    this.#wire?.cork()
    while (handed < this.#queue.length && this.#socket.bufferedAmount < PIECE_BYTES) {
      const { count, size } = this.#hand(handed)
      handed += count
      this.#queued -= size
      this.#all.size -= size
      this.#unasked += size
      if (this.#unasked >= PIECE_BYTES) this.ask()
    }
    this.#wire?.uncork()
    if (handed === this.#queue.length) this.#queue = []
    else this.#queue.splice(0, handed)
  }

  /** Hands one piece of the queue to the socket, or the whole frames of bytes that follow each other. Returns what went. */
  #hand(start: number): { readonly count: number; readonly size: number } {
    const { data, size, isLast } = this.#queue[start] as Piece
    const frames = this.#isPlain ? this.#framesAt(start) : []
    if (frames.length === 0) {
      this.#socket.send(data, { binary: false, fin: isLast }, this.#onGone)
      return { count: 1, size }
    }
    this.#wire?.write(runOf(frames), this.#onGone)
    return { count: frames.length, size: frames.reduce((sum, { length }) => sum + length, 0) }
  }

  /** Returns the whole frames of bytes at a place of the queue, as many as go together. */
  #framesAt(start: number): Buffer[] {
    const frames: Buffer[] = []
    let all = 0
    for (let at = start; at < this.#queue.length; at++) {
      const { data, size, isFirst, isLast } = this.#queue[at] as Piece
      all += size
      if (typeof data === 'string' || !isFirst || !isLast || (all > PIECE_BYTES && frames.length > 0)) break
      frames.push(data)
    }
    return frames
  }

  #end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#pace.remove(this.#onTurn)
    this.#all.size -= this.#queued + this.#held + this.#retained
    this.#queue = []
    this.#beforeDelivery = []
    this.#queued = 0
    this.#held = 0
    this.#retained = 0
    this.#onRoom = undefined
  }
}

function isInParts(frame: Frame): frame is Exclude<Frame, string | Buffer> {
  return Array.isArray(frame)
}

function piecesOf(frame: Frame): Buffer[] {
  const pieces: Buffer[] = []
  for (const part of isInParts(frame) ? partsOf(frame) : [frame]) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) pieces.push(bytes.subarray(at, at + PIECE_BYTES))
  }
  return pieces
}

/**
 * Returns the parts with a first one that is long enough to be compressed: ws decides by it about the whole frame. The
 * rest of the middle stays shared.
 */
function partsOf([before, middle, after]: Exclude<Frame, string | Buffer>): readonly (string | Buffer)[] {
  const first = Buffer.concat([Buffer.from(before), middle.subarray(0, COMPRESSED_BYTES_MIN)])
  return [first, middle.subarray(COMPRESSED_BYTES_MIN), after]
}

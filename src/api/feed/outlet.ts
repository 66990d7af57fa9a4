/**
 * The queue of frames for one client. It hands little to the socket at a time, which shows whether the client reads: a
 * client that still reads has all the time it needs, and a client that reads nothing is stuck.
 */
import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'
import { COMPRESSED_BYTES_MIN } from '../compression.ts'

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

/** The connection below a WebSocket, which can keep writes back and send them as one. */
export interface Wire {
  cork(): void
  uncork(): void
}

/** The number of characters that wait for all clients of a server. */
export class Waiting {
  size = 0
  readonly max: number

  constructor(max = ALL_WAITING_MAX) {
    this.max = max
  }
}

interface Piece {
  readonly data: string | Buffer
  readonly size: number
  readonly isLast: boolean
  /** seq of the first record in the frame. */
  readonly seq: number | undefined
}

export class Outlet {
  readonly #socket: WebSocket
  readonly #all: Waiting
  readonly #max: number
  readonly #wire: Wire | undefined
  #isGathering = false
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

  constructor(socket: WebSocket, all = new Waiting(), max = CLIENT_WAITING_MAX, wire?: Wire) {
    this.#socket = socket
    this.#all = all
    this.#max = max
    this.#wire = wire
    socket.on('close', () => this.#end())
  }

  get isOpen(): boolean {
    return this.#isOpen && this.#socket.readyState === this.#socket.OPEN
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

  send(frame: Frame, seq?: number): void {
    if (!this.isOpen) return
    if (!isInParts(frame) && frame.length <= PIECE_BYTES) {
      this.#add({ data: frame, size: frame.length, isLast: true, seq })
      return
    }
    const pieces = piecesOf(frame)
    for (const [i, data] of pieces.entries())
      this.#add({ data, size: data.length, isLast: i === pieces.length - 1, seq })
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
    this.#end()
    this.#socket.close(code, reason)
  }

  #add(piece: Piece): void {
    if (this.#queue.length === 0 && this.#socket.bufferedAmount < PIECE_BYTES) {
      this.#hand(piece)
      return
    }
    this.#queue.push(piece)
    this.#queued += piece.size
    this.#all.size += piece.size
  }

  #hand({ data, size, isLast }: Piece): void {
    this.#gather()
    this.#socket.send(data, { binary: false, fin: isLast }, this.#onGone)
    this.#unasked += size
    if (this.#unasked >= PIECE_BYTES) this.ask()
  }

  /** Sends the frames of a commit with one write: a write for each would cost more than all other work on them. */
  #gather(): void {
    if (this.#wire === undefined || this.#isGathering) return
    this.#isGathering = true
    this.#wire.cork()
    process.nextTick(() => {
      this.#isGathering = false
      this.#wire?.uncork()
    })
  }

  readonly #onGone = (): void => {
    this.#hasMoved = true
    if (this.#queue.length > 0) this.#pump()
    if (this.#onRoom === undefined || !this.#isOpen || !this.hasRoom) return
    const callback = this.#onRoom
    this.#onRoom = undefined
    callback()
  }

  #pump(): void {
    let handed = 0
    while (handed < this.#queue.length && this.#socket.bufferedAmount < PIECE_BYTES) {
      const piece = this.#queue[handed++] as Piece
      this.#queued -= piece.size
      this.#all.size -= piece.size
      this.#hand(piece)
    }
    this.#queue.splice(0, handed)
  }

  #end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#all.size -= this.#queued + this.#held + this.#retained
    this.#queue = []
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

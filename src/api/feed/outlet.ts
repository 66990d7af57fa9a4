/**
 * What waits for one client. A socket is handed little at a time, so that it is seen whether its other end reads: one
 * that still does has all the time it needs, one that reads nothing is stuck.
 */
import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'

/** Bytes handed to the socket at once; a longer frame goes in pieces. At 2 KiB a second one piece takes half a minute. */
export const PIECE_BYTES = 65_536
/** What may wait for one client, in characters, before nothing more is made for it: a burst of a few thousand events. */
const CLIENT_WAITING_MAX = 1_048_576
/** What may wait for all clients together, in characters. Beyond it only clients for which nothing waits get more. */
const ALL_WAITING_MAX = 64 * 1_048_576

/** A text frame. One with a large middle has that as bytes, which clients share. */
export type Frame = string | readonly [before: string, middle: Buffer, after: string]

/** What waits for all clients of a server. */
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
  /** seq of the first record that the frame tells of. */
  readonly seq: number | undefined
}

export class Outlet {
  readonly #socket: WebSocket
  readonly #all: Waiting
  readonly #max: number
  #queue: Piece[] = []
  /** In the queue. */
  #queued = 0
  /** Kept back by subscriptions for their batches. */
  #held = 0
  #buffered = 0
  #hasMoved = true
  /** Pings that have not been answered, the oldest first. */
  #asked: string[] = []
  /** Handed over since the last ping. */
  #unasked = 0
  #onRoom: (() => void) | undefined
  #isOpen = true

  constructor(socket: WebSocket, all = new Waiting(), max = CLIENT_WAITING_MAX) {
    this.#socket = socket
    this.#all = all
    this.#max = max
    socket.on('close', () => this.#end())
  }

  get isOpen(): boolean {
    return this.#isOpen && this.#socket.readyState === this.#socket.OPEN
  }

  /** Whether the client may be told something that it could also be told later. */
  get hasRoom(): boolean {
    const waiting = this.#queued + this.#held + this.#socket.bufferedAmount
    return waiting < this.#max && (waiting === 0 || this.#all.size < this.#all.max)
  }

  /** seq of the oldest record of which something waits here; undefined when nothing does. */
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

  /** Counts what a subscription keeps back as waiting, or no more. */
  hold(size: number): void {
    if (!this.#isOpen) return
    this.#held += size
    this.#all.size += size
  }

  send(frame: Frame, seq?: number): void {
    if (!this.isOpen) return
    if (typeof frame === 'string' && frame.length <= PIECE_BYTES) {
      this.#add({ data: frame, size: frame.length, isLast: true, seq })
      return
    }
    const pieces = piecesOf(frame)
    for (const [i, data] of pieces.entries())
      this.#add({ data, size: data.length, isLast: i === pieces.length - 1, seq })
  }

  /** Whether nothing waits, or something of it has gone since this was asked last. */
  takeMoved(): boolean {
    const { bufferedAmount } = this.#socket
    const hasMoved = this.#hasMoved || bufferedAmount === 0 || bufferedAmount < this.#buffered
    this.#hasMoved = false
    this.#buffered = bufferedAmount
    return hasMoved
  }

  /**
   * Asks the client whether it is there. Where much is on its way the system hides for minutes whether anything is read of it, but
   * the answer shows how far the client has come. Nobody knows the answer who has not read the question.
   */
  ask(): void {
    const text = randomBytes(6).toString('base64')
    this.#unasked = 0
    this.#asked.push(text)
    this.#socket.ping(text)
  }

  /** Whether it answers a question. */
  takeAnswer(text: string): boolean {
    const place = this.#asked.indexOf(text)
    if (place < 0) return false
    // A client may answer the last one alone.
    this.#asked.splice(0, place + 1)
    this.#hasMoved = true
    return true
  }

  /** What waits is dropped, so that the client may read the reason behind what its socket already has. */
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
    this.#socket.send(data, { binary: false, fin: isLast }, this.#onGone)
    this.#unasked += size
    if (this.#unasked >= PIECE_BYTES) this.ask()
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
    this.#all.size -= this.#queued + this.#held
    this.#queue = []
    this.#queued = 0
    this.#held = 0
    this.#onRoom = undefined
  }
}

function piecesOf(frame: Frame): Buffer[] {
  const pieces: Buffer[] = []
  for (const part of typeof frame === 'string' ? [frame] : frame) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) pieces.push(bytes.subarray(at, at + PIECE_BYTES))
  }
  return pieces
}

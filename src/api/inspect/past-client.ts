/** A client that is sent a past life, at the pace at which it reads. */
import type { WebSocket } from 'ws'
import type { ZodType } from 'zod'
import { isOutcryError } from '../../../errors/outcry-error.ts'
import { CLOSE } from '../contract/frames.ts'
import { Outlet } from '../feed/outlet.ts'
import type { Peer } from '../sockets.ts'
import { frameOf } from './frame-of.ts'

export interface PastParts {
  /** Returns the frames of the life. They end when the signal aborts. */
  readonly texts: (signal: AbortSignal) => AsyncIterable<string>
  /** The frame with which the client greets. It changes nothing. */
  readonly greeting?: ZodType | undefined
  /** Is called with an error that is no refusal. */
  readonly onFault: (error: unknown) => void
}

export class PastClient implements Peer {
  readonly outlet: Outlet
  readonly #parts: PastParts
  readonly #gone = new AbortController()

  constructor(socket: WebSocket, parts: PastParts) {
    this.outlet = new Outlet(socket)
    this.#parts = parts
    socket.on('close', () => this.#gone.abort())
    socket.on('message', (data) => this.#onMessage(data.toString()))
    this.#tell().catch((error: unknown) => this.#fail(error))
  }

  closeSlow(why: string): void {
    this.outlet.close(CLOSE.tooSlow, `${why}; connect again`)
  }

  async #tell(): Promise<void> {
    for await (const text of this.#parts.texts(this.#gone.signal)) {
      await this.#room()
      if (!this.outlet.isOpen) return
      this.outlet.send(text)
    }
  }

  /** Resolves when the client may get more, or has gone. */
  async #room(): Promise<void> {
    if (this.outlet.hasRoom) return
    const { signal } = this.#gone
    await new Promise<void>((resolve) => {
      const go = () => {
        signal.removeEventListener('abort', go)
        resolve()
      }
      signal.addEventListener('abort', go)
      this.outlet.onRoom(go)
    })
  }

  #onMessage(text: string): void {
    const { greeting } = this.#parts
    if (greeting !== undefined && frameOf(greeting, text) !== undefined) return
    this.#send({ op: 'error', code: 'FRAME_INVALID', message: 'a past life takes no frames' })
  }

  #fail(error: unknown): void {
    if (!this.outlet.isOpen) return
    if (isOutcryError(error)) this.#send({ op: 'error', code: error.code, message: error.message })
    else this.#parts.onFault(error)
    this.outlet.close(1011, 'the life cannot be read')
  }

  #send(frame: object): void {
    this.outlet.send(JSON.stringify(frame))
  }
}

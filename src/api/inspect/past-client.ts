/** A client that is sent a past life, at the pace at which it reads. */
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import type { ZodType } from 'zod'
import { isOutcryError } from '../../../errors/outcry-error.ts'
import { CLOSE } from '../contract/frames.ts'
import { Outlet } from '../feed/outlet.ts'
import type { Peer } from '../sockets.ts'
import { frameOf } from './frame-of.ts'
import { type PastAsked, type PastLog, pastFrames } from './past.ts'
import type { Protocol } from './steps.ts'

/** Longest time that a timer of Node can wait, in ms. */
const TIMER_MAX_MS = 2 ** 31 - 1

export interface PastParts {
  readonly log: PastLog
  readonly protocol: Protocol
  readonly asked: PastAsked
  /** The number of times that the life is sent faster than it went. Undefined for at once. */
  readonly speed: number | undefined
  /** The frame with which the client greets. It changes nothing. */
  readonly greeting?: ZodType
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
    const { log, protocol, asked, speed } = this.#parts
    let records = 0
    let last: number | undefined
    for await (const { at, frames, unread } of pastFrames(log, protocol, asked, this.#gone.signal)) {
      if (speed !== undefined && last !== undefined) await this.#wait((at - last) / speed)
      last = at
      if (unread !== undefined)
        this.#send({ op: 'error', code: unread.code ?? 'INTERNAL', message: unread.message })
      for (const frame of frames) this.#send(frame)
      records++
      // Lets trading go on between one record and the next.
      await setImmediate()
      await this.#room()
      if (!this.outlet.isOpen) return
    }
    this.#send({ type: 'outcry.end', records })
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

  async #wait(ms: number): Promise<void> {
    const { signal } = this.#gone
    for (let left = ms; left > 0; left -= TIMER_MAX_MS)
      await setTimeout(Math.min(left, TIMER_MAX_MS), undefined, { signal })
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

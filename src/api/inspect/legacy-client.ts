/** A client of `/inspect/legacy` in the present. It says when it is ready, and may send events to actors. */
import type { WebSocket } from 'ws'
import type { Publication } from '../../runtime/turn/publication.ts'
import { CLOSE } from '../contract/frames.ts'
import { legacyClientFrame } from '../contract/legacy-frames.ts'
import { frameOf } from './frame-of.ts'
import { legacy } from './legacy-frames.ts'
import { LiveClient } from './live-client.ts'
import type { ReleaseFrames } from './release-frames.ts'

/** Events of one client that wait for the answers to those before them. */
const WAITING_MAX = 64

/** Why an event was refused. */
export interface Refused {
  readonly code: string
  readonly message: string
}

interface LegacyParts {
  /** Is called once, when the client is ready. */
  readonly onReady: () => void
  /** Sends an event to the actor with this address. Resolves with the refusal; undefined when the actor took it. */
  readonly send: (address: unknown, event: unknown) => Promise<Refused | undefined>
}

export class LegacyClient extends LiveClient {
  readonly #parts: LegacyParts
  #isReady = false
  #sent: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(socket: WebSocket, only: readonly string[] | undefined, parts: LegacyParts) {
    super(socket, legacy, only)
    this.#parts = parts
    socket.on('message', (data) => this.#onMessage(data.toString()))
  }

  get awaited(): 'frame' | undefined {
    return this.#isReady ? undefined : 'frame'
  }

  override onRelease(release: Publication, frames: ReleaseFrames): void {
    if (this.#isReady) super.onRelease(release, frames)
  }

  #onMessage(text: string): void {
    if (!this.outlet.isOpen) return
    const frame = frameOf(legacyClientFrame, text)
    if (frame === undefined) {
      this.#refuse({
        code: 'FRAME_INVALID',
        message:
          'expected {"type":"xstate.inspecting"} or {"type":"xstate.event","event":"...","sessionId":"..."}',
      })
      this.outlet.close(CLOSE.badFrame, 'bad frame')
    } else if (frame.type === 'xstate.event') {
      this.#take(frame.sessionId ?? frame.service, frame.event)
    } else if (!this.#isReady) {
      this.#isReady = true
      this.#parts.onReady()
    }
  }

  /** Sends an event once those before it are answered, so that they are taken in their order. */
  #take(address: string | undefined, text: string): void {
    if (this.#waiting >= WAITING_MAX) {
      this.#refuse({ code: 'SERVER_BUSY', message: `${WAITING_MAX} events wait for their answers` })
      return
    }
    this.#waiting++
    this.#sent = this.#sent.then(async () => {
      const { origin, event } = eventIn(text)
      const refused = await this.#parts.send(address ?? origin, event)
      this.#waiting--
      if (refused !== undefined) this.#refuse(refused)
    })
  }

  #refuse(refused: Refused): void {
    this.send({ op: 'error', ...refused })
  }
}

/** Returns the event in a text: what an SCXML event of xstate 4 has as its data, or all of it. */
function eventIn(text: string): { readonly event: unknown; readonly origin?: unknown } {
  let event: unknown
  try {
    event = JSON.parse(text)
  } catch {
    return { event: undefined }
  }
  const { $$type, data, origin } = Object(event) as Readonly<Record<string, unknown>>
  return $$type === 'scxml' ? { event: data, origin } : { event }
}

import type { Publication } from '../../runtime/turn/publication.ts'
import { type Protocol, stepOf } from './steps.ts'

interface Texts {
  readonly introduction: readonly string[]
  readonly step: readonly string[]
}

/** The frames of a publication. They are made once for all clients of a protocol, and only when a client needs them. */
export class ReleaseFrames {
  readonly #release: Publication
  readonly #sender: string | undefined
  readonly #made = new Map<Protocol, Texts>()

  constructor(release: Publication, sender: string | undefined) {
    this.#release = release
    this.#sender = sender
  }

  of(protocol: Protocol): Texts {
    let made = this.#made.get(protocol)
    if (made === undefined) {
      const step = stepOf(this.#release, this.#sender)
      // Few clients need the introduction, which may be long.
      made = {
        get introduction() {
          return protocol.introduction(step.after).map((frame) => JSON.stringify(frame))
        },
        step: protocol.step(step).map((frame) => JSON.stringify(frame)),
      }
      this.#made.set(protocol, made)
    }
    return made
  }
}

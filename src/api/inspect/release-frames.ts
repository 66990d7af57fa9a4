import type { Publication } from '../../runtime/turn/publication.ts'
import type { AnyStateMachine } from '../../runtime/xstate/types.ts'
import { type Protocol, stepOf } from './steps.ts'

interface Texts {
  /** The machine that the actor runs on after the record. */
  readonly machine: AnyStateMachine | undefined
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
        machine: step.after.machine,
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

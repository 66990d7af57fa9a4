import type { Publication } from '../../runtime/turn/publication.ts'
import type { AnyStateMachine } from '../../runtime/xstate/types.ts'
import { type Protocol, type Step, stepOf } from './steps.ts'
import { introductionTexts, stepTexts, unwritten } from './texts.ts'

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
      made = this.#make(protocol)
      this.#made.set(protocol, made)
    }
    return made
  }

  #make(protocol: Protocol): Texts {
    let step: Step
    try {
      step = stepOf(this.#release, this.#sender)
    } catch (error) {
      const why = unwritten(this.#release.record.actor, error)
      return { machine: undefined, introduction: [], step: [why] }
    }
    return {
      machine: step.after.machine,
      // Few clients need the introduction, which may be long.
      get introduction() {
        return introductionTexts(protocol, step.after)
      },
      step: stepTexts(protocol, step),
    }
  }
}

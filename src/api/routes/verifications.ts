import type { Interruptible } from '../../../store/index.ts'
import type { Verification } from '../../runtime/state/verify.ts'
import type { Vitals } from '../contract/vitals.ts'

type Verify = (options: Interruptible) => Promise<Verification>

/** Verifies the log, and keeps what the last verification found. */
export class Verifications {
  #last: Vitals['log']['verified']
  readonly #verify: Verify
  readonly #log: { readonly now: number }

  constructor(verify: Verify, log: { readonly now: number }) {
    this.#verify = verify
    this.#log = log
  }

  get last(): Vitals['log']['verified'] {
    return this.#last
  }

  readonly verify: Verify = async (options) => {
    const found = await this.#verify(options)
    this.#last = { at: this.#log.now, seq: found.records, problems: found.problems.length }
    return found
  }
}

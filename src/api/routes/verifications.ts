import { compact } from '../../../errors/compact.ts'
import type { Interruptible } from '../../../store/index.ts'
import type { Verification } from '../../runtime/state/verify.ts'
import type { Vitals } from '../contract/vitals.ts'

type Verify = (options: Interruptible) => Promise<Verification & { readonly reports?: number }>

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
    const { records: seq, reports, problems } = found
    this.#last = compact({ at: this.#log.now, seq, reports, problems: problems.length })
    return found
  }
}

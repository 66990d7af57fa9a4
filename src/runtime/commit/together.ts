/** Messages that a program sends together: they are taken one after the other, and are in one commit. */
import { OutcryError } from '../../../errors/outcry-error.ts'

/** Most messages of one group. */
export const TOGETHER_MAX = 1_000
/** Most records, and most characters of events, after which a group has no further turn: a commit is one text. */
const RECORDS_MAX = 10_000
const SIZE_MAX = 64 * 2 ** 20

/** Counts the records and the characters of a group's turns. */
export class Together {
  #turns = 0
  #records = 0
  #size = 0

  /** Counts a turn. Returns whether it goes into the commit of the one before it. */
  add(records: number, size: number): boolean {
    this.#records += records
    this.#size += size
    return this.#turns++ > 0
  }

  /** @throws TURN_TOO_LONG when the group has no room for a further turn */
  assertRoom(): void {
    if (this.#records < RECORDS_MAX && this.#size < SIZE_MAX) return
    throw new OutcryError(
      'TURN_TOO_LONG',
      `messages before this one, sent together with it, have led to ${this.#records} records: one commit takes no more`,
      'Send fewer messages together.',
    )
  }
}

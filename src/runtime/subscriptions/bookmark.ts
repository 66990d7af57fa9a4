import type { PositionEntry } from '../../../store/store.ts'
import type { Positions } from './positions.ts'

/** First character of the names of bookmarks. No subscription has it. */
const MARK = '@'

export function bookmarkName(name: string): string {
  return `${MARK}${name}`
}

/** Returns the name of the bookmark that a position is of; undefined when it is a subscription's. */
export function bookmarkOf({ name }: PositionEntry): string | undefined {
  return name.startsWith(MARK) ? name.slice(MARK.length) : undefined
}

/**
 * The place in the log up to which a program outside has everything, such as a sink. It is kept as the position of a
 * durable subscription is: with the next commit, or a second later.
 */
export class Bookmark {
  readonly #name: string
  readonly #positions: Positions
  #seq: number | undefined

  constructor(name: string, seq: number | undefined, positions: Positions) {
    this.#name = name
    this.#seq = seq
    this.#positions = positions
  }

  /** Last seq that needs no more reading. Undefined when the bookmark was never moved. */
  get seq(): number | undefined {
    return this.#seq
  }

  get entry(): PositionEntry {
    return { name: bookmarkName(this.#name), seq: this.#seq ?? 0 }
  }

  /** Moves it, forward or back. A kill may forget the last moves. */
  moveTo(seq: number): void {
    if (seq === this.#seq) return
    this.#seq = seq
    this.#positions.note(this)
  }

  /** Resolves when its place is in the store. @throws STORE_FENCED, STORE_FAILED */
  keep(): Promise<void> {
    return this.#positions.keep([this])
  }
}

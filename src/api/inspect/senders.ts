import type { TransitionRecord } from '../../runtime/record/record.ts'

/** Records whose actors are remembered. A record is mostly caused by one of its own turn. */
const REMEMBERED_MAX = 10_000

/** Remembers who has made the last records, and so who has sent what follows from them. */
export class Senders {
  readonly #actors = new Map<number, string>()

  /** Takes note of a record, and returns the actor that sent its event: undefined when that is not known. */
  of({ seq, actor, cause }: TransitionRecord): string | undefined {
    this.#actors.set(seq, actor)
    for (const oldest of this.#actors.keys()) {
      if (this.#actors.size <= REMEMBERED_MAX) break
      this.#actors.delete(oldest)
    }
    return cause === null ? undefined : this.#actors.get(cause)
  }

  clear(): void {
    this.#actors.clear()
  }
}

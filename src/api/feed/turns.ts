/** Who reads the log for the feed. A few clients read at a time, each a short piece, and then the next ones do. */

/** Clients that read at once: each has a megabyte of the log in memory, and a thread of the pool that commits need, too. */
const AT_ONCE = 2

export interface Reader {
  /** Reads one piece; whether there is more to read at once. */
  readOn(): Promise<boolean>
}

export class Turns {
  readonly #waiting = new Set<Reader>()
  readonly #atWork = new Set<Reader>()
  readonly #again = new Set<Reader>()

  /** Has the reader read on when its turn comes. */
  add(reader: Reader): void {
    if (this.#atWork.has(reader)) this.#again.add(reader)
    else this.#waiting.add(reader)
    this.#next()
  }

  remove(reader: Reader): void {
    this.#waiting.delete(reader)
    this.#again.delete(reader)
  }

  #next(): void {
    for (const reader of this.#waiting) {
      if (this.#atWork.size >= AT_ONCE) return
      this.#waiting.delete(reader)
      this.#atWork.add(reader)
      void this.#work(reader)
    }
  }

  async #work(reader: Reader): Promise<void> {
    const more = await reader.readOn()
    this.#atWork.delete(reader)
    // Asked for meanwhile.
    if (this.#again.delete(reader) || more) this.#waiting.add(reader)
    this.#next()
  }
}

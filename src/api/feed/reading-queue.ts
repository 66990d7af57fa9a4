/** Lets a few feed clients read the log at a time, each a short piece. Then the next ones read. */

/**
 * Clients that read at once. Each needs a megabyte of the log in memory, and a thread of the pool that commits also
 * need.
 */
const AT_ONCE = 2

export interface Reader {
  /** Reads one piece. Returns whether there is more to read at once. */
  readOn(): Promise<boolean>
}

export class ReadingQueue {
  readonly #waiting = new Set<Reader>()
  readonly #atWork = new Set<Reader>()
  readonly #again = new Set<Reader>()

  /** Calls the reader when its turn comes. */
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
    // The reader was added again meanwhile.
    if (this.#again.delete(reader) || more) this.#waiting.add(reader)
    this.#next()
  }
}

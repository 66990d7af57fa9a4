/** Texts as bytes that were made for one client and that serve the next ones, which mostly get the same. */

/** Results that are kept: one for each kind of subscription that many clients have. */
const RECENT_MAX = 8

interface Made {
  readonly parts: readonly unknown[]
  readonly bytes: Buffer
}

export class SharedBytes {
  readonly #recent: Made[] = []

  /** Returns what `make` has made of the same parts, a moment ago or now. */
  of(parts: readonly unknown[], make: () => Buffer): Buffer {
    const made = this.#recent.find((one) => isSame(one.parts, parts))
    if (made !== undefined) return made.bytes
    const bytes = make()
    if (this.#recent.push({ parts, bytes }) > RECENT_MAX) this.#recent.shift()
    return bytes
  }
}

function isSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((one, i) => one === others[i])
}

/** Results that are kept: one for each kind of subscription that many clients have. */
const RECENT_MAX = 8

interface Made<Part> {
  readonly head: string
  readonly parts: readonly Part[]
  readonly bytes: Buffer
}

/** Bytes that were made of parts for one client and that serve the next ones, which mostly get the same. */
export class SharedBytes<Part> {
  readonly #make: (parts: readonly Part[], head: string) => Buffer
  readonly #recent: Made<Part>[] = []

  constructor(make: (parts: readonly Part[], head: string) => Buffer) {
    this.#make = make
  }

  /** Returns the bytes of the same parts, made a moment ago or now. The parts are kept, so nobody may change the array. */
  of(parts: readonly Part[], head = ''): Buffer {
    for (const made of this.#recent) if (made.head === head && isSame(made.parts, parts)) return made.bytes
    const bytes = this.#make(parts, head)
    if (this.#recent.push({ head, parts, bytes }) > RECENT_MAX) this.#recent.shift()
    return bytes
  }
}

function isSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  if (some.length !== others.length) return false
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false
  return true
}

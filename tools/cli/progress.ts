import { counted } from './format.ts'

/** ms before work counts as long. */
const LONG_MS = 1_000
/** Steps between two looks at the clock. */
const LOOK_STEPS = 100
/** ms between two lines, so that output in the same terminal is not slowed down. */
const SHOWN_MS = 100
const ERASE_LINE = '\r\u001b[K'

/** Shows on stderr how far long work is. Only in a terminal, and only once it takes longer than a second. */
export class Progress {
  readonly #noun: string
  readonly #isShown: boolean
  readonly #started = performance.now()
  #steps = 0
  #shownAt = 0
  #hasLine = false

  constructor(noun: string, { isQuiet }: { readonly isQuiet: boolean }) {
    this.#noun = noun
    this.#isShown = process.stderr.isTTY === true && !isQuiet
    // A person may have had enough: the prompt of the shell comes next.
    if (this.#isShown) process.once('exit', () => this.end())
  }

  step(): void {
    if (++this.#steps % LOOK_STEPS !== 0 || !this.#isShown) return
    const now = performance.now()
    if (now - this.#started < LONG_MS || now - this.#shownAt < SHOWN_MS) return
    process.stderr.write(`\r${counted(this.#steps, this.#noun)} read`)
    this.#shownAt = now
    this.#hasLine = true
  }

  /** Yields the items, and counts each as a step. */
  async *of<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const item of items) {
      this.step()
      yield item
    }
  }

  /** Removes the line, before other output and at the end. */
  end(): void {
    if (this.#hasLine) process.stderr.write(ERASE_LINE)
    this.#hasLine = false
  }
}

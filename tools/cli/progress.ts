import { counted } from './format.ts'

/** ms before work counts as long. */
const LONG_MS = 1_000
/** Steps between two looks at the clock. */
const LOOK_STEPS = 100
const ERASE_LINE = '\r\u001b[K'

/** Shows on stderr how far long work is. Only in a terminal, and only once it takes longer than a second. */
export class Progress {
  readonly #noun: string
  readonly #isShown: boolean
  readonly #started = performance.now()
  #steps = 0
  #hasLine = false

  constructor(noun: string, { isQuiet }: { readonly isQuiet: boolean }) {
    this.#noun = noun
    this.#isShown = process.stderr.isTTY === true && !isQuiet
  }

  step(): void {
    if (++this.#steps % LOOK_STEPS !== 0 || !this.#isShown) return
    if (performance.now() - this.#started < LONG_MS) return
    process.stderr.write(`\r${counted(this.#steps, this.#noun)} read`)
    this.#hasLine = true
  }

  /** Removes the line. */
  end(): void {
    if (this.#hasLine) process.stderr.write(ERASE_LINE)
    this.#hasLine = false
  }
}

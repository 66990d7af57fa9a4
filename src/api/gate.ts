/**
 * Lets a fixed number of requests in at once. The others wait in the order in which they came, and too many are
 * refused.
 */
import { OutcryError } from '../../store/index.ts'

export class Gate {
  readonly #atOnce: number
  readonly #waitingMax: number
  readonly #what: string
  #inside = 0
  readonly #waiting = new Set<() => void>()

  constructor(what: string, atOnce: number, waitingMax: number) {
    this.#what = what
    this.#atOnce = atOnce
    this.#waitingMax = waitingMax
  }

  /** Resolves with a function to call at the end; undefined when the signal has ended the wait. @throws SERVER_BUSY */
  async enter(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined
    if (this.#inside >= this.#atOnce) {
      if (this.#waiting.size >= this.#waitingMax) throw busy(`${this.#waiting.size} wait for ${this.#what}`)
      if (!(await this.#turn(signal))) return undefined
    } else {
      this.#inside++
    }
    let isInside = true
    return () => {
      if (isInside) this.#leave()
      isInside = false
    }
  }

  #turn(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const onAbort = () => {
        this.#waiting.delete(onTurn)
        resolve(false)
      }
      const onTurn = () => {
        signal.removeEventListener('abort', onAbort)
        resolve(true)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(onTurn)
    })
  }

  /** Gives the place to the next one. */
  #leave(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#inside--
      return
    }
    this.#waiting.delete(next)
    next()
  }
}

export function busy(what: string): OutcryError {
  return new OutcryError('SERVER_BUSY', `the server is busy: ${what}`, 'Ask again in a second.')
}

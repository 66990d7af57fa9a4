/** Follows which symbols have no connection to their market. */
import type { TransitionRecord } from '../../runtime/record/record.ts'

/** The symbols without a connection to their market, according to the log. */
export class Connections {
  /** The status of each, by the address of its symbol. */
  readonly #lost = new Map<string, string>()

  /** Time of the last market message, in epoch ms; undefined before the first of this run. */
  lastAt: number | undefined

  take({ actor, event, at, origin }: Pick<TransitionRecord, 'actor' | 'event' | 'at' | 'origin'>): void {
    // A message of our own about the connection comes again with each attempt, while the market says nothing.
    if (event.type !== 'CONNECTION') {
      if (origin !== undefined && actor.startsWith('symbol/')) this.lastAt = at
      return
    }
    if (event.status === 'connected') this.#lost.delete(actor)
    else this.#lost.set(actor, String(event.status))
  }

  /** The number of symbols without a connection. */
  get lostCount(): number {
    return this.#lost.size
  }

  /** Describes the lost connections for people. Undefined when there are none. */
  get problem(): string | undefined {
    const [first] = this.#lost
    if (first === undefined) return undefined
    const others = this.#lost.size - 1
    return `${first[0]} is ${first[1]}${others > 0 ? `, and ${others} more are away` : ''}`
  }
}

/** Follows which symbols have no connection to their market. */
import type { TransitionRecord } from '../../runtime/record/record.ts'

/** The symbols without a connection to their market, according to the log. */
export class Connections {
  /** The status of each, by the address of its symbol. */
  readonly #lost = new Map<string, string>()

  take({ actor, event }: Pick<TransitionRecord, 'actor' | 'event'>): void {
    if (event.type !== 'CONNECTION') return
    if (event.status === 'connected') this.#lost.delete(actor)
    else this.#lost.set(actor, String(event.status))
  }

  /** Describes the lost connections for people. Undefined when there are none. */
  get problem(): string | undefined {
    const [first] = this.#lost
    if (first === undefined) return undefined
    const others = this.#lost.size - 1
    return `${first[0]} is ${first[1]}${others > 0 ? `, and ${others} more are away` : ''}`
  }
}

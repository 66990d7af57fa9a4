/** Which symbols the market tells nothing of at present. */
import type { TransitionRecord } from '../../runtime/record/record.ts'

/** The symbols whose market is away, as the log has it. */
export class Connections {
  /** By the address of the symbol. */
  readonly #lost = new Map<string, string>()

  take({ actor, event }: Pick<TransitionRecord, 'actor' | 'event'>): void {
    if (event.type !== 'CONNECTION') return
    if (event.status === 'connected') this.#lost.delete(actor)
    else this.#lost.set(actor, String(event.status))
  }

  /** Returns what is lost, for people; undefined when nothing is. */
  get problem(): string | undefined {
    const [first] = this.#lost
    if (first === undefined) return undefined
    const others = this.#lost.size - 1
    return `${first[0]} is ${first[1]}${others > 0 ? `, and ${others} more are away` : ''}`
  }
}

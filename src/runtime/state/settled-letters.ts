/** Says which dead letters are settled. It reads each record of `system/dead-letters` once, as far as it must. */
import type { Store } from '../../../store/store.ts'
import type { Signal } from '../actors/signals.ts'
import { DEAD_LETTERS } from '../record/address.ts'
import type { AnyEvent, TransitionRecord } from '../record/record.ts'

export type Settling = Extract<Signal, { readonly type: 'outcry.letterDropped' | 'outcry.letterRedelivered' }>

/** The way in which a letter was settled, and the seq of the record that did it. */
export interface Settlement {
  readonly type: Settling['type']
  readonly by: number
}

/** Most letters that are kept in memory, at about 100 bytes each. Of older ones the log is read again. */
const SETTLED_MAX = 100_000

export class SettledLetters {
  readonly #store: Pick<Store<TransitionRecord>, 'history'>
  readonly #max: number
  /** Settlements by the seq of their letter: of all records with a rev above `#from` and up to `#to`. */
  readonly #known = new Map<number, Settlement & { readonly rev: number }>()
  #from: number | undefined
  #to = 0

  constructor(store: Pick<Store<TransitionRecord>, 'history'>, max = SETTLED_MAX) {
    this.#store = store
    this.#max = max
  }

  /** Returns how a dead letter was settled, or undefined when it was not. A call waits for the one before it. */
  async find({ seq, rev }: TransitionRecord): Promise<Settlement | undefined> {
    if (this.#from === undefined) {
      this.#from = rev
      this.#to = rev
    }
    await this.#readOn()
    return this.#known.get(seq) ?? (rev < this.#from ? this.#readBack(seq, rev) : undefined)
  }

  /** Reads the records that have come since. The oldest settlements give way to them. */
  async #readOn(): Promise<void> {
    const range = { fromRev: this.#to + 1, inBackground: true }
    for await (const { event, seq: by, rev } of this.#store.history(DEAD_LETTERS, range)) {
      if (isSettling(event)) {
        this.#known.set(event.letter, { type: event.type, by, rev })
        if (this.#known.size > this.#max) this.#forgetOne()
      }
      this.#to = rev
    }
  }

  #forgetOne(): void {
    for (const [letter, { rev }] of this.#known) {
      this.#known.delete(letter)
      this.#from = Math.max(this.#from ?? 0, rev)
      return
    }
  }

  /** Reads the records between a letter and those that are known, and keeps what they say while there is room. */
  async #readBack(letter: number, fromRev: number): Promise<Settlement | undefined> {
    let found: Settlement | undefined
    let isKept = true
    const range = { fromRev: fromRev + 1, toRev: this.#from, inBackground: true }
    for await (const { event, seq: by, rev } of this.#store.history(DEAD_LETTERS, range)) {
      if (!isSettling(event)) continue
      const settlement = { type: event.type, by, rev }
      if (event.letter === letter) found = settlement
      isKept &&= this.#known.size < this.#max
      if (isKept) this.#known.set(event.letter, settlement)
    }
    if (isKept) this.#from = fromRev
    return found
  }
}

function isSettling(event: AnyEvent): event is Settling {
  return event.type === 'outcry.letterDropped' || event.type === 'outcry.letterRedelivered'
}

import { seeded } from '../seeded.ts'

interface Planned {
  readonly at: number
  readonly order: number
  readonly run: () => void | Promise<void>
}

/** Runs all events of a simulated world one after the other, by their time. All chance comes from one seed. */
export class Scheduler {
  readonly random: () => number
  now: number
  steps = 0
  #planned: Planned[] = []
  #order = 0

  constructor(seed: number, startAt: number) {
    this.random = seeded(seed)
    this.now = startAt
  }

  after(delayMs: number, run: Planned['run']): void {
    this.#planned.push({ at: this.now + Math.round(delayMs), order: this.#order++, run })
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  between(low: number, high: number): number {
    return low + this.random() * (high - low)
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)] as T
  }

  /** Time of the next event; undefined when none is left. */
  get nextAt(): number | undefined {
    return this.#next?.at
  }

  async step(): Promise<void> {
    const next = this.#next
    if (next === undefined) return
    this.#planned.splice(this.#planned.indexOf(next), 1)
    this.now = next.at
    this.steps++
    await next.run()
  }

  get #next(): Planned | undefined {
    let first: Planned | undefined
    for (const planned of this.#planned) {
      if (
        first === undefined ||
        planned.at < first.at ||
        (planned.at === first.at && planned.order < first.order)
      ) {
        first = planned
      }
    }
    return first
  }
}

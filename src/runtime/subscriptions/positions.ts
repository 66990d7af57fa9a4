import type { PositionEntry, Store } from '../../../store/store.ts'
import type { Logger } from '../logger.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { Subscriber } from './subscriber.ts'

/** Most positions that one commit takes along. The others go with the next ones. */
const PER_COMMIT = 100
/** Ms after which positions are written by themselves, when no commit has taken them along. */
const KEPT_AFTER_MS = 1_000

/**
 * Keeps the positions of durable subscriptions. Commits take them along, so they cost no fsync of their own. A kill
 * loses those that were not written yet, and their events come again.
 */
export class Positions {
  readonly #store: Store<TransitionRecord>
  readonly #logger: Logger
  /** Subscribers that have moved since their position was kept. */
  readonly #moved = new Set<Subscriber>()
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(store: Store<TransitionRecord>, logger: Logger) {
    this.#store = store
    this.#logger = logger
  }

  /** Notes that a subscriber has moved. */
  note(subscriber: Subscriber): void {
    if (this.#stopped) return
    this.#moved.add(subscriber)
    this.#timer ??= setTimeout(() => this.#onTimeout(), KEPT_AFTER_MS).unref()
  }

  /** Returns the positions that the next commit takes along. */
  due(): readonly PositionEntry[] | undefined {
    if (this.#moved.size === 0) return undefined
    const entries: PositionEntry[] = []
    for (const subscriber of this.#moved) {
      this.#moved.delete(subscriber)
      entries.push(subscriber.entry)
      if (entries.length === PER_COMMIT) break
    }
    return entries
  }

  /** Writes these positions now. */
  async keep(subscribers: readonly Subscriber[]): Promise<void> {
    for (const subscriber of subscribers) this.#moved.delete(subscriber)
    await this.#store.putPositions(subscribers.map(({ entry }) => entry))
  }

  async forget(subscriber: Subscriber): Promise<void> {
    this.#moved.delete(subscriber)
    await this.#store.putPositions([], [subscriber.entry.name])
  }

  /** Notes no more moves. `keep` works on. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #onTimeout(): void {
    this.#timer = undefined
    if (this.#moved.size === 0) return
    this.keep([...this.#moved]).catch((err) =>
      this.#logger.error({ err }, 'the positions of subscriptions could not be kept'),
    )
  }
}

import type { PositionEntry, Store } from '../../../store/store.ts'
import type { Logger } from '../logger.ts'
import type { TransitionRecord } from '../record/record.ts'

/** Most positions that one commit takes along. The others go with the next ones. */
const PER_COMMIT = 100
/** Ms after which positions are written by themselves, when no commit has taken them along. */
const KEPT_AFTER_MS = 1_000

/** A follower of the log whose position is kept: a durable subscription, or a bookmark. */
export interface Follower {
  readonly entry: PositionEntry
}

/**
 * Keeps the positions of those that follow the log. Commits take them along, so they cost no fsync of their own. A kill
 * loses those that were not written yet, and their events come again.
 */
export class Positions {
  readonly #store: Store<TransitionRecord>
  readonly #logger: Logger
  /** Followers that have moved since their position was kept. */
  readonly #moved = new Set<Follower>()
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(store: Store<TransitionRecord>, logger: Logger) {
    this.#store = store
    this.#logger = logger
  }

  /** Notes that one has moved. */
  note(follower: Follower): void {
    if (this.#stopped) return
    this.#moved.add(follower)
    this.#timer ??= setTimeout(() => this.#onTimeout(), KEPT_AFTER_MS).unref()
  }

  /** Returns the positions that the next commit takes along. */
  due(): readonly PositionEntry[] | undefined {
    if (this.#moved.size === 0) return undefined
    const entries: PositionEntry[] = []
    for (const follower of this.#moved) {
      this.#moved.delete(follower)
      entries.push(follower.entry)
      if (entries.length === PER_COMMIT) break
    }
    return entries
  }

  /** Writes now what has moved. */
  async keepMoved(): Promise<void> {
    if (this.#moved.size > 0) await this.keep([...this.#moved])
  }

  /** Writes these positions now. */
  async keep(followers: readonly Follower[]): Promise<void> {
    for (const follower of followers) this.#moved.delete(follower)
    await this.#store.putPositions(followers.map(({ entry }) => entry))
  }

  async forget(follower: Follower): Promise<void> {
    this.#moved.delete(follower)
    await this.#store.putPositions([], [follower.entry.name])
  }

  /** Notes no more moves. `keep` works on. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #onTimeout(): void {
    this.#timer = undefined
    this.keepMoved().catch((err) => this.#logger.error({ err }, 'positions in the log could not be kept'))
  }
}

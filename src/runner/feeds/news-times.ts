/**
 * Times the news of files in event time. An item comes at the time of its line, but not before the line above, because
 * positions count lines. So two runs on the same files get the same news between the same market messages, at any speed
 * and with any number of kills. Lines that are appended during the run come at once, unless their time is later.
 */

import type { NewsMessage } from '../../adapters/news-source.ts'
import type { Clock } from '../../runtime/time/clock.ts'

interface Source {
  /** The time of the last line so far. */
  lastAt: number
  /** True when the whole file has been read. */
  isRead: boolean
  /** The item that waits for its time. */
  waiting?: { readonly at: number; readonly go: () => void } | undefined
}

export class NewsTimes {
  readonly #clock: Pick<Clock, 'now'>
  /** In the order of the configuration. At one moment their items have this order, too. */
  readonly #sources = new Map<string, Source>()
  #onChange: () => void = () => {}
  #isClosed = false

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Adds a source. Call it before the source is opened. */
  add(source: string): void {
    this.#sources.set(source, { lastAt: Number.NEGATIVE_INFINITY, isRead: false })
  }

  /** Returns a promise that an item has to wait for, or undefined when it need not wait. */
  pace({ source: name, item }: NewsMessage): Promise<void> | undefined {
    const source = this.#sources.get(name)
    if (source === undefined || this.#isClosed) return undefined
    source.lastAt = Math.max(source.lastAt, item.publishedAt ?? source.lastAt)
    const at = source.lastAt
    if (source.isRead && at <= this.#clock.now()) return undefined
    return new Promise((resolve) => {
      source.waiting = { at, go: resolve }
      this.#onChange()
    })
  }

  /** Notes that the whole file has been taken. */
  caughtUp(name: string): void {
    const source = this.#sources.get(name)
    if (source === undefined) return
    source.isRead = true
    this.#onChange()
  }

  /** Returns whether the next item is known. */
  get isReady(): boolean {
    if (this.#isClosed) return true
    for (const { isRead, waiting } of this.#sources.values())
      if (!isRead && waiting === undefined) return false
    return true
  }

  async ready(): Promise<void> {
    while (!this.isReady)
      await new Promise<void>((resolve) => {
        this.#onChange = resolve
      })
  }

  /** Returns when the next item is due, but not before now. Undefined when none waits. */
  get nextAt(): number | undefined {
    const at = this.#next()?.waiting?.at
    return at === undefined ? undefined : Math.max(at, this.#clock.now())
  }

  /** Delivers the next item, and resolves when the one after it is known. */
  async deliverNext(): Promise<void> {
    const source = this.#next()
    if (source?.waiting === undefined) return
    const { go } = source.waiting
    source.waiting = undefined
    source.isRead = false
    go()
    await this.ready()
  }

  /** Ends all waiting. */
  close(): void {
    this.#isClosed = true
    for (const { waiting } of this.#sources.values()) waiting?.go()
    this.#onChange()
  }

  #next(): Source | undefined {
    let next: Source | undefined
    for (const source of this.#sources.values()) {
      if (source.waiting === undefined) continue
      if (next?.waiting === undefined || source.waiting.at < next.waiting.at) next = source
    }
    return this.#isClosed ? undefined : next
  }
}

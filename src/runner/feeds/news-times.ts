/**
 * News of files in a run in event time. An item goes by the time that its line has, at the earliest by that of the line before,
 * for positions count lines. So two runs on the same files hear the same news between the same market messages, whatever the
 * speed and however often one was killed. Lines that are appended during the run come at once, unless their time is to come.
 */

import type { NewsMessage } from '../../adapters/news-source.ts'
import type { Clock } from '../../runtime/time/clock.ts'

interface Source {
  /** Time of its last line so far. */
  lastAt: number
  /** Whether there is nothing more to be read in it. */
  isRead: boolean
  /** The item that waits for its time. */
  waiting?: { readonly at: number; readonly go: () => void } | undefined
}

export class NewsTimes {
  readonly #clock: Pick<Clock, 'now'>
  /** In the order of the configuration: at one moment that is the order of their items, too. */
  readonly #sources = new Map<string, Source>()
  #onChange: () => void = () => {}
  #isClosed = false

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Before it is opened. */
  add(source: string): void {
    this.#sources.set(source, { lastAt: Number.NEGATIVE_INFINITY, isRead: false })
  }

  /** Returns what an item waits for; undefined where that is nothing. */
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

  /** All that is in its file by now has been taken. */
  caughtUp(name: string): void {
    const source = this.#sources.get(name)
    if (source === undefined) return
    source.isRead = true
    this.#onChange()
  }

  /** Whether it is known what comes next. */
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

  /** When the next item is due, at the earliest now; undefined while none waits. */
  get nextAt(): number | undefined {
    const at = this.#next()?.waiting?.at
    return at === undefined ? undefined : Math.max(at, this.#clock.now())
  }

  /** Lets the next item go, and resolves when it is known what comes after it. */
  async deliverNext(): Promise<void> {
    const source = this.#next()
    if (source?.waiting === undefined) return
    const { go } = source.waiting
    source.waiting = undefined
    source.isRead = false
    go()
    await this.ready()
  }

  /** Nobody waits any more. */
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

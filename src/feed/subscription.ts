import type { SubscribeFrame } from './frames.ts'
import { Publication } from './publication.ts'
import { matches, parsePattern, type Topic } from './topic.ts'

/** Events in one frame: a full batch does not wait for its time. */
const BATCH_MAX = 1_000

/** What one `subscribe` asked for, and where it is. */
export class Subscription {
  readonly id: string
  /** seq of the last record that was looked at. */
  position = 0
  /** Fed by the commits; otherwise it reads the log until it has caught up. */
  live = false
  closed = false
  readonly #patterns: readonly Topic[]
  readonly #batchMs: number | undefined
  readonly #send: (frame: string) => void
  #batch: Publication[] = []

  constructor({ id, topics, batchMs }: SubscribeFrame, send: (frame: string) => void) {
    this.id = id
    this.#patterns = topics.map((text) => parsePattern(text) as Topic)
    this.#batchMs = batchMs
    this.#send = send
  }

  wants({ topic }: Publication): boolean {
    return this.#patterns.some((pattern) => matches(pattern, topic))
  }

  /** At once, or with what else comes within the batch's time. */
  publish(publication: Publication): void {
    if (this.#batchMs === undefined) {
      this.#send(publication.frame(this.id))
      return
    }
    const size = this.#batch.push(publication)
    if (size >= BATCH_MAX) this.flush()
    if (size > 1) return
    const flush = () => this.flush()
    if (this.#batchMs === 0) setImmediate(flush)
    else setTimeout(flush, this.#batchMs)
  }

  /** What waits for its batch goes now. */
  flush(): void {
    const batch = this.#batch
    if (batch.length === 0 || this.closed) return
    this.#batch = []
    this.#send(Publication.batch(this.id, batch))
  }
}

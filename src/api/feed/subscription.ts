import { matches, parsePattern, type Topic } from '../../runtime/events/patterns.ts'
import type { SubscribeFrame } from '../contract/frames.ts'
import { type Predicate, predicateOf } from './filter.ts'
import { type Outlet, PIECE_BYTES } from './outlet.ts'
import { Publication } from './publication.ts'

/** Events in one frame. A full batch goes before its time. */
const BATCH_MAX = 1_000

/** The search for the beginning of `tail`, from the end of the log backwards. */
export interface TailSearch {
  /** Next seq to look at. */
  seq: number
  readonly floor: number
  /** Number of publications still to be found. */
  left: number
}

/** A client's subscription and its place in the log. */
export class Subscription {
  readonly id: string
  readonly patterns: readonly Topic[]
  /** seq of the last record that it has read from the log. */
  position = 0
  /** Number of the next record's publications to skip, because `tail` begins behind them. */
  skip = 0
  tail: TailSearch | undefined
  /** True when the subscription gets its items from commits. Otherwise it reads the log until it has caught up. */
  live = false
  /** True when the client knows that it has caught up. */
  hasCaughtUp = false
  closed = false
  readonly #batchMs: number | undefined
  readonly #matches: Predicate | undefined
  readonly #outlet: Outlet
  #batch: Publication[] = []
  #batchSize = 0

  constructor({ id, topics, batchMs, filter = {}, minSeverity }: SubscribeFrame, outlet: Outlet) {
    this.id = id
    this.patterns = topics.map((text) => parsePattern(text) as Topic)
    this.#batchMs = batchMs
    const filters = minSeverity === undefined ? filter : { and: [filter, { minSeverity }] }
    if (Object.keys(filters).length > 0) this.#matches = predicateOf(filters)
    this.#outlet = outlet
  }

  /** seq of the first record in the open batch; undefined when that is empty. */
  get batchSeq(): number | undefined {
    return this.#batch[0]?.seq
  }

  wants(publication: Publication): boolean {
    return this.patterns.some((pattern) => matches(pattern, publication.topic)) && this.admits(publication)
  }

  /** Returns whether a publication on its topics matches its filter. */
  admits(publication: Publication): boolean {
    return this.#matches === undefined || this.#matches(publication.facts)
  }

  /** Takes the next record of the log. */
  take(seq: number, publications: readonly Publication[]): void {
    if (seq <= this.position) return
    for (const publication of publications) {
      if (!this.wants(publication)) continue
      if (this.skip > 0) this.skip--
      else this.publish(publication)
    }
    this.position = seq
    this.skip = 0
  }

  /** Sends a publication at once, or in a batch with others that come within the batch's time. */
  publish(publication: Publication): void {
    if (this.#batchMs === undefined) {
      this.#outlet.send(publication.frame(this.id), publication.seq)
      return
    }
    const size = publication.text.length
    if (this.#batchSize + size > PIECE_BYTES) this.flush()
    const count = this.#batch.push(publication)
    this.#batchSize += size
    this.#outlet.hold(size)
    if (count >= BATCH_MAX || this.#batchSize > PIECE_BYTES) this.flush()
    if (count > 1) return
    const flush = () => this.flush()
    if (this.#batchMs === 0) setImmediate(flush)
    else setTimeout(flush, this.#batchMs)
  }

  /** Sends the open batch now. */
  flush(): void {
    const batch = this.#batch
    if (batch.length === 0 || this.closed) return
    this.#drop()
    this.#outlet.send(Publication.batch(this.id, batch), batch[0]?.seq)
  }

  close(): void {
    this.closed = true
    this.#drop()
  }

  #drop(): void {
    this.#outlet.hold(-this.#batchSize)
    this.#batch = []
    this.#batchSize = 0
  }
}

import { matches, parsePattern, type Topic } from '../../runtime/events/patterns.ts'
import type { ServerFrame, SubscribeFrame } from '../contract/frames.ts'
import { batchOf } from './batches.ts'
import { Conflation, type Going } from './conflation.ts'
import { type Predicate, predicateOf } from './filter.ts'
import { type Outlet, PIECE_BYTES } from './outlet.ts'
import type { Publication } from './publication.ts'

/** Events in one frame. A full batch goes before its time. */
const BATCH_MAX = 1_000
/** Publications that a conflation releases before it looks again for room. */
const RELEASED_AT_ONCE = 256
/** Most releases in the time of a throttle. Topics that are free at about the same time go together. */
const RELEASES = 16

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
  /** Types of the events that it may want; undefined when it may want any, or records. */
  readonly types: readonly string[] | undefined
  /** seq of the last record that it has read from the log. */
  position = 0
  /** Number of the next record's publications to skip, because `tail` begins behind them. */
  skip = 0
  tail: TailSearch | undefined
  /** seq of the oldest record that `tail` looked at. */
  tailFrom: number | undefined
  /** True when the subscription gets its items from commits. Otherwise it reads the log until it has caught up. */
  live = false
  /** seq of the end of the log when it began: what came before is its past. */
  readonly head: number
  /** True when the client knows that it has its past. */
  hasCaughtUp = false
  closed = false
  readonly #batchMs: number | undefined
  readonly #throttleMs: number
  readonly #hasRecordsConflated: boolean
  readonly #matches: Predicate | undefined
  readonly #outlet: Outlet
  readonly #conflation: Conflation
  /** Asks for a call of `release` as soon as the outlet has room. */
  readonly #awaitRoom: () => void
  readonly #onTime = (): void => this.flush()
  #batch: Publication[] = []
  #batchSize = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    frame: SubscribeFrame,
    types: readonly string[] | undefined,
    head: number,
    outlet: Outlet,
    awaitRoom: () => void,
  ) {
    const { id, topics, batchMs, throttleMs = 0, conflate = false, filter = {}, minSeverity } = frame
    this.id = id
    this.types = types
    this.head = head
    this.patterns = topics.map((text) => parsePattern(text) as Topic)
    this.#batchMs = batchMs
    this.#throttleMs = throttleMs
    this.#hasRecordsConflated = conflate
    const filters = minSeverity === undefined ? filter : { and: [filter, { minSeverity }] }
    if (Object.keys(filters).length > 0) this.#matches = predicateOf(filters)
    this.#outlet = outlet
    this.#conflation = new Conflation(throttleMs)
    this.#awaitRoom = awaitRoom
  }

  /** seq of the oldest record of which something waits here; undefined when nothing waits. */
  get oldestSeq(): number | undefined {
    const oldest = Math.min(this.#batch[0]?.seq ?? Number.POSITIVE_INFINITY, this.#conflation.oldestSeq)
    return Number.isFinite(oldest) ? oldest : undefined
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

  /** Returns whether it keeps the publication for later when there is no room for it. */
  canHold(publication: Publication): boolean {
    return this.#mayConflate(publication) && this.#conflation.canHold(publication)
  }

  /** Drops the publications that wait here and that the log will give again, those of records after `seq`. */
  dropAfter(seq: number): void {
    this.#conflating(() => this.#conflation.dropAfter(seq))
  }

  /** Takes a publication that the client wants. */
  publish(publication: Publication): void {
    if (publication.class === 'critical') {
      this.release(true)
      this.#send(publication)
      this.flush()
      this.#outlet.deliver()
    } else if (this.#mayConflate(publication)) this.#conflate(publication)
    else this.#send(publication)
  }

  /** Sends what waits to be conflated, as far as its time has come and there is room, or all of it. */
  release(all = false): void {
    while (!this.closed && (all || this.#outlet.hasRoom)) {
      const going = this.#conflating(() => this.#conflation.take(RELEASED_AT_ONCE, performance.now(), all))
      if (going.length === 0) break
      this.#reportLeft(going)
      for (const { publication } of going) this.#send(publication)
    }
    this.#arm()
  }

  #mayConflate(publication: Publication): boolean {
    return publication.class === 'high-frequency' && (this.#hasRecordsConflated || !publication.isRecord)
  }

  #conflate(publication: Publication): void {
    const { hasRoom } = this.#outlet
    if (hasRoom && this.#throttleMs === 0 && this.#conflation.isEmpty) {
      this.#send(publication)
      return
    }
    const left = this.#conflating(() => this.#conflation.offer(publication, hasRoom, performance.now()))
    if (left !== undefined) {
      this.#reportLeft([{ publication, left }])
      this.#send(publication)
    }
    this.#arm()
  }

  /** Does something with the conflation and counts what it holds. */
  #conflating<T>(work: () => T): T {
    const { held } = this.#conflation
    const result = work()
    this.#outlet.retain(this.#conflation.held - held)
    return result
  }

  /** Has `release` called when the next publication may go. */
  #arm(): void {
    const { freeAt, held } = this.#conflation
    if (this.#timer !== undefined || freeAt === undefined || this.closed) return
    if (held > 0 && !this.#outlet.hasRoom) {
      this.#awaitRoom()
      return
    }
    const ms = Math.max(freeAt - performance.now(), this.#throttleMs / RELEASES)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.release()
    }, ms)
  }

  #reportLeft(going: readonly Going[]): void {
    const topics: Record<string, number> = {}
    let all = 0
    for (const { publication, left } of going) {
      if (left === 0) continue
      topics[publication.name] = left
      all += left
    }
    const [first] = going
    if (first === undefined || all === 0) return
    this.#outlet.noteConflated(all)
    const frame = { op: 'conflated', id: this.id, topics } satisfies ServerFrame
    this.#outlet.enqueue(JSON.stringify(frame), first.publication.seq)
  }

  /** Sends a publication at once, or in a batch with others that come within the batch's time. */
  #send(publication: Publication): void {
    if (this.#batchMs === undefined) {
      this.#outlet.enqueue(publication.frame(this.id), publication.seq)
      return
    }
    const size = publication.text.length
    if (this.#batchSize + size > PIECE_BYTES) this.flush()
    const count = this.#batch.push(publication)
    this.#batchSize += size
    this.#outlet.hold(size)
    if (count >= BATCH_MAX || this.#batchSize > PIECE_BYTES) this.flush()
    if (count > 1) return
    if (this.#batchMs === 0) this.#outlet.beforeDelivery(this.#onTime)
    else setTimeout(this.#onTime, this.#batchMs)
  }

  /** Sends the open batch now. */
  flush(): void {
    const batch = this.#batch
    const [first] = batch
    if (first === undefined || this.closed) return
    this.#drop()
    this.#outlet.enqueue(batchOf(this.id, batch), first.seq)
  }

  close(): void {
    this.closed = true
    clearTimeout(this.#timer)
    this.#conflating(() => this.#conflation.clear())
    this.#drop()
  }

  #drop(): void {
    this.#outlet.hold(-this.#batchSize)
    this.#batch = []
    this.#batchSize = 0
  }
}

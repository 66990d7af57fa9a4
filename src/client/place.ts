/** A client's place in the feed: the last item that it got, and where it goes on. It holds no connection. */
import { compact } from '../../errors/compact.ts'
import { OutcryError } from '../../errors/outcry-error.ts'
import type { Filter } from '../api/contract/filter.ts'
import type { EventOnTopic, RecordOnTopic, SubscribeFrame } from '../api/contract/frames.ts'
import type { Severity } from '../runtime/events/envelope.ts'
import { matchesAllRecords, parsePattern } from '../runtime/events/patterns.ts'

/** A domain event in its envelope, or a record when the topic is one of `transitions`. */
export type FeedItem = EventOnTopic | RecordOnTopic

export interface Wanted {
  /** Patterns such as `events.order_filled.*.BTCUSDT`, `transitions.order.*` or `>`. */
  readonly topics: readonly string[]
  /** Seq after which the feed begins. Without it and without `tail`, the feed begins now. */
  readonly since?: number | undefined
  /** Number of the last matching items to send before the live ones. */
  readonly tail?: number | undefined
  /** ms within which the server gathers items into one frame. */
  readonly batchMs?: number | undefined
  /**
   * ms in which the server sends at most one high-frequency event of a topic: the latest. The others are left out.
   * Default: the server leaves out events only when this client reads too slowly.
   */
  readonly throttleMs?: number | undefined
  /** True: the server may leave out records of high-frequency events, too. Default: false. */
  readonly conflate?: boolean | undefined
  /** Selects items on the topics. Default: all. The server leaves out the others. */
  readonly filter?: Filter | undefined
  /** Only events of this severity or a graver one. */
  readonly minSeverity?: Severity | undefined
}

/** A client has one subscription on each connection. */
export const SUBSCRIPTION = 'feed'

/** ms that an event may take from the server to the client, and that the server's timers may be late. */
const LATE_MS = 1_000

/** A moment at which everything up to this seq had come, but for what the server kept back. */
interface Mark {
  readonly seq: number
  readonly at: number
}

export class Place {
  readonly #wanted: Wanted
  readonly #hasAllRecords: boolean
  /** Seq up to which everything has been taken, while no item has come. */
  #since: number | undefined
  /** True when the server named that seq, not the caller. */
  #isServers = false
  #last: { readonly seq: number; readonly index: number; readonly key: string } | undefined
  #lastRecord: number | undefined
  /** Id of the log that the place is in. */
  #log: string | undefined
  /** Per topic, the last item that the server may leave out, and may not send again. */
  readonly #latest = new Map<string, { readonly seq: number; readonly index: number }>()
  /** Largest seq of these items. */
  #latestSeq = 0
  /**
   * True when the last item is still to come again. A new connection begins with its record, which may have several
   * items.
   */
  #isSearching = false
  /** ms for which the server may keep an event back while it sends later ones. */
  readonly #keptMs: number
  /** Two moments of items that came, so far apart. */
  #earlier: Mark | undefined
  #recent: Mark | undefined
  /** Time at which the last item came. */
  #lastAt = 0

  constructor(wanted: Wanted) {
    this.#wanted = wanted
    this.#keptMs = wanted.throttleMs === undefined ? 0 : 2 * wanted.throttleMs + LATE_MS
    this.#since = wanted.since
    this.#lastRecord = wanted.since
    const { topics, filter, minSeverity, conflate } = wanted
    const hasAll = topics.some((text) => matchesAllRecords(parsePattern(text) ?? []))
    this.#hasAllRecords = hasAll && filter === undefined && minSeverity === undefined && conflate !== true
  }

  /** Returns the frame for a server whose log ends at `head`. `log` is the id of that log. @throws SEQ_LOST */
  subscription(head: number, log?: string): SubscribeFrame {
    const last = this.#lastSeq
    const hasPlace = last > 0 || this.#since !== undefined
    if (hasPlace && this.#log !== undefined && log !== this.#log)
      throw lost(Math.max(last, this.#since ?? 0), `the log ${log} is in the place of ${this.#log}`)
    this.#log = log
    const { topics, tail, since: _, ...others } = this.#wanted
    const frame = { op: 'subscribe' as const, id: SUBSCRIPTION, topics: [...topics], ...compact(others) }
    if (last > 0) {
      if (head < last) throw lost(last, `the log ends at ${head}`)
      const since = Math.max(0, this.#surelyCome(last) - 1)
      // The server sends the last item again, unless it may leave it out.
      this.#isSearching = this.#last !== undefined && this.#last.seq > since
      return { ...frame, since }
    }
    if (this.#since === undefined && tail !== undefined) return { ...frame, tail }
    if (this.#since === undefined) this.#reach(head)
    else if (this.#isServers && head < this.#since) throw lost(this.#since, `the log ends at ${head}`)
    return { ...frame, ...compact({ since: this.#since }) }
  }

  get #lastSeq(): number {
    return Math.max(this.#last?.seq ?? 0, this.#latestSeq)
  }

  /** Returns the seq, `last` at most, up to which the server kept nothing back when the last item came. */
  #surelyCome(last: number): number {
    if (this.#keptMs === 0) return last
    const isOld = this.#recent !== undefined && this.#lastAt - this.#recent.at >= this.#keptMs
    return Math.min(last, (isOld ? this.#recent : this.#earlier)?.seq ?? last)
  }

  /** Returns whether the item is new. `now` is in ms, by a clock that nobody sets. @throws SEQ_LOST, FEED_GAP */
  take(item: FeedItem, now = performance.now()): boolean {
    const isNew = this.#take(item)
    if (isNew && this.#keptMs > 0) this.#mark(now)
    return isNew
  }

  #mark(now: number): void {
    this.#lastAt = now
    if (this.#recent !== undefined && now - this.#recent.at < this.#keptMs) return
    const seq = this.#lastSeq
    // Nothing before the first item was kept back: an event is, because an earlier one of its topic was sent.
    this.#earlier = this.#recent ?? { seq: this.#since ?? seq, at: now }
    this.#recent = { seq, at: now }
  }

  #take(item: FeedItem): boolean {
    const { seq } = item
    // A record comes after the events that it emitted.
    const index = 'record' in item ? Number.POSITIVE_INFINITY : item.index
    if (item.class === 'high-frequency' && (!('record' in item) || this.#wanted.conflate === true))
      return this.#takeLatest(item.topic, seq, index)
    const key = keyOf(item)
    if (this.#last !== undefined && this.#isSearching) {
      if (seq > this.#last.seq) throw lost(this.#last.seq, `${seq} comes in its place`)
      this.#isSearching = key !== this.#last.key
      return false
    }
    if (
      this.#last !== undefined &&
      (seq < this.#last.seq || (seq === this.#last.seq && index <= this.#last.index))
    )
      throw gap(`${key} of seq ${seq} comes after ${this.#last.key} of seq ${this.#last.seq}`)
    if ('record' in item && this.#hasAllRecords) {
      if (this.#lastRecord !== undefined && seq !== this.#lastRecord + 1)
        throw gap(`record ${seq} comes after ${this.#lastRecord}`)
      this.#lastRecord = seq
    }
    this.#last = { seq, index, key }
    return true
  }

  /** Takes an item of which only the latest matters. It may come later than others with a larger seq. */
  #takeLatest(topic: string, seq: number, index: number): boolean {
    const latest = this.#latest.get(topic)
    if (latest !== undefined && (seq < latest.seq || (seq === latest.seq && index <= latest.index)))
      return false
    this.#latest.set(topic, { seq, index })
    this.#latestSeq = Math.max(this.#latestSeq, seq)
    return true
  }

  /** Takes note that everything up to `seq` has come. @throws SEQ_LOST */
  caughtUp(seq: number): void {
    if (this.#last === undefined) this.#reach(seq)
    else if (this.#isSearching) throw lost(this.#last.seq, 'the log does not have it')
  }

  #reach(seq: number): void {
    this.#since = seq
    this.#lastRecord = seq
    this.#isServers = true
  }
}

/** Returns the identity of an item, which is the same in a copy of the log and differs in another log. */
function keyOf(item: FeedItem): string {
  return 'record' in item ? `${item.actor}/${item.record.rev} at ${item.at}` : `${item.eventId} at ${item.at}`
}

function lost(seq: number, why: string): OutcryError {
  return new OutcryError(
    'SEQ_LOST',
    `the log no longer has the item of seq ${seq}: ${why}`,
    'The log was replaced or cut. Read it again with since 0.',
  )
}

function gap(what: string): OutcryError {
  return new OutcryError('FEED_GAP', `the feed has a gap: ${what}`, 'Report it with the log of the runner.')
}

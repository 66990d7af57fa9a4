/**
 * The subscriptions of a program: handlers that take domain events one after the other. A handler is outside of the
 * log. It cannot fail a turn, hold up a commit or another handler, and it changes no time.
 */
import type { Observable, Subscription } from 'rxjs'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { logCut } from '../../../store/index.ts'
import type { PositionEntry, Store } from '../../../store/store.ts'
import type { EventEnvelope } from '../events/envelope.ts'
import { TopicIndex } from '../events/topic-index.ts'
import type { Logger } from '../logger.ts'
import type { TransitionRecord } from '../record/record.ts'
import { Bookmark, bookmarkName, bookmarkOf } from './bookmark.ts'
import { CatchUp } from './catch-up.ts'
import { passingOf } from './event-queue.ts'
import {
  type EventHandler,
  type EventSubscription,
  type SubscribeOptions,
  type UnsubscribeOptions,
  unsubscribeOptionsOf,
  type Wanted,
  wantedOf,
} from './options.ts'
import { Positions } from './positions.ts'
import { type Place, Subscriber, type SubscriberParts } from './subscriber.ts'

/** Records after which a durable subscription that wants none of them is noted as having passed them. */
const PASSED_RECORDS = 10_000

export interface SubscriptionsParts {
  readonly store: Store<TransitionRecord>
  readonly transitions: Observable<TransitionRecord>
  /** Returns the last seq that is published. */
  readonly published: () => number
  readonly logger: Logger
  /** Ms for which a stop waits for handlers. */
  readonly stopMs: number
  /** Records an event as a dead letter. Resolves when that is durable. `to` names the subscription. */
  readonly toDeadLetter: (to: string, envelope: EventEnvelope, error: unknown) => Promise<void>
}

export class Subscriptions {
  readonly #parts: SubscriptionsParts
  readonly #index = new TopicIndex<Subscriber>()
  readonly #all = new Set<Subscriber>()
  /** Names of durable subscriptions, from the call of `subscribe` until the position is kept at the end. */
  readonly #names = new Set<string>()
  readonly #endings = new Map<Subscriber, Promise<void>>()
  readonly #positions: Positions
  readonly #catchUp: CatchUp
  readonly #hooks: SubscriberParts
  #records: Subscription | undefined
  #passedAt = 0
  #stopping: Promise<void> | undefined

  constructor(parts: SubscriptionsParts) {
    const { store, published, logger } = parts
    this.#parts = parts
    this.#positions = new Positions(store, logger)
    this.#catchUp = new CatchUp({
      store,
      published,
      onUnreadable: (subscribers, err) => this.#onUnreadable(subscribers, err),
    })
    this.#hooks = {
      published,
      toDeadLetter: (subscriber, envelope, error) => this.#toDeadLetter(subscriber, envelope, error),
      onBehind: (subscriber) => this.#catchUp.add(subscriber),
      onMoved: (subscriber) => this.#positions.note(subscriber),
      onUnsubscribe: (subscriber) => this.#endInBackground(subscriber),
      onFailed: ({ wanted: { name } }, { eventId, type }, err) =>
        logger.warn({ err, subscription: name, eventId }, `a handler failed on ${type} (${eventId})`),
    }
  }

  /** The number of subscriptions. */
  get size(): number {
    return this.#all.size
  }

  /** Returns the positions that the next commit takes along. */
  duePositions(): readonly PositionEntry[] | undefined {
    return this.#positions.due()
  }

  /** Returns the bookmark of the name, as the store has it. A program has one object for each name. */
  bookmark(name: string): Bookmark {
    return new Bookmark(name, this.#parts.store.position(bookmarkName(name))?.seq, this.#positions)
  }

  /** Removes the bookmarks that nobody moves any more: all but those with these names. */
  async keepBookmarks(names: readonly string[]): Promise<void> {
    const { store } = this.#parts
    const left: string[] = []
    for await (const entry of store.positions()) {
      const name = bookmarkOf(entry)
      if (name !== undefined && !names.includes(name)) left.push(entry.name)
    }
    if (left.length > 0) await store.putPositions([], left)
  }

  /**
   * Begins a subscription. Resolves when a new durable one has its position in the store.
   * @throws OPTION_UNKNOWN, OPTION_INVALID, SEQ_UNKNOWN, SUBSCRIPTION_EXISTS, LOG_CUT, STOPPED, STORE_CORRUPT, STORE_FENCED
   */
  async subscribe(
    topics: string | readonly string[],
    handler: EventHandler,
    options: SubscribeOptions = {},
  ): Promise<EventSubscription> {
    const wanted = wantedOf(topics, handler, options, this.#parts.published())
    this.#assertRunning()
    const { name } = wanted
    if (name === undefined) return this.#begin(wanted, this.#startOf(wanted))
    if (this.#names.has(name))
      throw new OutcryError(
        'SUBSCRIPTION_EXISTS',
        `a subscription of the name "${name}" is running`,
        'End it first, or take another name.',
      )
    this.#names.add(name)
    try {
      return await this.#beginNamed(wanted, name)
    } catch (error) {
      this.#names.delete(name)
      throw error
    }
  }

  async #beginNamed(wanted: Wanted, name: string): Promise<EventSubscription> {
    const { store } = this.#parts
    const kept = store.position(name)
    const place = kept === undefined ? this.#startOf(wanted) : this.#placeOf(kept)
    // A crash before the first event must not lose what comes between.
    if (kept === undefined) await store.putPositions([{ name, seq: place.seq }])
    this.#assertRunning()
    return this.#begin(wanted, place)
  }

  #assertRunning(): void {
    if (this.#stopping === undefined) return
    throw new OutcryError('STOPPED', 'the supervisor has stopped', 'Start it again to subscribe.')
  }

  #startOf({ since }: Wanted): Place {
    const { cut } = this.#parts.store
    if (cut !== undefined && since !== undefined && since < cut.firstSeq - 1) throw logCut(cut)
    return { seq: since ?? this.#parts.published(), events: 0 }
  }

  /**
   * Returns the place of a kept position. A log that was cut back, or taken from a backup, may end before it.
   * @throws LOG_CUT when the log begins behind it
   */
  #placeOf({ name, seq, state }: PositionEntry): Place {
    const end = this.#parts.published()
    if (seq > end) {
      const message = `the subscription "${name}" was at seq ${seq}, and the log ends at ${end}: it goes on from there`
      this.#parts.logger.warn({ subscription: name, seq }, message)
      return { seq: end, events: 0 }
    }
    const first = this.#parts.store.cut?.firstSeq ?? 1
    if (seq < first - 1) throw behindCut(name, seq, first)
    const events = (state as Partial<Place> | undefined)?.events
    return { seq, events: Number.isSafeInteger(events) ? (events as number) : 0 }
  }

  #begin(wanted: Wanted, place: Place): EventSubscription {
    const subscriber = new Subscriber(wanted, place, this.#hooks)
    this.#all.add(subscriber)
    for (const pattern of wanted.patterns) this.#index.add(pattern, subscriber)
    this.#records ??= this.#parts.transitions.subscribe((record) => this.#onRecord(record))
    if (place.seq === this.#parts.published()) subscriber.goLive()
    else this.#catchUp.add(subscriber)
    return {
      name: wanted.name,
      get closed() {
        return subscriber.closed
      },
      unsubscribe: async (options: UnsubscribeOptions = {}) =>
        this.#end(subscriber, unsubscribeOptionsOf(options)),
    }
  }

  #onRecord(record: TransitionRecord): void {
    if (record.seq >= this.#passedAt) this.#notePassed(record.seq)
    if (record.emitted === undefined) return
    for (const event of passingOf(record))
      for (const subscriber of this.#index.match(event.topic)) subscriber.offer(event)
  }

  #notePassed(seq: number): void {
    this.#passedAt = seq + PASSED_RECORDS
    for (const subscriber of this.#all)
      if (subscriber.wanted.name !== undefined) this.#positions.note(subscriber)
  }

  #end(subscriber: Subscriber, options: UnsubscribeOptions): Promise<void> {
    const known = this.#endings.get(subscriber)
    if (known !== undefined || !this.#all.has(subscriber)) return known ?? Promise.resolve()
    const ending = this.#ended(subscriber, options).finally(() => {
      this.#all.delete(subscriber)
      this.#endings.delete(subscriber)
      if (subscriber.wanted.name !== undefined) this.#names.delete(subscriber.wanted.name)
    })
    this.#endings.set(subscriber, ending)
    return ending
  }

  async #ended(subscriber: Subscriber, { forget = false }: UnsubscribeOptions): Promise<void> {
    subscriber.end()
    for (const pattern of subscriber.wanted.patterns) this.#index.remove(pattern, subscriber)
    if (this.#index.size === 0) {
      this.#records?.unsubscribe()
      this.#records = undefined
    }
    await subscriber.idle()
    if (subscriber.wanted.name === undefined) return
    // A stop that has begun meanwhile keeps all positions.
    if (this.#stopping !== undefined) return this.#stopping
    await (forget ? this.#positions.forget(subscriber) : this.#positions.keep([subscriber]))
  }

  #endInBackground(subscriber: Subscriber): void {
    this.#end(subscriber, {}).catch((err) =>
      this.#parts.logger.error({ err }, 'the position of a subscription could not be kept'),
    )
  }

  async #toDeadLetter(subscriber: Subscriber, envelope: EventEnvelope, error: unknown): Promise<boolean> {
    const { name, deadLetter } = subscriber.wanted
    const { logger, toDeadLetter } = this.#parts
    const { eventId } = envelope
    if (deadLetter !== undefined) {
      try {
        await deadLetter(envelope, error)
        return true
      } catch (err) {
        logger.error({ err, subscription: name, eventId }, 'the deadLetter of a subscription failed')
      }
    }
    try {
      await toDeadLetter(`system/subscriptions/${name ?? '-'}`, envelope, error)
      return true
    } catch (err) {
      logger.error({ err, subscription: name, eventId }, 'an event could not become a dead letter')
      return false
    }
  }

  /** Ends subscriptions whose log cannot be read: to go on would leave a gap (law 4). */
  #onUnreadable(subscribers: readonly Subscriber[], err: unknown): void {
    for (const subscriber of subscribers) {
      const { name } = subscriber.wanted
      this.#parts.logger.error({ err, subscription: name }, 'a subscription ended: the log cannot be read')
      this.#endInBackground(subscriber)
    }
  }

  /**
   * Ends all subscriptions. Waits for their handlers, though not for ever: an event that is not handled by then comes
   * again after the next start, if its subscription is durable.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const all = [...this.#all]
    for (const subscriber of all) subscriber.finish()
    await within(this.#parts.stopMs, Promise.all(all.map((subscriber) => subscriber.idle())))
    await this.#catchUp.stop()
    this.#records?.unsubscribe()
    for (const subscriber of all) {
      const { wanted, waiting, live } = subscriber
      subscriber.end()
      if (wanted.name === undefined && (waiting > 0 || !live))
        this.#parts.logger.warn(
          { events: waiting },
          'a subscription ended before it had handled all its events',
        )
    }
    const named = all.filter(({ wanted }) => wanted.name !== undefined)
    try {
      for (const subscriber of named) this.#positions.note(subscriber)
      this.#positions.stop()
      await this.#positions.keepMoved()
    } catch (err) {
      this.#parts.logger.error({ err }, 'positions in the log could not be kept')
    }
  }
}

/** Refuses a place before the log's first record: a durable subscription leaves out no event. */
function behindCut(name: string, seq: number, firstSeq: number): OutcryError {
  return new OutcryError(
    'LOG_CUT',
    `the subscription "${name}" has handled everything up to seq ${seq}, and the log begins at seq ${firstSeq}: the records between were deleted`,
    `Take back a backup of the log that has them, or subscribe under another name with since: ${firstSeq - 1}.`,
  )
}

/** Resolves with the work, or after so many ms. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, limit]).finally(() => clearTimeout(timer))
}

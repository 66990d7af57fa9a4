import type { Observable, Subscription as RxSubscription } from 'rxjs'
import type { WebSocket } from 'ws'
import type { Topic } from '../../runtime/events/patterns.ts'
import { TopicIndex } from '../../runtime/events/topic-index.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import { type Derivation, type ReadSnapshot, startsOf } from './derivation.ts'
import { derivedOf } from './derived.ts'
import { FeedClient, type FeedParts, type FeedSource, type Listener } from './feed-session.ts'
import { Known } from './known.ts'
import { Waiting } from './outlet.ts'
import { Pace } from './pace.ts'
import { type Publication, publicationsOf } from './publication.ts'
import { ReadingQueue } from './reading-queue.ts'
import type { Wire } from './wire.ts'

export interface FeedLog extends FeedSource {
  readonly epoch: number
  readonly logId: string
  readonly transitions$: Observable<TransitionRecord>
  /** Returns the state of an actor as of the record `seq`. Only derivations need it. */
  snapshotAsOf?(address: string, seq: number): ReturnType<ReadSnapshot>
}

/** Most addresses that are known to have no state to read. */
const ABSENT_MAX = 10_000

/** Hands every durable record to the subscriptions that want it. */
export class Feed {
  readonly #log: FeedLog
  readonly #version: string
  readonly #index = new TopicIndex<Listener>()
  readonly #parts: FeedParts
  readonly #derivations: readonly { readonly starts: readonly Topic[]; readonly of: Derivation }[]
  /** Addresses without a state to read until a record of theirs comes, so that not every tick looks into the store. */
  readonly #absent = new Set<string>()
  #records: RxSubscription | undefined
  readonly #clients = new Set<FeedClient>()

  constructor(log: FeedLog, version: string, known = new Known(), derivations: readonly Derivation[] = []) {
    this.#log = log
    this.#version = version
    this.#parts = {
      source: log,
      known,
      index: this.#index,
      reading: new ReadingQueue(),
      waiting: new Waiting(),
      pace: new Pace(),
    }
    this.#derivations = derivations.map((of) => ({ starts: startsOf(of), of }))
  }

  /** Adds a client. `wire` is the connection below its WebSocket. */
  connect(socket: WebSocket, wire?: Wire): FeedClient {
    const client = new FeedClient(socket, this.#parts, wire)
    this.#clients.add(client)
    this.#records ??= this.#log.transitions$.subscribe((record) => this.#onRecord(record))
    socket.on('close', () => {
      this.#clients.delete(client)
      if (this.#clients.size > 0) return
      this.#records?.unsubscribe()
      this.#records = undefined
      this.#absent.clear()
    })
    const { logId, seq, epoch } = this.#log
    client.send({ op: 'hello', version: this.#version, log: logId, seq, epoch })
    return client
  }

  /** Returns the number of clients, and the seq up to which all of them keep up. */
  progress(): { readonly clients: number; readonly keptUpTo: number } {
    let keptUpTo = this.#log.seq
    for (const client of this.#clients) keptUpTo = Math.min(keptUpTo, client.keptUpTo)
    return { clients: this.#clients.size, keptUpTo }
  }

  /** Returns the number of publications that were left out for newer ones. */
  get conflated(): number {
    return this.#parts.waiting.conflated
  }

  #onRecord(record: TransitionRecord): void {
    if (this.#absent.size > 0) this.#absent.delete(record.actor)
    if (this.#index.size === 0) return
    for (const publication of publicationsOf(record, this.#parts.known.classOf)) this.#hand(publication)
    for (const { starts, of } of this.#derivations) {
      if (!starts.some((start) => this.#index.mayMatch(start))) continue
      const read = (address: string) => this.#snapshot(address, record.seq)
      for (const publication of derivedOf(record, of, read)) this.#hand(publication)
    }
  }

  #hand(publication: Publication): void {
    for (const { client, subscription } of this.#index.match(publication.topic, publication.name))
      client.onPublication(subscription, publication.seq, publication)
  }

  #snapshot(address: string, seq: number): ReturnType<ReadSnapshot> {
    if (this.#absent.has(address)) return undefined
    let found: ReturnType<ReadSnapshot>
    try {
      found = this.#log.snapshotAsOf?.(address, seq)
    } catch {
      // An actor that cannot be restored is reported by those who need it.
    }
    if (found === undefined && this.#absent.size < ABSENT_MAX) this.#absent.add(address)
    return found
  }
}

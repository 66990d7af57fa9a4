import type { Observable, Subscription as RxSubscription } from 'rxjs'
import type { WebSocket } from 'ws'
import { TopicIndex } from '../../runtime/events/topic-index.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import { FeedClient, type FeedParts, type FeedSource, type Listener } from './feed-session.ts'
import { Known } from './known.ts'
import { Waiting } from './outlet.ts'
import { publicationsOf } from './publication.ts'
import { Turns } from './turns.ts'

export interface FeedLog extends FeedSource {
  readonly epoch: number
  readonly transitions$: Observable<TransitionRecord>
}

/** Hands every durable record to the subscriptions that want it. */
export class Feed {
  readonly #log: FeedLog
  readonly #version: string
  readonly #index = new TopicIndex<Listener>()
  readonly #parts: FeedParts
  #records: RxSubscription | undefined
  #clients = 0

  constructor(log: FeedLog, version: string, known = new Known(), waiting = new Waiting()) {
    this.#log = log
    this.#version = version
    this.#parts = { source: log, known, index: this.#index, turns: new Turns(), waiting }
  }

  connect(socket: WebSocket): FeedClient {
    const client = new FeedClient(socket, this.#parts)
    this.#clients++
    this.#records ??= this.#log.transitions$.subscribe((record) => this.#onRecord(record))
    socket.on('close', () => {
      if (--this.#clients > 0) return
      this.#records?.unsubscribe()
      this.#records = undefined
    })
    client.send({ op: 'hello', version: this.#version, seq: this.#log.seq, epoch: this.#log.epoch })
    return client
  }

  #onRecord(record: TransitionRecord): void {
    if (this.#index.size === 0) return
    for (const publication of publicationsOf(record, this.#parts.known.classOf))
      for (const { client, subscription } of this.#index.match(publication.topic))
        client.onPublication(subscription, record.seq, publication)
  }
}

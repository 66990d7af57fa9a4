import type { Observable, Subscription as RxSubscription } from 'rxjs'
import type { WebSocket } from 'ws'
import type { TransitionRecord } from '../runtime/record.ts'
import { FeedClient, type FeedSource } from './feed-client.ts'
import { publicationsOf } from './publication.ts'

export interface FeedLog extends FeedSource {
  readonly epoch: number
  readonly transitions$: Observable<TransitionRecord>
}

/** Hands every durable record to every client that listens. */
export class Feed {
  readonly #log: FeedLog
  readonly #version: string
  readonly #clients = new Set<FeedClient>()
  #records: RxSubscription | undefined

  constructor(log: FeedLog, version: string) {
    this.#log = log
    this.#version = version
  }

  connect(socket: WebSocket): void {
    const client = new FeedClient(socket, this.#log)
    this.#clients.add(client)
    this.#records ??= this.#log.transitions$.subscribe((record) => {
      const publications = publicationsOf(record)
      for (const c of this.#clients) c.onRecord(record, publications)
    })
    socket.on('close', () => {
      this.#clients.delete(client)
      if (this.#clients.size > 0) return
      this.#records?.unsubscribe()
      this.#records = undefined
    })
    client.send({ op: 'hello', version: this.#version, seq: this.#log.seq, epoch: this.#log.epoch })
  }
}

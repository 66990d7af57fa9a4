/** A client of a running server: its routes, typed by the contract, and its feed. */

import type { Observable } from 'rxjs'
import { z } from 'zod'
import { optionsOf } from '../../errors/options.ts'
import { isOutcryError, OutcryError } from '../../errors/outcry-error.ts'
import { bearerProtocols } from '../api/contract/bearer.ts'
import type { EventOnTopic, RecordOnTopic } from '../api/contract/frames.ts'
import type { ActorSummary, ActorView, RecordInDetail } from '../api/contract/record.ts'
import type { AnswerOf, BodyOf, QueryOf } from '../api/contract/route.ts'
import { PAGE_MAX, type Routes } from '../api/contract/routes.ts'
import { type Commands, commandsOf } from './commands.ts'
import { type FeedOptions, type FeedSocket, follow } from './feed.ts'
import { type Asked, Http, type HttpOptions, notBy, type RouteName, TOKEN, TOKEN_RULE } from './http.ts'
import { actor, events, type ObserveOptions, transitions } from './observables.ts'
import type { FeedItem } from './place.ts'

export type SocketConstructor = new (url: string, protocols?: string[]) => FeedSocket

export interface ClientOptions extends HttpOptions {
  /**
   * Constructor of WebSockets. Default: the global one. Node has it from version 22 on; before that, give the one of
   * the package ws.
   */
  readonly WebSocket?: SocketConstructor | undefined
}

/** ms within which a server must say why it refuses a WebSocket. Otherwise the client tries again later. */
const REFUSAL_MS = 5_000

const code = <T>() => z.custom<T>((value) => typeof value === 'function', 'must be a function')

const clientOptions = z.strictObject({
  url: z
    .string()
    .refine(
      isBase,
      'must be an address such as http://127.0.0.1:7077, without a name, a query or a fragment',
    ),
  token: z.union([z.string().regex(TOKEN, `must have ${TOKEN_RULE}`), code<() => string>()]).optional(),
  fetch: code<typeof fetch>().optional(),
  WebSocket: code<SocketConstructor>().optional(),
})

function isBase(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return ['http:', 'https:'].includes(protocol) && `${username}${password}${search}${hash}` === ''
}

/** Refusals that no further attempt can change. */
const FOR_GOOD: readonly string[] = ['HOST_REFUSED', 'ORIGIN_REFUSED', 'SITE_REFUSED', 'NOT_AUTHORISED']

/** A place in an actor's past: one of these fields. */
export interface PlaceInPast {
  readonly seq?: number
  readonly rev?: number
  /** Time in epoch ms, or ISO 8601 with its zone. */
  readonly at?: number | string
}

/** The filter of a list of actors. All that is given must match. */
export type WantedActors = Omit<QueryOf<Routes['actors']>, 'after' | 'limit'>

export interface HistoryRange {
  readonly fromRev?: number
  readonly toRev?: number
  /** seq after which no record is listed. */
  readonly toSeq?: number
  /** True when the newest records come first. */
  readonly reverse?: boolean
  /** Most records. Default: all of them. */
  readonly limit?: number
  /** True when each record has what it changed, and the transitions taken: `changed` and `taken`. */
  readonly detail?: boolean
  /** Types of events, separated by commas: only records that took or emitted an event of one of them. */
  readonly type?: string
  /** Only records with this text, in any case, in the type or in a value of an event that they took or emitted. */
  readonly text?: string
  /** Only records that changed the state at this path, such as `stopPx`. Their `changed` has these changes. */
  readonly changed?: string
  /** With `changed`: only where this is the value after the change. */
  readonly is?: string
}

/**
 * Returns a client. It connects only when it is used.
 *
 * @throws OPTION_UNKNOWN, OPTION_INVALID
 * @example
 * const client = createClient({ url: 'http://127.0.0.1:7077' })
 * for await (const { address, value } of client.actors({ kind: 'order' })) console.log(address, value)
 * for await (const event of client.feed({ topics: ['events.order_filled.>'], since: 0 })) console.log(event.seq)
 */
export function createClient(options: ClientOptions): Client {
  return new Client(options)
}

export class Client {
  /**
   * A function for each command of the contract: the requests that change something. A command has an idempotency key,
   * and is sent again when its answer is lost. Throws as `ask` does.
   *
   * @example await client.commands.restart('emaCross/btc', { by: 'ann', reason: 'odd averages' })
   */
  readonly commands: Commands
  readonly #http: Http
  readonly #WebSocket: SocketConstructor | undefined

  constructor(given: ClientOptions) {
    const options = optionsOf('createClient', clientOptions, given)
    this.#http = new Http(options)
    this.commands = commandsOf(this.#http)
    this.#WebSocket = options.WebSocket
  }

  /** URL of the server, without a slash at its end. */
  get url(): string {
    return this.#http.url
  }

  /**
   * Requests any route of the contract and returns its answer.
   *
   * @throws RUNNER_UNREACHABLE, ANSWER_INVALID, or the code of the server's refusal
   * @example await client.ask('failures', { query: { actor: 'emaCross/btc' } })
   */
  ask<N extends RouteName>(name: N, asked?: Asked<Routes[N]>): Promise<AnswerOf<Routes[N]>> {
    return this.#http.answer(name, asked)
  }

  /**
   * Yields actors by address: all of them, those whose address begins with a prefix, or those that pass a filter. Reads
   * page by page.
   *
   * @example for await (const { address } of client.actors({ kind: 'order', state: 'filled' })) console.log(address)
   */
  async *actors(of: WantedActors = {}): AsyncGenerator<ActorSummary, void> {
    for (let after: string | undefined; ; ) {
      const { actors, next } = await this.ask('actors', { query: { ...of, after, limit: PAGE_MAX } })
      yield* actors
      if (next === undefined) return
      if (next <= (after ?? '')) throw notBy('actors', `the page after ${next} comes after itself`)
      after = next
    }
  }

  /** Resolves with an actor as it is, or as it was; undefined when there is none. */
  async actor(address: string, place: PlaceInPast = {}): Promise<ActorView | undefined> {
    try {
      return await this.ask('actor', { params: { address }, query: place })
    } catch (error) {
      if (isOutcryError(error, 'ACTOR_UNKNOWN')) return undefined
      throw error
    }
  }

  /**
   * Yields the records of an actor, all of them or those that are searched for. Reads page by page.
   *
   * @example for await (const { event, changed } of client.history('order/sim:o-1', { detail: true })) console.log(changed)
   * @example for await (const { at, changed } of client.history('order/sim:o-1', { changed: 'stopPx' })) console.log(at, changed)
   */
  async *history(
    address: string,
    { reverse = false, limit = Number.POSITIVE_INFINITY, ...range }: HistoryRange = {},
  ): AsyncGenerator<RecordInDetail, void> {
    let left = limit
    for (let after: number | undefined; left > 0; ) {
      const query = { ...range, after, reverse, limit: Math.min(left, PAGE_MAX) }
      const { records, next } = await this.ask('history', { params: { address }, query })
      yield* records
      left -= records.length
      if (next === undefined) return
      if (after !== undefined && (reverse ? next >= after : next <= after))
        throw notBy('history', `the page after rev ${after} ends with rev ${next}`)
      after = next
    }
  }

  /**
   * Resolves with the last events up to `to`, or one page of those after a seq or from a time on: `next` is the `since`
   * of the next page, and `seq` that of a later request for what is new.
   */
  events(query: QueryOf<Routes['events']> = {}): Promise<AnswerOf<Routes['events']>> {
    return this.ask('events', { query })
  }

  /**
   * Sends an event to an actor and resolves when it is durable. With a key it may be sent again.
   *
   * @throws EVENT_INVALID, EVENT_UNHANDLED, ..., and COMMAND_REFUSED when the actor refuses it: `cause` is the server's
   * answer, with a code such as RISK_REJECTED and the events
   */
  send(
    address: string,
    event: BodyOf<Routes['send']>,
    { key }: { readonly key?: string } = {},
  ): Promise<AnswerOf<Routes['send']>> {
    const headers = key === undefined ? {} : { 'idempotency-key': key }
    return this.ask('send', { params: { address }, headers, body: event })
  }

  /** Lets an actor out of quarantine. */
  release(
    address: string,
    why: { readonly by?: string; readonly reason?: string } = {},
  ): Promise<AnswerOf<Routes['release']>> {
    return this.ask('release', { params: { address }, body: why })
  }

  /**
   * Resolves with a copy of the log, or of the whole data folder, as bytes. `decodeEntries` of outcry/store reads them.
   */
  async backup({ of }: { readonly of?: 'folder' } = {}): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#http.response('backup', { query: { of } })
    return body as ReadableStream<Uint8Array>
  }

  /**
   * Yields the publications on topics, each once and in order, until the loop or the signal ends. It reconnects by
   * itself and goes on after the last item.
   *
   * @throws SEQ_LOST when the log no longer has the last item: there is no gap without an error
   */
  feed(options: FeedOptions): AsyncGenerator<FeedItem, void, void> {
    let used: string | undefined
    const server = {
      connect: () => {
        used = this.#http.token
        return this.#connect(used)
      },
      refusal: (signal: AbortSignal) => this.#refusal(signal),
      hasNewToken: () => this.#http.token !== used,
    }
    return follow(server, options)
  }

  /**
   * Returns the domain events on topics, all of them by default, as an RxJS Observable. It reconnects by itself, and
   * errors as `feed` does. Each subscriber has a connection of its own.
   *
   * @throws OPTION_INVALID for a topic of records
   * @example client.events$({ topics: ['events.order_filled.>'], since: 0 }).subscribe(({ event }) => console.log(event))
   */
  events$(options: ObserveOptions = {}): Observable<EventOnTopic> {
    return events(this, options)
  }

  /** Returns the records on topics, all of them by default, as `events$` does. */
  transitions$(options: ObserveOptions = {}): Observable<RecordOnTopic> {
    return transitions(this, options)
  }

  /**
   * Returns an actor as it is, and then as it is after each of its records. It waits for an actor that does not exist
   * yet.
   *
   * @example client.actor$('account/sim').subscribe(({ value, context }) => console.log(value, context))
   */
  actor$(address: string): Observable<ActorView> {
    return actor(this, address)
  }

  #connect(token: string | undefined): FeedSocket {
    const Socket = this.#WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket
    if (Socket === undefined)
      throw new OutcryError(
        'WEBSOCKET_NONE',
        'the platform has no WebSocket',
        'Give the client one: import { WebSocket } from "ws", and createClient({ url, WebSocket }).',
      )
    const url = `${this.url.replace(/^http/, 'ws')}/feed`
    return token === undefined ? new Socket(url) : new Socket(url, bearerProtocols(token))
  }

  /** Asks the server by HTTP why it refuses this client, because a WebSocket does not say. */
  async #refusal(signal: AbortSignal): Promise<OutcryError | undefined> {
    const enough = AbortSignal.any([signal, AbortSignal.timeout(REFUSAL_MS)])
    try {
      await this.ask('health', { signal: enough })
    } catch (error) {
      if (isOutcryError(error) && FOR_GOOD.includes(error.code)) return error
    }
    return undefined
  }
}

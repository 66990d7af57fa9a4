/** The feed as RxJS Observables. Each subscriber has a connection of its own, which ends with it. */
import { Observable } from 'rxjs'
import { OutcryError } from '../../errors/outcry-error.ts'
import type { EventOnTopic, RecordOnTopic } from '../api/contract/frames.ts'
import type { ActorView } from '../api/contract/record.ts'
import type { FeedOptions } from './feed.ts'
import type { FeedItem } from './place.ts'

/** The part of a client that these functions use. */
interface Source {
  feed(options: FeedOptions): AsyncGenerator<FeedItem, void, void>
  actor(address: string, place?: { readonly seq?: number }): Promise<ActorView | undefined>
  ask(name: 'health', asked: { readonly signal: AbortSignal }): Promise<{ readonly seq: number }>
}

/** The options of a feed. The default of `topics` is everything that the Observable can give. */
export type ObserveOptions = Omit<FeedOptions, 'topics'> & Partial<Pick<FeedOptions, 'topics'>>

/** Returns the domain events on topics. @throws OPTION_INVALID for a topic of records */
export function events(source: Source, options: ObserveOptions): Observable<EventOnTopic> {
  return itemsOf(source, 'events', options) as Observable<EventOnTopic>
}

/** Returns the records on topics. @throws OPTION_INVALID for a topic of events */
export function transitions(source: Source, options: ObserveOptions): Observable<RecordOnTopic> {
  return itemsOf(source, 'transitions', options) as Observable<RecordOnTopic>
}

function itemsOf(
  source: Source,
  root: 'events' | 'transitions',
  { topics = [`${root}.>`], ...options }: ObserveOptions,
): Observable<FeedItem> {
  const other = topics.find((topic) => !topic.startsWith(`${root}.`))
  if (other !== undefined)
    throw new OutcryError(
      'OPTION_INVALID',
      `${root}$: "${other}" is no topic of ${root}`,
      `Begin each topic with "${root}.". The feed of the client takes topics of both.`,
    )
  return following((signal) => source.feed({ ...options, topics, signal }), options.signal)
}

/**
 * Returns an actor as it is, and then as it is after each of its records. It waits for an actor that does not exist yet.
 */
export function actor(source: Source, address: string): Observable<ActorView> {
  return following((signal) => viewsOf(source, address, signal))
}

async function* viewsOf(source: Source, address: string, signal: AbortSignal): AsyncGenerator<ActorView> {
  const { seq: head } = await source.ask('health', { signal })
  const view = await source.actor(address)
  if (view !== undefined) yield view
  const kind = address.slice(0, address.indexOf('/'))
  const topics = [`transitions.${kind}.*`]
  // The filter compares the address itself. In a topic, an id has no dots and no spaces.
  const filter = { kind, id: address.slice(kind.length + 1) }
  for await (const { seq } of source.feed({ topics, filter, since: view?.seq ?? head, signal })) {
    const after = await source.actor(address, { seq })
    if (after !== undefined) yield after
  }
}

/** Returns an Observable that follows with each subscriber, until it ends or the signal does. */
function following<T>(
  follow: (signal: AbortSignal) => AsyncGenerator<T, void>,
  given?: AbortSignal,
): Observable<T> {
  return new Observable((subscriber) => {
    const ending = new AbortController()
    const signal = given === undefined ? ending.signal : AbortSignal.any([given, ending.signal])
    const run = async () => {
      for await (const item of follow(signal)) subscriber.next(item)
      subscriber.complete()
    }
    run().catch((error) => subscriber.error(error))
    return () => ending.abort()
  })
}

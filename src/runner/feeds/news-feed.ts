/** Sends news from its sources to the news actor, each item once, with or without restarts. */
import { isDeepStrictEqual } from 'node:util'
import { merge, type Observable, type Subscription } from 'rxjs'
import { NEWS as NEWS_ADDRESS, type NewsContext, type NewsInput } from '../../../machines/index.ts'
import type { NewsMessage, NewsWarning } from '../../adapters/news-source.ts'
import { newsOffer, newsSourceName } from '../../adapters/registry.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Address } from '../../runtime/record/address.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { Clock } from '../../runtime/time/clock.ts'
import { sendUnlessQuarantined } from '../actors/quarantine.ts'
import type { RunnerConfig } from '../config/schema.ts'
import type { NewsTimes } from './news-times.ts'

const NEWS = NEWS_ADDRESS as Address

/** Spawns the actor if there are sources. An existing one gets the present rules. */
export async function bootNews(
  supervisor: Supervisor,
  { sources, ...rules }: RunnerConfig['news'],
  { venue, venues, at }: { venue: string; venues: readonly string[]; at: number },
): Promise<void> {
  if (sources.length === 0) return
  // The account of the news actor's own venue gets flags without being named.
  const isOwn = isDeepStrictEqual(venues, [venue])
  const known = supervisor.getSnapshot(NEWS)?.context as NewsContext | undefined
  if (known === undefined) {
    await supervisor.spawn(
      'news',
      'main',
      { venue, ...rules, ...(!isOwn && { venues: [...venues] }) } satisfies NewsInput,
      { at },
    )
    return
  }
  const areTold = isDeepStrictEqual(known.venues ?? [venue], venues)
  if (areTold && isDeepStrictEqual({ rules: known.rules, symbols: known.symbols }, rules)) return
  const told = !areTold && { venues: [...venues] }
  await sendUnlessQuarantined(supervisor, NEWS, { type: 'SET_NEWS_RULES', at, ...rules, ...told })
}

interface FeedParts {
  readonly supervisor: Supervisor
  readonly clock: Clock
  readonly logger: Logger
  /** Present in event time. Then the news of files follow it. */
  readonly newsTimes?: NewsTimes | undefined
}

export class NewsFeed {
  readonly #parts: FeedParts
  /** The sources. Each is read while it has a subscriber. */
  readonly #sources: readonly Observable<NewsMessage>[]
  #subscription: Subscription | undefined

  constructor(sources: RunnerConfig['news']['sources'], parts: FeedParts) {
    this.#parts = parts
    this.#sources = sources.map((config) => this.#open(config))
  }

  /**
   * Resolves when no more news comes, and rejects when a source has failed. A source itself retries failures that may
   * pass.
   */
  run(): Promise<void> {
    return new Promise((complete, error) => {
      this.#subscription = merge(...this.#sources).subscribe({
        next: (message) => this.#take(message),
        complete,
        error,
      })
    })
  }

  /** Closes the sources. */
  stop(): void {
    this.#subscription?.unsubscribe()
    this.#parts.newsTimes?.close()
  }

  #open(config: RunnerConfig['news']['sources'][number]): Observable<NewsMessage> {
    const { supervisor, logger, newsTimes } = this.#parts
    const onWarning = ({ source, where, reason }: NewsWarning) =>
      logger.warn({ news: source, where }, `${source}: ${where === undefined ? '' : `${where}: `}${reason}`)
    const cursor = (source: string) => supervisor.cursor(source)
    const source = newsOffer(config).open(config, { name: newsSourceName(config), onWarning })
    if (newsTimes === undefined || source.time === 'system')
      return source.open({ cursor, pace: () => supervisor.room() })
    newsTimes.add(source.name)
    return source.open({
      cursor,
      pace: (message) => newsTimes.pace(message) ?? supervisor.room(),
      onCaughtUp: () => newsTimes.caughtUp(source.name),
    })
  }

  #take({ source, item, origin }: NewsMessage): void {
    const { supervisor, clock, logger } = this.#parts
    const at = clock.now()
    // A feed has no positions to read on from: the key is what knows its items again.
    const key = `news ${source} ${item.id}`
    try {
      supervisor.tell(NEWS, { type: 'NEWS_ITEM', at, source, ...item }, { at, lane: 'command', origin, key })
    } catch (err) {
      logger.warn({ err, news: source }, `${source}: ${item.id} was not taken: ${(err as Error).message}`)
    }
  }
}

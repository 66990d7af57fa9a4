/** A feed over HTTP, asked again and again as sparingly as HTTP lets us. */
import { Observable, type Subscriber } from 'rxjs'
import type { NewsMessage, NewsOpenOptions, NewsSource, OnNewsWarning } from '../news-source.ts'
import { bytesOf, fetchCounted, poll, Refused } from '../transport/http.ts'
import { type FeedDocument, readFeed } from './feed-document.ts'

export interface RssOptions {
  /** Stands for the address in log and warnings, for that may hold a key. */
  readonly name: string
  readonly url: string
  /** The time from one answer to the next question, in ms. */
  readonly everyMs: number
  readonly timeoutMs?: number
  readonly onWarning?: OnNewsWarning
}

const TIMEOUT_MS = 10_000
/** No feed of news is as long; what is would keep all else waiting while it is read. */
const BODY_BYTES_MAX = 2_000_000
const BACKOFF_MAX_MS = 3_600_000

export function createRssNews(options: RssOptions): NewsSource {
  return {
    name: options.name,
    time: 'system',
    open: (openOptions = {}) =>
      new Observable((subscriber) => {
        const polling = new Polling(options, openOptions, subscriber)
        void polling.run()
        return () => polling.stop()
      }),
  }
}

/** One subscription. */
class Polling {
  readonly #options: RssOptions
  readonly #openOptions: NewsOpenOptions
  readonly #subscriber: Subscriber<NewsMessage>
  readonly #stopped = new AbortController()
  /** The server's validators of the last document that was read. */
  #validators: Record<string, string> = {}
  /** Ids and flaws of that document: only others are news. */
  #ids: ReadonlySet<string> = new Set()
  #flaws: ReadonlySet<string> = new Set()

  constructor(options: RssOptions, openOptions: NewsOpenOptions, subscriber: Subscriber<NewsMessage>) {
    this.#options = options
    this.#openOptions = openOptions
    this.#subscriber = subscriber
  }

  run(): Promise<void> {
    const { everyMs } = this.#options
    return poll(() => this.#fetch(), {
      everyMs,
      retryMs: { min: everyMs, max: Math.max(everyMs, BACKOFF_MAX_MS) },
      signal: this.#stopped.signal,
      onFailure: (reason) => this.#warn(reason),
    })
  }

  stop(): void {
    this.#stopped.abort()
  }

  /** @throws Refused, and what fetch and readFeed throw */
  async #fetch(): Promise<void> {
    const { url, timeoutMs = TIMEOUT_MS } = this.#options
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(timeoutMs)])
    const response = await fetchCounted(url, {
      headers: { 'user-agent': 'outcry', ...this.#validators },
      signal,
    })
    if (response.status === 304) return
    if (!response.ok) {
      await response.body?.cancel()
      throw new Refused(response)
    }
    const bytes = await bytesOf(response, BODY_BYTES_MAX)
    const document = readFeed(new TextDecoder(charsetOf(response, bytes)).decode(bytes).trimStart())
    // A document that could not be read is asked for again.
    this.#validators = validatorsOf(response.headers)
    await this.#take(document)
  }

  async #take({ items, flaws }: FeedDocument): Promise<void> {
    const { name: source } = this.#options
    for (const { where, reason } of flaws) if (!this.#flaws.has(reason)) this.#warn(reason, where)
    // Feeds begin with the newest.
    for (const item of items.toReversed()) {
      if (this.#ids.has(item.id)) continue
      const message = { source, item }
      await this.#openOptions.pace?.(message)
      if (this.#stopped.signal.aborted) return
      this.#subscriber.next(message)
    }
    this.#ids = new Set(items.map(({ id }) => id))
    this.#flaws = new Set(flaws.map(({ reason }) => reason))
  }

  #warn(reason: string, where?: string): void {
    this.#options.onWarning?.({ source: this.#options.name, ...(where && { where }), reason })
  }
}

function validatorsOf(headers: Headers): Record<string, string> {
  const etag = headers.get('etag')
  const modified = headers.get('last-modified')
  return {
    ...(etag !== null && { 'if-none-match': etag }),
    ...(modified !== null && { 'if-modified-since': modified }),
  }
}

/** Returns the charset of the header, or else that of the document itself. */
function charsetOf(response: Response, bytes: Buffer): string {
  const declared = /^<\?xml[^>]*\bencoding=["']([\w-]+)/.exec(bytes.toString('latin1', 0, 200).trimStart())
  const ofHeader = /\bcharset="?([\w-]+)/i.exec(response.headers.get('content-type') ?? '')
  return ofHeader?.[1] ?? declared?.[1] ?? 'utf-8'
}

/** A feed over HTTP, asked again and again as sparingly as HTTP lets us. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Observable, type Subscriber } from 'rxjs'
import type { NewsMessage, NewsOpenOptions, NewsSource, OnNewsWarning } from '../news.ts'
import { type FeedDocument, readFeed } from './feed-document.ts'

export interface RssOptions {
  /** Stands for the address in log and warnings, for that may hold a key. */
  readonly name: string
  readonly url: string
  /** From one answer to the next question. */
  readonly everyMs: number
  readonly timeoutMs?: number
  readonly onWarning?: OnNewsWarning
}

const TIMEOUT_MS = 10_000
/** No feed of news is as long; what is would fill the memory. */
const BODY_BYTES_MAX = 10_000_000
const BACKOFF_MAX_MS = 3_600_000
const RETRY_AFTER_MAX_MS = 86_400_000

export function createRssNews(options: RssOptions): NewsSource {
  return {
    name: options.name,
    open: (openOptions = {}) =>
      new Observable((subscriber) => {
        const polling = new Polling(options, openOptions, subscriber)
        void polling.run()
        return () => polling.stop()
      }),
  }
}

/** Why there is no document this time, and how long the server asks us to stay away. */
class Refused extends Error {
  readonly retryAfterMs: number

  constructor(response: Response) {
    super(`the server answered ${response.status}`)
    this.retryAfterMs = retryAfterMs(response.headers.get('retry-after'))
  }
}

/** One subscription. */
class Polling {
  readonly #options: RssOptions
  readonly #openOptions: NewsOpenOptions
  readonly #subscriber: Subscriber<NewsMessage>
  readonly #stopped = new AbortController()
  /** How the server knows the last document that was read. */
  #validators: Record<string, string> = {}
  /** Ids and flaws of that document: only others are news. */
  #ids: ReadonlySet<string> = new Set()
  #flaws: ReadonlySet<string> = new Set()
  #failures = 0

  constructor(options: RssOptions, openOptions: NewsOpenOptions, subscriber: Subscriber<NewsMessage>) {
    this.#options = options
    this.#openOptions = openOptions
    this.#subscriber = subscriber
  }

  async run(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      const waitMs = await this.#poll()
      await sleep(waitMs, undefined, { signal }).catch(() => {})
    }
  }

  stop(): void {
    this.#stopped.abort()
  }

  /** How long to wait before the next one. */
  async #poll(): Promise<number> {
    const { everyMs } = this.#options
    try {
      await this.#fetch()
      this.#failures = 0
      return everyMs
    } catch (error) {
      if (this.#stopped.signal.aborted) return 0
      const backoffMs = Math.min(everyMs * 2 ** this.#failures++, Math.max(everyMs, BACKOFF_MAX_MS))
      const waitMs = Math.max(backoffMs, error instanceof Refused ? error.retryAfterMs : 0)
      this.#warn(`${reasonOf(error)}; it is asked again in ${Math.round(waitMs / 1_000)} s`)
      return waitMs
    }
  }

  /** @throws Refused, and what fetch and readFeed throw */
  async #fetch(): Promise<void> {
    const { url, timeoutMs = TIMEOUT_MS } = this.#options
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(timeoutMs)])
    const response = await fetch(url, { headers: { 'user-agent': 'outcry', ...this.#validators }, signal })
    if (response.status === 304) return
    if (!response.ok) {
      await response.body?.cancel()
      throw new Refused(response)
    }
    const document = readFeed(await bodyOf(response))
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

/** Seconds, or a date. */
function retryAfterMs(header: string | null): number {
  if (header === null) return 0
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), RETRY_AFTER_MAX_MS)
}

async function bodyOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > BODY_BYTES_MAX) throw new Error(`the document is longer than ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  return new TextDecoder(charsetOf(response, bytes)).decode(bytes).trimStart()
}

/** As the header says, else as the document itself does. */
function charsetOf(response: Response, bytes: Buffer): string {
  const declared = /^<\?xml[^>]*\bencoding=["']([\w-]+)/.exec(bytes.toString('latin1', 0, 200).trimStart())
  const ofHeader = /\bcharset="?([\w-]+)/i.exec(response.headers.get('content-type') ?? '')
  return ofHeader?.[1] ?? declared?.[1] ?? 'utf-8'
}

/** What fetch says is in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}

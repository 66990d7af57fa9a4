import type { Logger } from '../../runtime/logger.ts'
import { addressOf } from '../address.ts'
import type { SinkEvent } from '../event.ts'
import type { Batch, Writer } from '../sink.ts'
import { filledIn } from '../variables.ts'
import type { WebhookConfig } from './config.ts'
import { signatureOf } from './signature.ts'
import { bodyOf } from './templates.ts'

/** Ms between two looks at what waits. */
const FLUSH_MS = 500
/** Messages that may go at once, after a rest. */
const BURST = 5
/** Events that are kept for a digest. Of more, only their number is. */
const SHOWN_MAX = 100
/** Ms that a request may take. */
const REQUEST_MS = 15_000
/** Most ms that a receiver may ask for by Retry-After. */
const ASKED_MS_MAX = 3_600_000
/** Characters of a refusal that are told. */
const REASON_MAX = 200

/** The events that wait, from the first one that the receiver does not have. */
interface Waiting {
  events: SinkEvent[]
  readonly counts: Record<string, number>
}

/** A machine of a user may emit a type with the name of a property of all objects. */
function nothing(): Waiting {
  return { events: [], counts: Object.create(null) }
}

/**
 * Posts events. It relies on the position in the log: an event whose answer was lost comes again, with the same
 * `Idempotency-Key`.
 */
export class WebhookWriter implements Writer {
  readonly flushMs = FLUSH_MS
  readonly #config: WebhookConfig
  readonly #url: string
  readonly #secret: string | undefined
  readonly #signal: AbortSignal
  readonly #logger: Logger
  #waiting: Waiting = nothing()
  /** Last seq that was written here. */
  #to = 0
  /** Last seq of which the receiver has everything. */
  #kept = 0
  #tokens = BURST
  #filledAt = performance.now()
  #restUntil = 0

  constructor(
    config: WebhookConfig,
    { signal, logger }: { readonly signal: AbortSignal; readonly logger: Logger },
  ) {
    this.#config = config
    this.#url = addressOf(config.url, process.env).url
    this.#secret = config.secret && filledIn(config.secret, process.env)
    this.#signal = signal
    this.#logger = logger
  }

  async write({ events, from, to }: Batch): Promise<number> {
    if (this.#to === 0) this.#kept = from - 1
    for (const event of events) this.#await(event)
    this.#to = to
    if (this.#count === 0) this.#kept = to
    return this.#kept
  }

  async flush(): Promise<number> {
    this.#fill()
    if (this.#count > this.#tokens || this.#count > this.#waiting.events.length) return this.#digest()
    const before = this.#kept
    while (this.#waiting.events[0] !== undefined && this.#mayPost) {
      const [event] = this.#waiting.events
      const isPosted = await this.#post([event], { [event.envelope.type]: 1 }).catch((error) => {
        // An event that was taken before must not come again. The next call fails on its own.
        if (this.#kept > before) return false
        throw error
      })
      if (!isPosted) return this.#kept
      this.#forget(event)
      const [next] = this.#waiting.events
      this.#kept = next === undefined ? this.#to : next.envelope.seq - 1
    }
    return this.#kept
  }

  async close(): Promise<void> {
    this.#waiting = nothing()
  }

  get #count(): number {
    return Object.values(this.#waiting.counts).reduce((sum, count) => sum + count, 0)
  }

  get #mayPost(): boolean {
    return this.#tokens >= 1 && performance.now() >= this.#restUntil
  }

  async #digest(): Promise<number> {
    if (!this.#mayPost) return this.#kept
    const to = this.#to
    const { events, counts } = this.#waiting
    if (await this.#post(events, counts)) {
      this.#waiting = nothing()
      this.#kept = to
    }
    return this.#kept
  }

  #await(event: SinkEvent): void {
    const { events, counts } = this.#waiting
    const { type } = event.envelope
    counts[type] = (counts[type] ?? 0) + 1
    events.push(event)
    if (events.length > SHOWN_MAX) events.shift()
  }

  #forget({ envelope: { type } }: SinkEvent): void {
    const { events, counts } = this.#waiting
    events.shift()
    const left = (counts[type] ?? 1) - 1
    if (left > 0) counts[type] = left
    else delete counts[type]
  }

  #fill(): void {
    const now = performance.now()
    const more = ((now - this.#filledAt) / 60_000) * this.#config.perMinute
    this.#tokens = Math.min(BURST, this.#tokens + more)
    this.#filledAt = now
  }

  /** Resolves with false when the receiver asks for a rest. @throws when it does not take the request */
  async #post(events: readonly SinkEvent[], counts: Readonly<Record<string, number>>): Promise<boolean> {
    const { template, title } = this.#config
    const [url, secret] = [this.#url, this.#secret]
    const last = events.at(-1)
    if (last === undefined) return true
    const body = bodyOf(template, { events, counts }, title)
    this.#tokens--
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        // A header takes no letters beyond Latin, which the id of an actor may have.
        'idempotency-key': encodeURI(Buffer.from(last.envelope.eventId).toString()),
        ...(secret !== undefined && { 'x-outcry-signature': signatureOf(body, secret, Date.now()) }),
      },
      redirect: 'error',
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(REQUEST_MS)]),
    }).catch((error: Error) => {
      // The address may hold a key, so only the reason is told.
      const { code, message } = (error.cause ?? error) as { readonly code?: string; readonly message: string }
      throw new Error(`no answer: ${code ?? message}`)
    })
    const text = await beginningOf(answer)
    if (answer.status === 429) {
      this.#restUntil = performance.now() + restMsOf(answer.headers.get('retry-after'))
      this.#logger.debug({ status: 429 }, 'the receiver of a webhook asks for a rest')
      return false
    }
    if (!answer.ok) throw new Error(`the receiver answered ${answer.status}${text === '' ? '' : `: ${text}`}`)
    return true
  }
}

/** Returns the first words of an answer. The rest is not read: a receiver may answer without an end. */
async function beginningOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const piece of body ?? []) {
      text += decoder.decode(piece, { stream: true })
      if (text.length >= REASON_MAX) break
    }
  } catch {
    // An answer that is cut off has said what it did.
  }
  return text.slice(0, REASON_MAX)
}

/** Returns the time that a Retry-After asks for, in ms: of seconds, or of a date. */
function restMsOf(text: string | null): number {
  const seconds = Number(text ?? Number.NaN)
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(text ?? '') - Date.now()
  return Number.isFinite(ms) ? Math.min(Math.max(ms, FLUSH_MS), ASKED_MS_MAX) : 60_000
}

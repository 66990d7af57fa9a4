/**
 * The feed as a client follows it: every item once and in order, even when connections break.
 *
 * When a connection ends, a new one goes on after the last item. When the caller takes items more slowly than they
 * come, the client closes its connection, so that a bounded number of them waits in memory, and goes on from there
 * later.
 */
import { z } from 'zod'
import { isErrorCode } from '../../errors/codes.ts'
import { compact } from '../../errors/compact.ts'
import { optionsOf } from '../../errors/options.ts'
import { isOutcryError, OutcryError } from '../../errors/outcry-error.ts'
import { severity } from '../api/contract/envelope.ts'
import { filter } from '../api/contract/filter.ts'
import { CLOSE, type FeedFrame, type SubscribeFrame } from '../api/contract/frames.ts'
import { frameOf } from './feed-frame.ts'
import { passed } from './passed.ts'
import { type FeedItem, Place, SUBSCRIPTION, type Wanted } from './place.ts'

/** Most items that wait for the caller. */
const WAITING_MAX = 10_000
/** Number of taken items in the list at which they are removed from it. */
const READ_MAX = 1_000
/** ms before the first attempt to reconnect. Each further attempt waits twice as long, up to WAIT_MS_MAX. */
const WAIT_MS = 250
const WAIT_MS_MAX = 10_000
/** ms without a frame until the client probes the server, and then until it takes the server for gone. */
const SILENT_MS = 15_000
/** A frame that the server must answer: it says that this subscription is unknown. */
const PROBE = JSON.stringify({ op: 'unsubscribe', id: 'probe' })
/** Refusals that pass with time. */
const PASSING: readonly string[] = ['SERVER_BUSY', 'FEED_FAILED']

/** The common part of the WebSockets of browsers, of Node and of the package ws. */
export interface FeedSocket {
  send(text: string): void
  close(code?: number, reason?: string): void
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
}

export type FeedStatus =
  | { readonly status: 'connecting' }
  /** `log` is the short id of the log: another log has another. */
  | {
      readonly status: 'open'
      readonly version: string
      readonly log: string
      readonly seq: number
      readonly epoch: number
    }
  /** Everything up to `seq` has arrived. Later items are live. */
  | {
      readonly status: 'caughtUp'
      readonly seq: number
      /** seq of the oldest record that `tail` looked at. Above 1, older items may match. */
      readonly tailFrom?: number
    }
  | { readonly status: 'waiting'; readonly forMs: number; readonly why: string }

export interface FeedOptions extends Wanted {
  /** Signal that ends the feed without an error. */
  readonly signal?: AbortSignal | undefined
  /**
   * Called before the latest item of a topic when the server has left out earlier ones, with their number by topic. See
   * `throttleMs`.
   */
  readonly onConflated?: ((left: Readonly<Record<string, number>>) => void) | undefined
  /** Called when the state of the connection changes. */
  readonly onStatus?: ((status: FeedStatus) => void) | undefined
}

export interface Server {
  connect(): FeedSocket
  /** Resolves with the error by which the server refuses this client; undefined when it does not refuse. */
  refusal(signal: AbortSignal): Promise<OutcryError | undefined>
  /** Returns whether there is another token than the one of the last connection. */
  hasNewToken?(): boolean
}

const feedOptions = z
  .strictObject({
    topics: z.array(z.string()).min(1),
    since: z.int().nonnegative().optional(),
    tail: z.int().positive().optional(),
    batchMs: z.int().nonnegative().optional(),
    throttleMs: z.int().positive().optional(),
    conflate: z.boolean().optional(),
    filter: filter.optional(),
    minSeverity: severity.optional(),
    signal: z
      .custom<AbortSignal>(
        (value) => typeof Object(value).addEventListener === 'function',
        'must be an AbortSignal',
      )
      .optional(),
    onConflated: z
      .custom<(left: Readonly<Record<string, number>>) => void>(
        (value) => typeof value === 'function',
        'must be a function',
      )
      .optional(),
    onStatus: z
      .custom<(status: FeedStatus) => void>((value) => typeof value === 'function', 'must be a function')
      .optional(),
  })
  .refine(({ since, tail }) => since === undefined || tail === undefined, 'give since or tail, not both')

/**
 * Yields the items of the feed, until the signal or the caller ends it. A caller that returns ends it at once, even
 * while it waits for an item.
 *
 * @throws OPTION_UNKNOWN, OPTION_INVALID at once. Later: SEQ_LOST when the log no longer has the last item, FEED_GAP,
 * NOT_AUTHORISED, FRAME_INVALID, or the code with which the server refuses the subscription: SEQ_UNKNOWN, ...
 */
export function follow(server: Server, given: FeedOptions): AsyncGenerator<FeedItem, void, void> {
  const options = optionsOf('feed', feedOptions, given)
  const ending = new AbortController()
  const items = itemsOf(server, options, ending)
  return {
    next: () => items.next(),
    return: () => {
      ending.abort()
      return items.return()
    },
    throw: (error) => {
      ending.abort()
      return items.throw(error)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

async function* itemsOf(
  server: Server,
  options: FeedOptions,
  ending: AbortController,
): AsyncGenerator<FeedItem, void, void> {
  const { signal: given, onStatus, onConflated, ...wanted } = options
  const { signal } = ending
  const abort = () => ending.abort()
  given?.addEventListener('abort', abort)
  if (given?.aborted) abort()
  const place = new Place(wanted)
  try {
    for (let attempt = 0; !signal.aborted; ) {
      onStatus?.({ status: 'connecting' })
      if (signal.aborted) return
      const connection = new Connection(server.connect(), place, signal, { onStatus, onConflated })
      try {
        for (;;) {
          const item = await connection.next()
          if (item === undefined) break
          attempt = 0
          yield item
        }
      } finally {
        connection.close()
      }
      const { isFull, fault, why, isRefused } = connection.end
      const isOutdated = isOutcryError(fault?.error, 'NOT_AUTHORISED') && server.hasNewToken?.()
      if (fault !== undefined && !isOutdated) throw fault.error
      if (signal.aborted) return
      if (isFull) continue
      const refusal = isRefused ? await server.refusal(signal) : undefined
      if (refusal !== undefined) throw refusal
      const forMs = Math.min(WAIT_MS * 2 ** attempt++, WAIT_MS_MAX)
      onStatus?.({ status: 'waiting', forMs, why })
      await passed(forMs, signal)
    }
  } finally {
    given?.removeEventListener('abort', abort)
  }
}

interface End {
  readonly why: string
  /** Error that also ends the feed. `onStatus` may have thrown it. */
  readonly fault?: { readonly error: unknown }
  /** True when the connection was closed because too many items wait. */
  readonly isFull?: true
  /** True when the connection ended before any frame came. */
  readonly isRefused?: boolean
}

/** One connection: the items that wait, and how it ended. */
class Connection {
  readonly #socket: FeedSocket
  readonly #place: Place
  readonly #signal: AbortSignal
  readonly #onStatus: FeedOptions['onStatus']
  readonly #onConflated: FeedOptions['onConflated']
  #waiting: FeedItem[] = []
  #taken = 0
  #end: End | undefined
  #wake: (() => void) | undefined
  #hasHeard = false
  #silence: ReturnType<typeof setTimeout> | undefined
  readonly #onAbort = () => this.#finish({ why: 'aborted' })

  constructor(
    socket: FeedSocket,
    place: Place,
    signal: AbortSignal,
    { onStatus, onConflated }: Pick<FeedOptions, 'onStatus' | 'onConflated'>,
  ) {
    this.#socket = socket
    this.#place = place
    this.#signal = signal
    this.#onStatus = onStatus
    this.#onConflated = onConflated
    socket.onmessage = ({ data }: { readonly data: unknown }) => this.#onMessage(String(data))
    socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) =>
      this.#onClose(code, reason)
    // A close follows every error.
    socket.onerror = () => {}
    signal.addEventListener('abort', this.#onAbort)
    this.#listen()
  }

  /** Returns the end of the connection. It is known once `next` has resolved with undefined. */
  get end(): End {
    return this.#end ?? { why: 'closed' }
  }

  /** Resolves with the next item; undefined when no more come. */
  async next(): Promise<FeedItem | undefined> {
    while (this.#taken === this.#waiting.length) {
      this.#waiting = []
      this.#taken = 0
      if (this.#end !== undefined) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#end?.why === 'aborted') return undefined
    // Without this, a caller that takes items as fast as they come, but never all of them, would keep all that it has
    // taken.
    if (this.#taken === READ_MAX) this.#taken -= this.#waiting.splice(0, READ_MAX).length
    return this.#waiting[this.#taken++]
  }

  close(): void {
    this.#finish({ why: 'closed' })
  }

  #onMessage(text: string): void {
    if (this.#end !== undefined) return
    this.#hasHeard = true
    this.#listen()
    try {
      const frame = frameOf(text)
      if (frame !== undefined) this.#onFrame(frame)
    } catch (error) {
      this.#finish({ why: 'error', fault: { error } })
    }
  }

  #onFrame(frame: FeedFrame): void {
    const onStatus = this.#onStatus
    if (frame.op !== 'hello' && frame.op !== 'error' && frame.id !== SUBSCRIPTION) return
    switch (frame.op) {
      case 'hello': {
        const { version, seq, epoch, log } = frame
        const subscription: SubscribeFrame = this.#place.subscription(seq, log)
        this.#socket.send(JSON.stringify(subscription))
        onStatus?.({ status: 'open', version, log, seq, epoch })
        return
      }
      case 'event': {
        const { op: _, id: __, ...item } = frame
        this.#take(item)
        return
      }
      case 'batch':
        for (const item of frame.events) this.#take(item)
        return
      case 'conflated':
        this.#onConflated?.(frame.topics)
        return
      case 'caughtUp':
        this.#place.caughtUp(frame.seq)
        onStatus?.({ status: 'caughtUp', ...compact({ seq: frame.seq, tailFrom: frame.tailFrom }) })
        return
      case 'error':
        if (frame.code === 'SUBSCRIPTION_UNKNOWN') return
        if (PASSING.includes(frame.code)) this.#finish({ why: frame.message })
        else throw refused(frame.code, frame.message)
    }
  }

  #take(item: FeedItem): void {
    // The rest of a batch that is too large comes again on the next connection.
    if (this.#end !== undefined || !this.#place.take(item)) return
    const count = this.#waiting.push(item) - this.#taken
    if (count >= WAITING_MAX) this.#finish({ why: 'full', isFull: true })
    else this.#wakeUp()
  }

  #onClose(code: number, reason: string): void {
    if (code === CLOSE.unauthorised) {
      const error = new OutcryError(
        'NOT_AUTHORISED',
        'the runner requires its token',
        'Give the client its token.',
      )
      this.#finish({ why: reason, fault: { error } })
      return
    }
    // The server would refuse the same frame again.
    if (code === CLOSE.badFrame) {
      const error = refused('FRAME_INVALID', `the server refuses the subscription as a bad frame (${reason})`)
      this.#finish({ why: reason, fault: { error } })
      return
    }
    this.#finish({ why: reason || `closed with ${code}`, isRefused: !this.#hasHeard })
  }

  /** Watches for silence: a connection may be dead without a notice, as after a computer has slept. */
  #listen(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      if (this.#hasHeard) this.#socket.send(PROBE)
      this.#silence = setTimeout(() => this.#finish({ why: 'the server is silent' }), SILENT_MS)
    }, SILENT_MS)
  }

  #finish(end: End): void {
    this.#wakeUp()
    if (this.#end !== undefined) return
    this.#end = end
    clearTimeout(this.#silence)
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#socket.close()
  }

  #wakeUp(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}

function refused(code: string, message: string): OutcryError {
  const hint = 'Change the subscription.'
  return isErrorCode(code)
    ? new OutcryError(code, message, hint)
    : new OutcryError('RUNNER_REFUSED', `${message} (${code})`, hint)
}

/** Binance's public combined stream: no key, reconnects by itself, keeps its books whole. */
import { Observable, type Subscriber } from 'rxjs'
import { WebSocket } from 'ws'
import type { ListedInstrument, MarketEvent } from '../../../machines/index.ts'
import { getJson, Refused, reasonOf } from '../http.ts'
import type { MarketMessage, MarketOpenOptions, MarketSource } from '../market.ts'
import { BinanceDecoder, type RawKind, type RawSnapshot } from './binance-decoder.ts'
import { BinanceListing } from './binance-listing.ts'

export interface BinanceOptions {
  readonly symbols: readonly string[]
  readonly market: 'spot' | 'usdm'
  readonly wsUrl?: string
  readonly restUrl?: string
  /** A socket that is silent for so long is taken for dead. Trades and quotes come many times a second. */
  readonly silenceMs?: number
  readonly onWarning?: (warning: { reason: string }) => void
}

const PLACES = {
  spot: {
    ws: 'wss://stream.binance.com:9443',
    rest: 'https://api.binance.com',
    api: '/api/v3',
    venue: 'binance',
  },
  usdm: {
    ws: 'wss://fstream.binance.com',
    rest: 'https://fapi.binance.com',
    api: '/fapi/v1',
    venue: 'binance-usdm',
  },
} as const

const SILENCE_MS = 15_000
const BACKOFF_MIN_MS = 250
const BACKOFF_MAX_MS = 30_000
const REST_TIMEOUT_MS = 10_000
const DEPTH_LEVELS = 1_000

export function createBinanceMarket(options: BinanceOptions): MarketSource {
  return new BinanceMarket(options)
}

class BinanceMarket implements MarketSource {
  readonly name: string
  readonly time = 'system'
  readonly startsAt = undefined
  readonly instruments: readonly string[]
  readonly counts: Partial<Record<RawKind | 'unreadable', number>> & Record<string, number> = {}
  readonly #options: BinanceOptions
  readonly #listing: BinanceListing

  constructor(options: BinanceOptions) {
    this.#options = options
    this.name = PLACES[options.market].venue
    this.instruments = options.symbols.map((symbol) => `${this.name}:${symbol}`)
    this.#listing = new BinanceListing({ ...options, api: apiOf(options) })
  }

  listing(signal: AbortSignal): Promise<readonly ListedInstrument[]> {
    return this.#listing.ask(signal)
  }

  /** A live source waits for nobody: `pace` is not called. */
  open({ after = 0 }: MarketOpenOptions = {}): Observable<MarketMessage> {
    return new Observable((subscriber) => {
      const session = new Session(this.#options, this.counts, after, subscriber)
      session.connect()
      return () => session.close()
    })
  }
}

/** One subscription, over any number of connections. */
class Session {
  readonly #options: BinanceOptions
  readonly #counts: Record<string, number>
  readonly #subscriber: Subscriber<MarketMessage>
  readonly #closed = new AbortController()
  /** Symbols whose snapshot is on its way. */
  readonly #fetching = new Set<string>()
  #position: number
  #decoder = new BinanceDecoder()
  #socket: WebSocket | undefined
  #silence: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  #attempt = 0

  constructor(
    options: BinanceOptions,
    counts: Record<string, number>,
    after: number,
    subscriber: Subscriber<MarketMessage>,
  ) {
    this.#options = options
    this.#counts = counts
    this.#position = after
    this.#subscriber = subscriber
  }

  connect(): void {
    const { symbols, market, wsUrl = PLACES[market].ws } = this.#options
    const ofMarket = market === 'spot' ? ['depth@100ms'] : ['depth@0ms', 'markPrice@1s']
    const streams = symbols.flatMap((symbol) =>
      ['trade', 'bookTicker', ...ofMarket].map((stream) => `${symbol.toLowerCase()}@${stream}`),
    )
    const socket = new WebSocket(`${wsUrl}/stream?streams=${streams.join('/')}`, {
      handshakeTimeout: REST_TIMEOUT_MS,
    })
    this.#socket = socket
    this.#decoder = new BinanceDecoder()
    socket.on('message', (data) => this.#onMessage(data.toString()))
    socket.on('error', (error) => this.#warn(`the socket failed: ${error.message}`))
    socket.on('close', (code) => this.#onClose(socket, code))
    this.#hearSilence(socket)
  }

  close(): void {
    this.#closed.abort()
    clearTimeout(this.#silence)
    clearTimeout(this.#retry)
    this.#socket?.terminate()
  }

  #onMessage(json: string): void {
    const at = Date.now()
    this.#attempt = 0
    if (this.#socket) this.#hearSilence(this.#socket)
    try {
      const { kind, symbol, events } = this.#decoder.decode(json, at, undefined)
      this.#count(kind)
      this.#emit(symbol, at, events)
      if (kind === 'depthUpdate' && this.#decoder.book(symbol).status !== 'synced')
        void this.#fetchSnapshot(symbol)
    } catch (error) {
      this.#count('unreadable')
      this.#warn((error as Error).message)
    }
  }

  /** A socket may stay open for hours with nobody at its other end. */
  #hearSilence(socket: WebSocket): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      this.#warn('the socket fell silent')
      socket.terminate()
    }, this.#options.silenceMs ?? SILENCE_MS)
  }

  #onClose(socket: WebSocket, code: number): void {
    if (this.#closed.signal.aborted || socket !== this.#socket) return
    clearTimeout(this.#silence)
    const at = Date.now()
    const reason = `the connection ended with code ${code}`
    for (const symbol of this.#options.symbols) {
      this.#emit(symbol, at, [{ type: 'CONNECTION', at, status: 'disconnected', reason }])
    }
    const delayMs = backoff(this.#attempt++)
    this.#warn(`${reason}; the next one is tried in ${Math.round(delayMs)} ms`)
    this.#retry = setTimeout(() => this.connect(), delayMs)
  }

  async #fetchSnapshot(symbol: string): Promise<void> {
    if (this.#fetching.has(symbol)) return
    this.#fetching.add(symbol)
    const decoder = this.#decoder
    try {
      for (let attempt = 0; decoder === this.#decoder && !this.#closed.signal.aborted; attempt++) {
        const waitMs = await this.#trySnapshot(symbol, decoder, attempt)
        if (waitMs === undefined) return
        await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
    } finally {
      this.#fetching.delete(symbol)
    }
  }

  /** How long to wait before the next try; undefined when the book is whole. */
  async #trySnapshot(symbol: string, decoder: BinanceDecoder, attempt: number): Promise<number | undefined> {
    const url = `${apiOf(this.#options)}/depth?symbol=${symbol}&limit=${DEPTH_LEVELS}`
    try {
      const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(REST_TIMEOUT_MS)])
      const raw = (await getJson(url, signal)) as RawSnapshot
      if (decoder !== this.#decoder) return undefined
      const at = Date.now()
      const { kind, events } = decoder.takeSnapshot(symbol, raw, at)
      this.#count(kind)
      if (decoder.book(symbol).status !== 'synced') return backoff(attempt)
      this.#emit(symbol, at, events)
      return undefined
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#warn(`no depth snapshot of ${symbol}: ${reasonOf(error)}`)
      // Asking again too soon gets an address banned.
      return Math.max(backoff(attempt), error instanceof Refused ? error.retryAfterMs : 0)
    }
  }

  #emit(symbol: string, at: number, events: readonly MarketEvent[]): void {
    const { venue } = PLACES[this.#options.market]
    for (const event of events)
      this.#subscriber.next({ position: ++this.#position, at, venue, symbol, event })
  }

  #count(kind: RawKind | 'unreadable'): void {
    this.#counts[kind] = (this.#counts[kind] ?? 0) + 1
  }

  #warn(reason: string): void {
    this.#options.onWarning?.({ reason })
  }
}

function apiOf({ market, restUrl = PLACES[market].rest }: BinanceOptions): string {
  return `${restUrl}${PLACES[market].api}`
}

/** Exponential with full jitter, so that many clients do not come back at once. */
function backoff(attempt: number): number {
  return Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** attempt)
}

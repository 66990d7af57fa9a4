/** Binance's public combined stream: no key, reconnects by itself, keeps its books whole. */
import { Observable, type Subscriber } from 'rxjs'
import type { ListedInstrument, MarketEvent } from '../../../machines/index.ts'
import type { MarketMessage, MarketOpenOptions, MarketSource } from '../market-source.ts'
import { Refusal, Refusals } from '../refusals.ts'
import { ReconnectingSocket } from '../transport/reconnecting-socket.ts'
import { BookResync } from './book-resync.ts'
import { BinanceListing } from './listing.ts'
import { BinanceDecoder, type Decoded, type RawKind } from './market-decoder.ts'
import { apiOf, BINANCE_MARKETS, type BinanceMarketName } from './markets.ts'

export interface BinanceOptions {
  readonly symbols: readonly string[]
  readonly market: BinanceMarketName
  readonly wsUrl?: string
  readonly restUrl?: string
  /** A socket that is silent for so long is taken for dead. Trades and quotes come many times a second. */
  readonly silenceMs?: number
  /** Epoch ms; the log's clock, which nobody sets, where there is one. */
  readonly now?: () => number
  readonly onWarning?: (warning: { reason: string }) => void
  /** Gets each raw message. See MarketContext. */
  readonly onRaw?: (json: string) => void
}

const SILENCE_MS = 15_000
/** The largest message is a depth update of thousands of levels. */
const MESSAGE_MAX_BYTES = 4 * 1_024 * 1_024

export function createBinanceMarket(options: BinanceOptions): MarketSource {
  return new BinanceMarket(options)
}

class BinanceMarket implements MarketSource {
  readonly name: string
  readonly time = 'system'
  readonly startsAt = undefined
  readonly instruments: readonly string[]
  readonly counts: Partial<Record<RawKind, number>> & Record<string, number> = {}
  readonly #refusals = new Refusals()
  readonly #options: BinanceOptions
  readonly #listing: BinanceListing

  constructor(options: BinanceOptions) {
    this.#options = options
    this.name = BINANCE_MARKETS[options.market].venue
    this.instruments = options.symbols.map((symbol) => `${this.name}:${symbol}`)
    this.#listing = new BinanceListing({ ...options, api: apiOf(options) })
  }

  get refused(): Readonly<Record<string, number>> {
    return { ...this.#refusals.counts }
  }

  listing(signal: AbortSignal): Promise<readonly ListedInstrument[]> {
    return this.#listing.ask(signal)
  }

  /** A live source waits for nobody: `pace` is not called. */
  open({ after = 0 }: MarketOpenOptions = {}): Observable<MarketMessage> {
    return new Observable((subscriber) => {
      const session = new Session(this.#options, this.counts, this.#refusals, after, subscriber)
      session.open()
      return () => session.close()
    })
  }
}

/** One subscription, over any number of connections. */
class Session {
  readonly #options: BinanceOptions
  readonly #counts: Record<string, number>
  readonly #refusals: Refusals
  readonly #subscriber: Subscriber<MarketMessage>
  readonly #closed = new AbortController()
  readonly #decoder: BinanceDecoder
  readonly #resync: BookResync
  readonly #socket: ReconnectingSocket
  readonly #now: () => number
  #position: number

  constructor(
    options: BinanceOptions,
    counts: Record<string, number>,
    refusals: Refusals,
    after: number,
    subscriber: Subscriber<MarketMessage>,
  ) {
    this.#options = options
    this.#counts = counts
    this.#refusals = refusals
    this.#position = after
    this.#subscriber = subscriber
    this.#now = options.now ?? Date.now
    this.#decoder = new BinanceDecoder(options)
    this.#resync = new BookResync({
      market: options.market,
      api: apiOf(options),
      signal: this.#closed.signal,
      isWhole: (symbol) => this.#decoder.book(symbol).status === 'synced',
      onSnapshot: (symbol, raw) => {
        // A capture of several symbols needs the name of this one.
        options.onRaw?.(JSON.stringify({ symbol, ...(raw as object) }))
        this.#take((at) => this.#decoder.takeSnapshot(symbol, raw as object, { at }))
      },
      onFailure: (reason) => this.#warn(reason),
    })
    this.#socket = new ReconnectingSocket({
      url: () => this.#url(),
      messageMaxBytes: MESSAGE_MAX_BYTES,
      silenceMs: options.silenceMs ?? SILENCE_MS,
      onMessage: (json) => this.#onMessage(json),
      onEnd: (reason) => this.#onEnd(reason),
      onWarning: (reason) => this.#warn(reason),
    })
  }

  open(): void {
    this.#socket.connect()
  }

  close(): void {
    this.#closed.abort()
    this.#socket.close()
  }

  #url(): string {
    const { symbols, market, wsUrl = BINANCE_MARKETS[market].ws } = this.#options
    const streams = symbols.flatMap((symbol) =>
      BINANCE_MARKETS[market].streams.map((stream) => `${symbol.toLowerCase()}@${stream}`),
    )
    return `${wsUrl}/stream?streams=${streams.join('/')}`
  }

  /** Returns whether it is market data. */
  #onMessage(json: string): boolean {
    this.#options.onRaw?.(json)
    const decoded = this.#take((at) => this.#decoder.decode(json, { at }))
    if (decoded === undefined) return false
    const { kind, symbol } = decoded
    if (kind === 'depthUpdate' && this.#decoder.book(symbol).status !== 'synced')
      void this.#resync.ask(symbol)
    return kind !== 'other'
  }

  #take(decode: (at: number) => Decoded): Decoded | undefined {
    const at = this.#now()
    try {
      const decoded = decode(at)
      const { kind, symbol, events } = decoded
      this.#counts[kind] = (this.#counts[kind] ?? 0) + 1
      this.#emit(symbol, at, events)
      return decoded
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const warning = this.#refusals.add(error)
      if (warning !== undefined) this.#warn(warning)
      return undefined
    }
  }

  #onEnd(reason: string): void {
    this.#decoder.disconnect()
    this.#resync.forget()
    const at = this.#now()
    for (const symbol of this.#options.symbols)
      this.#emit(symbol, at, [{ type: 'CONNECTION', at, status: 'disconnected', reason }])
  }

  #emit(symbol: string, at: number, events: readonly MarketEvent[]): void {
    const { venue } = BINANCE_MARKETS[this.#options.market]
    for (const event of events)
      this.#subscriber.next({ position: ++this.#position, at, venue, symbol, event })
  }

  #warn(reason: string): void {
    this.#options.onWarning?.({ reason })
  }
}

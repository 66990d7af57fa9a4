/** Coinbase's public feed. It needs no key. It reconnects by itself, and whenever a book is not whole. */
import { Observable, type Subscriber } from 'rxjs'
import type { MarketEvent } from '../../../machines/index.ts'
import type { MarketMessage, MarketOpenOptions, MarketSource } from '../market-source.ts'
import { Refusal, Refusals } from '../refusals.ts'
import { ReconnectingSocket } from '../transport/reconnecting-socket.ts'
import { CoinbaseDecoder } from './decoder.ts'

export const VENUE = 'coinbase'
const WS_URL = 'wss://ws-feed.exchange.coinbase.com'
/** Ms without a message after which the connection counts as dead: books change many times a second. */
const SILENCE_MS = 15_000
/** Largest message: the snapshot of a whole book. */
const MESSAGE_MAX_BYTES = 16 * 1_024 * 1_024

export interface CoinbaseOptions {
  readonly symbols: readonly string[]
  readonly wsUrl?: string | undefined
  /** Returns the time in epoch ms. */
  now(): number
  onWarning(reason: string): void
}

export class CoinbaseMarket implements MarketSource {
  readonly name = VENUE
  readonly time = 'system'
  readonly startsAt = undefined
  readonly instruments: readonly string[]
  readonly counts: Record<string, number> = {}
  readonly #refusals = new Refusals()
  readonly #options: CoinbaseOptions

  constructor(options: CoinbaseOptions) {
    this.#options = options
    this.instruments = options.symbols.map((symbol) => `${VENUE}:${symbol}`)
  }

  get refused(): Readonly<Record<string, number>> {
    return { ...this.#refusals.counts }
  }

  /** A live source does not wait, so `pace` is not called. */
  open({ after = 0 }: MarketOpenOptions = {}): Observable<MarketMessage> {
    return new Observable((subscriber) => this.#follow(after, subscriber))
  }

  #follow(after: number, subscriber: Subscriber<MarketMessage>): () => void {
    const { symbols, wsUrl = WS_URL, now, onWarning } = this.#options
    const decoder = new CoinbaseDecoder(symbols)
    let position = after
    const emit = (symbol: string, at: number, events: readonly MarketEvent[]) => {
      for (const event of events) subscriber.next({ position: ++position, at, venue: VENUE, symbol, event })
    }
    const onMessage = (json: string): boolean => {
      const at = now()
      try {
        const { kind, symbol, events } = decoder.decode(json, { at })
        this.counts[kind] = (this.counts[kind] ?? 0) + 1
        emit(symbol, at, events)
        // A new connection brings a new snapshot.
        if (events.some((event) => event.type === 'CONNECTION' && event.status === 'resyncing'))
          socket.renew()
        return kind !== 'other'
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        const told = this.#refusals.add(error)
        if (told !== undefined) onWarning(told)
        return false
      }
    }
    const onEnd = (reason: string) => {
      decoder.disconnect()
      const at = now()
      for (const symbol of symbols)
        emit(symbol, at, [{ type: 'CONNECTION', at, status: 'disconnected', reason }])
    }
    const socket = new ReconnectingSocket({
      url: () => wsUrl,
      greeting: () => [
        JSON.stringify({ type: 'subscribe', product_ids: symbols, channels: ['level2_batch', 'matches'] }),
      ],
      messageMaxBytes: MESSAGE_MAX_BYTES,
      silenceMs: SILENCE_MS,
      onMessage,
      onEnd,
      onWarning,
    })
    socket.connect()
    return () => socket.close()
  }
}

/** Binance's market messages as market events, one book per symbol. Shared by recordings and the live stream. */
import type { MarketEvent } from '../../../machines/index.ts'
import { type DepthSnapshot, type Level, OrderBook } from './book.ts'

/** What kinds of raw message there are; each is counted. */
export type RawKind = 'trade' | 'bookTicker' | 'depthUpdate' | 'depthSnapshot' | 'markPriceUpdate' | 'other'

export interface Decoded {
  readonly kind: RawKind
  readonly symbol: string
  readonly events: readonly MarketEvent[]
}

/** Levels of each side in an ORDER_BOOK event. */
const LEVELS = 5
const NONE: readonly MarketEvent[] = []

interface RawMessage {
  stream?: string
  data?: Readonly<Record<string, unknown>>
  lastUpdateId?: number
}

type RawLevels = [string, string][]

export class BinanceDecoder {
  readonly #books = new Map<string, OrderBook>()
  readonly #connected = new Set<string>()
  /** By symbol, what falls due next. */
  readonly #funding = new Map<string, { readonly rate: string; readonly dueAt: number }>()

  /** The symbol's book, for those who must know whether it is whole. */
  book(symbol: string): OrderBook {
    let book = this.#books.get(symbol)
    if (book === undefined) {
      book = new OrderBook()
      this.#books.set(symbol, book)
    }
    return book
  }

  /**
   * `at` is when it was received. A REST snapshot does not name its symbol: `snapshotOf` does.
   * @throws TypeError, SyntaxError when it is not of Binance's shape
   */
  decode(json: string, at: number, snapshotOf: string | undefined): Decoded {
    const raw = JSON.parse(json) as RawMessage
    if (raw.lastUpdateId !== undefined) {
      if (snapshotOf === undefined)
        throw new TypeError('a depth snapshot before any message that names its symbol')
      return this.takeSnapshot(snapshotOf, raw as unknown as RawSnapshot, at)
    }
    const data = raw.data
    if (raw.stream === undefined || data === undefined) return { kind: 'other', symbol: '', events: NONE }
    const symbol = text(data.s)
    const decoded = this.#decodeData(raw.stream, data, symbol, at)
    if (this.#connected.has(symbol) || decoded.kind === 'other') return decoded
    this.#connected.add(symbol)
    return { ...decoded, events: [{ type: 'CONNECTION', at, status: 'connected' }, ...decoded.events] }
  }

  takeSnapshot(symbol: string, raw: RawSnapshot, at: number): Decoded {
    const book = this.book(symbol)
    const wasBroken = book.status === 'broken'
    const snapshot: DepthSnapshot = {
      lastUpdateId: raw.lastUpdateId,
      bids: levels(raw.bids),
      asks: levels(raw.asks),
    }
    book.reset(snapshot)
    const events: MarketEvent[] = [bookEvent(book, at, undefined)]
    if (wasBroken)
      events.unshift({ type: 'CONNECTION', at, status: 'connected', reason: 'the book is whole again' })
    return { kind: 'depthSnapshot', symbol, events }
  }

  #decodeData(stream: string, data: Readonly<Record<string, unknown>>, symbol: string, at: number): Decoded {
    if (stream.endsWith('@trade')) {
      const event: MarketEvent = {
        type: 'TRADE',
        at,
        eventAt: number(data.T),
        tradeId: String(data.t),
        px: decimal(data.p),
        qty: decimal(data.q),
        // `m`: the buyer was the maker, so a seller took.
        aggressor: data.m === true ? 'SELL' : 'BUY',
      }
      // Futures report liquidations' insurance trades with a quantity of zero.
      return { kind: 'trade', symbol, events: event.qty === '0' ? NONE : [event] }
    }
    if (stream.endsWith('@bookTicker')) {
      const eventAt = data.T === undefined ? {} : { eventAt: number(data.T) }
      const [bid, bidSize, ask, askSize] = [
        decimal(data.b),
        decimal(data.B),
        decimal(data.a),
        decimal(data.A),
      ]
      return {
        kind: 'bookTicker',
        symbol,
        events: [{ type: 'QUOTE', at, ...eventAt, bid, bidSize, ask, askSize }],
      }
    }
    if (stream.includes('@depth'))
      return { kind: 'depthUpdate', symbol, events: this.#decodeDepth(data, symbol, at) }
    if (stream.includes('@markPrice'))
      return { kind: 'markPriceUpdate', symbol, events: this.#decodeMarkPrice(data, symbol, at) }
    return { kind: 'other', symbol, events: NONE }
  }

  /** Tells the rate until it is due: once the next time is another, the last one was charged. */
  #decodeMarkPrice(
    data: Readonly<Record<string, unknown>>,
    symbol: string,
    at: number,
  ): readonly MarketEvent[] {
    const due = this.#funding.get(symbol)
    const dueAt = number(data.T)
    // A delivery contract has none.
    if (dueAt === 0) return NONE
    this.#funding.set(symbol, { rate: decimal(data.r), dueAt })
    if (due === undefined || dueAt <= due.dueAt || due.rate === '0') return NONE
    return [{ type: 'FUNDING', at, rate: due.rate, px: decimal(data.p) }]
  }

  #decodeDepth(data: Readonly<Record<string, unknown>>, symbol: string, at: number): readonly MarketEvent[] {
    const book = this.book(symbol)
    const before = book.status
    const changed = book.apply({
      firstId: number(data.U),
      lastId: number(data.u),
      ...(data.pu !== undefined && { previousId: number(data.pu) }),
      bids: levels(data.b),
      asks: levels(data.a),
    })
    if (before === 'synced' && book.status === 'broken') {
      return [{ type: 'CONNECTION', at, status: 'resyncing', reason: 'depth updates are missing' }]
    }
    return changed ? [bookEvent(book, at, number(data.E))] : NONE
  }
}

export interface RawSnapshot {
  readonly lastUpdateId: number
  readonly bids: RawLevels
  readonly asks: RawLevels
}

function bookEvent(book: OrderBook, at: number, eventAt: number | undefined): MarketEvent {
  return {
    type: 'ORDER_BOOK',
    at,
    ...(eventAt !== undefined && { eventAt }),
    updateId: book.lastId,
    bids: book.bids(LEVELS) as [string, string][],
    asks: book.asks(LEVELS) as [string, string][],
  }
}

function levels(raw: unknown): Level[] {
  return (raw as RawLevels).map(([px, qty]) => [decimal(px), decimal(qty)])
}

/** "61837.63000000" is "61837.63": one number, one text. */
export function decimal(raw: unknown): string {
  const digits = text(raw)
  if (!digits.includes('.')) return digits
  let end = digits.length
  while (digits.charCodeAt(end - 1) === 48) end--
  return digits.slice(0, digits.charCodeAt(end - 1) === 46 ? end - 1 : end)
}

function text(raw: unknown): string {
  if (typeof raw === 'string') return raw
  throw new TypeError(`expected text, found ${JSON.stringify(raw)}`)
}

function number(raw: unknown): number {
  if (typeof raw === 'number') return raw
  throw new TypeError(`expected a number, found ${JSON.stringify(raw)}`)
}

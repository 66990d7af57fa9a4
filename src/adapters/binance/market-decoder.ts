/** Binance's market messages as market events, one book per symbol. Shared by recordings and the live stream. */

import type { z } from 'zod'
import { compact } from '../../../errors/compact.ts'
import type { MarketEvent } from '../../../machines/index.ts'
import * as exact from '../../../machines/model/decimal.ts'
import type { Receipt } from '../capture-format.ts'
import { exactDecimal } from '../exact-decimal.ts'
import { ExchangeTime } from '../exchange-time.ts'
import { checked, excerpt, expectUncrossed, levels, parsed, price, quantity, refuse } from '../raw-message.ts'
import { Refusal } from '../refusals.ts'
import { TradeIds } from '../trade-ids.ts'
import {
  type AggTradeMessage,
  channelOf,
  type DepthMessage,
  FUTURES_MESSAGES,
  type MarkPriceMessage,
  type MessageKind,
  type PricesMessage,
  SPOT_MESSAGES,
  type TradeMessage,
} from './market-messages.ts'
import { BINANCE_MARKETS, type BinanceMarketName } from './markets.ts'
import { type BookProblem, OrderBook } from './order-book.ts'

/**
 * The kinds of raw messages. Each message that is believed is counted. `offBookTrade` is a trade of the insurance fund, or of
 * ADL.
 */
export type RawKind = MessageKind | 'offBookTrade' | 'other'

export interface Decoded {
  readonly kind: RawKind
  readonly symbol: string
  readonly events: readonly MarketEvent[]
}

export interface DecoderOptions {
  readonly market: BinanceMarketName
  /** Others are refused; all are taken without. */
  readonly symbols?: readonly string[]
}

/** Levels of each side in an ORDER_BOOK event. */
const LEVELS = 5
const NONE: readonly MarketEvent[] = []
const OTHER: Decoded = { kind: 'other', symbol: '', events: NONE }
/** Streams whose names are remembered. */
const STREAMS_MAX = 10_000
/** Funding is charged every few hours; the next time is never further away than this. */
const FUNDING_AHEAD_MAX_MS = 26 * 3_600_000
/** The next time is told once this one has come, give or take the clocks of an exchange. */
const FUNDING_EARLY_MAX_MS = 60_000
/** A time that has come is told on for so long at most. */
const FUNDING_LATE_MAX_MS = 60_000
/** A next time that is earlier than the one before is believed when it is told so often in a row: the exchange charges more often now. */
const FUNDING_AGREEING = 3

const PROBLEMS: Readonly<Record<BookProblem, string>> = {
  'missing updates': 'depth updates are missing',
  'old updates': 'the depth updates are all older than the book',
}

/** The state of one symbol. */
class Market {
  book = new OrderBook()
  readonly trades = new TradeIds()
  /** The status of the connection, as it was told last. */
  status: 'connected' | 'resyncing' | undefined
  /** The funding that is due next. */
  funding: { readonly rate: string; readonly dueAt: number } | undefined
  /** An earlier time that it may fall due at instead, and how often in a row that was told. */
  #earlierAt = 0
  #earlierTold = 0

  disconnect(): void {
    this.book = new OrderBook()
    this.status = undefined
  }

  /** Returns whether funding may be due next at this time, by the messages before. One time that is too early would charge it at once. */
  mayBeDue(dueAt: number): boolean {
    const isEarlier = this.funding !== undefined && dueAt > 0 && dueAt < this.funding.dueAt
    this.#earlierTold = !isEarlier ? 0 : dueAt === this.#earlierAt ? this.#earlierTold + 1 : 1
    this.#earlierAt = dueAt
    return !isEarlier || this.#earlierTold >= FUNDING_AGREEING
  }
}

export class BinanceDecoder {
  readonly #messages: typeof SPOT_MESSAGES | typeof FUTURES_MESSAGES
  readonly #symbols: ReadonlySet<string> | undefined
  readonly #markets = new Map<string, Market>()
  readonly #channels = new Map<string, ReturnType<typeof channelOf>>()
  readonly #time = new ExchangeTime()

  constructor({ market, symbols }: DecoderOptions) {
    this.#messages = BINANCE_MARKETS[market].isFutures ? FUTURES_MESSAGES : SPOT_MESSAGES
    this.#symbols = symbols && new Set(symbols)
  }

  /** Ends a connection. The next one begins a new chain of updates, and the trades go on. */
  disconnect(): void {
    for (const market of this.#markets.values()) market.disconnect()
  }

  /** Returns the symbol's book, which says whether it is whole. */
  book(symbol: string): OrderBook {
    return this.#market(symbol).book
  }

  /**
   * Decodes a message. A REST snapshot of most markets does not name its symbol: `snapshotOf` does.
   * @throws Refusal when it is not believed; then nothing has changed
   */
  decode(json: string, receipt: Receipt, snapshotOf?: string): Decoded {
    const raw: Envelope = parsed(json)
    if (raw.lastUpdateId !== undefined && raw.stream === undefined)
      return this.takeSnapshot(snapshotOf, raw, receipt)
    const { stream, data } = raw
    if (typeof stream !== 'string' || data === undefined) return OTHER
    const channel = this.#channel(stream)
    if (channel === undefined) return OTHER
    const { kind } = channel
    const message = this.#read(kind, data)
    const symbol = message.s
    if (symbol.toLowerCase() !== channel.symbol) throw new Refusal('SYMBOL', `${symbol} came in ${stream}`)
    this.#expectKnown(symbol)
    switch (message.e) {
      case 'trade':
      case 'aggTrade':
        return this.#decodeTrade(message, receipt)
      case 'depthUpdate':
        return this.#decodeDepth(message, receipt)
      case 'markPriceUpdate':
        return this.#decodeMarkPrice(message, receipt)
      default:
        return this.#decodePrices(message, receipt)
    }
  }

  /** @throws Refusal */
  takeSnapshot(of: string | undefined, raw: unknown, receipt: Receipt): Decoded {
    const {
      lastUpdateId,
      symbol: named,
      bids,
      asks,
    } = checked(this.#messages.depthSnapshot, raw, 'depthSnapshot')
    const symbol = named ?? of
    if (symbol === undefined || (of !== undefined && symbol !== of))
      throw new Refusal('SNAPSHOT', 'a depth snapshot of no symbol that is known')
    this.#expectKnown(symbol)
    const snapshot = { lastUpdateId, bids: levels(bids), asks: levels(asks) }
    const market = this.#market(symbol)
    const { book } = market
    expectUncrossed(snapshot)
    if (!book.reset(snapshot))
      throw new Refusal(
        'SNAPSHOT',
        `the depth snapshot ${lastUpdateId} of ${symbol} is older than its updates`,
      )
    const events = book.status === 'synced' ? [bookEvent(book, receipt, undefined)] : NONE
    return this.#decoded('depthSnapshot', symbol, receipt, events)
  }

  #channel(stream: string): ReturnType<typeof channelOf> {
    if (this.#channels.has(stream)) return this.#channels.get(stream)
    const channel = channelOf(stream)
    if (this.#channels.size < STREAMS_MAX) this.#channels.set(stream, channel)
    return channel
  }

  #read(kind: MessageKind, data: unknown): StreamMessage {
    return checked(this.#messages[kind] as z.ZodType<StreamMessage>, data, kind)
  }

  #expectKnown(symbol: string): void {
    if (this.#symbols !== undefined && !this.#symbols.has(symbol))
      throw new Refusal('SYMBOL', `${symbol} was not asked for`)
  }

  #decodeTrade(message: TradeMessage | AggTradeMessage, receipt: Receipt): Decoded {
    const { s: symbol, T, m } = message
    const [from, to] = message.e === 'trade' ? [message.t, message.t] : [message.f, message.l]
    const isOffBook = message.e === 'trade' && message.X !== undefined && message.X !== 'MARKET'
    const px = isOffBook ? '' : price('p', message.p)
    const qty = isOffBook ? '' : quantity('q', message.q)
    const tradeId = from === to ? String(from) : `${from}-${to}`
    const { trades } = this.#market(symbol)
    if (!trades.isNew(from, to))
      throw new Refusal('REPEATED', `trade ${tradeId} of ${symbol} has come before`)
    const eventAt = this.#time.take(T, receipt.at)
    trades.take(from, to)
    if (isOffBook) return { kind: 'offBookTrade', symbol, events: NONE }
    return this.#decoded(message.e, symbol, receipt, [
      // `m`: the buyer was the maker, so a seller took.
      { type: 'TRADE', ...receipt, eventAt, tradeId, px, qty, aggressor: m ? 'SELL' : 'BUY' },
    ])
  }

  #decodePrices(message: PricesMessage, receipt: Receipt): Decoded {
    const { s: symbol, T } = message
    const [bid, ask] = [price('b', message.b), price('a', message.a)]
    const [bidSize, askSize] = [quantity('B', message.B), quantity('A', message.A)]
    if (exact.compare(bid, ask) >= 0) throw new Refusal('PRICE', `b: ${bid} is not below a: ${ask}`)
    const eventAt = T === undefined ? {} : { eventAt: this.#time.take(T, receipt.at) }
    return this.#decoded('bookTicker', symbol, receipt, [
      { type: 'QUOTE', ...receipt, ...eventAt, bid, bidSize, ask, askSize },
    ])
  }

  #decodeDepth(message: DepthMessage, receipt: Receipt): Decoded {
    const { s: symbol, E, T = E, U, u, pu } = message
    const previous = pu === undefined ? {} : { previousId: pu }
    const update = { firstId: U, lastId: u, ...previous, bids: levels(message.b), asks: levels(message.a) }
    const eventAt = this.#time.take(T, receipt.at)
    const market = this.#market(symbol)
    const isApplied = market.book.apply(update)
    const events = isApplied ? [bookEvent(market.book, receipt, eventAt)] : NONE
    return this.#decoded('depthUpdate', symbol, receipt, events)
  }

  /** Tells the rate until it is due: once the next time is another, the last one was charged. */
  #decodeMarkPrice(message: MarkPriceMessage, receipt: Receipt): Decoded {
    const { s: symbol, E, T: dueAt } = message
    const px = price('p', message.p)
    // A delivery contract has none.
    const rate = dueAt === 0 ? exact.ZERO : share('r', message.r)
    const market = this.#market(symbol)
    const { funding: due } = market
    const isNext = due !== undefined && dueAt > due.dueAt
    const isPast = dueAt > 0 && dueAt < E - FUNDING_LATE_MAX_MS
    const isAhead = dueAt > E + FUNDING_AHEAD_MAX_MS || (isNext && E < due.dueAt - FUNDING_EARLY_MAX_MS)
    if (isPast || isAhead || !market.mayBeDue(dueAt))
      throw new Refusal('TIME', `T: funding of ${symbol} cannot be due next at ${dueAt}`)
    const eventAt = this.#time.take(E, receipt.at)
    if (dueAt > 0) market.funding = { rate, dueAt }
    const isCharged = isNext && !exact.isZero(due.rate)
    const events: readonly MarketEvent[] = isCharged
      ? [{ type: 'FUNDING', ...receipt, eventAt, rate: due.rate, px }]
      : NONE
    return this.#decoded('markPriceUpdate', symbol, receipt, events)
  }

  /**
   * Puts before the events how the symbol's connection stands, where that is not what was told last. A book that has not begun
   * shows nothing that could be wrong: trades and quotes are true without it, and of a capture without a snapshot there is
   * never a book. One that broke has shown what may be gone.
   */
  #decoded(kind: RawKind, symbol: string, receipt: Receipt, events: readonly MarketEvent[]): Decoded {
    const market = this.#market(symbol)
    const { problem } = market.book
    const status = problem === undefined ? 'connected' : 'resyncing'
    if (status === market.status) return { kind, symbol, events }
    const text = problem === undefined ? market.status && 'the book is whole again' : PROBLEMS[problem]
    market.status = status
    const connection: MarketEvent = { type: 'CONNECTION', ...receipt, status, ...(text && { reason: text }) }
    return { kind, symbol, events: [connection, ...events] }
  }

  #market(symbol: string): Market {
    let market = this.#markets.get(symbol)
    if (market === undefined) {
      market = new Market()
      this.#markets.set(symbol, market)
    }
    return market
  }
}

type StreamMessage =
  | TradeMessage
  | AggTradeMessage
  | DepthMessage
  | MarkPriceMessage
  | (PricesMessage & { readonly e?: 'bookTicker' })

interface Envelope {
  readonly stream?: unknown
  readonly data?: unknown
  readonly lastUpdateId?: unknown
}

/** Returns a share between -1 and 1. */
function share(field: string, raw: string): string {
  const isNegative = raw.startsWith('-')
  const size = exactDecimal(isNegative ? raw.slice(1) : raw)
  if (size === undefined || exact.compare(size, '1') >= 0)
    return refuse('RATE', `${field} must be a decimal between -1 and 1, and is ${excerpt(raw)}`)
  return isNegative && !exact.isZero(size) ? `-${size}` : size
}

function bookEvent(book: OrderBook, receipt: Receipt, eventAt: number | undefined): MarketEvent {
  return {
    type: 'ORDER_BOOK',
    ...receipt,
    ...compact({ eventAt }),
    updateId: book.lastId,
    bids: book.bids(LEVELS) as [string, string][],
    asks: book.asks(LEVELS) as [string, string][],
  }
}

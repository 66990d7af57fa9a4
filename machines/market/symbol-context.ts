/** What a symbol knows, and what follows from it. Pure. */
import { compact } from '../../errors/compact.ts'
import type { Candle, CandleClose } from '../events/candle.ts'
import type { MarketEvent, Trade } from '../events/market.ts'
import type { Emitted } from '../kind/kind.ts'
import * as decimal from '../model/decimal.ts'
import { addTrade, intervalMs } from './candles.ts'
import type { SymbolEvent, symbolDeclaration } from './symbol-declaration.ts'
import type { SymbolInput } from './symbol-input.ts'

export interface SymbolContext extends SymbolInput {
  /** The last one: `at` is when it was received, `eventAt` when the exchange says it happened. */
  readonly trade?: {
    readonly px: string
    readonly qty: string
    readonly at: number
    readonly eventAt?: number
  }
  readonly bid?: string
  readonly bidSize?: string
  readonly ask?: string
  readonly askSize?: string
  /** When anything last came. */
  readonly lastAt: number
  /** The open candle of each interval. */
  readonly candles: Readonly<Record<string, Candle>>
  readonly subscribers: readonly Subscriber[]
  /** Its connection is down, or its order book is not whole. */
  readonly isDisrupted?: true
  /** When subscribers were last told of its price, and which, for those that want marks. */
  readonly marked?: { readonly at: number; readonly px: string }
}

interface Subscriber {
  readonly address: string
  readonly intervals: readonly string[]
  /** Also the open candles, after each trade. */
  readonly updates: boolean
  /** Also its price by quotes, while nothing trades: about as often as candles of the first interval would close. */
  readonly marks?: boolean | undefined
}

export interface SymbolTypes {
  readonly input: SymbolInput
  readonly context: SymbolContext
  readonly events: SymbolEvent
  readonly emitted: Emitted<typeof symbolDeclaration>
}

/** The event of a timer carries the time, as all events do; XState's types do not know of it. */
export interface Timed {
  readonly at: number
}

/** A mark is told when no candle has closed for so many intervals: in a market that trades, candles tell it. */
const QUIET_INTERVALS = 1.5

/**
 * Returns what one unit is worth by now: the last trade, within what has been bid and asked since. Before the first trade
 * the middle of both; undefined while nothing is known.
 */
export function markOf({
  trade,
  lastAt,
  bid,
  ask,
}: Pick<SymbolContext, 'trade' | 'lastAt' | 'bid' | 'ask'>): string | undefined {
  if (bid === undefined || ask === undefined || (trade !== undefined && trade.at >= lastAt)) return trade?.px
  return markBetween(trade?.px, bid, ask)
}

function markBetween(px: string | undefined, bid: string, ask: string): string {
  if (px === undefined) return decimal.multiply(decimal.add(bid, ask), '0.5')
  return decimal.max(bid, decimal.min(px, ask))
}

/** The price by this quote and who is to be told of it, where nothing has told them for long and it is another one. */
export function marks(
  { subscribers, trade, marked }: SymbolContext,
  { at, bid, ask }: { at: number; bid: string | undefined; ask: string | undefined },
): { marked?: NonNullable<SymbolContext['marked']>; recipients: readonly string[] } {
  if (bid === undefined || ask === undefined) return { recipients: [] }
  const recipients: string[] = []
  for (const { address, intervals, marks } of subscribers) {
    if (!marks) continue
    const ms = intervalMs(intervals[0] as string) as number
    if (marked === undefined || at - marked.at > QUIET_INTERVALS * ms) recipients.push(address)
  }
  if (recipients.length === 0) return { recipients }
  const px = markBetween(trade?.px, bid, ask)
  return px === marked?.px ? { recipients: [] } : { marked: { at, px }, recipients }
}

/** When it was received, and, where they are known, to the nanosecond, and when the exchange says it happened. */
export function timesOf({ at, eventAt, receivedNs }: MarketEvent): {
  at: number
  eventAt?: number
  receivedNs?: string
} {
  return compact({ at, eventAt, receivedNs })
}

/** Candles go by the exchange's time, where it is known: so they are the exchange's own. */
export function tradeCandles(
  { candles: were, intervals, venue, symbol, trade: last }: SymbolContext,
  { px, qty, at, eventAt = at }: Trade,
): { candles: SymbolContext['candles']; closed: CandleClose[] } {
  const isLast = last === undefined || eventAt >= (last.eventAt ?? last.at)
  const candles: Record<string, Candle> = {}
  const closes: CandleClose[] = []
  for (const interval of intervals) {
    const ms = intervalMs(interval) as number
    const { candle, closed } = addTrade(were[interval], ms, { px, qty, at: eventAt }, isLast)
    candles[interval] = candle
    if (closed) closes.push({ type: 'CANDLE_CLOSE', at, venue, symbol, interval, candle: closed })
  }
  return { candles, closed: closes }
}

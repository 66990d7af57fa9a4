/** The context of a symbol, and its derived values. Pure. */
import { compact } from '../../errors/compact.ts'
import type { Candle, CandleClose } from '../events/candle.ts'
import type { MarketEvent, Trade } from '../events/market.ts'
import type { Emitted } from '../kind/kind.ts'
import * as decimal from '../model/decimal.ts'
import { addTrade, intervalMs } from './candles.ts'
import type { SymbolEvent, symbolDeclaration } from './symbol-declaration.ts'
import type { SymbolInput } from './symbol-input.ts'

export interface SymbolContext extends SymbolInput {
  /** The last trade. `at` is the time of receipt, and `eventAt` the exchange's time. */
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
  /** Time of the last message, in epoch ms. */
  readonly lastAt: number
  /** The open candle of each interval. */
  readonly candles: Readonly<Record<string, Candle>>
  readonly subscribers: readonly Subscriber[]
  /** Its connection is down, or its order book is not whole. */
  readonly isDisrupted?: true
  /** Time and price that subscribers with marks were last told. */
  readonly marked?: { readonly at: number; readonly px: string }
}

interface Subscriber {
  readonly address: string
  readonly intervals: readonly string[]
  /** The subscriber also gets the open candles after each trade. */
  readonly updates: boolean
  /**
   * The subscriber also gets the price by quotes while nothing trades, about as often as candles of the first interval would
   * close.
   */
  readonly marks?: boolean | undefined
}

export interface SymbolTypes {
  readonly input: SymbolInput
  readonly context: SymbolContext
  readonly events: SymbolEvent
  readonly emitted: Emitted<typeof symbolDeclaration>
}

/** The event of a timer, which has a time like all events. XState's types do not have it. */
export interface Timed {
  readonly at: number
}

/** The number of intervals without a closed candle before a mark. While a market trades, its candles have the price. */
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

/**
 * Returns the price by this quote, and the subscribers to tell it to: those without a candle or a mark for long, and only if the
 * price differs.
 */
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

/** Returns the times of a market event: the time of receipt, and, if known, the same in nanoseconds and the exchange's time. */
export function timesOf({ at, eventAt, receivedNs }: MarketEvent): {
  at: number
  eventAt?: number
  receivedNs?: string
} {
  return compact({ at, eventAt, receivedNs })
}

/** Returns the candles after a trade. They use the exchange's time if it is known, so they equal the exchange's own candles. */
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

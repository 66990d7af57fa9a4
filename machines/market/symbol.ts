import { assertEvent, assign, enqueueActions, setup } from 'xstate'
import type { z } from 'zod'
import type { Candle, CandleClose, Mark } from '../events/candle.ts'
import type { DomainEvents } from '../events/domain.ts'
import type { MarketEvent, Trade } from '../events/market.ts'
import { tell } from '../kind/tell.ts'
import * as decimal from '../model/decimal.ts'
import { addTrade, intervalMs } from './candles.ts'
import type { SymbolInput, symbolEvents } from './symbol-input.ts'
import type { SymbolContext3 } from './symbol-version-3.ts'

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

/** A mark is told when no candle has closed for so many intervals: in a market that trades, candles tell it. */
const QUIET_INTERVALS = 1.5

type SymbolEvent = z.infer<typeof symbolEvents>

export const symbolMachine = setup({
  types: {} as {
    input: SymbolInput
    context: SymbolContext
    events: SymbolEvent
    emitted: DomainEvents<
      | 'MARKET_TICK'
      | 'MARKET_TRADE'
      | 'MARKET_QUOTE'
      | 'MARKET_ORDER_BOOK'
      | 'CANDLE_CLOSE'
      | 'FUNDING_UPDATE'
      | 'DATA_STALE'
      | 'CONNECTION_CHANGED'
    >
  },
  delays: { staleAfter: ({ context }) => context.staleAfterMs },
  guards: {
    // The event of a timer carries the time, as all events do; XState's types do not know of it.
    quiet: ({ context, event }) => (event as { at: number }).at - context.lastAt >= context.staleAfterMs,
    connected: ({ event }) => event.type === 'CONNECTION' && event.status === 'connected',
    disconnected: ({ event }) => event.type === 'CONNECTION' && event.status === 'disconnected',
    resyncing: ({ event }) => event.type === 'CONNECTION' && event.status === 'resyncing',
  },
  actions: {
    takeTrade: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'TRADE')
      const { candles, closed } = tradeCandles(context, event)
      const { px, qty, at, eventAt } = event
      const { venue, symbol, bid, ask, isDisrupted } = context
      const marked = closed.length > 0 ? { marked: { at, px } } : {}
      enqueue.assign({
        trade: { px, qty, at, ...(eventAt !== undefined && { eventAt }) },
        lastAt: at,
        candles,
        ...marked,
      })
      enqueue.emit({
        type: 'MARKET_TICK',
        ...timesOf(event),
        venue,
        symbol,
        px,
        qty,
        ...(bid && { bid }),
        ...(ask && { ask }),
      })
      if (context.emit?.includes('trade')) {
        const { tradeId, aggressor } = event
        enqueue.emit({
          type: 'MARKET_TRADE',
          ...timesOf(event),
          venue,
          symbol,
          tradeId,
          px,
          qty,
          aggressor,
        })
      }
      const disrupted = isDisrupted && { isDisrupted }
      for (const close of closed) {
        const event = { ...close, ...disrupted }
        enqueue.emit(event)
        for (const { address, intervals } of context.subscribers) {
          if (!intervals.includes(close.interval)) continue
          enqueue(tell(address, event))
        }
      }
      for (const { address, intervals, updates } of context.subscribers) {
        if (!updates) continue
        for (const interval of intervals) {
          const candle = candles[interval]
          if (candle)
            enqueue(
              tell(address, {
                type: 'CANDLE_UPDATE',
                at,
                venue,
                symbol,
                interval,
                candle,
                ...disrupted,
              }),
            )
        }
      }
    }),
    takeQuote: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'QUOTE')
      const { venue, symbol, emit } = context
      const { bid, bidSize, ask, askSize, at } = event
      const { marked, told } = marks(context, { at, bid, ask })
      enqueue.assign({ bid, bidSize, ask, askSize, lastAt: at, ...(marked && { marked }) })
      if (emit?.includes('quote'))
        enqueue.emit({
          type: 'MARKET_QUOTE',
          ...timesOf(event),
          venue,
          symbol,
          bid,
          bidSize,
          ask,
          askSize,
        })
      for (const address of told)
        enqueue(tell(address, { type: 'MARK', at, venue, symbol, px: marked?.px } as Mark))
    }),
    takeBook: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'ORDER_BOOK')
      const { venue, symbol, emit } = context
      const { at, updateId, bids, asks } = event
      const [bid, bidSize] = bids[0] ?? []
      const [ask, askSize] = asks[0] ?? []
      const { marked, told } = marks(context, { at, bid, ask })
      enqueue.assign({ bid, bidSize, ask, askSize, lastAt: at, ...(marked && { marked }) })
      if (emit?.includes('orderBook'))
        enqueue.emit({ type: 'MARKET_ORDER_BOOK', ...timesOf(event), venue, symbol, updateId, bids, asks })
      for (const address of told)
        enqueue(tell(address, { type: 'MARK', at, venue, symbol, px: marked?.px } as Mark))
    }),
    reportFunding: enqueueActions(({ context: { venue, symbol }, event, enqueue }) => {
      assertEvent(event, 'FUNDING')
      const { rate, px } = event
      enqueue.emit({ type: 'FUNDING_UPDATE', ...timesOf(event), venue, symbol, rate, px })
    }),
    addSubscriber: assign(({ context, event }) => {
      assertEvent(event, 'SUBSCRIBE')
      const { subscriber: address, intervals, updates = false, marks } = event
      const others = context.subscribers.filter((one) => one.address !== address)
      return { subscribers: [...others, { address, intervals, updates, ...(marks && { marks }) }] }
    }),
    /** Candles of another interval begin with the next trade. */
    configure: assign(({ event }) =>
      event.type === 'CONFIGURE' ? { emit: undefined, ...event.settings } : {},
    ),
    reportConnection: enqueueActions(({ context: { venue, symbol }, event, enqueue }) => {
      assertEvent(event, 'CONNECTION')
      const { at, status, reason } = event
      // The quotes from before may be gone.
      enqueue.assign(
        status === 'connected'
          ? { isDisrupted: undefined }
          : { isDisrupted: true, bid: undefined, bidSize: undefined, ask: undefined, askSize: undefined },
      )
      enqueue.emit({ type: 'CONNECTION_CHANGED', at, venue, symbol, status, ...(reason && { text: reason }) })
    }),
    reportStale: enqueueActions(({ context: { venue, symbol, lastAt }, event, enqueue }) => {
      enqueue.emit({ type: 'DATA_STALE', at: (event as unknown as { at: number }).at, venue, symbol, lastAt })
    }),
  },
}).createMachine({
  id: 'symbol',
  version: '4',
  description:
    'What is known of one market: its last trade, best prices and candles, and whether that is current.',
  context: ({ input }) => ({ ...input, lastAt: 0, candles: {}, subscribers: [] }),
  type: 'parallel',
  states: {
    connection: {
      initial: 'connecting',
      on: {
        CONNECTION: [
          { guard: 'connected', target: '.connected', actions: 'reportConnection' },
          { guard: 'disconnected', target: '.disconnected', actions: 'reportConnection' },
          { guard: 'resyncing', target: '.resyncing', actions: 'reportConnection' },
        ],
      },
      states: {
        connecting: {},
        connected: { tags: 'live' },
        disconnected: {},
        resyncing: { description: 'The chain of depth updates broke; the book is being read anew.' },
      },
    },
    freshness: {
      initial: 'stale',
      states: {
        stale: { on: { TRADE: 'fresh', QUOTE: 'fresh', ORDER_BOOK: 'fresh' } },
        fresh: {
          tags: 'fresh',
          // A timer per event would be a record per event; this one looks back once in a while.
          after: {
            staleAfter: [
              { guard: 'quiet', target: 'stale', actions: 'reportStale' },
              { target: 'fresh', reenter: true },
            ],
          },
        },
      },
    },
    prices: {
      initial: 'tracking',
      states: {
        tracking: {
          on: {
            TRADE: { actions: 'takeTrade' },
            QUOTE: { actions: 'takeQuote' },
            ORDER_BOOK: { actions: 'takeBook' },
            FUNDING: { actions: 'reportFunding' },
            SUBSCRIBE: { actions: 'addSubscriber' },
            CONFIGURE: { actions: 'configure' },
          },
        },
      },
    },
  },
})

/** The way from version 3. */
export const symbolFromVersion3 = {
  from: '3',
  to: '4',
  migrate: ({ value, context }: { readonly value: unknown; readonly context: unknown }) => {
    const { connection } = value as { readonly connection: string }
    const isDisrupted = connection === 'disconnected' || connection === 'resyncing'
    return { value, context: { ...(context as SymbolContext3), ...(isDisrupted && { isDisrupted }) } }
  },
}

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
function marks(
  { subscribers, trade, marked }: SymbolContext,
  { at, bid, ask }: { at: number; bid: string | undefined; ask: string | undefined },
): { marked?: NonNullable<SymbolContext['marked']>; told: readonly string[] } {
  if (bid === undefined || ask === undefined) return { told: [] }
  const told: string[] = []
  for (const { address, intervals, marks } of subscribers) {
    if (!marks) continue
    const ms = intervalMs(intervals[0] as string) as number
    if (marked === undefined || at - marked.at > QUIET_INTERVALS * ms) told.push(address)
  }
  if (told.length === 0) return { told }
  const px = markBetween(trade?.px, bid, ask)
  return px === marked?.px ? { told: [] } : { marked: { at, px }, told }
}

/** When it was received, and, where they are known, to the nanosecond, and when the exchange says it happened. */
function timesOf({ at, eventAt, receivedNs }: MarketEvent): {
  at: number
  eventAt?: number
  receivedNs?: string
} {
  return { at, ...(eventAt !== undefined && { eventAt }), ...(receivedNs !== undefined && { receivedNs }) }
}

/** Candles go by the exchange's time, where it is known: so they are the exchange's own. */
function tradeCandles(
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

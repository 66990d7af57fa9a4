/**
 * Replays version 3, whose candles used the time of receipt. It has no declaration, because it is only replayed: the events that it
 * emitted and sent are on record, and none of them leaves.
 */

import { assertEvent, assign, enqueueActions, setup } from 'xstate'
import { compact } from '../../errors/compact.ts'
import type { DomainEvents } from '../domain.ts'
import type { Candle, CandleClose } from '../events/candle.ts'
import type { Trade } from '../events/market.ts'
import { tell } from '../kind/tell.ts'
import * as decimal from '../model/decimal.ts'
import { intervalMs } from './candles.ts'
import type { SymbolEvent } from './symbol-declaration.ts'
import type { SymbolInput } from './symbol-input.ts'

export interface SymbolContext3 extends SymbolInput {
  readonly trade?: { readonly px: string; readonly qty: string; readonly at: number }
  readonly bid?: string
  readonly bidSize?: string
  readonly ask?: string
  readonly askSize?: string
  /** Time of the last message, in epoch ms. */
  readonly lastAt: number
  /** The open candle of each interval. */
  readonly candles: Readonly<Record<string, Candle>>
  readonly subscribers: readonly Subscriber3[]
}

export interface Subscriber3 {
  readonly address: string
  readonly intervals: readonly string[]
  /** The subscriber also gets the open candles after each trade. */
  readonly updates: boolean
}

export const symbolVersion3 = setup({
  types: {} as {
    input: SymbolInput
    context: SymbolContext3
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
      const { px, qty, at } = event
      enqueue.assign({ trade: { px, qty, at }, lastAt: at, candles })
      const { venue, symbol, bid, ask } = context
      enqueue.emit(compact({ type: 'MARKET_TICK', at, venue, symbol, px, qty, bid, ask }))
      if (context.emit?.includes('trade')) {
        const { tradeId, aggressor } = event
        enqueue.emit({ type: 'MARKET_TRADE', at, venue, symbol, tradeId, px, qty, aggressor })
      }
      for (const close of closed) {
        enqueue.emit(close)
        for (const { address, intervals } of context.subscribers) {
          if (!intervals.includes(close.interval)) continue
          enqueue(tell(address, close))
        }
      }
      for (const { address, intervals, updates } of context.subscribers) {
        if (!updates) continue
        for (const interval of intervals) {
          const candle = candles[interval]
          if (candle) enqueue(tell(address, { type: 'CANDLE_UPDATE', at, venue, symbol, interval, candle }))
        }
      }
    }),
    takeQuote: enqueueActions(({ context: { venue, symbol, emit }, event, enqueue }) => {
      assertEvent(event, 'QUOTE')
      const { bid, bidSize, ask, askSize, at } = event
      enqueue.assign({ bid, bidSize, ask, askSize, lastAt: at })
      if (!emit?.includes('quote')) return
      enqueue.emit({ type: 'MARKET_QUOTE', at, venue, symbol, bid, bidSize, ask, askSize })
    }),
    takeBook: enqueueActions(({ context: { venue, symbol, emit }, event, enqueue }) => {
      assertEvent(event, 'ORDER_BOOK')
      const { at, updateId, bids, asks } = event
      const [bid, bidSize] = bids[0] ?? []
      const [ask, askSize] = asks[0] ?? []
      enqueue.assign({ bid, bidSize, ask, askSize, lastAt: at })
      if (!emit?.includes('orderBook')) return
      enqueue.emit({ type: 'MARKET_ORDER_BOOK', at, venue, symbol, updateId, bids, asks })
    }),
    reportFunding: enqueueActions(({ context: { venue, symbol }, event, enqueue }) => {
      assertEvent(event, 'FUNDING')
      const { at, rate, px } = event
      enqueue.emit({ type: 'FUNDING_UPDATE', at, venue, symbol, rate, px })
    }),
    addSubscriber: assign(({ context, event }) => {
      assertEvent(event, 'SUBSCRIBE')
      const { subscriber: address, intervals, updates = false } = event
      const others = context.subscribers.filter((one) => one.address !== address)
      return { subscribers: [...others, { address, intervals, updates }] }
    }),
    /** Takes other settings. Candles of another interval begin with the next trade. */
    configure: assign(({ event }) =>
      event.type === 'CONFIGURE' ? { emit: undefined, ...event.settings } : {},
    ),
    reportConnection: enqueueActions(({ context: { venue, symbol }, event, enqueue }) => {
      assertEvent(event, 'CONNECTION')
      const { at, status, reason } = event
      enqueue.emit({ type: 'CONNECTION_CHANGED', at, venue, symbol, status, ...(reason && { text: reason }) })
    }),
    reportStale: enqueueActions(({ context: { venue, symbol, lastAt }, event, enqueue }) => {
      enqueue.emit({ type: 'DATA_STALE', at: (event as unknown as { at: number }).at, venue, symbol, lastAt })
    }),
  },
}).createMachine({
  id: 'symbol',
  version: '3',
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

function tradeCandles(
  { candles: were, intervals, venue, symbol }: SymbolContext3,
  event: Trade,
): { candles: SymbolContext3['candles']; closed: CandleClose[] } {
  const candles: Record<string, Candle> = {}
  const closes: CandleClose[] = []
  for (const interval of intervals) {
    const { candle, closed } = addTrade(were[interval], intervalMs(interval) as number, event)
    candles[interval] = candle
    if (closed) closes.push({ type: 'CANDLE_CLOSE', at: event.at, venue, symbol, interval, candle: closed })
  }
  return { candles, closed: closes }
}

/** Returns the candle after a trade. A trade from before the candle counts into it. */
function addTrade(
  was: Candle | undefined,
  ms: number,
  { px, qty, at }: Trade,
): { candle: Candle; closed: Candle | undefined } {
  if (was !== undefined && at <= was.closeAt) {
    const high = decimal.max(was.high, px)
    const low = decimal.min(was.low, px)
    return {
      candle: { ...was, high, low, close: px, volume: decimal.add(was.volume, qty) },
      closed: undefined,
    }
  }
  const openAt = Math.floor(at / ms) * ms
  const candle = { openAt, closeAt: openAt + ms - 1, open: px, high: px, low: px, close: px, volume: qty }
  return { candle, closed: was }
}

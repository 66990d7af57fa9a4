/** The actions of a symbol. */

import { assertEvent } from 'xstate'
import { compact } from '../../errors/compact.ts'
import type { Mark } from '../events/candle.ts'
import { acts } from '../kind/kind.ts'
import { marks, type SymbolTypes, type Timed, timesOf, tradeCandles } from './symbol-context.ts'
import { symbolDeclaration } from './symbol-declaration.ts'

const { action, emit, tell } = acts(symbolDeclaration, {} as SymbolTypes)

export const takeTrade = action(({ context, event, enqueue }) => {
  assertEvent(event, 'TRADE')
  const { candles, closed } = tradeCandles(context, event)
  const { px, qty, at, eventAt } = event
  const { venue, symbol, bid, ask, isDisrupted } = context
  const marked = closed.length > 0 ? { marked: { at, px } } : {}
  enqueue.assign({
    trade: compact({ px, qty, at, eventAt }),
    lastAt: at,
    candles,
    ...marked,
  })
  enqueue(
    emit({
      type: 'MARKET_TICK',
      ...timesOf(event),
      venue,
      symbol,
      px,
      qty,
      ...compact({ bid, ask }),
    }),
  )
  if (context.emit?.includes('trade')) {
    const { tradeId, aggressor } = event
    enqueue(
      emit({
        type: 'MARKET_TRADE',
        ...timesOf(event),
        venue,
        symbol,
        tradeId,
        px,
        qty,
        aggressor,
      }),
    )
  }
  const disrupted = isDisrupted && { isDisrupted }
  for (const close of closed) {
    const event = { ...close, ...disrupted }
    enqueue(emit(event))
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
})

export const takeQuote = action(({ context, event, enqueue }) => {
  assertEvent(event, 'QUOTE')
  const { venue, symbol, emit: also } = context
  const { bid, bidSize, ask, askSize, at } = event
  const { marked, recipients } = marks(context, { at, bid, ask })
  enqueue.assign(compact({ bid, bidSize, ask, askSize, lastAt: at, marked }))
  if (also?.includes('quote'))
    enqueue(
      emit({
        type: 'MARKET_QUOTE',
        ...timesOf(event),
        venue,
        symbol,
        bid,
        bidSize,
        ask,
        askSize,
      }),
    )
  for (const address of recipients)
    enqueue(tell(address, { type: 'MARK', at, venue, symbol, px: marked?.px } as Mark))
})

export const takeBook = action(({ context, event, enqueue }) => {
  assertEvent(event, 'ORDER_BOOK')
  const { venue, symbol, emit: also } = context
  const { at, updateId, bids, asks } = event
  const [bid, bidSize] = bids[0] ?? []
  const [ask, askSize] = asks[0] ?? []
  const { marked, recipients } = marks(context, { at, bid, ask })
  enqueue.assign({ bid, bidSize, ask, askSize, lastAt: at, ...compact({ marked }) })
  if (also?.includes('orderBook'))
    enqueue(emit({ type: 'MARKET_ORDER_BOOK', ...timesOf(event), venue, symbol, updateId, bids, asks }))
  for (const address of recipients)
    enqueue(tell(address, { type: 'MARK', at, venue, symbol, px: marked?.px } as Mark))
})

export const reportFunding = action(({ context: { venue, symbol }, event, enqueue }) => {
  assertEvent(event, 'FUNDING')
  const { rate, px } = event
  enqueue(emit({ type: 'FUNDING_UPDATE', ...timesOf(event), venue, symbol, rate, px }))
})

export const addSubscriber = action(({ context, event, enqueue }) => {
  assertEvent(event, 'SUBSCRIBE')
  const { subscriber: address, intervals, updates = false, marks } = event
  const others = context.subscribers.filter((one) => one.address !== address)
  enqueue.assign({ subscribers: [...others, { address, intervals, updates, ...(marks && { marks }) }] })
})

/** Takes other settings. Candles of another interval begin with the next trade. */
export const configure = action(({ event, enqueue }) => {
  assertEvent(event, 'CONFIGURE')
  enqueue.assign({ emit: undefined, ...event.settings })
})

export const reportConnection = action(({ context: { venue, symbol }, event, enqueue }) => {
  assertEvent(event, 'CONNECTION')
  const { at, status, reason } = event
  // The quotes from before may be gone.
  enqueue.assign(
    status === 'connected'
      ? { isDisrupted: undefined }
      : { isDisrupted: true, bid: undefined, bidSize: undefined, ask: undefined, askSize: undefined },
  )
  enqueue(emit({ type: 'CONNECTION_CHANGED', at, venue, symbol, status, ...(reason && { text: reason }) }))
})

export const reportStale = action(({ context: { venue, symbol, lastAt }, event, enqueue }) => {
  enqueue(emit({ type: 'DATA_STALE', at: (event as unknown as Timed).at, venue, symbol, lastAt }))
})

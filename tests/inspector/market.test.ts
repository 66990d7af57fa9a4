/** Tests the pure parts of the market view: trades, fills and candles from events. */
import { describe, expect, it } from 'vitest'
import type { EventEnvelope } from '../../src/client/index.ts'
import { candlesOf, secondsOf } from '../../tools/inspector/market/candles.ts'
import { fillsIn, listOf, tradesOf } from '../../tools/inspector/market/trades.ts'

let seq = 0
function said(type: string, event: object, more: Partial<EventEnvelope> = {}): EventEnvelope {
  seq++
  return {
    eventId: `${seq}`,
    index: 0,
    type,
    at: 1_000 * seq,
    seq,
    actor: 'position/sim:X',
    correlation: 'c',
    cause: null,
    venue: 'sim',
    symbol: 'X',
    instrument: null,
    strategy: 'ema',
    source: 'position@5',
    event: { type, ...event },
    ...more,
  }
}

describe('trades', () => {
  const fill = said(
    'ORDER_FILLED',
    { side: 'SELL', lastQty: '1', lastPx: '104' },
    { actor: 'order/sim:ema-1-exit' },
  )
  const opened = said('POSITION_OPENED', { avgPx: '100' })
  const closed = said('POSITION_CLOSED', { tradePnl: '3.9', realizedPnl: '4' }, { cause: fill.seq })
  const other = said('POSITION_CLOSED', { realizedPnl: '-1' }, { actor: 'position/sim:Y' })

  it('are positions from their opening to their close, the latest first', () => {
    expect(tradesOf([opened, closed, other], fillsIn([fill]))).toMatchObject([
      { position: 'position/sim:Y', in: undefined, out: undefined, list: undefined, pnl: '-1' },
      { position: 'position/sim:X', in: '100', out: '104', list: 'list/sim:ema-1', pnl: '3.9' },
    ])
  })

  it('begin anew where a fill turns the position over', () => {
    const flipped = said('POSITION_FLIPPED', { avgPx: '105', realizedPnl: '5' })
    const end = said('POSITION_CLOSED', { realizedPnl: '2' })
    expect(tradesOf([opened, flipped, end], [])).toMatchObject([
      { in: '105', pnl: '2' },
      { in: '100', pnl: '5' },
    ])
  })

  it.each([
    ['order/sim:ema-BTCUSDT-2-stop', 'list/sim:ema-BTCUSDT-2'],
    ['order/sim:ema-2-exit-2', 'list/sim:ema-2'],
    ['order/sim:mine', undefined],
    ['position/sim:X', undefined],
  ])('of the order %s are of %s', (order, list) => {
    expect(listOf(order)).toBe(list)
  })
})

describe('candles', () => {
  const candle = (interval: string, openAt: number) =>
    said('CANDLE_CLOSE', { interval, candle: { openAt, open: '1', high: '3', low: '0.5', close: '2' } })

  it('are those of the shortest interval that fits the picture, in order, each once', () => {
    const minutes = [candle('1m', 60_000), candle('1m', 0)]
    const seconds = Array.from({ length: 1_600 }, (_, i) => candle('1s', i * 1_000))
    expect(candlesOf([...minutes, ...minutes]).candles.map(({ time }) => time)).toEqual([0, 60])
    expect(candlesOf([...seconds.slice(0, 9), ...minutes]).interval).toBe('1s')
    expect(candlesOf([...seconds, ...minutes]).interval).toBe('1m')
    expect(candlesOf([])).toEqual({ interval: '', candles: [] })
  })

  it.each([
    ['1s', 1],
    ['15m', 900],
    ['1d', 86_400],
    ['x', 0],
  ])('of %s are %i s long', (interval, seconds) => {
    expect(secondsOf(interval)).toBe(seconds)
  })
})

/** Tests the pure parts of the market view: trades, fills and candles from events. */
import { describe, expect, it } from 'vitest'
import type { EventEnvelope } from '../../src/client/index.ts'
import { candlesOf, secondsOf } from '../../tools/inspector/market/candles.ts'
import { type Told, toldUp, upTo } from '../../tools/inspector/market/told.ts'
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

describe('the last events up to a time', () => {
  const all = Array.from({ length: 60 }, () => said('POSITION_CLOSED', {}))
  const log = all.map((event, i) => ({ ...event, seq: i + 1, at: 1_000 * (i + 1) }))
  /** Counts the events of each answer. */
  let asked: number[] = []
  const ask = async ({ tail, since = 0, to = Infinity }: { tail?: number; since?: number; to?: number }) => {
    const found = log.filter(({ seq, at }) => seq > since && at <= to)
    const events = tail === undefined ? found : found.slice(-tail)
    asked.push(events.length)
    return { events, seq: found.at(-1)?.seq ?? 0 }
  }

  it('are read again only as far as they are new, or far away', async () => {
    const seqs = async (to: number, count: number, had?: Told) => {
      const told = await toldUp(to, count, had, ask)
      const of = upTo(told, to).slice(-count)
      expect(of.map(({ seq }) => seq)).toEqual(
        log
          .filter(({ at }) => at <= to)
          .slice(-of.length)
          .map(({ seq }) => seq),
      )
      return told
    }
    const first = await seqs(30_000, 10)
    const next = await seqs(32_000, 10, first)
    const back = await seqs(27_000, 10, next)
    expect([asked, back]).toEqual([[10, 2], next])
    asked = []
    const more = await seqs(32_000, 20, next)
    await seqs(60_000, 10, more)
    await seqs(5_000, 10, more)
    expect(asked).toEqual([20, 10, 5])
    // All that a log has are here, so there is nothing before them.
    asked = []
    const few = await seqs(5_000, 10)
    await seqs(1_000, 10, few)
    expect(asked).toEqual([5])
  })

  it('go on with the end of the log, and are asked for anew where that is more than a page', async () => {
    asked = []
    const end = await toldUp(undefined, 10, undefined, ask)
    const next = await toldUp(undefined, 10, { ...end, seq: 58, events: end.events.slice(0, -2) }, ask)
    expect(next.events).toEqual(log.slice(-10))
    const paged = async (place: Parameters<typeof ask>[0]) => ({
      ...(await ask(place)),
      ...(place.since !== undefined && { next: 5 }),
    })
    expect((await toldUp(undefined, 10, { ...end, seq: 1 }, paged)).events).toEqual(log.slice(-10))
    expect(asked).toEqual([10, 2, 59, 10])
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

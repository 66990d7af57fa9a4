import { describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import {
  type Candle,
  machines,
  markOf,
  type SymbolContext,
  type SymbolInput,
  symbolMachine,
} from '../../machines/index.ts'
import { Harness } from '../runtime/harness.ts'

const VENUE = { venue: 'sim', symbol: 'X' }
const TRADE = { type: 'TRADE', at: 1, tradeId: 't1', px: '100', qty: '1', aggressor: 'BUY' }
const QUOTE = { type: 'QUOTE', at: 2, bid: '99', bidSize: '3', ask: '101', askSize: '4' }
const ORDER_BOOK = { type: 'ORDER_BOOK', at: 3, updateId: 7, bids: [['99', '3']], asks: [['101', '4']] }

async function emitted(emit: SymbolInput['emit']) {
  const harness = new Harness()
  await harness.open({ machines })
  const input = { ...VENUE, intervals: ['1s'], staleAfterMs: 1_000, ...(emit && { emit }) }
  await harness.supervisor.spawn('symbol', 'sim:X', input)
  for (const event of [TRADE, QUOTE, ORDER_BOOK]) await harness.supervisor.send('symbol/sim:X', event)
  return (await harness.records()).flatMap((record) => record.emitted ?? [])
}

describe('a symbol', () => {
  it('emits ticks alone, and not all that comes', async () => {
    expect((await emitted(undefined)).map(({ type }) => type)).toEqual(['MARKET_TICK'])
  })

  it('emits all of what it is configured to', async () => {
    const { type: _trade, ...trade } = TRADE
    const { type: _quote, ...quote } = QUOTE
    const { type: _book, ...book } = ORDER_BOOK
    expect((await emitted(['trade', 'quote', 'orderBook'])).slice(1)).toEqual([
      { type: 'MARKET_TRADE', ...VENUE, ...trade },
      { type: 'MARKET_QUOTE', ...VENUE, ...quote },
      { type: 'MARKET_ORDER_BOOK', ...VENUE, ...book },
    ])
  })

  it('says when funding falls due', async () => {
    const harness = new Harness()
    await harness.open({ machines })
    const { supervisor } = harness
    await supervisor.spawn('symbol', 'sim:X', { ...VENUE, intervals: ['1s'], staleAfterMs: 1_000 })
    await supervisor.send('symbol/sim:X', { type: 'FUNDING', at: 5, rate: '0.001', px: '100' })
    const told = (await harness.records()).flatMap((record) => record.emitted ?? [])
    expect(told).toMatchObject([{ type: 'FUNDING_UPDATE', at: 5, ...VENUE, rate: '0.001', px: '100' }])
  })
})

describe("a symbol's candles", () => {
  const candlesOf = (trades: readonly (readonly [eventAt: number, px: string])[]) => {
    const input = { ...VENUE, intervals: ['1s'], staleAfterMs: 1_000_000 }
    const actor = createActor(symbolMachine, { input }).start()
    const closed: Candle[] = []
    actor.on('CANDLE_CLOSE', ({ candle }) => closed.push(candle))
    for (const [i, [eventAt, px]] of trades.entries())
      actor.send({ type: 'TRADE', at: 50_000 + i, eventAt, tradeId: `t${i}`, px, qty: '1', aggressor: 'BUY' })
    actor.stop()
    return closed.map(({ openAt, open, high, low, close, volume }) => [
      openAt,
      open,
      high,
      low,
      close,
      volume,
    ])
  }

  it("go by the exchange's time, whenever a trade is received", () => {
    expect(
      candlesOf([
        [1_000, '5'],
        [1_999, '7'],
        [2_000, '6'],
        [3_500, '9'],
      ]),
    ).toEqual([
      [1_000, '5', '7', '5', '7', '2'],
      [2_000, '6', '6', '6', '6', '1'],
    ])
  })

  it('take in a trade that comes late while they are open, and do not close at its price', () => {
    expect(
      candlesOf([
        [1_000, '5'],
        [1_900, '7'],
        [1_100, '9'],
        [2_000, '6'],
      ]),
    ).toEqual([[1_000, '5', '9', '5', '7', '3']])
  })

  it('have no part of a trade whose candle has closed', () => {
    expect(
      candlesOf([
        [1_000, '5'],
        [2_000, '7'],
        [1_500, '99'],
        [3_000, '6'],
      ]),
    ).toEqual([
      [1_000, '5', '5', '5', '5', '1'],
      [2_000, '7', '7', '7', '7', '1'],
    ])
  })
})

describe('what a symbol is worth', () => {
  const trade = { px: '100', qty: '1', at: 5 }
  it.each<[string, Partial<SymbolContext>, string | undefined]>([
    ['is unknown before anything came', { lastAt: 0 }, undefined],
    ['is the middle of its quote before it trades', { lastAt: 5, bid: '99', ask: '100' }, '99.5'],
    ['is its last trade', { trade, lastAt: 5, bid: '1', ask: '2' }, '100'],
    [
      'is its last trade while the quote since then allows it',
      { trade, lastAt: 6, bid: '99', ask: '101' },
      '100',
    ],
    ['is the ask that is lower than its last trade', { trade, lastAt: 6, bid: '89', ask: '90' }, '90'],
    ['is the bid that is higher than its last trade', { trade, lastAt: 6, bid: '110', ask: '111' }, '110'],
  ])('%s', (_, context, px) => {
    expect(markOf({ lastAt: 0, ...context })).toBe(px)
  })
})

describe('a symbol with subscribers', () => {
  const LIMITS = { orderNotionalMax: '1', openOrdersMax: 1 }
  const open = async () => {
    const harness = new Harness()
    await harness.open({ machines })
    const { supervisor } = harness
    await supervisor.spawn('account', 'sim', { venue: 'sim', balance: '1', limits: LIMITS })
    await supervisor.spawn('symbol', 'sim:X', { ...VENUE, intervals: ['1s'], staleAfterMs: 100_000 })
    const subscribe = { type: 'SUBSCRIBE', at: 1, subscriber: 'account/sim', intervals: ['1s'], marks: true }
    await supervisor.send('symbol/sim:X', subscribe)
    const told = async (...types: string[]) =>
      (await harness.records()).flatMap(({ actor, event }) =>
        actor === 'account/sim' && types.includes(event.type) ? [event] : [],
      )
    const send = (event: { type: string; at: number; [field: string]: unknown }) =>
      supervisor.send('symbol/sim:X', event, { at: event.at })
    const quote = (at: number, bid: string, ask: string) =>
      send({ type: 'QUOTE', at, bid, bidSize: '1', ask, askSize: '1' })
    return { told, send, quote }
  }

  it('tells them of its price by quotes while nothing trades, about once an interval, and of a new one alone', async () => {
    const { told, send, quote } = await open()
    await send({ ...TRADE, at: 1_000 })
    await send({ ...TRADE, at: 2_000, tradeId: 't2' })
    await quote(2_500, '79', '80')
    await quote(3_501, '79', '80')
    await quote(3_600, '69', '70')
    await quote(5_002, '69', '70')
    await quote(7_000, '69', '71')
    expect(await told('CANDLE_CLOSE', 'MARK')).toMatchObject([
      { type: 'CANDLE_CLOSE', at: 2_000 },
      { type: 'MARK', at: 3_501, px: '80' },
      { type: 'MARK', at: 5_002, px: '70' },
      { type: 'MARK', at: 7_000, px: '71' },
    ])
  })

  it('says of candles that its book was not whole, and forgets what was bid and asked', async () => {
    const { told, send, quote } = await open()
    await send({ ...TRADE, at: 1_000 })
    await quote(1_100, '99', '101')
    await send({ type: 'CONNECTION', at: 1_500, status: 'resyncing' })
    await send({ ...TRADE, at: 2_000, tradeId: 't2' })
    await send({ type: 'CONNECTION', at: 2_500, status: 'connected' })
    await send({ ...TRADE, at: 3_000, tradeId: 't3' })
    const candles = await told('CANDLE_CLOSE')
    expect(candles.map(({ at, isDisrupted }) => [at, isDisrupted])).toEqual([
      [2_000, true],
      [3_000, undefined],
    ])
  })
})

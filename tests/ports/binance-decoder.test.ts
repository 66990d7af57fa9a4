import { describe, expect, it } from 'vitest'
import { BinanceDecoder, decimal } from '../../src/ports/market/binance-decoder.ts'

const AT = 1_700_000_000_000
const decode = (decoder: BinanceDecoder, raw: object, snapshotOf?: string) =>
  decoder.decode(JSON.stringify(raw), AT, snapshotOf)
const trade = (q: unknown, more: object = {}) => ({
  stream: 'xusdt@trade',
  data: { s: 'XUSDT', T: AT - 5, t: 7, p: '10.50', q, m: true, ...more },
})
const markPrice = (r: string, T: number) => ({
  stream: 'xusdt@markPrice@1s',
  data: { s: 'XUSDT', p: '10.00', r, T },
})
const funding = (messages: readonly (readonly [rate: string, dueAt: number])[]) => {
  const decoder = new BinanceDecoder()
  return messages
    .flatMap(([rate, dueAt]) => decode(decoder, markPrice(rate, dueAt)).events)
    .filter(({ type }) => type === 'FUNDING')
}

describe("a message of Binance's", () => {
  it('of a trade is one of ours, in the words of the taker, once the symbol counts as connected', () => {
    const decoder = new BinanceDecoder()
    const event = { type: 'TRADE', at: AT, eventAt: AT - 5, tradeId: '7', px: '10.5', qty: '2' }
    expect(decode(decoder, trade('2.00'))).toEqual({
      kind: 'trade',
      symbol: 'XUSDT',
      events: [
        { type: 'CONNECTION', at: AT, status: 'connected' },
        { ...event, aggressor: 'SELL' },
      ],
    })
    expect(decode(decoder, trade('2.00', { m: false })).events).toEqual([{ ...event, aggressor: 'BUY' }])
  })

  it('of a trade of nothing is counted, and no more', () => {
    const decoder = new BinanceDecoder()
    decode(decoder, trade('1'))
    expect(decode(decoder, trade('0.000'))).toEqual({ kind: 'trade', symbol: 'XUSDT', events: [] })
  })

  it.each([
    ['an answer to a request', { result: null, id: 1 }, ''],
    ['a stream without data', { stream: 'xusdt@trade' }, ''],
    ['a stream that is not asked for', { stream: 'xusdt@kline_1m', data: { s: 'XUSDT' } }, 'XUSDT'],
  ])('of another kind is counted, and connects nothing: %s', (_, raw, symbol) => {
    expect(decode(new BinanceDecoder(), raw)).toEqual({ kind: 'other', symbol, events: [] })
  })

  it.each([
    ['a price as a number', trade('1', { p: 10.5 }), 'expected text, found 10.5'],
    ['a time as text', trade('1', { T: '5' }), 'expected a number, found "5"'],
    ['no quantity', trade(undefined), 'expected text, found undefined'],
    ['no symbol', { stream: 'xusdt@trade', data: {} }, 'expected text, found undefined'],
  ])('with %s is refused', (_, raw, message) => {
    expect(() => decode(new BinanceDecoder(), raw)).toThrow(message)
  })
})

describe('a depth snapshot', () => {
  const snapshot = (lastUpdateId: number) => ({ lastUpdateId, bids: [['9.0', '1.0']], asks: [['11', '0']] })
  const depth = (U: number, u: number) => ({
    stream: 'xusdt@depth@100ms',
    data: { s: 'XUSDT', E: AT, U, u, b: [], a: [] },
  })

  it('is of the symbol that is said beside it, and of none without', () => {
    const decoder = new BinanceDecoder()
    expect(() => decode(decoder, snapshot(10))).toThrow('before any message that names its symbol')
    expect(decode(decoder, snapshot(10), 'XUSDT')).toEqual({
      kind: 'depthSnapshot',
      symbol: 'XUSDT',
      events: [{ type: 'ORDER_BOOK', at: AT, updateId: 10, bids: [['9', '1']], asks: [] }],
    })
  })

  it('makes a book whole again that had a gap, and both are said once', () => {
    const decoder = new BinanceDecoder()
    decode(decoder, snapshot(10), 'XUSDT')
    const statuses = [depth(11, 12), depth(20, 21), depth(22, 23), snapshot(30)]
      .flatMap((raw) => decode(decoder, raw, 'XUSDT').events)
      .map((event) => (event.type === 'CONNECTION' ? event.status : event.type))
    expect(statuses).toEqual(['connected', 'ORDER_BOOK', 'resyncing', 'connected', 'ORDER_BOOK'])
  })
})

describe('funding', () => {
  it('is told when it was due, at the rate that was told last before', () => {
    const told = funding([
      ['0.0001', 1_000],
      ['0.0002', 1_000],
      ['0.0003', 2_000],
      ['0.0004', 3_000],
    ])
    expect(told).toMatchObject([{ rate: '0.0002' }, { rate: '0.0003' }])
  })

  it.each<[string, [string, number][]]>([
    [
      'the contract has none',
      [
        ['0.0001', 0],
        ['0.0001', 0],
      ],
    ],
    [
      'its rate was zero',
      [
        ['0.00000000', 1_000],
        ['0.0001', 2_000],
      ],
    ],
    [
      'the time goes back',
      [
        ['0.0001', 2_000],
        ['0.0001', 1_000],
      ],
    ],
  ])('is not told where %s', (_, messages) => {
    expect(funding(messages)).toEqual([])
  })
})

it.each([
  ['61837.63000000', '61837.63'],
  ['10.00000000', '10'],
  ['100', '100'],
  ['0.00000000', '0'],
  ['0.00000001', '0.00000001'],
])('%s is one number, as %s', (raw, text) => {
  expect(decimal(raw)).toBe(text)
})

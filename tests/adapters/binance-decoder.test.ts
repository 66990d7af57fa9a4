import { describe, expect, it } from 'vitest'
import { BinanceDecoder, type Decoded } from '../../src/adapters/binance/market-decoder.ts'
import type { BinanceMarketName } from '../../src/adapters/binance/markets.ts'
import { Refusal } from '../../src/adapters/refusals.ts'

const AT = 1_700_000_000_000
const HOUR_MS = 3_600_000
const make = (market: BinanceMarketName = 'spot') => new BinanceDecoder({ market })
const decode = (decoder: BinanceDecoder, raw: object, snapshotOf?: string, at = AT) =>
  decoder.decode(JSON.stringify(raw), { at }, snapshotOf)
const refusalOf = (act: () => unknown): [string, string] | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal)
    const { reason, message } = error as Refusal
    return [reason, message]
  }
}
const trade = (q: unknown, more: object = {}) => ({
  stream: 'xusdt@trade',
  data: { e: 'trade', E: AT, s: 'XUSDT', T: AT - 5, t: 7, p: '10.50', q, m: true, ...more },
})
const depth = (U: number, u: number, more: object = {}) => ({
  stream: 'xusdt@depth@100ms',
  data: { e: 'depthUpdate', s: 'XUSDT', E: AT, U, u, b: [], a: [], ...more },
})
const snapshot = (lastUpdateId: number) => ({ lastUpdateId, bids: [['9.0', '1.0']], asks: [['11', '0']] })
const told = (decoder: BinanceDecoder, messages: readonly object[]) =>
  messages
    .flatMap((raw) => decode(decoder, raw, 'XUSDT').events)
    .map((event) => (event.type === 'CONNECTION' ? (event.reason ?? event.status) : event.type))

describe("a message of Binance's", () => {
  it('of a trade is one of ours, in the words of the taker, once the symbol counts as connected', () => {
    const decoder = make()
    const event = { type: 'TRADE', at: AT, eventAt: AT - 5, tradeId: '7', px: '10.5', qty: '2' }
    expect(decode(decoder, trade('2.00'))).toEqual({
      kind: 'trade',
      symbol: 'XUSDT',
      events: [
        { type: 'CONNECTION', at: AT, status: 'connected' },
        { ...event, aggressor: 'SELL' },
      ],
    })
    const next = { ...event, tradeId: '8', aggressor: 'BUY' }
    expect(decode(decoder, trade('2.00', { t: 8, m: false })).events).toEqual([next])
  })

  it('keeps the nanoseconds of its receipt', () => {
    const { events } = make().decode(JSON.stringify(trade('1')), {
      at: AT,
      receivedNs: '1700000000000000123',
    })
    expect(events).toMatchObject([
      { at: AT, receivedNs: '1700000000000000123' },
      { at: AT, receivedNs: '1700000000000000123' },
    ])
  })

  it('of trades put together is one trade, and none where they have come one by one', () => {
    const decoder = make()
    const together = (a: number, f: number, l: number) => ({
      stream: 'xusdt@aggTrade',
      data: { ...trade('3').data, e: 'aggTrade', a, f, l },
    })
    expect(decode(decoder, together(1, 4, 6)).events).toMatchObject([
      {},
      { tradeId: '4-6', px: '10.5', qty: '3' },
    ])
    expect(decode(decoder, trade('1')).events).toMatchObject([{ tradeId: '7' }])
    expect(refusalOf(() => decode(decoder, together(2, 7, 7)))).toMatchObject([
      'REPEATED',
      expect.any(String),
    ])
    expect(decode(decoder, together(3, 8, 8)).events).toMatchObject([{ tradeId: '8' }])
  })

  it('of a trade that no order book made is counted apart, and no more', () => {
    const decoder = make('usdm')
    decode(decoder, trade('1', { X: 'MARKET' }))
    expect(decode(decoder, trade('0', { t: 8, p: '0', X: 'NA' }))).toEqual({
      kind: 'offBookTrade',
      symbol: 'XUSDT',
      events: [],
    })
  })

  it.each([
    ['an answer to a request', { result: null, id: 1 }],
    ['a stream without data', { stream: 'xusdt@trade' }],
    ['a stream that is not asked for', { stream: 'xusdt@kline_1m', data: { s: 'XUSDT' } }],
    ['the top of a book', { ...depth(1, 2), stream: 'xusdt@depth20@100ms' }],
  ])('of another kind is counted, and connects nothing: %s', (_, raw) => {
    expect(decode(make(), raw)).toEqual({ kind: 'other', symbol: '', events: [] })
  })

  it.each([
    ['a price as a number', trade('1', { p: 10.5 }), 'SCHEMA', 'trade: p: must be text'],
    ['a time as text', trade('1', { T: '5' }), 'SCHEMA', 'trade: T: epoch milliseconds, a whole number'],
    ['no quantity', trade(undefined), 'SCHEMA', 'trade: q: is missing'],
    ['no symbol', { stream: 'xusdt@trade', data: {} }, 'SCHEMA', expect.stringContaining('s: is missing')],
    ['another symbol than its stream', trade('1', { s: 'YUSDT' }), 'SYMBOL', 'YUSDT came in xusdt@trade'],
    ['a price of zero', trade('1', { p: '0.00' }), 'PRICE', 'p must be a decimal above 0, and is "0.00"'],
    ['a quantity below zero', trade('-3'), 'QUANTITY', 'q must be a decimal above 0, and is "-3"'],
    [
      'a time of an hour ago',
      trade('1', { T: AT - HOUR_MS }),
      'TIME',
      expect.stringContaining('-3600 s off'),
    ],
    ['an update that ends before it begins', depth(3, 2), 'SCHEMA', 'depthUpdate: u: must be at least U'],
    [
      'an update that ends far ahead',
      depth(3, 2 ** 50),
      'SCHEMA',
      'depthUpdate: u: must be at most 10000000 above U',
    ],
    ['fields of another market', depth(1, 2, { pu: 1 }), 'SCHEMA', 'depthUpdate: pu: a spot market has none'],
    [
      'a price in its depth that is none',
      depth(1, 2, { b: [['-1', '1']] }),
      'PRICE',
      'a level\'s price must be a decimal above 0, and is "-1"',
    ],
    [
      'a time in microseconds',
      trade('1', { T: AT * 1_000 }),
      'SCHEMA',
      'trade: T: epoch milliseconds, before the year 10000',
    ],
  ])('with %s is refused, and connects nothing', (_, raw, reason, message) => {
    const decoder = make()
    expect(refusalOf(() => decode(decoder, raw))).toEqual([reason, message])
    expect(decode(decoder, trade('1')).events).toMatchObject([{ type: 'CONNECTION' }, { type: 'TRADE' }])
  })

  it.each([
    [
      'a price',
      (deep: string) => `[[${deep},"1"]]`,
      'PRICE',
      "a level's price must be a decimal above 0, and is a list",
    ],
    [
      'a level',
      (deep: string) => `[${deep}]`,
      'SCHEMA',
      'a level must be a price and a quantity, and is a list',
    ],
    [
      'a quantity',
      (deep: string) => `[["1",{"a":${deep}}]]`,
      'QUANTITY',
      "a level's quantity must be a decimal from 0, and is an object",
    ],
  ])('with %s that lies in itself deeper than the stack is refused', (_, bids, reason, message) => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000)
    const json = JSON.stringify(depth(1, 2)).replace(/"b":\[.*?\],"a"/, `"b":${bids(deep)},"a"`)
    expect(json.length).toBeGreaterThan(100_000)
    expect(refusalOf(() => make().decode(json, { at: AT }))).toEqual([reason, message])
  })

  it('that is no JSON is refused', () => {
    expect(refusalOf(() => make().decode('rubbish', { at: AT }))).toMatchObject(['JSON', expect.any(String)])
  })
})

describe('a trade', () => {
  const ids = (decoder: BinanceDecoder, given: readonly number[]) =>
    given.map((t) => refusalOf(() => decode(decoder, trade('1', { t })))?.[0] ?? t)

  it('counts once', () => {
    expect(ids(make(), [5, 6, 6, 5, 7])).toEqual([5, 6, 'REPEATED', 'REPEATED', 7])
  })

  it('that comes late counts once, too, also after an id that cannot be right', () => {
    expect(ids(make(), [5, 8, 6, 6, 2 ** 50, 9, 9, 10, 7, 7])).toEqual([
      5,
      8,
      6,
      'REPEATED',
      2 ** 50,
      9,
      'REPEATED',
      10,
      7,
      'REPEATED',
    ])
  })

  it('counts once over several connections', () => {
    const decoder = make()
    expect(ids(decoder, [5, 6])).toEqual([5, 6])
    decoder.disconnect()
    expect(ids(decoder, [6, 7])).toEqual(['REPEATED', 7])
  })
})

describe('a depth snapshot', () => {
  it('is of the symbol that is said beside it, and of none without', () => {
    const decoder = make()
    expect(refusalOf(() => decode(decoder, snapshot(10)))).toEqual([
      'SNAPSHOT',
      'a depth snapshot of no symbol that is known',
    ])
    expect(decode(decoder, snapshot(10), 'XUSDT')).toEqual({
      kind: 'depthSnapshot',
      symbol: 'XUSDT',
      events: [
        { type: 'CONNECTION', at: AT, status: 'connected' },
        { type: 'ORDER_BOOK', at: AT, updateId: 10, bids: [['9', '1']], asks: [] },
      ],
    })
  })

  it('may name its symbol', () => {
    const named = { ...snapshot(10), symbol: 'XUSD_PERP', pair: 'XUSD' }
    expect(decode(make('coinm'), named).symbol).toBe('XUSD_PERP')
  })

  it('that has not come yet is no disruption: what trades is true without a book', () => {
    expect(told(make(), [trade('1'), depth(11, 12), depth(13, 14), snapshot(12)])).toEqual([
      'connected',
      'TRADE',
      'ORDER_BOOK',
    ])
  })

  it('makes a book whole again that had a gap, and both are said once', () => {
    const decoder = make()
    expect(told(decoder, [snapshot(10), depth(11, 12), depth(20, 21), depth(22, 23), snapshot(30)])).toEqual([
      'connected',
      'ORDER_BOOK',
      'ORDER_BOOK',
      'depth updates are missing',
      'the book is whole again',
      'ORDER_BOOK',
    ])
  })

  it('that is older than the book is refused', () => {
    const decoder = make()
    told(decoder, [snapshot(10), depth(11, 12)])
    expect(refusalOf(() => decode(decoder, snapshot(11), 'XUSDT'))).toEqual([
      'SNAPSHOT',
      'the depth snapshot 11 of XUSDT is older than its updates',
    ])
  })

  it('whose sides cross is refused', () => {
    const crossed = {
      lastUpdateId: 1,
      bids: [['9', '1']],
      asks: [
        ['10', '0'],
        ['9.0', '1'],
      ],
    }
    expect(refusalOf(() => decode(make(), crossed, 'XUSDT'))?.[0]).toBe('PRICE')
  })
})

describe('funding', () => {
  const markPrice = (r: string, T: number, E: number) => ({
    stream: 'xusdt@markPrice@1s',
    data: { e: 'markPriceUpdate', s: 'XUSDT', E, p: '10.00', r, T },
  })
  /** By their times, in hours from the first. */
  const funding = (messages: readonly (readonly [rate: string, dueAtHour: number, atHour: number])[]) => {
    const decoder = make('usdm')
    return messages
      .flatMap(([rate, dueAt, at]) => {
        const E = AT + at * HOUR_MS
        const raw = markPrice(rate, dueAt && AT + dueAt * HOUR_MS, E)
        let events: Decoded['events'] = []
        const refusal = refusalOf(() => {
          events = decode(decoder, raw, undefined, E).events
        })
        expect([undefined, 'TIME']).toContain(refusal?.[0])
        return events
      })
      .filter(({ type }) => type === 'FUNDING')
  }

  it('is told when it was due, at the rate that was told last before', () => {
    const messages = funding([
      ['0.0001', 1, 0],
      ['0.0002', 1, 0.9],
      ['-0.0003', 2, 1],
      ['0.0004', 3, 2],
    ])
    expect(messages).toMatchObject([{ rate: '0.0002' }, { rate: '-0.0003' }])
  })

  it.each<[string, [string, number, number][]]>([
    [
      'the contract has none',
      [
        ['', 0, 0],
        ['', 0, 1],
      ],
    ],
    [
      'its rate was zero',
      [
        ['0.00000000', 1, 0],
        ['0.0001', 2, 1],
      ],
    ],
    [
      'the time goes back',
      [
        ['0.0001', 2, 0],
        ['0.0001', 1, 0.5],
      ],
    ],
    [
      'one message has a time that has passed',
      [
        ['0.0001', 8, 0],
        ['0.0001', -AT / HOUR_MS + 1, 0.1],
        ['0.0001', 8, 0.2],
      ],
    ],
    [
      'one message has a time that is too early',
      [
        ['0.0001', 8, 0],
        ['0.0001', 0.1, 0.1],
        ['0.0001', 8, 0.2],
      ],
    ],
  ])('is not told where %s', (_, messages) => {
    expect(funding(messages)).toEqual([])
  })

  it('is told earlier where the exchange says so again and again', () => {
    const messages = funding([
      ['0.0001', 8, 0],
      ['0.0001', 4, 0.1],
      ['0.0001', 4, 0.2],
      ['0.0002', 4, 0.3],
      ['0.0003', 8, 4],
    ])
    expect(messages).toMatchObject([{ rate: '0.0002' }])
  })

  it.each([
    ['a rate that is no share', 'RATE', markPrice('1.0', AT + HOUR_MS, AT)],
    ['a rate that is no number', 'RATE', markPrice('abc', AT + HOUR_MS, AT)],
    ['a next time before this one has come', 'TIME', markPrice('0.0001', AT + 2 * HOUR_MS, AT)],
    ['a next time in two days', 'TIME', markPrice('0.0001', AT + 48 * HOUR_MS, AT)],
  ])('with %s is refused', (_, reason, raw) => {
    const decoder = make('usdm')
    decode(decoder, markPrice('0.0001', AT + HOUR_MS, AT))
    expect(refusalOf(() => decode(decoder, raw))?.[0]).toBe(reason)
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { executionReport } from '../../../machines/index.ts'
import type { VenueOrder } from '../../../src/adapters/venue.ts'
import { Desk, header, order } from './desk.ts'

let desk: Desk
beforeEach(async () => {
  desk = await Desk.open()
})

describe('an order that takes', () => {
  it('walks the levels of the book from the best price, at each one’s price', async () => {
    desk.book([['99', '5']], [['100', '1'], ['101', '2'], ['103', '9']]) // biome-ignore format: a book
    desk.place('a', { orderQty: '4' })
    expect(await desk.said()).toEqual([
      'a NEW',
      'a TRADE 1@100 TAKER',
      'a TRADE 2@101 TAKER',
      'a TRADE 1@103 TAKER',
    ])
  })

  it('takes the quote where there is no depth, and goes on with what is shown next', async () => {
    desk.quote('99', '100', ['1', '2'])
    desk.place('a', { orderQty: '5' })
    desk.quote('99', '101', ['1', '2'])
    desk.quote('99', '102', ['1', '7'])
    const fills = ['2@100', '2@101', '1@102'].map((fill) => `a TRADE ${fill} TAKER`)
    expect(await desk.said()).toEqual(['a NEW', ...fills])
  })

  it('reads the book behind a newer quote, and nothing of a quote before a newer book', async () => {
    desk.book([['99', '1']], [['100', '1'], ['102', '1']]) // biome-ignore format: a book
    desk.quote('100', '101')
    desk.place('a', { orderQty: '2' })
    expect(await desk.said()).toEqual(['a NEW', 'a TRADE 1@101 TAKER', 'a TRADE 1@102 TAKER'])
    desk.book([['99', '1']], [['105', '1']])
    desk.place('b')
    expect(await desk.said()).toEqual(['b NEW', 'b TRADE 1@105 TAKER'])
  })

  it('finds nothing of a book that is not whole any more, and of a lost connection no quote either', async () => {
    const connection = (status: 'connected' | 'resyncing' | 'disconnected') =>
      desk.show({ type: 'CONNECTION', at: ++desk.at, status })
    desk.book([['99', '5']], [['101', '5']])
    connection('resyncing')
    desk.place('a')
    expect(await desk.said()).toEqual(['a NEW'])
    desk.quote('99', '100', ['1', '2'])
    expect(await desk.said()).toEqual(['a TRADE 1@100 TAKER'])
    connection('disconnected')
    desk.place('b')
    connection('connected')
    expect(await desk.said()).toEqual(['b NEW'])
    desk.book([['99', '5']], [['102', '5']])
    expect(await desk.said()).toEqual(['b TRADE 1@102 TAKER'])
  })

  it('stops at its limit, and rests there', async () => {
    desk.book([['99', '5']], [['100', '1'], ['101', '2']]) // biome-ignore format: a book
    desk.place('a', { ordType: 'LIMIT', price: '100', orderQty: '3' })
    expect(await desk.said()).toEqual(['a NEW', 'a TRADE 1@100 TAKER'])
    expect(desk.venue.openOrders()).toMatchObject([{ clOrdId: 'a', cumQty: '1', leavesQty: '2' }])
  })

  it('leaves nothing behind when it is IOC', async () => {
    desk.quote('99', '100')
    desk.place('a', { orderQty: '3', timeInForce: 'IOC' })
    desk.quote('99', '101')
    expect(await desk.said()).toEqual([
      'a NEW',
      'a TRADE 1@100 TAKER',
      'a CANCELED: immediate or cancel: no more can be had',
    ])
    expect(desk.venue.status('a')).toMatchObject({ ordStatus: 'CANCELED', cumQty: '1', leavesQty: '0' })
  })

  it('takes all or nothing when it is FOK', async () => {
    desk.book([['99', '5']], [['100', '1'], ['101', '2']]) // biome-ignore format: a book
    desk.place('a', { orderQty: '3.1', timeInForce: 'FOK' })
    desk.place('b', { ordType: 'LIMIT', price: '100', orderQty: '2', timeInForce: 'FOK' })
    desk.place('c', { orderQty: '3', timeInForce: 'FOK' })
    expect(await desk.said()).toEqual([
      'a NEW',
      'a CANCELED: fill or kill: fewer than 3.1 can be had',
      'b NEW',
      'b CANCELED: fill or kill: fewer than 2 can be had',
      'c NEW',
      'c TRADE 1@100 TAKER',
      'c TRADE 2@101 TAKER',
    ])
  })
})

describe('what is shown', () => {
  it('is there for one of our orders only, as long as the market goes on showing it', async () => {
    desk.quote('99', '100', ['1', '3'])
    desk.place('a', { orderQty: '2' })
    desk.quote('98', '100', ['1', '3'])
    desk.place('b', { orderQty: '2', timeInForce: 'IOC' })
    expect(await desk.said()).toEqual([
      'a NEW',
      'a TRADE 2@100 TAKER',
      'b NEW',
      'b TRADE 1@100 TAKER',
      'b CANCELED: immediate or cancel: no more can be had',
    ])
  })

  it('is there again by what the level grows, and all of it when the level comes back', async () => {
    desk.quote('99', '100', ['1', '3'])
    desk.place('a', { orderQty: '3' })
    desk.quote('99', '100', ['1', '4'])
    desk.place('b', { orderQty: '9', timeInForce: 'IOC' })
    desk.quote('99', '101')
    desk.quote('99', '100', ['1', '3'])
    desk.place('c', { orderQty: '9', timeInForce: 'IOC' })
    const fills = (await desk.said()).filter((line) => line.includes('TRADE'))
    expect(fills).toEqual(['a TRADE 3@100 TAKER', 'b TRADE 1@100 TAKER', 'c TRADE 3@100 TAKER'])
  })

  it('is the same level in quote and book, however its price is written', async () => {
    desk.book([['99', '1']], [['100.00', '1']])
    desk.place('a')
    desk.quote('99', '100', ['1', '1'])
    desk.place('b', { timeInForce: 'IOC' })
    expect((await desk.said()).filter((line) => line.includes('TRADE'))).toEqual(['a TRADE 1@100.00 TAKER'])
  })
})

describe('a resting order', () => {
  const rest = (clOrdId: string, price: string, orderQty = '1', side: 'BUY' | 'SELL' = 'BUY') =>
    desk.place(clOrdId, { ordType: 'LIMIT', price, orderQty, side })

  beforeEach(() => desk.quote('99', '101', ['5', '5']))

  it('fills behind what was shown at its price when it came', async () => {
    rest('a', '99', '2')
    desk.trade('99', '4', 'SELL')
    expect(await desk.said()).toEqual(['a NEW'])
    desk.trade('99', '2', 'SELL')
    desk.trade('99', '9', 'SELL')
    expect(await desk.said()).toEqual(['a TRADE 1@99 MAKER', 'a TRADE 1@99 MAKER'])
  })

  it('fills at once when the market trades through its price, up to what traded, and then is first', async () => {
    rest('a', '99', '3')
    desk.trade('98', '1', 'SELL')
    desk.trade('99', '1', 'SELL')
    expect(await desk.said()).toEqual(['a NEW', 'a TRADE 1@99 MAKER', 'a TRADE 1@99 MAKER'])
  })

  it('is not filled by those who trade on its own side at its price', async () => {
    rest('a', '100')
    desk.trade('100', '9', 'BUY')
    expect(await desk.said()).toEqual(['a NEW'])
    desk.trade('100', '9', 'SELL')
    expect(await desk.said()).toEqual(['a TRADE 1@100 MAKER'])
  })

  it('shares one trade with our others: the better price first, then who came first', async () => {
    rest('late', '99')
    rest('early', '99')
    rest('better', '100')
    expect((await desk.said()).length).toBe(3)
    // 1 for the better price, 5 that were shown before us, then ours in turn.
    desk.trade('99', '7.5', 'SELL')
    expect(await desk.said()).toEqual([
      'better TRADE 1@100 MAKER',
      'late TRADE 1@99 MAKER',
      'early TRADE 0.5@99 MAKER',
    ])
  })

  it('fills at its own price, as the maker, when what is shown crosses it', async () => {
    rest('a', '100', '2')
    desk.quote('97', '98', ['1', '1'])
    expect(await desk.said()).toEqual(['a NEW', 'a TRADE 1@100 MAKER'])
  })

  it('sells as it buys', async () => {
    rest('a', '101', '2', 'SELL')
    desk.trade('101', '6', 'BUY')
    desk.trade('102', '6', 'BUY')
    expect(await desk.said()).toEqual(['a NEW', 'a TRADE 1@101 MAKER', 'a TRADE 1@101 MAKER'])
  })
})

describe('a replaced order', () => {
  beforeEach(() => desk.quote('99', '101', ['5', '5']))
  const rest = (clOrdId: string, price: string, orderQty: string) =>
    desk.place(clOrdId, { ordType: 'LIMIT', price, orderQty })
  const view = (clOrdId: string) => {
    const {
      clOrdId: now,
      orderQty,
      cumQty,
      leavesQty,
      price,
      ordStatus,
    } = desk.venue.status(clOrdId) as VenueOrder
    return [now, orderQty, cumQty, leavesQty, price, ordStatus]
  }

  it('goes on under its new id and terms, and is found by either id', async () => {
    rest('a', '99', '2')
    desk.replace('r', 'a', { orderQty: '3', price: '98' })
    expect(await desk.said()).toEqual(['a NEW', 'r REPLACED'])
    expect(view('a')).toEqual(['r', '3', '0', '3', '98', 'NEW'])
    expect(view('r')).toEqual(view('a'))
    desk.cancel('c', 'a')
    expect(await desk.said()).toEqual(['r CANCELED'])
    expect(view('a')).toEqual(['r', '3', '0', '0', '98', 'CANCELED'])
  })

  it('keeps its place in the queue when there is less of it, and loses it for more or another price', async () => {
    rest('less', '99', '2')
    rest('more', '99', '2')
    desk.trade('99', '4', 'SELL')
    desk.replace('less/2', 'less', { orderQty: '1' })
    desk.replace('more/2', 'more', { orderQty: '3' })
    await desk.said()
    // One that was shown is still before the one, five again before the other, of which one goes with the first trade.
    desk.trade('99', '2', 'SELL')
    expect(await desk.said()).toEqual(['less/2 TRADE 1@99 MAKER'])
    desk.trade('99', '5', 'SELL')
    expect(await desk.said()).toEqual(['more/2 TRADE 1@99 MAKER'])
  })

  it('takes what its new price crosses', async () => {
    rest('a', '99', '2')
    desk.replace('r', 'a', { orderQty: '2', price: '101' })
    expect(await desk.said()).toEqual(['a NEW', 'r REPLACED', 'r TRADE 2@101 TAKER'])
  })

  it.each(['2', '1'])('is filled when %s is asked for of which 2 are there already', async (orderQty) => {
    rest('a', '100', '3')
    desk.trade('99', '2', 'SELL')
    desk.replace('r', 'a', { orderQty })
    expect(await desk.said()).toEqual(['a NEW', 'a TRADE 2@100 MAKER', 'r REPLACED'])
    expect(view('r')).toEqual(['r', '2', '2', '0', '100', 'FILLED'])
    desk.trade('98', '9', 'SELL')
    expect(await desk.said()).toEqual([])
  })

  it('is triggered by a new stop price that was reached', async () => {
    desk.trade('100', '1', 'BUY')
    desk.place('s', { ordType: 'STOP', side: 'SELL', stopPx: '95' })
    desk.replace('r', 's', { orderQty: '1', stopPx: '100' })
    expect(await desk.said()).toEqual(['s NEW', 'r REPLACED', 'r TRIGGERED', 'r TRADE 1@99 TAKER'])
  })

  it('is the old one when the request is refused, and replaced once when it comes twice', async () => {
    rest('a', '99', '2')
    desk.replace('r1', 'a', { orderQty: '0' })
    desk.replace('r2', 'a', { orderQty: '1', price: 'x' })
    desk.replace('r3', 'nobody', { orderQty: '1' })
    desk.replace('r4', 'a', { orderQty: '1' })
    desk.replace('r4', 'a', { orderQty: '1' })
    desk.cancel('c', 'r4')
    desk.replace('r5', 'a', { orderQty: '1' })
    expect(await desk.said()).toEqual([
      'a NEW',
      'r1 ORDER_CANCEL_REJECT orderQty has to be more than 0, not 0',
      'r2 ORDER_CANCEL_REJECT price has to be more than 0, not x',
      'r3 ORDER_CANCEL_REJECT unknown order',
      'r4 REPLACED',
      'r4 CANCELED',
      'r5 ORDER_CANCEL_REJECT too late: the order is CANCELED',
    ])
  })
})

describe('a stop', () => {
  beforeEach(() => desk.quote('99', '101', ['5', '5']))

  it.each([
    { side: 'SELL', stopPx: '98', short: '98.5', reached: '98', fill: '1@99' },
    { side: 'BUY', stopPx: '102', short: '101.5', reached: '103', fill: '1@101' },
  ] as const)('to $side waits until the market trades at its price, then takes', async (stop) => {
    const { side, stopPx, short, reached, fill } = stop
    desk.place('a', { ordType: 'STOP', side, stopPx })
    desk.quote('90', '110')
    desk.quote('99', '101', ['5', '5'])
    desk.trade(short, '1', 'SELL')
    expect(await desk.said()).toEqual(['a NEW'])
    desk.trade(reached, '1', 'SELL')
    expect(await desk.said()).toEqual(['a TRIGGERED', `a TRADE ${fill} TAKER`])
  })

  it('whose price was reached before it came triggers at once', async () => {
    desk.trade('97', '1', 'SELL')
    desk.place('a', { ordType: 'STOP', side: 'SELL', stopPx: '98' })
    expect(await desk.said()).toEqual(['a NEW', 'a TRIGGERED', 'a TRADE 1@99 TAKER'])
  })

  it.each([
    { side: 'SELL', stopPx: '98', shortBid: '97', shortAsk: '99', bid: '96', ask: '97', fill: '1@96' },
    { side: 'BUY', stopPx: '102', shortBid: '101', shortAsk: '103', bid: '103', ask: '104', fill: '1@104' },
  ] as const)(
    'to $side is reached where nothing trades, once nobody could trade short of it',
    async (stop) => {
      const { side, stopPx, shortBid, shortAsk, bid, ask, fill } = stop
      desk.trade('100', '1', 'SELL')
      desk.place('a', { ordType: 'STOP', side, stopPx })
      desk.quote(shortBid, shortAsk)
      expect(await desk.said()).toEqual(['a NEW'])
      desk.quote(bid, ask)
      expect(await desk.said()).toEqual(['a TRIGGERED', `a TRADE ${fill} TAKER`])
    },
  )

  it('is reached by quotes before anything has traded, too', async () => {
    desk.place('a', { ordType: 'STOP', side: 'SELL', stopPx: '98' })
    desk.place('b', { ordType: 'TAKE_PROFIT', side: 'SELL', stopPx: '102' })
    desk.quote('97', '99')
    desk.quote('101', '103')
    expect(await desk.said()).toEqual(['a NEW', 'b NEW'])
    desk.quote('96', '98')
    desk.quote('102', '104')
    expect(await desk.said()).toEqual([
      'a TRIGGERED',
      'a TRADE 1@96 TAKER',
      'b TRIGGERED',
      'b TRADE 1@102 TAKER',
    ])
  })

  it('that is IOC waits for its price all the same', async () => {
    desk.place('a', { ordType: 'STOP', side: 'SELL', stopPx: '98', orderQty: '6', timeInForce: 'IOC' })
    expect(await desk.said()).toEqual(['a NEW'])
    desk.trade('98', '1', 'SELL')
    expect((await desk.said()).map((line) => line.slice(0, 12))).toEqual([
      'a TRIGGERED',
      'a TRADE 5@99',
      'a CANCELED: ',
    ])
  })
})

describe('a conditional order', () => {
  beforeEach(() => desk.quote('99', '101', ['5', '5']))
  const waits = (terms: Parameters<Desk['place']>[1]) =>
    desk.place('a', { ordType: 'STOP', side: 'SELL', ...terms })

  it('that is a stop-limit rests at its limit once its price is reached', async () => {
    waits({ ordType: 'STOP_LIMIT', stopPx: '98', price: '100' })
    desk.trade('98', '1', 'SELL')
    expect(await desk.said()).toEqual(['a NEW', 'a TRIGGERED'])
    desk.trade('100.5', '1', 'BUY')
    expect(await desk.said()).toEqual(['a TRADE 1@100 MAKER'])
  })

  it.each([
    ['SELL', '105', '104', '105'],
    ['BUY', '95', '96', '94'],
  ] as const)(
    'that is a take-profit to %s triggers at %s, not at %s',
    async (side, stopPx, short, reached) => {
      waits({ ordType: 'TAKE_PROFIT', side, stopPx })
      desk.trade(short, '1', 'BUY')
      expect(await desk.said()).toEqual(['a NEW'])
      desk.trade(reached, '1', 'BUY')
      expect(await desk.said()).toEqual(['a TRIGGERED', `a TRADE 1@${side === 'SELL' ? 99 : 101} TAKER`])
    },
  )

  it('that is a take-profit with a limit takes no worse price', async () => {
    waits({ ordType: 'TAKE_PROFIT_LIMIT', stopPx: '105', price: '104' })
    desk.trade('105', '1', 'BUY')
    expect(await desk.said()).toEqual(['a NEW', 'a TRIGGERED'])
    desk.quote('104', '105')
    expect(await desk.said()).toEqual(['a TRADE 1@104 MAKER'])
  })

  it.each([
    ['SELL', ['100', '103', '101.5', '106', '104.5'], '104', '99'],
    ['BUY', ['100', '97', '98.5', '94', '95.5'], '96', '101'],
  ] as const)('that trails a price to %s follows it one way only', async (side, prices, reached, fill) => {
    waits({ ordType: 'TRAILING_STOP', side, trailingOffset: '2' })
    for (const px of prices) desk.trade(px, '1', 'BUY')
    expect(await desk.said()).toEqual(['a NEW'])
    desk.trade(reached, '1', 'BUY')
    expect(await desk.said()).toEqual(['a TRIGGERED', `a TRADE 1@${fill} TAKER`])
  })

  it('that trails begins where it was told to, if it was', async () => {
    waits({ ordType: 'TRAILING_STOP', stopPx: '99.5', trailingOffset: '2' })
    desk.trade('100', '1', 'BUY')
    desk.trade('99.5', '1', 'BUY')
    expect(await desk.said()).toEqual(['a NEW', 'a TRIGGERED', 'a TRADE 1@99 TAKER'])
  })
})

describe('an order for a time', () => {
  const rest = (terms: Parameters<Desk['place']>[1]) =>
    desk.place('a', { ordType: 'LIMIT', price: '90', ...terms })
  const DAY = 86_400_000

  it('that is GTD expires at its time, whether or not anything happens in the market', async () => {
    desk.quote('99', '101')
    rest({ timeInForce: 'GTD', expireTime: 5_000 })
    expect(desk.venue.nextAt).toBe(5_000)
    desk.venue.advance(4_999)
    expect(await desk.said()).toEqual(['a NEW'])
    desk.venue.advance(9_000)
    const [expired] = await desk.reports()
    expect(expired?.report).toMatchObject({
      execType: 'EXPIRED',
      ordStatus: 'EXPIRED',
      at: 5_000,
      leavesQty: '0',
    })
    expect(desk.venue.nextAt).toBeUndefined()
  })

  it('that is DAY expires at midnight UTC, and not before', async () => {
    desk.at = 3 * DAY + 77
    desk.quote('99', '101')
    rest({ timeInForce: 'DAY' })
    desk.venue.advance(4 * DAY - 1)
    expect(await desk.said()).toEqual(['a NEW'])
    desk.venue.advance(4 * DAY)
    expect(await desk.said()).toEqual(['a EXPIRED'])
  })

  it('is not taken when its time is over', async () => {
    desk.quote('99', '101')
    rest({ timeInForce: 'GTD', expireTime: 1_000 })
    expect(await desk.said()).toEqual(['a REJECTED: expireTime has to be after 1021, not 1000'])
  })
})

describe('a post-only order', () => {
  beforeEach(() => desk.quote('99', '101', ['5', '5']))
  const post = (price: string) => desk.place('a', { ordType: 'LIMIT', price, postOnly: true })

  it('rests, or is refused where it would take', async () => {
    post('100')
    expect(await desk.said()).toEqual(['a NEW'])
    desk.replace('r', 'a', { orderQty: '1', price: '101' })
    expect(await desk.said()).toEqual(['r ORDER_CANCEL_REJECT post only: it would take what is there'])
    desk.place('b', { ordType: 'LIMIT', price: '101', postOnly: true })
    desk.place('c', { ordType: 'LIMIT', price: '100', postOnly: true, timeInForce: 'IOC' })
    expect(await desk.said()).toEqual([
      'b REJECTED: post only: it would take what is there',
      'c REJECTED: postOnly has to be an order that can rest, not LIMIT IOC',
    ])
  })

  it('does not take at its trigger either', async () => {
    const terms = { ordType: 'TAKE_PROFIT_LIMIT', side: 'SELL', stopPx: '110', price: '99' } as const
    desk.place('a', { ...terms, postOnly: true })
    await desk.said()
    desk.trade('110', '1', 'BUY')
    expect(await desk.said()).toEqual(['a TRIGGERED', 'a CANCELED: post only: it would take what is there'])
  })
})

describe('a reduce-only order', () => {
  beforeEach(() => desk.quote('99', '101', ['5', '5']))
  const reduce = (id: string, terms: Parameters<Desk['place']>[1]) =>
    desk.place(id, { side: 'SELL', reduceOnly: true, ...terms })

  it('is refused where nothing is held, or the other way', async () => {
    reduce('a', {})
    desk.place('long')
    reduce('b', { side: 'BUY' })
    expect((await desk.said()).filter((line) => line.includes('REJECTED'))).toEqual([
      'a REJECTED: reduce only: nothing is held that it could reduce',
      'b REJECTED: reduce only: nothing is held that it could reduce',
    ])
  })

  it('fills up to what is held, and no more', async () => {
    desk.place('long', { orderQty: '2' })
    await desk.said()
    reduce('a', { orderQty: '5' })
    expect(await desk.said()).toEqual([
      'a NEW',
      'a TRADE 2@99 TAKER',
      'a CANCELED: reduce only: nothing is held that it could reduce',
    ])
  })

  it('that is fill or kill is filled whole, or not at all', async () => {
    desk.place('long', { orderQty: '1' })
    await desk.said()
    reduce('a', { orderQty: '2', timeInForce: 'FOK' })
    expect(await desk.said()).toEqual(['a NEW', 'a CANCELED: fill or kill: fewer than 2 can be had'])
  })

  it('that rests is canceled once the position is gone, one that waits stays', async () => {
    desk.place('long', { orderQty: '2' })
    reduce('target', { ordType: 'LIMIT', price: '110', orderQty: '2' })
    reduce('stop', { ordType: 'STOP', stopPx: '90', orderQty: '2' })
    await desk.said()
    desk.place('close', { side: 'SELL', orderQty: '2' })
    expect(await desk.said()).toEqual([
      'close NEW',
      'close TRADE 2@99 TAKER',
      'target CANCELED: reduce only: nothing is held that it could reduce',
    ])
    desk.trade('90', '1', 'SELL')
    expect(await desk.said()).toEqual([
      'stop TRIGGERED',
      'stop CANCELED: reduce only: nothing is held that it could reduce',
    ])
  })
})

it('an order heeds no price but that of its own type', async () => {
  desk.quote('99', '101')
  desk.place('a', { price: '1', stopPx: '500' })
  desk.place('b', { ordType: 'STOP', side: 'SELL', price: '500', stopPx: '98' })
  desk.trade('98', '1', 'SELL')
  expect(await desk.said()).toEqual([
    'a NEW',
    'a TRADE 1@101 TAKER',
    'b NEW',
    'b TRIGGERED',
    'b TRADE 1@99 TAKER',
  ])
})

describe('a refusal', () => {
  beforeEach(() => desk.quote('99', '101'))

  it.each([
    ['a symbol never heard of', { symbol: 'ETHUSDT' }, /unknown symbol ETHUSDT/],
    ['a symbol that objects have by nature', { symbol: 'constructor' }, /unknown symbol constructor/],
    ['a quantity of zero', { orderQty: '0.0' }, /orderQty has to be more than 0, not 0.0/],
    ['a negative quantity', { orderQty: '-1' }, /orderQty has to be .*, not -1/],
    ['a quantity that is no decimal', { orderQty: '1e3' }, /orderQty has to be .*, not 1e3/],
    ['a LIMIT without a price', { ordType: 'LIMIT' }, /price has to be more than 0, not none/],
    ['a LIMIT at no decimal', { ordType: 'LIMIT', price: 'Infinity' }, /price has to be .*, not Infinity/],
    ['a STOP without a stopPx', { ordType: 'STOP' }, /stopPx has to be more than 0, not none/],
  ] as const)('answers %s, and says why', async (_, terms, text) => {
    desk.place('a', terms)
    const [only, ...others] = await desk.reports()
    expect(others).toEqual([])
    expect(only).toMatchObject({ completes: 'a', report: { execType: 'REJECTED', ordStatus: 'REJECTED' } })
    expect(only?.report).toMatchObject({ text: expect.stringMatching(text) })
    expect(desk.venue.openOrders()).toEqual([])
    expect(desk.venue.status('a')).toMatchObject({ ordStatus: 'REJECTED', leavesQty: '0' })
  })

  it('answers a symbol of which only the connection was heard', async () => {
    desk.show({ type: 'CONNECTION', at: ++desk.at, status: 'connected' }, 'SOLUSDT')
    desk.place('a', { symbol: 'SOLUSDT' })
    expect(await desk.said()).toEqual(['a REJECTED: unknown symbol SOLUSDT: no market data has come for it'])
  })
})

describe('a cancel', () => {
  beforeEach(() => desk.quote('99', '101'))

  it('ends an open order, and is answered by that', async () => {
    desk.place('a', { ordType: 'LIMIT', price: '98' })
    await desk.said()
    desk.cancel('k', 'a')
    expect(await desk.reports()).toMatchObject([
      { completes: 'k', actor: 'order/a', ref: { correlation: 'c-k' }, report: { execType: 'CANCELED' } },
    ])
    desk.trade('97', '9', 'SELL')
    expect(await desk.said()).toEqual([])
  })

  it('of an order that has ended is too late, and of one never seen is unknown', async () => {
    desk.place('a')
    await desk.said()
    desk.cancel('k1', 'a')
    desk.cancel('k2', 'nobody')
    const reports = await desk.reports()
    expect(reports.map(({ completes, actor }) => [completes, actor])).toEqual([
      ['k1', 'order/k1'],
      ['k2', 'order/k2'],
    ])
    expect(reports.map(({ report }) => 'text' in report && report.text)).toEqual([
      'too late: the order is FILLED',
      'unknown order',
    ])
  })
})

describe('a request', () => {
  it('takes its time to the venue, and its report the same back', async () => {
    desk.quote('99', '101')
    const sentAt = desk.at
    desk.venue.place({ ...order(), ...header('a', sentAt) })
    expect(desk.venue.nextAt).toBe(sentAt + 20)
    desk.venue.advance(sentAt + 19)
    expect(await desk.reports()).toEqual([])
    desk.show({ type: 'QUOTE', at: sentAt + 25, bid: '199', bidSize: '1', ask: '200', askSize: '1' })
    // It arrived before the message that is later than its arrival.
    expect(await desk.reports()).toMatchObject([
      { at: sentAt + 40, completes: 'a', report: { execType: 'NEW', at: sentAt + 20 } },
      { at: sentAt + 40, report: { execType: 'TRADE', lastPx: '101', at: sentAt + 20 } },
    ])
    expect(desk.venue.nextAt).toBeUndefined()
  })

  it('whose id was seen changes nothing, be it of an order or of a cancel, under way or long ended', async () => {
    desk.quote('99', '101', ['9', '9'])
    desk.venue.place({ ...order(), ...header('a', desk.at) })
    desk.place('a')
    expect(await desk.said()).toEqual(['a NEW', 'a TRADE 1@101 TAKER'])
    desk.place('a')
    desk.cancel('k', 'a')
    desk.cancel('k', 'a')
    desk.place('k')
    desk.cancel('a', 'a')
    expect((await desk.said()).length).toBe(1)
    expect(desk.venue.nextAt).toBeUndefined()
    expect(desk.venue.dirty).toBe(false)
  })
})

describe('a report', () => {
  it('carries exact fees in the asset that the symbol ends in, and is of the published shape', async () => {
    desk.quote('61837.63', '61837.64', ['1', '0.00317'])
    desk.place('a', { orderQty: '0.00317' })
    desk.place('b', { ordType: 'LIMIT', price: '61837.635', orderQty: '0.5' })
    desk.trade('61837.635', '0.12345', 'SELL')
    const reports = (await desk.reports()).map(({ report }) => executionReport.parse(report))
    const fills = reports.filter(({ execType }) => execType === 'TRADE')
    expect(fills.map(({ commission, commissionAsset }) => [commission, commissionAsset])).toEqual([
      ['0.1960253188', 'USDT'],
      ['1.52677120815', 'USDT'],
    ])
    expect(new Set(reports.map(({ execId }) => execId)).size).toBe(reports.length)
  })
})

import { describe, expect, it } from 'vitest'
import { type Actor, createActor } from 'xstate'
import { accountMachine } from '../../machines/account/account.ts'
import type { AccountInput } from '../../machines/account/account-input.ts'
import { type RiskLimits, riskLimits } from '../../machines/account/limits.ts'
import { type Exposure, replaceCheck, riskCheck } from '../../machines/account/risk.ts'
import { candleClose } from '../../machines/events/candle.ts'
import type { Fill } from '../../machines/events/fill.ts'
import { type OrderRequest, orderRequest } from '../../machines/events/order-requests.ts'
import { type PositionChanged, positionChanged } from '../../machines/events/position.ts'
import {
  type HeldPosition,
  type Instrument,
  instrument,
  leavesQtyOf,
  type WorkingOrder,
} from '../../machines/index.ts'

const limits: RiskLimits = riskLimits.parse({ orderNotionalMax: '1000', openOrdersMax: 2 })
const POSITION = 'position/paper:BTCUSDT'
const held = (quantity: string, rest: Partial<HeldPosition> = {}): HeldPosition => ({
  symbol: 'BTCUSDT',
  contract: 'spot',
  multiplier: '1',
  settleAsset: 'USDT',
  quantity,
  cost: '200',
  markPx: '100',
  ...rest,
})
const account: Exposure = {
  venue: 'paper',
  asset: 'USDT',
  limits,
  positionMode: 'netting',
  balances: { USDT: '1500', BTC: '2' },
  working: {},
  positions: { [POSITION]: held('2') },
  instruments: [],
  marks: {},
  passedAt: [],
  replacedAt: [],
  stopLosses: [],
  flags: [],
}
const request = (change: object = {}): OrderRequest => ({
  ...orderRequest.parse({
    type: 'ORDER_REQUEST',
    at: 1,
    clOrdId: 'o1',
    owner: 'strategy/s',
    venue: 'paper',
    symbol: 'BTCUSDT',
    side: 'BUY',
    ordType: 'MARKET',
    orderQty: '1',
    timeInForce: 'GTC',
    refPx: '100',
  }),
  ...change,
})
/** Of an order to buy ETH at 1, where nothing else is said. */
const working = (orderQty: string, rest: object = {}, cumQty = '0'): WorkingOrder => ({
  request: request({ symbol: 'ETHUSDT', ordType: 'LIMIT', price: '1', orderQty, ...rest }),
  cumQty,
})

describe('the risk gate', () => {
  it.each<[string, object, Parameters<typeof riskCheck>[2], object, object | undefined]>([
    ['lets an order pass', {}, 'active', {}, undefined],
    [
      'lets a sale pass that it could not pay for',
      { side: 'SELL', orderQty: '2' },
      'active',
      { balances: { BTC: '2' } },
      undefined,
    ],
    [
      'is closed when trading is halted',
      {},
      'halted',
      {},
      { check: 'tradingState', limit: 'active', value: 'halted' },
    ],
    [
      'lets nothing grow while reducing',
      {},
      'reducing',
      {},
      { check: 'tradingState', limit: '0', value: '1' },
    ],
    ['lets what is held be sold while reducing', { side: 'SELL', orderQty: '2' }, 'reducing', {}, undefined],
    ['knows its venue', { venue: 'moon' }, 'active', {}, { check: 'venue', limit: 'paper', value: 'moon' }],
    [
      'wants a quantity',
      { orderQty: '0' },
      'active',
      {},
      { check: 'orderQty', limit: 'more than 0', value: '0' },
    ],
    [
      'wants a positive one',
      { orderQty: '-1' },
      'active',
      {},
      { check: 'orderQty', limit: 'more than 0', value: '-1' },
    ],
    [
      'wants a price to judge by',
      { refPx: '0' },
      'active',
      {},
      { check: 'refPx', limit: 'more than 0', value: '0' },
    ],
    [
      'wants a limit of a limit order',
      { ordType: 'LIMIT' },
      'active',
      {},
      { check: 'price', limit: 'more than 0', value: 'none' },
    ],
    [
      'wants a sensible one',
      { ordType: 'LIMIT', price: '-5' },
      'active',
      {},
      { check: 'price', limit: 'more than 0', value: '-5' },
    ],
    [
      'wants a stop of a stop order',
      { ordType: 'STOP' },
      'active',
      {},
      { check: 'stopPx', limit: 'more than 0', value: 'none' },
    ],
    [
      'keeps reduce-only to its word',
      { reduceOnly: true },
      'active',
      {},
      { check: 'reduceOnly', limit: '0', value: '1' },
    ],
    [
      'takes an id once',
      {},
      'active',
      { working: { 'order/o1': working('5') } },
      { check: 'clOrdId', limit: 'a new one', value: 'o1' },
    ],
    [
      'has a largest order',
      { orderQty: '11' },
      'active',
      {},
      { check: 'orderNotionalMax', limit: '1000', value: '1100' },
    ],
    [
      'judges a limit order by its own price',
      { ordType: 'LIMIT', price: '1001' },
      'active',
      {},
      { check: 'orderNotionalMax', limit: '1000', value: '1001' },
    ],
    [
      'judges a stop order by its own price',
      { ordType: 'STOP', stopPx: '1001' },
      'active',
      {},
      { check: 'orderNotionalMax', limit: '1000', value: '1001' },
    ],
    [
      'judges none by a kinder price than the market has',
      { refPx: '1' },
      'active',
      { marks: { BTCUSDT: '1001' } },
      { check: 'orderNotionalMax', limit: '1000', value: '1001' },
    ],
    [
      '... nor a stop that triggers at once',
      { ordType: 'STOP', stopPx: '1' },
      'active',
      { marks: { BTCUSDT: '1001' } },
      { check: 'orderNotionalMax', limit: '1000', value: '1001' },
    ],
    [
      '... but for the limit of a buyer, who pays no more',
      { ordType: 'LIMIT', price: '999' },
      'active',
      { marks: { BTCUSDT: '1001' } },
      undefined,
    ],
    [
      'has most orders',
      {},
      'active',
      { working: { 'order/a': working('1'), 'order/b': working('1') } },
      { check: 'openOrdersMax', limit: '2', value: '3' },
    ],
    [
      'spends nothing twice',
      { orderQty: '9' },
      'active',
      { working: { 'order/a': working('700') } },
      { check: 'freeBalance', limit: '800', value: '900' },
    ],
  ])('%s', (_, change, state, of, refusal) => {
    expect(riskCheck({ ...account, ...of }, request(change), state)).toEqual(refusal)
  })
})

describe('the rules of an instrument', () => {
  const BTC: Instrument = instrument.parse({
    symbol: 'BTCUSDT',
    tickSize: '0.05',
    lotSize: '0.001',
    minQty: '0.01',
    maxQty: '5',
    minNotional: '10',
    maxNotional: '450',
    priceBandPct: '10',
  })
  const ETH = instrument.parse({ symbol: 'ETHUSDT' })
  const limit = (price: string, orderQty = '1') => ({ ordType: 'LIMIT', price, orderQty })

  it.each<[string, object, object | undefined]>([
    ['let an order pass that keeps them', limit('99.95', '0.123'), undefined],
    ['hold for their own symbol only', { symbol: 'ETHUSDT', orderQty: '0.0001' }, undefined],
    [
      'are all that may be traded',
      { symbol: 'DOGEUSDT' },
      { check: 'symbol', limit: 'a listed one', value: 'DOGEUSDT' },
    ],
    [
      'want whole lots',
      { orderQty: '0.0105' },
      { check: 'lotSize', field: 'orderQty', limit: '0.001', value: '0.0105' },
    ],
    [
      'want whole ticks',
      limit('99.99'),
      { check: 'tickSize', field: 'price', limit: '0.05', value: '99.99' },
    ],
    [
      'want whole ticks of a stop',
      { ordType: 'STOP', stopPx: '99.99' },
      { check: 'tickSize', field: 'stopPx', limit: '0.05', value: '99.99' },
    ],
    [
      'want whole ticks of a distance',
      { ordType: 'TRAILING_STOP', trailingOffset: '0.01' },
      { check: 'tickSize', field: 'trailingOffset', limit: '0.05', value: '0.01' },
    ],
    [
      'have a least quantity',
      { orderQty: '0.009' },
      { check: 'minQty', field: 'orderQty', limit: '0.01', value: '0.009' },
    ],
    [
      'have a largest quantity',
      { orderQty: '6' },
      { check: 'maxQty', field: 'orderQty', limit: '5', value: '6' },
    ],
    ['have a least value', { orderQty: '0.05' }, { check: 'minNotional', limit: '10', value: '5' }],
    ['... but not for what only reduces', { orderQty: '0.05', side: 'SELL', reduceOnly: true }, undefined],
    ['have a largest value', { orderQty: '4.6' }, { check: 'maxNotional', limit: '450', value: '460' }],
    ['let a price pass at the end of its band', limit('110'), undefined],
    [
      'let no person trade before there is a price to judge by',
      { owner: undefined },
      { check: 'refPx', limit: 'after the first candle', value: '100' },
    ],
    [
      'keep a price within its band',
      limit('110.05'),
      { check: 'priceBand', field: 'price', limit: '90 to 110', value: '110.05' },
    ],
    [
      '... below, too',
      limit('89.95'),
      { check: 'priceBand', field: 'price', limit: '90 to 110', value: '89.95' },
    ],
    [
      '... and a stop',
      { ordType: 'STOP', stopPx: '111' },
      { check: 'priceBand', field: 'stopPx', limit: '90 to 110', value: '111' },
    ],
    [
      '... but not one that protects, wherever the market has gone',
      { side: 'SELL', ordType: 'STOP', stopPx: '50' },
      undefined,
    ],
  ])('%s', (_, change, refusal) => {
    expect(riskCheck({ ...account, instruments: [BTC, ETH] }, request(change), 'active')).toEqual(refusal)
  })

  it('keep a price to the market, whatever the request says that is', () => {
    const marked = { ...account, instruments: [BTC], marks: { BTCUSDT: '100' } }
    expect(riskCheck(marked, request({ ...limit('120'), refPx: '120' }), 'active')).toEqual({
      check: 'priceBand',
      field: 'price',
      limit: '90 to 110',
      value: '120',
    })
  })

  it('are refused themselves where they make no sense', () => {
    expect(instrument.safeParse({ symbol: 'X', tickSize: '0' }).error?.issues).toMatchObject([
      { path: ['tickSize'], message: 'must be more than 0' },
    ])
    expect(instrument.safeParse({ symbol: 'X', minQty: '2', maxQty: '1' }).error?.issues).toMatchObject([
      { path: ['minQty'], message: 'at most maxQty' },
    ])
    expect(instrument.safeParse({ symbol: 'X', tikSize: '1' }).success).toBe(false)
  })
})

describe('counts', () => {
  const limited = { ...account, limits: { ...limits, openPositionsMax: 1, ordersPerMinuteMax: 2 } }
  it.each<[string, object, object, object | undefined]>([
    ['let more of what is held be bought', {}, {}, undefined],
    [
      'let no further symbol be held',
      { symbol: 'ETHUSDT' },
      {},
      { check: 'openPositionsMax', limit: '1', value: '2' },
    ],
    ['pass over what is held no more', { symbol: 'ETHUSDT' }, { positions: {} }, undefined],
    [
      'count what would be held',
      { symbol: 'ETHUSDT' },
      { positions: {}, working: { 'order/a': working('1', { symbol: 'BTCUSDT' }) } },
      { check: 'openPositionsMax', limit: '1', value: '2' },
    ],
    [
      '... once, and not what only reduces',
      { symbol: 'ETHUSDT' },
      {
        positions: {},
        working: {
          'order/a': working('1'),
          'order/b': working('1', { symbol: 'BTCUSDT', reduceOnly: true }),
        },
        limits: { ...limits, openOrdersMax: 9, openPositionsMax: 1 },
      },
      undefined,
    ],
    ['let so many orders pass in a minute', { at: 70_000 }, { passedAt: [20_000] }, undefined],
    [
      'and no more',
      { at: 70_000 },
      { passedAt: [20_000, 30_000] },
      { check: 'ordersPerMinuteMax', limit: '2', value: '3' },
    ],
    ['until the minute is over', { at: 80_000 }, { passedAt: [20_000, 30_000] }, undefined],
  ])('%s', (_, change, of, refusal) => {
    expect(riskCheck({ ...limited, ...of }, request(change), 'active')).toEqual(refusal)
  })
})

describe('a way out', () => {
  const sell = { side: 'SELL', orderQty: '2' }
  const full = {
    limits: riskLimits.parse({ orderNotionalMax: '10', openOrdersMax: 1, ordersPerMinuteMax: 1 }),
    working: { 'order/a': working('1') },
    passedAt: [1],
    review: { at: 1, reason: 'odd' },
  }
  it.each<[string, object, Parameters<typeof riskCheck>[2], object, object | undefined]>([
    ['is never barred by what keeps positions from growing', sell, 'reducing', full, undefined],
    [
      'is one no longer where other orders take it all',
      sell,
      'reducing',
      { working: { 'order/a': working('1', { symbol: 'BTCUSDT', side: 'SELL' }) } },
      { check: 'tradingState', limit: '1', value: '2' },
    ],
    [
      'is one beside others that only reduce, for the venue sees to them',
      { ...sell, reduceOnly: true },
      'reducing',
      { working: { 'order/a': working('2', { symbol: 'BTCUSDT', side: 'SELL' }) } },
      undefined,
    ],
    [
      'is no narrower for an order that is larger, which the venue lets do no more',
      { ...sell, orderQty: '3', reduceOnly: true },
      'reducing',
      full,
      undefined,
    ],
    [
      'of spot ends with what is owned of it',
      sell,
      'reducing',
      { balances: { BTC: '1.98' } },
      { check: 'tradingState', limit: '1.98', value: '2' },
    ],
    [
      'stays open to a stop while all is halted',
      { ...sell, ordType: 'STOP', stopPx: '90' },
      'halted',
      {},
      undefined,
    ],
    [
      'is closed to others then',
      sell,
      'halted',
      {},
      { check: 'tradingState', limit: 'active', value: 'halted' },
    ],
    [
      'of a hedged position ends where that ends',
      { side: 'SELL', orderQty: '3', positionSide: 'LONG' },
      'active',
      { positionMode: 'hedging', positions: { [`${POSITION}:LONG`]: held('2') } },
      { check: 'positionSide', limit: '2', value: '3' },
    ],
  ])('%s', (_, change, state, of, refusal) => {
    expect(riskCheck({ ...account, ...of }, request(change), state)).toEqual(refusal)
  })
})

describe('an entry', () => {
  const guarded = riskLimits.parse({
    orderNotionalMax: '1000',
    openOrdersMax: 2,
    cooldownMs: 1_000,
    stoplossGuard: { stops: 2, withinMs: 500, blockMs: 5_000 },
  })
  const flag = { at: 1, venue: 'paper', symbol: 'BTCUSDT', flag: 'hack', until: 50, reason: 'stolen' }
  const btc = (at: number) => ({ symbol: 'BTCUSDT', at })
  const eth = (at: number) => ({ symbol: 'ETHUSDT', at })
  it.each<[string, number, object, string | undefined]>([
    ['waits for a person', 1, { review: { at: 0, reason: 'odd' } }, 'manualReview'],
    ['waits for bad news to be over', 49, { flags: [{ ...flag, severity: 'critical' }] }, 'newsFlag'],
    ['goes on then', 50, { flags: [{ ...flag, severity: 'critical' }] }, undefined],
    ['does not mind lesser news', 49, { flags: [{ ...flag, severity: 'warning' }] }, undefined],
    ['waits after a stop', 1_999, { stopLosses: [btc(1_000)] }, 'cooldown'],
    ['... not for ever', 2_000, { stopLosses: [btc(1_000)] }, undefined],
    ['... nor for those of other symbols', 1_500, { stopLosses: [eth(1_000)] }, undefined],
    ['waits longer after several stops', 5_000, { stopLosses: [eth(800), eth(1_200)] }, 'stoplossGuard'],
    ['... until that is over', 6_200, { stopLosses: [eth(800), eth(1_200)] }, undefined],
    ['... if they came close together', 5_000, { stopLosses: [eth(600), eth(1_200)] }, undefined],
  ])('%s', (_, at, of, check) => {
    const refusal = riskCheck({ ...account, limits: guarded, ...of }, request({ at }), 'active')
    expect(refusal?.check).toBe(check)
  })
})

describe('other terms of an order', () => {
  const rules = instrument.parse({ symbol: 'BTCUSDT', minQty: '0.1', maxQty: '5' })
  const limited = { ...account, limits: { ...limits, ordersPerMinuteMax: 1 }, positions: {}, passedAt: [1] }
  const buys = (orderQty: string, cumQty = '0') =>
    working(orderQty, { clOrdId: 'o1', symbol: 'BTCUSDT', price: '100' }, cumQty)
  const replace = (of: object, change: object, state: Parameters<typeof riskCheck>[2] = 'active') => {
    const asked = { type: 'REPLACE_REQUEST' as const, at: 1, clOrdId: 'o1', ...change }
    const decision = replaceCheck({ ...limited, ...of }, asked, state)
    return 'refusal' in decision ? decision.refusal : decision.order
  }
  const works = (of: WorkingOrder) => ({ working: { 'order/o1': of }, instruments: [] })

  it.each<[string, object, object, Parameters<typeof riskCheck>[2], object]>([
    [
      'count orders and replaces apart',
      { ...works(buys('1')), replacedAt: [1] },
      { orderQty: '2' },
      'active',
      { check: 'ordersPerMinuteMax', limit: '1', value: '2' },
    ],
    ['hold nothing twice', works(buys('9')), { orderQty: '10' }, 'active', buys('10')],
    [
      'are held to the largest order as a whole',
      works(buys('9', '8')),
      { orderQty: '11' },
      'active',
      { check: 'orderNotionalMax', limit: '1000', value: '1100' },
    ],
    [
      '... but pay for no more than what is left of it',
      { ...works(buys('9', '8')), balances: { USDT: '200' } },
      { orderQty: '10' },
      'active',
      buys('10', '8'),
    ],
    [
      'are those of the whole to the rules of the venue: the least quantity',
      { ...works(buys('1', '0.95')), instruments: [rules] },
      { price: '101' },
      'active',
      { request: { price: '101', orderQty: '1' }, cumQty: '0.95' },
    ],
    [
      '... and the largest',
      { ...works(buys('5', '4')), instruments: [rules] },
      { orderQty: '8' },
      'active',
      { check: 'maxQty', field: 'orderQty', limit: '5', value: '8' },
    ],
    ['are let through, if less, while reducing', works(buys('5')), { orderQty: '2' }, 'reducing', buys('2')],
    ['... and while halted', works(buys('5')), { orderQty: '2' }, 'halted', buys('2')],
    [
      '... not at another price',
      works(buys('5')),
      { orderQty: '2', price: '101' },
      'reducing',
      { check: 'tradingState', limit: '0', value: '2' },
    ],
    [
      'are for more than is filled',
      works(buys('10', '4')),
      { orderQty: '4' },
      'active',
      { check: 'orderQty', limit: 'more than 4', value: '4' },
    ],
  ])('%s', (_, of, change, state, answer) => {
    expect(replace(of, change, state)).toMatchObject(answer)
  })
})

describe('what working orders hold', () => {
  const list = (symbol: string, rest: object = {}) => instrument.parse({ symbol, ...rest })
  const linear = { contract: 'linear' }
  const inverse = { contract: 'inverse', settleAsset: 'BTC' }
  const roomy = riskLimits.parse({ orderNotionalMax: '1000000', openOrdersMax: 9 })
  const on = (of: object): Exposure => ({ ...account, limits: roomy, positions: {}, ...of })
  const limit = (side: string, orderQty: string, price: string, rest: object = {}) => ({
    symbol: 'BTCUSDT',
    side,
    ordType: 'LIMIT',
    orderQty,
    price,
    ...rest,
  })
  const works = (...orders: object[]) => ({
    working: Object.fromEntries(orders.map((of, i) => [`order/a${i}`, working('1', of)])),
  })
  it.each<[string, object, object, object | undefined]>([
    [
      'is margin, for who goes short, too',
      limit('SELL', '1', '100'),
      {
        balances: { USDT: '150' },
        instruments: [list('BTCUSDT', linear)],
        ...works(limit('SELL', '1', '100')),
      },
      { check: 'freeBalance', limit: '50', value: '100' },
    ],
    [
      'is what the contract is worth',
      limit('BUY', '1.1', '50'),
      {
        balances: { USDT: '10000' },
        instruments: [list('BTCUSDT', { ...linear, multiplier: '100' })],
        ...works(limit('BUY', '1', '50')),
      },
      { check: 'freeBalance', limit: '5000', value: '5500' },
    ],
    [
      '... of an inverse one, coins',
      limit('BUY', '50000', '50000'),
      {
        balances: { BTC: '1' },
        instruments: [list('BTCUSDT', inverse)],
        ...works(limit('BUY', '100', '50000')),
      },
      { check: 'freeBalance', limit: '0.998', value: '1' },
    ],
    [
      'is of its own asset',
      limit('BUY', '1', '0.9', { symbol: 'ETHBTC' }),
      { balances: { USDT: '1000', BTC: '1' }, ...works(limit('BUY', '9', '100')) },
      undefined,
    ],
    [
      'of contracts is no cash',
      limit('BUY', '1', '100', { symbol: 'ETHUSDT' }),
      {
        balances: { USDT: '100' },
        instruments: [list('BTCUSDT', linear), list('ETHUSDT')],
        ...works(limit('BUY', '1', '100')),
      },
      undefined,
    ],
    [
      'is nothing for what only reduces',
      limit('BUY', '1', '100'),
      { balances: { USDT: '100' }, ...works(limit('BUY', '1', '100', { reduceOnly: true })) },
      undefined,
    ],
    [
      'is less by what is filled',
      limit('BUY', '1', '100'),
      { balances: { USDT: '150' }, working: { 'order/a': working('2', limit('BUY', '2', '100'), '1.5') } },
      undefined,
    ],
    [
      'of spot is what it gives away: nobody sells what he does not own',
      limit('SELL', '9', '100'),
      { balances: { USDT: '10' } },
      { check: 'freeBalance', limit: '0', value: '9' },
    ],
    [
      '... nor sells it twice',
      limit('SELL', '2', '100'),
      { balances: { BTC: '3' }, ...works(limit('SELL', '2', '120')) },
      { check: 'freeBalance', limit: '1', value: '2' },
    ],
  ])('%s', (_, change, of, refusal) => {
    expect(riskCheck(on(of), request(change), 'active')).toEqual(refusal)
  })

  it('carries contracts by their own asset, not by coins that somebody else may buy', () => {
    const positions = { 'position/paper:ETHUSDT': held('9', { symbol: 'ETHUSDT' }) }
    const of = { balances: { USDT: '100', ETH: '9' }, instruments: [list('BTCUSDT', linear)], positions }
    expect(riskCheck(on(of), request(limit('BUY', '2', '100')), 'active')).toEqual({
      check: 'freeBalance',
      limit: '100',
      value: '200',
    })
  })
})

describe('margin', () => {
  const linear = { contract: 'linear', multiplier: '1' } as const
  const listed = [instrument.parse({ symbol: 'BTCUSDT', ...linear })]
  const limited = riskLimits.parse({ orderNotionalMax: '100000', openOrdersMax: 9, leverage: '3' })
  const on = (positions: Record<string, HeldPosition>) => ({
    ...account,
    balances: { USDT: '100' },
    limits: limited,
    instruments: listed,
    positions,
  })
  it.each<[string, object, Record<string, HeldPosition>, object | undefined]>([
    ['carries its leverage', { orderQty: '3' }, {}, undefined],
    ['and no more', { orderQty: '3.01' }, {}, { check: 'freeBalance', limit: '300', value: '301' }],
    [
      'is asked of who goes short, too',
      { side: 'SELL', orderQty: '3.01' },
      {},
      { check: 'freeBalance', limit: '300', value: '301' },
    ],
    [
      'is used by what is held, and shrinks with its loss',
      {},
      // 2 at 110, now at 100: equity 80, 240 carried, 200 used.
      { [POSITION]: held('2', { ...linear, cost: '220' }) },
      { check: 'freeBalance', limit: '40', value: '100' },
    ],
  ])('%s', (_, change, positions, refusal) => {
    expect(riskCheck(on(positions), request(change), 'active')).toEqual(refusal)
  })
})

describe('an account', () => {
  const live = (rules: object = {}, of: Partial<AccountInput> = {}) => {
    const emitted: string[] = []
    const actor: Actor<typeof accountMachine> = createActor(accountMachine, {
      input: { venue: 'paper', balance: '1500', limits: { ...limits, ...rules }, ...of },
    })
    // Whoever it writes to is somebody else here.
    ;(actor.system as unknown as { get: unknown }).get = (id: string) =>
      createActor(accountMachine, { id, input: { venue: id, balance: '0', limits } })
    actor.on('*', ({ type }) => emitted.push(type))
    actor.start()
    return { actor, emitted }
  }

  it('reserves what an order may cost, and frees it when the order has ended', () => {
    const { actor, emitted } = live()
    actor.send(request())
    expect(actor.getSnapshot().context.working).toMatchObject({ 'order/o1': { cumQty: '0' } })
    actor.send(request({ clOrdId: 'o2', orderQty: '99' }))
    actor.send({
      type: 'FILL',
      at: 2,
      order: 'order/o1',
      tradeId: 't1',
      venue: 'paper',
      symbol: 'BTCUSDT',
      side: 'BUY',
      ordType: 'MARKET',
      lastQty: '0.4',
      lastPx: '110',
      commission: '0.5',
      commissionAsset: 'USDT',
    })
    const { balances, working: left } = actor.getSnapshot().context
    expect(balances).toEqual({ USDT: '1455.5', BTC: '0.4' })
    expect(left).toMatchObject({ 'order/o1': { cumQty: '0.4' } })
    actor.send({
      type: 'ORDER_CLOSED',
      at: 3,
      order: 'order/o1',
      ordStatus: 'CANCELED',
      cumQty: '0.4',
      avgPx: '110',
    })
    expect(actor.getSnapshot().context.working).toEqual({})
    expect(emitted).toEqual(['RISK_APPROVED', 'RISK_REJECTED', 'BALANCE_CHANGED', 'BALANCE_CHANGED'])
  })

  it('counts the orders that it let through, and forgets them after a minute', () => {
    const actor = createActor(accountMachine, {
      input: {
        venue: 'paper',
        balance: '1500',
        limits: { ...limits, openOrdersMax: 9, ordersPerMinuteMax: 2 },
      },
    })
    ;(actor.system as unknown as { get: unknown }).get = (id: string) =>
      createActor(accountMachine, { id, input: { venue: id, balance: '0', limits } })
    actor.start()
    for (const [i, at] of [1_000, 2_000, 3_000, 61_500].entries())
      actor.send(request({ clOrdId: `o${i}`, at }))
    const { working: passed, passedAt } = actor.getSnapshot().context
    expect(Object.keys(passed)).toEqual(['order/o0', 'order/o1', 'order/o3'])
    expect(passedAt).toEqual([2_000, 61_500])
  })

  it('is halted and opened again by people', () => {
    const { actor, emitted } = live()
    for (const tradingState of ['halted', 'reducing', 'active'] as const) {
      actor.send({ type: 'SET_TRADING_STATE', at: 1, tradingState, by: 'ann', reason: 'because' })
      expect(actor.getSnapshot().value).toBe(tradingState)
    }
    expect(emitted).toEqual(
      ['TRADING_BLOCKED', 'TRADING_BLOCKED', 'TRADING_AUTHORIZED'].flatMap((type) => [
        'MANUAL_INTERVENTION',
        type,
      ]),
    )
  })
  const changed = (at: number, change: object): PositionChanged =>
    positionChanged.parse({
      type: 'POSITION_CHANGED',
      at,
      position: POSITION,
      symbol: 'BTCUSDT',
      contract: 'linear',
      multiplier: '1',
      settleAsset: 'USDT',
      quantity: '0',
      cost: '0',
      avgPx: '0',
      settled: '0',
      ...change,
    })
  const candle = (at: number, close: string) =>
    candleClose.parse({
      type: 'CANDLE_CLOSE',
      at,
      venue: 'paper',
      symbol: 'BTCUSDT',
      interval: '1m',
      candle: { openAt: 0, closeAt: at, open: close, high: close, low: close, close, volume: '1' },
    })
  const DAY = 86_400_000

  it('is worth what its cash and its positions are, and knows its peak and its day', () => {
    const { actor, emitted } = live()
    actor.send(changed(DAY + 1, { quantity: '2', cost: '200', markPx: '100' }))
    for (const [at, px] of [
      [DAY + 2, '150'],
      [DAY + 3, '125'],
      [2 * DAY, '130'],
    ] as const)
      actor.send(candle(at, px))
    const { equity, peakEquity, dayEquity } = actor.getSnapshot().context
    expect({ equity, peakEquity, dayEquity }).toEqual({
      equity: '1560',
      peakEquity: '1600',
      dayEquity: '1550',
    })
    actor.send(changed(2 * DAY + 1, { settled: '60', tradePnl: '60' }))
    expect(actor.getSnapshot().context).toMatchObject({
      balances: { USDT: '1560' },
      equity: '1560',
      positions: {},
    })
    expect(emitted).toEqual([...Array(3).fill('PORTFOLIO_VALUE'), 'BALANCE_CHANGED'])
  })

  it.each<[string, object, PositionChanged[], string, string]>([
    ['a day', { dailyLossMax: '50' }, [changed(DAY, { settled: '-50' })], 'dailyLossMax', '50'],
    [
      'a drawdown',
      { drawdownPctMax: '5' },
      [changed(1, { settled: '100' }), changed(2, { settled: '-80' })],
      'drawdownPctMax',
      '5',
    ],
    [
      'losing trades in a row',
      { consecutiveLossesMax: 2 },
      [changed(1, { tradePnl: '-1' }), changed(2, { tradePnl: '-1' })],
      'consecutiveLossesMax',
      '2',
    ],
  ])(
    'trips its circuit breaker for %s, once, until a person resets it',
    (_, rules, changes, check, value) => {
      const { actor, emitted } = live(rules)
      for (const change of changes) actor.send(change)
      expect(actor.getSnapshot()).toMatchObject({ value: 'reducing', context: { breaker: { check, value } } })
      const { breaker } = actor.getSnapshot().context
      actor.send(changed(DAY + 9, { settled: '-1', tradePnl: '-1' }))
      expect(actor.getSnapshot().context.breaker).toEqual(breaker)
      actor.send(request())
      actor.send({ type: 'SET_TRADING_STATE', at: DAY + 10, tradingState: 'active', by: 'ann' })
      actor.send(request({ clOrdId: 'o2' }))
      actor.send({ type: 'ACKNOWLEDGE_REVIEW', at: DAY + 11, by: 'ann' })
      actor.send(request({ clOrdId: 'o3' }))
      const wanted = emitted.filter((type) => type !== 'BALANCE_CHANGED')
      expect(wanted).toEqual([
        'LIMIT_BREACHED',
        'CIRCUIT_BREAKER_TRIGGERED',
        'MANUAL_REVIEW_REQUIRED',
        'RISK_REJECTED',
        'MANUAL_INTERVENTION',
        'TRADING_AUTHORIZED',
        'CIRCUIT_BREAKER_RESET',
        'ENTRY_SKIPPED',
        'MANUAL_REVIEW_ACKNOWLEDGED',
        'RISK_APPROVED',
      ])
    },
  )

  it('begins its losses in a row anew with a trade that wins', () => {
    const { actor } = live({ consecutiveLossesMax: 2 })
    for (const tradePnl of ['-1', '1', '-1']) actor.send(changed(1, { tradePnl }))
    expect(actor.getSnapshot().value).toBe('active')
  })

  it('keeps a halt that a person has set, whatever its breaker makes of it', () => {
    const { actor, emitted } = live({ consecutiveLossesMax: 1 })
    actor.send({ type: 'SET_TRADING_STATE', at: 1, tradingState: 'halted', by: 'ann' })
    actor.send(changed(2, { tradePnl: '-1' }))
    expect(actor.getSnapshot()).toMatchObject({
      value: 'halted',
      context: { breaker: { check: 'consecutiveLossesMax' } },
    })
    expect(emitted.filter((type) => type === 'CIRCUIT_BREAKER_TRIGGERED')).toHaveLength(1)
  })

  it('remembers a stop that lost, and not one that won', () => {
    const { actor } = live()
    actor.send(changed(1, { tradePnl: '50', isStopped: true }))
    actor.send(changed(2, { tradePnl: '-1', isStopped: true }))
    expect(actor.getSnapshot().context.stopLosses).toEqual([{ symbol: 'BTCUSDT', at: 2 }])
  })

  const filled = (change: object): Fill => ({
    type: 'FILL',
    at: 2,
    order: 'order/o1',
    tradeId: 't1',
    venue: 'paper',
    symbol: 'BTCUSDT',
    side: 'BUY',
    ordType: 'MARKET',
    lastQty: '1',
    lastPx: '100',
    commission: '0',
    commissionAsset: 'USDT',
    ...change,
  })

  it('is worth what it owns, fees in other assets taken off', () => {
    const { actor } = live()
    const flow = { type: 'CASH_FLOW_REPORT', at: 1, venue: 'paper', flowId: 'f', reason: 'DEPOSIT' } as const
    actor.send({ ...flow, asset: 'BNB', change: '2' })
    actor.send({ ...candle(2, '300'), symbol: 'BNBUSDT' })
    // What was there before there was a price of it is no gain.
    expect(actor.getSnapshot().context).toMatchObject({ equity: '2100', peakEquity: '2100' })
    actor.send({ ...flow, flowId: 'g', asset: 'BNB', change: '1' })
    expect(actor.getSnapshot().context).toMatchObject({ equity: '2400', dayEquity: '2400' })
    actor.send(filled({ commission: '0.01', commissionAsset: 'BTC' }))
    actor.send(filled({ tradeId: 't2', commission: '0.1', commissionAsset: 'BNB' }))
    actor.send(changed(2, { contract: 'spot', quantity: '2', cost: '200', markPx: '100' }))
    expect(actor.getSnapshot().context).toMatchObject({
      balances: { USDT: '1300', BTC: '1.99', BNB: '2.9' },
      equity: '2369',
    })
  })

  it('books the coin under its own name, whatever it was paid with', () => {
    const instruments = [instrument.parse({ symbol: 'BTCTRY', settleAsset: 'TRY' })]
    const { actor } = live({}, { instruments })
    actor.send(filled({ symbol: 'BTCTRY' }))
    expect(actor.getSnapshot().context.balances).toEqual({ USDT: '1500', TRY: '-100', BTC: '1' })
  })

  it('begins its day anew when it is asked, too', () => {
    const { actor } = live()
    const told: unknown[] = []
    actor.send(changed(DAY + 1, { settled: '-50' }))
    const peer = { _send: (event: unknown) => told.push(event) }
    ;(actor.system as unknown as { get: unknown }).get = () => peer
    for (const at of [2 * DAY - 1, 2 * DAY]) actor.send({ type: 'STATS_REQUEST', at, owner: 'runner/main' })
    expect(told).toMatchObject([{ dailyPnl: '-50' }, { dailyPnl: '0' }])
  })

  it('gives back to an order what was busted of it', () => {
    const { actor } = live()
    actor.send(request({ orderQty: '2' }))
    const left = () => Object.values(actor.getSnapshot().context.working).map(leavesQtyOf)
    actor.send(filled({ lastQty: '0.5' }))
    expect(left()).toEqual(['1.5'])
    actor.send({ ...filled({ lastQty: '0.5' }), type: 'FILL_BUST' })
    expect(left()).toEqual(['2'])
  })

  it('says of a refused replace what it was for, and that it was held back where that is all', () => {
    const { actor } = live()
    const events: unknown[] = []
    actor.on('*', (event) => events.push(event))
    actor.send(request())
    actor.send({ type: 'REQUIRE_REVIEW', at: 1, reason: 'odd' })
    for (const clOrdId of ['o1', 'o2'])
      actor.send({ type: 'REPLACE_REQUEST', at: 2, clOrdId, orderQty: '2', owner: 'strategy/s' })
    expect(events.slice(-2)).toEqual([
      expect.objectContaining({
        type: 'ENTRY_SKIPPED',
        symbol: 'BTCUSDT',
        clOrdId: 'o1',
        check: 'manualReview',
      }),
      expect.not.objectContaining({ symbol: expect.anything() }),
    ])
    expect(events.at(-1)).toMatchObject({ type: 'RISK_REJECTED', clOrdId: 'o2', limit: 'one that works' })
  })
})

import { describe, expect, it } from 'vitest'
import { type Actor, createActor } from 'xstate'
import { accountMachine } from '../../machines/account.ts'
import { orderRequest } from '../../machines/events/commands.ts'
import { type Instrument, instrument } from '../../machines/index.ts'
import { type RiskLimits, riskCheck, riskLimits } from '../../machines/risk.ts'

const limits: RiskLimits = riskLimits.parse({ orderNotionalMax: '1000', openOrdersMax: 2 })
const account = {
  venue: 'paper',
  limits,
  balance: '1500',
  reserved: {} as Record<string, string>,
  holdings: { BTCUSDT: '2' } as Record<string, string>,
  instruments: [] as Instrument[],
  passedAt: [] as number[],
}
const request = (change: object = {}) =>
  orderRequest.parse({
    type: 'ORDER_REQUEST',
    at: 1,
    orderId: 'o1',
    owner: 'strategy/s',
    venue: 'paper',
    symbol: 'BTCUSDT',
    side: 'BUY',
    ordType: 'MARKET',
    orderQty: '1',
    timeInForce: 'GTC',
    refPx: '100',
    ...change,
  })

describe('the risk gate', () => {
  it.each<[string, object, Parameters<typeof riskCheck>[2], object, object | undefined]>([
    ['lets an order pass', {}, 'active', {}, undefined],
    [
      'lets a sale pass that it could not pay for',
      { side: 'SELL', orderQty: '2' },
      'active',
      { balance: '0' },
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
      { check: 'tradingState', limit: '2', value: '1' },
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
      { check: 'reduceOnly', limit: '2', value: '1' },
    ],
    [
      'takes an id once',
      {},
      'active',
      { reserved: { 'order/o1': '5' } },
      { check: 'orderId', limit: 'a new one', value: 'o1' },
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
      'has most orders',
      {},
      'active',
      { reserved: { 'order/a': '1', 'order/b': '1' } },
      { check: 'openOrdersMax', limit: '2', value: '3' },
    ],
    [
      'spends nothing twice',
      { orderQty: '9' },
      'active',
      { reserved: { 'order/a': '700' } },
      { check: 'freeBalance', limit: '800', value: '900' },
    ],
  ])('%s', (_, change, state, of, refusal) => {
    expect(riskCheck({ ...account, ...of }, request(change), state)).toEqual(refusal)
  })
})

describe('the rules of an instrument', () => {
  const BTC: Instrument = {
    symbol: 'BTCUSDT',
    tickSize: '0.05',
    lotSize: '0.001',
    minQty: '0.01',
    maxQty: '5',
    minNotional: '10',
    maxNotional: '450',
    priceBandPct: '10',
  }
  const limit = (price: string, orderQty = '1') => ({ ordType: 'LIMIT', price, orderQty })

  it.each<[string, object, object | undefined]>([
    ['let an order pass that keeps them', limit('99.95', '0.123'), undefined],
    ['hold for their own symbol only', { symbol: 'ETHUSDT', orderQty: '0.0001' }, undefined],
    ['want whole lots', { orderQty: '0.0105' }, { check: 'lotSize', limit: '0.001', value: '0.0105' }],
    ['want whole ticks', limit('99.99'), { check: 'tickSize', limit: '0.05', value: '99.99' }],
    [
      'want whole ticks of a stop',
      { ordType: 'STOP', stopPx: '99.99' },
      { check: 'tickSize', limit: '0.05', value: '99.99' },
    ],
    [
      'want whole ticks of a distance',
      { ordType: 'TRAILING_STOP', trailingOffset: '0.01' },
      { check: 'tickSize', limit: '0.05', value: '0.01' },
    ],
    ['have a least quantity', { orderQty: '0.009' }, { check: 'minQty', limit: '0.01', value: '0.009' }],
    ['have a largest quantity', { orderQty: '6' }, { check: 'maxQty', limit: '5', value: '6' }],
    ['have a least value', { orderQty: '0.05' }, { check: 'minNotional', limit: '10', value: '5' }],
    ['... but not for what only reduces', { orderQty: '0.05', side: 'SELL', reduceOnly: true }, undefined],
    ['have a largest value', { orderQty: '4.6' }, { check: 'maxNotional', limit: '450', value: '460' }],
    ['let a price pass at the end of its band', limit('110'), undefined],
    [
      'keep a price within its band',
      limit('110.05'),
      { check: 'priceBand', limit: '90 to 110', value: '110.05' },
    ],
    ['... below, too', limit('89.95'), { check: 'priceBand', limit: '90 to 110', value: '89.95' }],
    [
      '... and a stop',
      { ordType: 'STOP', stopPx: '111' },
      { check: 'priceBand', limit: '90 to 110', value: '111' },
    ],
  ])('%s', (_, change, refusal) => {
    expect(riskCheck({ ...account, instruments: [BTC] }, request(change), 'active')).toEqual(refusal)
  })

  it('are refused themselves where they make no sense', () => {
    expect(instrument.safeParse({ symbol: 'X', tickSize: '0' }).error?.issues).toMatchObject([
      { path: ['tickSize'], message: 'must be more than 0' },
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
    ['pass over what is held no more', { symbol: 'ETHUSDT' }, { holdings: { BTCUSDT: '0' } }, undefined],
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

describe('an account', () => {
  const live = () => {
    const emitted: string[] = []
    const actor: Actor<typeof accountMachine> = createActor(accountMachine, {
      input: { venue: 'paper', balance: '1500', limits },
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
    expect(actor.getSnapshot().context.reserved).toEqual({ 'order/o1': '100' })
    actor.send(request({ orderId: 'o2', orderQty: '99' }))
    actor.send({
      type: 'FILL',
      at: 2,
      order: 'order/o1',
      tradeId: 't1',
      venue: 'paper',
      symbol: 'BTCUSDT',
      side: 'BUY',
      lastQty: '0.4',
      lastPx: '110',
      commission: '0.5',
      commissionAsset: 'USDT',
    })
    const { balance, reserved, holdings } = actor.getSnapshot().context
    expect({ balance, reserved, holdings }).toEqual({
      balance: '1455.5',
      reserved: { 'order/o1': '56' },
      holdings: { BTCUSDT: '0.4' },
    })
    actor.send({
      type: 'ORDER_CLOSED',
      at: 3,
      order: 'order/o1',
      ordStatus: 'CANCELED',
      cumQty: '0.4',
      avgPx: '110',
    })
    expect(actor.getSnapshot().context.reserved).toEqual({})
    expect(emitted).toEqual(['RISK_APPROVED', 'RISK_REJECTED', 'BALANCE_CHANGED'])
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
      actor.send(request({ orderId: `o${i}`, at }))
    const { reserved, passedAt } = actor.getSnapshot().context
    expect(Object.keys(reserved)).toEqual(['order/o0', 'order/o1', 'order/o3'])
    expect(passedAt).toEqual([2_000, 61_500])
  })

  it('is halted and opened again by people', () => {
    const { actor, emitted } = live()
    for (const tradingState of ['halted', 'reducing', 'active'] as const) {
      actor.send({ type: 'SET_TRADING_STATE', at: 1, tradingState, reason: 'because' })
      expect(actor.getSnapshot().value).toBe(tradingState)
    }
    expect(emitted).toEqual(Array(3).fill('TRADING_STATE_CHANGED'))
  })
})

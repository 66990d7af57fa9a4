/** Every id that the product makes is one that the venue takes, is another one's never, and leads back to its actor. */
import { beforeAll, describe, expect, it } from 'vitest'
import { adoptedId } from '../../machines/index.ts'
import { Exchange } from './exchange/exchange.ts'
import type { ExchangeOptions } from './exchange/options.ts'
import { Bot, CROSS_UP } from './kit.ts'

const checking = (options: Partial<ExchangeOptions> = {}) => new Exchange({ checksIds: true, ...options })

describe.each<[string, Partial<ExchangeOptions>, string, string]>([
  ['on spot', {}, 'binance', 'ema-BTCUSDT'],
  [
    'on futures, of a long name',
    { market: 'usdm', symbol: '1000PEPEUSDT' },
    'binance-usdm',
    'momentum-1000PEPEUSDT',
  ],
])('a strategy %s', (_, options, venue, id) => {
  const exchange = checking(options)
  let bot: Bot

  beforeAll(async () => {
    const strategy = { id, type: 'emaCross', interval: '1s', orderQty: '1', fast: 2, slow: 4 }
    const strategies = [{ ...strategy, symbol: exchange.options.symbol }]
    bot = await Bot.open(exchange, { strategies, watchdog: { enabled: false } }, { venue })
    await bot.prices(...CROSS_UP)
    expect(await bot.emitted('ENTRY_SIGNAL')).toHaveLength(1)
  })

  it('enters under an id that the venue takes', () => {
    expect(exchange.refusals).toEqual([])
    expect(exchange.orders.size).toBe(1)
  })

  it('hears of its fill', () => {
    expect(bot.held).toBe('1')
    expect(bot.value(`emaCross/${id}`)).toMatchObject({ trade: 'holding' })
    expect(exchange.undelivered).toEqual([])
  })
})

describe('the watchdog of one side of a hedged symbol', () => {
  const exchange = checking({ market: 'usdm', symbol: '1000PEPEUSDT' })
  let bot: Bot

  beforeAll(async () => {
    const config = { account: { positionMode: 'hedging' }, watchdog: { graceMs: 1_000 } }
    bot = await Bot.open(exchange, config, { venue: 'binance-usdm' })
    await bot.order('binance-usdm:a', { positionSide: 'LONG' })
    expect(exchange.position('1000PEPEUSDT:LONG')).toBe('1')
    await bot.pass(5_000)
  })

  it('protects it under an id that the venue takes', () => {
    expect(exchange.refusals).toEqual([])
    expect(exchange.stopQty()).toBe('1')
  })
})

describe('a cancel on spot', () => {
  it('goes under an id that spot takes', async () => {
    const exchange = checking()
    const bot = await Bot.open(exchange)
    await bot.order('binance:a', { ordType: 'LIMIT', price: '90' })
    expect(exchange.live()).toEqual({ '7f3a-1-a': '1' })
    await bot.send('order/binance:a', { type: 'CANCEL' })
    expect(exchange.refusals).toEqual([])
    expect(bot.value('order/binance:a')).toMatchObject({ execution: 'canceled' })
  })
})

describe.each<ExchangeOptions['market']>(['spot', 'usdm'])(
  'an order on %s that a program asks for',
  (market) => {
    it.each([
      ['as ids are', 'binance:a-1_Z'],
      ['without the venue', 'a-1_Z'],
      ['by a name of 40 characters', '0123456789'.repeat(4)],
      ['by a name with a plus', 'a+b'],
      ['by a name with brackets', 'x(1)'],
    ])('%s is taken by the venue, and hears of its fill and its end', async (_, name) => {
      const exchange = checking({ market })
      const bot = await Bot.open(exchange)
      await bot.order(name)
      expect(await bot.emitted('ORDER_SUBMITTED')).toHaveLength(1)
      expect(exchange.refusals).toEqual([])
      expect(bot.held).toBe('1')
      await bot.order(`${name}2`, { ordType: 'LIMIT', price: '90' })
      await bot.send(`order/${name}2`, { type: 'CANCEL' })
      expect(bot.value(`order/${name}2`)).toMatchObject({ execution: 'canceled' })
      expect([exchange.refusals, exchange.undelivered]).toEqual([[], []])
    })
  },
)

describe('two orders whose names are the same for 40 characters', () => {
  it('are two orders at the venue', async () => {
    const exchange = checking({ market: 'usdm' })
    const bot = await Bot.open(exchange)
    await bot.order(`${'n'.repeat(40)}a`)
    await bot.order(`${'n'.repeat(40)}b`)
    expect(await bot.emitted('ORDER_SUBMITTED')).toHaveLength(2)
    expect([exchange.orders.size, exchange.position()]).toEqual([2, '2'])
  })
})

describe("somebody else's order", () => {
  const TERMS = { side: 'BUY', ordType: 'LIMIT', orderQty: '3', price: '90', timeInForce: 'GTC' } as const
  const RULES = { watchdog: { enabled: false }, reconciliation: { everyMs: 30_000, settleMs: 2_000 } }

  async function adopting(foreignId: string, change: object = {}) {
    const exchange = checking({ market: 'usdm' })
    const bot = await Bot.open(exchange, { ...RULES, ...change })
    // An own order has the adapter know the venue.
    await bot.order('binance:mine', { ordType: 'LIMIT', price: '50' })
    await exchange.placeForeign(foreignId, TERMS)
    await bot.send('reconciliation/binance', { type: 'RECONCILE', reason: 'test' })
    await bot.pass(10_000)
    return { exchange, bot, order: `order/${adoptedId('binance', foreignId)}` }
  }

  it.each(['web_Ab12', 'mine', 'zzzz-1-mine', '7f3a-1-', 'a/b:c.d', 'x/2'])(
    'that is called %s there is adopted, keeps that name, and is filled',
    async (foreignId) => {
      const { exchange, bot, order } = await adopting(foreignId)
      expect(bot.value(order)).toMatchObject({ execution: 'accepted' })
      expect(bot.harness.context(order)).toMatchObject({ foreignId })
      expect(await bot.emitted('ORDER_ADOPTED')).toMatchObject([{ order, foreignId, orderQty: '3' }])
      await exchange.fill(foreignId, '1', '90')
      await bot.settle()
      expect(bot.harness.context(order)).toMatchObject({ cumQty: '1', leavesQty: '2' })
      expect(bot.held).toBe('1')
      expect(bot.value('order/binance:mine')).toMatchObject({ execution: 'accepted' })
    },
  )

  it.each(['web_Ab12', 'a/b:c.d', 'x/2'])(
    'that is called %s is asked for and canceled by that',
    async (foreignId) => {
      const { exchange, bot, order } = await adopting(foreignId)
      await bot.send(order, { type: 'VERIFY' })
      expect(bot.value(order)).toMatchObject({ execution: 'accepted' })
      await bot.send(order, { type: 'CANCEL', by: 'ann' })
      expect(bot.value(order)).toMatchObject({ execution: 'canceled' })
      expect(exchange.refusals).toEqual([])
      expect(exchange.live()).toEqual({ '7f3a-1-mine': '1' })
    },
  )

  it('is canceled where strangers are to be', async () => {
    const { exchange, bot, order } = await adopting('web_1', {
      reconciliation: { ...RULES.reconciliation, unknownOrders: 'cancel' },
    })
    expect(bot.value(order)).toMatchObject({ execution: 'canceled' })
    expect(exchange.live()).toEqual({ '7f3a-1-mine': '1' })
  })
})

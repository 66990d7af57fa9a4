/** Every id that the product makes is one that the venue takes, is another one's never, and leads back to its actor. */
import { beforeAll, describe, expect, it } from 'vitest'
import { Exchange } from './exchange/exchange.ts'
import type { ExchangeOptions } from './exchange/options.ts'
import { Bot, CROSS_UP } from './kit.ts'

const checking = (options: Partial<ExchangeOptions>) => new Exchange({ checksIds: true, ...options })

describe('an order whose name the venue takes as it is', () => {
  it.each<[ExchangeOptions['market'], string]>([
    ['spot', 'a-1_Z'],
    ['usdm', 'a-1_Z.:'],
    ['usdm', 'n'.repeat(36)],
  ])('at %s is placed, and hears of its fill: %s', async (market, name) => {
    const exchange = checking({ market })
    const bot = await Bot.open(exchange)
    await bot.order(name)
    expect([exchange.refusals, bot.held]).toEqual([[], '1'])
  })
})

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

  it.fails('enters under an id that the venue takes', () => {
    expect(exchange.refusals).toEqual([])
  })

  it.fails('hears of its fill', () => {
    expect(bot.held).toBe('1')
    expect(bot.value(`emaCross/${id}`)).toMatchObject({ trade: 'holding' })
  })
})

describe('the watchdog of one side of a hedged symbol', () => {
  const exchange = checking({ market: 'usdm', symbol: '1000PEPEUSDT' })
  let bot: Bot

  beforeAll(async () => {
    const config = { account: { positionMode: 'hedging' }, watchdog: { graceMs: 1_000 } }
    bot = await Bot.open(exchange, config, { venue: 'binance-usdm' })
    await bot.order('a', { positionSide: 'LONG' })
    expect(exchange.position('1000PEPEUSDT:LONG')).toBe('1')
    await bot.pass(5_000)
  })

  it.fails('protects it under an id that the venue takes', () => {
    expect(exchange.refusals).toEqual([])
    expect(exchange.stopQty()).toBe('1')
  })
})

describe('a cancel on spot', () => {
  const exchange = checking({})
  let bot: Bot

  beforeAll(async () => {
    bot = await Bot.open(exchange)
    await bot.order('a', { ordType: 'LIMIT', price: '90' })
    expect(exchange.live()).toEqual({ a: '1' })
    await bot.send('order/a', { type: 'CANCEL' })
  })

  it.fails('goes under an id that spot takes', () => {
    expect(exchange.refusals).toEqual([])
    expect(bot.value('order/a')).toMatchObject({ execution: 'canceled' })
  })
})

describe.each([
  ['of 40 characters', '0123456789'.repeat(4)],
  ['with a plus', 'a+b'],
  ['with brackets', 'x(1)'],
])('an order that is asked for under a name %s', (_, name) => {
  const exchange = checking({ market: 'usdm' })
  let bot: Bot

  beforeAll(async () => {
    bot = await Bot.open(exchange)
    await bot.order(name)
    expect(await bot.emitted('ORDER_SUBMITTED')).toHaveLength(1)
  })

  it.fails('is taken by the venue, and hears of its fill', () => {
    expect(exchange.refusals).toEqual([])
    expect([bot.held, exchange.position()]).toEqual(['1', '1'])
  })
})

describe('two orders whose names are the same for 40 characters', () => {
  const exchange = checking({ market: 'usdm' })
  let bot: Bot

  beforeAll(async () => {
    bot = await Bot.open(exchange)
    await bot.order(`${'n'.repeat(40)}a`)
    await bot.order(`${'n'.repeat(40)}b`)
    expect(await bot.emitted('ORDER_SUBMITTED')).toHaveLength(2)
  })

  it.fails('are two orders at the venue', () => {
    expect([exchange.orders.size, exchange.position()]).toEqual([2, '2'])
  })
})

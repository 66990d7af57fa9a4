/** The paper venue lets happen what a venue would: it has filters, balances, margin and liquidation. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Instrument, PlaceOrder } from '../../machines/index.ts'
import { instrument } from '../../machines/index.ts'
import { Desk } from '../adapters/paper/desk.ts'
import { Floor } from '../machines/floor.ts'
import { Exchange } from './exchange/exchange.ts'
import { Bot } from './kit.ts'

const LINEAR = { symbol: 'BTCUSDT', contract: 'linear' } as const

describe('the paper venue under a strict profile', () => {
  const RULES = {
    symbol: 'BTCUSDT',
    tickSize: '0.01',
    lotSize: '0.001',
    minQty: '0.1',
    maxQty: '50',
    minNotional: '5',
    maxNotional: '4000',
  }
  const answer = async (order: Partial<PlaceOrder>, { usdt = '100000', rules = {} } = {}) => {
    const openingBalances = { USDT: usdt }
    const instruments = [instrument.parse({ ...RULES, ...rules })]
    const { contract } = instruments[0] as Instrument
    const profile = contract === 'spot' ? 'binance-spot' : 'binance-usdm'
    const desk = await Desk.open({ instruments, openingBalances, profile })
    desk.quote('100', '100.01', ['1000', '1000'])
    desk.place('a', { ordType: 'LIMIT', price: '90', ...order })
    const [first] = await desk.said()
    return first?.split(':')[0]
  }

  it('takes an order that keeps to the rules of its symbol', async () => {
    expect(await answer({ orderQty: '1' })).toBe('a NEW')
  })

  it.each<[string, Partial<PlaceOrder>]>([
    ['a quantity between two lots', { orderQty: '1.0005' }],
    ['a price between two ticks', { price: '90.005' }],
    ['less than the least quantity', { orderQty: '0.099' }],
    ['more than the largest quantity', { orderQty: '51', price: '1' }],
    ['less than the least value', { orderQty: '0.1', price: '40' }],
    ['more than the largest value', { orderQty: '49' }],
  ])('refuses %s', async (_, order) => {
    expect(await answer(order)).toBe('a REJECTED')
  })

  it('refuses a purchase that the balance does not cover', async () => {
    expect(await answer({ orderQty: '10' }, { usdt: '899' })).toBe('a REJECTED')
  })

  it('refuses a sale of coins that are not owned', async () => {
    expect(await answer({ side: 'SELL', price: '110' })).toBe('a REJECTED')
  })

  it.fails('refuses a contract whose margin the balance does not carry', async () => {
    const rules = { contract: 'linear' } as const
    expect(await answer({ orderQty: '40' }, { usdt: '1', rules })).toBe('a REJECTED')
  })
})

describe('an order of 12 decimal places on a live market whose rules nobody has configured', () => {
  let floor: Floor

  beforeAll(async () => {
    const market = { source: 'binance', symbols: ['BTCUSDT'] }
    floor = await Floor.open({ market, watchdog: { enabled: false } })
    await floor.order('o', { ordType: 'LIMIT', price: '99.5', orderQty: '0.5' })
    expect(floor.working()).toEqual({ o: '0.5 at 99.5' })
    await floor.order('q', { ordType: 'LIMIT', price: '99.987654321', orderQty: '0.123456789123' })
  })

  it.fails('is refused', () => {
    expect(floor.working()).toEqual({ o: '0.5 at 99.5' })
  })
})

describe('a position on the paper venue that has lost all its margin', () => {
  let floor: Floor

  beforeAll(async () => {
    const limits = { orderNotionalMax: '1000000', leverage: '10' }
    const account = { balance: '100000', limits }
    floor = await Floor.open({ account, instruments: [LINEAR], watchdog: { enabled: false } })
    await floor.price('100', '100000')
    await floor.order('a', { orderQty: '9000' })
    expect(floor.held).toBe('9000')
    for (const px of ['91', '89.5', '85', '80']) {
      await floor.pass(1_100)
      await floor.price(px, '100000')
    }
    await floor.pass(1_100)
    await floor.price('80', '100000')
  })

  it.fails('is liquidated', () => {
    expect(floor.held).toBe('0')
  })

  it.fails('leaves an account that owes nothing', () => {
    const { equity } = floor.harness.context('account/paper') as { equity: string }
    expect(Number(equity)).toBeGreaterThanOrEqual(0)
  })
})

describe('a position whose symbol is quoted lower and lower while nothing trades', () => {
  let bot: Bot

  beforeAll(async () => {
    const exchange = new Exchange({ market: 'usdm', balances: { USDT: '10000' }, feeRate: '0' })
    const limits = { orderNotionalMax: '100000', dailyLossMax: '100' }
    bot = await Bot.open(exchange, { account: { limits }, watchdog: { enabled: false } })
    await bot.order('a', { orderQty: '10' })
    expect(bot.held).toBe('10')
    for (let i = 1; i <= 50; i++) {
      await bot.pass(1_000)
      const quote = { bid: String(100 - i), bidSize: '1000', ask: String(100.5 - i), askSize: '1000' }
      await bot.send('symbol/binance:BTCUSDT', { type: 'QUOTE', ...quote })
    }
    expect(bot.harness.context('symbol/binance:BTCUSDT')).toMatchObject({ bid: '50' })
  })

  it('is worth what it is quoted at', () => {
    expect(Number(bot.account.equity)).toBeLessThan(9_600)
  })

  it('trips the breaker', () => {
    expect(bot.value('account/binance')).toBe('reducing')
  })
})

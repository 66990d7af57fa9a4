/** What is too small to sell is dust: it is told once and written off. What could not be protected is not entered. */
import { beforeAll, describe, expect, it } from 'vitest'
import { Exchange } from './exchange/exchange.ts'
import { Bot } from './kit.ts'

const FIVE_MINUTES_MS = 300_000

describe('an entry on spot that is canceled when it has filled for less than the least value of an order', () => {
  const exchange = new Exchange({ minNotional: '5' })
  let bot: Bot
  let asked: number
  let alarms: number

  beforeAll(async () => {
    bot = await Bot.open(exchange)
    await bot.bracket('L1', { entry: { ordType: 'LIMIT', price: '99' } })
    await exchange.fill('binance:L1-entry', '0.02', '99')
    await bot.pass(2_000)
    await bot.send('list/L1', { type: 'CANCEL', by: 'ann' })
    await bot.pass(1_000)
    expect([exchange.live(), exchange.wallet.owned('BTC')]).toEqual([{}, '0.02'])
    const before = exchange.orders.size + exchange.refusals.length
    await bot.pass(FIVE_MINUTES_MS)
    asked = exchange.orders.size + exchange.refusals.length - before
    alarms = (await bot.emitted('PROTECTIVE_ORDERS_MISSING')).length
  })

  it.fails('ends: the dust is written off from the trade', () => {
    expect(bot.phase('L1')).toBe('done')
  })

  it.fails('asks for no more orders', () => {
    expect(asked).toBe(0)
  })

  it.fails('raises at most one alarm about the dust', () => {
    expect(alarms).toBeLessThanOrEqual(1)
  })
})

describe('a bracket on spot of the least value of an order', () => {
  const enter = async (orderQty: string) => {
    const exchange = new Exchange({ minNotional: '5' })
    const bot = await Bot.open(exchange)
    await bot.bracket('L1', { orderQty })
    await bot.pass(3_000)
    return { exchange, bot }
  }
  let protectable: Awaited<ReturnType<typeof enter>>
  let tooSmall: Awaited<ReturnType<typeof enter>>

  beforeAll(async () => {
    protectable = await enter('0.053')
    tooSmall = await enter('0.051')
  })

  it('is entered where its stop is worth that, too', () => {
    expect(protectable.exchange.live()).toEqual({ 'binance:L1-stop': '0.053' })
    expect(protectable.bot.phase('L1')).toBe('protected')
  })

  it.fails('is refused before it is sent where its stop would be worth less', () => {
    expect(tooSmall.exchange.dealt).toEqual([])
  })
})

/** A FLATTEN at an exchange that refuses: what locks a position keeps it protected, and the person is told. */
import { describe, expect, it } from 'vitest'
import { Exchange } from './exchange/exchange.ts'
import { Bot } from './kit.ts'

const ACCOUNT = 'account/binance'
const STOP = { side: 'SELL', ordType: 'STOP', stopPx: '90', reduceOnly: true }

describe('an account that is to be flat', () => {
  it('closes what a list holds of a contract, and what a person has bought', async () => {
    const exchange = new Exchange({ market: 'usdm' })
    const bot = await Bot.open(exchange)
    await bot.bracket('binance:L1')
    await bot.order('binance:by-hand')
    await bot.send(ACCOUNT, { type: 'FLATTEN', by: 'ann' })
    await bot.pass(0)
    expect([exchange.position(), bot.held, exchange.live(), exchange.refusals]).toEqual(['0', '0', {}, []])
    expect(await bot.emitted('ACCOUNT_FLATTENED')).toMatchObject([{ closed: [{ quantity: '2' }] }])
  })

  it('sells no more of a coin than its position has, after a person has sold a part of what a list holds', async () => {
    const balances = { USDT: '100000', BTC: '5' }
    const exchange = new Exchange({ feeIn: 'quote', lotSize: '0.001', balances })
    const bot = await Bot.open(exchange, { watchdog: { enabled: false } })
    await bot.bracket('binance:L1')
    await bot.pass(10)
    await bot.order('binance:by-hand', { side: 'SELL', orderQty: '0.4' })
    await bot.send(ACCOUNT, { type: 'FLATTEN', by: 'ann' })
    await bot.pass(60_000)
    expect([bot.held, exchange.wallet.owned('BTC'), exchange.live()]).toEqual(['0', '5', {}])
    expect(await bot.emitted('POSITION_FLIPPED')).toEqual([])
    expect(await bot.emitted('ACCOUNT_FLATTENED')).toMatchObject([{ closed: [{ quantity: '0.6' }] }])
  })

  it('keeps a stop that locks what is held on spot, tells that it is not flat, and goes on once it is free', async () => {
    const exchange = new Exchange({ feeIn: 'quote', lotSize: '0.001' })
    const bot = await Bot.open(exchange, { watchdog: { enabled: false } })
    await bot.order('binance:by-hand')
    await bot.order('binance:stop', STOP)
    await bot.send(ACCOUNT, { type: 'FLATTEN', by: 'ann' })
    await bot.pass(30_000)
    expect(exchange.refusals[0]).toMatch(/^-2010: Account has insufficient balance/)
    // At once, and after 2, 4, 8 and 16 seconds.
    expect(exchange.refusals).toHaveLength(5)
    expect(exchange.live()).toEqual({ 'binance:stop': '1' })
    const text = 'order/binance:BTCUSDT-close-4 has ended as REJECTED'
    expect(await bot.emitted('ACCOUNT_NOT_FLAT')).toMatchObject([
      { left: [{ symbol: 'BTCUSDT', quantity: '1', text }], orders: ['order/binance:stop'] },
    ])
    await bot.send('order/binance:stop', { type: 'CANCEL', by: 'ann' })
    await bot.send(ACCOUNT, { type: 'FLATTEN', by: 'ann' })
    await bot.pass(0)
    expect([exchange.wallet.owned('BTC'), exchange.live()]).toEqual(['0', {}])
    expect(await bot.emitted('ACCOUNT_FLATTENED')).toMatchObject([{ closed: [{ quantity: '1' }] }])
  })
})

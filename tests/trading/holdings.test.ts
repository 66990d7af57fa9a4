/** Coins that are owned besides what is traded are no discrepancy, and neither gain nor loss. */
import { beforeAll, describe, expect, it } from 'vitest'
import { Exchange } from './exchange/exchange.ts'
import { Bot } from './kit.ts'

const OWNED = { USDT: '100000', BTC: '0.5' }

describe.each([
  ['tells no positions, as spot', false],
  ['tells what is owned as positions', true],
])('coins that were there before, at a venue that %s', (_, tellsHoldings) => {
  let bot: Bot
  let discrepancies: number[]

  beforeAll(async () => {
    bot = await Bot.open(new Exchange({ balances: OWNED, tellsHoldings, feeRate: '0' }))
    await bot.pass(70_000)
    await bot.prices('100')
    await bot.order('a')
    await bot.pass(150_000)
    expect(bot.exchange.wallet.owned('BTC')).toBe('1.5')
    const completed = await bot.emitted('RECONCILIATION_COMPLETED')
    discrepancies = completed.slice(1).map((one) => one.discrepancies)
  })

  it('are reconciled after the first look', () => {
    expect(discrepancies.length).toBeGreaterThan(0)
  })

  it('are no discrepancy', () => {
    expect(discrepancies.filter((count) => count > 0)).toEqual([])
  })

  it('are in the balance', () => {
    expect(bot.account.balances).toEqual({ USDT: '99900', BTC: '1.5' })
  })

  it("are no gain of the day's", () => {
    expect(bot.dailyPnl).toBe('0')
  })
})

describe.each([
  ['are paid in', '0.5'],
  ['are taken away', '-0.5'],
])('coins that %s while it runs', (_, change) => {
  let bot: Bot

  beforeAll(async () => {
    bot = await Bot.open(new Exchange({ balances: { USDT: '100000' }, feeRate: '0' }))
    await bot.order('a')
    await bot.exchange.transfer('BTC', change)
    await bot.prices('100', '100')
    await bot.pass(120_000)
  })

  it('are in the balance, and no PnL', () => {
    expect([bot.account.balances.BTC, bot.dailyPnl]).toEqual([bot.exchange.wallet.owned('BTC'), '0'])
  })
})

/** Money that comes or goes: what trading costs and brings is PnL, what is paid in or out is not. Each counts once. */
import { beforeAll, describe, expect, it } from 'vitest'
import { Floor } from '../machines/floor.ts'
import { Exchange } from './exchange/exchange.ts'
import { Bot } from './kit.ts'

const LIMITS = { orderNotionalMax: '100000', leverage: '5', dailyLossMax: '100', drawdownPctMax: '2' }
const POSITION = { s: 'BTCUSDT', pa: '100', ep: '100', cr: '0', up: '0', mt: 'isolated', iw: '1', ps: 'BOTH' }

/** A long of 100 at 100 on an account of 10000. */
async function holding(feeRate = '0'): Promise<Bot> {
  const exchange = new Exchange({ market: 'usdm', balances: { USDT: '10000' }, feeRate })
  const bot = await Bot.open(exchange, { account: { limits: LIMITS } })
  await bot.order('a', { orderQty: '100' })
  expect(exchange.position()).toBe('100')
  return bot
}

/** Five times 100 goes, a second apart; then a candle closes, which values the account. */
async function drained(reason: string, positions: object[] = []): Promise<Bot> {
  const bot = await holding()
  for (let i = 0; i < 5; i++) {
    await bot.pass(1_000)
    await bot.exchange.flow(reason, '-100', { positions })
  }
  await valued(bot)
  return bot
}

async function valued(bot: Bot): Promise<void> {
  await bot.settle()
  await bot.prices('100', '100')
}

describe.each([
  ['funding that is told without a symbol', 'FUNDING_FEE', []],
  ['funding that is told with its position', 'FUNDING_FEE', [POSITION]],
  ['what the insurance fund takes', 'INSURANCE_CLEAR', []],
])('%s', (_, reason, positions) => {
  let bot: Bot

  beforeAll(async () => {
    bot = await drained(reason, positions)
    expect(bot.exchange.wallet.owned('USDT')).toBe('9500')
  })

  it('is in the balance', () => {
    expect([bot.account.balances.USDT, bot.account.equity]).toEqual(['9500', '9500'])
  })

  it("is a loss of the day's", () => {
    expect([bot.account.dayEquity, bot.dailyPnl]).toEqual(['10000', '-500'])
  })

  it('trips the breaker', () => {
    expect(bot.account.breaker).toMatchObject({ check: 'dailyLossMax', limit: '100' })
    expect(bot.value('account/binance')).toBe('reducing')
  })
})

describe('funding that is told with its position', () => {
  let bot: Bot

  beforeAll(async () => {
    bot = await drained('FUNDING_FEE', [POSITION])
  })

  it('is in the books of the position', () => {
    expect(bot.position().funding).toBe('-500')
  })
})

describe('funding while the account is halted', () => {
  it('is a loss that trips the breaker, and leaves the halt', async () => {
    const bot = await holding()
    await bot.send('account/binance', { type: 'SET_TRADING_STATE', tradingState: 'halted', by: 'ann' })
    await bot.exchange.flow('FUNDING_FEE', '-100')
    expect(bot.dailyPnl).toBe('-100')
    expect([bot.account.breaker?.check, bot.value('account/binance')]).toEqual(['dailyLossMax', 'halted'])
  })
})

describe('funding of a position that is closed by now', () => {
  it('is a loss all the same', async () => {
    const bot = await holding()
    await bot.order('b', { side: 'SELL', orderQty: '100' })
    await bot.exchange.flow('FUNDING_FEE', '-90', { positions: [{ ...POSITION, pa: '0' }] })
    expect([bot.account.balances.USDT, bot.dailyPnl]).toEqual(['9910', '-90'])
  })
})

describe.each(['WITHDRAW', 'TRANSFER'])('money that goes as %s', (reason) => {
  it("is no loss of the day's, and trips no breaker", async () => {
    const bot = await drained(reason)
    expect([bot.account.equity, bot.dailyPnl]).toEqual(['9500', '0'])
    expect([bot.account.breaker, bot.value('account/binance')]).toEqual([undefined, 'active'])
  })
})

describe('money that is paid in', () => {
  it("is no gain of the day's", async () => {
    const bot = await holding()
    await bot.exchange.flow('DEPOSIT', '700')
    await valued(bot)
    expect([bot.account.equity, bot.dailyPnl]).toEqual(['10700', '0'])
  })
})

describe('the fee of a fill', () => {
  it("is a loss of the day's", async () => {
    const bot = await holding('0.001')
    await valued(bot)
    expect([bot.account.equity, bot.dailyPnl]).toEqual(['9990', '-10'])
  })
})

describe('cash flows', () => {
  it('count once when they are told twice', async () => {
    const bot = await holding()
    const message = await bot.exchange.flow('FUNDING_FEE', '-100')
    await bot.exchange.tell(message)
    await valued(bot)
    expect(bot.account.balances.USDT).toBe('9900')
  })

  describe('of one time', () => {
    let bot: Bot

    beforeAll(async () => {
      bot = await holding()
      const at = bot.now
      for (let i = 0; i < 5; i++) await bot.exchange.flow('FUNDING_FEE', '-100', { at })
      await valued(bot)
      expect(bot.exchange.wallet.owned('USDT')).toBe('9500')
    })

    it('count each', () => {
      expect(bot.account.balances.USDT).toBe('9500')
    })
  })
})

describe('funding on the paper venue', () => {
  let floor: Floor

  beforeAll(async () => {
    const account = { balance: '100000', limits: { ...LIMITS, orderNotionalMax: '1000000' } }
    const instruments = [{ symbol: 'BTCUSDT', contract: 'linear' }]
    floor = await Floor.open({ account, instruments })
    await floor.order('a', { orderQty: '100' })
    await floor.funding('0.011', '100')
    await floor.pass(1_100)
    await floor.price('100')
  })

  it("is a loss of the day's that trips the breaker, in the books of the position", () => {
    const account = floor.harness.context('account/paper')
    expect(account).toMatchObject({ dayEquity: '100000', breaker: { check: 'dailyLossMax', limit: '100' } })
    expect(floor.value('account/paper')).toBe('reducing')
    expect(floor.harness.context('position/paper:BTCUSDT')).toMatchObject({ funding: '-110' })
  })
})

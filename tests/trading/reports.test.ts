/** What a venue reports is checked before it is booked, and booked once, whoever it names. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type AccountContext, machines, type PositionContext } from '../../machines/index.ts'
import { Floor } from '../machines/floor.ts'
import { Harness } from '../runtime/harness.ts'
import { Exchange } from './exchange/exchange.ts'
import { Bot } from './kit.ts'

const LIMIT = { ordType: 'LIMIT', price: '90' }

describe('a trade that Binance reports with a price of 0', () => {
  const exchange = new Exchange()
  let bot: Bot

  beforeAll(async () => {
    bot = await Bot.open(exchange)
    await bot.order('a', LIMIT)
    expect(exchange.live()).toEqual({ a: '1' })
    const filled = { x: 'TRADE', X: 'FILLED', l: '1', z: '1', L: '0', t: 1 }
    await exchange.tell(exchange.message('a', filled))
    await bot.prices('100', '100')
  })

  it('is not booked', () => {
    expect([bot.held, bot.account.balances]).toEqual(['0', { USDT: '100000' }])
  })

  it('brings no gain', () => {
    expect([bot.account.equity, bot.dailyPnl]).toEqual(['100000', '0'])
  })

  it('is told', async () => {
    const errors = await bot.emitted('SYSTEM_ERROR')
    expect([...exchange.undelivered, ...errors]).not.toEqual([])
  })
})

describe.each([
  ['CANCELED', 'canceled'],
  ['EXPIRED', 'expired'],
])('a trade that Binance reports with a quantity of 0 and an order that is %s', (X, execution) => {
  const exchange = new Exchange()
  let bot: Bot

  beforeAll(async () => {
    bot = await Bot.open(exchange)
    await bot.order('a', LIMIT)
    expect(bot.value('order/a')).toMatchObject({ execution: 'accepted' })
    await exchange.tell(exchange.message('a', { x: 'TRADE', X, l: '0', L: '0', t: -1 }))
    await bot.settle()
  })

  it('is no fill', () => {
    expect([bot.held, bot.account.balances]).toEqual(['0', { USDT: '100000' }])
  })

  it('ends the order as it says', () => {
    expect(bot.value('order/a')).toMatchObject({ execution })
  })

  it('leaves nothing that works', () => {
    expect(bot.account.working).toEqual({})
  })
})

describe('a fill of an inverse contract with a price of 0', () => {
  const harness = new Harness()

  beforeAll(async () => {
    const supervisor = await harness.open({ machines })
    const limits = { orderNotionalMax: '1', openOrdersMax: 1 }
    await supervisor.spawn('account', 'v', { venue: 'v', asset: 'BTC', balance: '1', limits })
    const contract = { venue: 'v', symbol: 'BTCUSD', contract: 'inverse' }
    await supervisor.spawn('position', 'v:BTCUSD', contract)
    const of = { order: 'order/a', tradeId: '1', venue: 'v', symbol: 'BTCUSD' }
    const deal = { side: 'BUY', ordType: 'MARKET', lastQty: '100', lastPx: '0' }
    const fee = { commission: '0', commissionAsset: 'BTC' }
    // Whether it is refused is for the tests to say by what becomes of the books.
    await supervisor
      .send('position/v:BTCUSD', { type: 'FILL', at: 2, ...of, ...deal, ...fee })
      .catch(() => {})
  })

  it('leaves the position as it was', () => {
    const { quantity, cost } = harness.context('position/v:BTCUSD') as PositionContext
    expect([quantity, cost]).toEqual(['0', '0'])
  })

  it('leaves the account what it is worth', () => {
    expect((harness.context('account/v') as AccountContext).equity).toBe('1')
  })
})

/** A long of 1 and a short of 0.5. */
async function hedged(): Promise<Bot> {
  const config = { account: { positionMode: 'hedging' }, watchdog: { enabled: false } }
  const bot = await Bot.open(new Exchange({ market: 'usdm', feeRate: '0' }), config)
  await bot.order('L', { positionSide: 'LONG' })
  await bot.order('S', { positionSide: 'SHORT', side: 'SELL', orderQty: '0.5' })
  expect(quantities(bot)).toEqual(['1', '-0.5'])
  return bot
}

const quantities = (bot: Bot) => [bot.position('LONG').quantity, bot.position('SHORT').quantity]

describe('a hedging account', () => {
  it.each([
    ['more than its long', { side: 'SELL', positionSide: 'LONG', orderQty: '2' }, '2 asked, 1 allowed'],
    ['for no side', { side: 'SELL' }, 'none asked, LONG or SHORT allowed'],
    ['more than its short', { positionSide: 'SHORT', orderQty: '0.6' }, '0.6 asked, 0.5 allowed'],
  ])('does not close %s', async (_, change, text) => {
    const bot = await hedged()
    await bot.order('x', change)
    const refusals = await bot.emitted('RISK_REJECTED')
    expect(refusals).toMatchObject([{ clOrdId: 'x', text: `positionSide: ${text}` }])
    expect(quantities(bot)).toEqual(['1', '-0.5'])
  })
})

describe.each([
  [
    'a liquidation',
    'liquidation',
    { c: 'autoclose-1723161255343', x: 'CALCULATED', o: 'LIQUIDATION', ot: 'LIQUIDATION' },
  ],
  ['a deleveraging', 'adl', { c: 'adl_autoclose', x: 'TRADE', o: 'MARKET', ot: 'MARKET' }],
])('%s of the long, by an order that the venue has placed itself', (_, cause, order) => {
  let bot: Bot

  beforeAll(async () => {
    bot = await hedged()
    const { exchange } = bot
    const trade = { S: 'SELL', ps: 'LONG', X: 'FILLED', q: '1', z: '1', l: '1', L: '90', ap: '90', p: '90' }
    const message = exchange.message('L', { ...order, ...trade, n: '0', N: 'USDT', i: 99, t: 990 })
    // Told twice, it counts once.
    for (const told of [message, message]) await exchange.tell(told)
    await bot.settle()
  })

  it('leaves the short', () => {
    expect(bot.position('SHORT').quantity).toBe('-0.5')
  })

  it('is booked from its own message', () => {
    expect(bot.position('LONG').quantity).toBe('0')
    expect(bot.account.balances.USDT).toBe('99990')
  })

  it('has an actor that has ended, and says why it was placed', async () => {
    const [adopted, ...others] = await bot.emitted('ORDER_ADOPTED')
    expect(others).toEqual([])
    expect(adopted).toMatchObject({ cause })
    expect(bot.value(adopted?.order as string)).toMatchObject({ execution: 'filled' })
    expect([bot.account.working, bot.exchange.undelivered]).toEqual([{}, []])
  })
})

describe('an order that the account itself owns', () => {
  const bought = async (owner: string) => {
    const floor = await Floor.open({ watchdog: { enabled: false } })
    await floor.order('x', { owner })
    const { balances } = floor.harness.context('account/paper') as AccountContext
    expect(floor.held).toBe('2')
    return balances
  }
  let others: AccountContext['balances']
  let own: AccountContext['balances']

  beforeAll(async () => {
    others = await bought('strategy/mine')
    own = await bought('account/paper')
  })

  it('moves its money once, as that of anybody else', () => {
    expect(own).toEqual(others)
  })

  it('that of somebody else moves it once', () => {
    expect(others).toEqual({ BTC: '2', USDT: '99799.98' })
  })
})

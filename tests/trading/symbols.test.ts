/** Symbols are what the venue lists, with assets that it names itself, and prices on the ticks that it has. */
import { beforeAll, describe, expect, it } from 'vitest'
import * as decimal from '../../machines/model/decimal.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { Exchange } from './exchange/exchange.ts'
import { isOpen } from './exchange/messages.ts'
import type { ExchangeOptions } from './exchange/options.ts'
import { Bot, CROSS_DOWN, CROSS_UP } from './kit.ts'

type Row = [symbol: string, base: string, quote: string]

/** Those whose assets the name happens to give away. */
const SPOT: Row[] = [
  ['BTCUSDT', 'BTC', 'USDT'],
  ['BTC-USDT', 'BTC', 'USDT'],
  ['1000PEPEUSDT', '1000PEPE', 'USDT'],
  ['1INCHUSDT', '1INCH', 'USDT'],
  ['ETHBTC', 'ETH', 'BTC'],
  ['BTCFDUSD', 'BTC', 'FDUSD'],
  ['USDCUSDT', 'USDC', 'USDT'],
  ['EURUSDT', 'EUR', 'USDT'],
  ['SOLETH', 'SOL', 'ETH'],
  ['DOGEBTC', 'DOGE', 'BTC'],
  ['币安人生USDT', '币安人生', 'USDT'],
]
const OTHER_SPOT: Row[] = [
  ['BTCTRY', 'BTC', 'TRY'],
  ['BTCBRL', 'BTC', 'BRL'],
  ['BTCJPY', 'BTC', 'JPY'],
  ['BTCUSD1', 'BTC', 'USD1'],
  ['BTCEURI', 'BTC', 'EURI'],
  ['BTCDAI', 'BTC', 'DAI'],
  ['USDTTRY', 'USDT', 'TRY'],
  ['BTCMXN', 'BTC', 'MXN'],
  ['BTCU', 'BTC', 'U'],
]

/** What the account has once 1 was bought at 100 and, of a contract, sold again at 125. */
async function traded(options: Partial<ExchangeOptions>, instrument = {}) {
  const exchange = new Exchange({ feeRate: '0', minNotional: '0', ...options })
  exchange.wallet.free[exchange.wallet.cash] = '1000'
  const bot = await Bot.open(exchange, { watchdog: { enabled: false } }, { instrument })
  await bot.order('in')
  if (exchange.options.market !== 'spot') {
    await bot.price('125')
    await bot.order('out', { side: 'SELL', reduceOnly: true })
  }
  const denied = (await bot.emitted('RISK_REJECTED')).map(({ text }) => text)
  return { dealt: exchange.dealt, denied, balances: bot.account.balances }
}

describe('a purchase on spot moves the assets that the venue names', () => {
  const bought = ([symbol, base, quote]: Row) => traded({ symbol, base, quote, balances: {} })
  const right = ([, base, quote]: Row) => ({
    dealt: ['in BUY 1'],
    denied: [],
    balances: { [base]: '1', [quote]: '900' },
  })

  it.each(SPOT)('of %s: %s and %s', async (...row) => {
    expect(await bought(row)).toEqual(right(row))
  })

  it.fails.each(OTHER_SPOT)('of %s: %s and %s', async (...row) => {
    expect(await bought(row)).toEqual(right(row))
  })
})

describe('a contract settles in the asset that the venue names', () => {
  const LINEAR = { market: 'usdm', base: 'BTC', quote: 'USDT', balances: {} } as const
  const INVERSE = { market: 'coinm', base: 'BTC', quote: 'USD', settle: 'BTC', balances: {} } as const
  const right = (asset: string, balance: string) => ({
    dealt: ['in BUY 1', 'out SELL 1'],
    denied: [],
    balances: { [asset]: balance },
  })
  /** One contract of 1 USD is worth 1/100 BTC at first, and 1/125 then. */
  const inverse = right('BTC', '1000.002')

  it('BTCUSDT: USDT', async () => {
    expect(await traded({ ...LINEAR, symbol: 'BTCUSDT' })).toEqual(right('USDT', '1025'))
  })

  it('BTCUSD_PERP where that is configured: BTC', async () => {
    expect(await traded({ ...INVERSE, symbol: 'BTCUSD_PERP' }, { settleAsset: 'BTC' })).toEqual(inverse)
  })

  it.fails('a dated one, BTCUSDT_240927: USDT', async () => {
    expect(await traded({ ...LINEAR, symbol: 'BTCUSDT_240927' })).toEqual(right('USDT', '1025'))
  })

  it.fails.each(['BTCUSD_PERP', 'BTCUSD_240927'])('an inverse one, %s: BTC', async (symbol) => {
    expect(await traded({ ...INVERSE, symbol })).toEqual(inverse)
  })
})

describe('a configuration takes a symbol as the venue lists it', () => {
  const problems = (symbol: string) => {
    const strategies = [{ id: 't', symbol, interval: '1s', orderQty: '1' }]
    const { error } = runnerConfig.safeParse({ instruments: [{ symbol }], strategies })
    return error?.issues ?? []
  }
  const live = (symbol: string, market: string) =>
    runnerConfig.safeParse({ market: { source: 'binance', symbols: [symbol], market } }).error?.issues ?? []

  it.each(['BTCUSDT', '1000PEPEUSDT', 'BTCUSD_PERP', 'BTCUSDT_240927', 'BTC-USDT', '币安人生USDT'])(
    '%s',
    (symbol) => {
      expect(problems(symbol)).toEqual([])
    },
  )

  it.fails('BTC/USDT:USDT', () => {
    expect(problems('BTC/USDT:USDT')).toEqual([])
  })

  it.each([
    ['BTCUSDT', 'spot'],
    ['BTCUSDT_240927', 'usdm'],
    ['BTCUSD_PERP', 'coinm'],
    ['币安人生USDT', 'spot'],
  ])('%s, live at %s', (symbol, market) => {
    expect(live(symbol, market)).toEqual([])
  })

  it.each(['btcusdt', 'BTC@USDT', 'BTC/USDT', 'BTC\u202eUSDT', ''])('but no other, live: %j', (symbol) => {
    expect(live(symbol, 'spot')).not.toEqual([])
  })
})

describe('a strategy on a dated contract whose settle asset is configured', () => {
  let own: string[]
  let ofPosition: (string | undefined)[]

  beforeAll(async () => {
    const exchange = new Exchange({ market: 'usdm', symbol: 'BTCUSDT_240927' })
    const strategy = { id: 't', type: 'emaCross', interval: '1s', orderQty: '1', fast: 2, slow: 4 }
    const bot = await Bot.open(
      exchange,
      { strategies: [{ ...strategy, symbol: 'BTCUSDT_240927' }], watchdog: { enabled: false } },
      { instrument: { settleAsset: 'USDT' } },
    )
    await bot.prices(...CROSS_UP, ...CROSS_DOWN)
    expect(exchange.dealt).toHaveLength(2)
    own = (await bot.emitted('TRADE_CYCLE_COMPLETED')).map(({ pnl }) => pnl)
    ofPosition = (await bot.emitted('POSITION_CLOSED')).map(({ tradePnl }) => tradePnl)
  })

  it('completes a trade, and closes a position', () => {
    expect([own.length, ofPosition.length]).toEqual([1, 1])
  })

  it("has the same PnL as the position's", () => {
    expect(own).toEqual(ofPosition)
  })
})

describe('a trailing stop at 0.15 % of the price', () => {
  const symbol = 'BTTCUSDT'
  let offset: Record<'large' | 'tiny' | 'unknown', string>

  /** Its distance, or why there is none, at a price that is 100 times `unit`. */
  const opened = async (unit: string, tickSize: string, instrument = {}) => {
    const px = decimal.multiply('100', unit)
    const lots = { lotSize: '1', minNotional: '0' }
    const exchange = new Exchange({ symbol, base: 'BTTC', px, tickSize, ...lots })
    const params = { interval: '1s', orderQty: '100000', fast: 2, slow: 4, trailingStopPct: 0.15 }
    const config = {
      strategies: [{ id: 't', type: 'emaCross', symbol, ...params }],
      watchdog: { enabled: false },
    }
    const bot = await Bot.open(exchange, config, { instrument })
    await bot.prices(...CROSS_UP.map((close) => decimal.multiply(close, unit)))
    expect(exchange.dealt[0]).toBe('binance:t-1-entry BUY 100000')
    const live = [...exchange.orders.values()].filter(isOpen)
    const stop = live.find(({ terms }) => terms.ordType === 'TRAILING_STOP')
    const denied = (await bot.emitted('RISK_REJECTED')).map(({ text }) => text)
    return stop?.terms.trailingOffset ?? denied.join()
  }

  beforeAll(async () => {
    offset = {
      large: await opened('0.0000006', '0.00000001'),
      tiny: await opened('0.000000006', '0.0000000001'),
      unknown: await opened('0.000000006', '0.0000000001', { tickSize: undefined }),
    }
  })

  it('is that far away at a tick of 1e-8', () => {
    expect(offset.large).toBe('0.00000009')
  })

  it('is that far away at a tick of 1e-10', () => {
    expect(offset.tiny).toBe('0.0000000009')
  })

  it('is away from the price where no tick is configured', () => {
    expect(offset.unknown).toMatch(/^0\.0*[1-9]\d*$/)
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBinanceMarket } from '../../src/adapters/binance/market.ts'
import type { MarketSource } from '../../src/adapters/market-source.ts'
import { createSimMarket } from '../../src/adapters/sim/sim.ts'
import { FakeBinance } from './fake-binance.ts'

const DAY_MS = 86_400_000
const ask = (market: MarketSource) => market.listing?.(new AbortController().signal)

describe('the listing of Binance', () => {
  let exchange: FakeBinance
  let urls: { wsUrl: string; restUrl: string }
  const open = (market: 'spot' | 'usdm', ...symbols: string[]) =>
    createBinanceMarket({ symbols, market, ...urls })

  beforeEach(async () => {
    exchange = new FakeBinance()
    urls = await exchange.start()
    exchange.listed = [{ symbol: 'XUSDT', firstDay: DAY_MS }, { symbol: 'YUSDT' }, { symbol: 'ZUSDT' }]
  })
  afterEach(() => exchange.stop())

  const facts = {
    status: 'TRADING',
    quoteAsset: 'USDT',
    quoteVolume24h: '1000',
    bid: '99.95',
    ask: '100.05',
  }
  const [x, y] = [
    { symbol: 'XUSDT', baseAsset: 'X', ...facts },
    { symbol: 'YUSDT', baseAsset: 'Y', ...facts },
  ]

  it('says of spot what it is asked for, and asks for the first day of each but once', async () => {
    const market = open('spot', 'XUSDT', 'YUSDT')
    expect(await ask(market)).toEqual([{ ...x, listedAt: DAY_MS }, y])
    const query = '?symbols=["XUSDT","YUSDT"]'
    const questions = [
      `/api/v3/exchangeInfo${query}`,
      `/api/v3/ticker/24hr${query}`,
      `/api/v3/ticker/bookTicker${query}`,
    ]
    const firstDayOf = (symbol: string) => `/api/v3/klines?symbol=${symbol}&interval=1d&startTime=0&limit=1`
    expect(exchange.questions.splice(0)).toEqual([...questions, firstDayOf('XUSDT'), firstDayOf('YUSDT')])
    await ask(market)
    // One without a day yet may have its first any time.
    expect(exchange.questions).toEqual([...questions, firstDayOf('YUSDT')])
  })

  it('says of futures when each came on board', async () => {
    exchange.listed = [
      { symbol: 'XUSDT', onboardDate: 5 * DAY_MS, status: 'SETTLING' },
      { symbol: 'STRANGER', onboardDate: -1 },
    ]
    expect(await ask(open('usdm', 'XUSDT', 'YUSDT'))).toEqual([
      { ...x, status: 'SETTLING', listedAt: 5 * DAY_MS },
    ])
    expect(exchange.questions).toEqual([
      '/fapi/v1/exchangeInfo',
      '/fapi/v1/ticker/24hr',
      '/fapi/v1/ticker/bookTicker',
    ])
  })

  it('leaves out what is not listed, though Binance refuses the question for it', async () => {
    expect(await ask(open('spot', 'XUSDT', 'GONEUSDT'))).toMatchObject([{ symbol: 'XUSDT' }])
    expect(await ask(open('spot', 'GONEUSDT'))).toEqual([])
    expect(await ask(open('usdm', 'GONEUSDT'))).toEqual([])
  })

  it('is no listing where anything was refused or is of another shape', async () => {
    exchange.isAway = true
    await expect(ask(open('spot', 'XUSDT'))).rejects.toThrow('the server answered 503: Service Unavailable')
    exchange.isAway = false
    exchange.listed = [{ symbol: 'XUSDT', quoteVolume: 'much' }]
    await expect(ask(open('spot', 'XUSDT'))).rejects.toThrow(
      "ticker/24hr is not of Binance's shape: quoteVolume: a decimal number as text",
    )
  })
})

describe('the listing of a simulated market', () => {
  it('has what is configured, and a tick on either side of the first price', async () => {
    const grid = { startPx: '100.00', tickSize: '0.05', lotSize: '1' }
    const symbols = [
      { symbol: 'XUSDT', ...grid, quoteVolume24h: '7', listedAt: 3 },
      { symbol: 'YBTC', ...grid },
    ]
    const market = createSimMarket({ seed: 1, ratePerSecond: 1, symbols })
    const prices = { bid: '99.95', ask: '100.05' }
    const trading = { status: 'TRADING', ...prices }
    expect(await ask(market)).toEqual([
      { symbol: 'XUSDT', baseAsset: 'X', quoteAsset: 'USDT', ...trading, quoteVolume24h: '7', listedAt: 3 },
      { symbol: 'YBTC', baseAsset: 'Y', quoteAsset: 'BTC', ...trading },
    ])
  })
})

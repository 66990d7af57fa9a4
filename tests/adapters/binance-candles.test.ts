import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { binance } from '../../src/adapters/binance/adapter.ts'

/** As Binance gives it: times, four prices, volume, and what nobody here asks for. */
const kline = (openAt: number, close: string, volume = '2.50000000'): unknown[] => [
  openAt,
  '100.00000000',
  '110.00000000',
  '90.00000000',
  close,
  volume,
  openAt + 59_999,
  '250',
  3,
  '1',
  '100',
  '0',
]

let server: Server
let answer: unknown
let asked: string[]
let status: number
const ask = (before: number, count = 2) => {
  const { port } = server.address() as AddressInfo
  const config = binance.config.parse({ symbols: ['BTCUSDT'], restUrl: `http://127.0.0.1:${port}` })
  const request = { symbol: 'BTCUSDT', interval: '1m', count, before }
  return binance.candles?.(config, request, new AbortController().signal)
}

beforeEach(async () => {
  asked = []
  status = 200
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(status).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

describe('candles of the past', () => {
  it('are those that had closed, the oldest first, as a symbol here makes them', async () => {
    answer = [kline(0, '95.50000000'), kline(60_000, '105'), kline(120_000, '100'), kline(180_000, '99')]
    const prices = { open: '100', high: '110', low: '90', volume: '2.5' }
    expect(await ask(185_000)).toEqual([
      { openAt: 60_000, closeAt: 119_999, ...prices, close: '105' },
      { openAt: 120_000, closeAt: 179_999, ...prices, close: '100' },
    ])
    expect(asked).toEqual(['/api/v3/klines?symbol=BTCUSDT&interval=1m&endTime=184999&limit=3'])
  })

  it('have none for an interval without a trade', async () => {
    answer = [kline(0, '100'), kline(60_000, '100', '0.00000000')]
    expect(await ask(185_000)).toMatchObject([{ openAt: 0 }])
  })

  it('are asked for once, however many are wanted', async () => {
    answer = []
    expect(await ask(185_000, 5_000)).toEqual([])
    expect(asked).toEqual([expect.stringContaining('limit=1000')])
  })

  it.each([
    ['a price of 0', [kline(0, '0')], 'a price above 0'],
    ['no price', [kline(0, 'NaN')], 'a price above 0'],
    ['a close above its high', [kline(0, '110.01')], 'between its low and its high'],
    ['a volume below 0', [kline(0, '100', '-1')], 'a quantity from 0'],
    ['times that go back', [kline(60_000, '100'), kline(0, '100')], 'in the order of their times'],
    ['something else', { code: 0 }, 'must be a list'],
  ])('are not believed with %s', async (_, wrong, rule) => {
    answer = wrong
    await expect(ask(185_000)).rejects.toThrow(rule)
  })

  it('say why they cannot be had', async () => {
    status = 400
    answer = { code: -1120, msg: 'Invalid interval.' }
    await expect(ask(185_000)).rejects.toThrow('the server answered 400: {"code":-1120')
  })
})

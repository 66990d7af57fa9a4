import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subscription } from 'rxjs'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBinanceMarket } from '../../src/adapters/binance/market.ts'
import type { BinanceMarketName } from '../../src/adapters/binance/markets.ts'
import type { MarketMessage } from '../../src/adapters/market-source.ts'
import { openRecording } from '../../src/adapters/recording/recording.ts'
import { eventually } from '../runtime/harness.ts'
import { FakeBinance } from './fake-binance.ts'

const depth = (U: number, u: number, bids: string[][] = []) =>
  JSON.stringify({
    stream: 'xusdt@depth@100ms',
    data: { e: 'depthUpdate', E: Date.now(), s: 'XUSDT', U, u, b: bids, a: [] },
  })
const trade = (t: number) =>
  JSON.stringify({
    stream: 'xusdt@trade',
    data: { e: 'trade', E: Date.now(), s: 'XUSDT', t, p: '10.50', q: '2.00', T: Date.now(), m: false },
  })

const folder = mkdtempSync(join(tmpdir(), 'outcry-binance-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the live market of Binance', () => {
  let exchange: FakeBinance
  let urls: { wsUrl: string; restUrl: string }
  let subscription: Subscription
  let warnings: string[]
  let messages: MarketMessage[]

  const open = (
    options: {
      silenceMs?: number
      after?: number
      market?: BinanceMarketName
      symbols?: string[]
      onRaw?: (json: string) => void
    } = {},
  ) => {
    const { after, ...rest } = options
    const onWarning = ({ reason }: { reason: string }) => void warnings.push(reason)
    const market = createBinanceMarket({ symbols: ['XUSDT'], market: 'spot', ...urls, ...rest, onWarning })
    subscription = market
      .open(after === undefined ? {} : { after })
      .subscribe((message) => messages.push(message))
    return market
  }
  const kinds = () => messages.map(({ event }) => (event.type === 'CONNECTION' ? event.status : event.type))

  beforeEach(async () => {
    exchange = new FakeBinance()
    urls = await exchange.start()
    warnings = []
    messages = []
  })
  afterEach(async () => {
    subscription.unsubscribe()
    await exchange.stop()
  })

  it('watches a symbol in any script', async () => {
    const symbol = '币安人生USDT'
    open({ symbols: [symbol] })
    const client = await exchange.client(0)
    const [, streams] = (exchange.paths[0] as string).split('=')
    expect(decodeURIComponent(streams as string)).toBe(
      '币安人生usdt@trade/币安人生usdt@bookTicker/币安人生usdt@depth@100ms',
    )
    client.send(trade(1).replaceAll('XUSDT', symbol).replaceAll('xusdt', '币安人生usdt'))
    await eventually(() => expect(kinds()).toEqual(['connected', 'TRADE']))
    client.send(
      depth(10, 11, [['9.5', '1']])
        .replaceAll('XUSDT', symbol)
        .replaceAll('xusdt', '币安人生usdt'),
    )
    await eventually(() => expect(kinds()).toContain('ORDER_BOOK'))
    expect([messages.every((message) => message.symbol === symbol), warnings]).toEqual([true, []])
  })

  it('subscribes to trades, quotes and depth, and goes on counting where it was', async () => {
    const market = open({ after: 41 })
    const client = await exchange.client(0)
    client.send(trade(1))
    await eventually(() => expect(kinds()).toEqual(['connected', 'TRADE']))
    expect(exchange.paths).toEqual(['/stream?streams=xusdt@trade/xusdt@bookTicker/xusdt@depth@100ms'])
    expect(messages.map(({ position }) => position)).toEqual([42, 43])
    expect(messages[1]).toMatchObject({
      venue: 'binance',
      symbol: 'XUSDT',
      event: { px: '10.5', qty: '2', aggressor: 'BUY' },
    })
    expect(market.counts).toEqual({ trade: 1 })
  })

  it('gives its raw messages, which play back as what it has said', async () => {
    const symbols = ['XUSDT', 'YUSDT']
    const lines: string[] = []
    open({ symbols, onRaw: (json) => void lines.push(`${Date.now()}000000 ${json}\n`) })
    const client = await exchange.client(0)
    const ofY = (json: string) => json.replaceAll('XUSDT', 'YUSDT').replaceAll('xusdt', 'yusdt')
    client.send(trade(1))
    client.send(depth(9, 12, [['9.5', '1']]))
    client.send(ofY(depth(9, 12, [['8.5', '1']])))
    await eventually(() => expect(kinds().filter((kind) => kind === 'ORDER_BOOK')).toHaveLength(2))
    const file = join(folder, 'capture.ws')
    writeFileSync(file, lines.join(''))
    const recording = await openRecording({ files: [file], venue: 'binance' })
    const played: MarketMessage[] = []
    await recording.open().forEach((message) => void played.push(message))
    const said = ({ symbol, event }: MarketMessage) => ({
      symbol,
      event: { ...event, at: 0, receivedNs: '' },
    })
    expect([played.map(said), recording.refused]).toEqual([messages.map(said), {}])
  })

  it('builds its book from a snapshot and what follows, and anew after a gap', async () => {
    open()
    const client = await exchange.client(0)
    client.send(depth(9, 12, [['9.5', '1']]))
    await eventually(() => expect(kinds()).toEqual(['connected', 'ORDER_BOOK']))
    expect(messages.at(-1)?.event).toMatchObject({
      updateId: 12,
      bids: [
        ['9.5', '1'],
        ['9', '1'],
      ],
    })
    exchange.snapshot = { lastUpdateId: 30, bids: [['8', '1']], asks: [['11', '1']] }
    client.send(depth(20, 21))
    await eventually(() => expect(kinds().slice(2)).toEqual(['resyncing', 'connected', 'ORDER_BOOK']))
    expect(messages.at(-1)?.event).toMatchObject({ updateId: 30, bids: [['8', '1']] })
  })

  it('of a quiet futures symbol asks for one snapshot, whose id is that of the update before', async () => {
    exchange.snapshot = { lastUpdateId: 1_000, bids: [['9', '1']], asks: [['11', '1']] }
    open({ market: 'usdm' })
    const client = await exchange.client(0)
    const update = (pu: number) => {
      const E = Date.now()
      const data = { e: 'depthUpdate', E, T: E, s: 'XUSDT', U: pu + 5, u: pu + 7, pu, b: [['9', '2']], a: [] }
      client.send(JSON.stringify({ stream: 'xusdt@depth@0ms', data }))
    }
    update(993)
    await eventually(() => expect(kinds()).toEqual(['connected', 'ORDER_BOOK']))
    for (let pu = 1_000; pu < 1_070; pu += 7) update(pu)
    await eventually(() =>
      expect(messages.at(-1)?.event).toMatchObject({ updateId: 1_070, bids: [['9', '2']] }),
    )
    expect([exchange.asked, kinds().filter((kind) => kind === 'resyncing')]).toEqual([1, []])
  })

  it('waits as long as it is told to when it asks for snapshots too often', async () => {
    exchange.answers = [{ status: 429, headers: { 'retry-after': '1' } }, { status: 500 }]
    open()
    const begun = Date.now()
    const client = await exchange.client(0)
    client.send(depth(9, 12))
    await eventually(() => expect(kinds()).toContain('ORDER_BOOK'))
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1_000)
    expect([exchange.asked, warnings]).toEqual([
      3,
      [expect.stringContaining('429'), expect.stringContaining('500')],
    ])
  })

  it('comes back when the connection is lost', async () => {
    open()
    const first = await exchange.client(0)
    first.send(trade(1))
    await eventually(() => expect(kinds()).toEqual(['connected', 'TRADE']))
    first.terminate()
    const second = await exchange.client(1)
    second.send(trade(2))
    await eventually(() =>
      expect(kinds()).toEqual(['connected', 'TRADE', 'disconnected', 'connected', 'TRADE']),
    )
  })

  it('takes a socket that says nothing for dead', async () => {
    open({ silenceMs: 100 })
    await exchange.client(2)
    expect(kinds().slice(0, 2)).toEqual(['disconnected', 'disconnected'])
    expect(warnings).toContain('the socket fell silent')
  })

  it('of futures tells of funding once it was due, at the rate that was told before', async () => {
    open({ market: 'usdm' })
    const client = await exchange.client(0)
    expect(exchange.paths[0]).toContain('xusdt@markPrice@1s')
    const now = Date.now()
    const markPrice = (r: string, T: number) => ({
      e: 'markPriceUpdate',
      E: now,
      s: 'XUSDT',
      p: '10.50',
      r,
      T,
    })
    const due = [
      markPrice('0.00010000', now),
      markPrice('0.00020000', now),
      markPrice('-0.00030000', now + 28_800_000),
    ]
    for (const data of due) client.send(JSON.stringify({ stream: 'xusdt@markPrice@1s', data }))
    await eventually(() => expect(kinds()).toEqual(['connected', 'FUNDING']))
    expect(messages[1]).toMatchObject({ symbol: 'XUSDT', event: { rate: '0.0002', px: '10.5' } })
  })

  it('counts what it refuses by its reason, and goes on', async () => {
    const market = open()
    const client = await exchange.client(0)
    for (const text of ['rubbish', '{"stream":"xusdt@trade","data":{"s":"XUSDT"}}', trade(1)])
      client.send(text)
    await eventually(() => expect(kinds()).toEqual(['connected', 'TRADE']))
    expect([market.counts, market.refused]).toEqual([{ trade: 1 }, { JSON: 1, SCHEMA: 1 }])
    expect(warnings).toHaveLength(2)
  })
})

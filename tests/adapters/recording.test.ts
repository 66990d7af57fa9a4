import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip, gzipSync } from 'node:zlib'
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs'
import { afterAll, describe, expect, it } from 'vitest'
import * as decimal from '../../machines/model/decimal.ts'
import type { MarketMessage } from '../../src/adapters/market-source.ts'
import { openRecording, SAMPLE } from '../../src/adapters/recording/recording.ts'
import { createSimMarket } from '../../src/adapters/sim/sim.ts'
import { type Capture, capture } from '../data/data.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-recording-'))
afterAll(() => rmSync(folder, { recursive: true }))

const play = async (files: string[], after = 0): Promise<MarketMessage[]> => {
  const market = await openRecording({ files })
  return lastValueFrom(market.open({ after }).pipe(toArray()), { defaultValue: [] })
}

/** Kinds counted by what their lines look like, apart from any decoder. */
async function countLines(file: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
    const kind = /@(trade|bookTicker|depth)/.exec(line)?.[1]
    const name = kind === undefined ? 'depthSnapshot' : kind === 'depth' ? 'depthUpdate' : kind
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

describe('a recording', () => {
  it.each<[Capture, string]>([
    ['binance-spot-btcusdt', 'binance:BTCUSDT'],
    ['binance-usdm-btcusdt', 'binance-usdm:BTCUSDT'],
  ])('%s is read whole, and its book never crosses', async (name, instrument) => {
    const file = capture(name)
    const market = await openRecording({ files: [file] })
    let books = 0
    let crossed = 0
    let last = 0
    let backwards = 0
    await new Promise<void>((resolve, reject) => {
      market.open().subscribe({
        next: ({ at, event }) => {
          if (at < last) backwards++
          last = at
          if (event.type !== 'ORDER_BOOK') return
          books++
          const [bid, ask] = [event.bids[0]?.[0], event.asks[0]?.[0]]
          if (bid !== undefined && ask !== undefined && decimal.compare(bid, ask) >= 0) crossed++
        },
        complete: resolve,
        error: reject,
      })
    })
    expect(market.counts).toEqual(await countLines(file))
    expect(market.instruments).toEqual([instrument])
    // Of nearly every update: only what comes before the snapshot makes none.
    expect(books).toBeGreaterThan(300)
    expect(books).toBeGreaterThan(0.95 * (market.counts.depthUpdate ?? 0))
    expect([crossed, backwards]).toEqual([0, 0])
  })

  it('goes on after a position exactly as if it had never stopped', async () => {
    const files = [capture('cryptofeed-binance')]
    const all = await play(files)
    expect(all.length).toBeGreaterThan(50)
    expect(await play(files, 40)).toEqual(all.slice(40))
    expect(all.map((m) => m.position)).toEqual(all.map((_, i) => i + 1))
  })

  it('counts and names a line that it cannot read, and goes on', async () => {
    const file = join(folder, 'binance-broken.ws')
    const trade =
      '{"stream":"x@trade","data":{"e":"trade","E":1700000000000,"s":"X","t":1,"p":"1.50","q":"2.00","T":1700000000000,"m":true}}'
    writeFileSync(
      file,
      `1700000000000000000 ${trade}\nrubbish\n1700000000000000000 {"stream":"x@trade","data":{"s":1}}\n`,
    )
    const warnings: number[] = []
    const market = await openRecording({ files: [file], onWarning: ({ line }) => warnings.push(line) })
    const messages = await lastValueFrom(market.open().pipe(toArray()))
    expect(messages.map(({ event }) => event)).toMatchObject([
      { type: 'CONNECTION' },
      { type: 'TRADE', px: '1.5', qty: '2', aggressor: 'SELL' },
    ])
    expect([market.counts, market.refused, warnings]).toEqual([{ trade: 1 }, { LINE: 1, SCHEMA: 1 }, [2, 3]])
  })

  it('passes over a line that is longer than any message, and does not keep it', async () => {
    const file = join(folder, 'long-line.ws.gz')
    const trade = (t: number) =>
      `1700000000000000000 ${JSON.stringify({ stream: 'x@trade', data: { e: 'trade', E: t, s: 'X', t, p: '1', q: '1', T: 1_700_000_000_000, m: true } })}\n`
    const endless = '7'.repeat(64 * 2 ** 20)
    writeFileSync(file, gzipSync(`${trade(1)}${endless}\n${trade(2)}${endless}`))
    const warnings: unknown[] = []
    const market = await openRecording({ files: [file], onWarning: (warning) => warnings.push(warning) })
    const messages = await lastValueFrom(market.open().pipe(toArray()))
    expect(messages.flatMap(({ event }) => (event.type === 'TRADE' ? [event.tradeId] : []))).toEqual([
      '1',
      '2',
    ])
    expect([market.refused, warnings]).toEqual([
      { LINE: 2 },
      [{ file, line: 2, reason: 'it is longer than any message' }],
    ])
  })

  it('may have been through an editor: its lines end as those of Windows, or have U+2028 in them', async () => {
    const file = join(folder, 'windows.ws')
    const trade = (t: number, more: object) =>
      `1700000000000000000 ${JSON.stringify({ stream: 'x@trade', data: { e: 'trade', E: t, s: 'X', t, p: '1', q: '1', T: 1_700_000_000_000, m: true, ...more } })}\r\n`
    writeFileSync(file, `${trade(1, {})}\r\n${trade(2, { note: '\u2028' })}`)
    const market = await openRecording({ files: [file] })
    const messages = await lastValueFrom(market.open().pipe(toArray()))
    expect(messages.map(({ event }) => event.type)).toEqual(['CONNECTION', 'TRADE', 'TRADE'])
    expect(market.refused).toEqual({})
  })

  it('that is cut short, missing, empty or of an unknown venue is refused by name', async () => {
    const cut = join(folder, 'binance-cut.ws.gz')
    writeFileSync(cut, Buffer.from([0x1f, 0x8b, 8, 0]))
    const other = join(folder, 'other.ws')
    writeFileSync(other, '')
    const empty = join(folder, 'binance-empty.ws')
    writeFileSync(empty, '')
    for (const file of [cut, other, empty, join(folder, 'binance-none.ws')]) {
      await expect(openRecording({ files: [file] }), file).rejects.toMatchObject({
        code: 'RECORDING_UNREADABLE',
      })
    }
    await expect(openRecording({ files: [cut] })).rejects.toMatchObject({
      hint: expect.stringContaining('take what is whole with gzip -dc'),
    })
  })

  it('of another exchange is refused by name, also among others, and so is what is no file', async () => {
    const coinbase = join(folder, 'coinbase.ws')
    const update = { type: 'l2update', product_id: 'BTC-USD', changes: [['buy', '1', '2']] }
    writeFileSync(
      coinbase,
      `wss://ws-feed.pro.coinbase.com <-> 1618677816.8\n1618677817.5: ${JSON.stringify(update)}\n`,
    )
    const kraken = join(folder, 'kraken.ws')
    writeFileSync(kraken, '1618678133.25: [336,{"as":[["1","2","1618678133.1"]]},"book-10","XBT/USD"]\n')
    const plain = join(folder, 'plain.ws.gz')
    writeFileSync(plain, `1700000000000000000 {}\n`)
    for (const [file, hint] of [
      [coinbase, 'of other exchanges'],
      [kraken, 'of other exchanges'],
      [folder, 'name its files'],
      [plain, 'no gzip file'],
    ] as const) {
      await expect(openRecording({ files: [...SAMPLE, file] }), file).rejects.toMatchObject({
        code: 'RECORDING_UNREADABLE',
        message: expect.stringContaining(file),
        hint: expect.stringContaining(hint),
      })
    }
  })

  it('of a quiet hour, with nothing but answers, is played among others', async () => {
    const quiet = join(folder, 'quiet.ws')
    writeFileSync(quiet, `1700000000000000000 ${JSON.stringify({ result: null, id: 1 })}\n`)
    const { instruments } = await openRecording({ files: [...SAMPLE, quiet] })
    expect(instruments).toEqual(['binance:BTCUSDT', 'binance:ETHUSDT'])
  })

  it('knows all symbols of all its files before it begins, at the venue that is configured', async () => {
    const trade = (s: string, at: number, more: object = {}) =>
      `${at}000000 ${JSON.stringify({ stream: `${s.toLowerCase()}@trade`, data: { e: 'trade', E: at, s, t: at, p: '1', q: '1', T: at, m: true, ...more } })}\n`
    const one = join(folder, 'one.ws')
    const two = join(folder, 'two.ws')
    writeFileSync(one, trade('AUSDT', 1_700_000_000_000) + trade('BUSDT', 1_700_000_001_000))
    writeFileSync(two, trade('BUSD_PERP', 1_700_000_000_500))
    const venues = ['binance', 'binance-usdm', 'binance-coinm']
    for (const venue of venues) {
      const { instruments } = await openRecording({ files: [one, two], venue })
      expect(instruments).toEqual(['AUSDT', 'BUSDT', 'BUSD_PERP'].map((symbol) => `${venue}:${symbol}`))
    }
    writeFileSync(two, trade('BUSDT', 1_700_000_000_500, { X: 'MARKET' }))
    for (const venue of ['binance', 'kraken'])
      await expect(openRecording({ files: [one, two], venue })).rejects.toMatchObject({
        code: 'RECORDING_UNREADABLE',
        hint: expect.stringContaining('market.venue'),
      })
  })

  it('keeps the nanoseconds of receipt, and merges by them', async () => {
    const files = ['x', 'y'].map((name) => join(folder, `${name}.ws`))
    const at = 1_700_000_000_000
    for (const [i, file] of files.entries()) {
      const data = { e: 'trade', E: at, s: 'AUSDT', p: '1', q: '1', T: at, m: true }
      const lines = [3 - i, 6 - i].map(
        (ns) => `${at}00000${ns} ${JSON.stringify({ stream: 'ausdt@trade', data: { ...data, t: ns } })}\n`,
      )
      writeFileSync(file, lines.join(''))
    }
    const trades = (await play(files)).flatMap(({ event }) => (event.type === 'TRADE' ? [event] : []))
    expect(trades.map(({ receivedNs, eventAt }) => [receivedNs, eventAt])).toEqual(
      ['2', '3', '5', '6'].map((ns) => [`${at}00000${ns}`, at]),
    )
  })

  it('that was recorded twice counts once', async () => {
    const file = capture('binance-spot-btcusdt')
    const [once, twice] = [
      await openRecording({ files: [file] }),
      await openRecording({ files: [file, file] }),
    ]
    const events = async (market: typeof once) =>
      (await lastValueFrom(market.open().pipe(toArray()))).flatMap(({ event }) =>
        event.type === 'TRADE' || event.type === 'ORDER_BOOK' ? [event] : [],
      )
    expect(await events(twice)).toEqual(await events(once))
    expect(twice.refused).toEqual({ REPEATED: once.counts.trade, SNAPSHOT: 1 })
  })

  it('waits for whoever paces it', async () => {
    const market = await openRecording({ files: [capture('cryptofeed-binance')] })
    let open: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    let seen = 0
    const done = lastValueFrom(
      market.open({ pace: ({ position }) => (position === 3 ? gate : undefined) }).pipe(toArray()),
    )
    market.open({ pace: () => undefined })
    await new Promise((resolve) => setTimeout(resolve, 50))
    open()
    seen = (await done).length
    expect(seen).toBeGreaterThan(50)
  })
})

describe('the simulated market', () => {
  const options = {
    seed: 7,
    symbols: [
      { symbol: 'AUSDT', startPx: '100.00', tickSize: '0.01', lotSize: '0.001' },
      { symbol: 'BUSDT', startPx: '5', tickSize: '1', lotSize: '1' },
    ],
    ratePerSecond: 50,
    startAt: 1_000_000,
    durationMs: 60_000,
  }
  const all = (after = 0, seed = 7) =>
    lastValueFrom(
      createSimMarket({ ...options, seed })
        .open({ after })
        .pipe(toArray()),
    )

  it('is the same at every run, another for another seed, and goes on where it was', async () => {
    const first = await all()
    expect(first).toHaveLength(6_000)
    expect(await all()).toEqual(first)
    expect(await all(2_500)).toEqual(first.slice(2_500))
    expect(await all(0, 8)).not.toEqual(first)
  })

  it('has prices on the grid, and never a bid at or above the ask', async () => {
    for (const { event } of await all()) {
      if (event.type === 'QUOTE') expect(decimal.compare(event.bid, event.ask)).toBeLessThan(0)
      if (event.type === 'TRADE') expect(event.px).toMatch(/^\d+(\.\d{1,2})?$/)
    }
  })

  it('begins in the present when no time is given', async () => {
    const { startAt: _, ...live } = options
    const before = Date.now()
    const message = await firstValueFrom(createSimMarket(live).open({ after: 1_000 }))
    expect(message.position).toBe(1_001)
    expect(message.at).toBeGreaterThanOrEqual(before - 1)
  })
})

/** Each capture as the product reads it, held against an independent reading. RECORDINGS names a folder of whole ones. */
import { lastValueFrom, toArray } from 'rxjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import type { Candle } from '../../machines/index.ts'
import { symbolMachine } from '../../machines/market/symbol.ts'
import type { MarketMessage, MarketSource } from '../../src/adapters/market-source.ts'
import { openRecording } from '../../src/adapters/recording/recording.ts'
import { type Capture, capture } from '../data/data.ts'
import { type Reading, readingOf, type Top, units } from './market-reading.ts'

const CAPTURES: readonly (readonly [Capture, venue: string])[] = [
  ['binance-spot-btcusdt', 'binance'],
  ['binance-spot-ethusdt', 'binance'],
  ['binance-usdm-btcusdt', 'binance-usdm'],
  ['cryptofeed-binance', 'binance'],
  ['cryptofeed-binance-futures', 'binance-usdm'],
]

describe.each(CAPTURES)('%s', (name, venue) => {
  let reading: Reading
  let market: MarketSource
  let messages: MarketMessage[]

  beforeAll(async () => {
    const file = capture(name)
    reading = readingOf(file)
    // The venue is not told: the messages say which it is.
    market = await openRecording({ files: [file] })
    messages = await lastValueFrom(market.open().pipe(toArray()))
  }, 120_000)

  it('has all that is in it, and nothing is refused', () => {
    expect(Object.keys(reading.counts).length).toBeGreaterThan(2)
    expect([market.counts, market.refused]).toEqual([reading.counts, {}])
    expect(new Set(messages.map((message) => message.venue))).toEqual(new Set([venue]))
  })

  it("has the exchange's own candles, by the second", () => {
    const symbols = [...reading.klines.keys()]
    expect(symbols.length).toBeGreaterThan(0)
    for (const symbol of symbols) {
      const klines = reading.klines.get(symbol) ?? []
      // The last one is open.
      expect(candlesOf(symbol, messages)).toEqual(klines.slice(0, -1))
    }
  })

  it('has the right book after each update', () => {
    for (const [symbol, tops] of reading.books) {
      const books = messages.flatMap(({ symbol: of, event }): Top[] => {
        if (of !== symbol || event.type !== 'ORDER_BOOK') return []
        const { updateId, bids, asks } = event
        return [{ updateId, bids, asks }]
      })
      expect(books.length).toBeGreaterThanOrEqual(tops.length)
      // Before that there is what the snapshot says.
      expect(books.slice(books.length - tops.length)).toEqual(tops)
    }
    const isWhole = name.startsWith('binance-')
    const symbols = [...reading.books.keys()]
    expect(symbols.some((symbol) => (reading.books.get(symbol) ?? []).length > 0)).toBe(isWhole)
    // No snapshot is in what cryptofeed recorded: no book is shown, and none has broken.
    const resyncing = messages.filter(
      ({ event }) => event.type === 'CONNECTION' && event.status === 'resyncing',
    )
    expect(isWhole || resyncing.length === 0).toBe(true)
    expect(new Set(resyncing.map(({ symbol }) => symbol)).size).toBe(resyncing.length)
  })
})

/** What the symbol's machine makes of the trades. */
function candlesOf(symbol: string, messages: readonly MarketMessage[]) {
  const input = { venue: 'any', symbol, intervals: ['1s'], staleAfterMs: 1_000_000 }
  const actor = createActor(symbolMachine, { input }).start()
  const candles: Candle[] = []
  actor.on('CANDLE_CLOSE', ({ candle }) => candles.push(candle))
  for (const { symbol: of, event } of messages) if (of === symbol && event.type === 'TRADE') actor.send(event)
  actor.stop()
  return candles.map(({ openAt, open, high, low, close, volume }) => ({
    openAt,
    open,
    high,
    low,
    close,
    volume: units(volume),
  }))
}

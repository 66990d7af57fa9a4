import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ExecutionReport, MarketEvent, Quote, Trade } from '../../../machines/index.ts'
import type { MarketMessage } from '../../../src/adapters/market-source.ts'
import { openPaperVenue } from '../../../src/adapters/paper/paper-venue.ts'
import { capture } from '../../data/data.ts'
import { header, message, OPTIONS, order, type Terms } from './desk.ts'

const RECORDING = capture('binance-spot-btcusdt')
/** Market messages between two orders. */
const EVERY = 40
const NS_DIGITS_OF_MS = 6

/** A fill, and what the market was when it was made. */
interface Witnessed {
  readonly fill: ExecutionReport
  readonly order: Terms
  readonly quote: Quote
  /** The message that made it, if one did, and not the arrival of its order. */
  readonly by: MarketMessage | undefined
}

async function* messages(): AsyncGenerator<MarketMessage> {
  let position = 0
  for await (const line of createInterface({ input: createReadStream(RECORDING).pipe(createGunzip()) })) {
    const space = line.indexOf(' ')
    const at = Number(line.slice(0, space - NS_DIGITS_OF_MS))
    const { stream = '', data } = JSON.parse(line.slice(space + 1))
    const event = stream.endsWith('@trade') ? tradeOf(data, at) : quoteOf(data, at)
    if (stream.endsWith('@trade') || stream.endsWith('@bookTicker')) yield message(++position, event)
  }
}

const tradeOf = (data: Record<string, string>, at: number): MarketEvent => ({
  type: 'TRADE',
  at,
  tradeId: String(data?.t),
  px: data?.p ?? '',
  qty: data?.q ?? '',
  aggressor: data?.m ? 'SELL' : 'BUY',
})
const quoteOf = (data: Record<string, string>, at: number): MarketEvent => ({
  type: 'QUOTE',
  at,
  bid: data?.b ?? '',
  bidSize: data?.B ?? '',
  ask: data?.a ?? '',
  askSize: data?.A ?? '',
})

/** In units of 1e-18: arithmetic that owes nothing to the code under test. */
function units(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(18, '0'))
}

/** Every kind of order in turn, at prices that the market may reach. */
function scripted(n: number, { bid, ask }: Quote): Terms {
  const side = n % 2 === 0 ? 'BUY' : 'SELL'
  const near = Number(side === 'BUY' ? bid : ask)
  const away = side === 'BUY' ? -1 : 1
  const terms: Partial<Terms>[] = [
    { ordType: 'MARKET', orderQty: '0.05' },
    { ordType: 'LIMIT', orderQty: '0.2', price: near.toFixed(2) },
    { ordType: 'LIMIT', orderQty: '0.3', price: (near + away * 5).toFixed(2) },
    { ordType: 'STOP', orderQty: '0.1', stopPx: (near - away * 8).toFixed(2) },
    { ordType: 'MARKET', orderQty: '40', timeInForce: 'IOC' },
    { ordType: 'LIMIT', orderQty: '0.01', price: (near - away * 3).toFixed(2), timeInForce: 'FOK' },
    { ordType: 'MARKET', orderQty: '25' },
  ]
  return order({ side, ...terms[Math.floor(n / 2) % terms.length] })
}

describe('scripted orders in a recorded market', () => {
  const witnessed: Witnessed[] = []
  const reports: ExecutionReport[] = []
  const ends: { readonly cumQty: string; readonly clOrdId: string }[] = []

  beforeAll(async () => {
    const venue = await openPaperVenue(OPTIONS)
    const placed = new Map<string, Terms>()
    let quote: Quote | undefined
    let read = 0
    let sinceLast = 0
    const witness = async (by: MarketMessage | undefined) => {
      if (!venue.dirty) return
      await venue.flush()
      for (const { report } of venue.reportsAfter(read)) {
        read++
        if (report.type !== 'EXECUTION_REPORT') continue
        reports.push(report)
        if (report.execType !== 'TRADE') continue
        witnessed.push({
          fill: report,
          order: placed.get(report.clOrdId) as Terms,
          quote: quote as Quote,
          by,
        })
      }
    }
    for await (const next of messages()) {
      venue.advance(next.at)
      await witness(undefined)
      if (next.event.type === 'QUOTE') quote = next.event
      venue.onMarket(next)
      await witness(next)
      if (quote === undefined || ++sinceLast < EVERY) continue
      sinceLast = 0
      const clOrdId = `o${placed.size}`
      placed.set(clOrdId, scripted(placed.size, quote))
      venue.place({ ...(placed.get(clOrdId) as Terms), ...header(clOrdId, next.at) })
      if (placed.size % 9 === 0)
        venue.cancel({
          type: 'CANCEL_ORDER',
          origClOrdId: `o${placed.size - 6}`,
          ...header(`k${placed.size}`, next.at),
        })
    }
    for (const clOrdId of placed.keys()) {
      const { cumQty = '0' } = venue.status(clOrdId) ?? {}
      ends.push({ clOrdId, cumQty })
    }
    await venue.close()
  })

  const of = (liquidity: 'MAKER' | 'TAKER') => witnessed.filter(({ fill }) => fill.liquidity === liquidity)

  it('are filled in every way', () => {
    expect(of('TAKER').length).toBeGreaterThan(300)
    expect(of('MAKER').filter(({ by }) => by?.event.type === 'TRADE').length).toBeGreaterThan(30)
    const kinds = new Set(reports.map(({ execType }) => execType))
    expect([...kinds].sort()).toEqual(['CANCELED', 'NEW', 'TRADE', 'TRIGGERED'])
  })

  it('take at the price that was quoted just then, and together no more than was', () => {
    const takenOf = new Map<Quote, Record<string, bigint>>()
    for (const { fill, quote } of of('TAKER')) {
      const [px, size] = fill.side === 'BUY' ? [quote.ask, quote.askSize] : [quote.bid, quote.bidSize]
      expect(fill.lastPx).toBe(px)
      const taken = takenOf.get(quote) ?? {}
      taken[fill.side] = (taken[fill.side] ?? 0n) + units(fill.lastQty ?? '')
      takenOf.set(quote, taken)
      expect(taken[fill.side]).toBeLessThanOrEqual(units(size))
    }
  })

  it('are made at their own price, which the market was at or beyond', () => {
    for (const { fill, order: placed, quote, by } of of('MAKER')) {
      expect(fill.lastPx).toBe(placed.price)
      const crossing = fill.side === 'BUY' ? quote.ask : quote.bid
      const reached = by?.event.type === 'TRADE' ? by.event.px : crossing
      const [low, high] = fill.side === 'BUY' ? [reached, fill.lastPx] : [fill.lastPx, reached]
      expect(units(low ?? '')).toBeLessThanOrEqual(units(high ?? ''))
    }
  })

  it('get no more of a trade than it was', () => {
    const madeOf = new Map<Trade, bigint>()
    for (const { fill, by } of of('MAKER')) {
      if (by?.event.type !== 'TRADE') continue
      const made = (madeOf.get(by.event) ?? 0n) + units(fill.lastQty ?? '')
      madeOf.set(by.event, made)
      expect(made).toBeLessThanOrEqual(units(by.event.qty))
    }
  })

  it('never trade beyond their limit', () => {
    for (const { fill, order: placed } of witnessed) {
      if (placed.ordType !== 'LIMIT') continue
      const [low, high] = fill.side === 'BUY' ? [fill.lastPx, placed.price] : [placed.price, fill.lastPx]
      expect(units(low ?? '')).toBeLessThanOrEqual(units(high ?? ''))
    }
  })

  it('have the whole quantity either filled or left, as long as they work', () => {
    const filled = new Map<string, bigint>()
    for (const { clOrdId, execType, lastQty, cumQty, leavesQty, orderQty, ordStatus } of reports) {
      const sum = (filled.get(clOrdId) ?? 0n) + (execType === 'TRADE' ? units(lastQty ?? '') : 0n)
      filled.set(clOrdId, sum)
      expect(units(cumQty)).toBe(sum)
      expect(units(leavesQty)).toBe(ordStatus === 'CANCELED' ? 0n : units(orderQty) - sum)
    }
    for (const { clOrdId, cumQty } of ends) expect(units(cumQty)).toBe(filled.get(clOrdId) ?? 0n)
  })

  it('pay the exact fee for each fill', () => {
    const one = units('1')
    for (const { fill } of witnessed) {
      const { lastPx = '', lastQty = '', commission = '', liquidity } = fill
      const fee = liquidity === 'MAKER' ? OPTIONS.makerFee : OPTIONS.takerFee
      expect(units(commission) * one * one).toBe(units(lastPx) * units(lastQty) * units(fee))
      expect(fill.commissionAsset).toBe('USDT')
    }
  })
})

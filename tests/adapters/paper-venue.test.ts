import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { ExecutionReport, MarketEvent, PlaceOrder } from '../../machines/index.ts'
import * as decimal from '../../machines/model/decimal.ts'
import type { MarketMessage } from '../../src/adapters/market-source.ts'
import { openPaperVenue } from '../../src/adapters/paper/paper-venue.ts'
import type { PaperVenue } from '../../src/adapters/paper/venue.ts'
import type { VenueReport } from '../../src/adapters/venue.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-venue-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const folder = () => join(root, String(++folders))

const OPTIONS = { name: 'paper', takerFee: '0.001', makerFee: '0.0005', latencyMs: 10 }
const SYMBOL = 'BTCUSDT'

const quote = (at: number, bid: string, ask: string, size = '1'): MarketEvent => ({
  type: 'QUOTE',
  at,
  bid,
  bidSize: size,
  ask,
  askSize: size,
})
const trade = (at: number, px: string, qty: string, aggressor: 'BUY' | 'SELL'): MarketEvent => ({
  type: 'TRADE',
  at,
  tradeId: `t${at}`,
  px,
  qty,
  aggressor,
})
const message = (position: number, event: MarketEvent): MarketMessage => ({
  position,
  at: event.at,
  venue: 'paper',
  symbol: SYMBOL,
  event,
})
const order = (id: string, at: number, terms: Partial<PlaceOrder> = {}) => ({
  type: 'PLACE_ORDER' as const,
  symbol: SYMBOL,
  side: 'BUY' as const,
  ordType: 'MARKET' as const,
  orderQty: '1',
  timeInForce: 'GTC' as const,
  ...terms,
  clOrdId: id,
  actor: `order/${id}`,
  at,
  ref: { seq: 1, correlation: 'c-1', intent: id },
})

type Act = (venue: PaperVenue) => void
const market = (...events: MarketEvent[]): Act[] =>
  events.map((event, i) => (venue) => venue.onMarket(message(i + 1, event)))

async function reportsOf(acts: readonly Act[]): Promise<readonly VenueReport[]> {
  const venue = await openPaperVenue({ ...OPTIONS, location: undefined })
  for (const act of acts) act(venue)
  await venue.flush()
  const reports = venue.reportsAfter(0)
  await venue.close()
  return reports
}

const story = (reports: readonly VenueReport[]) =>
  reports.map(({ report }) => {
    if (report.type !== 'EXECUTION_REPORT') return 'CANCEL_REJECT'
    const { execType, lastQty, lastPx, liquidity } = report
    return lastQty === undefined ? execType : `${execType} ${lastQty}@${lastPx} ${liquidity}`
  })

describe('the paper venue', () => {
  const open = quote(100, '99', '101')
  const place =
    (terms: Partial<PlaceOrder>): Act =>
    (v) =>
      v.place(order('a', 100, terms))
  const see =
    (position: number, event: MarketEvent): Act =>
    (v) =>
      v.onMarket(message(position, event))
  const start = see(1, open)

  it.each<[string, Act[], string[]]>([
    [
      'takes a market order from what is shown',
      [start, place({}), see(2, quote(200, '99', '101'))],
      ['NEW', 'TRADE 1@101 TAKER'],
    ],
    [
      'fills the rest of a market order from what is shown next, and no quantity twice',
      [
        start,
        place({ orderQty: '1.5' }),
        see(2, trade(200, '100', '1', 'BUY')),
        see(3, quote(300, '99', '102')),
      ],
      ['NEW', 'TRADE 1@101 TAKER', 'TRADE 0.5@102 TAKER'],
    ],
    [
      'lets a limit order rest behind what was there before, and fills it from what trades',
      [
        start,
        place({ ordType: 'LIMIT', price: '99', orderQty: '2' }),
        see(2, trade(200, '99', '0.4', 'SELL')),
        see(3, trade(300, '99', '1', 'SELL')),
        see(4, trade(400, '98', '5', 'SELL')),
      ],
      ['NEW', 'TRADE 0.4@99 MAKER', 'TRADE 1.6@99 MAKER'],
    ],
    [
      'never fills a limit order beyond its price',
      [start, place({ ordType: 'LIMIT', price: '98' }), see(2, quote(200, '99', '100'))],
      ['NEW'],
    ],
    [
      'triggers a stop at its price',
      [
        start,
        place({ ordType: 'STOP', stopPx: '103' }),
        see(2, trade(200, '102', '1', 'BUY')),
        see(3, quote(250, '103', '104')),
        see(4, trade(300, '103', '1', 'BUY')),
      ],
      ['NEW', 'TRIGGERED', 'TRADE 1@104 TAKER'],
    ],
    [
      'cancels what an IOC could not take',
      [start, place({ orderQty: '3', timeInForce: 'IOC' }), (v) => v.advance(200)],
      ['NEW', 'TRADE 1@101 TAKER', 'CANCELED'],
    ],
    [
      'fills FOK whole or not at all',
      [start, place({ orderQty: '3', timeInForce: 'FOK' }), (v) => v.advance(200)],
      ['NEW', 'CANCELED'],
    ],
    ['rejects an unknown symbol', [place({}), (v) => v.advance(200)], ['REJECTED']],
    [
      'rejects a limit order without a price',
      [start, place({ ordType: 'LIMIT' }), (v) => v.advance(200)],
      ['REJECTED'],
    ],
    [
      'takes the same order once',
      [start, place({}), place({}), (v) => v.advance(200), place({}), (v) => v.advance(300)],
      ['NEW', 'TRADE 1@101 TAKER'],
    ],
  ])('%s', async (_, acts, expected) => {
    expect(story(await reportsOf(acts))).toEqual(expected)
  })

  it('cancels what is open, and rejects the cancel of what is not', async () => {
    const cancel =
      (id: string, at: number): Act =>
      (v) =>
        v.cancel({
          type: 'CANCEL_ORDER',
          clOrdId: id,
          origClOrdId: 'a',
          actor: 'order/a',
          at,
          ref: { seq: 1, correlation: 'c', intent: id },
        })
    const acts = [
      start,
      place({ ordType: 'LIMIT', price: '90' }),
      (v: PaperVenue) => v.advance(120),
      cancel('x', 130),
      cancel('x', 130),
      (v: PaperVenue) => v.advance(150),
      cancel('y', 160),
      (v: PaperVenue) => v.advance(190),
    ]
    const reports = await reportsOf(acts)
    expect(story(reports)).toEqual(['NEW', 'CANCELED', 'CANCEL_REJECT'])
    expect(reports.map(({ completes }) => completes)).toEqual(['a', 'x', 'y'])
  })

  it('answers about what it has accepted, and charges fees to the last digit', async () => {
    const venue = await openPaperVenue({ ...OPTIONS, location: undefined })
    for (const act of [start, place({})]) act(venue)
    expect(venue.status('a')).toMatchObject({ ordStatus: 'PENDING_NEW' })
    venue.advance(110)
    expect(venue.reportsAfter(0)).toEqual([])
    await venue.flush()
    expect(venue.status('a')).toMatchObject({ ordStatus: 'FILLED', cumQty: '1', avgPx: '101' })
    expect(venue.status('b')).toBeUndefined()
    const [fill] = venue.movementsSince(0)
    expect(fill).toMatchObject({ at: 120, report: { at: 110, commission: '0.101', commissionAsset: 'USDT' } })
    await venue.close()
  })

  it('killed anywhere and fed the same again, ends as if it never had been', async () => {
    const price = fc.integer({ min: 95, max: 105 })
    const step = fc.oneof(
      fc.record({ kind: fc.constant('quote' as const), px: price }),
      fc.record({ kind: fc.constant('trade' as const), px: price, sell: fc.boolean() }),
      fc.record({
        kind: fc.constant('order' as const),
        px: price,
        type: fc.constantFrom('MARKET' as const, 'LIMIT' as const, 'STOP' as const),
        sell: fc.boolean(),
      }),
      fc.constant({ kind: 'flush' as const }),
    )
    type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
    const perform = async (venue: PaperVenue, steps: readonly Step[]) => {
      let position = 0
      for (const [i, s] of steps.entries()) {
        const at = 1_000 + i * 7
        if (s.kind === 'flush') await venue.flush()
        else if (s.kind === 'order') {
          const side = s.sell ? ('SELL' as const) : ('BUY' as const)
          venue.place(
            order(`o${i}`, at, {
              side,
              ordType: s.type,
              orderQty: '1.5',
              price: String(s.px),
              stopPx: String(s.px),
            }),
          )
          // The runner feeds no more before what it asked for is durable.
          await venue.flush()
        } else {
          const event =
            s.kind === 'quote'
              ? quote(at, String(s.px), String(s.px + 1))
              : trade(at, String(s.px), '1', s.sell ? 'SELL' : 'BUY')
          venue.onMarket(message(++position, event))
        }
      }
      await venue.flush()
    }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat({ max: 30 }), async (steps, killedAt) => {
        const [whole, broken, restored] = [folder(), folder(), folder()]
        const reference = await openPaperVenue({ ...OPTIONS, location: whole })
        await perform(reference, steps)
        const first = await openPaperVenue({ ...OPTIONS, location: broken })
        let position = 0
        for (const s of steps.slice(0, killedAt)) if (s.kind === 'quote' || s.kind === 'trade') position++
        await perform(first, steps.slice(0, killedAt))
        // What was not flushed is lost with the process: here, some market messages that changed no order.
        cpSync(broken, restored, { recursive: true })
        const second = await openPaperVenue({ ...OPTIONS, location: restored })
        expect(second.marketPosition).toBeLessThanOrEqual(position)
        await perform(second, steps)
        expect(second.reportsAfter(0)).toEqual(reference.reportsAfter(0))
        expect(second.openOrders()).toEqual(reference.openOrders())
        for (const venue of [reference, first, second]) await venue.close()
      }),
      { numRuns: 40 },
    )
  })

  it('keeps its own books straight', async () => {
    const events = Array.from({ length: 300 }, (_, i) =>
      i % 3 === 0
        ? trade(1_000 + i, String(100 + ((i * 7) % 5)), '0.7', i % 2 ? 'BUY' : 'SELL')
        : quote(1_000 + i, String(98 + ((i * 5) % 6)), String(99 + ((i * 5) % 6))),
    )
    const acts = market(...events).flatMap((act, i) =>
      i % 20 === 5
        ? [
            act,
            (v: PaperVenue) =>
              v.place(
                order(`o${i}`, 1_000 + i, {
                  orderQty: '2',
                  ordType: i % 40 === 5 ? 'LIMIT' : 'MARKET',
                  price: '100',
                }),
              ),
          ]
        : [act],
    )
    const reports = (await reportsOf(acts)).map(({ report }) => report as ExecutionReport)
    expect(reports.length).toBeGreaterThan(30)
    for (const r of reports) expect(decimal.add(r.cumQty, r.leavesQty)).toBe('2')
  })
})

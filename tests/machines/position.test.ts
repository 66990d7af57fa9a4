import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createActor, createMachine } from 'xstate'
import { addTrade, type Candle, type Fill, type PositionChanged } from '../../machines/index.ts'
import { type Contract, contractValue, SPOT } from '../../machines/model/contract.ts'
import * as decimal from '../../machines/model/decimal.ts'
import {
  applyBust,
  applyFill,
  avgPxOf,
  booksAfter,
  booksAfterDeal,
  fundingOf,
  NO_BOOKS,
  netPnl,
  unrealizedPnl,
} from '../../machines/position/books.ts'
import { positionMachine } from '../../machines/position/position.ts'
import { howMany, SEED } from '../seeded.ts'

const FLAT = NO_BOOKS
const deal = (side: 'BUY' | 'SELL', lastQty: string, lastPx: string, commission = '0') => ({
  side,
  lastQty,
  lastPx,
  commission,
  commissionAsset: 'USDT',
})

const amount = fc.integer({ min: 1, max: 1_000_000 }).map((n) => decimal.divide(String(n), '1000'))
const fills = fc.array(
  fc.record({
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    lastQty: amount,
    lastPx: amount,
    commission: amount,
    commissionAsset: fc.constantFrom('USDT', 'BNB'),
  }),
  { minLength: 1, maxLength: 40 },
)

describe('a position', () => {
  it.each([
    ['opens', [deal('BUY', '2', '100')], 'opened', '2', '100', '0'],
    [
      'grows at the average of what was paid',
      [deal('BUY', '2', '100'), deal('BUY', '2', '110')],
      'updated',
      '4',
      '105',
      '0',
    ],
    ['shrinks at a profit', [deal('BUY', '4', '100'), deal('SELL', '1', '130')], 'updated', '3', '100', '30'],
    ['closes at a loss', [deal('BUY', '4', '100'), deal('SELL', '4', '90')], 'closed', '0', '0', '-40'],
    ['goes short', [deal('SELL', '2', '100'), deal('BUY', '1', '90')], 'updated', '-1', '100', '10'],
    [
      'flips: closes the old and opens the new in one',
      [deal('BUY', '1', '100'), deal('SELL', '3', '120')],
      'flipped',
      '-2',
      '120',
      '20',
    ],
  ])('%s', (_, deals, change, quantity, avgPx, realizedPnl) => {
    let state = FLAT
    let last = ''
    for (const d of deals) ({ after: state, change: last } = applyFill(SPOT, state, d))
    expect([last, state.quantity, avgPxOf(SPOT, state), state.realizedPnl]).toEqual([
      change,
      quantity,
      avgPx,
      realizedPnl,
    ])
  })
})

describe('a contract', () => {
  const LINEAR: Contract = { contract: 'linear', multiplier: '0.01' }
  const INVERSE: Contract = { contract: 'inverse', multiplier: '100' }

  it.each<[string, Contract, ReturnType<typeof deal>[], string, string]>([
    [
      'linear: gains price times size',
      LINEAR,
      [deal('BUY', '200', '100'), deal('SELL', '100', '130')],
      '100',
      '30',
    ],
    // 100 contracts of 100 USD: 1/50,000 - 1/100,000 of a coin for each dollar.
    [
      'inverse: gains coins',
      INVERSE,
      [deal('BUY', '100', '50000'), deal('SELL', '100', '100000')],
      '0',
      '0.1',
    ],
    [
      'inverse: gains fewer coins than a short loses',
      INVERSE,
      [deal('SELL', '10', '50000'), deal('BUY', '10', '100000')],
      '0',
      '-0.01',
    ],
  ])('%s', (_, contract, deals, avgPx, realizedPnl) => {
    let books = FLAT
    for (const d of deals) books = applyFill(contract, books, d).after
    expect([avgPxOf(contract, books), books.realizedPnl]).toEqual([avgPx, realizedPnl])
  })

  it('inverse: has the harmonic average for its price', () => {
    let books = applyFill(INVERSE, FLAT, deal('BUY', '100', '40000')).after
    books = applyFill(INVERSE, books, deal('BUY', '100', '60000')).after
    expect(decimal.round(avgPxOf(INVERSE, books), 8)).toBe('48000')
    expect(decimal.round(unrealizedPnl(INVERSE, books, '48000'), 15)).toBe('0')
  })

  it.each([
    ['long pays a positive rate', 'BUY', '0.0001', '-0.02'],
    ['long receives a negative one', 'BUY', '-0.0001', '0.02'],
    ['short receives a positive rate', 'SELL', '0.0001', '0.02'],
  ] as const)('funding: who is %s', (_, side, rate, received) => {
    const { after } = applyFill(LINEAR, FLAT, deal(side, '100', '100'))
    expect(fundingOf(LINEAR, after, rate, '200')).toBe(received)
  })

  it.each<[string, Contract, (signed: string, px: string) => string]>([
    ['spot', SPOT, (signed, px) => decimal.multiply(signed, px)],
    ['linear', LINEAR, (signed, px) => decimal.multiply(decimal.multiply(signed, '0.01'), px)],
    ['inverse', INVERSE, (signed, px) => decimal.negate(decimal.divide(decimal.multiply(signed, '100'), px))],
  ])(
    `%s: realised + unrealised + funding - commissions = cash flow + marked value, to the last digit, seed ${SEED}`,
    (_, contract, value) => {
      const plan = fc.array(fc.nat({ max: 60 }), { maxLength: 30 })
      const rates = fc.array(fc.integer({ min: -75, max: 75 }), { maxLength: 10 })
      fc.assert(
        fc.property(fills, plan, rates, amount, (deals, bustAfter, fundedAfter, markPx) => {
          let books = FLAT
          let cash = '0'
          const kept = new Set<number>()
          const corrections: (typeof deals)[0][] = []
          const flow = ({ side, lastQty, lastPx, commission, commissionAsset }: (typeof deals)[0]) => {
            const paid = value(side === 'BUY' ? lastQty : decimal.negate(lastQty), lastPx)
            const charged = commissionAsset === 'USDT' ? commission : '0'
            return decimal.negate(decimal.add(paid, charged))
          }
          for (const [i, d] of deals.entries()) {
            books = applyFill(contract, books, d).after
            cash = decimal.add(cash, flow(d))
            kept.add(i)
            const rate = fundedAfter[i]
            if (rate !== undefined) {
              const received = fundingOf(contract, books, decimal.divide(String(rate), '10000'), d.lastPx)
              books = { ...books, funding: decimal.add(books.funding, received) }
              cash = decimal.add(cash, received)
            }
            const which = bustAfter[i]
            if (which === undefined || !kept.delete(which)) continue
            const busted = deals[which] as (typeof deals)[0]
            cash = decimal.subtract(cash, flow(busted))
            const { side: _, ...was } = busted
            const corrected = { ...busted, lastQty: d.lastQty, lastPx: markPx }
            if (which % 2 === 0) books = applyBust(contract, books, busted).after
            else {
              books = booksAfter(contract, books, { type: 'FILL_CORRECTED', ...corrected, was })
              cash = decimal.add(cash, flow(corrected))
              corrections.push(corrected)
            }
          }
          const pnl = decimal.add(netPnl(books, 'USDT'), unrealizedPnl(contract, books, markPx))
          expect(pnl).toBe(decimal.add(cash, value(books.quantity, markPx)))
          const isHeld = !decimal.isZero(books.quantity)
          expect(decimal.isPositive(avgPxOf(contract, books))).toBe(isHeld)
          expect(contractValue(contract, books.quantity, markPx)).toBe(value(books.quantity, markPx))
          const inForce = [...[...kept].map((i) => deals[i] as (typeof deals)[0]), ...corrections]
          const held = inForce.reduce((sum, { side, lastQty }) => {
            return side === 'BUY' ? decimal.add(sum, lastQty) : decimal.subtract(sum, lastQty)
          }, '0')
          expect(books.quantity).toBe(held)
        }),
        { numRuns: howMany('BOOKS', 300), seed: SEED },
      )
    },
  )
})

describe('a commission in the coin that changes hands', () => {
  const coin = (side: 'BUY' | 'SELL', lastQty: string, lastPx: string, commission: string) => ({
    ...deal(side, lastQty, lastPx, commission),
    commissionAsset: 'BTC',
    dealtAsset: 'BTC',
  })
  const booksOf = (...deals: ReturnType<typeof coin>[]) =>
    deals.reduce((books, one) => applyFill(SPOT, books, one).after, FLAT)

  it.each([
    ['leaves fewer coins at the same cost', [coin('BUY', '1', '100', '0.001')], '0.999', '100', '0'],
    [
      'is part of the PnL of their sale',
      [coin('BUY', '1', '100', '0.001'), coin('SELL', '0.999', '100', '0')],
      '0',
      '0',
      '-0.1',
    ],
    [
      'of a sale is paid by the coins that are left',
      [coin('BUY', '1', '100', '0'), coin('SELL', '0.5', '100', '0.1')],
      '0.4',
      '40',
      '-10',
    ],
    [
      'of a sale never turns a position over',
      [coin('BUY', '1', '100', '0'), coin('SELL', '1', '100', '0.1')],
      '0',
      '0',
      '0',
    ],
  ])('%s', (_, deals, quantity, cost, realizedPnl) => {
    expect(booksOf(...deals)).toMatchObject({ quantity, cost, realizedPnl })
  })

  it('counts for nothing on a contract, and where the coin is another one', () => {
    const bought = { ...coin('BUY', '1', '100', '0.001'), dealtAsset: undefined }
    expect(applyFill(SPOT, FLAT, bought).after.quantity).toBe('1')
    expect(
      applyFill(SPOT, FLAT, { ...coin('BUY', '1', '100', '0.001'), commissionAsset: 'BNB' }).after,
    ).toMatchObject({
      quantity: '1',
    })
  })

  it('is taken back with its fill', () => {
    const first = booksOf(coin('BUY', '1', '100', '0.001'))
    const bought = applyFill(SPOT, first, coin('BUY', '2', '110', '0.002')).after
    expect(applyBust(SPOT, bought, coin('BUY', '2', '110', '0.002')).after).toEqual({
      ...first,
      commissions: { BTC: '0.001' },
    })
  })

  it('may be told later than its deal: nothing else is booked anew', () => {
    const late = (was: ReturnType<typeof coin>, commission: string) => ({
      ...was,
      commission,
      type: 'FILL_CORRECTED' as const,
      was,
    })
    const first = coin('BUY', '2', '100', '0')
    const held = booksOf(first, { ...coin('SELL', '1', '110', '0') })
    expect(booksAfterDeal(SPOT, held, late(first, '0.002') as never)).toEqual({
      ...held,
      quantity: '0.998',
      commissions: { BTC: '0.002' },
    })
    const sold = booksOf(first, coin('SELL', '2', '110', '0'))
    expect(booksAfterDeal(SPOT, sold, late(first, '0.002') as never)).toEqual({
      ...sold,
      commissions: { BTC: '0.002' },
    })
    expect(booksAfterDeal(SPOT, held, { ...late(first, '0'), lastPx: '90' } as never)).toEqual(
      booksAfter(SPOT, held, { ...late(first, '0'), lastPx: '90' } as never),
    )
  })

  it(`leaves realised + unrealised = cash flow + value of the coins, to the last digit, seed ${SEED}`, () => {
    const thousandth = fc.integer({ min: 0, max: 999 }).map((n) => decimal.divide(String(n), '1000'))
    fc.assert(
      fc.property(
        fills,
        fc.array(thousandth, { minLength: 40, maxLength: 40 }),
        amount,
        (deals, shares, markPx) => {
          let [books, cash, coins]: [typeof FLAT, string, string] = [FLAT, '0', '0']
          for (const [i, { side, lastQty: wanted, lastPx }] of deals.entries()) {
            const lastQty = side === 'SELL' ? decimal.min(wanted, books.quantity) : wanted
            if (decimal.isZero(lastQty)) continue
            const share = decimal.multiply(lastQty, shares[i] as string)
            books = applyFill(SPOT, books, coin(side, lastQty, lastPx, share)).after
            const signed = side === 'BUY' ? lastQty : decimal.negate(lastQty)
            cash = decimal.subtract(cash, decimal.multiply(signed, lastPx))
            coins = decimal.max('0', decimal.subtract(decimal.add(coins, signed), share))
            expect(decimal.compare(books.quantity, coins)).toBe(0)
          }
          const made = decimal.add(books.realizedPnl, unrealizedPnl(SPOT, books, markPx))
          expect(decimal.compare(made, decimal.add(cash, decimal.multiply(coins, markPx)))).toBe(0)
        },
      ),
      { numRuns: howMany('BOOKS', 300), seed: SEED },
    )
  })
})

describe('a position as an actor', () => {
  const fill = (side: 'BUY' | 'SELL', lastQty: string, lastPx: string, rest: Partial<Fill> = {}): Fill => ({
    type: 'FILL',
    at: 1,
    order: 'order/o',
    tradeId: `${lastQty}@${lastPx}`,
    venue: 'v',
    symbol: 'BTCUSDT',
    side,
    ordType: 'MARKET',
    lastQty,
    lastPx,
    commission: '1',
    commissionAsset: 'USDT',
    ...rest,
  })
  const live = (input: object = {}) => {
    const emitted: unknown[] = []
    const told: PositionChanged[] = []
    const actor = createActor(positionMachine, { input: { venue: 'v', symbol: 'BTCUSDT', ...input } })
    const account = createActor(createMachine({}))
    Object.assign(account, { _send: (event: PositionChanged) => told.push(event) })
    Object.assign(actor.system, { get: () => account })
    actor.on('*', ({ type, quantity }) => emitted.push([type, quantity]))
    actor.start()
    return { actor, emitted, told }
  }

  it('splits a fill through zero into a close and an opening', () => {
    const { actor, emitted, told } = live()
    actor.send(fill('BUY', '1', '100'))
    actor.send(fill('SELL', '3', '120'))
    actor.send(fill('BUY', '2', '110'))
    expect(emitted).toEqual([
      ['POSITION_OPENED', '1'],
      ['POSITION_CLOSED', '0'],
      ['POSITION_OPENED', '-2'],
      ['POSITION_FLIPPED', '-2'],
      ['POSITION_CLOSED', '0'],
    ])
    // 20 - 2 of commission, then 20 - 1: what opened the second trade was paid by the first one.
    expect(told.map(({ tradePnl }) => tradePnl)).toEqual([undefined, '18', '19'])
    expect(told.map(({ settled }) => settled)).toEqual(['0', '20', '20'])
  })

  it('says when a stop made it smaller', () => {
    const { actor, emitted, told } = live()
    actor.send(fill('BUY', '2', '100'))
    actor.send(fill('SELL', '1', '90', { ordType: 'STOP' }))
    actor.send(fill('SELL', '1', '89', { ordType: 'TRAILING_STOP' }))
    expect(emitted.slice(1)).toEqual([
      ['POSITION_STOP_TRIGGERED', '1'],
      ['POSITION_UPDATED', '1'],
      ['POSITION_STOP_TRIGGERED', '0'],
      ['POSITION_CLOSED', '0'],
    ])
    expect(told.map(({ isStopped }) => isStopped)).toEqual([undefined, undefined, true])
  })

  it('settles the funding that it was paid, also when that comes late', () => {
    const { actor, emitted, told } = live({ contract: 'linear' })
    const funding = { type: 'FUNDING_PAID', at: 2, change: '0.2' } as const
    actor.send(fill('SELL', '2', '100'))
    actor.send(funding)
    actor.send(fill('BUY', '2', '101'))
    actor.send(funding)
    expect(emitted).toEqual([
      ['POSITION_OPENED', '-2'],
      ['POSITION_MODIFIED', '-2'],
      ['POSITION_CLOSED', '0'],
      ['POSITION_MODIFIED', '0'],
    ])
    expect(told.map(({ settled }) => settled)).toEqual(['0', '0.2', '-2', '0.2'])
  })
})

describe('a bust', () => {
  it.each([
    [
      'of what is open goes at its own price',
      [deal('BUY', '1', '100'), deal('BUY', '1', '110')],
      0,
      '1',
      '110',
      '0',
    ],
    ['of all that is open leaves nothing', [deal('BUY', '2', '100')], 0, '0', '0', '0'],
    ['of a short one, too', [deal('SELL', '1', '100'), deal('SELL', '1', '90')], 1, '-1', '100', '0'],
    [
      'of the fill that closed opens again',
      [deal('BUY', '2', '100'), deal('SELL', '2', '130')],
      1,
      '2',
      '130',
      '60',
    ],
    [
      'of what was closed since counts as closed again',
      [deal('BUY', '2', '100'), deal('SELL', '2', '130'), deal('BUY', '1', '120')],
      0,
      '-1',
      '100',
      '40',
    ],
    [
      'of what can no longer be told from what is left counts as closed again',
      [deal('BUY', '1', '100'), deal('BUY', '2', '10'), deal('SELL', '1', '60')],
      0,
      '1',
      '40',
      '80',
    ],
  ])('%s', (_, deals, which, quantity, avgPx, realizedPnl) => {
    let state = FLAT
    for (const d of deals) state = applyFill(SPOT, state, d).after
    const { after } = applyBust(SPOT, state, deals[which] as (typeof deals)[0])
    expect([after.quantity, avgPxOf(SPOT, after), after.realizedPnl]).toEqual([quantity, avgPx, realizedPnl])
  })
})

describe('candles', () => {
  it('are what a second look over all trades gives', () => {
    const trade = fc.record({ step: fc.nat({ max: 900 }), px: amount, qty: amount })
    fc.assert(
      fc.property(fc.array(trade, { minLength: 1, maxLength: 60 }), (steps) => {
        let at = 5_000
        const trades = steps.map(({ step, px, qty }) => {
          at += step
          return { at, px, qty }
        })
        const candles: Candle[] = []
        let open: Candle | undefined
        for (const t of trades) {
          const { candle, closed } = addTrade(open, 1_000, t)
          if (closed) candles.push(closed)
          open = candle
        }
        candles.push(open as Candle)
        const groups = new Map<number, typeof trades>()
        for (const t of trades) {
          const second = Math.floor(t.at / 1_000)
          groups.set(second, [...(groups.get(second) ?? []), t])
        }
        const expected = [...groups].map(([second, list]) => ({
          openAt: second * 1_000,
          closeAt: second * 1_000 + 999,
          open: list[0]?.px,
          high: list.map((t) => t.px).reduce(decimal.max),
          low: list.map((t) => t.px).reduce(decimal.min),
          close: list.at(-1)?.px,
          volume: list.map((t) => t.qty).reduce(decimal.add),
        }))
        expect(candles).toEqual(expected)
      }),
    )
  })
})

describe('comparing decimals', () => {
  it('is exact beyond what a float can tell apart', () => {
    expect(decimal.compare('0.1', '0.10')).toBe(0)
    expect(decimal.compare('10000000000000000.1', '10000000000000000.2')).toBeLessThan(0)
    expect(decimal.compare('-2', '1')).toBeLessThan(0)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as decimal from '../../machines/decimal.ts'
import { addTrade, type Candle } from '../../machines/index.ts'
import { applyBust, applyFill, avgPxOf } from '../../machines/position.ts'

const FLAT = { quantity: '0', cost: '0', realizedPnl: '0', commissions: '0' }
const deal = (side: 'BUY' | 'SELL', lastQty: string, lastPx: string, commission = '0') => ({
  side,
  lastQty,
  lastPx,
  commission,
})

const amount = fc.integer({ min: 1, max: 1_000_000 }).map((n) => decimal.divide(String(n), '1000'))
const fills = fc.array(
  fc.record({
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    lastQty: amount,
    lastPx: amount,
    commission: amount,
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
    for (const d of deals) ({ after: state, change: last } = applyFill(state, d))
    expect([last, state.quantity, avgPxOf(state), state.realizedPnl]).toEqual([
      change,
      quantity,
      avgPx,
      realizedPnl,
    ])
  })

  it('accounts for every cent: realised + unrealised - commissions = cash flow + marked value, exactly', () => {
    fc.assert(
      fc.property(fills, amount, (deals, markPx) => {
        let state = FLAT
        let cash = '0'
        for (const d of deals) {
          state = applyFill(state, d).after
          const value = decimal.multiply(d.lastQty, d.lastPx)
          cash = decimal.subtract(
            decimal.add(cash, d.side === 'BUY' ? decimal.negate(value) : value),
            d.commission,
          )
        }
        const marked = decimal.multiply(state.quantity, markPx)
        const unrealized = decimal.subtract(marked, state.cost)
        const pnl = decimal.subtract(decimal.add(state.realizedPnl, unrealized), state.commissions)
        expect(pnl).toBe(decimal.add(cash, marked))
      }),
      { numRuns: 500 },
    )
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
  ])('%s', (_, deals, which, quantity, avgPx, realizedPnl) => {
    let state = FLAT
    for (const d of deals) state = applyFill(state, d).after
    const { after } = applyBust(state, deals[which] as (typeof deals)[0])
    expect([after.quantity, avgPxOf(after), after.realizedPnl]).toEqual([quantity, avgPx, realizedPnl])
  })

  it('leaves every cent accounted for, whichever fills are taken back and when', () => {
    const plan = fc.array(fc.nat({ max: 60 }), { maxLength: 30 })
    fc.assert(
      fc.property(fills, plan, amount, (deals, bustAfter, markPx) => {
        let state = FLAT
        let cash = '0'
        const kept = new Set<number>()
        const flow = (d: (typeof deals)[0]) => {
          const value = decimal.multiply(d.lastQty, d.lastPx)
          return decimal.subtract(d.side === 'BUY' ? decimal.negate(value) : value, d.commission)
        }
        for (const [i, d] of deals.entries()) {
          state = applyFill(state, d).after
          cash = decimal.add(cash, flow(d))
          kept.add(i)
          const which = bustAfter[i]
          if (which === undefined || !kept.delete(which)) continue
          const busted = deals[which] as (typeof deals)[0]
          state = applyBust(state, busted).after
          cash = decimal.subtract(cash, flow(busted))
        }
        const marked = decimal.multiply(state.quantity, markPx)
        const unrealized = decimal.subtract(marked, state.cost)
        const pnl = decimal.subtract(decimal.add(state.realizedPnl, unrealized), state.commissions)
        expect(pnl).toBe(decimal.add(cash, marked))
        const held = [...kept].reduce((sum, i) => {
          const { side, lastQty } = deals[i] as (typeof deals)[0]
          return side === 'BUY' ? decimal.add(sum, lastQty) : decimal.subtract(sum, lastQty)
        }, '0')
        expect(state.quantity).toBe(held)
      }),
      { numRuns: 500 },
    )
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

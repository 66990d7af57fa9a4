import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as decimal from '../../machines/decimal.ts'
import { live, report, SUBMIT } from './live-order.ts'

const fill = (lastQty: string, lastPx = '100') =>
  report('TRADE', { lastQty, lastPx, commission: '0', commissionAsset: 'USDT' })
const cancel = { type: 'CANCEL', at: 2 } as const
const cancelReject = {
  type: 'ORDER_CANCEL_REJECT',
  at: 2,
  clOrdId: 'o1/2',
  origClOrdId: 'o1',
  text: 'too late',
} as const

type Step = Parameters<ReturnType<typeof live>['actor']['send']>[0]

describe('an order', () => {
  it.each<[string, Step[], string, string, string]>([
    ['is on its way until the venue answers', [], 'PENDING_NEW', '0', '10'],
    ['is new when accepted', [report('NEW')], 'NEW', '0', '10'],
    ['is rejected', [report('REJECTED', { text: 'no' })], 'REJECTED', '0', '0'],
    ['fills in one', [report('NEW'), fill('10')], 'FILLED', '10', '0'],
    ['fills in parts', [report('NEW'), fill('2'), fill('8')], 'FILLED', '10', '0'],
    ['is filled before it was accepted', [fill('3')], 'PARTIALLY_FILLED', '3', '7'],
    ['expires with what it has', [report('NEW'), fill('2'), report('EXPIRED')], 'EXPIRED', '2', '0'],
    ['is cancelled', [report('NEW'), cancel, report('CANCELED')], 'CANCELED', '0', '0'],
    [
      'is pending cancel, whatever fills meanwhile',
      [report('NEW'), cancel, fill('4')],
      'PENDING_CANCEL',
      '4',
      '6',
    ],
    [
      'is filled, but pending cancel before all, until that is answered',
      [report('NEW'), cancel, fill('10')],
      'PENDING_CANCEL',
      '10',
      '0',
    ],
    [
      'is filled though a cancel was pending',
      [report('NEW'), cancel, fill('10'), cancelReject],
      'FILLED',
      '10',
      '0',
    ],
    [
      'goes on when the cancel is rejected',
      [report('NEW'), fill('1'), cancel, cancelReject],
      'PARTIALLY_FILLED',
      '1',
      '9',
    ],
    [
      'counts a fill that comes after the cancel',
      [report('NEW'), cancel, report('CANCELED'), fill('4')],
      'CANCELED',
      '4',
      '0',
    ],
    [
      'is unknown to the venue, which is asked and says so',
      [{ type: 'ORDER_UNKNOWN', at: 2, clOrdId: 'o1' }],
      'REJECTED',
      '0',
      '0',
    ],
    [
      'stays as it is for an answer that says nothing new',
      [report('NEW'), report('ORDER_STATUS')],
      'NEW',
      '0',
      '10',
    ],
  ])('%s', (_, steps, ordStatus, cumQty, leavesQty) => {
    const order = live()
    for (const step of [SUBMIT, ...steps]) order.actor.send(step)
    const { cumQty: cum, leavesQty: leaves } = order.context()
    expect([order.ordStatus(), cum, leaves]).toEqual([ordStatus, cumQty, leavesQty])
  })

  it('asks its venue to place it, and tells position and account of its fills and its end', () => {
    const order = live()
    for (const step of [SUBMIT, report('NEW'), fill('4'), fill('6')]) order.actor.send(step)
    expect(order.heard).toEqual([
      { to: 'port/paper', type: 'PLACE_ORDER' },
      { to: 'account/paper', type: 'FILL' },
      { to: 'position/paper:BTCUSDT', type: 'FILL' },
      { to: 'account/paper', type: 'FILL' },
      { to: 'position/paper:BTCUSDT', type: 'FILL' },
      { to: 'account/paper', type: 'ORDER_CLOSED' },
    ])
    expect(order.emitted).toEqual(['ORDER_SUBMITTED', 'ORDER_ACCEPTED', 'ORDER_PARTIAL_FILL', 'ORDER_FILLED'])
  })

  it('cancels an order that was not accepted yet as soon as it is', () => {
    const order = live()
    for (const step of [SUBMIT, cancel]) order.actor.send(step)
    expect(order.heard.map(({ type }) => type)).toEqual(['PLACE_ORDER'])
    order.actor.send(report('NEW'))
    expect(order.heard.map(({ type }) => type)).toEqual(['PLACE_ORDER', 'CANCEL_ORDER'])
    expect(order.ordStatus()).toBe('PENDING_CANCEL')
  })

  it('keeps CumQty + LeavesQty = OrderQty while it works, whatever comes in whatever order, twice or late', () => {
    const step = fc.oneof(
      fc.integer({ min: 1, max: 3 }).map((n) => fill(String(n))),
      fc.constantFrom<Step>(
        cancel,
        cancelReject,
        report('NEW'),
        report('CANCELED'),
        report('EXPIRED'),
        report('TRIGGERED'),
      ),
    )
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 12 }),
        fc.array(fc.nat({ max: 11 }), { maxLength: 6 }),
        (steps, again) => {
          const order = live()
          order.actor.send(SUBMIT)
          const counted = new Map<string, string>()
          for (const s of [...steps, ...again.flatMap((i) => steps[i] ?? [])]) {
            order.actor.send(s)
            if (s.type === 'EXECUTION_REPORT' && s.execType === 'TRADE')
              counted.set(s.execId, s.lastQty as string)
            const { cumQty, leavesQty } = order.context()
            const working = ['PENDING_NEW', 'NEW', 'PARTIALLY_FILLED'].includes(order.context().ordStatus)
            if (working) expect(decimal.add(cumQty, leavesQty)).toBe('10')
            else expect(leavesQty).toBe('0')
            expect(cumQty).toBe([...counted.values()].reduce(decimal.add, '0'))
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

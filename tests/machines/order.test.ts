import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ExecutionReport, OrdStatus } from '../../machines/index.ts'
import * as decimal from '../../machines/model/decimal.ts'
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

describe('a report of another order', () => {
  const others: [string, Partial<ExecutionReport>][] = [
    ['symbol', { symbol: 'ETHUSDT', venueOrderId: 'theirs' }],
    ['side', { side: 'SELL', venueOrderId: 'theirs' }],
    ['first quantity', { orderQty: '11', venueOrderId: 'theirs' }],
  ]

  it.each(others)('told by its %s is no news, and a discrepancy, like all that come of it', (_, terms) => {
    const order = live()
    order.actor.send(SUBMIT)
    const seen: unknown[] = []
    order.actor.on('ORDER_DISCREPANCY', (event) => seen.push(event))
    const was = order.context()
    const kinds = ['NEW', 'ORDER_STATUS', 'CANCELED', 'EXPIRED', 'REJECTED', 'RESTATED'] as const
    const told = [...kinds.map((kind) => report(kind, terms)), { ...fill('10'), ...terms }]
    for (const one of told) {
      order.actor.send(one)
      expect(order.heard.at(-1)).toEqual({ to: 'reconciliation/paper', type: 'RECONCILE' })
    }
    expect([order.context(), order.ordStatus()]).toEqual([{ ...was, foreign: ['theirs'] }, 'PENDING_NEW'])
    const reported = told.map(({ symbol, side, orderQty }) => ({
      order: 'order/o1',
      reportedSymbol: symbol,
      reportedSide: side,
      reportedQty: orderQty,
    }))
    expect(seen).toMatchObject(reported)
    for (const own of [report('NEW'), fill('10')]) order.actor.send(own)
    expect(order.ordStatus()).toBe('FILLED')
  })

  it('fills nothing, and its own counts under the same ExecID', () => {
    const order = live()
    for (const step of [SUBMIT, report('NEW')]) order.actor.send(step)
    const own = fill('10')
    order.actor.send({ ...own, side: 'SELL' })
    expect(order.context().cumQty).toBe('0')
    order.actor.send(own)
    expect(order.ordStatus()).toBe('FILLED')
  })
})

describe('an order', () => {
  it.each<[string, Step[], string, string, string]>([
    ['is on its way until the venue answers', [], 'PENDING_NEW', '0', '10'],
    ['is new when accepted', [report('NEW')], 'NEW', '0', '10'],
    ['is rejected', [report('REJECTED', { text: 'no' })], 'REJECTED', '0', '0'],
    ['fills in one', [report('NEW'), fill('10')], 'FILLED', '10', '0'],
    ['fills in parts', [report('NEW'), fill('2'), fill('8')], 'FILLED', '10', '0'],
    ['is filled before it was accepted', [fill('3')], 'PARTIALLY_FILLED', '3', '7'],
    ['expires with what it has', [report('NEW'), fill('2'), report('EXPIRED')], 'EXPIRED', '2', '0'],
    ['is canceled', [report('NEW'), cancel, report('CANCELED')], 'CANCELED', '0', '0'],
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
      'is done for the day, whatever fill comes late (FIX D)',
      [report('NEW'), report('DONE_FOR_DAY'), fill('10')],
      'DONE_FOR_DAY',
      '10',
      '0',
    ],
    [
      'is pending cancel before it is done for the day, and can be canceled then',
      [report('NEW'), cancel, report('DONE_FOR_DAY')],
      'PENDING_CANCEL',
      '0',
      '0',
    ],
    [
      'is canceled on a day that is done',
      [report('NEW'), report('DONE_FOR_DAY'), cancel, report('CANCELED')],
      'CANCELED',
      '0',
      '0',
    ],
    [
      'is not stopped any more when it is canceled',
      [report('NEW'), report('STOPPED'), report('CANCELED')],
      'CANCELED',
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
    expect(order.emitted).toEqual([
      'ORDER_CREATED',
      'ORDER_SUBMITTED',
      'ORDER_ACCEPTED',
      'ORDER_PARTIAL_FILL',
      'ORDER_FILLED',
    ])
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

describe('a report', () => {
  const deal = (execId: string, lastQty: string, more: Partial<ExecutionReport> = {}) =>
    report('TRADE', { execId, lastQty, lastPx: '100', ...more })
  const bust = (execId: string, execRefId: string) => report('TRADE_CANCEL', { execId, execRefId })
  const correction = (execId: string, execRefId: string, lastQty: string) =>
    report('TRADE_CORRECT', { execId, execRefId, lastQty, lastPx: '100' })
  const toFour = correction('c-1', 'e-1', '4')
  const restated = report('RESTATED', { cumQty: '2' })
  const fewer = report('RESTATED', { orderQty: '8' })

  it.each<[string, Step[], string, string, string]>([
    ['of a correction counts once', [deal('e-1', '5'), toFour, toFour], 'partiallyFilled', '4', '6'],
    [
      'of a second correction may name the fill or the first one',
      [deal('e-1', '5'), toFour, correction('c-2', 'e-1', '3'), correction('c-3', 'c-2', '2')],
      'partiallyFilled',
      '2',
      '8',
    ],
    [
      'of a correction that has been corrected is of no use any more',
      [deal('e-1', '5'), correction('c-2', 'c-1', '3'), toFour],
      'partiallyFilled',
      '3',
      '7',
    ],
    [
      'of a bust takes the place of a fill that is yet to come',
      [bust('b-1', 'e-1'), deal('e-1', '5', { tradeId: 't-1' })],
      'accepted',
      '0',
      '10',
    ],
    [
      'of a bust may name the fill as any of two streams did',
      [deal('e-1', '5', { tradeId: 't-1' }), deal('e-2', '5', { tradeId: 't-1' }), bust('b-1', 'e-2')],
      'accepted',
      '0',
      '10',
    ],
    [
      'that restates counts once',
      [deal('e-1', '2'), restated, deal('e-2', '3'), restated],
      'partiallyFilled',
      '5',
      '5',
    ],
    [
      'that restates contains no fill that is yet to come',
      [restated, deal('e-1', '2')],
      'partiallyFilled',
      '2',
      '8',
    ],
    ['that restates leaves a stopped order stopped', [report('STOPPED'), fewer], 'stopped', '0', '8'],
    ['... a suspended one suspended', [report('SUSPENDED'), fewer], 'suspended', '0', '8'],
    ['... a triggered one triggered', [report('TRIGGERED'), fewer], 'triggered', '0', '8'],
  ])('%s', (_, steps, execution, cumQty, leavesQty) => {
    const order = live({ ordType: 'STOP_LIMIT', stopPx: '99' })
    for (const step of [SUBMIT, report('NEW'), ...steps]) order.actor.send(step)
    expect(order.actor.getSnapshot().value).toMatchObject({ execution })
    expect(order.context()).toMatchObject({ cumQty, leavesQty })
  })

  it('tells of what changes, and of nothing else', () => {
    const order = live()
    for (const step of [SUBMIT, report('NEW'), bust('b-1', 'nothing'), deal('e-1', '5'), toFour, toFour])
      order.actor.send(step)
    const types = ['ORDER_CREATED', 'ORDER_SUBMITTED', 'ORDER_ACCEPTED', 'ORDER_PARTIAL_FILL']
    expect(order.emitted).toEqual([...types, 'ORDER_TRADE_CORRECTED'])
    const position = order.heard.filter(({ to }) => to.startsWith('position/'))
    expect(position.map(({ type }) => type)).toEqual(['FILL', 'FILL_CORRECTED'])
  })
})

describe('an answer that was lost', () => {
  const status = (ordStatus: OrdStatus, rest: Partial<ExecutionReport> = {}) =>
    report('ORDER_STATUS', { ordStatus, ...rest })
  const replace = (orderQty: string): Step => ({ type: 'REPLACE', at: 2, orderQty })
  const told = (...steps: Step[]) => {
    const order = live()
    for (const step of [SUBMIT, report('NEW'), ...steps]) order.actor.send(step)
    return order
  }

  it.each<[string, Step[], OrdStatus]>([
    ['of a cancel that was made', [cancel, status('CANCELED')], 'CANCELED'],
    ['of a cancel that came too late', [cancel, fill('10'), status('FILLED', { cumQty: '10' })], 'FILLED'],
    ['of two replaces', [replace('11'), replace('12'), report('REPLACED', { clOrdId: 'o1/3' })], 'NEW'],
    ['of two replaces, asked for', [replace('11'), replace('12'), status('NEW', { clOrdId: 'o1/3' })], 'NEW'],
    [
      'of one of two replaces',
      [replace('11'), replace('12'), status('NEW', { clOrdId: 'o1/2' })],
      'PENDING_REPLACE',
    ],
    [
      'of a cancel that the venue is at',
      [cancel, status('PENDING_CANCEL'), status('PENDING_CANCEL', { at: 9_000 })],
      'PENDING_CANCEL',
    ],
    [
      'of a cancel that may be under way',
      [cancel, status('NEW'), status('NEW', { at: 5_001 })],
      'PENDING_CANCEL',
    ],
  ])('%s is made up for', (_, steps, ordStatus) => {
    expect(told(...steps).ordStatus()).toBe(ordStatus)
  })

  it.each<[Step, string]>([
    [cancel, 'ORDER_CANCEL_REJECTED'],
    [replace('11'), 'ORDER_REPLACE_REJECTED'],
  ])('of a request that the venue has refused: it goes on without it (%j)', (request, refused) => {
    const order = told(request, status('NEW'), status('NEW', { at: 5_002 }))
    expect([order.ordStatus(), order.context().pending]).toEqual(['NEW', []])
    expect(order.emitted.at(-1)).toBe(refused)
    // It can be asked for again.
    order.actor.send(cancel)
    expect(order.requests.at(-1)).toMatchObject({ type: 'CANCEL_ORDER', clOrdId: 'o1/3' })
  })

  it.each<[string, Step]>([
    ['with fewer fills than the venue has', status('PARTIALLY_FILLED', { cumQty: '4' })],
    ['with fills that the venue does not have', status('NEW', { cumQty: '1' })],
    ['with an end before its fills', report('CANCELED', { cumQty: '4' })],
  ])('has the books held against the venue: %s', (_, last) => {
    const order = told(fill('2'), last)
    expect(order.heard.filter(({ type }) => type === 'RECONCILE')).toEqual([])
    order.clock.increment(2_000)
    expect(order.heard.filter(({ type }) => type === 'RECONCILE')).toEqual([
      { to: 'reconciliation/paper', type: 'RECONCILE' },
    ])
  })

  it('has nothing held against the venue when the fill was only late', () => {
    const order = told(status('PARTIALLY_FILLED', { cumQty: '4' }), fill('4'))
    order.clock.increment(2_000)
    expect(order.heard.filter(({ type }) => type === 'RECONCILE')).toEqual([])
  })
})

describe('a replace', () => {
  const change = (what: object): Step => ({ type: 'REPLACE', at: 2, ...what })
  const asked = (order: ReturnType<typeof live>) =>
    order.requests.flatMap(({ type, clOrdId: _, ...terms }) => (type === 'REPLACE_ORDER' ? [terms] : []))

  it('leaves what the one before it has asked for', () => {
    const order = live()
    for (const step of [SUBMIT, report('NEW'), change({ orderQty: '12' }), change({ price: '92' })])
      order.actor.send(step)
    expect(asked(order)).toEqual([
      { origClOrdId: 'o1', orderQty: '12' },
      { origClOrdId: 'o1/2', orderQty: '12', price: '92' },
    ])
  })

  it('is refused, and says so, while a cancel waits for the order to be known', () => {
    const order = live()
    for (const step of [SUBMIT, cancel, change({ orderQty: '12' })]) order.actor.send(step)
    expect(order.emitted.at(-1)).toBe('ORDER_REPLACE_REJECTED')
  })
})

describe('a stop that works on under its id after it has expired', () => {
  const STOP = { ordType: 'STOP', stopPx: '90' } as const
  const statesOf = (order: ReturnType<typeof live>, ...steps: Step[]) =>
    steps.map((step) => {
      order.actor.send(step)
      return (order.actor.getSnapshot().value as { execution: string }).execution
    })

  it.each([
    ['a stop, new again', STOP, report('NEW')],
    ['a stop, triggered', STOP, report('TRIGGERED')],
    [
      'a trailing stop, which has no price',
      { ordType: 'TRAILING_STOP', trailingOffset: '5' } as const,
      report('NEW'),
    ],
  ])('%s', (_, terms, again) => {
    const steps = [SUBMIT, report('NEW'), report('EXPIRED'), again, fill('4'), fill('6')]
    const states = ['submitted', 'accepted', 'expired', 'triggered', 'partiallyFilled', 'filled']
    expect(statesOf(live(terms), ...steps)).toEqual(states)
  })

  it('is partly filled when a fill is heard of first', () => {
    const order = live(STOP)
    const states = statesOf(order, SUBMIT, report('NEW'), report('EXPIRED'), fill('4'), report('TRIGGERED'))
    expect(states.slice(2)).toEqual(['expired', 'expired', 'partiallyFilled'])
    expect(order.context()).toMatchObject({ cumQty: '4', leavesQty: '6' })
  })

  it('stays expired when its acceptance is told a second time', () => {
    const accepted = report('NEW')
    const states = statesOf(live(STOP), SUBMIT, accepted, report('EXPIRED'), accepted)
    expect(states).toEqual(['submitted', 'accepted', 'expired', 'expired'])
  })

  it('stays expired where it waited for no price', () => {
    const steps = [SUBMIT, report('NEW'), report('EXPIRED'), report('NEW'), report('TRIGGERED')]
    expect(statesOf(live(), ...steps)).toEqual(['submitted', 'accepted', 'expired', 'expired', 'expired'])
  })
})

describe('a stop that closes whatever is held, for a quantity of zero', () => {
  const closing = () => {
    const order = live({ ordType: 'STOP', stopPx: '90', orderQty: '0' })
    order.actor.send(SUBMIT)
    order.actor.send(report('NEW', { orderQty: '0', leavesQty: '0' }))
    return order
  }

  it('works, and can be canceled', () => {
    const order = closing()
    expect(order.ordStatus()).toBe('NEW')
    order.actor.send(cancel)
    expect(order.ordStatus()).toBe('PENDING_CANCEL')
    order.actor.send(report('CANCELED', { orderQty: '0', leavesQty: '0' }))
    expect(order.ordStatus()).toBe('CANCELED')
    order.actor.send({ type: 'REPLACE', at: 2, stopPx: '80' })
    expect(order.requests.map(({ type }) => type)).toEqual(['PLACE_ORDER', 'CANCEL_ORDER'])
  })

  it('has the quantity that it is triggered with', () => {
    const order = closing()
    for (const step of [report('EXPIRED', { orderQty: '0' }), report('NEW'), fill('4')])
      order.actor.send(step)
    expect(order.context()).toMatchObject({ ordStatus: 'PARTIALLY_FILLED', cumQty: '4', leavesQty: '6' })
  })
})

describe('a fill beyond what was ordered', () => {
  it.each<['count' | 'reject', string, boolean]>([
    ['count', '12', true],
    ['reject', '7', false],
  ])('is flagged, and by policy it is to %s', (overfill, cumQty, isCounted) => {
    const order = live({ overfill })
    const over = fill('5')
    for (const step of [SUBMIT, report('NEW'), fill('7'), over, over]) order.actor.send(step)
    expect(order.context()).toMatchObject({ cumQty, leavesQty: isCounted ? '0' : '3' })
    expect(order.emitted.filter((type) => type === 'ORDER_OVERFILLED')).toHaveLength(1)
    expect(order.emitted.includes('ORDER_FILLED')).toBe(isCounted)
    expect(order.heard.filter(({ type }) => type === 'FILL')).toHaveLength(isCounted ? 4 : 2)
  })
})

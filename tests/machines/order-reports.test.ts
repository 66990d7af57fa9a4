/** What an order makes of reports that say less than they should, and of what they say otherwise. */
import { describe, expect, it } from 'vitest'
import type { OrderContext } from '../../machines/index.ts'
import { orderDeclaration } from '../../machines/order/declaration.ts'
import { orderKind, orderMachine } from '../../machines/order/order.ts'
import { live, report, SUBMIT } from './live-order.ts'

const FEE = { commission: '0.1', commissionAsset: 'USDT' }
const TRADE = {
  tradeId: 't1',
  lastQty: '4',
  lastPx: '99',
  cumQty: '4',
  ordStatus: 'PARTIALLY_FILLED',
} as const

function placed(...[terms, machine]: [terms?: Parameters<typeof live>[0], machine?: typeof orderMachine]) {
  const order = live(terms, {}, machine)
  order.actor.send(SUBMIT)
  return order
}
const versionSeven = orderKind.previous.find(({ version }) => version === '7') as typeof orderMachine

describe('a trade', () => {
  it.each([
    ['lastQty', '0'],
    ['lastPx', '0'],
    ['lastPx', '-1'],
  ])('has no %s of %s', (field, value) => {
    const trade = report('TRADE', { ...TRADE, [field]: value })
    expect(orderDeclaration.events.safeParse(trade).success).toBe(false)
    expect(orderDeclaration.events.safeParse(report('TRADE', TRADE)).success).toBe(true)
  })

  it.each([{ lastQty: '0' }, { lastPx: '0' }, { lastQty: undefined }, { lastPx: undefined }])(
    'of nothing, %j, is no fill: the order stands as its report says, and asks where fills are missing',
    (nothing) => {
      const order = placed()
      const { actor, told, clock, context } = order
      actor.send(report('TRADE', { ...TRADE, ...nothing }))
      expect(context()).toMatchObject({ cumQty: '0', cumCost: '0', fills: {}, reportedQty: '4' })
      expect(order.ordStatus()).toBe('NEW')
      clock.increment(2_000)
      expect(told.map(({ type }) => type)).toEqual(['PLACE_ORDER', 'RECONCILE'])
    },
  )

  it.each(['CANCELED', 'EXPIRED', 'REJECTED'] as const)(
    'of nothing ends an order that is %s',
    (ordStatus) => {
      const { actor, context } = placed()
      actor.send(report('TRADE', { lastQty: '0', lastPx: '0', ordStatus, leavesQty: '0' }))
      expect(context()).toMatchObject({ ordStatus, leavesQty: '0', cumQty: '0' })
    },
  )

  it('of nothing was a fill of nothing in version 7', () => {
    const { actor, context } = placed({}, versionSeven)
    actor.send(report('TRADE', { tradeId: 't', lastQty: '0', lastPx: '0', ordStatus: 'CANCELED' }))
    expect(context()).toMatchObject({ ordStatus: 'NEW', fills: { t: { lastQty: '0' } } })
  })
})

describe('a trade that is told in haste', () => {
  const fills = (told: readonly { type: string }[]) => told.filter(({ type }) => type.startsWith('FILL'))

  it('is completed by the report that has its commission', () => {
    const { actor, told, context, emitted } = placed()
    actor.send(report('TRADE', { ...TRADE, transactAt: 1 }))
    actor.send(report('TRADE', { ...TRADE, ...FEE, transactAt: 1 }))
    const deal = { lastQty: '4', lastPx: '99', tradeId: 't1', transactAt: 1 }
    expect(fills(told)).toMatchObject([
      { type: 'FILL', ...deal, commission: '0' },
      { type: 'FILL', ...deal, commission: '0' },
      { type: 'FILL_CORRECTED', ...deal, ...FEE, was: { commission: '0', commissionAsset: '' } },
      { type: 'FILL_CORRECTED', ...deal, ...FEE, was: { commission: '0', commissionAsset: '' } },
    ])
    expect(emitted.slice(2)).toEqual(['ORDER_PARTIAL_FILL', 'ORDER_TRADE_CORRECTED'])
    expect(context()).toMatchObject({ cumQty: '4', cumCost: '396', fills: { t1: FEE } })
  })

  it('changes nothing when it comes last, twice, or when there is no commission', () => {
    const { actor, told, context } = placed()
    for (const rest of [FEE, {}, FEE, { commission: '0', commissionAsset: 'USDT' }])
      actor.send(report('TRADE', { ...TRADE, ...rest }))
    actor.send(report('TRADE', { ...TRADE, tradeId: 't2' }))
    actor.send(report('TRADE', { ...TRADE, tradeId: 't2', commission: '0', commissionAsset: 'USDT' }))
    expect(fills(told).map(({ type }) => type)).toEqual(['FILL', 'FILL', 'FILL', 'FILL'])
    expect(context()).toMatchObject({ cumQty: '8', fills: { t1: FEE } })
  })

  it('is not completed in version 7', () => {
    const { actor, told } = placed({}, versionSeven)
    for (const rest of [{}, FEE]) actor.send(report('TRADE', { ...TRADE, ...rest }))
    expect(fills(told).map(({ type }) => type)).toEqual(['FILL', 'FILL'])
  })
})

describe('an acceptance', () => {
  const said = (terms: Parameters<typeof live>[0], told: Parameters<typeof report>[1]) => {
    const order = placed(terms)
    const discrepancies: object[] = []
    order.actor.on('ORDER_DISCREPANCY', (event) => discrepancies.push(event))
    order.actor.send(report('NEW', told))
    return { ...order, discrepancies }
  }

  it.each([
    ['a price', {}, { price: '101' }, { reportedPrice: '101' }, { price: '101' }],
    [
      'a stop',
      { ordType: 'STOP', stopPx: '95' },
      { stopPx: '94' },
      { reportedStopPx: '94' },
      { stopPx: '94' },
    ],
    ['a type', {}, { ordType: 'MARKET' }, { reportedType: 'MARKET' }, { ordType: 'LIMIT', price: '100' }],
  ] as const)(
    'of %s that nobody asked for is told, and the order goes on as it is',
    (_, asked, told, tells, terms) => {
      const { discrepancies, context, told: sent } = said(asked, told)
      expect(discrepancies).toMatchObject([tells])
      expect(Object.keys(discrepancies[0] ?? {}).filter((key) => key.startsWith('reported'))).toHaveLength(4)
      expect(context()).toMatchObject({ terms, isAcknowledged: true, ordStatus: 'NEW' })
      const updates = sent.filter(({ type }) => type === 'ORDER_UPDATE')
      expect(updates).toHaveLength('reportedType' in tells ? 0 : 1)
    },
  )

  it.each([
    ['is as it was asked for', {}, { price: '100.00', ordType: 'LIMIT' }],
    ['says nothing of it', {}, {}],
    ['follows the price', { ordType: 'TRAILING_STOP', trailingOffset: '1', stopPx: '95' }, { stopPx: '96' }],
  ] as const)('that %s is none', (_, asked, told) => {
    expect(said(asked, told).discrepancies).toEqual([])
  })

  it('of a price that was asked for since is none', () => {
    const { actor, discrepancies } = said({}, { price: '100' })
    actor.send({ type: 'REPLACE', at: 3, price: '102' })
    actor.send(report('NEW', { price: '102' }))
    expect(discrepancies).toEqual([])
  })
})

describe('a refused request', () => {
  const refused = (
    request: 'CANCEL' | 'REPLACE',
    rest: object = {},
    machine: typeof orderMachine = orderMachine,
  ) => {
    const order = placed({}, machine)
    order.actor.send(report('NEW'))
    order.actor.send({ type: request, at: 3 })
    order.actor.send({
      type: 'ORDER_CANCEL_REJECT',
      at: 4,
      clOrdId: 'o1/2',
      origClOrdId: 'o1',
      text: '-2011: Unknown order sent.',
      ...rest,
    })
    return order
  }
  const STATUS = { type: 'ORDER_STATUS_REQUEST', order: 'order/o1', clOrdId: 'o1' }

  it.each([
    ['CANCEL', {}],
    ['CANCEL', { cxlRejReason: 'OTHER' }],
    ['REPLACE', { cxlRejReason: 'UNKNOWN_ORDER' }],
    ['REPLACE', { cxlRejReason: 'TOO_LATE' }],
  ] as const)('makes the order ask how it stands: %s %j', (request, rest) => {
    expect(refused(request, rest).requests.slice(2)).toEqual([STATUS])
  })

  it('to replace it, for another reason, makes it ask nothing; in version 7 none does', () => {
    expect(refused('REPLACE').requests).toHaveLength(2)
    expect(refused('CANCEL', {}, versionSeven).requests).toHaveLength(2)
  })

  it('ends an order that its venue then does not know, with its words', () => {
    const { actor, context } = refused('CANCEL')
    actor.send({ type: 'ORDER_UNKNOWN', at: 5, clOrdId: 'o1', text: 'it is gone' })
    expect(context()).toMatchObject({ ordStatus: 'CANCELED', text: 'it is gone' })
  })
})

describe('an order', () => {
  it.each([
    [orderMachine, 1],
    [versionSeven, 2],
  ])('tells an owner that is its account, too, once from version 8 on: %#', (machine, times) => {
    const { actor, heard } = placed({ owner: 'account/paper' }, machine)
    actor.send(report('TRADE', { ...TRADE, lastQty: '10', cumQty: '10', ordStatus: 'FILLED' }))
    for (const type of ['FILL', 'ORDER_CLOSED'])
      expect(heard.filter((one) => one.to === 'account/paper' && one.type === type)).toHaveLength(times)
  })

  it('that its venue has placed itself says why, and so do its fills', () => {
    const { type: _type, ...terms } = SUBMIT
    const adopt = { type: 'ADOPT', ...terms, cause: 'liquidation' } as const
    const input = orderKind.activate(adopt, 'o1')
    expect(input).toMatchObject({ cause: 'liquidation', terms: { symbol: 'BTCUSDT' } })
    expect(input?.terms).not.toHaveProperty('cause')
    const { actor, told } = live({}, { cause: 'liquidation' })
    const adopted: object[] = []
    actor.on('ORDER_ADOPTED', (event) => adopted.push(event))
    actor.send(adopt)
    actor.send(report('TRADE', TRADE))
    expect(adopted).toMatchObject([{ cause: 'liquidation' }])
    expect(told.filter(({ type }) => type === 'FILL')).toMatchObject([
      { cause: 'liquidation' },
      { cause: 'liquidation' },
    ])
    const context = actor.getSnapshot().context as OrderContext
    expect(context.cause).toBe('liquidation')
  })
})

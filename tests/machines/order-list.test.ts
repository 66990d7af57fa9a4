import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as decimal from '../../machines/decimal.ts'
import { type ListRequest, listRequest, type OrderUpdate } from '../../machines/index.ts'
import {
  exposureOf,
  forgiven,
  type List,
  listOf,
  phaseOf,
  planned,
  withUpdate,
} from '../../machines/list/plan.ts'
import { Floor } from './floor.ts'

const GUARDLESS = { watchdog: { enabled: false } }
const EXIT = { side: 'SELL', orderQty: '2', timeInForce: 'GTC', reduceOnly: true } as const
const ENTRY = { legId: 'entry', side: 'BUY', ordType: 'MARKET', orderQty: '2', timeInForce: 'GTC' } as const
const RESTING = { ...ENTRY, ordType: 'LIMIT', price: '99' } as const
const STOP = { legId: 'stop', ordType: 'STOP', stopPx: '95', ...EXIT } as const
const TARGET = { legId: 'target', ordType: 'LIMIT', price: '110', ...EXIT } as const

async function entered(change: Partial<ListRequest> = {}, config: object = {}): Promise<Floor> {
  const floor = await Floor.open({ ...GUARDLESS, ...config })
  await floor.bracket('b', change)
  await floor.pass()
  return floor
}

describe('a bracket', () => {
  it('has its stop and its target as soon as its entry is filled', async () => {
    const floor = await Floor.open(GUARDLESS)
    await floor.bracket('b')
    expect(floor.phase('b')).toBe('entering')
    await floor.pass()
    expect(floor.working()).toEqual({ 'b-stop': '2 at 95', 'b-target': '2 at 110' })
    expect([floor.held, floor.phase('b')]).toEqual(['2', 'protected'])
    const records = await floor.harness.records()
    const turnOf = (actor: string, type: string) =>
      records.find((record) => record.actor === actor && record.event.type === type)?.turn
    expect(turnOf('order/b-stop', 'SUBMIT')).toBe(turnOf('position/paper:BTCUSDT', 'FILL'))
  })

  it.each([
    ['stop', '94'],
    ['target', '111'],
  ])('ends with its %s, and the other one goes', async (_, px) => {
    const floor = await entered()
    await floor.price(px)
    await floor.pass()
    expect([floor.held, floor.phase('b'), floor.working()]).toEqual(['0', 'done', {}])
  })

  it('grows with its entry, and shrinks with its target', async () => {
    const floor = await Floor.open(GUARDLESS)
    await floor.price('100', '0.5')
    await floor.bracket('b')
    await floor.pass()
    expect(floor.working()).toMatchObject({ 'b-stop': '0.5 at 95', 'b-target': '0.5 at 110' })
    for (const size of ['0.7', '0.9', '5']) {
      await floor.price('100', size)
      await floor.pass()
    }
    expect(floor.working()).toEqual({ 'b-stop': '2 at 95', 'b-target': '2 at 110' })
    await floor.price('111', '0.3')
    await floor.pass()
    expect(floor.working()).toEqual({ 'b-stop': '1.699999 at 95', 'b-target': '1.699999 at 110' })
    expect([floor.held, floor.phase('b')]).toEqual(['1.699999', 'protected'])
  })

  it('wants no more of its entry once it is on the way out', async () => {
    const floor = await Floor.open(GUARDLESS)
    await floor.price('100', '0.5')
    await floor.bracket('b')
    await floor.pass()
    await floor.price('111', '0.1')
    await floor.pass()
    expect(floor.working()).not.toHaveProperty('b-entry')
  })

  it('is called off before anything is filled', async () => {
    const floor = await entered({ orders: [RESTING, STOP, TARGET] })
    expect(floor.working()).toEqual({ 'b-entry': '2 at 99' })
    await floor.send('list/b', { type: 'CANCEL' })
    await floor.pass()
    expect([floor.working(), floor.phase('b')]).toEqual([{}, 'done'])
  })

  it('called off, protects what is filled already', async () => {
    const floor = await entered()
    await floor.send('list/b', { type: 'CANCEL' })
    await floor.pass()
    expect(floor.working()).toEqual({ 'b-stop': '2 at 95', 'b-target': '2 at 110' })
  })

  it('told to get out, sells at market, and keeps its stop until it is out', async () => {
    const floor = await entered()
    await floor.price('100', '0.5')
    await floor.send('list/b', { type: 'EXIT' })
    await floor.pass()
    expect(floor.working()).toEqual({ 'b-stop': '1.5 at 95', 'b-exit': '1.5 at market' })
    expect(floor.phase('b')).toBe('exiting')
    await floor.price('100')
    await floor.pass()
    expect([floor.held, floor.phase('b'), floor.working()]).toEqual(['0', 'done', {}])
  })

  it('gets out at market when its stop is refused', async () => {
    const instruments = [{ symbol: 'BTCUSDT', tickSize: '0.01' }]
    const floor = await entered({ orders: [ENTRY, { ...STOP, stopPx: '95.005' }, TARGET] }, { instruments })
    await floor.pass()
    expect([floor.held, floor.phase('b'), floor.working()]).toEqual(['0', 'done', {}])
    const [denied] = await floor.emitted('RISK_REJECTED')
    expect(denied).toMatchObject({ orderId: 'b-stop', check: 'tickSize' })
  })

  it('places a stop anew that somebody else cancelled, a target not', async () => {
    const floor = await entered()
    await floor.cancelAtVenue('b-stop')
    await floor.cancelAtVenue('b-target')
    await floor.pass()
    expect(floor.working()).toEqual({ 'b-stop-2': '2 at 95' })
    expect(floor.phase('b')).toBe('protected')
  })

  it('moves its stop', async () => {
    const floor = await entered()
    await floor.send('list/b', { type: 'REPLACE_LEG', legId: 'stop', stopPx: '98' })
    await floor.pass()
    expect(floor.working()).toEqual({ 'b-stop': '2 at 98', 'b-target': '2 at 110' })
  })

  it('tells its owner and the feed of every phase', async () => {
    const floor = await entered()
    await floor.price('94')
    await floor.pass()
    const updates = await floor.emitted('ORDER_LIST_UPDATED')
    expect(updates.map(({ phase, exposure }) => `${phase} ${exposure}`)).toEqual([
      'entering 0',
      'exposed 2',
      'protected 2',
      'working 0',
      'done 0',
    ])
  })
})

describe('one cancels the other', () => {
  const orders = [
    { ...ENTRY, legId: 'low', ordType: 'LIMIT', price: '90' },
    { ...ENTRY, legId: 'high', ordType: 'STOP', stopPx: '105' },
  ] as ListRequest['orders']

  it('when it is filled', async () => {
    const floor = await entered({ contingencyType: 'OCO', orders })
    expect(floor.working()).toEqual({ 'b-low': '2 at 90', 'b-high': '2 at 105' })
    await floor.price('106')
    await floor.pass()
    expect([floor.held, floor.phase('b'), floor.working()]).toEqual(['2', 'done', {}])
  })

  it('when somebody cancels it', async () => {
    const floor = await entered({ contingencyType: 'OCO', orders })
    await floor.cancelAtVenue('b-low')
    await floor.pass()
    expect([floor.phase('b'), floor.working()]).toEqual(['done', {}])
  })
})

describe('one triggers the others', () => {
  it('as far as it is filled, and each goes its own way', async () => {
    const floor = await Floor.open(GUARDLESS)
    await floor.price('100', '0.5')
    const hedge = { ...TARGET, legId: 'hedge', reduceOnly: false, orderQty: '3', price: '120' } as const
    await floor.bracket('b', { contingencyType: 'OTO', orders: [ENTRY, TARGET, hedge] })
    await floor.pass()
    expect(floor.working()).toMatchObject({ 'b-target': '0.5 at 110', 'b-hedge': '0.5 at 120' })
    await floor.price('100')
    await floor.pass()
    expect(floor.working()).toEqual({ 'b-target': '2 at 110', 'b-hedge': '3 at 120' })
    await floor.price('111')
    await floor.pass()
    expect(floor.working()).toEqual({ 'b-hedge': '3 at 120' })
  })
})

describe('a list', () => {
  const request = (change: object) => ({
    type: 'LIST_REQUEST',
    at: 1,
    owner: 'strategy/s',
    venue: 'paper',
    symbol: 'BTCUSDT',
    contingencyType: 'OTOCO',
    orders: [ENTRY, STOP, TARGET],
    refPx: '100',
    ...change,
  })

  it.each<[string, object, string, string]>([
    ['no order', { orders: [] }, 'orders', 'at least one order'],
    [
      'one order that nothing cancels',
      { contingencyType: 'OCO', orders: [ENTRY] },
      'orders.0.legId',
      'needs another order beside it',
    ],
    ['two orders of one name', { orders: [ENTRY, STOP, STOP] }, 'orders.2.legId', 'another order has it'],
    [
      'the name of the way out',
      { orders: [ENTRY, { ...STOP, legId: 'exit' }] },
      'orders.1.legId',
      'is kept for the market order that ends a list',
    ],
    [
      'a stop on the side of its entry',
      { orders: [ENTRY, { ...STOP, side: 'BUY' }] },
      'orders.1.side',
      'has to be opposite to that of the first order',
    ],
    [
      'another quantity',
      { orders: [ENTRY, { ...STOP, orderQty: '1' }] },
      'orders.1.orderQty',
      'has to be that of the first order',
    ],
    [
      'a stop that could open something',
      { orders: [ENTRY, { ...STOP, reduceOnly: false }] },
      'orders.1.reduceOnly',
      'has to be true: it closes what the first order opened',
    ],
  ])('is refused with %s', (_, change, path, message) => {
    const issues = listRequest.safeParse(request(change)).error?.issues ?? []
    expect(issues.map((issue) => [issue.path.join('.'), issue.message])).toEqual([[path, message]])
  })

  it('never has more on the way out than it holds, and comes to rest covered, or on the way out', () => {
    const step = fc.record({
      which: fc.nat(),
      what: fc.constantFrom('ack', 'fill', 'fill', 'end', 'refuse'),
      qty: fc.integer({ min: 1, max: 20 }),
    })
    const parsed = listRequest.parse(request({}))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const venue = new ModelVenue(listOf('l', parsed))
        for (const { which, what, qty } of steps) venue.happens(which, what, String(qty / 10))
        venue.settle()
        const exposure = exposureOf(venue.list)
        const phase = phaseOf(venue.list)
        expect(['done', 'protected', 'entering', 'exiting', 'working', 'exposed']).toContain(phase)
        expect(decimal.isNegative(exposure)).toBe(false)
        // At rest, whatever has happened on the way: covered, being sold, or nothing is held.
        if (decimal.isPositive(exposure)) expect(['protected', 'exiting']).toContain(phase)
        if (decimal.isPositive(exposure)) expect(venue.protects()).toBe(exposure)
      }),
      { numRuns: 2_000 },
    )
  })
})

/** The orders of a list at a venue that does as it likes, but never fills on the way out more than is held. */
class ModelVenue {
  list: List
  readonly #orders = new Map<
    string,
    { leg: string; orderQty: string; cumQty: string; isOpen: boolean; isReal: boolean }
  >()

  constructor(list: List) {
    this.list = list
    this.#carryOut()
  }

  happens(which: number, what: string, qty: string): void {
    const open = [...this.#orders].filter(([, { isOpen }]) => isOpen)
    const [id, order] = open[which % Math.max(1, open.length)] ?? []
    if (id === undefined || order === undefined) return
    if (what === 'refuse' || what === 'end') order.isOpen = false
    else order.isReal = true
    if (what === 'fill') {
      const left = decimal.subtract(order.orderQty, order.cumQty)
      const reducible = order.leg === 'entry' ? left : decimal.max('0', exposureOf(this.list))
      order.cumQty = decimal.add(order.cumQty, decimal.min(decimal.min(qty, left), reducible))
      order.isOpen = decimal.compare(order.cumQty, order.orderQty) < 0
    }
    const isFilled = decimal.compare(order.cumQty, order.orderQty) >= 0
    this.#tell(id, isFilled ? 'FILLED' : order.isOpen ? 'NEW' : what === 'refuse' ? 'REJECTED' : 'CANCELED')
  }

  /** Everything is acknowledged, what was refused is asked for again, and nothing else happens. */
  settle(): void {
    for (let round = 0; round < 10; round++) {
      this.list = forgiven(this.list)
      this.#carryOut()
      for (const [id, order] of this.#orders) {
        if (!order.isOpen) continue
        order.isReal = true
        this.#tell(id, 'NEW')
      }
    }
  }

  /** Quantity that the open stops would close. */
  protects(): string {
    const stops = [...this.#orders.values()].filter(
      ({ leg, isOpen }) => isOpen && (leg === 'stop' || leg === 'exit'),
    )
    const isExiting = stops.some(({ leg }) => leg === 'exit')
    const counted = stops.filter(({ leg }) => (isExiting ? leg === 'exit' : leg === 'stop'))
    return counted.reduce(
      (sum, { orderQty, cumQty }) => decimal.add(sum, decimal.subtract(orderQty, cumQty)),
      '0',
    )
  }

  #tell(order: string, ordStatus: OrderUpdate['ordStatus']): void {
    const { orderQty, cumQty, isOpen, isReal } = this.#orders.get(order) as {
      orderQty: string
      cumQty: string
      isOpen: boolean
      isReal: boolean
    }
    const leavesQty = isOpen ? decimal.subtract(orderQty, cumQty) : '0'
    const terms = { symbol: 'BTCUSDT', side: 'SELL', ordType: 'LIMIT', timeInForce: 'GTC' } as const
    const of = { type: 'ORDER_UPDATE', at: 1, ...terms } as const
    this.list = withUpdate(this.list, {
      ...of,
      order,
      ordStatus,
      orderQty,
      cumQty,
      leavesQty,
      avgPx: '100',
      isAcknowledged: isReal,
    })
    this.#carryOut()
  }

  #carryOut(): void {
    const { list, commands } = planned(this.list)
    this.list = list
    for (const command of commands) {
      const id = command.leg.order as string
      if (command.do === 'place') {
        this.#orders.set(id, {
          leg: command.leg.legId,
          orderQty: command.orderQty,
          cumQty: '0',
          isOpen: true,
          isReal: false,
        })
        continue
      }
      const order = this.#orders.get(id) as {
        orderQty: string
        cumQty: string
        isOpen: boolean
        isReal: boolean
      }
      if (command.do === 'cancel') order.isOpen = false
      else order.orderQty = command.change.orderQty as string
      const isFilled = decimal.compare(order.cumQty, order.orderQty) >= 0
      if (isFilled) order.isOpen = false
      this.#tell(id, isFilled ? 'FILLED' : command.do === 'cancel' ? 'CANCELED' : 'NEW')
    }
  }
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ListRequest, listRequest, type OrderUpdate } from '../../machines/index.ts'
import {
  exposureOf,
  type Leg,
  type List,
  type ListCommand,
  listOf,
  phaseOf,
  planned,
  withClosed,
  withExit,
  withRefusal,
  withUpdate,
} from '../../machines/list/plan.ts'
import * as decimal from '../../machines/model/decimal.ts'
import { isConditional, isLimited, isStop } from '../../machines/order/terms.ts'
import { howMany, SEED } from '../seeded.ts'
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
    expect(turnOf('order/paper:b-stop', 'SUBMIT')).toBe(turnOf('position/paper:BTCUSDT', 'FILL'))
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
    expect(denied).toMatchObject({ clOrdId: 'paper:b-stop', check: 'tickSize' })
  })

  it('places a stop anew that somebody else canceled, a target not', async () => {
    const floor = await entered()
    await floor.cancelAtVenue('paper:b-stop')
    await floor.cancelAtVenue('paper:b-target')
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

  it('moves its stop as soon as the venue has it', async () => {
    const floor = await Floor.open(GUARDLESS)
    await floor.bracket('b')
    await floor.pass(45)
    expect(floor.value('order/paper:b-stop')).toMatchObject({ execution: 'submitted' })
    await floor.send('list/b', { type: 'REPLACE_LEG', legId: 'stop', stopPx: '98' })
    await floor.pass()
    expect(floor.working()).toMatchObject({ 'b-stop': '2 at 98' })
  })

  it('moves no order past the risk gate', async () => {
    const instruments = [{ symbol: 'BTCUSDT', tickSize: '1' }]
    const floor = await entered({ orders: [RESTING, STOP, TARGET] }, { instruments })
    await floor.send('list/b', { type: 'REPLACE_LEG', legId: 'entry', price: '95.5' })
    await floor.pass()
    expect(floor.working()).toEqual({ 'b-entry': '2 at 99' })
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([
      { clOrdId: 'paper:b-entry', check: 'tickSize' },
    ])
    await floor.send('list/b', { type: 'REPLACE_LEG', legId: 'entry', price: '95' })
    await floor.pass()
    expect(floor.working()).toEqual({ 'b-entry': '2 at 95' })
  })

  it('gets out of what is left when some of it was sold by hand', async () => {
    const floor = await entered()
    await floor.order('hand', { side: 'SELL', orderQty: '1' })
    expect([floor.held, floor.phase('b')]).toEqual(['1', 'protected'])
    await floor.cancelAtVenue('paper:b-stop')
    await floor.pass()
    expect(floor.working()).toHaveProperty('b-stop-2')
    await floor.send('list/b', { type: 'EXIT' })
    await floor.pass()
    await floor.pass()
    expect([floor.held, floor.phase('b'), floor.working()]).toEqual(['0', 'done', {}])
  })

  it('is over when all of it was sold by hand: its stop does not wait for what others hold', async () => {
    const floor = await entered()
    await floor.order('hand', { side: 'SELL' })
    await floor.pass()
    expect([floor.held, floor.phase('b'), floor.working()]).toEqual(['0', 'done', {}])
  })

  it('gets out at market when the price has jumped the limit of its stop', async () => {
    const limited = { ...STOP, ordType: 'STOP_LIMIT', price: '94.9' } as const
    const floor = await entered({ orders: [ENTRY, limited, TARGET] })
    expect(floor.phase('b')).toBe('protected')
    await floor.price('80')
    await floor.pass()
    expect([floor.held, floor.phase('b')]).toEqual(['2', 'exposed'])
    await floor.pass(5_000)
    await floor.pass()
    expect([floor.held, floor.phase('b'), floor.working()]).toEqual(['0', 'done', {}])
  })

  it('keeps what it holds when one of two stops is refused', async () => {
    const instruments = [{ symbol: 'BTCUSDT', tickSize: '0.01' }]
    const far = { ...STOP, legId: 'far', stopPx: '90.005' }
    const floor = await entered({ orders: [ENTRY, STOP, far] }, { instruments })
    await floor.pass(5_000)
    expect([floor.held, floor.phase('b'), floor.working()]).toEqual([
      '2',
      'protected',
      { 'b-stop': '2 at 95' },
    ])
  })

  it.each([
    ['works', { ordType: 'LIMIT', price: '50' }, { 'b-stop': '1 at 50' }],
    ['has ended', {}, {}],
  ])("has a stop also where another's order of its id %s, and leaves that alone", async (_, change, left) => {
    const floor = await Floor.open(GUARDLESS)
    await floor.order('paper:b-stop', { orderQty: '1', ...change })
    await floor.bracket('b')
    await floor.pass()
    expect(floor.phase('b')).toBe('protected')
    expect(floor.working()).toEqual({ 'b-stop-2': '2 at 95', 'b-target': '2 at 110', ...left })
    await floor.send('list/b', { type: 'EXIT' })
    await floor.pass()
    expect([floor.working(), floor.phase('b')]).toEqual([left, 'done'])
  })

  it('asks less and less often for what is refused', async () => {
    const floor = await entered()
    const by = { type: 'SET_TRADING_STATE', by: 'me' }
    await floor.send('account/paper', { ...by, tradingState: 'halted' })
    await floor.send('list/b', { type: 'EXIT' })
    for (let second = 0; second < 60; second++) await floor.pass(1_000)
    expect([floor.held, floor.working()]).toEqual(['2', { 'b-stop': '2 at 95' }])
    expect(await floor.emitted('RISK_REJECTED')).toHaveLength(6)
    await floor.send('account/paper', { ...by, tradingState: 'active' })
    await floor.pass(10_000)
    await floor.pass()
    expect([floor.held, floor.phase('b')]).toEqual(['0', 'done'])
  })

  it('is asked for once: another of its id is refused', async () => {
    const floor = await entered()
    await floor.send('list/b', { type: 'EXIT' })
    await floor.pass()
    await floor.bracket('b')
    await floor.pass()
    expect([floor.held, floor.phase('b')]).toEqual(['0', 'done'])
    expect(await floor.emitted('ORDER_LIST_REJECTED')).toMatchObject([{ list: 'list/b' }])
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
    await floor.cancelAtVenue('paper:b-low')
    await floor.pass()
    expect([floor.phase('b'), floor.working()]).toEqual(['done', {}])
  })
})

describe('two exits of which one cancels the other', () => {
  const orders = [TARGET, STOP] as unknown as ListRequest['orders']
  const held = async (config: object = {}) => {
    const floor = await Floor.open({ ...GUARDLESS, ...config })
    await floor.order('o')
    await floor.bracket('b', { contingencyType: 'OCO', orders })
    await floor.pass()
    return floor
  }

  it('shrink with each other', async () => {
    const floor = await held()
    await floor.price('110.5', '0.3')
    await floor.pass()
    expect(floor.working()).toEqual({ 'b-stop': '1.699999 at 95', 'b-target': '1.699999 at 110' })
    await floor.price('94')
    await floor.pass()
    expect([floor.held, floor.phase('b'), floor.working()]).toEqual(['0', 'done', {}])
  })

  it('keep the stop when the target is refused', async () => {
    const floor = await held({ instruments: [{ symbol: 'BTCUSDT', priceBandPct: '6' }] })
    expect(floor.working()).toEqual({ 'b-stop': '2 at 95' })
  })
})

describe('one triggers the others', () => {
  it('and takes its stop away with what it held', async () => {
    const orders = [ENTRY, { ...STOP, reduceOnly: false }] as unknown as ListRequest['orders']
    const floor = await entered({ contingencyType: 'OTO', orders })
    expect([floor.phase('b'), floor.working()]).toEqual(['protected', { 'b-stop': '2 at 95' }])
    await floor.send('list/b', { type: 'EXIT' })
    await floor.pass()
    expect([floor.held, floor.phase('b'), floor.working()]).toEqual(['0', 'done', {}])
  })

  it('and is not protected by one that adds to it', async () => {
    const add = { ...ENTRY, legId: 'add', ordType: 'STOP', stopPx: '105' }
    const orders = [ENTRY, add] as unknown as ListRequest['orders']
    const floor = await entered({ contingencyType: 'OTO', orders })
    expect([floor.phase('b'), floor.working()]).toEqual(['working', { 'b-add': '2 at 105' }])
  })

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

  const FAR = { ...STOP, legId: 'far', stopPx: '90' } as const
  const LIMITED = { ...STOP, ordType: 'STOP_LIMIT', price: '94.9' } as const
  const ADD = { ...ENTRY, legId: 'add', ordType: 'STOP', stopPx: '105' } as const
  const LISTS = [
    ['a bracket', 'OTOCO', [ENTRY, STOP, TARGET]],
    ['a bracket with two stops', 'OTOCO', [ENTRY, STOP, FAR]],
    ['a bracket with a limited stop', 'OTOCO', [ENTRY, LIMITED, TARGET]],
    [
      'an entry that triggers a stop that could open something',
      'OTO',
      [ENTRY, { ...STOP, reduceOnly: false }],
    ],
    ['an entry that triggers one to add to it', 'OTO', [ENTRY, STOP, ADD]],
    ['two exits of which one cancels the other', 'OCO', [TARGET, STOP]],
  ] as const
  const WHAT = [
    'ack',
    'ack',
    'fill',
    'fill',
    'fill',
    'trigger',
    'end',
    'refuse',
    'defy',
    'collide',
    'byHand',
    'exit',
  ]

  it.each(LISTS)(
    `%s never sells more than is held, and comes to rest with all of it covered, seed ${SEED}`,
    (_, contingencyType, orders) => {
      const step = fc.record({
        which: fc.nat(),
        what: fc.constantFrom(...WHAT),
        qty: fc.integer({ min: 1, max: 20 }),
      })
      const parsed = listRequest.parse(request({ contingencyType, orders }))
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          const venue = new ModelVenue(listOf('l', parsed))
          for (const { which, what, qty } of steps) venue.happens(which, what, String(qty / 10))
          venue.settle()
          const { held, list } = venue
          expect(decimal.isNegative(held)).toBe(false)
          // Of an OCO a stop that somebody has ended is not placed again.
          const isGivenUp = contingencyType === 'OCO' && list.legs.some((leg) => isStop(leg) && leg.endedAs)
          if (!isGivenUp) expect(decimal.compare(venue.covered(), held)).toBeGreaterThanOrEqual(0)
          // What works on when nothing is held, or was to be any more, would open something.
          const isOver = contingencyType === 'OTOCO' || list.isExiting
          if (decimal.isZero(held) && isOver) expect(venue.working('SELL')).toEqual([])
          if (contingencyType === 'OTOCO' && !venue.isSoldByHand)
            for (const { leavesQty } of venue.working('SELL'))
              expect(decimal.compare(leavesQty, held)).toBeLessThanOrEqual(0)
        }),
        { numRuns: howMany('LISTS', 400), seed: SEED },
      )
    },
  )
})

interface ModelOrder {
  readonly leg: Leg
  readonly orderQty: string
  readonly cumQty: string
  readonly leavesQty: string
  readonly isOpen: boolean
  readonly isReal: boolean
  readonly isTriggered: boolean
}

/** The orders of a list at a venue that does as it likes, but fills of those that only reduce no more than is held. */
class ModelVenue {
  list: List
  held: string
  isSoldByHand = false
  readonly #orders = new Map<string, ModelOrder>()
  #at = 1
  /** The next change of an order is refused; the next order's id is another one's. */
  #defies = false
  #collides = false

  constructor(list: List) {
    this.list = list
    this.held = list.contingencyType === 'OCO' ? '2' : '0'
    this.#carryOut()
  }

  happens(which: number, what: string, qty: string): void {
    this.#at += 100
    const open = [...this.#orders].filter(([, { isOpen }]) => isOpen)
    const [id, order] = open[which % Math.max(1, open.length)] ?? []
    if (what === 'defy') this.#defies = true
    else if (what === 'collide') this.#collides = true
    else if (what === 'byHand') this.#sellByHand(qty)
    else if (what === 'exit') this.#exit()
    else if (id === undefined || order === undefined) return
    else if (what === 'ack') this.#tell(id, { isReal: true }, 'NEW')
    else if (what === 'trigger') this.#trigger(id, order)
    else if (what === 'fill') this.#fill(id, order, qty)
    else this.#end(id, what === 'refuse' && !order.isReal ? 'REJECTED' : 'CANCELED')
    if (phaseOf(this.list) === 'protected')
      expect(decimal.compare(this.covered(), exposureOf(this.list))).toBeGreaterThanOrEqual(0)
  }

  /** Everything is acknowledged, time passes, what was refused is asked for again, and nothing else happens. */
  settle(): void {
    this.#defies = this.#collides = false
    for (let round = 0; round < 10; round++) {
      for (const [id, { isOpen, isReal }] of this.#orders)
        if (isOpen && !isReal) this.#tell(id, { isReal: true }, 'NEW')
      this.#at += 120_000
      this.#carryOut()
    }
  }

  working(side: 'BUY' | 'SELL'): readonly ModelOrder[] {
    return [...this.#orders.values()].filter(({ isOpen, leg }) => isOpen && leg.side === side)
  }

  /** Quantity that would be sold for sure if the price fell. */
  covered(): string {
    return this.working('SELL')
      .filter(({ leg, isReal, isTriggered }) => isReal && isSure(leg, isTriggered))
      .reduce((sum, { leavesQty }) => decimal.add(sum, leavesQty), '0')
  }

  #sellByHand(qty: string): void {
    if (!decimal.isPositive(this.held)) return
    this.isSoldByHand = true
    this.#move(decimal.negate(decimal.min(qty, this.held)), () => this.#carryOut())
  }

  #exit(): void {
    if (this.list.contingencyType === 'OCO') return
    this.list = withExit(this.list)
    this.#carryOut()
  }

  #trigger(id: string, { leg }: ModelOrder): void {
    if (!isConditional(leg)) return
    if (this.#isIdle(leg)) this.#end(id, 'CANCELED')
    else this.#tell(id, { isReal: true, isTriggered: true }, 'NEW')
  }

  #fill(id: string, { leg, orderQty, cumQty: was, leavesQty }: ModelOrder, qty: string): void {
    if (leg.legId === 'add') return
    // What it does beyond the list's exposure is its own affair: OTO.
    const reducible = leg.side === 'BUY' ? leavesQty : this.held
    const lastQty = decimal.min(decimal.min(qty, leavesQty), reducible)
    if (!decimal.isPositive(lastQty)) return
    const cumQty = decimal.add(was, lastQty)
    const isOpen = decimal.compare(cumQty, orderQty) < 0
    const filled = { cumQty, isOpen, isReal: true, isTriggered: isConditional(leg) }
    this.#move(leg.side === 'BUY' ? lastQty : decimal.negate(lastQty), () =>
      this.#tell(id, filled, isOpen ? 'PARTIALLY_FILLED' : 'FILLED'),
    )
  }

  /** The list hears of its own fill, and then that the position is closed, if it is. */
  #move(qty: string, tell: () => void): void {
    const { cumQty } = this.list.legs[0] as Leg
    this.held = decimal.add(this.held, qty)
    tell()
    if (!decimal.isZero(this.held)) return
    this.list = withClosed(this.list, cumQty)
    for (const [id, { isOpen, leg, isTriggered }] of this.#orders) {
      const isWaiting = isConditional(leg) && !isTriggered
      if (isOpen && !isWaiting && this.#isIdle(leg)) this.#end(id, 'CANCELED')
    }
    this.#carryOut()
  }

  #isIdle({ side, reduceOnly }: Leg): boolean {
    return side === 'SELL' && reduceOnly === true && !decimal.isPositive(this.held)
  }

  #end(id: string, ordStatus: OrderUpdate['ordStatus'], why: Pick<OrderUpdate, 'ordRejReason'> = {}): void {
    this.#tell(id, { isOpen: false }, ordStatus, why)
  }

  #tell(
    order: string,
    change: Partial<ModelOrder>,
    ordStatus: OrderUpdate['ordStatus'],
    why: Pick<OrderUpdate, 'ordRejReason'> = {},
  ): void {
    const was = { ...(this.#orders.get(order) as ModelOrder), ...change }
    const { leg, orderQty, cumQty, isOpen, isReal: isAcknowledged, isTriggered } = was
    const leavesQty = isOpen ? decimal.subtract(orderQty, cumQty) : '0'
    this.#orders.set(order, { ...was, leavesQty })
    const { side, ordType } = leg
    const of = {
      type: 'ORDER_UPDATE',
      at: this.#at,
      order,
      symbol: 'BTCUSDT',
      side,
      ordType,
      timeInForce: 'GTC',
    } as const
    const quantities = { orderQty, cumQty, leavesQty, avgPx: '100' }
    this.list = withUpdate(this.list, {
      ...of,
      ordStatus,
      ...quantities,
      isAcknowledged,
      isTriggered,
      ...why,
    })
    this.#carryOut()
  }

  #carryOut(): void {
    const { list, commands } = planned(this.list, this.#at)
    // By itself it gives up only what nothing covers.
    if (list.isExiting && !this.list.isExiting)
      expect(decimal.compare(this.covered(), exposureOf(list))).toBeLessThan(0)
    this.list = list
    for (const command of commands) {
      if (command.do === 'place') this.#place(command)
      else this.#change(command)
    }
  }

  #place({ leg, orderQty }: Extract<ListCommand, { do: 'place' }>): void {
    const id = leg.order as string
    if (this.#collides) {
      this.#collides = false
      const refused = { type: 'REQUEST_REFUSED', at: this.#at, check: 'clOrdId', text: 'no' } as const
      this.list = withRefusal(this.list, { ...refused, clOrdId: id.slice('order/'.length) })
      this.#carryOut()
      return
    }
    const is = { isOpen: true, isReal: false, isTriggered: false }
    this.#orders.set(id, { leg, orderQty, leavesQty: orderQty, cumQty: '0', ...is })
    if (this.#isIdle(leg)) this.#end(id, 'REJECTED', { ordRejReason: 'REDUCE_ONLY' })
  }

  #change(command: Exclude<ListCommand, { do: 'place' }>): void {
    const id = command.leg.order as string
    const { isOpen, orderQty: was, cumQty } = this.#orders.get(id) as ModelOrder
    if (!isOpen) return
    if (this.#defies) {
      this.#defies = false
      this.#tell(id, {}, 'NEW')
    } else if (command.do === 'cancel') this.#end(id, 'CANCELED')
    else {
      const orderQty = decimal.max(command.change.orderQty ?? was, cumQty)
      const isFilled = decimal.compare(cumQty, orderQty) >= 0
      this.#tell(id, { orderQty, isOpen: !isFilled }, isFilled ? 'FILLED' : 'NEW')
    }
  }
}

function isSure(leg: Leg, isTriggered: boolean): boolean {
  return leg.ordType === 'MARKET' || (isStop(leg) && !(isTriggered && isLimited(leg)))
}

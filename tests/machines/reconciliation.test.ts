import { describe, expect, it } from 'vitest'
import { adoptedId } from '../../machines/index.ts'
import { Floor } from './floor.ts'

const RECONCILIATION = 'reconciliation/paper'
const RULES = { watchdog: { enabled: false }, reconciliation: { everyMs: 30_000, settleMs: 2_000 } }
/** The same, with no look by itself in the time of a test. */
const SELDOM = { ...RULES, reconciliation: { ...RULES.reconciliation, everyMs: 3_600_000 } }

/** A fill that no venue knows of. */
const GHOST = {
  type: 'FILL',
  order: 'order/ghost',
  tradeId: 't',
  venue: 'paper',
  symbol: 'BTCUSDT',
  side: 'BUY',
  ordType: 'MARKET',
  lastQty: '1',
  lastPx: '100',
  commission: '0',
  commissionAsset: 'USDT',
}

const ORDER = {
  type: 'ORDER_REQUEST',
  owner: 'strategy/mine',
  venue: 'paper',
  symbol: 'BTCUSDT',
  side: 'BUY',
  ordType: 'LIMIT',
  price: '90',
  orderQty: '2',
  timeInForce: 'GTC',
  refPx: '100',
}

async function reconciled(floor: Floor): Promise<string[]> {
  await floor.send(RECONCILIATION, { type: 'RECONCILE', reason: 'test' })
  await floor.pass(100)
  for (let look = 2; look <= 3; look++) {
    await floor.pass(2_100)
    await floor.pass(100)
  }
  const differences = await floor.emitted('RECONCILIATION_DIFFERENCE')
  const completed = await floor.emitted('RECONCILIATION_COMPLETED')
  return [
    ...differences.map(
      ({ what, id, here, there, done }) => `${what} ${id}: ${here} here, ${there} there, ${done}`,
    ),
    `${completed.at(-1)?.discrepancies} left`,
  ]
}

describe('a reconciliation', () => {
  it('finds nothing where nothing is, once asked for and then by itself', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o')
    await floor.order('p', { ordType: 'LIMIT', price: '90' })
    expect(await reconciled(floor)).toEqual(['0 left'])
    await floor.pass(30_100)
    expect(await floor.emitted('RECONCILIATION_COMPLETED')).toHaveLength(2)
  })

  it('takes an order that is on its way to the book for no difference', async () => {
    const floor = await Floor.open(RULES)
    await floor.send('account/paper', { ...ORDER, clOrdId: 'o' })
    expect(floor.venue.pendingOrders()).toMatchObject([{ clOrdId: 'o', ordStatus: 'PENDING_NEW' }])
    expect(await reconciled(floor)).toEqual(['0 left'])
  })

  it('applies a fill that was never told, once', async () => {
    const floor = await Floor.open(RULES)
    floor.loseReports('TRADE')
    await floor.order('o')
    expect([floor.held, floor.value('order/o')]).toMatchObject(['0', { execution: 'accepted' }])
    expect(await reconciled(floor)).toEqual([
      'order order/o: 2 here, none there, asked',
      'balance BTC: 0 here, 2 there, movements applied',
      'balance USDT: 100000 here, 99799.98 there, movements applied',
      '0 left',
    ])
    expect([floor.held, floor.value('order/o')]).toMatchObject(['2', { execution: 'filled' }])
  })

  it('finds out what became of an order whose end was never told', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o', { ordType: 'LIMIT', price: '90' })
    floor.loseReports('CANCELED')
    await floor.cancelAtVenue('o')
    expect(floor.value('order/o')).toMatchObject({ execution: 'accepted' })
    expect(await reconciled(floor)).toEqual(['order order/o: 2 here, none there, asked', '0 left'])
    expect(floor.value('order/o')).toMatchObject({ execution: 'canceled' })
  })

  it.each([
    ['adopt', 'accepted', 'adopted'],
    ['cancel', 'canceled', 'canceled'],
  ])('is told to %s orders that nobody here knows', async (unknownOrders, execution, done) => {
    const floor = await Floor.open({ ...RULES, reconciliation: { ...RULES.reconciliation, unknownOrders } })
    await floor.orderAtVenue('stranger')
    expect(await reconciled(floor)).toEqual([`order order/stranger: none here, 3 there, ${done}`, '0 left'])
    expect(floor.value('order/stranger')).toMatchObject({ execution })
  })

  describe('of a store with wire ids', () => {
    const address = `order/${adoptedId('paper', 'stranger')}`
    const adopting = async (change: object = {}) => {
      const floor = await Floor.open({ ...RULES, ...change }, {}, '7f3a')
      await floor.order('paper:stranger', { ordType: 'LIMIT', price: '70' })
      await floor.orderAtVenue('stranger')
      return floor
    }

    it("adopts somebody else's order under an id of its own, whatever that is called at the venue", async () => {
      const floor = await adopting()
      expect(await reconciled(floor)).toEqual([`order ${address}: none here, 3 there, adopted`, '0 left'])
      expect(floor.value(address)).toMatchObject({ execution: 'accepted' })
      expect(floor.harness.context(address)).toMatchObject({ foreignId: 'stranger' })
      expect(await floor.emitted('ORDER_ADOPTED')).toMatchObject([{ order: address, foreignId: 'stranger' }])
      expect(floor.value('order/paper:stranger')).toMatchObject({ execution: 'accepted' })
    })

    it('has its reports, replaces and cancels it by what the venue calls it, and then by what replaced that', async () => {
      const floor = await adopting()
      await reconciled(floor)
      const clOrdId = address.slice('order/'.length)
      await floor.send('account/paper', { type: 'REPLACE_REQUEST', clOrdId, price: '81' })
      await floor.pass()
      expect(floor.harness.context(address)).toMatchObject({
        clOrdId: `${clOrdId}/2`,
        terms: { price: '81' },
      })
      await floor.send(address, { type: 'VERIFY' })
      await floor.price('80', '1')
      await floor.pass()
      expect(floor.harness.context(address)).toMatchObject({ cumQty: '1.000001', leavesQty: '1.999999' })
      await floor.send(address, { type: 'CANCEL', by: 'ann' })
      await floor.pass()
      expect(floor.value(address)).toMatchObject({ execution: 'canceled', request: 'idle' })
      expect(await floor.emitted('ORDER_CANCEL_REJECTED')).toEqual([])
      expect((await floor.harness.deadLetters()).filter(({ to }) => to === address)).toEqual([])
      expect(await reconciled(floor)).toContain('0 left')
    })

    it('adopts one with what it has filled before anybody here knew', async () => {
      const floor = await adopting()
      floor.loseReports('TRADE')
      await floor.price('79', '1')
      await floor.pass()
      expect((await reconciled(floor)).at(-1)).toBe('0 left')
      expect([floor.held, floor.value(address)]).toMatchObject(['1.000001', { execution: 'partiallyFilled' }])
    })

    it('cancels one where it is told to', async () => {
      const floor = await adopting({ reconciliation: { ...RULES.reconciliation, unknownOrders: 'cancel' } })
      expect((await reconciled(floor)).at(-1)).toBe('0 left')
      expect(floor.value(address)).toMatchObject({ execution: 'canceled' })
    })
  })

  it.each([
    ['ended', '1000', '3', 'filled'],
    ['partly filled', '1', '1.000001', 'partiallyFilled'],
  ])("adopts a stranger's order that has %s with its fills", async (_, size, held, execution) => {
    const floor = await Floor.open(RULES)
    await floor.orderAtVenue('stranger')
    floor.loseReports('TRADE')
    await floor.price('79', size)
    await floor.pass()
    expect((await reconciled(floor)).at(-1)).toBe('0 left')
    expect([floor.held, floor.value('order/stranger')]).toMatchObject([held, { execution }])
  })

  it('does nothing about what was only on its way at its first look', async () => {
    const floor = await Floor.open(RULES)
    await floor.send('account/paper', { ...ORDER, clOrdId: 'o', ordType: 'MARKET' })
    // Filled at the venue, and not told yet.
    await floor.pass(30)
    expect([floor.held, floor.venue.positions()]).toEqual(['0', { BTCUSDT: '2' }])
    const told = ['VENUE_STATE', 'VENUE_STATE']
    expect(await reconciled(floor)).toEqual(['0 left'])
    const records = await floor.harness.records()
    const looks = records.filter(({ actor }) => actor === RECONCILIATION).map(({ event }) => event.type)
    expect(looks.filter((type) => type === 'VENUE_STATE')).toEqual(told)
    const causes = new Set(records.filter(({ actor }) => actor === RECONCILIATION).map(({ seq }) => seq))
    const others = records.filter(({ actor, cause }) => actor !== RECONCILIATION && causes.has(cause ?? -1))
    expect(others).toEqual([])
  })

  it('counts no difference that has only just come up', async () => {
    const floor = await Floor.open(RULES)
    floor.loseReports('TRADE')
    await floor.order('o')
    await floor.send(RECONCILIATION, { type: 'RECONCILE', reason: 'test' })
    for (const clOrdId of ['p', 'q']) {
      await floor.pass(1_990)
      await floor.send('account/paper', { ...ORDER, clOrdId, price: '50', orderQty: '1' })
      await floor.pass(11)
      await floor.pass()
    }
    expect(await floor.emitted('RECONCILIATION_COMPLETED')).toMatchObject([{ discrepancies: 0, repaired: 3 }])
  })

  it('applies what was missed once, also where something else goes on differing', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o')
    await floor.send('position/paper:BTCUSDT', GHOST)
    for (let round = 0; round < 10; round++) await floor.pass(40_000)
    const told = (await floor.harness.records()).filter(
      ({ actor, event }) => actor === 'order/o' && event.type === 'EXECUTION_REPORT',
    )
    // Accepted, filled, and of the looks the fill again that were within the overlap.
    expect(told.length).toBeLessThan(6)
  })

  it('says what it could not mend', async () => {
    const floor = await Floor.open(RULES)
    await floor.send('position/paper:BTCUSDT', GHOST)
    expect(await reconciled(floor)).toEqual([
      'position BTCUSDT: 1 here, 0 there, movements applied',
      'position BTCUSDT: 1 here, 0 there, reported',
      '1 left',
    ])
  })

  it.each([
    ['adopts', 'adopt', 'adopted', '100007', 0],
    ['reports', 'report', 'reported', '100000', 1],
  ])('%s money that came unseen, as it is told to', async (_, balances, done, balance, left) => {
    const floor = await Floor.open({ ...RULES, reconciliation: { ...RULES.reconciliation, balances } })
    floor.deposit('USDT', '7')
    const difference = (done: string) => `balance USDT: 100000 here, 100007 there, ${done}`
    expect(await reconciled(floor)).toEqual([difference('movements applied'), difference(done), '1 left'])
    expect(floor.harness.context('account/paper')).toMatchObject({
      balances: { USDT: balance },
      equity: balance,
      peakEquity: balance,
    })
    expect((await reconciled(floor)).at(-1)).toBe(`${left} left`)
  })

  it.each([
    ['otherwise', '98', 1],
    ['the same', '99799.98', 0],
  ])(
    'that hears in passing of a balance looks when that says %s, once all may have arrived',
    async (_, balance, looks) => {
      const floor = await Floor.open(RULES)
      const report = { type: 'BALANCE_REPORT', venue: 'paper', asset: 'USDT', reason: 'ORDER' }
      await floor.send(RECONCILIATION, { ...report, balance })
      await floor.order('o')
      expect(floor.value(RECONCILIATION)).toBe('awaitingReports')
      await floor.pass(2_100)
      expect(await floor.emitted('RECONCILIATION_STARTED')).toHaveLength(looks)
      await floor.pass(5_000)
      expect(floor.value(RECONCILIATION)).toBe('idle')
    },
  )

  it('looks from time to time, however often it hears something', async () => {
    const floor = await Floor.open(RULES)
    for (let told = 0; told < 40; told++) {
      const report = {
        type: 'POSITION_REPORT',
        venue: 'paper',
        symbol: 'BTCUSDT',
        quantity: '0',
        entryPx: '0',
      }
      await floor.send(RECONCILIATION, report)
      await floor.pass(1_000)
    }
    expect(await floor.emitted('RECONCILIATION_STARTED')).toMatchObject([{ reason: 'periodic' }])
  })

  it('takes no answer for no difference: it asks again', async () => {
    const floor = await Floor.open(RULES)
    floor.disconnect()
    await floor.send(RECONCILIATION, { type: 'RECONCILE', reason: 'test' })
    await floor.pass(25_000)
    expect(floor.value(RECONCILIATION)).toBe('firstLook')
    expect(await floor.emitted('RECONCILIATION_COMPLETED')).toEqual([])
    floor.connect()
    await floor.pass(10_100)
    expect(await floor.emitted('RECONCILIATION_COMPLETED')).toHaveLength(1)
  })

  it.each([
    ['otherwise', '98', 2],
    ['the same', '100000', 1],
  ])(
    'that hears of a balance during a look looks again when that says %s, once the look is over',
    async (_, balance, looks) => {
      const floor = await Floor.open(SELDOM)
      await floor.orderAtVenue('stranger')
      await floor.send(RECONCILIATION, { type: 'RECONCILE', reason: 'test' })
      const reach = async (state: string) => {
        while (floor.value(RECONCILIATION) !== state) await floor.pass(100)
      }
      await reach('repairing')
      const report = { type: 'BALANCE_REPORT', venue: 'paper', asset: 'USDT', balance, reason: 'ORDER' }
      await floor.send(RECONCILIATION, report)
      await reach('awaitingReports')
      for (let passed = 0; passed < 10_000; passed += 500) await floor.pass(500)
      expect(await floor.emitted('RECONCILIATION_STARTED')).toHaveLength(looks)
      expect(floor.value(RECONCILIATION)).toBe('idle')
    },
  )

  describe('that is asked for once more while it looks', () => {
    /** Asks for a look, and again in this state of it. `before` is the state after which requests do not reach the venue. */
    async function looks(state: string, before: string, again: object): Promise<[Floor, readonly string[]]> {
      const floor = await Floor.open(SELDOM)
      const reach = async (state: string) => {
        while (floor.value(RECONCILIATION) !== state) await floor.pass(100)
      }
      await floor.orderAtVenue('one')
      if (before === 'idle') floor.disconnect()
      await floor.send(RECONCILIATION, { type: 'RECONCILE', reason: 'first' })
      await reach(before === 'idle' ? state : before)
      if (state !== before) floor.disconnect()
      await reach(state)
      floor.connect()
      await floor.orderAtVenue('two')
      expect(floor.value(RECONCILIATION)).toBe(state)
      await floor.send(RECONCILIATION, { type: 'RECONCILE', reason: 'again', ...again })
      for (let passed = 0; passed < 30_000; passed += 500) await floor.pass(500)
      return [floor, (await floor.emitted('RECONCILIATION_STARTED')).map(({ reason }) => reason)]
    }

    it.each([
      ['firstLook', 'idle', {}],
      ['settling', 'settling', {}],
      ['secondLook', 'settling', { order: 'order/one' }],
      ['repairing', 'repairing', { by: 'ann' }],
      ['verdict', 'repairing', {}],
    ])('looks again: in the state %s', async (state, before, of) => {
      const [floor, reasons] = await looks(state, before, of)
      expect(reasons).toEqual(['first', 'again'])
      expect(await floor.emitted('RECONCILIATION_COMPLETED')).toHaveLength(2)
      expect(floor.value('order/one')).toMatchObject({ execution: 'accepted' })
      expect(floor.value('order/two')).toMatchObject({ execution: 'accepted' })
      expect(floor.value(RECONCILIATION)).toBe('idle')
    })

    it.each(['repairing', 'verdict'])(
      'does not look again for what its repair makes an order ask: in the state %s',
      async (state) => {
        const [floor, reasons] = await looks(state, 'repairing', { order: 'order/one' })
        expect(reasons).toEqual(['first'])
        expect(floor.value(RECONCILIATION)).toBe('idle')
      },
    )
  })
})

/** Tests the commands that cancel orders and close positions, on the paper venue. */
import { describe, expect, it } from 'vitest'
import { type AccountContext, instrument, machines } from '../../machines/index.ts'
import { Harness } from '../runtime/harness.ts'
import { Floor, SYMBOL } from './floor.ts'

const ACCOUNT = 'account/paper'
const POSITION = `position/paper:${SYMBOL}`
const BY = { by: 'ann' }
const OUT = { side: 'SELL', reduceOnly: true }
const STOP = { ...OUT, ordType: 'STOP', stopPx: '90' }
/** The watchdog waits longer than these tests last. */
const QUIET = { watchdog: { graceMs: 900_000 } }
const LINEAR = { ...QUIET, instruments: [{ symbol: SYMBOL, contract: 'linear' }] }

const flatten = (floor: Floor) => floor.send(ACCOUNT, { type: 'FLATTEN', ...BY })
const close = (floor: Floor) => floor.send(POSITION, { type: 'CLOSE_POSITION', ...BY })
const setState = (floor: Floor, tradingState: string) =>
  floor.send(ACCOUNT, { type: 'SET_TRADING_STATE', tradingState, ...BY })
const account = (floor: Floor) => floor.harness.context(ACCOUNT) as AccountContext

const rules = (floor: Floor, of?: object) => {
  const instruments = of ? [instrument.parse({ symbol: SYMBOL, contract: 'linear', ...of })] : []
  return floor.send(ACCOUNT, { type: 'CONFIGURE', settings: { instruments } })
}
/** A target and a stop of which one cancels the other. */
const oco = (floor: Floor, legs: object = {}) => {
  const leg = { side: 'SELL', orderQty: '2', timeInForce: 'GTC', ...legs } as const
  const stop = { legId: 'stop', ordType: 'STOP', stopPx: '90', ...leg } as const
  const target = { legId: 'target', ordType: 'LIMIT', price: '120', ...leg } as const
  return floor.bracket('oco', { contingencyType: 'OCO', orders: [target, stop] })
}

/** Lets time pass in short steps, and returns the quantities that were held without a stop for all of it. */
async function nakedWhile(floor: Floor, ms: number): Promise<readonly string[]> {
  const naked: string[] = []
  for (let passed = 0; passed < ms; passed += 5) {
    await floor.pass(5)
    const quantity = floor.venue.positions()[SYMBOL] ?? '0'
    const stops = floor.venue.openOrders().filter(({ stopPx }) => stopPx !== undefined)
    const stopQty = stops.reduce((sum, { leavesQty }) => sum + Number(leavesQty), 0)
    if (stopQty < Math.abs(Number(quantity))) naked.push(quantity)
  }
  return naked
}

/** The account is flat, says so once with what was closed, and has forgotten what it was to close. */
async function expectFlattened(floor: Floor, closed: readonly object[]): Promise<void> {
  expect([floor.held, floor.working(), account(floor).working]).toEqual(['0', {}, {}])
  expect(await floor.emitted('ACCOUNT_FLATTENED')).toMatchObject([{ closed, ...BY }])
  expect(account(floor).closing).toBeUndefined()
  expect(await floor.emitted('POSITION_FLIPPED')).toEqual([])
}

describe('FLATTEN', () => {
  it('of an account with nothing open is done at once, and the account only reduces from then on', async () => {
    const floor = await Floor.open(QUIET)
    await floor.send(ACCOUNT, { type: 'FLATTEN', ...BY, reason: 'the day is over' })
    const of = { at: floor.at, venue: 'paper', by: 'ann' }
    expect(await floor.emitted('MANUAL_INTERVENTION')).toEqual([
      { type: 'MANUAL_INTERVENTION', ...of, action: 'FLATTEN', reason: 'the day is over' },
    ])
    expect(await floor.emitted('TRADING_BLOCKED')).toMatchObject([{ tradingState: 'reducing', ...BY }])
    expect(await floor.emitted('ACCOUNT_FLATTENED')).toEqual([
      { type: 'ACCOUNT_FLATTENED', ...of, closed: [] },
    ])
    expect(floor.value(ACCOUNT)).toBe('reducing')
    await floor.order('again')
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([{ check: 'tradingState' }])
  })

  it('lets the list exit that holds a position, and keeps its stop until the exit is filled', async () => {
    const floor = await Floor.open(QUIET)
    await floor.bracket('b')
    await floor.pass()
    await flatten(floor)
    expect(await nakedWhile(floor, 200)).toEqual([])
    expect(floor.phase('b')).toBe('done')
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
    const submitted = (await floor.emitted('ORDER_SUBMITTED')).map(({ clOrdId }) => clOrdId)
    expect(submitted.at(-1)).toBe('paper:b-exit')
    // One cancel for each order: a list looks after its own.
    const canceled = (await floor.harness.records()).filter(({ event }) => event.type === 'CANCEL')
    expect(canceled.map(({ actor }) => actor).sort()).toEqual(['order/paper:b-stop', 'order/paper:b-target'])
  })

  it('exits at market what no list holds, and cancels stops only then', async () => {
    const floor = await Floor.open(QUIET)
    await floor.order('o')
    await floor.order('stop', STOP)
    await floor.order('target', { ...OUT, ordType: 'LIMIT', price: '120' })
    await flatten(floor)
    expect(await nakedWhile(floor, 200)).toEqual([])
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
    const closing = (await floor.emitted('ORDER_SUBMITTED')).at(-1)
    expect(closing).toMatchObject({ clOrdId: `paper:${SYMBOL}-close-1`, orderQty: '2', ...OUT })
  })

  it("leaves the watchdog's stop until the position is closed", async () => {
    const floor = await Floor.open({ watchdog: { graceMs: 1_000 } })
    await floor.order('o')
    await floor.pass(1_200)
    expect(Object.keys(floor.working())).toEqual([`${SYMBOL}-watchdog-1`])
    await flatten(floor)
    expect(await nakedWhile(floor, 200)).toEqual([])
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
  })

  it('exits by the list what that holds, and by itself the rest', async () => {
    const floor = await Floor.open(QUIET)
    await floor.bracket('b')
    await floor.order('o', { orderQty: '3' })
    await flatten(floor)
    await floor.pass()
    await floor.pass()
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '5' }])
    const exits = (await floor.emitted('ORDER_FILLED')).filter(({ side }) => side === 'SELL')
    expect(exits.map(({ clOrdId, cumQty }) => [clOrdId, cumQty])).toEqual([
      ['paper:b-exit', '2'],
      [`paper:${SYMBOL}-close-1`, '3'],
    ])
  })

  it('cancels entries, of lists too, and closes what a late cancel has let in', async () => {
    const floor = await Floor.open(QUIET)
    const rest = { ordType: 'LIMIT', price: '90', timeInForce: 'GTC' } as const
    await floor.order('low', { ...rest, orderQty: '1' })
    const exit = { side: 'SELL', orderQty: '2', timeInForce: 'GTC', reduceOnly: true } as const
    await floor.bracket('b', {
      orders: [
        { legId: 'entry', side: 'BUY', orderQty: '2', ...rest },
        { legId: 'stop', ordType: 'STOP', stopPx: '70', ...exit },
      ],
    })
    await floor.pass()
    expect(Object.keys(floor.working()).sort()).toEqual(['b-entry', 'low'])
    await flatten(floor)
    // The cancels are under way when the price comes to the orders.
    await floor.price('80')
    for (let i = 0; i < 4; i++) await floor.pass()
    const rejected = (await floor.emitted('ORDER_CANCEL_REJECTED')).map(({ order }) => order)
    expect(rejected).toEqual(expect.arrayContaining(['order/paper:b-entry', 'order/low']))
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '3' }])
  })

  it('goes on until an exit that is filled in parts is filled, and tells meanwhile what is left', async () => {
    const floor = await Floor.open(QUIET)
    await floor.bracket('b')
    await floor.pass()
    await floor.price('100', '0.5')
    await flatten(floor)
    await floor.pass()
    expect(floor.held).toBe('1.5')
    expect(floor.working()).toMatchObject({ 'b-stop': '1.5 at 95', 'b-exit': '1.5 at market' })
    await floor.pass(30_000)
    const left = { symbol: SYMBOL, quantity: '1.5', text: 'an exit works at the venue' }
    expect(await floor.emitted('POSITION_NOT_CLOSED')).toMatchObject([{ ...left, ...BY }])
    expect(await floor.emitted('ACCOUNT_NOT_FLAT')).toMatchObject([
      { left: [left], closed: [], orders: ['order/paper:b-stop', 'order/paper:b-exit'], ...BY },
    ])
    await floor.price('99')
    await floor.pass()
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
    expect(await floor.emitted('ACCOUNT_NOT_FLAT')).toHaveLength(1)
  })

  it('cancels a stop that its list would keep for good', async () => {
    const floor = await Floor.open(QUIET)
    const exit = { side: 'SELL', orderQty: '2', timeInForce: 'GTC', reduceOnly: true } as const
    await floor.order('o')
    await floor.bracket('oco', {
      contingencyType: 'OCO',
      orders: [
        { legId: 'stop', ordType: 'STOP', stopPx: '90', ...exit },
        { legId: 'target', ordType: 'LIMIT', price: '120', ...exit },
      ],
    })
    await floor.pass()
    await flatten(floor)
    expect(await nakedWhile(floor, 200)).toEqual([])
    expect([floor.held, Object.keys(floor.working())]).toEqual(['0', ['oco-stop']])
    await floor.pass(5_000)
    await floor.pass()
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
  })

  it('exits a position of a symbol that has had no price here', async () => {
    const harness = new Harness()
    const ports = { paper: { deliver: () => {}, recover: () => {} } }
    const supervisor = await harness.open({ machines, ports })
    const limits = { orderNotionalMax: '1000', openOrdersMax: 5 }
    const instruments = [{ symbol: SYMBOL, contract: 'linear' }]
    await supervisor.spawn('account', 'paper', { venue: 'paper', balance: '1000', limits, instruments })
    const terms = { contract: 'linear', multiplier: '1', settleAsset: 'USDT', settled: '0' }
    const held = { symbol: SYMBOL, position: POSITION, quantity: '2', cost: '200', avgPx: '100', ...terms }
    await supervisor.send(ACCOUNT, { type: 'POSITION_CHANGED', at: 1_000, ...held })
    await supervisor.send(ACCOUNT, { type: 'FLATTEN', at: 1_000, ...BY })
    for (let look = 0; look < 3; look++) {
      harness.clock.advanceTo(1_000)
      await supervisor.idle()
    }
    const value = { execution: 'submitted' }
    expect(await supervisor.view(`order/paper:${SYMBOL}-close-1`)).toMatchObject({ value })
  })

  it('exits at once what a part of an entry has opened, also while its cancel has no answer', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('low', { ordType: 'LIMIT', price: '90', orderQty: '3' })
    floor.loseReports('CANCELED')
    await flatten(floor)
    await floor.price('89', '1')
    await floor.pass()
    await floor.price('89')
    await floor.pass()
    await floor.pass()
    expect([floor.held, floor.working()]).toEqual(['0', {}])
    // The order learns by itself what became of it.
    expect(await floor.emitted('ACCOUNT_FLATTENED')).toEqual([])
    await floor.pass(30_000)
    await floor.pass()
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '1.000001' }])
  })

  it('cancels an order that becomes known meanwhile', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o')
    await floor.price('100', '0.5')
    await flatten(floor)
    await floor.pass()
    await floor.order('late', { ...STOP, reduceOnly: false, orderQty: '1' })
    expect(await floor.emitted('ENTRY_SKIPPED')).toMatchObject([{ clOrdId: 'late', check: 'closing' }])
    await floor.orderAtVenue('foreign')
    expect(Object.keys(floor.working())).toContain('foreign')
    await floor.send('reconciliation/paper', { type: 'RECONCILE', reason: 'by hand' })
    for (let passed = 0; passed < 8_000; passed += 1_000) await floor.pass(1_000)
    expect(Object.keys(floor.working())).toEqual([`${SYMBOL}-close-1`])
    await floor.price('100')
    await floor.pass()
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
  })

  it('cancels what a look has found that was asked for while another one waited for the venue', async () => {
    const floor = await Floor.open(QUIET)
    const look = { type: 'RECONCILE', reason: 'by hand' }
    const reach = async (state: string) => {
      while (floor.value('reconciliation/paper') !== state) await floor.pass(500)
    }
    await floor.orderAtVenue('foreign')
    await floor.send('reconciliation/paper', look)
    await reach('repairing')
    floor.disconnect()
    await reach('verdict')
    floor.connect()
    await floor.orderAtVenue('later')
    await floor.send('reconciliation/paper', look)
    await reach('idle')
    await flatten(floor)
    await floor.pass()
    await expectFlattened(floor, [])
  })

  it('turns nothing over beside a stop that is not bound to reduce, nor without one at hand', async () => {
    for (const pass of [0, 25, 45, 65]) {
      const floor = await Floor.open(LINEAR)
      await floor.order('o')
      await floor.order('stop', { ...STOP, reduceOnly: false })
      await flatten(floor)
      await floor.pass(0)
      await floor.pass(0)
      expect(Object.keys(account(floor).working)).toEqual(['order/stop'])
      if (pass > 0) await floor.pass(pass)
      await floor.price('89')
      await floor.pass()
      await floor.pass()
      await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
    }
  })

  it('keeps a stop that is not bound to reduce while no exit would pass', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o')
    await floor.order('stop', { ...STOP, reduceOnly: false })
    await rules(floor, { lotSize: '1', maxNotional: '1' })
    await flatten(floor)
    await floor.pass(31_000)
    expect(floor.working()).toEqual({ stop: '2 at 90' })
    const left = [{ text: 'maxNotional: 100.01 asked, 1 allowed' }]
    expect(await floor.emitted('ACCOUNT_NOT_FLAT')).toMatchObject([{ left }])
    await rules(floor)
    await flatten(floor)
    await floor.pass()
    await floor.pass()
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
  })

  it('waits for a sale that is under way', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o')
    const request = {
      type: 'ORDER_REQUEST',
      clOrdId: 'sale',
      owner: 'strategy/mine',
      venue: 'paper',
      refPx: '100',
    }
    const terms = { symbol: SYMBOL, side: 'SELL', ordType: 'MARKET', orderQty: '2', timeInForce: 'GTC' }
    await floor.send(ACCOUNT, { ...request, ...terms })
    await flatten(floor)
    await floor.pass(0)
    await floor.pass(0)
    expect(Object.keys(account(floor).working)).toEqual(['order/sale'])
    await floor.pass()
    await floor.pass()
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
  })

  it('exits a position whose symbol is listed no longer', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o')
    await rules(floor, { symbol: 'ETHUSDT' })
    await flatten(floor)
    await floor.pass()
    await floor.pass()
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
  })

  it('does not say that an exit works at a venue that has not answered', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o')
    floor.disconnect()
    await flatten(floor)
    await floor.pass(30_100)
    const left = [{ quantity: '2', text: 'an exit was asked for, and nothing of it is filled' }]
    expect(await floor.emitted('ACCOUNT_NOT_FLAT')).toMatchObject([{ left }])
  })

  it('takes another id where a person has used the one of its exit', async () => {
    const floor = await Floor.open(QUIET)
    await floor.order(`paper:${SYMBOL}-close-1`)
    await flatten(floor)
    await floor.pass()
    await floor.pass()
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
    expect((await floor.emitted('ORDER_FILLED')).at(-1)?.clOrdId).toBe(`paper:${SYMBOL}-close-2`)
  })

  it('places another exit where the venue has ended one', async () => {
    const floor = await Floor.open(QUIET)
    await floor.order('o')
    await floor.order('stop', STOP)
    await floor.price('100', '0.5')
    await flatten(floor)
    await floor.pass()
    await floor.cancelAtVenue(`paper:${SYMBOL}-close-1`)
    expect([floor.held, floor.working()]).toEqual(['1.5', { stop: '2 at 90' }])
    await floor.price('100')
    await floor.pass(2_000)
    await floor.pass()
    await floor.pass()
    const exits = (await floor.emitted('ORDER_FILLED')).map(({ clOrdId, cumQty }) => [clOrdId, cumQty])
    expect(exits.at(-1)).toEqual([`paper:${SYMBOL}-close-2`, '1.5'])
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
  })

  it('exits in as many orders as the rules of the symbol ask for', async () => {
    for (const { held, of, parts } of [
      { held: '5', of: { lotSize: '1', maxNotional: '250' }, parts: ['2', '2', '1'] },
      { held: '10.5', of: { lotSize: '0.5', minQty: '1', maxQty: '10' }, parts: ['9.5', '1'] },
      { held: '1', of: { maxNotional: '66.66' }, parts: ['0.66653334', '0.33346666'] },
      { held: '4', of: { minQty: '1.5', maxNotional: '350' }, parts: ['2.5', '1.5'] },
    ]) {
      const floor = await Floor.open({ ...LINEAR, account: { limits: { orderNotionalMax: '100000' } } })
      await floor.order('o', { orderQty: held })
      await rules(floor, of)
      await flatten(floor)
      await floor.pass(200)
      await expectFlattened(floor, [{ symbol: SYMBOL, quantity: held }])
      const exits = (await floor.emitted('ORDER_SUBMITTED')).filter(({ side }) => side === 'SELL')
      expect(exits.map(({ orderQty }) => orderQty)).toEqual(parts)
      expect(await floor.emitted('RISK_REJECTED')).toEqual([])
    }
  })

  it('closes all but a quantity that no order can close, and ends with that', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o', { orderQty: '2.5' })
    await floor.order('stop', { ...STOP, orderQty: '2.5' })
    await rules(floor, { lotSize: '1', maxQty: '1.5' })
    await flatten(floor)
    await floor.pass(30_100)
    expect([floor.held, floor.working(), account(floor).closing]).toEqual([
      '0.5',
      { stop: '2.5 at 90' },
      undefined,
    ])
    const left = { quantity: '0.5', text: 'orderQty (lotSize): 0.5 asked, 1 allowed' }
    const text = 'no order can close what is left, and no exit follows'
    expect(await floor.emitted('ACCOUNT_NOT_FLAT')).toMatchObject([{ left: [left], text, ...BY }])
    expect(await floor.emitted('RISK_REJECTED')).toEqual([])
    await rules(floor)
    await flatten(floor)
    await floor.pass(200)
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '0.5' }])
  })

  it('asks again at once when it is asked for again, and has one end', async () => {
    const floor = await Floor.open(QUIET)
    await floor.order('o')
    const instruments = [instrument.parse({ symbol: SYMBOL, maxNotional: '1', lotSize: '1' })]
    await floor.send(ACCOUNT, { type: 'CONFIGURE', settings: { instruments } })
    await flatten(floor)
    await floor.pass(20_000)
    await floor.send(ACCOUNT, { type: 'CONFIGURE', settings: { instruments: [] } })
    await floor.send(ACCOUNT, { type: 'FLATTEN', by: 'bob' })
    await floor.pass(0)
    await flatten(floor)
    await floor.pass()
    await floor.pass()
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
    const asked = (await floor.emitted('MANUAL_INTERVENTION')).map(({ by, action }) => `${by} ${action}`)
    expect(asked).toEqual(['ann FLATTEN', 'bob FLATTEN', 'ann FLATTEN'])
    expect(await floor.emitted('TRADING_BLOCKED')).toHaveLength(1)
  })

  it('of an account under review closes everything, and leaves the review', async () => {
    const floor = await Floor.open(QUIET)
    await floor.bracket('b')
    await floor.pass()
    await floor.send(ACCOUNT, { type: 'REQUIRE_REVIEW', ...BY, reason: 'odd fills' })
    await flatten(floor)
    await floor.pass()
    await floor.pass()
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '2' }])
    expect(account(floor).review).toMatchObject({ reason: 'odd fills' })
  })

  it('of a halted account closes everything, and leaves the halt', async () => {
    const floor = await Floor.open(QUIET)
    await floor.bracket('b')
    await floor.order('o')
    await setState(floor, 'halted')
    await flatten(floor)
    await floor.pass()
    await floor.pass()
    await expectFlattened(floor, [{ symbol: SYMBOL, quantity: '4' }])
    expect(floor.value(ACCOUNT)).toBe('halted')
    expect(await floor.emitted('RISK_REJECTED')).toEqual([])
  })

  it('ends when a person sets the account active, which tells what is left', async () => {
    const floor = await Floor.open(QUIET)
    await floor.order('o')
    await floor.price('100', '0.5')
    await flatten(floor)
    await floor.pass()
    await setState(floor, 'active')
    await floor.pass(0)
    expect(await floor.emitted('ACCOUNT_NOT_FLAT')).toMatchObject([
      { left: [{ quantity: '1.5' }], text: 'ann has set the account active' },
    ])
    // The exit that works at the venue goes on, and nothing is entered there before.
    await floor.order('early')
    expect(await floor.emitted('ENTRY_SKIPPED')).toMatchObject([{ check: 'closing' }])
    await floor.price('100')
    await floor.pass()
    await floor.order('late')
    expect([floor.held, account(floor).closing]).toEqual(['2', undefined])
    expect(await floor.emitted('ACCOUNT_FLATTENED')).toEqual([])
  })

  it('sells nothing later that was refused before a person sets the account active', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o')
    await rules(floor, { lotSize: '1', maxNotional: '1' })
    await flatten(floor)
    await floor.pass(3_000)
    await setState(floor, 'active')
    expect(await floor.emitted('ACCOUNT_NOT_FLAT')).toMatchObject([{ left: [{ quantity: '2' }] }])
    await rules(floor)
    await floor.pass(100_000)
    await floor.order('late')
    expect([floor.held, account(floor).closing]).toEqual(['4', undefined])
  })

  it('does not repeat an exit that ends after a person has set the account active', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o')
    await floor.price('100', '0.5')
    await flatten(floor)
    await floor.pass()
    await setState(floor, 'active')
    await floor.cancelAtVenue(`paper:${SYMBOL}-close-1`)
    await floor.price('100')
    await floor.pass(100_000)
    expect([floor.held, account(floor).closing]).toEqual(['1.5', undefined])
    const text = 'the account was set active meanwhile, and no exit follows'
    expect(await floor.emitted('POSITION_NOT_CLOSED')).toMatchObject([{ quantity: '1.5', text }])
  })

  it('closes both sides of a hedged symbol', async () => {
    const floor = await Floor.open({ ...LINEAR, account: { positionMode: 'hedging' } })
    await floor.order('long', { positionSide: 'LONG' })
    await floor.order('short', { positionSide: 'SHORT', side: 'SELL', orderQty: '3' })
    await flatten(floor)
    await floor.pass()
    await floor.pass()
    const [flattened] = await floor.emitted('ACCOUNT_FLATTENED')
    expect(flattened?.closed).toMatchObject([
      { symbol: SYMBOL, positionSide: 'LONG', quantity: '2' },
      { symbol: SYMBOL, positionSide: 'SHORT', quantity: '-3' },
    ])
    expect(Object.values(floor.venue.positions()).filter((quantity) => quantity !== '0')).toEqual([])
  })
})

describe('CLOSE_POSITION', () => {
  it('closes a short position, and cancels what works there, while the account stays active', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o', { side: 'SELL' })
    await floor.order('stop', { side: 'BUY', ordType: 'STOP', stopPx: '120', reduceOnly: true })
    await floor.order('more', { side: 'SELL', ordType: 'LIMIT', price: '130' })
    await close(floor)
    await floor.order('other')
    expect(await nakedWhile(floor, 100)).toEqual([])
    await floor.pass()
    expect([floor.held, floor.working(), floor.value(ACCOUNT)]).toEqual(['0', {}, 'active'])
    expect(await floor.emitted('ENTRY_SKIPPED')).toMatchObject([
      { check: 'closing', text: 'closing: ann closes the position, no entry but once it is closed' },
    ])
    expect(await floor.emitted('MANUAL_INTERVENTION')).toMatchObject([
      { action: 'CLOSE_POSITION', symbol: SYMBOL, ...BY },
    ])
    expect(await floor.emitted('POSITION_CLOSED')).toHaveLength(1)
    expect([account(floor).closing, await floor.emitted('ACCOUNT_FLATTENED')]).toEqual([undefined, []])
    await floor.order('again')
    expect(floor.held).toBe('2')
  })

  it('leaves an OCO that protects the position while no exit passes', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o')
    await oco(floor, { reduceOnly: true })
    await floor.pass()
    await rules(floor, { lotSize: '1', maxNotional: '1' })
    await close(floor)
    await floor.pass(9_000)
    expect(Object.keys(floor.working()).sort()).toEqual(['oco-stop', 'oco-target'])
    await rules(floor)
    await close(floor)
    expect(await nakedWhile(floor, 200)).toEqual([])
    await floor.pass(6_000)
    expect([floor.held, floor.working()]).toEqual(['0', {}])
  })

  it('lets nothing be entered while an order may open the position again', async () => {
    const floor = await Floor.open(QUIET)
    await floor.order('o')
    await floor.order('low', { ordType: 'LIMIT', price: '90' })
    floor.loseReports('CANCELED')
    await close(floor)
    await floor.pass()
    await floor.pass()
    expect([floor.held, Object.keys(account(floor).working)]).toEqual(['0', ['order/low']])
    await floor.order('early')
    expect(await floor.emitted('ENTRY_SKIPPED')).toMatchObject([{ check: 'closing', clOrdId: 'early' }])
    await floor.pass(30_000)
    await floor.order('late')
    expect([floor.held, account(floor).closing]).toEqual(['2', undefined])
  })

  it('is withdrawn when a person sets the account active', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o')
    await rules(floor, { lotSize: '1', maxNotional: '1' })
    await close(floor)
    await floor.pass(3_000)
    await setState(floor, 'active')
    await rules(floor)
    await floor.pass(100_000)
    expect([floor.held, account(floor).closing]).toEqual(['2', undefined])
    const text = 'ann has set the account active'
    expect(await floor.emitted('POSITION_NOT_CLOSED')).toMatchObject([{ quantity: '2', text, ...BY }])
  })

  it('leaves the symbol open to entries once only a quantity is left that no order can close', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o', { orderQty: '2.5' })
    await rules(floor, { lotSize: '1', minQty: '1' })
    await floor.price('100', '0.5')
    await close(floor)
    await floor.pass(20_000)
    // The quantity that an exit is yet to close is no failure of the rest.
    expect(account(floor).closing?.positions[POSITION]).toMatchObject({ refusals: 0 })
    await floor.price('100')
    await floor.pass()
    expect([floor.held, account(floor).closing]).toEqual(['0.5', undefined])
    const text = 'orderQty (lotSize): 0.5 asked, 1 allowed, and no exit follows'
    expect(await floor.emitted('POSITION_NOT_CLOSED')).toMatchObject([{ quantity: '0.5', text }])
    await floor.order('late')
    expect(floor.held).toBe('2.5')
  })

  it('has no effect on a position that is flat', async () => {
    const floor = await Floor.open(QUIET)
    await floor.bracket('b')
    await floor.pass()
    await close(floor)
    await floor.pass()
    expect(floor.held).toBe('0')
    await close(floor)
    const last = (await floor.harness.records()).filter(({ actor }) => actor === POSITION).at(-1)
    expect(last).toMatchObject({ event: { type: 'CLOSE_POSITION' }, unhandled: true })
  })
})

describe('CANCEL_ALL', () => {
  it('cancels what may open a position, and keeps what closes one', async () => {
    const limits = { orderNotionalMax: '100000', openOrdersMax: 9 }
    const floor = await Floor.open({ ...QUIET, account: { limits } })
    const rest = { ordType: 'LIMIT', price: '90', timeInForce: 'GTC' } as const
    await floor.bracket('b')
    await floor.pass()
    await floor.order('stop', STOP)
    await floor.order('low', rest)
    const stop = { side: 'SELL', ordType: 'STOP', stopPx: '70', reduceOnly: true } as const
    await floor.bracket('later', {
      orders: [
        { legId: 'entry', side: 'BUY', orderQty: '1', ...rest },
        { legId: 'stop', orderQty: '1', timeInForce: 'GTC', ...stop },
      ],
    })
    await floor.bracket('oco', {
      contingencyType: 'OCO',
      orders: [
        { legId: 'low', side: 'BUY', orderQty: '1', ...rest },
        { legId: 'high', side: 'BUY', orderQty: '1', ...rest, ordType: 'STOP', stopPx: '120' },
      ],
    })
    await floor.pass()
    await floor.send(ACCOUNT, { type: 'CANCEL_ALL', symbol: 'ETHUSDT', ...BY })
    await floor.pass()
    expect(Object.keys(floor.working())).toHaveLength(7)
    await floor.send(ACCOUNT, { type: 'CANCEL_ALL', symbol: SYMBOL, ...BY, reason: 'news' })
    await floor.pass()
    expect(Object.keys(floor.working()).sort()).toEqual(['b-stop', 'b-target', 'stop'])
    expect([floor.phase('later'), floor.phase('oco')]).toEqual(['done', 'done'])
    expect([floor.held, floor.value(ACCOUNT)]).toEqual(['2', 'active'])
    expect(await floor.emitted('MANUAL_INTERVENTION')).toMatchObject([
      { action: 'CANCEL_ALL', symbol: 'ETHUSDT' },
      { action: 'CANCEL_ALL', symbol: SYMBOL, reason: 'news', ...BY },
    ])
  })

  it('leaves the target of an OCO, whose end would take the stop of the position away', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o')
    await oco(floor)
    await floor.pass()
    await floor.send(ACCOUNT, { type: 'CANCEL_ALL', ...BY })
    expect(await nakedWhile(floor, 200)).toEqual([])
    expect(Object.keys(floor.working()).sort()).toEqual(['oco-stop', 'oco-target'])
  })

  it('cancels a stop that would turn its position over', async () => {
    const floor = await Floor.open(LINEAR)
    await floor.order('o')
    await floor.order('stop', { ...STOP, reduceOnly: false })
    await floor.order('reverse', { ...STOP, reduceOnly: false, orderQty: '3' })
    await floor.send(ACCOUNT, { type: 'CANCEL_ALL', ...BY })
    await floor.pass()
    expect(Object.keys(floor.working())).toEqual(['stop'])
  })

  it('of an account without orders is on record', async () => {
    const floor = await Floor.open(QUIET)
    await floor.send(ACCOUNT, { type: 'CANCEL_ALL', ...BY })
    expect(await floor.emitted('MANUAL_INTERVENTION')).toMatchObject([{ action: 'CANCEL_ALL', ...BY }])
  })
})

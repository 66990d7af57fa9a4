import { describe, expect, it } from 'vitest'
import { instrument, type WatchdogContext } from '../../machines/index.ts'
import { Floor } from './floor.ts'

const WATCHDOG = 'watchdog/paper:BTCUSDT'
const RULES = { watchdog: { stopPct: '4', graceMs: 1_000, verifyEveryMs: 10_000 } }
const SELL = { side: 'SELL', reduceOnly: true }
const own = (n: number) => `BTCUSDT-watchdog-${n}`

const context = (floor: Floor) => floor.harness.context(WATCHDOG) as WatchdogContext

/** Its prices are on no tick from now on. */
async function refuseStops(floor: Floor): Promise<void> {
  const instruments = [instrument.parse({ symbol: 'BTCUSDT', tickSize: '7' })]
  await floor.send('account/paper', { type: 'CONFIGURE', settings: { instruments } })
}

describe('a watchdog', () => {
  it('leaves a position alone that its stop protects in time', async () => {
    const floor = await Floor.open(RULES)
    await floor.bracket('b')
    await floor.pass()
    await floor.pass(5_000)
    expect(floor.working()).toEqual({ 'b-stop': '2 at 95', 'b-target': '2 at 110' })
    expect(floor.value(WATCHDOG)).toBe('protected')
    const [verified] = await floor.emitted('PROTECTIVE_ORDERS_VERIFIED')
    // From the fill's report on: there and back to the venue.
    expect(verified).toMatchObject({ exposure: '2', protectedQty: '2', unprotectedMs: 40 })
  })

  it('places a stop where there is none, and takes it away with the position', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o')
    await floor.pass(900)
    expect(floor.working()).toEqual({})
    await floor.pass(200)
    expect(floor.working()).toEqual({ [own(1)]: '2 at 96.01' })
    await floor.pass()
    expect(floor.value(WATCHDOG)).toBe('protected')
    const [missing] = await floor.emitted('PROTECTIVE_ORDERS_MISSING')
    expect(missing).toMatchObject({ exposure: '2', protectedQty: '0', unprotectedMs: 1_000 })
    expect(await floor.emitted('PROTECTIVE_ORDERS_REPLACED')).toHaveLength(1)
    await floor.order('out', SELL)
    await floor.pass()
    expect([floor.held, floor.working(), floor.value(WATCHDOG)]).toEqual(['0', {}, 'flat'])
    expect(context(floor).unprotectedMs).toBe(1_040)
  })

  it('covers what is added later, too', async () => {
    const floor = await Floor.open(RULES)
    await floor.bracket('b')
    await floor.pass()
    await floor.order('more', { orderQty: '1' })
    await floor.pass(1_100)
    await floor.pass()
    expect(floor.working()).toMatchObject({ 'b-stop': '2 at 95', [own(1)]: expect.stringMatching(/^1 at /) })
  })

  it('gives its place to another stop', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o')
    await floor.pass(1_200)
    await floor.order('stop', { ...SELL, ordType: 'STOP', stopPx: '90' })
    await floor.pass()
    expect(floor.working()).toEqual({ stop: '2 at 90' })
    expect(floor.value(WATCHDOG)).toBe('protected')
  })

  it('buys what is short', async () => {
    const instruments = [{ symbol: 'BTCUSDT', contract: 'linear', tickSize: '0.01' }]
    const floor = await Floor.open({ ...RULES, instruments })
    await floor.order('o', { side: 'SELL' })
    await floor.pass(1_200)
    expect(floor.working()).toEqual({ [own(1)]: '2 at 103.98' })
    await floor.price('105')
    await floor.pass()
    expect([floor.held, floor.value(WATCHDOG)]).toEqual(['0', 'flat'])
    expect(await floor.emitted('POSITION_STOP_TRIGGERED')).toHaveLength(1)
  })

  it('goes to market when its stop is refused', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o')
    const instruments = [instrument.parse({ symbol: 'BTCUSDT', tickSize: '7' })]
    await floor.send('account/paper', { type: 'CONFIGURE', settings: { instruments } })
    await floor.pass(1_100)
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([
      { clOrdId: `paper:${own(1)}`, check: 'tickSize' },
    ])
    await floor.pass(1_100)
    await floor.pass()
    expect([floor.held, floor.value(WATCHDOG)]).toEqual(['0', 'flat'])
  })

  it('has one order at market at a time, however thin the book', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o')
    await refuseStops(floor)
    await floor.price('100', '0.1')
    for (let grace = 0; grace < 6; grace++) await floor.pass(1_050)
    expect(floor.working()).toEqual({ [own(2)]: '1.9 at market' })
  })

  it('steps in where the price has jumped the limit of a stop', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o')
    await floor.order('stop', { ...SELL, ordType: 'STOP_LIMIT', stopPx: '95', price: '94.9' })
    expect(floor.value(WATCHDOG)).toBe('protected')
    await floor.price('80')
    await floor.pass(1_200)
    expect([floor.held, floor.value(WATCHDOG)]).toEqual(['0', 'flat'])
  })

  it('gets out at market also when trading is halted, where no stop is taken', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o')
    await refuseStops(floor)
    await floor.send('account/paper', { type: 'SET_TRADING_STATE', tradingState: 'halted', by: 'me' })
    await floor.pass(2_200)
    await floor.pass()
    expect([floor.held, floor.value(WATCHDOG)]).toEqual(['0', 'flat'])
  })

  it('asks less and less often for what is refused', async () => {
    const floor = await Floor.open({ ...RULES, instruments: [{ symbol: 'BTCUSDT', minQty: '0.5' }] })
    await floor.price('100', '0.3')
    await floor.order('o')
    await floor.price('100', '0.01')
    await floor.send('order/o', { type: 'CANCEL' })
    for (let minute = 0; minute < 4; minute++) await floor.pass(60_000)
    expect([floor.held, floor.value(WATCHDOG)]).toEqual(['0.3', { unprotected: 'waiting' }])
    expect(context(floor).placed).toBeLessThan(20)
  })

  it('takes no order for its own that is only called as one', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o')
    await floor.order(`paper:${own(7)}`, { ...SELL, ordType: 'STOP', stopPx: '90' })
    await floor.pass(2_200)
    expect(floor.working()).toEqual({ [own(7)]: '2 at 90' })
    expect(await floor.emitted('PROTECTIVE_ORDERS_VERIFIED')).toHaveLength(1)
    expect(await floor.emitted('PROTECTIVE_ORDERS_REPLACED')).toEqual([])
    await floor.order('out', { ...SELL, reduceOnly: false })
    await floor.pass()
    expect([floor.held, floor.working()]).toEqual(['0', { [own(7)]: '2 at 90' }])
  })

  it('has another id where its own is taken', async () => {
    const floor = await Floor.open(RULES)
    await floor.order(`paper:${own(1)}`, { ordType: 'LIMIT', price: '50' })
    await floor.order('o')
    await floor.pass(2_200)
    await floor.pass(2_200)
    expect(floor.working()).toHaveProperty([own(2)])
  })

  it('rounds its stop to a tick, towards the price', async () => {
    const floor = await Floor.open({ ...RULES, instruments: [{ symbol: 'BTCUSDT', tickSize: '0.05' }] })
    await floor.order('o')
    await floor.pass(1_200)
    expect(floor.working()).toEqual({ [own(1)]: '2 at 96.05' })
  })

  it('asks the venue for the stops from time to time, and finds out that one is gone', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o')
    await floor.order('stop', { ...SELL, ordType: 'STOP', stopPx: '90' })
    expect(floor.value(WATCHDOG)).toBe('protected')
    await floor.pass(10_100)
    const asked = (await floor.harness.records()).filter(({ event }) => event.type === 'VERIFY')
    expect(asked.map(({ actor }) => actor)).toEqual(['order/stop'])
    expect(floor.value('order/stop')).toMatchObject({ execution: 'accepted' })
  })

  it('keeps its deadline while the position goes on changing', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o1', { orderQty: '1' })
    for (const id of ['o2', 'o3', 'o4']) {
      await floor.pass(300)
      await floor.order(id, { orderQty: '1' })
    }
    const [missing] = await floor.emitted('PROTECTIVE_ORDERS_MISSING')
    expect(missing).toMatchObject({ unprotectedMs: 1_000 })
  })

  it('has all its timers after a crash', async () => {
    const floor = await Floor.open(RULES)
    await floor.order('o')
    expect(floor.value(WATCHDOG)).toEqual({ unprotected: 'waiting' })
    const { problems } = await floor.harness.supervisor.verify()
    expect(problems).toEqual([])
    const view = await floor.harness.supervisor.view(WATCHDOG)
    expect(view?.timers).toMatchObject([{ dueAt: (context(floor).exposedAt ?? 0) + 1_000 }])
  })
})

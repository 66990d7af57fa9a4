import { describe, expect, it } from 'vitest'
import { Floor, SYMBOL } from './floor.ts'

const QUIET = { watchdog: { enabled: false }, symbol: { intervals: ['1s'] }, account: { valueEvery: '1s' } }
const EMA = { id: 's', type: 'emaCross', symbol: SYMBOL, interval: '1s', fast: 1, slow: 2, orderQty: '2' }
const EMA_ADDRESS = 'emaCross/s'

/** A trade at each of the prices, one a second. */
async function prices(floor: Floor, ...list: number[]): Promise<void> {
  for (const px of list) {
    await floor.pass(1_000)
    await floor.price(String(px))
  }
  await floor.pass()
}

const open = (strategy: object) => Floor.open({ ...QUIET, strategies: [strategy] })
const context = (floor: Floor, address = EMA_ADDRESS) =>
  floor.harness.context(address) as { cycles: number; quantity: string; regime?: string }

describe('an EMA cross', () => {
  it('warms up, buys on the cross, sells when it is undone, and counts what that brought', async () => {
    const floor = await open(EMA)
    expect(floor.value(EMA_ADDRESS)).toEqual({ running: 'warmingUp' })
    await prices(floor, 100, 99, 98)
    expect([floor.value(EMA_ADDRESS), floor.held]).toEqual([{ running: 'flat' }, '0'])
    await prices(floor, 101, 102)
    expect([floor.value(EMA_ADDRESS), floor.held]).toEqual([{ running: 'holding' }, '2'])
    await prices(floor, 99, 97, 97)
    expect([floor.value(EMA_ADDRESS), floor.held]).toEqual([{ running: 'flat' }, '0'])
    const [completed] = await floor.emitted('TRADE_CYCLE_COMPLETED')
    const [closed] = await floor.emitted('POSITION_CLOSED')
    expect(completed).toMatchObject({ cycles: 1, pnl: closed?.tradePnl })
  })

  it('says each step of its way: indicators, signal, proposal, what the gate said, what was done', async () => {
    const floor = await open(EMA)
    await prices(floor, 100, 99, 101, 102)
    const records = await floor.harness.records()
    const types = records.flatMap(({ emitted = [] }) => emitted.map(({ type }) => type))
    const steps = [
      'INDICATORS_CALCULATED',
      'SIGNAL_GENERATED',
      'ENTRY_SIGNAL',
      'TRADE_PROPOSED',
      'RISK_APPROVED',
      'ACTION_EXECUTED',
    ]
    const places = steps.map((type) => types.indexOf(type))
    expect(places).not.toContain(-1)
    expect(places).toEqual([...places].sort((a, b) => a - b))
    const [proposed] = await floor.emitted('TRADE_PROPOSED')
    expect(proposed).toMatchObject({
      list: 'list/s-1',
      orders: [{ legId: 'entry', side: 'BUY', orderQty: '2' }],
    })
  })

  it('has a stop that trails, and is out with it', async () => {
    const floor = await open({ ...EMA, slow: 50, fast: 2, trailingStopPct: 5 })
    await prices(floor, ...Array.from({ length: 50 }, () => 100), 99, 104, 104)
    expect(floor.working()).toEqual({ 's-1-stop': expect.stringMatching(/^2 at 98\.8/) })
    // 5.2 below the best price since.
    await prices(floor, 110, 120, 114.9)
    expect(floor.held).toBe('2')
    await prices(floor, 114.7)
    expect([floor.held, floor.value(EMA_ADDRESS)]).toEqual(['0', { running: 'flat' }])
    expect(await floor.emitted('POSITION_STOP_TRIGGERED')).toHaveLength(1)
    expect(context(floor).cycles).toBe(1)
  })

  it('acts at a trade, not at the end of its candle, where it is told to', async () => {
    const [closing, ticking] = await Promise.all([open(EMA), open({ ...EMA, evaluateOn: 'tick' })])
    for (const floor of [closing, ticking]) await prices(floor, 100, 99, 98, 101)
    expect([closing.held, ticking.held]).toEqual(['0', '2'])
  })

  it('is flat again when the gate lets it in no more, and goes on', async () => {
    const floor = await open({ ...EMA, orderQty: '101' })
    await prices(floor, 100, 99, 101, 102)
    expect(floor.value(EMA_ADDRESS)).toEqual({ running: 'flat' })
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([
      { orderId: 's-1-entry', check: 'orderNotionalMax' },
    ])
  })

  it('stopped, leaves what it holds with its stop, and goes on with it when it is started', async () => {
    const floor = await open({ ...EMA, trailingStopPct: 5 })
    await prices(floor, 100, 99, 101, 102)
    await floor.send(EMA_ADDRESS, { type: 'STOP' })
    await prices(floor, 101, 100)
    expect([floor.held, Object.keys(floor.working())]).toEqual(['2', ['s-1-stop']])
    await floor.send(EMA_ADDRESS, { type: 'START' })
    expect(floor.value(EMA_ADDRESS)).toEqual({ running: 'holding' })
    await prices(floor, 99, 98, 98)
    expect([floor.held, floor.working()]).toEqual(['0', {}])
  })

  it('stopped on its way in, waits for that when it is started, rather than to go in again', async () => {
    const floor = await open({ ...EMA, evaluateOn: 'tick' })
    await prices(floor, 100, 99, 98)
    await floor.price('101')
    expect(floor.value(EMA_ADDRESS)).toEqual({ running: 'entering' })
    await floor.send(EMA_ADDRESS, { type: 'STOP' })
    await floor.send(EMA_ADDRESS, { type: 'START' })
    expect(floor.value(EMA_ADDRESS)).toEqual({ running: 'entering' })
    await prices(floor, 102, 103)
    expect([floor.held, floor.value(EMA_ADDRESS)]).toEqual(['2', { running: 'holding' }])
  })

  it('notices that its stop closed it while it was stopped', async () => {
    const floor = await open({ ...EMA, trailingStopPct: 5 })
    await prices(floor, 100, 99, 101, 102)
    await floor.send(EMA_ADDRESS, { type: 'STOP' })
    await prices(floor, 90)
    await floor.send(EMA_ADDRESS, { type: 'START' })
    expect([floor.value(EMA_ADDRESS), context(floor)]).toMatchObject([
      { running: 'flat' },
      { cycles: 1, quantity: '0' },
    ])
  })
})

describe('a mean reversion', () => {
  const MEAN = {
    id: 'm',
    type: 'meanReversion',
    symbol: SYMBOL,
    interval: '1s',
    orderQty: '2',
    length: 5,
    enterAt: 1.5,
    regime: {
      adxLength: 2,
      atrLength: 2,
      slopeLength: 2,
      adxEnter: 100,
      adxLeave: 100,
      atrEnterPct: 5,
      atrLeavePct: 4,
    },
  }
  const ADDRESS = 'meanReversion/m'
  const calm = [100, 100.1, 99.9, 100, 100.1, 99.9, 100]

  it('buys far below the mean, with a stop below, and is out when the price is back', async () => {
    const floor = await open(MEAN)
    await prices(floor, ...calm, 98.5, 98.5)
    expect([floor.value(ADDRESS), floor.held, context(floor, ADDRESS).regime]).toEqual([
      { running: 'holding' },
      '2',
      'ranging',
    ])
    expect(Object.keys(floor.working())).toEqual(['m-1-stop'])
    await prices(floor, 100, 100, 100)
    expect([floor.value(ADDRESS), floor.held, floor.working()]).toEqual([{ running: 'flat' }, '0', {}])
  })

  it('stays away from a market that is not ranging', async () => {
    const floor = await open(MEAN)
    await prices(floor, ...calm, 60, 60)
    expect([floor.held, context(floor, ADDRESS).regime]).toEqual(['0', 'volatile'])
    const changes = await floor.emitted('REGIME_CHANGED')
    expect(changes.map(({ regime }) => regime)).toEqual(['ranging', 'volatile'])
  })

  it.each([
    [true, 'linear', '-2'],
    [false, 'linear', '0'],
    [true, 'spot', '0'],
  ])(
    'goes short only where it may, and where there is a contract for it: %s, %s',
    async (short, contract, held) => {
      const instruments = [{ symbol: SYMBOL, contract }]
      const floor = await Floor.open({ ...QUIET, instruments, strategies: [{ ...MEAN, short }] })
      await prices(floor, ...calm, 101.5, 101.5)
      expect(floor.held).toBe(held)
      const refused = await floor.emitted('RISK_REJECTED')
      expect(refused.map(({ check, limit }) => [check, limit])).toEqual(
        short && contract === 'spot' ? [['freeBalance', '0']] : [],
      )
    },
  )
})

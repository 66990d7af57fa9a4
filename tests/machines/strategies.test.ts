import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  defineStrategy,
  type ExecutionReport,
  type PositionContext,
  type Side,
  type Signal,
  type StrategyContext,
} from '../../machines/index.ts'
import * as decimal from '../../machines/model/decimal.ts'
import { candidatesWith, shortened } from '../../machines/strategies/cycle.ts'
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

const open = (...strategies: object[]) => Floor.open({ ...QUIET, strategies })
const context = (floor: Floor, address = EMA_ADDRESS) =>
  floor.harness.context(address) as StrategyContext<object, object>

/** In at 102 and out at 97. */
const roundTrip = (floor: Floor) => prices(floor, 100, 99, 98, 101, 102, 99, 97, 97)

/** The venue takes back what last filled the order; the refill is the same at another price. */
async function bust(floor: Floor, order: string): Promise<{ refill: (lastPx: string) => Promise<void> }> {
  const fills = (await floor.harness.records()).filter(
    ({ actor, event }) => actor === order && event.execType === 'TRADE',
  )
  const report = fills.at(-1)?.event as unknown as ExecutionReport
  const { execId: execRefId } = report
  await floor.send(order, { ...report, at: floor.at, execType: 'TRADE_CANCEL', execId: 'bust', execRefId })
  const again = { execId: 'refill', tradeId: 'refill' }
  return { refill: (lastPx) => floor.send(order, { ...report, at: floor.at, ...again, lastPx }) }
}

describe('an EMA cross', () => {
  it('warms up, buys on the cross, sells when it is undone, and counts what that brought', async () => {
    const floor = await open(EMA)
    expect(floor.value(EMA_ADDRESS)).toEqual({ mode: 'warmingUp', trade: 'flat' })
    await prices(floor, 100, 99, 98)
    expect([floor.value(EMA_ADDRESS), floor.held]).toEqual([{ mode: 'running', trade: 'flat' }, '0'])
    await prices(floor, 101, 102)
    expect([floor.value(EMA_ADDRESS), floor.held]).toEqual([{ mode: 'running', trade: 'holding' }, '2'])
    await prices(floor, 99, 97, 97)
    expect([floor.value(EMA_ADDRESS), floor.held]).toEqual([{ mode: 'running', trade: 'flat' }, '0'])
    const [completed] = await floor.emitted('TRADE_CYCLE_COMPLETED')
    const [closed] = await floor.emitted('POSITION_CLOSED')
    expect(completed).toMatchObject({ cycles: 1, pnl: closed?.tradePnl })
  })

  it('tells of a cycle which entries it considered, which it took, and what came of it', async () => {
    const floor = await open(EMA)
    await roundTrip(floor)
    const [entry] = await floor.emitted('ENTRY_SIGNAL')
    const [exit] = await floor.emitted('EXIT_SIGNAL')
    const [completed] = await floor.emitted('TRADE_CYCLE_COMPLETED')
    const { at, side, reason } = entry as NonNullable<typeof entry>
    const { pnl, candidates, chosen, summary } = completed as NonNullable<typeof completed>
    expect(candidates).toEqual([{ at, side, reason }])
    const [list] = (await floor.emitted('TRADE_PROPOSED')).map((one) => one.list)
    expect(chosen).toEqual({ at, side, reason, list })
    const held = (completed?.at ?? 0) - at
    expect(summary).toBe(`BUY ${SYMBOL} on "${reason}", ${held} ms, out on "${exit?.reason}": ${pnl} USDT`)
  })

  it('keeps of its entries the newest, and no text of any length', () => {
    const reason = 'up '.repeat(1_000)
    let candidates = candidatesWith({}, { at: 0, side: 'BUY', reason: shortened(reason) })
    for (let at = 1; at <= 20; at++)
      candidates = candidatesWith({ candidates }, { at, side: 'BUY', reason: shortened(reason) })
    expect(candidates.map(({ at }) => at)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
    expect(JSON.stringify(candidates).length).toBeLessThan(3_000)
  })

  it('counts its work: candles, entries and exits asked for, requests refused', async () => {
    const floor = await open(EMA)
    await roundTrip(floor)
    expect(context(floor).work).toEqual({ ticks: 8, actions: 2, errors: 0 })
  })

  it('enters nothing on a market whose book is not whole, and gets out all the same', async () => {
    /** Closes the candle before it while the book is broken. */
    const broken = async (floor: Floor, px: string) => {
      await floor.pass(1_000)
      await floor.send(`symbol/paper:${SYMBOL}`, { type: 'CONNECTION', status: 'resyncing' })
      await floor.price(px)
      await floor.pass()
    }
    const floor = await open(EMA)
    await prices(floor, 100, 99, 98, 101)
    await broken(floor, '102')
    expect([floor.value(EMA_ADDRESS), floor.held]).toEqual([{ mode: 'running', trade: 'flat' }, '0'])
    await prices(floor, 97, 96, 101, 102)
    expect(floor.held).toBe('2')
    await prices(floor, 99, 97)
    await broken(floor, '97')
    expect(floor.held).toBe('0')
  })

  it('says each step of its way: indicators, signal, proposal, what the gate said, what was done', async () => {
    const floor = await open(EMA)
    await prices(floor, 100, 99, 101, 102)
    const records = await floor.harness.records()
    const types = records.flatMap(({ emitted = [] }) => emitted.map(({ type }) => type))
    const steps = ['TRADE_PROPOSED', 'RISK_APPROVED', 'ACTION_EXECUTED']
    const places = steps.map((type) => types.indexOf(type))
    expect(places).not.toContain(-1)
    expect(places).toEqual([...places].sort((a, b) => a - b))
    const decided = records.find(({ emitted = [] }) => emitted.some(({ type }) => type === 'ENTRY_SIGNAL'))
    expect(decided?.emitted).toMatchObject([
      { type: 'INDICATORS_CALCULATED', values: { fast: 101 } },
      { type: 'SIGNAL_GENERATED', values: { fast: 101 } },
      { type: 'ENTRY_SIGNAL' },
      {
        type: 'TRADE_PROPOSED',
        list: 'list/paper:s-1',
        orders: [{ legId: 'entry', side: 'BUY', orderQty: '2' }],
      },
    ])
  })

  it('has a stop that trails, and is out with it', async () => {
    const floor = await open({ ...EMA, slow: 50, fast: 2, trailingStopPct: 5 })
    await prices(floor, ...Array.from({ length: 50 }, () => 100), 99, 104, 104)
    expect(floor.working()).toEqual({ 's-1-stop': expect.stringMatching(/^2 at 98\.8/) })
    // 5.2 below the best price since.
    await prices(floor, 110, 120, 114.9)
    expect(floor.held).toBe('2')
    await prices(floor, 114.7)
    expect([floor.held, floor.value(EMA_ADDRESS)]).toEqual(['0', { mode: 'running', trade: 'flat' }])
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
    expect(floor.value(EMA_ADDRESS)).toEqual({ mode: 'running', trade: 'flat' })
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([
      { clOrdId: 'paper:s-1-entry', check: 'orderNotionalMax' },
    ])
  })

  it('stopped, leaves what it holds with its stop, and goes on with it when it is started', async () => {
    const floor = await open({ ...EMA, trailingStopPct: 5 })
    await prices(floor, 100, 99, 101, 102)
    await floor.send(EMA_ADDRESS, { type: 'STOP' })
    await prices(floor, 101, 100)
    expect([floor.held, Object.keys(floor.working())]).toEqual(['2', ['s-1-stop']])
    await floor.send(EMA_ADDRESS, { type: 'START' })
    expect(floor.value(EMA_ADDRESS)).toEqual({ mode: 'running', trade: 'holding' })
    await prices(floor, 99, 98, 98)
    expect([floor.held, floor.working()]).toEqual(['0', {}])
  })

  it('stopped on its way in, waits for that when it is started, rather than to go in again', async () => {
    const floor = await open({ ...EMA, evaluateOn: 'tick' })
    await prices(floor, 100, 99, 98)
    await floor.price('101')
    expect(floor.value(EMA_ADDRESS)).toEqual({ mode: 'running', trade: 'entering' })
    await floor.send(EMA_ADDRESS, { type: 'STOP' })
    await floor.send(EMA_ADDRESS, { type: 'START' })
    expect(floor.value(EMA_ADDRESS)).toEqual({ mode: 'running', trade: 'entering' })
    await prices(floor, 102, 103)
    expect([floor.held, floor.value(EMA_ADDRESS)]).toEqual(['2', { mode: 'running', trade: 'holding' }])
  })

  it('notices that its stop closed it while it was stopped', async () => {
    const floor = await open({ ...EMA, trailingStopPct: 5 })
    await prices(floor, 100, 99, 101, 102)
    await floor.send(EMA_ADDRESS, { type: 'STOP' })
    await prices(floor, 90)
    expect([floor.value(EMA_ADDRESS), context(floor).cycles]).toEqual([{ mode: 'stopped', trade: 'flat' }, 1])
    await floor.send(EMA_ADDRESS, { type: 'START' })
    expect(floor.value(EMA_ADDRESS)).toEqual({ mode: 'running', trade: 'flat' })
  })

  it('stopped on its way out, counts what that brought all the same, also when it is nothing', async () => {
    const floor = await open({ ...EMA, trailingStopPct: 5 })
    await prices(floor, 100, 99, 101, 102, 101)
    const [entry] = await floor.emitted('POSITION_OPENED')
    // What the entry has cost is bid by now.
    await floor.price(String(Number(entry?.avgPx) + 0.01))
    await floor.send('list/paper:s-1', { type: 'EXIT' })
    await floor.send(EMA_ADDRESS, { type: 'STOP' })
    await floor.send(EMA_ADDRESS, { type: 'START' })
    await floor.pass()
    expect([floor.value(EMA_ADDRESS), floor.held]).toEqual([{ mode: 'running', trade: 'flat' }, '0'])
    expect(await floor.emitted('TRADE_CYCLE_COMPLETED')).toMatchObject([{ cycles: 1, pnl: '0' }])
  })

  it('looks on while it is stopped: what it missed is no news when it is started', async () => {
    const floor = await open(EMA)
    await prices(floor, 100, 99, 98, 97)
    await floor.send(EMA_ADDRESS, { type: 'STOP' })
    await prices(floor, ...Array.from({ length: 20 }, () => 200))
    await floor.send(EMA_ADDRESS, { type: 'START' })
    await prices(floor, 200, 200, 200)
    expect(await floor.emitted('ENTRY_SIGNAL')).toEqual([])
  })

  it('does not enter on a candle that closed long ago, nor on averages of before the gap', async () => {
    const floor = await open(EMA)
    await prices(floor, 100, 99, 98, 101)
    await floor.pass(3_600_000)
    await prices(floor, 60, 70)
    expect(floor.value(EMA_ADDRESS)).toEqual({ mode: 'warmingUp', trade: 'flat' })
    await prices(floor, 70, 70)
    expect(await floor.emitted('ENTRY_SIGNAL')).toEqual([])
  })

  it('goes in once a candle, however often it changes its mind within', async () => {
    const tick = { ...EMA, interval: '1m', evaluateOn: 'tick' }
    const floor = await Floor.open({ ...QUIET, symbol: { intervals: ['1s', '1m'] }, strategies: [tick] })
    for (const px of [100, 99, 98]) {
      await floor.pass(60_000)
      await floor.price(String(px))
    }
    for (const px of [101, 97, 101, 97, 101]) await prices(floor, px, px)
    expect((await floor.emitted('ENTRY_SIGNAL')).length).toBe(1)
    expect(context(floor).cycles).toBe(1)
  })

  it('gets out by its averages also after a person has changed how far its stop is', async () => {
    const floor = await open({ ...EMA, trailingStopPct: 50 })
    await prices(floor, 100, 99, 101, 102)
    const parameters = { trailingStopPct: 7 }
    await floor.send(EMA_ADDRESS, { type: 'UPDATE_PARAMETERS', by: 'ann', parameters })
    await prices(floor, 99, 97)
    expect([floor.held, context(floor).cycles]).toEqual(['0', 1])
  })

  it('says of a parameter that is none that it is unknown, whatever its name', async () => {
    const floor = await open(EMA)
    const parameters = { toString: 1, constructor: 2 }
    await floor.send(EMA_ADDRESS, { type: 'UPDATE_PARAMETERS', by: 'ann', parameters })
    const failed = await floor.emitted('SETTING_FAILED')
    expect(failed.map(({ field }) => field)).toEqual(['toString', 'constructor'])
    for (const { rule } of failed) expect(rule).not.toContain('stays')
  })

  it('is not led astray by orders that others place for it', async () => {
    const floor = await open(EMA)
    await floor.order('by-hand', { owner: EMA_ADDRESS, orderQty: '1' })
    await floor.order('too-large', { owner: EMA_ADDRESS, orderQty: '1000' })
    await roundTrip(floor)
    const [completed] = await floor.emitted('TRADE_CYCLE_COMPLETED')
    expect([context(floor).cycles, completed?.goneQty, floor.held]).toEqual([1, undefined, '1'])
  })

  it('leaves an earlier trade to its list: what a bust makes of that is not of this one', async () => {
    const floor = await open(EMA)
    await roundTrip(floor)
    await prices(floor, 101, 102)
    expect(floor.value(EMA_ADDRESS)).toEqual({ mode: 'running', trade: 'holding' })
    const { trade } = context(floor)
    const { refill } = await bust(floor, 'order/paper:s-1-exit')
    await refill('90')
    expect([floor.value(EMA_ADDRESS), context(floor)]).toMatchObject([
      { mode: 'running', trade: 'holding' },
      { cycles: 1, trade },
    ])
  })

  it('holds again what a bust gives back, until it is out of that, and counts it', async () => {
    const floor = await open(EMA)
    await roundTrip(floor)
    const { refill } = await bust(floor, 'order/paper:s-1-exit')
    expect([floor.value(EMA_ADDRESS), floor.held]).toEqual([{ mode: 'running', trade: 'exiting' }, '2'])
    await prices(floor, 96, 101, 102)
    expect([floor.value(EMA_ADDRESS), floor.held]).toEqual([{ mode: 'running', trade: 'exiting' }, '2'])
    await refill('90')
    expect([floor.value(EMA_ADDRESS), floor.held]).toEqual([{ mode: 'running', trade: 'flat' }, '0'])
    const cycles = await floor.emitted('TRADE_CYCLE_COMPLETED')
    const { realizedPnl } = floor.harness.context('position/paper:BTCUSDT') as PositionContext
    expect(cycles).toHaveLength(2)
    expect(cycles.map(({ pnl }) => pnl).reduce(decimal.add)).toBe(realizedPnl)
  })

  it('counts no fill of an order that is only called as one of its trade', async () => {
    const floor = await open(EMA)
    await prices(floor, 100, 99, 98, 101, 102)
    const bought = () => (floor.harness.context(EMA_ADDRESS) as { trade?: { books: object } }).trade?.books
    await floor.pass()
    const before = bought()
    expect(before).toMatchObject({ quantity: '2' })
    await floor.order('paper:s-1-entry-9', { owner: EMA_ADDRESS })
    await floor.pass()
    expect(floor.held).toBe('4')
    expect(bought()).toEqual(before)
  })

  it('is flat again when somebody else has the list that it asked for', async () => {
    const floor = await open({ ...EMA, evaluateOn: 'tick' })
    await prices(floor, 100, 99, 98)
    await floor.price('101')
    const refused = { type: 'REQUEST_REFUSED', check: 'listId', text: 'was used before' }
    await floor.send(EMA_ADDRESS, { ...refused, clOrdId: 'paper:s-11', list: 'list/paper:s-11' })
    expect(floor.value(EMA_ADDRESS)).toEqual({ mode: 'running', trade: 'entering' })
    await floor.send(EMA_ADDRESS, { ...refused, clOrdId: 'paper:s-1', list: 'list/paper:s-1' })
    expect(floor.value(EMA_ADDRESS)).toEqual({ mode: 'running', trade: 'flat' })
    expect(context(floor).work).toMatchObject({ actions: 1, errors: 1 })
    // A refusal that comes while it asks for nothing counts, too.
    await floor.send(EMA_ADDRESS, { ...refused, clOrdId: 'paper:s-1', list: 'list/paper:s-1' })
    expect(context(floor).work).toMatchObject({ actions: 1, errors: 2 })
  })
})

describe("a strategy of one's own", () => {
  const terms = { id: 's', type: './mine.ts', symbol: SYMBOL, interval: '1s', orderQty: '1' }
  const beside = (decide: (side: Side | undefined) => Signal, values?: unknown) => {
    const mine = defineStrategy({
      name: 'mine',
      version: '1',
      description: 'Asks the test from its third candle on.',
      params: z.object({}),
      initial: () => ({ candles: 0 }),
      next: ({ candles }) => ({ candles: candles + 1 }),
      values: (state) => (values === undefined ? state : (values as typeof state)),
      decide: ({ is, side }) => (is.candles >= 3 ? decide(side) : undefined),
    })
    const strategies = [terms, { ...EMA, id: 'ema' }]
    return Floor.open({ ...QUIET, strategies }, { './mine.ts': mine })
  }

  const enter = { do: 'enter', side: 'BUY', reason: 'now', stopPx: 90 } as const
  it.each<[string, (side: Side | undefined) => Signal, string[]]>([
    [
      'throws with something in its hands',
      (side) => {
        if (side === undefined) return enter
        throw new Error('oh no')
      },
      ['s-1-stop'],
    ],
    ['wants a stop at no price', () => ({ ...enter, stopPx: Number.NaN }), []],
  ])(
    'that %s stops alone: the market goes on, and what it holds keeps its stop',
    async (_, decide, stops) => {
      const floor = await beside(decide)
      await prices(floor, 100, 99, 98, 97, 97, 97, 101, 102)
      expect(await floor.harness.supervisor.view('mine/s')).toMatchObject({ condition: 'quarantined' })
      expect(Object.keys(floor.working())).toEqual(stops)
      expect(floor.value('emaCross/ema')).toEqual({ mode: 'running', trade: 'holding' })
      const failed = (await floor.harness.records()).filter(({ event }) => event.type === 'outcry.failed')
      expect(failed.map(({ actor }) => actor)).toEqual(['mine/s'])
      const trades = (await floor.harness.eventsOf('symbol/paper:BTCUSDT')).filter((type) => type === 'TRADE')
      // The one at the beginning, and all but the one whose turn was undone.
      expect(trades).toHaveLength(1 + 8 - 1)
    },
  )

  it.each<[string, unknown, string]>([
    ['another side', { ...enter, side: 'UP' }, 'side: "UP"'],
    ['another deed', { ...enter, do: 'entr' }, 'do: "entr"'],
    ['a word', 'BUY', 'decide gives "BUY"'],
    ['true', true, 'decide gives true'],
    ['a list', [enter], 'decide gives an array'],
    ['a promise', Promise.resolve(enter), 'must not be async'],
    ['no reason', { do: 'exit' }, 'reason: undefined'],
    [
      'a key that there is not',
      { ...enter, stop: 90 },
      'stop: 90, but there is only do, side, reason, stopPx',
    ],
    ['a price as text', { ...enter, stopPx: '90' }, 'stopPx: "90"'],
    ['a price that is endless', { ...enter, targetPx: Number.POSITIVE_INFINITY }, 'targetPx: Infinity'],
    [
      'a distance below 0',
      { do: 'enter', side: 'BUY', reason: 'now', trailingOffset: -1 },
      'trailingOffset: -1',
    ],
    [
      'a stop above what it buys',
      { ...enter, stopPx: 150 },
      'stopPx: 150, but that of a BUY must not be above',
    ],
    [
      'a target below what it buys',
      { ...enter, targetPx: 50 },
      'targetPx: 50, but that of a BUY must not be below',
    ],
    [
      'a stop below what it sells',
      { ...enter, side: 'SELL' },
      'stopPx: 90, but that of a SELL must not be below',
    ],
    ['a target above what it sells', { ...enter, side: 'SELL', stopPx: 150, targetPx: 150 }, 'targetPx: 150'],
  ])('that decides on %s is quarantined for it, and trades nothing', async (_, signal, why) => {
    const floor = await beside(() => signal as Signal)
    await prices(floor, 100, 99, 98, 97)
    const failed = (await floor.harness.records()).filter(({ event }) => event.type === 'outcry.failed')
    expect(failed).toMatchObject([
      { actor: 'mine/s', event: { error: { message: expect.stringContaining(why) } } },
    ])
    expect(await floor.emitted('TRADE_PROPOSED')).toEqual([])
    expect(await floor.harness.supervisor.view('mine/s')).toMatchObject({ condition: 'quarantined' })
  })

  it.each([undefined, null, false])('that decides on %s wants nothing', async (nothing) => {
    const floor = await beside(() => nothing as unknown as Signal)
    await prices(floor, 100, 99, 98, 97)
    expect(floor.value('mine/s')).toEqual({ mode: 'running', trade: 'flat' })
  })

  it.each<[unknown, string]>([
    [5, 'values gives 5'],
    [null, 'values gives null'],
    [{ n: '3' }, 'n: "3"'],
    [{ n: Number.NaN }, 'n: NaN'],
  ])('whose values are %j is quarantined for it', async (values, why) => {
    const floor = await beside(() => enter, values)
    await prices(floor, 100, 99)
    const failed = (await floor.harness.records()).filter(({ event }) => event.type === 'outcry.failed')
    expect(failed).toMatchObject([
      { actor: 'mine/s', event: { error: { message: expect.stringContaining(why) } } },
    ])
  })

  it('calls its lists by its venue and its own id', async () => {
    const floor = await beside(() => enter)
    await prices(floor, 100, 99, 98, 97)
    const [mine] = await floor.emitted('TRADE_PROPOSED')
    expect([mine?.list, floor.value('mine/s')]).toEqual([
      'list/paper:s-1',
      { mode: 'running', trade: 'holding' },
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
      { mode: 'running', trade: 'holding' },
      '2',
      'ranging',
    ])
    expect(Object.keys(floor.working())).toEqual(['m-1-stop'])
    await prices(floor, 100, 100, 100)
    expect([floor.value(ADDRESS), floor.held, floor.working()]).toEqual([
      { mode: 'running', trade: 'flat' },
      '0',
      {},
    ])
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

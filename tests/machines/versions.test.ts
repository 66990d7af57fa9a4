/** What an earlier version kept, in the form of today's: see golden.test.ts for whole runs. */
import { describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { z } from 'zod'
import {
  defineStrategy,
  emaCross,
  kindOfStrategy,
  machines,
  meanReversion,
  type OrderInput,
  type WatchdogContext,
} from '../../machines/index.ts'
import { DURATION_MAX_MS } from '../../machines/model/fields.ts'
import { contextOf, type OrderContext } from '../../machines/order/context.ts'
import { orderMachine, orderVersion4, orderVersion5 } from '../../machines/order/order.ts'
import {
  reconciliationMachine,
  reconciliationVersion4,
} from '../../machines/reconciliation/reconciliation.ts'
import { runnerVersion4 } from '../../machines/runner/version-4.ts'
import { Registry, upgradePath, versionOf } from '../../src/runtime/actors/registry.ts'
import { Harness } from '../runtime/harness.ts'
import { TERMS as LIVE_TERMS, live, report } from './live-order.ts'

type State = { readonly value: unknown; readonly context: unknown }

const registry = new Registry(machines)
function carriedOver(kind: string, version: string, state: State): State {
  let is = state
  for (const { migrate } of upgradePath(registry.kind(`${kind}/x`), version))
    is = migrate({ value: is.value, context: is.context, children: [] }) as State
  return is
}

const TERMS: OrderInput['terms'] = {
  venue: 'sim',
  symbol: 'BTCUSDT',
  side: 'SELL',
  ordType: 'STOP',
  orderQty: '2',
  stopPx: '95',
  timeInForce: 'GTC',
  account: 'account/sim',
  owner: 'emaCross/s',
}

describe('an order of version 5', () => {
  it.each([
    ['one of its watchers', ['list/emaCross:s-1', 'watchdog/sim:BTCUSDT'], 'list/emaCross:s-1'],
    ['the only one', ['list/b'], 'list/b'],
    ['none of them', ['watchdog/sim:BTCUSDT'], undefined],
  ])('knows its list where that is %s', (_, watchers, list) => {
    const was = contextOf({ id: 'emaCross:s-1-stop', terms: { ...TERMS, watchers } })
    const { value, context } = carriedOver('order', '5', { value: 'as it was', context: was })
    expect(value).toBe('as it was')
    expect((context as OrderContext).terms.list).toBe(list)
    expect(context).toEqual({ ...was, terms: { ...was.terms, ...(list && { list }) } })
  })
})

describe('an order whose venue knows of more requests than it has made', () => {
  it.each([
    ['4', orderVersion4, 'o1/2'],
    ['5', orderVersion5, 'o1/2'],
    ['6', orderMachine, 'o1/5'],
  ])('asks next, in version %s, as that version has asked', (_, machine, clOrdId) => {
    const { actor, requests, context } = live({}, {}, machine)
    actor.send({ type: 'ADOPT', at: 1, ...LIVE_TERMS })
    actor.send(report('ORDER_STATUS', { clOrdId: 'o1/4' }))
    actor.send({ type: 'CANCEL', at: 3 })
    expect(requests).toEqual([{ type: 'CANCEL_ORDER', clOrdId, origClOrdId: 'o1/4' }])
    expect(context().pending).toEqual([{ clOrdId, kind: 'cancel' }])
  })
})

describe('a duration that is longer than one may be configured', () => {
  const ms = 8e15
  const limits = { orderNotionalMax: '1', openOrdersMax: 1, cooldownMs: ms }
  const stoplossGuard = { stops: 1, withinMs: ms, blockMs: ms }

  it('is read from the log of an earlier version as it was', async () => {
    const harness = new Harness()
    await harness.open({ machines, ports: {} })
    const { supervisor } = harness
    const at = { venue: 'sim' }
    await supervisor.spawn('account', 'sim', { ...at, balance: '1', limits })
    await supervisor.spawn('watchdog', 'sim:X', { ...at, symbol: 'X', graceMs: ms, verifyEveryMs: ms })
    await supervisor.spawn('reconciliation', 'sim', { ...at, everyMs: ms, settleMs: ms })
    await supervisor.send('account/sim', {
      type: 'UPDATE_LIMITS',
      at: 1,
      by: 'ann',
      limits: { stoplossGuard },
    })
    await harness.crash()
    await harness.open({ machines, ports: {} })
    expect(harness.context('account/sim')).toMatchObject({ limits: { ...limits, stoplossGuard } })
    expect(harness.context('watchdog/sim:X')).toMatchObject({ graceMs: ms, verifyEveryMs: ms })
    expect(harness.context('reconciliation/sim')).toMatchObject({ everyMs: ms, settleMs: ms })
    expect((await harness.supervisor.verify()).problems).toEqual([])
    await harness.supervisor.stop()
  })

  it('is refused where a person asks for it', () => {
    const ask = (asked: object) => machines.account.problems({ type: 'UPDATE_LIMITS', limits: asked }, 'sim')
    expect(ask({ cooldownMs: ms, stoplossGuard, openOrdersMax: 0, none: 1 })).toEqual({
      'limits.cooldownMs': `at most ${DURATION_MAX_MS}`,
      'limits.stoplossGuard.withinMs': `at most ${DURATION_MAX_MS}`,
      'limits.stoplossGuard.blockMs': `at most ${DURATION_MAX_MS}`,
    })
    expect(ask({ cooldownMs: null, openOrdersMax: 2 })).toEqual({})
  })
})

describe('a runner of version 4', () => {
  const was = { heartbeatMs: 60_000, warnings: 1, errors: 0 }
  const configured = { limits: { openOrdersMax: 5 }, strategies: { 'emaCross/s': { fast: 2 } } }

  it.each([
    [
      'has started',
      { ...was, venue: 'sim', configured },
      { venues: ['sim'], configured: { ...configured, limits: { sim: configured.limits } } },
    ],
    ['has started before it noted what was configured', { ...was, venue: 'sim' }, { venues: ['sim'] }],
    ['has not started yet', was, {}],
  ])('that %s knows its venue as one of a list', (_, context, now) => {
    expect(carriedOver('runner', '4', { value: 'running', context })).toEqual({
      value: 'running',
      context: { ...was, ...now },
    })
  })

  it('is replayed as it lived, and goes on with its heartbeats', async () => {
    const harness = new Harness()
    await harness.open({ machines: { ...machines, runner: runnerVersion4 }, ports: {} })
    const limits = { orderNotionalMax: '150', openOrdersMax: 5 }
    await harness.supervisor.spawn('account', 'sim', { venue: 'sim', balance: '1000', limits })
    await harness.supervisor.spawn('runner', 'main')
    const of = { version: '1', market: 'sim:6', venue: 'sim', strategies: [], heartbeatMs: 60_000 }
    await harness.supervisor.send('runner/main', { type: 'STARTED', at: harness.clock.now(), ...of })
    await harness.crash()
    await harness.open({ machines, ports: {} })
    expect(harness.context('runner/main')).toMatchObject({ venues: ['sim'] })
    harness.clock.advanceTo(harness.clock.now() + 60_000)
    await harness.supervisor.idle()
    const told = (await harness.records()).flatMap(({ emitted = [] }) => emitted)
    expect(told.map(({ type }) => type)).toEqual([
      'SYSTEM_STARTED',
      'RUNNER_STARTED',
      'HEARTBEAT',
      'HEALTH_CHECK',
      'STATS_UPDATE',
    ])
    expect((await harness.supervisor.verify()).problems).toEqual([])
    await harness.supervisor.stop()
  })
})

describe('a reconciliation', () => {
  it.each([
    ['3', 'hearing', 'awaitingReports'],
    ['3', 'settling', 'settling'],
    ['4', 'awaitingReports', 'awaitingReports'],
    ['4', 'verdict', 'verdict'],
  ])('of version %s that was %s is %s', (version, was, is) => {
    const context = { since: 1, found: [] }
    expect(carriedOver('reconciliation', version, { value: was, context })).toEqual({ value: is, context })
  })

  it.each([
    ['4', reconciliationVersion4, undefined],
    ['5', reconciliationMachine, 'again'],
  ])('of version %s keeps a request during a look, or as it did then, does not', (_, machine, asked) => {
    const actor = createActor(machine, { input: { venue: 'sim' } }).start()
    for (const reason of ['first', 'again']) actor.send({ type: 'RECONCILE', at: 1, reason })
    expect(actor.getSnapshot()).toMatchObject({ value: 'firstLook', context: { startedAt: 1 } })
    expect(actor.getSnapshot().context.asked).toBe(asked)
    actor.stop()
  })
})

describe('a watchdog of version 2', () => {
  it('knows the orders that it has placed', () => {
    const cover = { side: 'SELL', leavesQty: '1', isLive: true } as const
    const covers = {
      'order/sim:BTCUSDT-watchdog-1': cover,
      'order/sim:BTCUSDT2-watchdog-1': cover,
      'order/b': cover,
    }
    const was = { venue: 'sim', symbol: 'BTCUSDT', quantity: '2', covers }
    const { context } = carriedOver('watchdog', '2', { value: 'protected', context: was })
    const own = Object.entries((context as WatchdogContext).covers).filter(([, { isOwn }]) => isOwn)
    expect(own).toEqual([['order/sim:BTCUSDT-watchdog-1', { ...cover, isOwn: true }]])
    expect(Object.keys((context as WatchdogContext).covers)).toEqual(Object.keys(covers))
  })
})

describe('a strategy', () => {
  const migrate = (state: State) => state
  const strategy = (version: string, upgrades?: readonly { from: string; to: string }[]) =>
    defineStrategy({
      name: 'mine',
      version,
      description: 'Does nothing.',
      params: z.object({}),
      initial: () => ({}),
      next: (state) => state,
      values: () => undefined,
      decide: () => undefined,
      ...(upgrades && { upgrades: upgrades.map((one) => ({ ...one, migrate })) }),
    })
  const pathOf = (one: ReturnType<typeof strategy>, from: string) =>
    upgradePath(new Registry({ [one.name]: kindOfStrategy(one) }).kind(`${one.name}/s`), from).map(
      ({ to }) => to,
    )

  it.each([
    ['1', ['2', '3', '3+2', '3+3', '3+4', '3+5']],
    ['2', ['3', '3+2', '3+3', '3+4', '3+5']],
    ['3', ['3+2', '3+3', '3+4', '3+5']],
    ['1+2', ['2+2', '3+2', '3+3', '3+4', '3+5']],
    ['1+4', ['2+4', '3+4', '3+5']],
    ['3+5', []],
  ])('of version %s is carried over to its newest, and to the newest form of all', (from, versions) => {
    const upgrades = [
      { from: '1', to: '2' },
      { from: '2', to: '3' },
    ]
    expect(pathOf(strategy('3', upgrades), from)).toEqual(versions)
  })

  it.each([
    ['emaCross', emaCross, '4'],
    ['meanReversion', meanReversion, '3'],
    ['of ones own', strategy('7'), '7'],
  ])('that is %s keeps the machines of its former forms', (_, one, version) => {
    const [second, third, fourth, present] = [2, 3, 4, 5].map((common) => `${version}+${common}`)
    expect(versionOf(one.machine)).toBe(present)
    expect(one.previous?.map(versionOf).sort()).toEqual([version, second, third, fourth])
    expect(pathOf(one, version)).toEqual([second, third, fourth, present])
  })

  it.each<[string, unknown, Record<string, number>, mode: string]>([
    [
      'a stop on the wrong side',
      { do: 'enter', side: 'BUY', reason: 'up', stopPx: 200 },
      { n: 1 },
      'entering',
    ],
    ['a field that is none', { do: 'enter', side: 'BUY', reason: 'up', stop: 90 }, { n: 1 }, 'entering'],
    ['a misspelt deed', { do: 'entr', side: 'BUY', reason: 'up' }, { n: 1 }, 'flat'],
    ['a word', 'BUY', { n: 1 }, 'flat'],
    ['no values', { do: 'enter', side: 'BUY', reason: 'up' }, null as never, 'entering'],
  ])(
    'of the former form has decided on %s, and its log is read as it was written',
    async (_, signal, values, trade) => {
      const one = defineStrategy({
        name: 'mine',
        version: '1',
        description: 'Decides as it likes, for it is JavaScript.',
        params: z.object({}),
        initial: () => ({}),
        next: (state) => state,
        values: () => values,
        decide: () => signal as never,
      })
      const { previous = [], ...rest } = kindOfStrategy(one)
      const former = { ...rest, machine: previous[0] as (typeof previous)[number], upgrades: [] }
      const harness = new Harness()
      await harness.open({ machines: { mine: former }, ports: {} })
      const { supervisor } = harness
      await supervisor.spawn('mine', 's', {
        id: 's',
        venue: 'sim',
        symbol: 'X',
        interval: '1s',
        orderQty: '1',
      })
      await supervisor.send('mine/s', { type: 'START', at: 1_000 })
      const candle = {
        openAt: 1_000,
        closeAt: 1_999,
        open: '100',
        high: '100',
        low: '100',
        close: '100',
        volume: '1',
      }
      const closed = { type: 'CANDLE_CLOSE', at: 2_000, venue: 'sim', symbol: 'X', interval: '1s', candle }
      await supervisor.send('mine/s', closed)
      expect(harness.value('mine/s')).toMatchObject({ mode: 'running', trade })
      await harness.crash()
      await harness.open({ machines: { mine: kindOfStrategy(one) }, ports: {} })
      expect(harness.errors).toEqual([])
      expect(harness.value('mine/s')).toMatchObject({ mode: 'running', trade })
      expect((await harness.supervisor.verify()).problems).toEqual([])
      // From here on it is looked at.
      const next = { ...closed, at: 3_000, candle: { ...candle, openAt: 2_000, closeAt: 2_999 } }
      await expect(harness.supervisor.send('mine/s', next)).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
      await harness.supervisor.stop()
    },
  )
})

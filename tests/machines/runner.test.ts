import { describe, expect, it } from 'vitest'
import { machines, RUNNER } from '../../machines/index.ts'
import { Harness } from '../runtime/harness.ts'

const STARTED = {
  type: 'STARTED',
  version: '1.2.3',
  market: 'sim',
  venues: [{ venue: 'sim', strategies: ['s'] }],
  heartbeatMs: 60_000,
}

async function open() {
  const harness = new Harness()
  const { supervisor, clock } = { supervisor: await harness.open({ machines }), clock: harness.clock }
  const limits = { orderNotionalMax: '150', openOrdersMax: 5 }
  await supervisor.spawn('account', 'sim', { venue: 'sim', balance: '1000', limits })
  await supervisor.spawn('runner', 'main')
  await supervisor.send(RUNNER, { ...STARTED, at: clock.now() })
  const pass = async (ms: number) => {
    clock.advanceTo(clock.now() + ms)
    await supervisor.idle()
  }
  const emitted = async () =>
    (await harness.records())
      .filter(({ actor }) => actor === RUNNER)
      .flatMap((record) => record.emitted ?? [])
  return { harness, supervisor, clock, pass, emitted }
}

describe('a runner', () => {
  it('says with each heartbeat that it lives, what went wrong and how the account stands', async () => {
    const { supervisor, clock, pass, emitted } = await open()
    const startedAt = clock.now()
    await pass(30_000)
    const text = 'no answer'
    for (const severity of ['warning', 'error'])
      await supervisor.send(RUNNER, {
        type: 'REPORT_ERROR',
        at: clock.now(),
        severity,
        text,
        about: 'port/sim',
      })
    await pass(30_000)
    await pass(60_000)
    // On whole minutes, whenever it was started.
    const at = 60_000
    const stats = {
      venue: 'sim',
      asset: 'USDT',
      balance: '1000',
      equity: '1000',
      openOrders: 0,
      openPositions: 0,
    }
    expect((await emitted()).slice(2)).toMatchObject([
      { type: 'SYSTEM_ERROR', severity: 'warning', text, about: 'port/sim' },
      { type: 'SYSTEM_ERROR', severity: 'error', text, about: 'port/sim' },
      { type: 'HEARTBEAT', at, startedAt },
      { type: 'HEALTH_CHECK', at, status: 'degraded', warnings: 1, errors: 1 },
      { type: 'STATS_UPDATE', at, ...stats },
      { type: 'HEARTBEAT', at: at + 60_000 },
      { type: 'HEALTH_CHECK', status: 'ok', warnings: 0, errors: 0 },
      { type: 'STATS_UPDATE' },
    ])
  })

  it('tells of the process and of its own trading, each by its name', async () => {
    const { supervisor, clock, emitted } = await open()
    const startedAt = clock.now()
    clock.advanceTo(startedAt + 7)
    const at = startedAt + 7
    await supervisor.send(RUNNER, { type: 'STOPPED', at, reason: 'done', initiator: 'ann' })
    expect(await emitted()).toEqual([
      { type: 'SYSTEM_STARTED', at: startedAt, version: '1.2.3' },
      { type: 'RUNNER_STARTED', at: startedAt, venue: 'sim', market: 'sim', strategies: ['s'] },
      { type: 'RUNNER_STOPPED', at, venue: 'sim', startedAt },
      { type: 'SYSTEM_STOPPED', at, reason: 'done', initiator: 'ann' },
    ])
  })

  it('tells of a start that follows a crash', async () => {
    const { supervisor, clock, emitted } = await open()
    const again = { ...STARTED, at: clock.now() }
    await supervisor.send(RUNNER, again)
    await supervisor.send(RUNNER, { type: 'STOPPED', at: clock.now(), reason: 'done', initiator: 'ann' })
    await supervisor.send(RUNNER, again)
    const starts = (await emitted()).filter(({ type }) => type === 'SYSTEM_STARTED')
    expect(starts.map(({ crashed }) => crashed)).toEqual([undefined, true, undefined])
  })

  it('tells how each strategy works that it has started, at the venue of each', async () => {
    const { supervisor, clock, pass, emitted } = await open()
    const of = { venue: 'sim', symbol: 'X', interval: '1s', orderQty: '1' }
    for (const id of ['s', 't']) await supervisor.spawn('emaCross', id, { ...of, id, fast: 1, slow: 2 })
    const strategies = { 'emaCross/s': {}, 'emaCross/t': {} }
    await supervisor.send(RUNNER, { ...STARTED, configured: { limits: {}, strategies }, at: clock.now() })
    const candle = { openAt: 0, closeAt: 999, open: '1', high: '1', low: '1', close: '1', volume: '1' }
    const closed = {
      type: 'CANDLE_CLOSE',
      at: clock.now(),
      venue: 'sim',
      symbol: 'X',
      interval: '1s',
      candle,
    }
    await supervisor.send('emaCross/t', closed)
    const workOf = (strategy: string, ticks: number) => ({
      ...{ strategy, ticks, actions: 0, errors: 0, errorRate: 0 },
    })
    for (const count of [1, 2]) {
      await pass(60_000)
      const stats = (await emitted()).filter(({ type }) => type === 'STATS_UPDATE')
      expect(stats).toHaveLength(count)
      expect(stats.at(-1)?.strategies).toEqual([workOf('s', 0), workOf('t', 1)])
    }
  })

  it('counts refused requests against those that a strategy has made', async () => {
    const { supervisor, clock, emitted } = await open()
    const at = clock.now()
    const work = { venue: 'sim', strategy: 's', ticks: 9, actions: 4, errors: 1 }
    await supervisor.send(RUNNER, { type: 'STRATEGY_STATS', at, ...work })
    await supervisor.send(RUNNER, { type: 'STRATEGY_STATS', at, ...work, venue: 'far', strategy: 't' })
    await supervisor.send('account/sim', { type: 'STATS_REQUEST', at, owner: RUNNER })
    const { venue: _, ...told } = work
    expect((await emitted()).at(-1)).toMatchObject({ strategies: [{ ...told, errorRate: 0.25 }] })
  })

  it('tells of each of its venues, and how each account stands', async () => {
    const { supervisor, clock, pass, emitted } = await open()
    const limits = { orderNotionalMax: '150', openOrdersMax: 5 }
    await supervisor.spawn('account', 'far', { venue: 'far', balance: '7', limits })
    const venues = [...STARTED.venues, { venue: 'far', strategies: ['t', 'u'] }]
    await supervisor.send(RUNNER, { ...STARTED, venues, at: clock.now() })
    await pass(60_000)
    await supervisor.send(RUNNER, { type: 'STOPPED', at: clock.now(), reason: 'done', initiator: 'ann' })
    expect((await emitted()).slice(2).filter(({ venue }) => venue !== undefined)).toMatchObject([
      { type: 'RUNNER_STARTED', venue: 'sim', strategies: ['s'] },
      { type: 'RUNNER_STARTED', venue: 'far', strategies: ['t', 'u'] },
      { type: 'STATS_UPDATE', venue: 'sim', balance: '1000' },
      { type: 'STATS_UPDATE', venue: 'far', balance: '7' },
      { type: 'RUNNER_STOPPED', venue: 'sim' },
      { type: 'RUNNER_STOPPED', venue: 'far' },
    ])
  })

  it('beats when it would have beaten without a stop and a start in between', async () => {
    const { supervisor, clock, pass, emitted } = await open()
    for (const ms of [40_000, 30_000, 3_000]) {
      await pass(ms)
      const at = clock.now()
      await supervisor.send(RUNNER, { type: 'STOPPED', at, reason: 'done', initiator: 'ann' })
      await supervisor.send(RUNNER, { ...STARTED, at })
    }
    await pass(120_000)
    const beats = (await emitted()).filter(({ type }) => type === 'HEARTBEAT')
    expect(beats.map(({ at }) => at)).toEqual([60_000, 120_000, 180_000])
  })

  it('beats on after a crash as if none had been, and no more once it is stopped', async () => {
    const { supervisor, clock, pass, emitted } = await open()
    await pass(40_000)
    await supervisor.send(RUNNER, { ...STARTED, at: clock.now() })
    await pass(20_000)
    const beats = async () => (await emitted()).filter(({ type }) => type === 'HEARTBEAT').length
    expect(await beats()).toBe(1)
    await supervisor.send(RUNNER, { type: 'STOPPED', at: clock.now(), reason: 'done', initiator: 'ann' })
    await pass(200_000)
    expect(await beats()).toBe(1)
  })
})

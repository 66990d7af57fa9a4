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

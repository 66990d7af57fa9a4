import { describe, expect, it } from 'vitest'
import { assign, createMachine, sendTo, setup } from 'xstate'
import { DEFAULT_BACKOFF, type Supervision } from '../../src/runtime/actors/supervision.ts'
import { databaseIn } from '../../store/leveldb/codec/database.ts'
import { Harness } from './harness.ts'

const fragile = setup({
  types: {} as { context: { n: number }; events: { type: 'INC' } | { type: 'THROW' } },
}).createMachine({
  id: 'fragile',
  context: { n: 0 },
  on: {
    INC: { actions: assign({ n: ({ context }) => context.n + 1 }) },
    THROW: {
      actions: assign(() => {
        throw new Error('boom')
      }),
    },
  },
})

async function open(supervision: Supervision): Promise<Harness> {
  const harness = new Harness()
  await harness.open({ machines: { fragile: { machine: fragile, supervision } } })
  await harness.supervisor.spawn('fragile', 'a')
  await harness.supervisor.send('fragile/a', { type: 'INC' })
  await expect(harness.supervisor.send('fragile/a', { type: 'THROW' })).rejects.toThrow('boom')
  return harness
}

describe('an actor whose machine throws', () => {
  it('resumes as it was before the message', async () => {
    const harness = await open({ strategy: 'resume' })
    await harness.supervisor.send('fragile/a', { type: 'INC' })
    expect(harness.context('fragile/a')).toEqual({ n: 2 })
  })

  it('stops', async () => {
    const harness = await open({ strategy: 'stop' })
    await expect(harness.supervisor.send('fragile/a', { type: 'INC' })).rejects.toMatchObject({
      code: 'ACTOR_ENDED',
    })
    expect(harness.supervisor.getSnapshot('fragile/a')?.status).toBe('stopped')
  })

  it('is quarantined until it is released, even after a restart', async () => {
    const harness = await open({ strategy: 'quarantine' })
    await harness.crash()
    await harness.open({ machines: { fragile } })
    const { supervisor } = harness
    await expect(supervisor.send('fragile/a', { type: 'INC' })).rejects.toMatchObject({
      code: 'ACTOR_QUARANTINED',
    })
    await supervisor.release('fragile/a')
    await supervisor.send('fragile/a', { type: 'INC' })
    expect(harness.context('fragile/a')).toEqual({ n: 2 })
  })

  it('restarts after a wait that doubles, takes the messages that came meanwhile, and is quarantined in the end', async () => {
    const backoff = { minMs: 100, maxMs: 1_000, restartsMax: 2, resetMs: 60_000 }
    const supervision: Supervision = { strategy: 'restart', backoff }
    const harness = await open(supervision)
    const { supervisor, clock } = harness
    await supervisor.send('fragile/a', { type: 'INC' })
    await supervisor.send('fragile/a', { type: 'INC' })
    clock.advanceTo(1_099)
    await supervisor.idle()
    expect(await supervisor.view('fragile/a')).toMatchObject({ condition: 'restarting' })
    await harness.crash()
    await harness.open({ machines: { fragile: { machine: fragile, supervision } } })
    clock.advanceTo(1_100)
    await harness.supervisor.idle()
    expect(harness.context('fragile/a')).toEqual({ n: 2 })
    await expect(harness.supervisor.send('fragile/a', { type: 'THROW' })).rejects.toThrow()
    clock.advanceTo(1_299)
    expect(await harness.supervisor.view('fragile/a')).toMatchObject({ condition: 'restarting' })
    clock.advanceTo(1_300)
    await harness.supervisor.idle()
    expect(harness.context('fragile/a')).toEqual({ n: 0 })
    await expect(harness.supervisor.send('fragile/a', { type: 'THROW' })).rejects.toThrow()
    expect(await harness.supervisor.view('fragile/a')).toMatchObject({ condition: 'quarantined' })
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  const backoff = { minMs: 10, maxMs: 10, restartsMax: 2, resetMs: 60_000 }
  const restart: Supervision = { strategy: 'restart', backoff }
  const letters = async (harness: Harness) =>
    (await harness.deadLetters()).map(({ event, reason }) => [event.type, event.which, reason])

  it('restarts in whole milliseconds, whatever the time of the message, so no restart is lost with a stop', async () => {
    const harness = new Harness()
    const backoff = { ...DEFAULT_BACKOFF, minMs: 0.5 }
    const options = {
      machines: { fragile: { machine: fragile, supervision: { strategy: 'restart' as const, backoff } } },
    }
    let supervisor = await harness.open(options)
    await supervisor.spawn('fragile', 'a')
    const fail = supervisor.send('fragile/a', { type: 'THROW' }, { at: 1_000.25 })
    await expect(fail).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
    await supervisor.send('fragile/a', { type: 'INC' }, { at: 1_000.5 })
    await supervisor.stop()
    supervisor = await harness.open(options)
    harness.clock.advanceTo(1_001)
    await supervisor.idle()
    expect(await harness.eventsOf('fragile/a')).toEqual([
      'xstate.init',
      'outcry.failed',
      'INC',
      'outcry.restarted',
      'outcry.unstashed',
      'INC',
    ])
  })

  it('takes kept messages one by one: one that throws again becomes a dead letter, the rest is taken', async () => {
    const harness = await open(restart)
    const { supervisor, clock } = harness
    await supervisor.send('fragile/a', { type: 'THROW', which: 'kept' })
    await supervisor.send('fragile/a', { type: 'INC' })
    await supervisor.send('fragile/a', { type: 'INC' })
    clock.advanceTo(2_000)
    await supervisor.idle()
    expect(await supervisor.view('fragile/a')).toMatchObject({ context: { n: 2 }, timers: [] })
    expect((await supervisor.view('fragile/a'))?.condition).toBeUndefined()
    expect(await letters(harness)).toEqual([
      ['THROW', undefined, 'failed'],
      ['THROW', 'kept', 'failed'],
    ])
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it('keeps the order of kept messages and of those that come meanwhile, even over a crash', async () => {
    const harness = await open(restart)
    for (const which of ['1', '2', '3']) await harness.supervisor.send('fragile/a', { type: 'INC', which })
    harness.clock.advanceTo(1_009)
    await harness.crash()
    await harness.open({ machines: { fragile: { machine: fragile, supervision: restart } } })
    const late = harness.supervisor.send('fragile/a', { type: 'INC', which: '4' })
    harness.clock.advanceTo(1_010)
    await late
    await harness.supervisor.idle()
    const taken = (await harness.records()).filter((r) => r.event.type === 'INC' && !r.stashed)
    expect(taken.map(({ event }) => event.which)).toEqual([undefined, '1', '2', '3', '4'])
    expect(harness.context('fragile/a')).toEqual({ n: 4 })
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('leaves kept messages as dead letters when it is stopped', async () => {
    const harness = await open(restart)
    await harness.supervisor.send('fragile/a', { type: 'INC', which: 'kept' })
    await harness.supervisor.stopActor('fragile/a')
    expect(await letters(harness)).toEqual([
      ['THROW', undefined, 'failed'],
      ['INC', 'kept', 'ended'],
    ])
  })

  it('starts over at its release, and no restart follows, now or at the next start', async () => {
    let isBroken = false
    const machine = setup({ types: {} as { context: { n: number } } }).createMachine({
      context: () => {
        if (isBroken) throw new Error('not yet')
        return { n: 0 }
      },
      on: {
        INC: { actions: assign({ n: ({ context }) => context.n + 1 }) },
        THROW: {
          actions: assign(() => {
            throw new Error('once')
          }),
        },
      },
    })
    const harness = new Harness()
    const machines = { fragile: { machine, supervision: restart } }
    await harness.open({ machines })
    await harness.supervisor.spawn('fragile', 'a')
    await harness.supervisor.send('fragile/a', { type: 'INC' })
    isBroken = true
    await expect(harness.supervisor.send('fragile/a', { type: 'THROW' })).rejects.toThrow()
    await harness.supervisor.send('fragile/a', { type: 'INC', which: 'kept' })
    harness.clock.advanceTo(2_000)
    await harness.supervisor.idle()
    expect((await harness.supervisor.view('fragile/a'))?.condition).toBe('quarantined')
    isBroken = false
    await harness.supervisor.release('fragile/a')
    harness.clock.advanceTo(2_001)
    await harness.supervisor.idle()
    expect(harness.context('fragile/a')).toEqual({ n: 1 })
    await harness.supervisor.stop()
    await harness.open({ machines })
    harness.clock.advanceTo(90_000_000)
    await harness.supervisor.idle()
    expect(harness.context('fragile/a')).toEqual({ n: 1 })
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('fails by name when it is a machine defined in place that loops for ever', async () => {
    const loop = setup({}).createMachine({
      initial: 'a',
      states: { a: { on: { GO: 'b' } }, b: { always: 'c' }, c: { always: 'b' } },
    })
    const harness = new Harness()
    await harness.open({
      machines: { parent: createMachine({ invoke: { src: loop, id: 'loop' } }) },
    })
    await harness.supervisor.spawn('parent', 'p')
    await expect(harness.supervisor.send('parent/p/loop', { type: 'GO' })).rejects.toMatchObject({
      code: 'ACTOR_FAILED',
      message: expect.stringContaining('parent/p/loop failed on GO'),
    })
  })

  it('ends with an error that its parent hears of when it is a child', async () => {
    const parent = setup({
      actors: { fragile },
      types: {} as { events: { type: 'GO' } | { type: 'INC' } },
    }).createMachine({
      id: 'parent',
      initial: 'waiting',
      states: {
        waiting: {
          invoke: { src: 'fragile', id: 'child', onError: 'sorry' },
          on: { GO: { actions: sendTo('child', { type: 'THROW' }) } },
        },
        sorry: {},
      },
    })
    const harness = new Harness()
    await harness.open({ machines: { parent } })
    await harness.supervisor.spawn('parent', 'p')
    await expect(harness.supervisor.send('parent/p', { type: 'GO' })).rejects.toThrow('boom')
    expect(harness.value('parent/p')).toBe('sorry')
    expect(harness.supervisor.getSnapshot('parent/p/child')).toMatchObject({
      status: 'error',
      error: { message: 'boom' },
    })
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('fails together with a parent that throws on this error', async () => {
    const parent = setup({
      actors: { fragile },
      types: {} as { events: { type: 'GO' } | { type: 'ASK' } },
    }).createMachine({
      initial: 'waiting',
      invoke: {
        src: 'fragile',
        id: 'child',
        onError: {
          actions: assign(() => {
            throw new Error('and now this')
          }),
        },
      },
      states: { waiting: { on: { GO: { actions: sendTo('child', { type: 'THROW' }) }, ASK: {} } } },
    })
    const harness = new Harness()
    await harness.open({ machines: { parent: { machine: parent, supervision: { strategy: 'resume' } } } })
    await harness.supervisor.spawn('parent', 'p')
    await expect(harness.supervisor.send('parent/p', { type: 'GO' })).rejects.toMatchObject({
      code: 'ACTOR_FAILED',
    })
    const failures = (await harness.records()).filter(({ event }) => event.type === 'outcry.failed')
    expect(failures.map(({ actor, event }) => [actor, event.error.message])).toEqual([
      ['parent/p', 'and now this'],
      ['parent/p/child', 'boom'],
    ])
    await harness.supervisor.send('parent/p', { type: 'ASK' })
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })
})

describe('an actor that cannot be restored', () => {
  it('is reported when its timer is due and when a message is for it, and all others go on', async () => {
    const timed = setup({ types: {} as { events: { type: 'POKE' } } }).createMachine({
      initial: 'waiting',
      states: { waiting: { after: { 1000: 'done' }, on: { POKE: {} } }, done: {} },
    })
    const harness = new Harness()
    const options = { machines: { timed }, passivation: { residentMax: 0 } }
    await harness.open(options)
    for (const id of ['a', 'b']) await harness.supervisor.spawn('timed', id)
    await harness.supervisor.stop()
    const db = databaseIn(harness.memory)
    await db.open()
    const key = 's!timed/a'
    const bytes = Buffer.from((await db.get(key)) as Buffer)
    bytes[bytes.length - 2] = 0
    await db.put(key, bytes)
    await harness.open(options)
    await expect(harness.supervisor.send('timed/a', { type: 'POKE' })).rejects.toMatchObject({
      code: 'ACTOR_UNREADABLE',
    })
    harness.clock.advanceTo(5_000)
    harness.supervisor.pump()
    await harness.supervisor.idle()
    expect(harness.errors.join()).toContain('timed/a has a timer, but cannot be restored')
    expect((await harness.supervisor.view('timed/b'))?.value).toBe('done')
  })
})

import { describe, expect, it } from 'vitest'
import { assign, emit, sendTo, setup } from 'xstate'
import { Harness } from './harness.ts'

type CounterEvent =
  | { type: 'INC' }
  | { type: 'THROW' }
  | { type: 'LOOP' }
  | { type: 'WAIT' }
  | { type: 'BACK' }
  | { type: 'POKE'; to: string; event: string }

const counter = setup({
  types: {} as { context: { n: number }; events: CounterEvent; input: { from: number } | undefined },
  actions: {
    poke: sendTo(
      ({ system, event }) => system.get((event as { to: string }).to),
      ({ event }) => ({ type: (event as { event: string }).event }),
    ),
  },
}).createMachine({
  id: 'counter',
  context: ({ input }) => ({ n: input?.from ?? 0 }),
  initial: 'on',
  states: {
    on: {
      on: {
        INC: {
          actions: [
            assign({ n: ({ context }) => context.n + 1 }),
            emit(({ context }) => ({ type: 'COUNTED', n: context.n })),
          ],
        },
        POKE: { actions: [assign({ n: ({ context }) => context.n + 10 }), 'poke'] },
        THROW: {
          actions: assign(() => {
            throw new Error('boom')
          }),
        },
        LOOP: 'loop',
        WAIT: 'waiting',
      },
    },
    waiting: { after: { 1000: 'on' }, on: { BACK: 'on' } },
    loop: { always: 'loopAgain' },
    loopAgain: { always: 'loop' },
  },
})

const machines = { counter }

async function open(): Promise<Harness> {
  const harness = new Harness()
  await harness.open({ machines })
  await harness.supervisor.spawn('counter', 'a', { from: 5 })
  await harness.supervisor.spawn('counter', 'b')
  return harness
}

describe('a turn', () => {
  it('takes a message and all that follows from it, in one commit, with one correlation and the causes', async () => {
    const harness = await open()
    await harness.supervisor.send('counter/a', { type: 'POKE', to: 'counter/b', event: 'INC' })
    const [poke, inc] = (await harness.records()).slice(-2)
    expect(poke).toMatchObject({
      actor: 'counter/a',
      rev: 2,
      from: 'on',
      to: 'on',
      cause: null,
      sent: ['counter/b'],
    })
    expect(inc).toMatchObject({
      actor: 'counter/b',
      rev: 2,
      cause: poke?.seq,
      emitted: [{ type: 'COUNTED', n: 1 }],
    })
    expect([inc?.turn, inc?.correlation]).toEqual([poke?.turn, poke?.correlation])
  })

  it('is undone as a whole when any machine in it throws; the others go on', async () => {
    const harness = await open()
    const poison = { type: 'POKE', to: 'counter/b', event: 'THROW' }
    await expect(harness.supervisor.send('counter/a', poison)).rejects.toThrow('boom')
    expect(harness.context('counter/a')).toEqual({ n: 5 })
    expect(harness.context('counter/b')).toEqual({ n: 0 })
    expect(await harness.eventsOf('counter/b')).toEqual(['xstate.init', 'outcry.failed'])
    expect(await harness.deadLetters()).toMatchObject([
      { to: 'counter/a', event: poison, reason: 'failed', error: { message: 'boom' } },
    ])
    await harness.supervisor.send('counter/b', { type: 'INC' })
    expect(harness.context('counter/b')).toEqual({ n: 1 })
  })

  it('ends a machine that loops', async () => {
    const harness = await open()
    await expect(harness.supervisor.send('counter/a', { type: 'LOOP' })).rejects.toThrow('Infinite loop')
    expect(harness.value('counter/a')).toBe('on')
  })

  it('ends actors that send to each other without end', async () => {
    const ping = setup({ types: {} as { events: { type: 'PING' } } }).createMachine({
      on: {
        PING: {
          actions: sendTo(({ system, self }) => system.get(self.id === 'ping/a' ? 'ping/b' : 'ping/a'), {
            type: 'PING',
          }),
        },
      },
    })
    const harness = new Harness()
    await harness.open({ machines: { ping } })
    await harness.supervisor.spawn('ping', 'a')
    await harness.supervisor.spawn('ping', 'b')
    await expect(harness.supervisor.send('ping/a', { type: 'PING' })).rejects.toMatchObject({
      cause: { code: 'TURN_TOO_LONG' },
    })
    expect(harness.store.head.seq).toBeLessThan(10)
  })

  it('leaves a dead letter for a message to an unknown actor, from outside and inside, which can be delivered later', async () => {
    const harness = await open()
    await expect(harness.supervisor.send('counter/x', { type: 'INC' })).rejects.toMatchObject({
      code: 'ACTOR_UNKNOWN',
    })
    await harness.supervisor.send('counter/a', { type: 'POKE', to: 'counter/x', event: 'INC' })
    const letters = (await harness.records()).filter((r) => r.event.type === 'DEAD_LETTER')
    expect(letters.map((r) => r.event)).toMatchObject([
      { to: 'counter/x', reason: 'unknown' },
      { to: 'counter/x', reason: 'unknown' },
    ])
    await harness.supervisor.spawn('counter', 'x')
    await harness.supervisor.redeliver(letters[1]?.seq as number)
    expect(harness.context('counter/x')).toEqual({ n: 1 })
    await expect(harness.supervisor.redeliver(1)).rejects.toMatchObject({ code: 'LETTER_UNKNOWN' })
  })

  it('records an event that the machine does not handle', async () => {
    const harness = await open()
    await harness.supervisor.send('counter/a', { type: 'BACK' })
    expect((await harness.records()).at(-1)).toMatchObject({
      event: { type: 'BACK' },
      unhandled: true,
      to: 'on',
    })
  })

  it('takes a message of a source, and a request with a key, once', async () => {
    const harness = await open()
    const { supervisor } = harness
    for (const position of [1, 2, 2, 1, 3]) {
      await supervisor.send('counter/a', { type: 'INC' }, { origin: { source: 'feed', position } })
    }
    const first = await supervisor.send('counter/b', { type: 'INC' }, { key: 'k1' })
    expect(await supervisor.send('counter/b', { type: 'INC' }, { key: 'k1' })).toEqual({
      seq: first.seq,
      duplicate: true,
    })
    await harness.crash()
    await harness.open({ machines })
    await harness.supervisor.send('counter/a', { type: 'INC' }, { origin: { source: 'feed', position: 3 } })
    await harness.supervisor.send('counter/b', { type: 'INC' }, { key: 'k1' })
    expect([harness.context('counter/a'), harness.context('counter/b')]).toEqual([{ n: 8 }, { n: 1 }])
    expect(harness.supervisor.cursor('feed')).toBe(3)
  })

  it.each([
    ['no address', 'counter', { type: 'INC' }, 'ADDRESS_INVALID'],
    ['a path with a hole', 'counter//a', { type: 'INC' }, 'ADDRESS_INVALID'],
    ['no type', 'counter/a', { type: '' }, 'EVENT_INVALID'],
    ["the runtime's own event", 'counter/a', { type: 'xstate.stop' }, 'EVENT_INVALID'],
    ['a date', 'counter/a', { type: 'INC', when: new Date(0) }, 'NOT_JSON'],
    ['NaN', 'counter/a', { type: 'INC', deep: [{ n: Number.NaN }] }, 'NOT_JSON'],
    ['an unknown kind', 'nothing/a', { type: 'INC' }, 'ACTOR_UNKNOWN'],
  ])('is not begun for %s', async (_, to, event, code) => {
    const harness = await open()
    await expect(harness.supervisor.send(to, event)).rejects.toMatchObject({ code })
  })

  it('refuses to start an actor twice, or of an unknown kind', async () => {
    const harness = await open()
    await expect(harness.supervisor.spawn('counter', 'a')).rejects.toMatchObject({ code: 'ACTOR_EXISTS' })
    await expect(harness.supervisor.spawn('nothing', 'a')).rejects.toMatchObject({ code: 'KIND_UNKNOWN' })
    expect(harness.context('counter/a')).toEqual({ n: 5 })
  })
})

describe('timers', () => {
  it('survive a crash with the time they had left, and overdue ones fire in due order', async () => {
    const harness = await open()
    await harness.supervisor.send('counter/a', { type: 'WAIT' })
    harness.clock.advanceTo(1_400)
    await harness.supervisor.send('counter/b', { type: 'WAIT' })
    await harness.crash()
    await harness.open({ machines })
    harness.clock.advanceTo(1_999)
    await harness.supervisor.idle()
    expect([harness.value('counter/a'), harness.value('counter/b')]).toEqual(['waiting', 'waiting'])
    await harness.crash()
    harness.clock.advanceTo(9_000)
    await harness.open({ machines })
    harness.clock.advanceTo(9_001)
    const fired = (await harness.records()).filter((r) => r.timer !== undefined)
    expect(fired.map((r) => r.actor)).toEqual(['counter/a', 'counter/b'])
  })

  it('never fire when they were canceled, even when both were due at once', async () => {
    const harness = await open()
    await harness.supervisor.send('counter/a', { type: 'WAIT' })
    await harness.supervisor.send('counter/a', { type: 'BACK' })
    harness.clock.advanceTo(5_000)
    expect((await harness.records()).filter((r) => r.timer !== undefined)).toEqual([])
  })
})

describe('after a restart', () => {
  it('everything is as it was, from the log alone, from snapshots, and read at any place', async () => {
    const harness = await open()
    for (let i = 0; i < 5; i++) await harness.supervisor.send('counter/a', { type: 'INC' })
    await harness.crash()
    await harness.open({ machines })
    expect(harness.context('counter/a')).toEqual({ n: 10 })
    await harness.supervisor.stop()
    await harness.open({ machines })
    // Only the dead letters' collector is in memory so far.
    expect(harness.supervisor.residents).toBe(1)
    expect(harness.context('counter/a')).toEqual({ n: 10 })
    expect(await harness.supervisor.stateAt('counter/a', { rev: 3 })).toMatchObject({ context: { n: 7 } })
    expect(await harness.supervisor.stateAt('counter/a', { at: 1_000 })).toMatchObject({ context: { n: 10 } })
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('a machine that changed without a new version is detected', async () => {
    const harness = await open()
    await harness.supervisor.send('counter/a', { type: 'WAIT' })
    await harness.crash()
    const changed = setup({}).createMachine({ id: 'counter', initial: 'on', states: { on: {} } })
    await expect(harness.open({ machines: { counter: changed }, acceptChanges: true })).rejects.toMatchObject(
      {
        code: 'REPLAY_DIVERGED',
      },
    )
  })
})

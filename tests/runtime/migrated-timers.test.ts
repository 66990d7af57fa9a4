/** Tests timers and invoked children of states that a new version renames, changes or adds. */
import { describe, expect, it } from 'vitest'
import { type AnyStateMachine, assign, createMachine, fromPromise, raise, setup } from 'xstate'
import type { Registration } from '../../src/runtime/actors/kind.ts'
import type { MigratedState, PastState } from '../../src/runtime/actors/upgrade.ts'
import { Harness } from './harness.ts'

/** The actor starts at 1,000. The new version comes at 1,400, and takes its first message at 1,500. */
const WAYS = ['stopped', 'killed'] as const

interface Change {
  readonly v1: AnyStateMachine
  readonly v2: AnyStateMachine
  readonly migrate: (state: PastState) => MigratedState
  readonly more?: Partial<NonNullable<Registration['upgrades']>[number]>
  /** Whether the old machine is also registered. */
  readonly isKnown?: boolean
  readonly before?: (harness: Harness) => Promise<unknown>
}

async function changed(
  { v1, v2, migrate, more, isKnown = true, before }: Change,
  way: (typeof WAYS)[number],
): Promise<Harness> {
  const harness = new Harness()
  await harness.open({ machines: { m: v1 } })
  await harness.supervisor.spawn('m', 'x')
  await before?.(harness)
  harness.clock.advanceTo(1_400)
  if (way === 'stopped') await harness.supervisor.stop()
  else await harness.crash()
  const machines = {
    m: {
      machine: v2,
      upgrades: [{ from: '1', to: '2', migrate, ...more }],
      ...(isKnown && { previous: [v1] }),
    },
  }
  await harness.open({ machines })
  return harness
}

async function timersOf(harness: Harness): Promise<unknown[]> {
  return ((await harness.supervisor.view('m/x'))?.timers ?? []).map(({ id, dueAt }) => [id, dueAt])
}

const waiting = (version: string, state: string, delay: number | string, more = {}) =>
  createMachine({
    id: 'm',
    version,
    initial: state,
    states: { [state]: { after: { [delay]: 'late' }, on: { POKE: {} }, ...more }, late: {} },
  })
const renamed = (state: PastState) => ({ ...state, value: state.value === 'wait' ? 'waiting' : state.value })

describe.each(WAYS)('after an upgrade of a runtime that was %s', (way) => {
  it.each<[string, Change, [id: string, dueAt: number][]]>([
    [
      'a timer of a state that is only renamed by its value starts over',
      { v1: waiting('1', 'wait', 1_000), v2: waiting('2', 'waiting', 1_000), migrate: renamed },
      [['xstate.after.1000.m.waiting', 2_500]],
    ],
    [
      'a timer of a state whose new id is given keeps the time that was left',
      {
        v1: waiting('1', 'wait', 1_000),
        v2: waiting('2', 'waiting', 1_000),
        migrate: (state) => ({ ...renamed(state), states: { 'm.wait': 'm.waiting' } }),
      },
      [['xstate.after.1000.m.waiting', 2_000]],
    ],
    [
      'a timer with another delay starts over',
      { v1: waiting('1', 'wait', 1_000), v2: waiting('2', 'wait', 3_000), migrate: (state) => state },
      [['xstate.after.3000.m.wait', 4_500]],
    ],
    [
      'a timer with another delay that names the old timer is due when that was due',
      {
        v1: waiting('1', 'wait', 1_000),
        v2: waiting('2', 'wait', 3_000),
        migrate: (state) => ({
          ...state,
          timers: { 'xstate.after.3000.m.wait': 'xstate.after.1000.m.wait' },
        }),
      },
      [['xstate.after.3000.m.wait', 2_000]],
    ],
    [
      'a timer that stays is unchanged',
      { v1: waiting('1', 'wait', 1_000), v2: waiting('2', 'wait', 1_000), migrate: (state) => state },
      [['xstate.after.1000.m.wait', 2_000]],
    ],
    [
      'a timer of a state that is left is canceled',
      {
        v1: waiting('1', 'wait', 1_000),
        v2: waiting('2', 'wait', 1_000),
        migrate: (state) => ({ ...state, value: 'late' }),
      },
      [],
    ],
    [
      'a timer that the new version does not have is canceled',
      {
        v1: waiting('1', 'wait', 1_000),
        v2: createMachine({ id: 'm', version: '2', initial: 'wait', states: { wait: {} } }),
        migrate: (state) => state,
      },
      [],
    ],
    [
      'a timer that the new version adds is set, by a delay that it names',
      {
        v1: createMachine({ id: 'm', version: '1', initial: 'wait', states: { wait: {} } }),
        v2: waiting('2', 'wait', 'PATIENCE').provide({ delays: { PATIENCE: () => 700 } }),
        migrate: (state) => state,
      },
      [['xstate.after.PATIENCE.m.wait', 2_200]],
    ],
  ])('%s', async (_, change, timers) => {
    const harness = await changed(change, way)
    harness.clock.advanceTo(1_500)
    await harness.supervisor.send('m/x', { type: 'POKE' })
    expect(await timersOf(harness)).toEqual(timers)
    for (const [id, dueAt] of timers) {
      harness.clock.advanceTo(dueAt - 1)
      await harness.supervisor.idle()
      expect(await harness.eventsOf('m/x')).not.toContain(id)
      harness.clock.advanceTo(dueAt)
      await harness.supervisor.idle()
    }
    harness.clock.advanceTo(60_000)
    await harness.supervisor.idle()
    // Every timer fires once, and the machine takes its event.
    const fired = (await harness.records()).filter((r) => r.event.type.startsWith('xstate.after'))
    expect(fired.map((r) => [r.event.type, r.at, r.unhandled])).toEqual(
      timers.map(([id, at]) => [id, at, undefined]),
    )
    expect(harness.value('m/x')).toBe(
      timers.length > 0 || change.migrate({ value: 'wait', context: {}, children: [] }).value === 'late'
        ? 'late'
        : 'wait',
    )
    expect((await harness.supervisor.verify()).problems).toEqual([])
    await harness.supervisor.stop()
  })

  it('a timer that comes due before any message causes the migration; the new name is due at the same time', async () => {
    const harness = await changed(
      {
        v1: waiting('1', 'wait', 1_000),
        v2: waiting('2', 'waiting', 1_000),
        migrate: (state) => ({ ...renamed(state), states: { 'm.wait': 'm.waiting' } }),
      },
      way,
    )
    harness.clock.advanceTo(2_000)
    harness.supervisor.pump()
    await harness.supervisor.idle()
    harness.clock.advanceTo(2_000)
    harness.supervisor.pump()
    await harness.supervisor.idle()
    expect(await harness.eventsOf('m/x')).toEqual([
      'xstate.init',
      'outcry.migrated',
      'xstate.after.1000.m.waiting',
    ])
    expect(harness.value('m/x')).toBe('late')
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('a timer that stays and comes due first fires once, after the migration', async () => {
    const harness = await changed(
      { v1: waiting('1', 'wait', 1_000), v2: waiting('2', 'wait', 1_000), migrate: (state) => state },
      way,
    )
    harness.clock.advanceTo(2_000)
    harness.supervisor.pump()
    await harness.supervisor.idle()
    expect(await harness.eventsOf('m/x')).toEqual([
      'xstate.init',
      'outcry.migrated',
      'xstate.after.1000.m.wait',
    ])
    expect((await harness.records()).at(-1)).toMatchObject({ timer: 'xstate.after.1000.m.wait', to: 'late' })
    expect((await harness.supervisor.view('m/x'))?.timers).toEqual([])
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('a timer that is canceled then does not fire', async () => {
    const harness = await changed(
      {
        v1: waiting('1', 'wait', 1_000),
        v2: waiting('2', 'wait', 1_000),
        migrate: (state) => ({ ...state, value: 'late' }),
      },
      way,
    )
    harness.clock.advanceTo(9_000)
    harness.supervisor.pump()
    await harness.supervisor.idle()
    expect(await harness.eventsOf('m/x')).toEqual(['xstate.init', 'outcry.migrated'])
    expect(await harness.deadLetters()).toEqual([])
  })

  const reminding = (version: string) =>
    setup({ types: {} as { context: { n: number } } }).createMachine({
      id: 'm',
      version,
      context: { n: 0 },
      initial: 'wait',
      states: {
        wait: {
          after: { 100: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
          on: { POKE: {} },
        },
      },
    })

  it.each([
    [true, 1],
    [false, 2],
  ])(
    'a timer that has already fired is not set again when the old machine is known (%s)',
    async (isKnown, n) => {
      const before = async (harness: Harness) => {
        harness.clock.advanceTo(1_300)
        await harness.supervisor.idle()
        if (!isKnown) {
          await harness.supervisor.stop()
          await harness.open({ machines: { m: reminding('1') } })
        }
      }
      const harness = await changed(
        { v1: reminding('1'), v2: reminding('2'), migrate: (state) => state, isKnown, before },
        way,
      )
      await harness.supervisor.send('m/x', { type: 'POKE' })
      harness.clock.advanceTo(9_000)
      await harness.supervisor.idle()
      expect(harness.context('m/x')).toEqual({ n })
    },
  )

  it('a delayed event is taken in the form of the new version', async () => {
    const v1 = createMachine({
      id: 'm',
      version: '1',
      on: { LATER: { actions: raise({ type: 'INC' } as never, { delay: 1_000 }) } },
    })
    const v2 = setup({ types: {} as { context: { n: number } } }).createMachine({
      id: 'm',
      version: '2',
      context: { n: 0 },
      on: { ADD: { actions: assign({ n: ({ context, event }) => context.n + event.by }) } },
    })
    const harness = await changed(
      {
        v1,
        v2,
        migrate: () => ({ value: {}, context: { n: 1 } }),
        more: { upcast: (event) => (event.type === 'INC' ? { ...event, type: 'ADD', by: 4 } : event) },
        before: ({ supervisor }) => supervisor.send('m/x', { type: 'LATER' }),
      },
      way,
    )
    harness.clock.advanceTo(3_000)
    harness.supervisor.pump()
    await harness.supervisor.idle()
    harness.clock.advanceTo(3_001)
    await harness.supervisor.idle()
    expect(harness.context('m/x')).toEqual({ n: 5 })
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('a child with its own name goes on in a renamed state, and a child named after the state starts over', async () => {
    const v = (version: string, state: string) =>
      setup({ actors: { kid: setup({}).createMachine({ on: { HI: {} } }) } }).createMachine({
        id: 'm',
        version,
        initial: state,
        states: { [state]: { invoke: [{ src: 'kid', id: 'named' }, { src: 'kid' }], on: { POKE: {} } } },
      })
    const harness = await changed(
      { v1: v('1', 'wait'), v2: v('2', 'waiting'), migrate: (state) => ({ ...state, value: 'waiting' }) },
      way,
    )
    await harness.supervisor.send('m/x', { type: 'POKE' })
    await harness.supervisor.send('m/x/named', { type: 'HI' })
    expect(await harness.eventsOf('m/x/named')).toEqual(['xstate.init', 'outcry.migrated', 'HI'])
    expect(await harness.eventsOf('m/x/1.m.wait')).toEqual(['xstate.init', 'outcry.dropped'])
    expect(await harness.eventsOf('m/x/1.m.waiting')).toEqual(['xstate.init'])
    expect((await harness.supervisor.verify()).problems).toEqual([])
    await harness.crash()
    await harness.open({ machines: { m: { machine: v('2', 'waiting'), previous: [v('1', 'wait')] } } })
    expect((await harness.supervisor.view('m/x'))?.children).toEqual(['m/x/named', 'm/x/1.m.waiting'])
  })

  it('a promise that a newly active state invokes is started with its input, once', async () => {
    const asked: unknown[] = []
    const ask = fromPromise(async ({ input }: { input: { n: number } }) => {
      asked.push(input)
      return 'answer'
    })
    const v1 = createMachine({
      id: 'm',
      version: '1',
      context: { n: 7 },
      initial: 'idle',
      states: { idle: { on: { POKE: {} } } },
    })
    const v2 = setup({ types: {} as { context: { n: number } }, actors: { ask } }).createMachine({
      id: 'm',
      version: '2',
      context: { n: 0 },
      initial: 'asking',
      states: {
        asking: {
          invoke: { src: 'ask', input: ({ context }) => ({ n: context.n }), onDone: 'told' },
          on: { POKE: {} },
        },
        told: {},
      },
    })
    const harness = await changed({ v1, v2, migrate: ({ context }) => ({ value: 'asking', context }) }, way)
    expect(asked).toEqual([])
    await harness.supervisor.send('m/x', { type: 'POKE' })
    await harness.supervisor.idle()
    await new Promise(setImmediate)
    await harness.supervisor.idle()
    expect([asked, harness.value('m/x')]).toEqual([[{ n: 7 }], 'told'])
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('a delay that is not a number makes the actor unreadable, by name', async () => {
    const harness = await changed(
      {
        v1: waiting('1', 'wait', 1_000),
        v2: waiting('2', 'wait', 'PATIENCE').provide({ delays: { PATIENCE: () => Number.NaN } }),
        migrate: (state) => state,
      },
      way,
    )
    await expect(harness.supervisor.send('m/x', { type: 'POKE' })).rejects.toMatchObject({
      message: expect.stringContaining('the delay of xstate.after.PATIENCE.m.wait is NaN'),
    })
  })

  it('a history that names a renamed state is followed if its new id is given, and else refused by name', async () => {
    const v = (version: string, two: string) =>
      createMachine({
        id: 'm',
        version,
        initial: 'f',
        states: {
          f: {
            initial: 'one',
            states: { one: { on: { NEXT: two } }, [two]: {}, h: { type: 'history' } },
            on: { PAUSE: 'p' },
          },
          p: { on: { BACK: 'f.h' } },
        },
      })
    const before = async ({ supervisor }: Harness) => {
      await supervisor.send('m/x', { type: 'NEXT' })
      await supervisor.send('m/x', { type: 'PAUSE' })
    }
    const change = { v1: v('1', 'two'), v2: v('2', 'zwei'), before }
    const followed = await changed(
      { ...change, migrate: (state) => ({ ...state, states: { 'm.f.two': 'm.f.zwei' } }) },
      way,
    )
    await followed.supervisor.send('m/x', { type: 'BACK' })
    expect(followed.value('m/x')).toEqual({ f: 'zwei' })
    expect((await followed.supervisor.verify()).problems).toEqual([])
    const refused = await changed({ ...change, migrate: (state) => state }, way)
    await expect(refused.supervisor.send('m/x', { type: 'BACK' })).rejects.toMatchObject({
      message: expect.stringContaining('the history of "m.f.h" names "m.f.two"'),
    })
  })
})

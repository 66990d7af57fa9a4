/**
 * Tests that a delayed message is for the child that was addressed, not for a later one with its id, as in live XState.
 */
import { describe, expect, it } from 'vitest'
import {
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  SimulatedClock,
  sendTo,
  setup,
  spawnChild,
  stopChild,
} from 'xstate'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import { Harness } from './harness.ts'

const child = setup({
  types: {} as { context: { pings: number }; events: { type: 'PING' } | { type: 'END' } },
}).createMachine({
  context: { pings: 0 },
  initial: 'on',
  states: { on: { on: { END: 'off' } }, off: { type: 'final' } },
  on: { PING: { actions: assign({ pings: ({ context }) => context.pings + 1 }) } },
})
const actors = { child, other: child }
const ping = sendTo('kid', { type: 'PING' }, { delay: 50 })

const parents: Record<string, { machine: AnyStateMachine; steps: readonly string[]; pings: number }> = {
  'that is stopped and replaced in the same step': {
    machine: setup({ actors }).createMachine({
      on: {
        GO: {
          actions: [
            spawnChild('child', { id: 'kid' }),
            ping,
            stopChild('kid'),
            spawnChild('other', { id: 'kid' }),
          ],
        },
      },
    }),
    steps: ['GO'],
    pings: 0,
  },
  'that is stopped in the same step, and replaced in a later one': {
    machine: setup({ actors }).createMachine({
      on: {
        GO: { actions: [spawnChild('child', { id: 'kid' }), ping, stopChild('kid')] },
        NEXT: { actions: spawnChild('other', { id: 'kid' }) },
      },
    }),
    steps: ['GO', 'NEXT'],
    pings: 0,
  },
  'that is addressed in the step that replaces it': {
    machine: setup({ actors }).createMachine({
      on: {
        GO: { actions: spawnChild('child', { id: 'kid' }) },
        NEXT: { actions: [ping, stopChild('kid'), spawnChild('other', { id: 'kid' })] },
      },
    }),
    steps: ['GO', 'NEXT'],
    pings: 0,
  },
  'that another takes the place of after it has ended': {
    machine: setup({ actors }).createMachine({
      on: {
        GO: { actions: [spawnChild('child', { id: 'kid' })] },
        END: { actions: sendTo('kid', { type: 'END' }) },
        NEXT: { actions: [ping, spawnChild('other', { id: 'kid' })] },
      },
    }),
    steps: ['GO', 'END', 'NEXT'],
    pings: 0,
  },
  'that is invoked, left, and invoked again': {
    machine: setup({ actors }).createMachine({
      initial: 'idle',
      states: {
        idle: { on: { GO: 'at' } },
        at: { invoke: { src: 'child', id: 'kid' }, entry: ping, on: { NEXT: 'between' } },
        between: { invoke: { src: 'other', id: 'kid' } },
      },
    }),
    steps: ['GO', 'NEXT'],
    pings: 0,
  },
  'that takes the place of another is for it when it was addressed': {
    machine: setup({ actors }).createMachine({
      on: {
        GO: { actions: spawnChild('child', { id: 'kid' }) },
        NEXT: { actions: [stopChild('kid'), spawnChild('other', { id: 'kid' }), ping] },
      },
    }),
    steps: ['GO', 'NEXT'],
    pings: 1,
  },
  'that took the place of another before': {
    machine: setup({ actors }).createMachine({
      on: {
        GO: { actions: spawnChild('child', { id: 'kid' }) },
        NEXT: { actions: [stopChild('kid'), spawnChild('other', { id: 'kid' })] },
        PING: { actions: ping },
      },
    }),
    steps: ['GO', 'NEXT', 'PING'],
    pings: 1,
  },
}

describe('a delayed message to a child', () => {
  describe.each(Object.entries(parents))('%s', (_, { machine, steps, pings }) => {
    it('reaches its receiver in live XState', () => {
      const clock = new SimulatedClock()
      const live = createActor(machine, { clock }).start()
      for (const type of steps) live.send({ type })
      clock.increment(100)
      expect(live.getSnapshot().children.kid?.getSnapshot().context).toEqual({ pings })
    })

    it.each(['in one run', 'with stops', 'with crashes'])('reaches the same here: %s', async (how) => {
      const harness = new Harness()
      const machines = { boss: machine }
      await harness.open({ machines })
      await harness.supervisor.spawn('boss', 'b')
      for (const type of [...steps, undefined]) {
        if (type !== undefined) await harness.supervisor.send('boss/b', { type })
        if (how === 'in one run') continue
        await harness.supervisor[how === 'with stops' ? 'stop' : 'idle']()
        await harness.open({ machines })
      }
      harness.clock.advanceTo(2_000)
      await harness.supervisor.idle()
      expect(harness.context('boss/b/kid')).toEqual({ pings })
      expect((await harness.supervisor.view('boss/b'))?.timers).toEqual([])
      const letters = (await harness.deadLetters()).filter(({ event }) => event.type === 'PING')
      expect(letters).toMatchObject(pings === 1 ? [] : [{ to: 'boss/b/kid', reason: 'ended' }])
      expect((await harness.supervisor.verify()).problems).toEqual([])
    })
  })

  it('still reaches it after its supervision has restarted it', async () => {
    const harness = new Harness()
    const fragile = setup({}).createMachine({
      context: { pings: 0 },
      on: {
        PING: { actions: assign({ pings: ({ context }) => context.pings + 1 }) },
        END: {
          actions: assign(() => {
            throw new Error('boom')
          }),
        },
      },
    })
    const machine = setup({ actors: { fragile } }).createMachine({
      entry: [spawnChild('fragile', { id: 'kid' }), sendTo('kid', { type: 'PING' }, { delay: 500 })],
      on: { END: { actions: sendTo('kid', { type: 'END' }) } },
    })
    const machines = { boss: { machine, childSupervision: { strategy: 'restart' } as const } }
    await harness.open({ machines })
    await harness.supervisor.spawn('boss', 'b')
    await expect(harness.supervisor.send('boss/b', { type: 'END' })).rejects.toThrow('boom')
    harness.clock.advanceTo(1_200)
    await harness.supervisor.idle()
    expect(harness.context('boss/b/kid')).toEqual({ pings: 0 })
    harness.clock.advanceTo(2_000)
    await harness.supervisor.idle()
    expect(harness.context('boss/b/kid')).toEqual({ pings: 1 })
  })

  it('to an address without an actor is for the first actor there', async () => {
    const harness = new Harness()
    const early = createMachine({
      entry: sendTo(({ system }) => system.get('boss/b/kid'), { type: 'PING' }, { delay: 500 }),
    })
    const machine = setup({ actors }).createMachine({ entry: spawnChild('child', { id: 'kid' }) })
    await harness.open({ machines: { early, boss: machine } })
    await harness.supervisor.spawn('early', 'e')
    await harness.supervisor.spawn('boss', 'b')
    harness.clock.advanceTo(2_000)
    await harness.supervisor.idle()
    expect(harness.context('boss/b/kid')).toEqual({ pings: 1 })
  })
})

it('a snapshot of an earlier version, which does not name its child, opens and is right', async () => {
  const { machine, steps } = parents['that took the place of another before'] as (typeof parents)[string]
  const harness = new Harness()
  const machines = { boss: machine }
  await harness.open({ machines })
  await harness.supervisor.spawn('boss', 'b')
  for (const type of steps) await harness.supervisor.send('boss/b', { type })
  await harness.supervisor.stop()
  const store = await openMemoryStore(harness.memory)
  const entry = store.snapshot('boss/b/kid')
  if (entry === undefined) throw new Error('no snapshot')
  const { born, ...state } = entry.state as { born?: unknown }
  expect(born).toMatchObject({ rev: 3 })
  await store.putSnapshots([{ ...entry, state }])
  await store.close()
  await harness.open({ machines })
  harness.clock.advanceTo(2_000)
  await harness.supervisor.idle()
  expect(harness.context('boss/b/kid')).toEqual({ pings: 1 })
  expect((await harness.supervisor.verify()).problems).toEqual([])
})

/** Tests that system ids are XState's: they lead to their actor until it ends, live, restored and replayed alike. */
import { describe, expect, it } from 'vitest'
import { assign, createActor, sendTo, setup, spawnChild, stopChild } from 'xstate'
import { Harness } from './harness.ts'

const worker = setup({ types: {} as { context: { n: number } } }).createMachine({
  id: 'worker',
  context: { n: 0 },
  initial: 'at',
  states: {
    at: {
      on: {
        HI: { actions: assign({ n: ({ context }) => context.n + 1 }) },
        END: 'over',
        THROW: {
          actions: assign(() => {
            throw new Error('boom')
          }),
        },
      },
    },
    over: { type: 'final' },
  },
})

/** Calls the worker by its system id. When no actor has it, XState sends to the caller itself. */
const boss = setup({
  types: {} as { context: { missed: number } },
  actors: { worker },
  actions: {
    hire: spawnChild('worker', { id: 'w', systemId: 'the-worker' }),
    fail: sendTo('w', { type: 'THROW' }),
  },
}).createMachine({
  id: 'boss',
  context: { missed: 0 },
  on: {
    HIRE: { actions: 'hire' },
    FIRE: { actions: stopChild('w') },
    END: { actions: sendTo('w', { type: 'END' }) },
    CALL: { actions: sendTo(({ system }) => system.get('the-worker') as never, { type: 'HI' } as never) },
    HI: { actions: assign({ missed: ({ context }) => context.missed + 1 }) },
    HIRE_AND_FAIL: { actions: ['hire', 'fail'] },
  },
})

/** Returns XState's own result of each step: calls that the worker took, and calls without a receiver. */
function inXState(steps: readonly string[]): unknown[] {
  const actor = createActor(boss).start()
  return steps.map((type) => {
    actor.send({ type })
    const { context, children } = actor.getSnapshot()
    const child = children.w?.getSnapshot() as { context: { n: number }; status: string } | undefined
    return [context.missed, child?.status === 'active' ? child.context.n : undefined]
  })
}

async function open() {
  const harness = new Harness()
  const machines = { boss: { machine: boss, childSupervision: { strategy: 'resume' } } } as const
  await harness.open({ machines })
  await harness.supervisor.spawn('boss', 'b')
  const state = () => {
    const { missed } = harness.context('boss/b') as { missed: number }
    const child = harness.supervisor.getSnapshot('boss/b/w') as
      | { status: string; context: { n: number } }
      | undefined
    return [missed, child?.status === 'active' ? child.context.n : undefined]
  }
  return { harness, machines, state }
}

describe('a system id', () => {
  const STEPS = ['CALL', 'HIRE', 'CALL', 'END', 'CALL', 'HIRE', 'CALL', 'FIRE', 'CALL', 'HIRE', 'CALL']

  it.each<[string, (harness: Harness) => Promise<void>]>([
    ['while it lives', async () => {}],
    ['over a kill after each step', (harness) => harness.crash()],
    ['over a stop after each step', (harness) => harness.supervisor.stop()],
  ])('belongs to its actor until that ends, as in XState, %s', async (how, interrupt) => {
    const { harness, machines, state } = await open()
    const lived: unknown[] = []
    for (const type of STEPS) {
      await harness.supervisor.send('boss/b', { type })
      lived.push(state())
      await interrupt(harness)
      if (how !== 'while it lives') await harness.open({ machines })
    }
    expect(lived).toEqual(inXState(STEPS))
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('is as before when the turn that gave or took it fails', async () => {
    const { harness, state } = await open()
    const { supervisor } = harness
    const failing = () =>
      expect(supervisor.send('boss/b', { type: 'HIRE_AND_FAIL' })).rejects.toMatchObject({
        code: 'ACTOR_FAILED',
      })
    await failing()
    await supervisor.send('boss/b', { type: 'CALL' })
    expect(state()).toEqual([1, undefined])
    await supervisor.send('boss/b', { type: 'HIRE' })
    await supervisor.send('boss/b', { type: 'CALL' })
    expect(state()).toEqual([1, 1])
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it('belongs to its stopped actor again when that turn fails', async () => {
    const harness = new Harness()
    const firing = setup({
      types: {} as { context: { missed: number } },
      actors: { worker },
    }).createMachine({
      context: { missed: 0 },
      entry: spawnChild('worker', { id: 'w', systemId: 'the-worker' }),
      on: {
        FIRE_AND_FAIL: {
          actions: [stopChild('w'), spawnChild('worker', { id: 'x' }), sendTo('x', { type: 'THROW' })],
        },
        CALL: { actions: sendTo(({ system }) => system.get('the-worker') as never, { type: 'HI' } as never) },
        HI: { actions: assign({ missed: ({ context }) => context.missed + 1 }) },
      },
    })
    await harness.open({ machines: { boss: firing } })
    const { supervisor } = harness
    await supervisor.spawn('boss', 'b')
    await expect(supervisor.send('boss/b', { type: 'FIRE_AND_FAIL' })).rejects.toThrow('boom')
    await supervisor.send('boss/b', { type: 'CALL' })
    expect([harness.context('boss/b'), harness.context('boss/b/w')]).toEqual([{ missed: 0 }, { n: 1 }])
    expect((await supervisor.verify()).problems).toEqual([])
  })
})

describe('an actor that a machine finds by system id', () => {
  const leaf = setup({}).createMachine({ id: 'leaf' })
  const branch = setup({ actors: { leaf } }).createMachine({
    id: 'branch',
    invoke: { src: 'leaf', id: 'leaf', systemId: 'the-leaf' },
  })
  /** Notes the existing actors at each LOOK, in its state and its context. */
  const tree = setup({
    types: {} as { context: { found: string[] } },
    actors: { branch },
  }).createMachine({
    id: 'tree',
    context: { found: [] },
    initial: 'bare',
    states: {
      bare: { on: { GROW: 'grown' } },
      grown: { invoke: { src: 'branch', id: 'branch', systemId: 'the-branch' }, on: { FALL: 'bare' } },
    },
    on: {
      LOOK: {
        actions: assign({
          found: ({ system }) => ['the-leaf', 'the-branch'].filter((id) => system.get(id) !== undefined),
        }),
      },
      LIST: { actions: assign({ found: ({ system }) => Object.keys(system.getAll()) }) },
    },
  })
  const machines = { tree }
  const STEPS = ['LOOK', 'GROW', 'LOOK', 'LIST', 'FALL', 'LOOK', 'LIST', 'GROW', 'LOOK']
  const FOUND = [
    [],
    [],
    ['the-leaf', 'the-branch'],
    ['the-branch', 'the-leaf'],
    ['the-branch', 'the-leaf'],
    [],
    [],
    [],
    ['the-leaf', 'the-branch'],
  ]

  it.each<[string, (harness: Harness) => Promise<unknown>]>([
    ['while it lives', async () => {}],
    ['over kills', (harness) => harness.crash().then(() => harness.open({ machines }))],
    ['over stops', (harness) => harness.supervisor.stop().then(() => harness.open({ machines }))],
  ])('is found in each past state, and grandchildren, too, %s', async (_, interrupt) => {
    const harness = new Harness()
    await harness.open({ machines })
    await harness.supervisor.spawn('tree', 't')
    for (const [n, type] of STEPS.entries()) {
      await harness.supervisor.send('tree/t', { type })
      expect(harness.context('tree/t')).toEqual({ found: FOUND[n] })
      await interrupt(harness)
    }
    for (const [n, found] of FOUND.entries())
      expect((await harness.supervisor.stateAt('tree/t', { rev: n + 2 }))?.context).toEqual({ found })
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('is not one that an uncommitted turn has named', async () => {
    const harness = new Harness()
    const supervisor = await harness.open({ machines, checkpointEvery: 1 })
    await supervisor.spawn('tree', 't')
    for (let n = 0; !harness.store.checkpoint()?.seq && n < 50; n++)
      await Promise.all(STEPS.map((type) => supervisor.send('tree/t', { type })))
    const { seq, state } = harness.store.checkpoint() as { seq: number; state: unknown }
    const { systemIds } = state as { systemIds: unknown[] }
    const named = (await harness.records()).filter((r) => r.child?.systemId !== undefined && r.seq <= seq)
    const ended = (await harness.records()).filter((r) => r.status !== undefined && r.seq <= seq)
    expect(systemIds).toHaveLength(named.length - ended.length)
  })
})

/** System ids are XState's: whoever has one is found by it until it ends, lived, restored and replayed alike. */
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

/** Calls the worker by its system id; where nobody has it, XState sends to the caller itself. */
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

/** What XState itself says at each step: calls that the worker has heard, and calls that found nobody. */
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
  ])('is its actor’s until that ends, as in XState, %s', async (how, interrupt) => {
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

  it('that a failed turn has given or taken is as it was', async () => {
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

  it('that its actor loses as it is stopped is its again where that turn fails', async () => {
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

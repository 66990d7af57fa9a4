import { describe, expect, it } from 'vitest'
import { assign, sendTo, setup } from 'xstate'
import type { Supervision } from '../../src/runtime/supervision.ts'
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

  it('is quarantined until somebody releases it, also after a restart', async () => {
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

  it('restarts after a wait that doubles, takes what came meanwhile, and is quarantined in the end', async () => {
    const backoff = { minMs: 100, maxMs: 1_000, restartsMax: 2, resetMs: 60_000 }
    const supervision: Supervision = { strategy: 'restart', backoff }
    const harness = await open(supervision)
    const { supervisor, clock } = harness
    await supervisor.send('fragile/a', { type: 'INC' })
    await supervisor.send('fragile/a', { type: 'INC' })
    clock.advanceTo(1_099)
    await supervisor.settled()
    expect(await supervisor.view('fragile/a')).toMatchObject({ condition: 'restarting' })
    await harness.crash()
    await harness.open({ machines: { fragile: { machine: fragile, supervision } } })
    clock.advanceTo(1_100)
    await harness.supervisor.settled()
    expect(harness.context('fragile/a')).toEqual({ n: 2 })
    await expect(harness.supervisor.send('fragile/a', { type: 'THROW' })).rejects.toThrow()
    clock.advanceTo(1_299)
    expect(await harness.supervisor.view('fragile/a')).toMatchObject({ condition: 'restarting' })
    clock.advanceTo(1_300)
    await harness.supervisor.settled()
    expect(harness.context('fragile/a')).toEqual({ n: 0 })
    await expect(harness.supervisor.send('fragile/a', { type: 'THROW' })).rejects.toThrow()
    expect(await harness.supervisor.view('fragile/a')).toMatchObject({ condition: 'quarantined' })
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('ends with an error that its parent is told of, when it is a child', async () => {
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
})

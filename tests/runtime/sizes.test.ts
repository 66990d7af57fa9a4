/** Tests law 8: too large values are refused where they arise, and no turn makes a commit that the log cannot write. */
import { describe, expect, it } from 'vitest'
import { assign, createMachine, enqueueActions, setup, spawnChild } from 'xstate'
import { DEFAULT_BACKOFF } from '../../src/runtime/actors/supervision.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { Harness } from './harness.ts'

const MIB = 2 ** 20
const LARGE = 'x'.repeat(3 * MIB)
/** So many of these texts exceed the longest text of JavaScript. */
const MANY = 200

describe('a turn is refused', () => {
  it('when it has too many large snapshots of a child', async () => {
    const kid = setup({ types: {} as { context: { n: number; large: string } } }).createMachine({
      context: { n: 0, large: LARGE },
      on: { TICK: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
    })
    const parent = setup({ types: {} as { events: AnyEvent }, actors: { kid } }).createMachine({
      invoke: { src: 'kid', id: 'kid', onSnapshot: {} },
      on: {
        TICK: {
          actions: enqueueActions(({ enqueue, event }) => {
            for (let i = 0; i < event.times; i++) enqueue.sendTo('kid', { type: 'TICK' })
          }),
        },
      },
    })
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { parent } })
    await supervisor.spawn('parent', 'p')
    await expect(supervisor.send('parent/p', { type: 'TICK', times: MANY })).rejects.toThrow(
      /one message led to more/,
    )
    expect(supervisor.fence).toBeUndefined()
  })

  it('when it creates too many actors with large inputs', async () => {
    const sender = setup({ types: {} as { events: { type: 'GO' } } }).createMachine({
      on: {
        GO: {
          actions: enqueueActions(({ enqueue, system }) => {
            for (let i = 0; i < MANY; i++) enqueue.sendTo(system.get(`large/${i}`), { type: 'HI' })
          }),
        },
      },
    })
    const large = { machine: createMachine({}), activate: () => ({ large: LARGE }) }
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { sender, large } })
    await supervisor.spawn('sender', 's')
    await expect(supervisor.send('sender/s', { type: 'GO' })).rejects.toThrow(/one message led to more/)
    await supervisor.send('large/0', { type: 'HI' })
    expect(supervisor.fence).toBeUndefined()
  })
})

describe('a restarting actor', () => {
  it('keeps messages of 8 MiB in all, and refuses more as busy', async () => {
    const machine = setup({ types: {} as { events: AnyEvent } }).createMachine({
      on: {
        BAD: {
          actions: assign(() => {
            throw new Error('bad')
          }),
        },
      },
    })
    const backoff = { ...DEFAULT_BACKOFF, minMs: 1_000 }
    const harness = new Harness()
    const supervisor = await harness.open({
      machines: { m: { machine, supervision: { strategy: 'restart', backoff } } },
    })
    await supervisor.spawn('m', 'a')
    await expect(supervisor.send('m/a', { type: 'BAD' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
    for (let kept = 0; kept < 2; kept++) await supervisor.send('m/a', { type: 'E', large: LARGE })
    await supervisor.send('m/a', { type: 'E' })
    await expect(supervisor.send('m/a', { type: 'E', large: LARGE })).rejects.toMatchObject({
      code: 'ACTOR_BUSY',
    })
    await supervisor.stopActor('m/a')
    await supervisor.stop()
  })
})

describe('a start', () => {
  it('records migrations whose states are more than one commit can hold', async () => {
    const machine = (version: string) =>
      setup({ types: {} as { input: { large: string } } }).createMachine({
        version,
        context: ({ input }) => input,
      })
    const harness = new Harness()
    let supervisor = await harness.open({ machines: { m: machine('1') } })
    for (let i = 0; i < MANY; i++) await supervisor.spawn('m', `a${i}`, { large: LARGE })
    await harness.crash()
    const upgrades = [
      {
        from: '1',
        to: '2',
        migrate: ({ value, context }: { value: unknown; context: unknown }) => ({ value, context }),
      },
    ]
    supervisor = await harness.open({ machines: { m: { machine: machine('2'), upgrades } } })
    expect((await supervisor.view(`m/a${MANY - 1}`))?.version).toBe('2')
    expect(supervisor.fence).toBeUndefined()
  })
})

describe('an actor', () => {
  it('is stopped with all below it, even when they are more than the records of a turn', async () => {
    const leaf = createMachine({})
    const branch = setup({ actors: { leaf } }).createMachine({
      entry: Array.from({ length: 100 }, (_, i) => spawnChild('leaf', { id: `l${i}` })),
    })
    const tree = setup({ types: {} as { events: AnyEvent }, actors: { branch } }).createMachine({
      on: { GROW: { actions: spawnChild('branch', { id: ({ event }) => event.id }) } },
    })
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { tree } })
    await supervisor.spawn('tree', 't')
    for (let i = 0; i < 100; i++) await supervisor.send('tree/t', { type: 'GROW', id: `b${i}` })
    await supervisor.stopActor('tree/t')
    expect((await supervisor.view('tree/t/b99/l99'))?.status).toBe('stopped')
  })
})

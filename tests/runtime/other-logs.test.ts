/**
 * Tests logs with machines other than those that wrote them. Each difference is named at the start, or when it is read.
 */
import { describe, expect, it } from 'vitest'
import { type AnyStateMachine, assign, createMachine, fromPromise, setup } from 'xstate'
import { databaseIn } from '../../store/leveldb/codec/database.ts'
import { Harness } from './harness.ts'

const child = createMachine({ id: 'child', on: { HI: {} } })
const parent = (actors: Record<string, AnyStateMachine>, src: string): AnyStateMachine =>
  createMachine(
    { id: 'parent', version: '1', initial: 'a', states: { a: { invoke: { src, id: 'c' } } } },
    { actors },
  )

async function lived(machine: AnyStateMachine): Promise<Harness> {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { parent: machine } })
  await supervisor.spawn('parent', 'p')
  await supervisor.stop()
  return harness
}

describe('a start', () => {
  it('names a child that the machine now has under another name', async () => {
    const harness = await lived(parent({ child }, 'child'))
    const supervisor = await harness.open({
      machines: { parent: parent({ kid: child }, 'kid') },
      acceptChanges: true,
    })
    await expect(supervisor.send('parent/p/c', { type: 'HI' })).rejects.toMatchObject({
      message: expect.stringContaining('parent@1 has no child logic "child" (path child)'),
    })
    // All other actors go on.
    await supervisor.spawn('parent', 'q')
    expect(await harness.eventsOf('parent/q')).toEqual(['xstate.init'])
  })

  it('goes on with all other actors when a kind is no longer registered', async () => {
    const harness = await lived(parent({ child }, 'child'))
    const supervisor = await harness.open({ machines: { other: child } })
    expect(supervisor.getSnapshot('parent/p')).toBeUndefined()
    await expect(supervisor.send('parent/p', { type: 'X' })).rejects.toMatchObject({ code: 'ACTOR_UNKNOWN' })
    const listed: string[] = []
    for await (const { address } of supervisor.actors()) listed.push(address)
    expect(listed).toEqual(['system/dead-letters'])
    const all: string[] = []
    for await (const address of supervisor.addresses()) all.push(address)
    expect(all).toEqual(['parent/p', 'parent/p/c', 'system/dead-letters'])
  })
})

describe('the past', () => {
  const counter = (version: string): AnyStateMachine =>
    setup({ types: {} as { context: { n: number } } }).createMachine({
      id: 'counter',
      version,
      context: { n: 0 },
      on: { INC: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
    })

  async function upgraded() {
    const harness = new Harness()
    const first = await harness.open({ machines: { counter: counter('1') } })
    await first.spawn('counter', 'c')
    harness.clock.advanceTo(2_000)
    await first.send('counter/c', { type: 'INC' })
    await first.stop()
    const migrate = (state: { value: unknown; context: unknown }) => state
    const upgrades = [{ from: '1', to: '2', migrate }]
    const machine = counter('2')
    const supervisor = await harness.open({ machines: { counter: { machine, upgrades } } })
    harness.clock.advanceTo(3_000)
    await supervisor.send('counter/c', { type: 'INC' })
    return { harness, supervisor, machine, upgrades }
  }

  it('of an older version is refused by name without its machine, and readable with it', async () => {
    const { harness, supervisor, machine, upgrades } = await upgraded()
    await expect(supervisor.stateAt('counter/c', { at: 2_500 })).rejects.toMatchObject({
      code: 'MACHINE_VERSION_UNKNOWN',
      message: expect.stringContaining('counter@1, but only counter@2 is registered'),
    })
    await supervisor.stop()
    const previous = [counter('1')]
    const informed = await harness.open({ machines: { counter: { machine, upgrades, previous } } })
    for (const [at, n] of [
      [1_500, 0],
      [2_500, 1],
      [3_000, 2],
    ] as const)
      expect(await informed.stateAt('counter/c', { at })).toMatchObject({ context: { n } })
    expect(await informed.stateAt('counter/c', { at: 999 })).toBeUndefined()
    expect((await informed.verify()).problems).toEqual([])
  })

  it('is named with its record when its replay throws', async () => {
    const harness = new Harness()
    const first = await harness.open({ machines: { counter: counter('1') } })
    await first.spawn('counter', 'c')
    await first.send('counter/c', { type: 'INC' })
    await first.stop()
    const throwing = setup({}).createMachine({
      id: 'counter',
      version: '1',
      context: { n: 0 },
      on: {
        INC: {
          actions: assign(() => {
            throw 'not even an error'
          }),
        },
      },
    })
    const supervisor = await harness.open({ machines: { counter: throwing } })
    expect((await supervisor.verify()).problems).toMatchObject([
      {
        actor: 'counter/c',
        code: 'REPLAY_DIVERGED',
        message: expect.stringMatching(
          /record \d+ \(counter\/c rev 2, INC\) does not replay: it throws: not even/,
        ),
      },
    ])
  })
})

it('verify names the damage, and replays nothing of it', async () => {
  const harness = new Harness()
  const lamp = setup({}).createMachine({ on: { PRESS: {} } })
  const supervisor = await harness.open({ machines: { lamp } })
  await supervisor.spawn('lamp', 'l')
  const key = `c!${String(2).padStart(16, '0')}`
  const bytes = Buffer.from((await databaseIn(harness.memory).get(key)) as Buffer)
  bytes[90] = (bytes[90] as number) ^ 0x10
  await databaseIn(harness.memory).put(key, bytes)
  expect(await supervisor.verify()).toMatchObject({
    actors: 0,
    live: 0,
    problems: [{ seq: 2, actor: '-', code: 'STORE_CHECKSUM' }],
  })
})

it('two kinds may share a child, and its machine is examined once', async () => {
  const busy = setup({ actors: { child, wait: fromPromise(() => new Promise(() => {})) } })
  const harness = new Harness()
  const supervisor = await harness.open({
    machines: {
      one: busy.createMachine({ invoke: { src: 'child', id: 'c' } }),
      two: busy.createMachine({ invoke: { src: 'child', id: 'c' } }),
    },
  })
  for (const kind of ['one', 'two']) await supervisor.spawn(kind, 'a')
  expect(await supervisor.view('two/a/c')).toMatchObject({ status: 'active' })
})

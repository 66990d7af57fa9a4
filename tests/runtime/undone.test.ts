/** Tests that a failed turn leaves no trace of its work (law 2), and the effects of failures and timers. */
import { describe, expect, it } from 'vitest'
import {
  type AnyStateMachine,
  assign,
  createMachine,
  type EventObject,
  enqueueActions,
  log,
  raise,
  sendTo,
  setup,
  spawnChild,
  stopChild,
} from 'xstate'
import type { Registration } from '../../src/runtime/actors/kind.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import { Harness } from './harness.ts'

function boom(): never {
  throw new Error('boom')
}
const worker = createMachine({
  types: {} as { context: { n: number } },
  id: 'worker',
  context: { n: 0 },
  initial: 'at',
  states: {
    at: {
      on: {
        UP: { actions: assign({ n: ({ context }) => context.n + 1 }) },
        END: 'over',
        THROW: { actions: assign(boom) },
      },
    },
    over: { type: 'final' },
  },
})

async function open(machine: AnyStateMachine | Registration): Promise<Harness> {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { boss: machine } })
  await supervisor.spawn('boss', 'b')
  return harness
}
const failing = (harness: Harness, type: string) =>
  expect(harness.supervisor.send('boss/b', { type })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
const whole = async (harness: Harness) => expect((await harness.supervisor.verify()).problems).toEqual([])

describe('a turn that fails', () => {
  const boss = setup({ actors: { worker } }).createMachine({
    id: 'boss',
    entry: spawnChild('worker', { id: 'w' }),
    on: {
      REPLACE: {
        actions: [stopChild('w'), spawnChild('worker', { id: 'w' }), sendTo('w', { type: 'THROW' })],
      },
      UP: { actions: sendTo('w', { type: 'UP' }) },
    },
  })

  it('keeps the child that it had replaced, unchanged', async () => {
    const harness = await open({ machine: boss, childSupervision: { strategy: 'resume' } })
    await harness.supervisor.send('boss/b', { type: 'UP' })
    await failing(harness, 'REPLACE')
    await harness.supervisor.send('boss/b', { type: 'UP' })
    expect(harness.context('boss/b/w')).toEqual({ n: 2 })
    expect(await harness.eventsOf('boss/b/w')).toEqual(['xstate.init', 'UP', 'outcry.failed', 'UP'])
    await whole(harness)
  })

  it('migrates its actor again the next time', async () => {
    const versioned = (version: string) =>
      createMachine({ id: 'boss', version, on: { UP: {}, THROW: { actions: assign(boom) } } })
    const harness = await open(versioned('1'))
    await harness.supervisor.stop()
    const upgrades = [{ from: '1', to: '2', migrate: (state: { value: unknown; context: unknown }) => state }]
    const previous = [versioned('1')]
    await harness.open({ machines: { boss: { machine: versioned('2'), upgrades, previous } } })
    await failing(harness, 'THROW')
    await harness.supervisor.send('boss/b', { type: 'UP' })
    const records = (await harness.records()).filter(({ actor }) => actor === 'boss/b')
    expect(records.map(({ event, machine }) => `${event.type} ${machine}`)).toEqual([
      'xstate.init boss@1',
      'outcry.migrated boss@2',
      'outcry.failed boss@2',
      'UP boss@2',
    ])
    await whole(harness)
  })
})

describe('a transition with an unknown target', () => {
  it.each<[string, AnyStateMachine, string]>([
    [
      'a child that is not defined',
      createMachine({ on: { GO: { actions: spawnChild('nope' as never, { id: 'n' }) } } }),
      'spawns "nope", which its machine does not define',
    ],
    [
      'to send to an object that is not an actor',
      createMachine({
        on: { GO: { actions: sendTo(() => ({ id: 'x' }) as never, { type: 'X' } as never) } },
      }),
      'sent to something that is no actor',
    ],
  ])('fails: %s', async (_, machine, message) => {
    const harness = await open(machine)
    await expect(harness.supervisor.send('boss/b', { type: 'GO' })).rejects.toMatchObject({
      code: 'ACTOR_FAILED',
      message: expect.stringContaining(message),
    })
    expect(harness.supervisor.getSnapshot('boss/b')?.status).toBe('active')
    await whole(harness)
  })
})

describe('timers', () => {
  it('of one id may be several: the due one fires, and the others keep their times', async () => {
    const machine = setup({
      types: {} as { context: { heard: string[] }; events: EventObject & { n?: string } },
    }).createMachine({
      context: { heard: [] },
      on: {
        SET: {
          actions: [
            raise({ type: 'DUE', n: 'late' }, { id: 't', delay: 50 }),
            raise({ type: 'DUE', n: 'early' }, { id: 't', delay: 20 }),
            raise({ type: 'DUE', n: 'nameless' }, { delay: 30 }),
            raise({ type: 'DUE', n: 'nameless, too' }, { delay: 40 }),
          ],
        },
        DUE: { actions: assign({ heard: ({ context, event }) => [...context.heard, event.n as string] }) },
      },
    })
    const harness = await open(machine)
    await harness.supervisor.send('boss/b', { type: 'SET' })
    const heard: number[] = []
    for (const at of [1_019, 1_020, 1_030, 1_040, 1_049, 1_050]) {
      harness.clock.advanceTo(at)
      await harness.supervisor.idle()
      heard.push((harness.context('boss/b') as { heard: string[] }).heard.length)
    }
    expect(heard).toEqual([0, 1, 2, 3, 3, 4])
    expect(harness.context('boss/b')).toEqual({ heard: ['early', 'nameless', 'nameless, too', 'late'] })
    await whole(harness)
  })
})

describe('failures in a row', () => {
  it('are counted anew after a time without one', async () => {
    const backoff = { minMs: 100, maxMs: 1_000, restartsMax: 1, resetMs: 5_000 }
    const machine = createMachine({ on: { THROW: { actions: assign(boom) } } })
    const harness = await open({ machine, supervision: { strategy: 'restart', backoff } })
    for (const at of [10_000, 20_000]) {
      harness.clock.advanceTo(at)
      await failing(harness, 'THROW')
      expect(await harness.supervisor.view('boss/b')).toMatchObject({ condition: 'restarting' })
      harness.clock.advanceTo(at + 100)
    }
    await failing(harness, 'THROW')
    expect(await harness.supervisor.view('boss/b')).toMatchObject({ condition: 'quarantined' })
    await whole(harness)
  })
})

it("a machine's log lines are written once they are durable, and not in a replay", async () => {
  const machine = setup({ types: {} as { context: { n: number } } }).createMachine({
    context: { n: 7 },
    on: {
      SAY: {
        actions: enqueueActions(({ enqueue }) => {
          enqueue(log(({ context }) => context.n, 'the number'))
          enqueue(log('and no label'))
        }),
      },
    },
  })
  const harness = await open(machine)
  const said: unknown[] = []
  const { supervisor } = harness
  await supervisor.stop()
  const nothing = () => {}
  const info = (details: object, message: string) => void said.push([details, message])
  const logger = { debug: nothing, warn: nothing, error: nothing, info }
  for (let n = 0; n < 2; n++) {
    const store = await openMemoryStore(harness.memory)
    const again = await createSupervisor({ store, machines: { boss: machine }, logger })
    if (n === 0) await again.send('boss/b', { type: 'SAY' })
    await again.verify()
    await again.stop()
  }
  expect(said).toEqual([
    [{ actor: 'boss/b', seq: 3, correlation: 'c-3', value: 7 }, 'the number'],
    [{ actor: 'boss/b', seq: 3, correlation: 'c-3', value: 'and no label' }, 'log'],
  ])
})

import { describe, expect, it } from 'vitest'
import {
  type AnyStateMachine,
  createMachine,
  fromCallback,
  fromObservable,
  fromPromise,
  fromTransition,
  raise,
  sendTo,
  setup,
} from 'xstate'
import type { Machines, Port } from '../../src/index.ts'
import { Harness } from './harness.ts'

const machine = createMachine({ id: 'm' })
const wait = fromPromise(async () => 1)
const kid = setup({ actors: { wait } }).createMachine({ id: 'kid' })
const family = setup({ actors: { kid } }).createMachine({
  id: 'family',
  on: {
    THROW: {
      guard: () => {
        throw new Error('boom')
      },
    },
  },
})
const open = (m: unknown) => new Harness().open({ machines: { m } as Machines })

describe('the registration of a kind', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'is undefined, which is no machine'],
    ['null', null, 'is null'],
    ['a text', 'machine', 'is machine, which is no machine'],
    ['an empty object', {}, 'is no XState 5 machine'],
    ['a promise', fromPromise(async () => 1), 'is a promise, which cannot be a top actor'],
    ['a callback', fromCallback(() => {}), 'is a callback'],
    [
      'an observable',
      fromObservable(() => ({ subscribe: () => ({ unsubscribe() {} }) })),
      'is an observable',
    ],
    ['a transition function', fromTransition((state) => state, {}), 'is a transition'],
    ['a promise for its machine', { machine: fromPromise(async () => 1) }, 'is no XState 5 machine'],
    ['an unknown key', { machine, supervison: {} }, 'wrong supervison: it is unknown; there are machine,'],
    [
      'a supervision as text',
      { machine, supervision: 'restart' },
      'wrong supervision: it must be { strategy }',
    ],
    ['a supervision of null', { machine, childSupervision: null }, 'wrong childSupervision'],
    ['events that check nothing', { machine, events: {} }, 'wrong events: it must be a schema'],
    ['one command', { machine, commands: 'GO' }, 'wrong commands: it must be a list of texts'],
    ['commands that are not texts', { machine, commands: [1] }, 'wrong commands'],
    ['refusals that are not a list', { machine, refusals: {} }, 'wrong refusals'],
    ['needs that are not a function', { machine, needs: [] }, 'wrong needs: it must be a function'],
    ['an activation that is not a function', { machine, activate: true }, 'wrong activate'],
    ['one upgrade', { machine, upgrades: { from: '1', to: '2' } }, 'wrong upgrades: it must be a list'],
    [
      'a version that is a number',
      { machine, upgrades: [{ from: 1, to: '2' }] },
      'wrong upgrades: it must have',
    ],
    [
      'an upcaster that is none',
      { machine, upcasters: { events: { A: 'B' } } },
      'wrong upcasters: it must have',
    ],
    ['an input that is no upcaster', { machine, upcasters: { input: 1 } }, 'wrong upcasters'],
    ['an unknown upcaster', { machine, upcasters: { event: {} } }, 'wrong upcasters: it must have functions'],
    ['a context that is no upcaster', { machine, upcasters: { context: {} } }, 'wrong upcasters'],
    ['one previous machine', { machine, previous: machine }, 'wrong previous'],
    ['previous machines that are undefined', { machine, previous: [undefined] }, 'is no XState 5 machine'],
    ['an unknown promise in rerun', { machine: family, rerun: ['wai'] }, 'is called "wai"'],
  ])('is refused: %s', async (_, registered, message) => {
    await expect(open(registered)).rejects.toMatchObject({
      code: 'KIND_INVALID',
      message: expect.stringContaining(message),
    })
  })

  it('may name promises of its children in rerun, and leave keys undefined', async () => {
    const supervisor = await open({
      machine: family,
      rerun: ['wait'],
      events: undefined,
      supervision: undefined,
    })
    await expect(supervisor.spawn('m', 'a')).resolves.toBe('m/a')
    await expect(supervisor.send('m/a', { type: 'THROW' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
    expect(await supervisor.view('m/a')).toMatchObject({ status: 'active' })
    await supervisor.stop()
  })
})

describe('a delay that a machine names', () => {
  const late = { type: 'LATE' } as const
  it.each<[string, AnyStateMachine, string]>([
    ['under after', createMachine({ after: { '1s': {} } } as never), '1s'],
    [
      'under after of a state below',
      createMachine({
        initial: 'a',
        states: { a: { initial: 'b', states: { b: { after: { soon: {} } } } } },
      } as never),
      'soon',
    ],
    ['in an entry', createMachine({ entry: raise(late, { delay: 'soon' } as never) }), 'soon'],
    ['in an exit', createMachine({ exit: raise(late, { delay: 'soon' } as never) }), 'soon'],
    [
      'in a transition',
      createMachine({ on: { GO: { actions: raise(late, { delay: 'soon' } as never) } } }),
      'soon',
    ],
    [
      'in an initial transition',
      createMachine({
        initial: { target: 'a', actions: raise(late, { delay: 'soon' } as never) },
        states: { a: {} },
      } as never),
      'soon',
    ],
    [
      'in an action by name',
      setup({ actions: { go: sendTo(({ self }) => self, late, { delay: 'soon' } as never) } }).createMachine(
        {},
      ),
      'soon',
    ],
    [
      'in a machine that it invokes',
      createMachine({ invoke: { src: createMachine({ after: { soon: {} } } as never) } }),
      'soon',
    ],
    [
      'with the name of a property of every object',
      createMachine({ after: { toString: {} } } as never),
      'toString',
    ],
  ])('is refused when it is not defined: %s', async (_, m, delay) => {
    await expect(open(m)).rejects.toMatchObject({
      code: 'DELAY_UNKNOWN',
      message: expect.stringContaining(`names the delay "${delay}"`),
    })
  })

  it('is accepted when it is a number, or is defined', async () => {
    const defined = setup({ delays: { soon: 10, later: () => 20 } }).createMachine({
      entry: [raise({ type: 'A' }, { delay: 'soon' }), raise({ type: 'B' }, { delay: 5 })],
      after: { later: {}, 1000: {} },
    })
    const supervisor = await open(defined)
    await supervisor.spawn('m', 'a')
    expect((await supervisor.view('m/a'))?.timers.length).toBe(4)
    await supervisor.stop()
  })
})

describe('a port', () => {
  const nothing = () => {}
  const openWith = (name: string, port: unknown) =>
    new Harness().open({ machines: { m: machine }, ports: { [name]: port as Port } })

  it.each<[string, unknown, string]>([
    ['is undefined', undefined, 'port/desk has no deliver'],
    ['cannot recover', { deliver: nothing }, 'port/desk has no recover'],
    [
      'has a method that is not a function',
      { deliver: nothing, recover: nothing, stop: 1 },
      'port/desk has a wrong stop',
    ],
  ])('is refused before anything runs when it %s', async (_, port, message) => {
    await expect(openWith('desk', port)).rejects.toMatchObject({
      code: 'PORT_INVALID',
      message: expect.stringContaining(message),
    })
  })

  it('needs a name that an address can have', async () => {
    await expect(openWith('a b', { deliver: nothing, recover: nothing })).rejects.toMatchObject({
      code: 'ADDRESS_INVALID',
    })
  })

  it('may be an instance of a class', async () => {
    class Desk {
      deliver() {}
      recover() {}
    }
    await (await openWith('desk', new Desk())).stop()
  })
})

/** Tests that a restart restores what was lived (law 5): references, outputs, children of every sort. */
import { describe, expect, it } from 'vitest'
import {
  type ActorRef,
  type AnyStateMachine,
  assign,
  createMachine,
  fromPromise,
  fromTransition,
  raise,
  type Snapshot,
  sendTo,
  setup,
} from 'xstate'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import { eventually, Harness } from './harness.ts'

const echo = setup({ types: {} as { context: { n: number } } }).createMachine({
  id: 'echo',
  context: { n: 0 },
  on: { PING: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
})

/** Opens the log once from its records alone and once from snapshots, and calls `look` each time. */
async function reopened(
  machines: Machines,
  live: (harness: Harness) => Promise<void>,
  look: (harness: Harness) => Promise<void>,
): Promise<void> {
  const harness = new Harness()
  await harness.open({ machines })
  await live(harness)
  await harness.crash()
  await harness.open({ machines })
  await look(harness)
  await harness.supervisor.stop()
  await harness.open({ machines })
  await look(harness)
  expect((await harness.supervisor.verify()).problems).toEqual([])
}

type AnyRef = ActorRef<Snapshot<unknown>, { type: string }>

describe('a reference in a context', () => {
  const holder = setup({
    actors: { echo },
    types: {} as {
      context: { child: AnyRef | null; list: readonly (AnyRef | string)[]; self: AnyRef | null }
    },
  }).createMachine({
    id: 'holder',
    context: { child: null, list: [], self: null },
    invoke: { src: 'echo', id: 'e' },
    on: {
      KEEP: {
        actions: assign(({ self, system }) => ({
          child: system.get('holder/h/e') as AnyRef,
          list: ['x', system.get('echo/far') as AnyRef],
          self: self as unknown as AnyRef,
        })),
      },
      SEND: {
        actions: [
          sendTo(({ context }) => context.child as AnyRef, { type: 'PING' }),
          sendTo(({ context }) => context.list[1] as AnyRef, { type: 'PING' }),
        ],
      },
    },
  })

  it('works again, and messages to it arrive', async () => {
    let pings = 0
    await reopened(
      { holder, echo },
      async ({ supervisor }) => {
        await supervisor.spawn('echo', 'far')
        await supervisor.spawn('holder', 'h')
        await supervisor.send('holder/h', { type: 'KEEP' })
      },
      async (harness) => {
        const { self, list } = harness.context('holder/h') as { self: AnyRef; list: AnyRef[] }
        expect([self.sessionId, list[0], list[1]?.sessionId]).toEqual(['holder/h', 'x', 'echo/far'])
        await harness.supervisor.send('holder/h', { type: 'SEND' })
        pings++
        for (const address of ['holder/h/e', 'echo/far'])
          expect(harness.context(address)).toEqual({ n: pings })
      },
    )
  })

  it('leads to the same actor, even when a child has the same id', async () => {
    const inner = setup({
      actors: { echo },
      types: {} as { context: { parent: AnyRef } },
    }).createMachine({
      id: 'inner',
      context: ({ self }) => ({ parent: (self as unknown as { _parent: AnyRef })._parent }),
      invoke: { src: 'echo', id: 'same' },
      on: { UP: { actions: sendTo(({ context }) => context.parent, { type: 'PING' }) } },
    })
    const middle = setup({ actors: { inner }, types: {} as { context: { n: number } } }).createMachine({
      id: 'middle',
      context: { n: 0 },
      invoke: { src: 'inner', id: 'inner' },
      on: { PING: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
    })
    const outer = setup({ actors: { middle } }).createMachine({ invoke: { src: 'middle', id: 'same' } })
    let ups = 0
    await reopened(
      { outer },
      async ({ supervisor }) => void (await supervisor.spawn('outer', 'o')),
      async (harness) => {
        await harness.supervisor.send('outer/o/same/inner', { type: 'UP' })
        expect(harness.context('outer/o/same')).toEqual({ n: ++ups })
        expect(harness.context('outer/o/same/inner/same')).toEqual({ n: 0 })
      },
    )
  })

  it("shows no state of its actor, because that is not in the actor's own log", async () => {
    const harness = new Harness()
    const reading = (read: (ref: AnyRef) => unknown) =>
      setup({}).createMachine({
        on: { READ: { actions: assign(({ system }) => ({ is: read(system.get('echo/far') as AnyRef) })) } },
      }) as AnyStateMachine
    const machines = {
      echo,
      snapshot: reading((ref) => ref.getSnapshot()),
      subscribe: reading((ref) => ref.subscribe(() => {})),
      on: reading((ref) => ref.on('*' as never, () => {})),
    }
    const { supervisor } = Object.assign(harness, { supervisor: await harness.open({ machines }) })
    await supervisor.spawn('echo', 'far')
    for (const kind of ['snapshot', 'subscribe', 'on']) {
      await supervisor.spawn(kind, 'a')
      await expect(supervisor.send(`${kind}/a`, { type: 'READ' })).rejects.toMatchObject({
        code: 'ACTOR_FAILED',
        message: expect.stringMatching(/read the snapshot of|subscribed to/),
      })
    }
  })
})

describe('children', () => {
  it('with logic in place of a state are found again, and go on', async () => {
    const counter = fromTransition(
      (n: number, event: { type: string }) => (event.type === 'UP' ? n + 1 : n),
      0,
    )
    // A machine that was made without `setup`.
    const owner = createMachine({
      id: 'owner',
      initial: 'on',
      states: {
        on: {
          invoke: [
            { id: 'first', src: echo },
            { id: 'second', src: counter },
          ],
          on: {
            UP: { actions: [sendTo('first', { type: 'PING' }), sendTo('second', { type: 'UP' })] },
          },
        },
      },
    })
    let ups = 0
    await reopened(
      { owner },
      async ({ supervisor }) => void (await supervisor.spawn('owner', 'o')),
      async (harness) => {
        await harness.supervisor.send('owner/o', { type: 'UP' })
        ups++
        expect(harness.context('owner/o/first')).toEqual({ n: ups })
        expect(harness.context('owner/o/second')).toBe(ups)
      },
    )
  })

  it('outside the log start again by themselves, without any message', async () => {
    const started: string[] = []
    const worker = fromPromise(({ self }) => {
      started.push(self.id)
      return new Promise(() => {})
    })
    const boss = setup({ actors: { worker } }).createMachine({
      id: 'boss',
      invoke: { src: 'worker', id: 'w' },
    })
    const machines = { boss: { machine: boss, rerun: ['worker'] } }
    await reopened(
      machines,
      async ({ supervisor }) => void (await supervisor.spawn('boss', 'b')),
      async () => {
        const count = started.length
        expect(count).toBeGreaterThan(1)
      },
    )
    expect(started).toHaveLength(3)
  })
})

describe('an actor that has ended', () => {
  const job = setup({ types: {} as { context: { n: number }; output: { n: number } } }).createMachine({
    id: 'job',
    context: { n: 3 },
    initial: 'at',
    states: { at: { on: { END: 'done' } }, done: { type: 'final' } },
    output: ({ context }) => ({ n: context.n }),
  })

  it('keeps its output', async () => {
    await reopened(
      { job },
      async ({ supervisor }) => {
        await supervisor.spawn('job', 'j')
        await supervisor.send('job/j', { type: 'END' })
      },
      async ({ supervisor }) => {
        expect(await supervisor.view('job/j')).toMatchObject({ status: 'done', output: { n: 3 } })
        await expect(supervisor.stopActor('job/j')).rejects.toMatchObject({ code: 'ACTOR_ENDED' })
      },
    )
  })

  it('keeps its error when it failed', async () => {
    const broken = setup({ types: {} as { events: { type: 'BREAK' } } }).createMachine({
      on: {
        BREAK: {
          actions: assign(() => {
            throw new TypeError('boom')
          }),
        },
      },
    })
    const machines = { broken: { machine: broken, supervision: { strategy: 'stop' } } } as const
    await reopened(
      machines,
      async ({ supervisor }) => {
        await supervisor.spawn('broken', 'b')
        await expect(supervisor.send('broken/b', { type: 'BREAK' })).rejects.toThrow('boom')
      },
      async ({ supervisor }) => {
        const error = { name: 'TypeError', message: 'boom' }
        expect(await supervisor.view('broken/b')).toMatchObject({ status: 'stopped', error })
      },
    )
  })

  it('at its start does not exist as a top actor; as a child it does, and its parent is told', async () => {
    const failing = setup({}).createMachine({
      entry: () => {},
      context: () => {
        throw new Error('no input')
      },
    })
    const parent = setup({ actors: { failing } }).createMachine({
      initial: 'with',
      states: { with: { invoke: { src: 'failing', id: 'f', onError: 'without' } }, without: {} },
    })
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { failing, parent } })
    await expect(supervisor.spawn('failing', 'a')).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
    expect(await supervisor.view('failing/a')).toBeUndefined()
    await supervisor.spawn('parent', 'p')
    await eventually(() => expect(harness.value('parent/p')).toBe('without'))
    expect(await supervisor.view('parent/p/f')).toMatchObject({
      status: 'error',
      error: { message: 'no input' },
    })
    expect((await supervisor.verify()).problems).toEqual([])
  })
})

describe('ids with dots, of machines and of states', () => {
  it('come back in a history state', async () => {
    const dotted = createMachine({
      id: 'desk.v1',
      initial: 'no.1',
      states: {
        'no.1': {
          initial: 'a.a',
          states: {
            'a.a': { on: { NEXT: 'b\\.b' } },
            'b.b': {},
            past: { id: 'past', type: 'history' },
          },
          on: { OUT: 'no\\.2' },
        },
        'no.2': { on: { BACK: '#past' } },
      },
    })
    const send = async ({ supervisor }: Harness, ...types: string[]) => {
      for (const type of types) await supervisor.send('dotted/d', { type })
    }
    await reopened(
      { dotted },
      async (harness) => {
        await harness.supervisor.spawn('dotted', 'd')
        await send(harness, 'NEXT', 'OUT')
      },
      async (harness) => {
        await send(harness, 'BACK')
        expect(harness.value('dotted/d')).toEqual({ 'no.1': 'b.b' })
        await send(harness, 'OUT')
      },
    )
  })
})

describe('timers that are due at the same time', () => {
  it('fire in the order in which they were set, even over a stop and with repeated ids', async () => {
    const later = (id: string) => raise({ type: id }, { id, delay: 10 })
    const timed = createMachine({
      entry: later('first'),
      on: { SET: { actions: [later('twice'), later('once'), later('twice')] } },
    })
    const harness = new Harness()
    await harness.open({ machines: { timed } })
    await harness.supervisor.spawn('timed', 't')
    await harness.supervisor.stop()
    await harness.open({ machines: { timed } })
    await harness.supervisor.send('timed/t', { type: 'SET' })
    harness.clock.advanceTo(1_010)
    const fired = (await harness.records()).flatMap(({ timer }) => timer ?? [])
    expect(fired).toEqual(['first', 'twice', 'once', 'twice'])
  })
})

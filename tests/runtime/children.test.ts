import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  fromCallback,
  fromObservable,
  fromPromise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
} from 'xstate'
import { eventually, Harness } from './harness.ts'

describe('children', () => {
  it('are actors with their own addresses and histories, and their output reaches the parent', async () => {
    const child = setup({ types: {} as { context: { k: number }; output: number } }).createMachine({
      id: 'child',
      initial: 'idle',
      context: { k: 0 },
      states: {
        idle: {
          entry: sendParent({ type: 'HELLO' }),
          on: { GO: { actions: assign({ k: 7 }), target: 'end' } },
        },
        end: { type: 'final' },
      },
      output: ({ context }) => context.k,
    })
    const parent = setup({ actors: { child }, types: {} as { context: { got: number } } }).createMachine({
      id: 'parent',
      initial: 'a',
      context: { got: 0 },
      states: {
        a: {
          invoke: {
            src: 'child',
            id: 'c',
            onDone: { target: 'b', actions: assign({ got: ({ event }) => event.output }) },
          },
          on: { HELLO: { actions: sendTo('c', { type: 'GO' }) } },
        },
        b: {},
      },
    })
    const harness = new Harness()
    await harness.open({ machines: { parent } })
    await harness.supervisor.spawn('parent', 'p')
    expect(harness.context('parent/p')).toEqual({ got: 7 })
    expect(await harness.eventsOf('parent/p/c')).toEqual(['xstate.init', 'GO'])
    expect((await harness.records()).at(-1)).toMatchObject({
      event: { type: 'xstate.done.actor.c', output: 7 },
    })
  })
})

describe('a child that is replaced while it is at work', () => {
  /** `leaf` asks `kid`, `kid` asks `top`, and `top` enters the state anew that invokes `kid`. */
  const leaf = createMachine({ on: { ASK: { actions: sendParent({ type: 'ASK' }) } } })
  const kid = setup({ actors: { leaf } }).createMachine({
    invoke: { src: 'leaf', id: 'leaf' },
    initial: 'idle',
    states: {
      idle: { on: { ASK: 'asking' } },
      asking: {
        entry: [sendParent({ type: 'ASK' }), sendTo('late', { type: 'HELLO' })],
        invoke: { src: 'leaf', id: 'late' },
      },
    },
  })
  const top = setup({ actors: { kid } }).createMachine({
    initial: 'on',
    states: { on: { invoke: { src: 'kid', id: 'kid' }, on: { ASK: { target: 'on', reenter: true } } } },
  })

  it.each([
    ['top/t/kid', []],
    ['top/t/kid/leaf', ['ASK']],
  ])('ends with its own children before they start again (ASK goes to %s)', async (address, asked) => {
    const harness = new Harness()
    await harness.open({ machines: { top } })
    await harness.supervisor.spawn('top', 't')
    await harness.supervisor.send(address, { type: 'ASK' })
    expect(await harness.eventsOf('top/t/kid')).toEqual(['xstate.init', 'ASK', 'xstate.stop', 'xstate.init'])
    expect(await harness.eventsOf('top/t/kid/leaf')).toEqual([
      'xstate.init',
      ...asked,
      'xstate.stop',
      'xstate.init',
    ])
    for (const child of ['top/t/kid', 'top/t/kid/leaf'])
      expect(harness.supervisor.getSnapshot(child)?.status).toBe('active')
    // The child that it was about to start never starts.
    expect(harness.supervisor.getSnapshot('top/t/kid/late')).toBeUndefined()
    expect(await harness.deadLetters()).toMatchObject([{ to: 'top/t/kid/late', reason: 'ended' }])
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })
})

describe('a child that stops its own child, and is replaced because of its last message', () => {
  it.each(['final', 'atomic'] as const)('has stopped it before both are there anew (%s)', async (type) => {
    const leaf = createMachine({})
    const kid = setup({ actors: { leaf } }).createMachine({
      initial: 'idle',
      states: {
        idle: {
          invoke: { src: 'leaf', id: 'leaf' },
          on: { GO: 'on' },
          exit: sendParent({ type: 'GOES' }),
        },
        on: { type },
      },
    })
    const top = setup({ actors: { kid } }).createMachine({
      initial: 'on',
      states: { on: { invoke: { src: 'kid', id: 'kid' }, on: { GOES: { target: 'on', reenter: true } } } },
    })
    const harness = new Harness()
    await harness.open({ machines: { top } })
    await harness.supervisor.spawn('top', 't')
    await harness.supervisor.send('top/t/kid', { type: 'GO' })
    expect(await harness.eventsOf('top/t/kid/leaf')).toEqual(['xstate.init', 'xstate.stop', 'xstate.init'])
    for (const child of ['top/t/kid', 'top/t/kid/leaf'])
      expect(harness.supervisor.getSnapshot(child)?.status).toBe('active')
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })
})

/** A parent that runs one live child and keeps the events from it. */
const listener = (actors: Record<string, AnyActorLogic>): AnyStateMachine =>
  setup({ actors, types: {} as { context: { heard: unknown[] } } }).createMachine({
    id: 'listener',
    context: { heard: [] },
    initial: 'on',
    states: {
      on: {
        invoke: {
          src: 'live' as never,
          id: 'live',
          input: { x: 21 } as never,
          onDone: {
            target: 'off',
            actions: assign({ heard: ({ context, event }) => [...context.heard, event.output] }),
          },
          onError: {
            target: 'off',
            actions: assign({ heard: ({ context, event }) => [...context.heard, event.error] }),
          },
        },
        on: {
          PONG: { actions: assign({ heard: ({ context, event }) => [...context.heard, event.type] }) },
          SAY: { actions: sendTo('live', { type: 'PING' }) },
          QUIT: 'off',
        },
      },
      off: {},
    },
  }) as unknown as AnyStateMachine

describe('a promise', () => {
  it('runs once its start is durable, and its result is an event in the log', async () => {
    const machine = listener({ live: fromPromise(async ({ input }) => (input as { x: number }).x * 2) })
    const harness = new Harness()
    await harness.open({ machines: { machine } })
    await harness.supervisor.spawn('machine', 'm')
    await eventually(() => expect(harness.value('machine/m')).toBe('off'))
    expect(harness.context('machine/m')).toEqual({ heard: [42] })
    expect(await harness.eventsOf('machine/m/live')).toEqual(['xstate.init', 'xstate.promise.resolve'])
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('becomes an error when it fails, or when the log cannot keep its result', async () => {
    const failures = [async () => Promise.reject(new TypeError('no')), async () => new Date(0)]
    const heard: unknown[] = []
    for (const promise of failures) {
      const harness = new Harness()
      await harness.open({ machines: { machine: listener({ live: fromPromise(promise) }) } })
      await harness.supervisor.spawn('machine', 'm')
      await eventually(() => expect(harness.value('machine/m')).toBe('off'))
      heard.push(...(harness.context('machine/m') as { heard: unknown[] }).heard)
    }
    expect(heard).toMatchObject([{ name: 'TypeError', message: 'no' }, { code: 'NOT_JSON' }])
  })

  it('fails after a crash cut it off, or runs again under the same id if its kind allows it', async () => {
    const ids: string[] = []
    let finish: (value: number) => void = () => {}
    const machine = listener({
      live: fromPromise(({ self }) => {
        ids.push(self.sessionId)
        return new Promise<number>((resolve) => {
          finish = resolve
        })
      }),
    })
    const harness = new Harness()
    await harness.open({ machines: { machine } })
    await harness.supervisor.spawn('machine', 'm')
    await eventually(() => expect(ids).toHaveLength(1))
    await harness.crash()
    await harness.open({ machines: { machine: { machine, rerun: ['live'] } } })
    await eventually(() => expect(ids).toHaveLength(2))
    expect(ids[1]).toBe(ids[0])
    await harness.crash()
    await harness.open({ machines: { machine } })
    await eventually(() => expect(harness.value('machine/m')).toBe('off'))
    expect(harness.context('machine/m')).toMatchObject({ heard: [{ code: 'PROMISE_INTERRUPTED' }] })
    finish(1)
  })
})

describe('a callback', () => {
  it('gets its messages after the commit, answers with events, is disposed of, and starts again after a crash', async () => {
    const story: string[] = []
    const machine = listener({
      live: fromCallback(({ sendBack, receive }) => {
        story.push('start')
        receive((event) => {
          story.push(event.type)
          sendBack({ type: 'PONG' })
        })
        return () => void story.push('dispose')
      }),
    })
    const harness = new Harness()
    await harness.open({ machines: { machine } })
    await harness.supervisor.spawn('machine', 'm')
    await harness.supervisor.send('machine/m', { type: 'SAY' })
    await eventually(() => expect(harness.context('machine/m')).toEqual({ heard: ['PONG'] }))
    await harness.crash()
    await harness.open({ machines: { machine } })
    await harness.supervisor.send('machine/m', { type: 'SAY' })
    await eventually(() => expect(harness.context('machine/m')).toEqual({ heard: ['PONG', 'PONG'] }))
    await harness.supervisor.send('machine/m', { type: 'QUIT' })
    expect(story).toEqual(['start', 'PING', 'start', 'PING', 'dispose'])
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })
})

describe('an observable', () => {
  it('is subscribed live, its values are in the log, and it ends with its state', async () => {
    const source = new Subject<number>()
    const machine = listener({ live: fromObservable(() => source) })
    const harness = new Harness()
    await harness.open({ machines: { machine } })
    await harness.supervisor.spawn('machine', 'm')
    await eventually(() => expect(source.observed).toBe(true))
    source.next(5)
    await eventually(() => expect(harness.context('machine/m/live')).toBe(5))
    await harness.supervisor.send('machine/m', { type: 'QUIT' })
    expect(source.observed).toBe(false)
  })
})

describe('a child that assign spawns', () => {
  const child = setup({ types: {} as { input: { name: string }; context: { name: string } } }).createMachine({
    id: 'child',
    context: ({ input }) => ({ name: input.name }),
    entry: sendParent(({ context }) => ({ type: 'HEARD', what: `${context.name} began` })),
    on: {
      PING: { actions: sendParent(({ context }) => ({ type: 'HEARD', what: `${context.name} pinged` })) },
    },
  })
  const parent = setup({
    types: {} as {
      context: { first: AnyActorRef; later: AnyActorRef | undefined; heard: string[] }
      events: { type: 'GO' } | { type: 'PING' } | { type: 'HEARD'; what: string }
    },
    actors: { child },
  }).createMachine({
    id: 'parent',
    context: ({ spawn }) => ({
      first: spawn('child', { id: 'first', input: { name: 'first' } }),
      later: undefined,
      heard: [],
    }),
    on: {
      GO: {
        actions: [
          sendTo(({ self }) => self, { type: 'HEARD', what: 'before' }),
          assign({ later: ({ spawn }) => spawn('child', { id: 'later', input: { name: 'later' } }) }),
          sendTo(({ context }) => context.later as AnyActorRef, { type: 'PING' }),
          spawnChild('child', { id: 'third', input: { name: 'third' } }),
          sendTo(({ self }) => self, { type: 'HEARD', what: 'after' }),
        ],
      },
      PING: { actions: [sendTo(({ context }) => context.first, { type: 'PING' })] },
      HEARD: { actions: assign({ heard: ({ context, event }) => [...context.heard, event.what] }) },
    },
  })

  it('starts when live XState starts it, and is found again by its reference', async () => {
    const live = createActor(parent).start()
    const harness = new Harness()
    await harness.open({ machines: { parent } })
    await harness.supervisor.spawn('parent', 'p')
    for (const type of ['GO', 'PING'] as const) {
      live.send({ type })
      await harness.supervisor.send('parent/p', { type })
    }
    const { heard } = live.getSnapshot().context
    expect(heard.length).toBeGreaterThan(6)
    expect(harness.context('parent/p')).toMatchObject({ heard, first: { address: 'parent/p/first' } })
    for (const how of ['crash', 'stop'] as const) {
      if (how === 'stop') await harness.supervisor.stop()
      await harness.open({ machines: { parent } })
      live.send({ type: 'PING' })
      await harness.supervisor.send('parent/p', { type: 'PING' })
      expect(harness.context('parent/p')).toMatchObject({ heard: live.getSnapshot().context.heard })
      expect((await harness.supervisor.verify()).problems).toEqual([])
    }
  })
})

describe('a machine that could not be restored is refused, with the remedy:', () => {
  const child = createMachine({ id: 'child' })
  const attempts: [string, string, AnyStateMachine][] = [
    [
      'a child from inline logic',
      'CHILD_INLINE',
      createMachine({
        on: { GO: { actions: spawnChild(child as never, { id: 'x' } as never) } },
      }),
    ],
    [
      'a child without an id',
      'CHILD_ID_REQUIRED',
      setup({ actors: { child } }).createMachine({
        on: { GO: { actions: spawnChild('child') } },
      }) as unknown as AnyStateMachine,
    ],
    [
      'a date in the context',
      'NOT_JSON',
      createMachine({
        context: {},
        on: { GO: { actions: assign({ when: () => new Date(0) }) } },
      }),
    ],
    [
      "reading another actor's snapshot",
      'CROSS_ACTOR_READ',
      createMachine({
        on: {
          GO: {
            guard: ({ context: _, ...args }) => Boolean((args as never as { event: object }).event),
            actions: sendTo(
              ({ system }) => system.get('refused/a'),
              ({ system }) => ({ type: 'SAW', seen: system.get('refused/a')?.getSnapshot() }),
            ),
          },
        },
      }),
    ],
    [
      'sending by hand from a transition',
      'IMPURE_SEND',
      createMachine({
        context: {},
        on: {
          GO: {
            actions: assign(({ self }) => {
              self.send({ type: 'GO' })
              return {}
            }),
          },
        },
      }),
    ],
    ...['outcry.released', 'xstate.init'].map((type): [string, string, AnyStateMachine] => [
      `sending ${type}, which is the runtime's own`,
      'EVENT_INVALID',
      createMachine({ on: { GO: { actions: sendTo(({ self }) => self, { type }) } } }),
    ]),
    [
      'an action that is not defined',
      'ACTION_UNKNOWN',
      createMachine({ on: { GO: { actions: 'missing' } } }),
    ],
  ]

  it.each(attempts)('%s', async (_, code, refused) => {
    const harness = new Harness()
    await harness.open({ machines: { refused } })
    await harness.supervisor.spawn('refused', 'a')
    await expect(harness.supervisor.send('refused/a', { type: 'GO' })).rejects.toMatchObject({
      cause: { code },
    })
  })

  it('an invoked actor that is not defined, at the registration', async () => {
    const machine = createMachine({ invoke: { src: 'missing' } })
    await expect(new Harness().open({ machines: { machine } })).rejects.toMatchObject({
      code: 'CHILD_UNKNOWN',
    })
  })

  it('an async function for a callback, at the registration', async () => {
    const late = fromCallback((async () => {}) as never)
    for (const machine of [
      setup({ actors: { late } }).createMachine({}) as AnyStateMachine,
      createMachine({ invoke: { src: late } }),
    ])
      await expect(new Harness().open({ machines: { machine } })).rejects.toMatchObject({
        code: 'CALLBACK_ASYNC',
      })
  })

  it('a value that is not a machine', async () => {
    await expect(new Harness().open({ machines: { m: {} as never } })).rejects.toMatchObject({
      code: 'KIND_INVALID',
    })
    await expect(new Harness().open({ machines: { port: createMachine({}) } })).rejects.toMatchObject({
      code: 'KIND_INVALID',
    })
  })
})

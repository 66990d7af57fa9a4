/** Tests law 8: whatever a machine throws, the failure is on record, and all others go on. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assign, fromCallback, log, sendTo, setup } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Logger } from '../../src/runtime/logger.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import { newMemory } from '../../store/index.ts'
import { eventually, Harness } from './harness.ts'

/** An error that throws itself when any part of it is read. */
const thorny: object = new Proxy(new Error('thorny'), {
  get: () => {
    throw thorny
  },
  has: () => {
    throw thorny
  },
  ownKeys: () => {
    throw thorny
  },
  getPrototypeOf: () => {
    throw thorny
  },
})

function gone(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const withGetter = (key: string) =>
  Object.defineProperty(new Error('shy'), key, {
    enumerable: true,
    get: () => {
      throw thorny
    },
  })

const cyclic = new Error('round')
cyclic.cause = cyclic

/** A text that is longer than the log can hold when it is there twice. */
const HUGE = 'x'.repeat(2 ** 28)

const THROWN: readonly (readonly [name: string, thrown: () => unknown, message: string])[] = [
  ['null', () => null, 'null'],
  ['nothing', () => undefined, 'undefined'],
  ['a symbol', () => Symbol('s'), 'Symbol(s)'],
  ['an object without a text', () => Object.create(null), '[object Object]'],
  ['what throws when it is read', () => thorny, 'object'],
  ['a revoked proxy', gone, 'object'],
  ['an error whose message throws', () => withGetter('message'), 'undefined'],
  ['an error whose name throws', () => withGetter('name'), 'shy'],
  ['an error with a field that throws', () => withGetter('code'), 'shy'],
  ['an error that is its own cause', () => cyclic, 'round'],
  [
    'an error with fields of any length',
    () => Object.assign(new Error('long'), { a: HUGE, b: HUGE }),
    'long',
  ],
  ['a text of any length', () => HUGE, 'x'.repeat(10_000)],
]

function machineThatThrows(thrown: () => unknown) {
  return setup({
    types: {} as { context: { n: number }; events: { type: 'BAD' | 'GOOD' } },
  }).createMachine({
    context: { n: 0 },
    on: {
      BAD: {
        actions: assign(() => {
          throw thrown()
        }),
      },
      GOOD: { actions: assign({ n: ({ context }) => context.n + 1 }) },
    },
  })
}

describe('a machine that throws', () => {
  it.each(THROWN)('%s has failed, and takes the next message', async (_, thrown, message) => {
    const harness = new Harness()
    const machines = { m: machineThatThrows(thrown) }
    let supervisor = await harness.open({ machines })
    await supervisor.spawn('m', 'a')
    await expect(supervisor.send('m/a', { type: 'BAD' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
    await supervisor.send('m/a', { type: 'GOOD' })
    const failures = (await harness.records()).filter(({ event }) => event.type === 'outcry.failed')
    expect(failures.map(({ event }) => event.error.message)).toEqual([message])
    await harness.crash()
    supervisor = await harness.open({ machines })
    expect(harness.context('m/a')).toEqual({ n: 1 })
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it('many fields is recorded with a hundred of them', async () => {
    const fields = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`field${i}`, i]))
    const harness = new Harness()
    const thrown = () => Object.assign(new Error('wordy'), fields)
    const supervisor = await harness.open({ machines: { m: machineThatThrows(thrown) } })
    await supervisor.spawn('m', 'a')
    await expect(supervisor.send('m/a', { type: 'BAD' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
    const failed = (await harness.records()).find(({ event }) => event.type === 'outcry.failed')
    expect(Object.keys(failed?.event.error)).toHaveLength(102)
  })
})

describe('a function that creates an actor and throws', () => {
  it('fails the message, and no existing actor', async () => {
    const sender = setup({ types: {} as { events: { type: 'GO' } } }).createMachine({
      on: { GO: { actions: ({ system }) => void system.get('late/x')?.send({ type: 'HI' }) } },
    })
    const activate = () => {
      throw thorny
    }
    const harness = new Harness()
    const late = { machine: machineThatThrows(() => null), activate }
    const supervisor = await harness.open({ machines: { sender, late } })
    await supervisor.spawn('sender', 's')
    await supervisor.send('sender/s', { type: 'GO' })
    await expect(supervisor.send('late/y', { type: 'GOOD' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
    await supervisor.send('sender/s', { type: 'GO' })
    expect(await harness.deadLetters()).toMatchObject([
      { to: 'late/x', reason: 'failed' },
      { to: 'late/y', reason: 'failed' },
      { to: 'late/x', reason: 'failed' },
    ])
    expect(await harness.eventsOf('sender/s')).toEqual(['xstate.init', 'GO', 'GO'])
  })
})

describe('a callback that throws', () => {
  it("becomes a dead letter when its parent's reaction fails in an actor that does not exist yet", async () => {
    const late = {
      machine: setup({}).createMachine({
        context: () => {
          throw new Error('no start')
        },
      }),
      activate: () => ({}),
    }
    const part = fromCallback(() => {
      throw new Error('no socket')
    })
    const parent = setup({ actors: { part } }).createMachine({
      invoke: {
        src: 'part',
        id: 'part',
        onError: { actions: sendTo(({ system }) => system.get('late/x'), { type: 'HELP' }) },
      },
    })
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { parent, late } })
    await supervisor.spawn('parent', 'p')
    await eventually(async () =>
      expect(await harness.deadLetters()).toMatchObject([
        {
          to: 'parent/p/part',
          reason: 'failed',
          event: { type: 'outcry.threw' },
          error: { message: 'no start' },
        },
      ]),
    )
    expect(supervisor.fence).toBeUndefined()
    await supervisor.send('parent/p', { type: 'HI' })
  })
})

describe('a logger that throws', () => {
  it('stops no actor: it is called once more without the value that it cannot write', async () => {
    const told: string[] = []
    const write = (details: { value?: unknown; err?: unknown }, message: string) => {
      if ('value' in details || 'err' in details) throw new Error('cannot write that')
      told.push(message)
    }
    const logger: Logger = { debug: write, info: write, warn: write, error: write }
    const machine = setup({ types: {} as { events: { type: 'LOG' | 'BAD' | 'GOOD' } } }).createMachine({
      on: {
        LOG: { actions: log(() => 1n, 'a number') },
        BAD: {
          actions: assign(() => {
            throw new Error('bad')
          }),
        },
      },
    })
    const store = await openMemoryStore(newMemory())
    const supervisor = await createSupervisor({ store, machines: { m: machine }, logger })
    await supervisor.spawn('m', 'a')
    await supervisor.send('m/a', { type: 'LOG' })
    await expect(supervisor.send('m/a', { type: 'BAD' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
    await supervisor.send('m/a', { type: 'GOOD' })
    expect(told).toEqual(['a number', 'm/a failed on BAD: bad'])
    await supervisor.stop()
  })
})

describe('an async function', () => {
  const rejections: unknown[] = []
  const note = (reason: unknown) => void rejections.push(reason)
  let listeners: NodeJS.UnhandledRejectionListener[] = []
  beforeEach(() => {
    rejections.length = 0
    listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', note)
  })
  afterEach(() => {
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
  })

  it('that rejects as a custom action, a watcher or a subscriber is logged, and does not end the process', async () => {
    const machine = setup({ types: {} as { events: { type: 'ACT' } } }).createMachine({
      on: { ACT: { actions: async () => Promise.reject(new Error('late')) } },
    })
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { m: machine } })
    await supervisor.spawn('m', 'a')
    supervisor.transitions$.subscribe(async () => Promise.reject(new Error('late')))
    supervisor.watch(async () => Promise.reject(new Error('late')))
    await supervisor.send('m/a', { type: 'ACT' })
    await eventually(() => expect(harness.errors).toHaveLength(3))
    // Node reports an unhandled rejection before the next macrotask.
    await new Promise((resolve) => setImmediate(resolve))
    expect(rejections).toEqual([])
    expect([...harness.errors].sort()).toEqual([
      'an observer threw',
      'an observer threw',
      'custom action "actions" threw',
    ])
  })
})

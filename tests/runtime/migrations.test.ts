/** Tests that a new version of a machine migrates all actors of the old one, however the runtime ended. */
import { describe, expect, it } from 'vitest'
import {
  type AnyActorLogic,
  type AnyStateMachine,
  assign,
  createMachine,
  fromCallback,
  fromPromise,
  fromTransition,
  raise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
} from 'xstate'
import type { Registration } from '../../src/runtime/actors/kind.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { Harness } from './harness.ts'

type Upgrades = NonNullable<Registration['upgrades']>
type Migrate = Upgrades[number]['migrate']

const WAYS = ['stopped', 'killed', 'killed after a stop', 'passive'] as const

interface Life {
  readonly v1: AnyStateMachine
  readonly v2: AnyStateMachine
  readonly upgrades: Upgrades
  readonly rerun?: readonly string[]
  readonly supervision?: Registration['supervision']
  readonly before?: (harness: Harness) => Promise<unknown>
  readonly after: (harness: Harness) => Promise<unknown>
}

const up = (migrate: Migrate, more: Partial<Upgrades[number]> = {}): Upgrades => [
  { from: '1', to: '2', migrate, ...more },
]
const same: Migrate = (state) => state

/** Runs a life with the old machine, ends it in one of the ways, and goes on with the new machine. */
async function upgraded(
  { v1, v2, upgrades, rerun = [], supervision = { strategy: 'resume' }, before, after }: Life,
  way: (typeof WAYS)[number],
) {
  const harness = new Harness()
  const passivation = way === 'passive' ? { residentMax: 0 } : {}
  const old = { machines: { m: { machine: v1, rerun } }, passivation }
  await harness.open(old)
  await harness.supervisor.spawn('m', 'x')
  if (way === 'killed after a stop') {
    await harness.supervisor.stop()
    await harness.open(old)
  }
  await before?.(harness)
  if (way === 'stopped' || way === 'passive') await harness.supervisor.stop()
  else await harness.crash()
  const now = { machine: v2, upgrades, previous: [v1], rerun, supervision }
  await harness.open({ machines: { m: now }, passivation })
  expect((await harness.supervisor.verify()).problems).toEqual([])
  await after(harness)
  expect((await harness.supervisor.verify()).problems).toEqual([])
  return harness
}

/** Returns the records of the actors, without numbers that count over the whole log. */
async function logOf(harness: Harness): Promise<unknown[]> {
  const records = await harness.records()
  const placeOf = (seq: number | null) => {
    const cause = records.find((r) => r.seq === seq)
    return cause && [cause.actor, cause.rev]
  }
  const plain = ({ seq: _, turn, correlation, cause, scheduled, ...record }: TransitionRecord) => ({
    ...record,
    cause: placeOf(cause),
    scheduled: scheduled?.map(({ seq: _, correlation, ...timer }) => timer),
  })
  return records
    .filter(({ actor }) => actor.startsWith('m/'))
    .sort((a, b) => (a.actor === b.actor ? a.rev - b.rev : a.actor < b.actor ? -1 : 1))
    .map(plain)
}

/** Runs the same life in all ways, and checks that the logs are equal. Returns the harness of the last. */
async function inAllWays(life: Life): Promise<Harness> {
  const harnesses: Harness[] = []
  for (const way of WAYS) harnesses.push(await upgraded(life, way))
  const [first, ...others] = await Promise.all(harnesses.map(logOf))
  for (const other of others) expect(other).toEqual(first)
  return harnesses.at(-1) as Harness
}

const endings = (harness: Harness, actor: string) =>
  harness.records().then((all) => all.filter((r) => r.actor === actor && r.status).map((r) => r.event.type))

const counter = setup({ types: {} as { context: { n: number } } }).createMachine({
  id: 'counter',
  context: { n: 0 },
  initial: 'on',
  states: { on: { on: { INC: { actions: assign({ n: ({ context }) => context.n + 1 }) } } } },
})

const parentOf = (
  version: string,
  state: string,
  actors: Record<string, AnyActorLogic>,
  more = {},
): AnyStateMachine =>
  createMachine(
    {
      id: 'm',
      version,
      context: { px: '1' },
      initial: state,
      states: {
        [state]: { invoke: Object.keys(actors).map((src) => ({ src, id: src })), on: { A: {} }, ...more },
      },
    },
    { actors },
  )

describe('after a start with a new version', () => {
  it('every actor runs it, however the runtime ended', async () => {
    const v = (version: string, to: string) =>
      createMachine({
        id: 'm',
        version,
        initial: 'a',
        states: { a: { on: { GO: to } }, wrong: {}, right: {} },
      })
    const harness = await inAllWays({
      v1: v('1', 'wrong'),
      v2: v('2', 'right'),
      upgrades: up(same),
      after: ({ supervisor }) => supervisor.send('m/x', { type: 'GO' }),
    })
    expect([harness.value('m/x'), (await harness.supervisor.view('m/x'))?.machine]).toEqual(['right', 'm@2'])
    expect(await harness.eventsOf('m/x')).toEqual(['xstate.init', 'outcry.migrated', 'GO'])
  })

  it('children run it, too, with its logic for them; each sort of actor has its own migrate', async () => {
    const asked: unknown[] = []
    const louder = setup({ types: {} as { context: { n: number; by: number } } }).createMachine({
      context: { n: 0, by: 1 },
      initial: 'going',
      states: { going: { on: { INC: { actions: assign({ n: ({ context }) => context.n + context.by }) } } } },
    })
    const harness = await inAllWays({
      v1: parentOf('1', 'old', { counter }),
      v2: parentOf('2', 'new', { counter: louder }),
      upgrades: up(
        (state) => {
          asked.push(state)
          return { value: 'new', context: { px: '2' } }
        },
        {
          children: {
            counter: {
              migrate: ({ context }) => ({ value: 'going', context: { ...(context as object), by: 10 } }),
            },
          },
        },
      ),
      before: ({ supervisor }) => supervisor.send('m/x/counter', { type: 'INC' }),
      after: ({ supervisor }) => supervisor.send('m/x/counter', { type: 'INC' }),
    })
    expect(harness.context('m/x/counter')).toEqual({ n: 11, by: 10 })
    expect(harness.context('m/x')).toEqual({ px: '2' })
    expect(new Set(asked.map((state) => JSON.stringify(state)))).toEqual(
      new Set(['{"value":"old","context":{"px":"1"},"children":["counter"]}']),
    )
    // The parent's migration comes first.
    const migrations = (await harness.records()).filter((r) => r.event.type === 'outcry.migrated')
    expect(migrations.map((r) => r.actor)).toEqual(['m/x', 'm/x/counter'])
  })

  it('takes several steps at once', async () => {
    const seen: unknown[] = []
    const v = (version: string, state: string) =>
      createMachine({ id: 'm', version, initial: state, states: { [state]: { on: { A: {} } } } })
    const step = (from: string, to: string, value: string) => ({
      from,
      to,
      migrate: (state: { value: unknown; context: unknown }) => {
        seen.push(state.value)
        return { ...state, value }
      },
    })
    const harness = await inAllWays({
      v1: v('1', 'one'),
      v2: v('3', 'three'),
      upgrades: [step('1', '2', 'two'), step('2', '3', 'three')],
      after: ({ supervisor }) => supervisor.send('m/x', { type: 'A' }),
    })
    expect([harness.value('m/x'), seen.slice(-2)]).toEqual(['three', ['one', 'two']])
  })

  it('an actor that has ended is unchanged and is not migrated', async () => {
    const v = (version: string) =>
      createMachine({
        id: 'm',
        version,
        initial: 'on',
        states: { on: { on: { END: 'over' } }, over: { type: 'final' } },
      })
    await inAllWays({
      v1: v('1'),
      v2: v('2'),
      upgrades: up(() => {
        throw new Error('asked')
      }),
      before: ({ supervisor }) => supervisor.send('m/x', { type: 'END' }),
      after: async (harness) => {
        await expect(harness.supervisor.send('m/x', { type: 'END' })).rejects.toMatchObject({
          code: 'ACTOR_ENDED',
        })
        expect(await harness.supervisor.view('m/x')).toMatchObject({
          status: 'done',
          value: 'over',
          machine: 'm@1',
        })
      },
    })
  })

  it('a state that migrate keeps and changes later does not change the actor', async () => {
    const kept: { context: { list: string[] } }[] = []
    const v = (version: string) =>
      createMachine({
        id: 'm',
        version,
        context: { list: ['a'] },
        initial: 'on',
        states: { on: { on: { A: {} } } },
      })
    const harness = await inAllWays({
      v1: v('1'),
      v2: v('2'),
      upgrades: up((state) => {
        const { context } = state as { context: { list: string[] } }
        context.list.push('b')
        kept.push({ context })
        return { value: 'on', context }
      }),
      after: async ({ supervisor }) => {
        for (const { context } of kept) context.list.push('later')
        await supervisor.send('m/x', { type: 'A' })
      },
    })
    expect(harness.context('m/x')).toEqual({ list: ['a', 'b'] })
  })

  it('a reference in the context still works', async () => {
    const v = (version: string) =>
      setup({ actors: { counter }, types: {} as { context: { mine: unknown } } }).createMachine({
        id: 'm',
        version,
        context: { mine: null },
        invoke: { src: 'counter', id: 'c' },
        on: {
          KEEP: { actions: assign({ mine: ({ self }) => (self.getSnapshot === undefined ? null : self) }) },
          CALL: { actions: sendTo('c', { type: 'INC' }) },
        },
      })
    const harness = await inAllWays({
      v1: v('1'),
      v2: v('2'),
      upgrades: up(same),
      before: ({ supervisor }) => supervisor.send('m/x', { type: 'KEEP' }),
      after: ({ supervisor }) => supervisor.send('m/x', { type: 'CALL' }),
    })
    expect(harness.context('m/x')).toMatchObject({ mine: { sessionId: 'm/x' } })
    expect(harness.context('m/x/c')).toEqual({ n: 1 })
  })
})

describe('a child that the new version keeps', () => {
  const kid = setup({ actors: { counter } }).createMachine({
    invoke: { src: 'counter', id: 'leaf' },
    on: { REPLACE: { actions: sendParent({ type: 'AGAIN' }) } },
  })
  const throwing = assign(() => {
    throw new Error('the exit')
  })
  const left = (version: string, exit: readonly (typeof throwing)[] = []) =>
    setup({ actors: { kid } }).createMachine({
      id: 'm',
      version,
      initial: 'on',
      states: {
        on: {
          invoke: { src: 'kid', id: 'kid' },
          on: { OFF: 'off', AGAIN: { target: 'on', reenter: true } },
          exit: exit as never,
        },
        off: {},
      },
    })

  it.each(['OFF', 'AGAIN'])(
    'is migrated before %s stops it, whether or not it was in memory',
    async (type) => {
      const harness = await inAllWays({
        v1: left('1'),
        v2: left('2'),
        upgrades: up(same),
        after: ({ supervisor }) => supervisor.send('m/x', { type }),
      })
      for (const actor of ['m/x/kid', 'm/x/kid/leaf']) {
        const [init, ...others] = await harness.eventsOf(actor)
        expect([init, ...others.slice(0, 2)]).toEqual(['xstate.init', 'outcry.migrated', 'xstate.stop'])
      }
    },
  )

  it('is migrated before its parent is replaced at work', async () => {
    const harness = await inAllWays({
      v1: left('1'),
      v2: left('2'),
      upgrades: up(same),
      after: ({ supervisor }) => supervisor.send('m/x/kid', { type: 'REPLACE' }),
    })
    expect(await harness.eventsOf('m/x/kid/leaf')).toEqual([
      'xstate.init',
      'outcry.migrated',
      'xstate.stop',
      'xstate.init',
    ])
  })

  it('is migrated before a failed parent stops it', async () => {
    const harness = await inAllWays({
      v1: left('1'),
      v2: left('2', [throwing]),
      upgrades: up(same),
      supervision: { strategy: 'stop' },
      after: ({ supervisor }) =>
        expect(supervisor.send('m/x', { type: 'OFF' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' }),
    })
    expect(await harness.eventsOf('m/x')).toEqual(['xstate.init', 'outcry.migrated', 'outcry.failed'])
    for (const actor of ['m/x/kid', 'm/x/kid/leaf'])
      expect(await harness.eventsOf(actor)).toEqual(['xstate.init', 'outcry.migrated', 'xstate.stop'])
  })
})

describe('a first message on which the new version fails', () => {
  it('leaves the migration on record, once, and the failure after it', async () => {
    const v2 = setup({ actors: { counter } }).createMachine({
      id: 'm',
      version: '2',
      initial: 'on',
      states: {
        on: {
          invoke: { src: 'counter', id: 'counter' },
          on: {
            A: {},
            THROW: {
              guard: () => {
                throw new Error('boom')
              },
            },
          },
        },
      },
    })
    const harness = await inAllWays({
      v1: parentOf('1', 'on', { counter, other: counter }),
      v2,
      upgrades: up(same),
      after: async ({ supervisor }) => {
        await expect(supervisor.send('m/x', { type: 'THROW' })).rejects.toThrow('boom')
        await supervisor.send('m/x', { type: 'A' })
      },
    })
    expect(await harness.eventsOf('m/x')).toEqual(['xstate.init', 'outcry.migrated', 'outcry.failed', 'A'])
    expect(await harness.eventsOf('m/x/other')).toEqual(['xstate.init', 'outcry.dropped'])
    expect(await harness.eventsOf('m/x/counter')).toEqual(['xstate.init'])
  })
})

describe('a child that the new version no longer has', () => {
  const bare = parentOf('2', 'on', {})

  it('is stopped with all below it, on record', async () => {
    const branch = setup({ actors: { counter } }).createMachine({
      invoke: { src: 'counter', id: 'leaf', systemId: 'the-leaf' },
    })
    const harness = await inAllWays({
      v1: parentOf('1', 'on', { branch }),
      v2: bare,
      upgrades: up(same),
      after: ({ supervisor }) => supervisor.send('m/x', { type: 'A' }),
    })
    expect(await harness.supervisor.view('m/x')).toMatchObject({ children: [] })
    for (const actor of ['m/x/branch', 'm/x/branch/leaf']) {
      expect(await harness.supervisor.view(actor)).toMatchObject({ status: 'stopped', machine: 'm@1' })
      expect(await endings(harness, actor)).toEqual(['outcry.dropped'])
    }
  })

  it('is stopped before it takes its first message', async () => {
    const harness = await inAllWays({
      v1: parentOf('1', 'on', { counter }),
      v2: bare,
      upgrades: up(same),
      after: ({ supervisor }) =>
        expect(supervisor.send('m/x/counter', { type: 'INC' })).rejects.toMatchObject({
          code: 'ACTOR_ENDED',
        }),
    })
    expect(await harness.eventsOf('m/x')).toEqual(['xstate.init', 'outcry.migrated'])
    expect(await harness.eventsOf('m/x/counter')).toEqual(['xstate.init', 'outcry.dropped'])
  })

  it.each<[string, (count: { started: number }) => AnyActorLogic]>([
    ['a callback', (count) => fromCallback(() => void count.started++)],
    [
      'a promise',
      (count) =>
        fromPromise(() => {
          count.started++
          return new Promise(() => {})
        }),
    ],
  ])('never runs again: %s', async (_, make) => {
    const count = { started: 0 }
    const part = make(count)
    await inAllWays({
      v1: parentOf('1', 'on', { part }),
      v2: parentOf('2', 'on', {}),
      upgrades: up(same),
      rerun: ['part'],
      after: async (harness) => {
        // It ends at the start, although neither it nor its parent gets a message.
        expect(await endings(harness, 'm/x/part')).toEqual(['outcry.dropped'])
        count.started = 0
        await harness.supervisor.send('m/x', { type: 'A' })
        await harness.supervisor.stop()
        await harness.open({
          machines: { m: { machine: bare, upgrades: up(same), previous: [parentOf('1', 'on', { part })] } },
        })
        expect([count.started, harness.supervisor.residents]).toEqual([0, 1])
        for await (const wake of harness.store.wakes()) expect(wake).toBeUndefined()
      },
    })
  })

  const part = fromCallback(() => {})

  it.each(WAYS)('ends in the order of addresses when it ran and all were %s', async (way) => {
    const harness = await upgraded(
      {
        v1: parentOf('1', 'on', { part }),
        v2: bare,
        upgrades: up(same),
        before: ({ supervisor }) => supervisor.spawn('m', 'a'),
        after: async () => {},
      },
      way,
    )
    const dropped = (await harness.records()).filter(({ event }) => event.type === 'outcry.dropped')
    expect(dropped.map(({ actor }) => actor)).toEqual(['m/a/part', 'm/x/part'])
  })

  it('is as the log has it when it ran, even if its last record lies behind a checkpoint', async () => {
    const old = parentOf('1', 'on', { part })
    const passivation = { residentMax: 0, idleMs: 0 }
    const harness = new Harness()
    await harness.open({ machines: { m: old }, passivation })
    await harness.supervisor.spawn('m', 'x')
    await harness.crash()
    const now = { machines: { m: { machine: bare, upgrades: up(same), previous: [old] } }, passivation }
    for (let start = 0; start < 2; start++) {
      await harness.open(now)
      await harness.crash()
    }
    expect(await endings(harness, 'm/x/part')).toEqual(['outcry.dropped'])
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('starts other actors when it ran, and their timers fire once each and in order', async () => {
    const later = (id: string) => raise({ type: id }, { id, delay: 10 })
    const timed = createMachine({ entry: [later('twice'), later('once'), later('twice')] })
    const harness = await inAllWays({
      v1: parentOf('1', 'on', { part }),
      v2: parentOf('2', 'on', { timed }),
      upgrades: up(same),
      after: async ({ clock, supervisor }) => {
        clock.advanceTo(clock.now() + 10)
        await supervisor.idle()
      },
    })
    const fired = (await harness.records()).flatMap(({ timer }) => timer ?? [])
    expect(fired).toEqual(['twice', 'once', 'twice'])
  })

  it('brings its parent into memory when it ran, and the timers fire once each and in order', async () => {
    const later = (id: string) => raise({ type: id }, { id, delay: 10 })
    const timed = (version: string, invoke: string[]) =>
      setup({ actors: { part } }).createMachine({
        id: 'm',
        version,
        entry: [later('twice'), later('once'), later('twice')],
        invoke: invoke.map(() => ({ src: 'part' as const, id: 'part' })),
      })
    const harness = await inAllWays({
      v1: timed('1', ['part']),
      v2: timed('2', []),
      upgrades: up(({ value, context, children }) => ({ value, context, drop: children })),
      after: async ({ clock, supervisor }) => {
        clock.advanceTo(clock.now() + 10)
        await supervisor.idle()
      },
    })
    const fired = (await harness.records()).flatMap(({ timer }) => timer ?? [])
    expect(fired).toEqual(['twice', 'once', 'twice'])
  })

  it('is stopped when migrate drops it, although the machine has it; others go on', async () => {
    const spawning = (version: string) =>
      setup({ actors: { counter } }).createMachine({
        id: 'm',
        version,
        entry: [spawnChild('counter', { id: 'a' }), spawnChild('counter', { id: 'b' })],
        on: { A: {} },
      })
    const harness = await inAllWays({
      v1: spawning('1'),
      v2: spawning('2'),
      upgrades: up(({ value, context, children }) => ({
        value,
        context,
        drop: children.filter((id) => id === 'a'),
      })),
      after: ({ supervisor }) => supervisor.send('m/x/b', { type: 'INC' }),
    })
    expect(await harness.supervisor.view('m/x')).toMatchObject({ children: ['m/x/b'] })
    expect(await endings(harness, 'm/x/a')).toEqual(['outcry.dropped'])
    expect(harness.context('m/x/b')).toEqual({ n: 1 })
  })

  it('leaves no timer behind, neither its own nor one for it', async () => {
    const timed = createMachine({ initial: 'a', states: { a: { after: { 5000: 'b' } }, b: {} } })
    const v1 = setup({ actors: { timed } }).createMachine({
      id: 'm',
      version: '1',
      invoke: { src: 'timed', id: 'timed' },
      on: { LATER: { actions: sendTo('timed', { type: 'HI' }, { delay: 4000 }) }, A: {} },
    })
    await inAllWays({
      v1,
      v2: createMachine({ id: 'm', version: '2', on: { A: {} } }),
      upgrades: up(same),
      before: ({ supervisor }) => supervisor.send('m/x', { type: 'LATER' }),
      after: async (harness) => {
        await harness.supervisor.send('m/x', { type: 'A' })
        for (const actor of ['m/x', 'm/x/timed'])
          expect(await harness.supervisor.view(actor)).toMatchObject({ timers: [] })
        harness.clock.advanceTo(60_000)
        await harness.supervisor.idle()
        expect(await harness.deadLetters()).toEqual([])
      },
    })
  })
})

describe('a wrong upgrade', () => {
  const v1 = createMachine({
    id: 'm',
    version: '1',
    context: { at: 0 },
    initial: 'a',
    states: { a: { on: { A: {} } } },
  })
  const v2 = createMachine({
    id: 'm',
    version: '2',
    context: { at: 0 },
    initial: 'a',
    states: {
      a: { on: { A: {} } },
      both: { type: 'parallel', states: { l: { initial: 'x', states: { x: {} } }, r: {} } },
      over: { type: 'final' },
    },
  })
  const context = { at: 0 }

  it.each<[string, Migrate, string]>([
    [
      'throws',
      () => {
        throw new Error('no way')
      },
      'no way',
    ],
    ['gives nothing', () => undefined as never, 'migrate returns undefined'],
    ['gives a promise', (async () => ({ value: 'a', context })) as never, 'a promise'],
    [
      'leaves a value that no longer exists',
      () => ({ value: 'b', context }),
      'value is "b", which is no state of "m"',
    ],
    ['gives an unknown inner value', () => ({ value: { both: { l: 'y' } }, context }), 'value.both.l is "y"'],
    ['gives two states at once', () => ({ value: { a: {}, both: {} }, context }), 'value names 2 states'],
    ['gives no value', () => ({ value: undefined, context }), 'value is undefined'],
    ['would end it', () => ({ value: 'over', context }), 'no migration ends an actor'],
    [
      'gives a Date',
      () => ({ value: 'a', context: { at: new Date(0) } }),
      'context.at is an instance of Date',
    ],
    ['gives NaN', () => ({ value: 'a', context: { list: [{ n: Number.NaN }] } }), 'context.list[0].n is NaN'],
    ['gives a function', () => ({ value: 'a', context: { f: () => 1 } }), 'context.f is a function'],
    [
      'renames to nothing',
      () => ({ value: 'a', context, states: { 'm.x': 'm.y' } }),
      'states["m.x"] is "m.y"',
    ],
    ['drops no list', () => ({ value: 'a', context, drop: 'all' as never }), 'drop is no list'],
  ])(
    'is refused by name when it %s, and harms no other actor; a corrected one is taken',
    async (_, migrate, why) => {
      for (const how of ['stopped', 'killed'] as const) {
        const harness = new Harness()
        const other = createMachine({
          on: { A: { actions: sendTo(({ system }) => system.get('m/x'), { type: 'A' }) } },
        })
        await harness.open({ machines: { m: v1, other } })
        await harness.supervisor.spawn('m', 'x')
        await harness.supervisor.spawn('other', 'o')
        const again = async (good: Migrate) => {
          if (how === 'stopped') await harness.supervisor.stop()
          else await harness.crash()
          await harness.open({ machines: { m: { machine: v2, previous: [v1], upgrades: up(good) }, other } })
        }
        for (let n = 0; n < 2; n++) {
          await again(migrate)
          await expect(harness.supervisor.send('m/x', { type: 'A' })).rejects.toMatchObject({
            code: 'ACTOR_UNREADABLE',
            message: expect.stringMatching(/^m\/x .* from version 1 to 2: /),
            cause: { code: 'UPGRADE_FAILED', message: expect.stringContaining(why) },
          })
          // The sender goes on, and the message becomes a dead letter.
          await harness.supervisor.send('other/o', { type: 'A' })
          expect((await harness.deadLetters()).at(-1)).toMatchObject({ to: 'm/x', reason: 'unreadable' })
          const shown: unknown[] = []
          for await (const { address, machine, error } of harness.supervisor.actors({ prefix: 'm/' }))
            shown.push([address, machine, (error as { code: string }).code])
          expect(shown).toEqual([['m/x', 'm@1', 'UPGRADE_FAILED']])
        }
        await again(() => ({ value: 'a', context: { at: 7 } }))
        await harness.supervisor.send('m/x', { type: 'A' })
        expect(harness.context('m/x')).toEqual({ at: 7 })
        expect((await harness.supervisor.verify()).problems).toEqual([])
      }
    },
  )

  it('of a child alone leaves its parent working, and the parent can stop it', async () => {
    const withOff = (version: string) =>
      setup({ actors: { counter } }).createMachine({
        id: 'm',
        version,
        initial: 'on',
        states: { on: { invoke: { src: 'counter', id: 'counter' }, on: { A: {}, OFF: 'off' } }, off: {} },
      })
    await inAllWays({
      v1: withOff('1'),
      v2: withOff('2'),
      upgrades: up(same, { children: { counter: { migrate: () => ({ value: 'nowhere', context: {} }) } } }),
      after: async (harness) => {
        await harness.supervisor.send('m/x', { type: 'A' })
        await expect(harness.supervisor.send('m/x/counter', { type: 'INC' })).rejects.toMatchObject({
          code: 'ACTOR_UNREADABLE',
        })
        await harness.supervisor.send('m/x', { type: 'OFF' })
        expect(await endings(harness, 'm/x/counter')).toEqual(['outcry.dropped'])
      },
    })
  })

  it('of a child alone does not fail a parent with a timer for it', async () => {
    const patient = (version: string) =>
      setup({ actors: { counter } }).createMachine({
        id: 'm',
        version,
        invoke: { src: 'counter', id: 'counter' },
        entry: sendTo('counter', { type: 'INC' }, { delay: 10 }),
      })
    const harness = await inAllWays({
      v1: patient('1'),
      v2: patient('2'),
      upgrades: up(same, { children: { counter: { migrate: () => ({ value: 'nowhere', context: {} }) } } }),
      after: async ({ clock, supervisor }) => {
        clock.advanceTo(clock.now() + 10)
        await supervisor.idle()
      },
    })
    expect(await harness.eventsOf('m/x')).toEqual(['xstate.init', 'outcry.migrated', 'outcry.timer'])
    expect((await harness.records()).at(-1)?.event).toMatchObject({ to: 'm/x/counter', reason: 'unreadable' })
  })

  it('of a parent makes its children unreadable, too; they take messages again once it is corrected', async () => {
    const spoilt = (version: string) =>
      setup({ types: {} as { context: { spoilt: boolean } }, actors: { counter } }).createMachine({
        id: 'm',
        version,
        context: { spoilt: false },
        invoke: { src: 'counter', id: 'counter' },
        initial: 'on',
        states: { on: { on: { A: { actions: assign({ spoilt: true }) } } } },
      })
    let isMended = false
    const upgrades = up((state) => {
      if (!isMended && (state.context as { spoilt: boolean }).spoilt) throw new Error('spoilt')
      return state
    })
    const old = spoilt('1')
    const harness = new Harness()
    await harness.open({ machines: { m: old } })
    await harness.supervisor.spawn('m', 'x')
    await harness.supervisor.stop()
    await harness.open({ machines: { m: old } })
    await harness.supervisor.send('m/x', { type: 'A' })
    await harness.supervisor.send('m/x/counter', { type: 'INC' })
    await harness.crash()
    const now = { machines: { m: { machine: spoilt('2'), upgrades, previous: [old] } } }
    await harness.open(now)
    await expect(harness.supervisor.send('m/x/counter', { type: 'INC' })).rejects.toMatchObject({
      code: 'ACTOR_UNREADABLE',
    })
    await harness.supervisor.stop()
    isMended = true
    await harness.open(now)
    await harness.supervisor.send('m/x/counter', { type: 'INC' })
    expect(await harness.eventsOf('m/x/counter')).toEqual(['xstate.init', 'INC', 'outcry.migrated', 'INC'])
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('of an event left by a crash is refused by name, and affects no other actor', async () => {
    const harness = new Harness()
    await harness.open({ machines: { m: v1 } })
    await harness.supervisor.spawn('m', 'x')
    await harness.supervisor.stop()
    await harness.open({ machines: { m: v1 } })
    await harness.supervisor.send('m/x', { type: 'A' })
    await harness.crash()
    await harness.open({
      machines: { m: { machine: v2, upgrades: up(same, { upcast: () => ({ at: 1 }) as never }) } },
    })
    await expect(harness.supervisor.send('m/x', { type: 'A' })).rejects.toMatchObject({
      cause: { code: 'UPGRADE_FAILED', message: expect.stringContaining('upcast returns no event for A') },
    })
    await harness.supervisor.spawn('m', 'y')
    await harness.supervisor.stop()
    await harness.open({ machines: { m: { machine: v2, upgrades: up(same, { upcast: (event) => event }) } } })
    await harness.supervisor.send('m/x', { type: 'A' })
    expect(await harness.eventsOf('m/x')).toEqual(['xstate.init', 'A', 'outcry.migrated', 'A'])
  })
})

describe('without the old machine', () => {
  const v = (version: string, by: number) =>
    setup({ types: {} as { context: { n: number } }, actors: { counter } }).createMachine({
      id: 'm',
      version,
      context: { n: 0 },
      invoke: { src: 'counter', id: 'c' },
      on: { INC: { actions: assign({ n: ({ context }) => context.n + by }) } },
    })

  it('the records left by a crash are replayed on the new machine, and the migration is on record first', async () => {
    const harness = new Harness()
    await harness.open({ machines: { m: v('1', 1) } })
    await harness.supervisor.spawn('m', 'x')
    await harness.supervisor.send('m/x', { type: 'INC' })
    await harness.supervisor.send('m/x/c', { type: 'INC' })
    await harness.crash()
    const blind = { machines: { m: { machine: v('2', 10), upgrades: up(same) } } }
    await harness.open(blind)
    expect(harness.errors.join()).toContain('m/x is replayed on m@2')
    expect([harness.context('m/x'), harness.context('m/x/c')]).toEqual([{ n: 10 }, { n: 1 }])
    expect(await harness.eventsOf('m/x')).toEqual(['xstate.init', 'INC', 'outcry.migrated'])
    for (const interrupt of [() => harness.crash(), () => harness.supervisor.stop()]) {
      await interrupt()
      await harness.open({ machines: { m: { ...blind.machines.m, previous: [v('1', 1)] } } })
      expect([harness.context('m/x'), harness.context('m/x/c')]).toEqual([{ n: 10 }, { n: 1 }])
      expect((await harness.supervisor.verify()).problems).toEqual([])
    }
  })

  it('an actor without an upgrade is unreadable, and is whole once there is one', async () => {
    const harness = new Harness()
    await harness.open({ machines: { m: v('1', 1) } })
    await harness.supervisor.spawn('m', 'x')
    await harness.supervisor.send('m/x', { type: 'INC' })
    await harness.crash()
    for (let n = 0; n < 2; n++) {
      await harness.open({ machines: { m: v('2', 10) } })
      for (const to of ['m/x', 'm/x/c'])
        await expect(harness.supervisor.send(to, { type: 'INC' })).rejects.toMatchObject({
          cause: { code: 'MACHINE_VERSION_UNKNOWN' },
        })
      await harness.supervisor.spawn('m', `y${n}`)
      // The checkpoint of this stop covers records that no snapshot of these actors covers.
      await harness.supervisor.stop()
    }
    await harness.open({
      machines: { m: { machine: v('2', 10), upgrades: up(same), previous: [v('1', 1)] } },
    })
    await harness.supervisor.send('m/x', { type: 'INC' })
    expect(harness.context('m/x')).toEqual({ n: 11 })
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('the records of a version in between are continued from there', async () => {
    const harness = new Harness()
    await harness.open({ machines: { m: v('1', 1) } })
    await harness.supervisor.spawn('m', 'x')
    await harness.supervisor.stop()
    await harness.open({ machines: { m: { machine: v('2', 10), upgrades: up(same) } } })
    await harness.supervisor.send('m/x', { type: 'INC' })
    await harness.crash()
    const upgrades = [...up(same), { from: '2', to: '3', migrate: same }]
    await harness.open({ machines: { m: { machine: v('3', 100), upgrades, previous: [v('1', 1)] } } })
    await harness.supervisor.send('m/x', { type: 'INC' })
    expect(harness.context('m/x')).toEqual({ n: 200 })
    expect(await harness.eventsOf('m/x')).toEqual([
      'xstate.init',
      'outcry.migrated',
      'INC',
      'outcry.migrated',
      'INC',
    ])
  })
})

describe('children that are not machines', () => {
  it('keep their state, or have it migrated', async () => {
    const sum = (by: number) =>
      fromTransition((s: { n: number }, e: { type: string }) => (e.type === 'INC' ? { n: s.n + by } : s), {
        n: 0,
      })
    const harness = await inAllWays({
      v1: parentOf('1', 'on', { sum: sum(1) }),
      v2: parentOf('2', 'on', { sum: sum(10) }),
      upgrades: up(same, {
        children: {
          sum: {
            migrate: ({ context }) => ({
              value: undefined,
              context: { n: (context as { n: number }).n + 100 },
            }),
          },
        },
      }),
      before: ({ supervisor }) => supervisor.send('m/x/sum', { type: 'INC' }),
      after: ({ supervisor }) => supervisor.send('m/x/sum', { type: 'INC' }),
    })
    expect(harness.context('m/x/sum')).toEqual({ n: 111 })
  })

  it('do not count as machines', async () => {
    const sum = fromTransition((s: { n: number }) => s, { n: 0 })
    await inAllWays({
      v1: parentOf('1', 'on', { part: sum }),
      v2: parentOf('2', 'on', { part: counter }),
      upgrades: up(same),
      after: async ({ supervisor }) => {
        await expect(supervisor.send('m/x/part', { type: 'INC' })).rejects.toMatchObject({
          cause: { message: expect.stringContaining('it was no machine and is one now') },
        })
        await supervisor.send('m/x', { type: 'A' })
      },
    })
  })
})

describe.each(['stopped', 'killed'] as const)(
  'an actor that is kept from its messages as the new version comes (%s)',
  (way) => {
    const v = (version: string, event: string) =>
      setup({ types: {} as { context: { n: number } } }).createMachine({
        id: 'm',
        version,
        context: { n: 0 },
        initial: 'on',
        states: {
          on: {
            after: { 60000: 'late' },
            on: {
              [event]: { actions: assign({ n: ({ context }) => context.n + 1 }) },
              THROW: {
                actions: () => {},
                guard: () => {
                  throw new Error('boom')
                },
              },
            },
          },
          late: {},
        },
      })
    const upcast = (event: { type: string }) => (event.type === 'INC' ? { ...event, type: 'ADD' } : event)

    async function kept(strategy: 'restart' | 'quarantine') {
      const harness = new Harness()
      const supervision = { strategy } as const
      const old = v('1', 'INC')
      await harness.open({ machines: { m: { machine: old, supervision } } })
      await harness.supervisor.spawn('m', 'x')
      await harness.supervisor.send('m/x', { type: 'INC' })
      await expect(harness.supervisor.send('m/x', { type: 'THROW' })).rejects.toThrow('boom')
      if (strategy === 'restart') await harness.supervisor.send('m/x', { type: 'INC' })
      if (way === 'stopped') await harness.supervisor.stop()
      else await harness.crash()
      const upgrades = up(same, { upcast })
      await harness.open({
        machines: { m: { machine: v('2', 'ADD'), supervision, upgrades, previous: [old] } },
      })
      return harness
    }

    it('starts over with the new version, and takes its kept messages in that form', async () => {
      const harness = await kept('restart')
      harness.clock.advanceTo(5_000)
      harness.supervisor.pump()
      await harness.supervisor.idle()
      expect(harness.context('m/x')).toEqual({ n: 1 })
      expect(await harness.eventsOf('m/x')).toEqual([
        'xstate.init',
        'INC',
        'outcry.failed',
        'INC',
        'outcry.migrated',
        'outcry.restarted',
        'outcry.unstashed',
        'ADD',
      ])
      expect((await harness.supervisor.verify()).problems).toEqual([])
    })

    it('has the new version when it is released from quarantine', async () => {
      const harness = await kept('quarantine')
      expect(harness.supervisor.quarantined).toMatchObject([{ address: 'm/x', machine: 'm@2' }])
      await harness.supervisor.release('m/x')
      await harness.supervisor.send('m/x', { type: 'ADD' })
      expect(harness.context('m/x')).toEqual({ n: 2 })
      expect((await harness.supervisor.verify()).problems).toEqual([])
    })
  },
)

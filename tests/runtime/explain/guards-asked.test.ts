/** Which guards a machine was asked, by hand: each form of a guard and of a transition. */
import { expect, it } from 'vitest'
import {
  and,
  assign,
  createMachine,
  emit,
  enqueueActions,
  fromPromise,
  not,
  or,
  raise,
  sendTo,
  setup,
  stateIn,
} from 'xstate'
import type { Cell } from '../../../src/runtime/actors/cell.ts'
import { persistCell } from '../../../src/runtime/actors/persist.ts'
import { Registry } from '../../../src/runtime/actors/registry.ts'
import type { PastState } from '../../../src/runtime/actors/upgrade.ts'
import { type GuardsAsked, guardsAsked } from '../../../src/runtime/explain/guards-asked.ts'
import { Past } from '../../../src/runtime/explain/past.ts'
import { READS_MAX } from '../../../src/runtime/record/reading.ts'
import { cellAt } from '../../../src/runtime/state/replay.ts'
import type { AskedGuard } from '../../../src/runtime/xstate/recording.ts'
import { eventually, Harness } from '../harness.ts'

type Asked = Record<string, GuardsAsked[]>

/** Returns what each record of each actor was asked, and asserts that nothing of it is in doubt. */
async function askedIn(harness: Harness, registry = harness.supervisor.registry): Promise<Asked> {
  const all: Asked = {}
  const past = new Past(harness.store, registry)
  for (const record of await harness.records()) {
    all[record.actor] ??= []
    all[record.actor]?.push(await guardsAsked(past, registry, record))
  }
  return all
}

const guardText = ({ guard, result, reads, error }: AskedGuard) =>
  `${guard} ${result}${error === undefined ? '' : ` ${error}`}${reads
    .map(({ from, path, value }) => ` ${from}.${path.join('.')}=${JSON.stringify(value)}`)
    .join('')}`

function texts({ asked }: GuardsAsked): string[] {
  return asked.map(
    ({ source, event, on, targets, result, taken, guards }) =>
      `${source} on ${on || 'always'}${on === event ? '' : ` (${event})`} -> ${targets.join() || 'stay'}: ${result}${taken ? ', taken' : ''}; ${guards.map(guardText).join('; ')}`,
  )
}

const machine = setup({
  types: {} as {
    context: { x: { y: number }; z: number; fails: boolean }
    events: { type: string; n?: number }
  },
  guards: {
    isBig: ({ context }) => context.x.y > 2,
    isOver: ({ context, event }, { limit }: { limit: number }) => (event.n ?? 0) + context.x.y > limit,
    fails: ({ context }) => {
      if (context.fails) throw new Error('cannot judge')
      return false
    },
    isLow: not('isBig'),
  },
}).createMachine({
  id: 'm',
  context: { x: { y: 1 }, z: 9, fails: false },
  type: 'parallel',
  on: { 'note.*': { actions: assign({ z: 1 }) } },
  states: {
    a: {
      initial: 'low',
      states: {
        low: {
          on: {
            GO: [
              { guard: 'isBig', target: 'high' },
              { guard: { type: 'isOver', params: { limit: 3 } }, target: 'high' },
              { guard: ({ event }) => event.n === 2, target: 'high' },
            ],
            BOTH: { guard: and(['isLow', or([stateIn({ b: 'two' }), 'isBig'])]), target: 'high' },
            RAISE: { actions: raise({ type: 'RAISED' }) },
            RAISED: { actions: assign({ x: { y: 5 } }) },
            FAIL: { guard: 'fails', target: 'high' },
            BREAK: { actions: assign({ fails: true }) },
          },
          always: { guard: 'isBig', target: 'high' },
        },
        high: {},
      },
    },
    b: { initial: 'one', states: { one: { on: { TURN: 'two' } }, two: {} } },
  },
})

async function asked(...events: { type: string; n?: number }[]): Promise<GuardsAsked[]> {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { m: machine } })
  await supervisor.spawn('m', 'a')
  for (const event of events) await supervisor.send('m/a', event).catch(() => {})
  const { 'm/a': all = [] } = await askedIn(harness)
  for (const { problem } of all) expect(problem).toBeUndefined()
  return all
}

const last = async (...events: { type: string; n?: number }[]) =>
  (await asked(...events)).at(-1) as GuardsAsked

it('names the transitions that were refused with what their guards read, and the one that was taken', async () => {
  expect(texts(await last({ type: 'GO', n: 2 }))).toEqual([
    'm.a.low on GO -> m.a.high: false; isBig false context.x.y=1',
    'm.a.low on GO -> m.a.high: false; isOver(limit: 3) false context.x.y=1 event.n=2',
    'm.a.low on GO -> m.a.high: true, taken; (inline) true event.n=2',
  ])
})

it('has the parts of a combined guard that were asked', async () => {
  const { asked } = await last({ type: 'BOTH' })
  expect(asked[0]?.guards.map((one) => [one.depth, guardText(one)])).toEqual([
    [0, 'and(isLow, or(stateIn(b: two), isBig)) false'],
    [1, 'isLow true'],
    [2, 'isBig false context.x.y=1'],
    [1, 'or(stateIn(b: two), isBig) false'],
    [2, 'stateIn(b: two) false'],
    [2, 'isBig false context.x.y=1'],
  ])
  const both = await last({ type: 'TURN' }, { type: 'BOTH' })
  expect(both.asked[0]?.guards.map(({ guard, result }) => `${guard} ${result}`)).toEqual([
    'and(isLow, or(stateIn(b: two), isBig)) true',
    'isLow true',
    'isBig false',
    'or(stateIn(b: two), isBig) true',
    'stateIn(b: two) true',
  ])
})

it('has what the machine raises and its transitions without an event, by the event at work', async () => {
  expect(texts(await last({ type: 'RAISE' }))).toEqual([
    'm.a.low on RAISE -> stay: true, taken; ',
    'm.a.low on always (RAISE) -> m.a.high: false; isBig false context.x.y=1',
    'm.a.low on RAISED -> stay: true, taken; ',
    'm.a.low on always (RAISED) -> m.a.high: true, taken; isBig true context.x.y=5',
  ])
})

it('has a pattern as the descriptor', async () => {
  expect(texts(await last({ type: 'note.this' }))[0]).toBe('m on note.* (note.this) -> stay: true, taken; ')
})

it('says which states were asked when none has a transition', async () => {
  expect(await last({ type: 'NOTHING' })).toEqual({
    event: 'NOTHING',
    states: ['m', 'm.a', 'm.a.low', 'm.b', 'm.b.one'],
    asked: [expect.objectContaining({ on: '', event: 'NOTHING', result: 'false' })],
  })
})

it('has the guard that threw, of the event that failed', async () => {
  const failed = await last({ type: 'BREAK' }, { type: 'FAIL' })
  expect(failed.event).toBe('FAIL')
  expect(texts(failed)).toEqual([
    'm.a.low on FAIL -> m.a.high: threw; fails threw cannot judge context.fails=true',
  ])
})

it('has what an actor was asked at its start', async () => {
  const [first] = await asked()
  expect(first).toMatchObject({ event: 'xstate.init', states: [] })
  expect(texts(first as GuardsAsked)).toEqual([
    'm.a.low on always (xstate.init) -> m.a.high: false; isBig false context.x.y=1',
  ])
})

it('has a transition of a parallel state once, though XState asks in each of its regions', async () => {
  const region = { initial: 'on', states: { on: {} } }
  const both = createMachine({
    id: 'p',
    type: 'parallel',
    context: { sum: 0 },
    on: { ADD: { actions: assign({ sum: ({ event }) => event.n }) } },
    always: { guard: ({ context }) => context.sum > 5, actions: assign({ sum: 0 }) },
    states: { one: region, two: region },
  })
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { p: both } })
  await supervisor.spawn('p', 'a')
  await supervisor.send('p/a', { type: 'ADD', n: 9 })
  const { 'p/a': all = [] } = await askedIn(harness)
  expect(texts(all.at(-1) as GuardsAsked)).toEqual([
    'p on ADD -> stay: true, taken; ',
    'p on always (ADD) -> stay: true, taken; (inline) true context.sum=9',
    'p on always (ADD) -> stay: false; (inline) false context.sum=0',
  ])
})

it('marks a transition that another region pre-empts as not taken', async () => {
  const region = { initial: 'on', states: { on: { on: { OUT: '#done' } } } }
  const racing = createMachine({
    id: 'r',
    initial: 'work',
    states: { work: { type: 'parallel', states: { one: region, two: region } }, done: { id: 'done' } },
  })
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { r: racing } })
  await supervisor.spawn('r', 'a')
  await supervisor.send('r/a', { type: 'OUT' })
  const { 'r/a': all = [] } = await askedIn(harness)
  expect(texts(all[1] as GuardsAsked)).toEqual([
    'r.work.one.on on OUT -> done: true, taken; ',
    'r.work.two.on on OUT -> done: true; ',
  ])
})

it('has the guards that actions ask, by the name of the action', async () => {
  const isBig = 'isBig' as never
  const acting = setup({
    guards: { isBig: ({ context }) => (context as { n: number }).n > 1 },
    actions: {
      judge: enqueueActions(({ enqueue, check }) => {
        if (check(isBig) || check(stateIn('on') as never)) enqueue.assign({ n: 5 })
      }),
    },
  }).createMachine({
    id: 'acting',
    context: { n: 1 },
    initial: 'on',
    states: {
      on: { on: { GO: { actions: 'judge' } }, entry: enqueueActions(({ check }) => void check(not(isBig))) },
    },
  })
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { acting } })
  await supervisor.spawn('acting', 'a')
  await supervisor.send('acting/a', { type: 'GO' })
  const { 'acting/a': all = [] } = await askedIn(harness)
  const asked = all.flatMap(({ asked }) => asked)
  expect(asked.map(({ action, result, guards }) => [action, result, guards.map(guardText)])).toEqual([
    ['(inline)', 'true', ['not(isBig) true', 'isBig false context.n=1']],
    [undefined, 'true', []],
    ['judge', 'false', ['isBig false context.n=1']],
    ['judge', 'true', ['stateIn(on) true']],
  ])
  expect(all.map(({ problem }) => problem)).toEqual([undefined, undefined])
  expect(harness.context('acting/a')).toEqual({ n: 5 })
})

it('follows children, their ends, timers and restarts; actors that are no machines are asked nothing', async () => {
  const child = createMachine({
    id: 'child',
    context: { n: 0 },
    initial: 'on',
    states: {
      on: {
        on: { ADD: { guard: ({ context: { n } }) => n < 1, actions: assign({ n: 1 }) } },
        after: { 50: 'off' },
      },
      off: { type: 'final' },
    },
  })
  const parent = setup({
    actors: { child, work: fromPromise(async () => 1) },
    guards: { isOne: ({ event }) => (event as { output?: unknown }).output === 1 },
  }).createMachine({
    id: 'parent',
    initial: 'up',
    states: {
      up: {
        invoke: [
          { src: 'child', id: 'c', onDone: 'down' },
          { src: 'work', id: 'w', onDone: { guard: 'isOne', actions: enqueueActions(() => {}) } },
        ],
      },
      down: {},
    },
  })
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { parent } })
  await supervisor.spawn('parent', 'a')
  await supervisor.send('parent/a/c', { type: 'ADD' })
  await supervisor.send('parent/a/c', { type: 'ADD' })
  await eventually(async () => expect(await harness.eventsOf('parent/a')).toContain('xstate.done.actor.w'))
  harness.clock.advanceTo(harness.clock.now() + 60)
  await supervisor.idle()
  await supervisor.restart('parent/a', { by: 'ann' })
  await eventually(async () =>
    expect(
      (await harness.eventsOf('parent/a')).filter((type) => type === 'xstate.done.actor.w'),
    ).toHaveLength(2),
  )
  const all = await askedIn(harness)
  expect(Object.values(all).flatMap((of) => of.flatMap(({ problem }) => problem ?? []))).toEqual([])
  expect((all['parent/a/c'] ?? []).flatMap(texts)).toEqual([
    'child.on on ADD -> stay: true, taken; (inline) true context.n=0',
    'child.on on ADD -> stay: false; (inline) false context.n=1',
    'child.on on xstate.after.50.child.on -> child.off: true, taken; ',
  ])
  expect((all['parent/a'] ?? []).flatMap(texts)).toEqual([
    'parent.up on xstate.done.actor.w -> stay: true, taken; isOne true event.output=1',
    'parent.up on xstate.done.actor.c -> parent.down: true, taken; ',
    'parent.up on xstate.done.actor.w -> stay: true, taken; isOne true event.output=1',
  ])
  expect((all['parent/a/w'] ?? []).flatMap(({ asked, states }) => [...asked, ...states])).toEqual([])
})

it('replays a record on its own version, and says which one is not registered', async () => {
  const version = (version: string, limit: number) =>
    createMachine({
      id: 'v',
      version,
      context: { n: 1 },
      initial: 'off',
      states: { off: { on: { GO: { guard: ({ context: { n } }) => n < limit, target: 'on' } } }, on: {} },
    })
  const harness = new Harness()
  const first = await harness.open({ machines: { v: version('1', 2) } })
  await first.spawn('v', 'a')
  await first.send('v/a', { type: 'GO' })
  await first.stop()
  const upgrades = [{ from: '1', to: '2', migrate: ({ value, context }: PastState) => ({ value, context }) }]
  const both = { v: { machine: version('2', 1), previous: [version('1', 2)], upgrades } }
  const second = await harness.open({ machines: both })
  const { 'v/a': known = [] } = await askedIn(harness)
  expect(known[1]?.asked).toMatchObject([{ taken: true }])
  const { 'v/a': unknown = [] } = await askedIn(harness, new Registry({ v: version('3', 1) }))
  expect(unknown[1]).toMatchObject({ asked: [], problem: expect.stringContaining('the log holds v@1') })
  const { 'v/a': foreign = [] } = await askedIn(harness, new Registry({}))
  expect(foreign[1]).toMatchObject({ asked: [], problem: 'the machine of v/a is not registered' })
  await second.stop()
})

it('goes on with the results of the guards themselves, and says which one the views disturb', async () => {
  const odd = createMachine({
    id: 'odd',
    context: { list: [1, 2] },
    initial: 'off',
    states: {
      off: {
        on: { GO: { guard: ({ context }) => structuredClone(context).list.length === 2, target: 'on' } },
      },
      on: {},
    },
  })
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { odd } })
  await supervisor.spawn('odd', 'a')
  await supervisor.send('odd/a', { type: 'GO' })
  const { 'odd/a': all = [] } = await askedIn(harness)
  expect(all[1]?.problem).toBeUndefined()
  expect(all[1]?.asked).toMatchObject([
    { result: 'true', taken: true, guards: [{ result: 'true', isUnsure: true }] },
  ])
})

it('says so when the machine leads elsewhere by now', async () => {
  const machine = (target: string) =>
    createMachine({ id: 'w', initial: 'off', states: { off: { on: { GO: target } }, on: {}, other: {} } })
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { w: machine('on') } })
  await supervisor.spawn('w', 'a')
  await supervisor.send('w/a', { type: 'GO' })
  const { 'w/a': all = [] } = await askedIn(harness, new Registry({ w: machine('other') }))
  expect(all[1]?.problem).toMatch(/it leads to "other", the log says "on"/)
})

it('says so for all later records of the actor, until a snapshot of it', async () => {
  const states = { off: { on: { GO: 'on' } }, on: { on: { GO: 'off' } }, other: { on: { GO: 'off' } } }
  const machine = (target: string) =>
    createMachine({ id: 'w', initial: 'off', states: { ...states, off: { on: { GO: target } } } })
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { w: machine('on') } })
  await supervisor.spawn('w', 'a')
  for (let n = 0; n < 4; n++) await supervisor.send('w/a', { type: 'GO' })
  const other = new Registry({ w: machine('other') })
  const problemsOf = async (past: Past) => {
    const problems: unknown[] = []
    for await (const record of harness.store.history('w/a'))
      problems.push((await guardsAsked(past, other, record)).problem)
    return problems
  }
  const leads = expect.stringMatching(/record 3 .*it leads to "other"/)
  expect(await problemsOf(new Past(harness.store, other))).toEqual([undefined, leads, leads, leads, leads])

  const fourth = await cellAt(harness.store, supervisor.registry, 'w/a', { rev: 4 })
  const snapshot = persistCell(fourth as Cell)
  const store = new Proxy(harness.store, {
    get(of, name) {
      const member: unknown = Reflect.get(of, name, of)
      if (name !== 'snapshots') return typeof member === 'function' ? member.bind(of) : member
      return async function* (_actor: string, { maxSeq = Number.POSITIVE_INFINITY } = {}) {
        if (snapshot.seq <= maxSeq) yield snapshot
      }
    },
  })
  expect(await problemsOf(new Past(store, other))).toEqual([undefined, leads, leads, leads, undefined])
})

it('says so when a record or one before it emits other events by now', async () => {
  const machine = (n: number) =>
    createMachine({
      id: 'w',
      on: { GO: { actions: emit({ type: 'GONE', n }) }, STAY: { guard: () => true, actions: [] } },
    })
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { w: machine(1) } })
  await supervisor.spawn('w', 'a')
  await supervisor.send('w/a', { type: 'GO' })
  await supervisor.send('w/a', { type: 'STAY' })
  const { 'w/a': all = [] } = await askedIn(harness, new Registry({ w: machine(2) }))
  const emits = 'record 3 emits other events when replayed'
  expect(all.map(({ problem }) => problem)).toEqual([undefined, emits, emits])
  expect(all[2]?.asked).toMatchObject([{ on: 'STAY', taken: true }])
})

it('notes so much of what guards read, and says of which one there is more', async () => {
  const isRising = ({ context }: { context: { list: readonly number[] } }) =>
    context.list.every((n, i) => n === i)
  const long = createMachine({
    id: 'long',
    context: { list: Array.from({ length: 20_000 }, (_, n) => n) },
    initial: 'off',
    states: {
      off: {
        on: { GO: [{ guard: not(and([isRising, isRising, isRising] as never)) }, { target: 'on' }] },
      },
      on: {},
    },
  } as never)
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { long } })
  await supervisor.spawn('long', 'a')
  await supervisor.send('long/a', { type: 'GO' })
  const { 'long/a': all = [] } = await askedIn(harness)
  expect(all[1]?.problem).toBeUndefined()
  const [refused, taken] = all[1]?.asked ?? []
  const rows = refused?.guards.map((one) => [one.result, one.reads.length, one.isCut, one.isUnsure])
  expect(rows?.slice(2)).toEqual([
    ['true', READS_MAX, true, undefined],
    ['true', READS_MAX, true, undefined],
    ['true', 0, true, undefined],
  ])
  expect(taken?.taken).toBe(true)
})

it('says so when a record asks a port for something else by now', async () => {
  const toDesk = sendTo(({ system }) => system.get('port/desk'), { type: 'PLACE' })
  const machine = (qty: number) => {
    const place = sendTo(({ system }) => system.get('port/desk'), { type: 'PLACE', qty } as never)
    return createMachine({ id: 'w', on: { GO: { actions: [place, toDesk] } } })
  }
  const port = { start() {}, deliver: async () => {}, recover: async () => {} }
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { w: machine(1) }, ports: { desk: port } })
  await supervisor.spawn('w', 'a')
  await supervisor.send('w/a', { type: 'GO' })
  const { 'w/a': same = [] } = await askedIn(harness)
  expect(same[1]?.problem).toBeUndefined()
  const { 'w/a': other = [] } = await askedIn(harness, new Registry({ w: machine(2) }))
  expect(other[1]?.problem).toBe('record 3 asks ports for something else when replayed')
})

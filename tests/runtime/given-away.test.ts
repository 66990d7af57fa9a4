/** Tests that objects which the runtime gives away can change neither an actor nor what others get. */
import { describe, expect, it } from 'vitest'
import { emit, fromCallback, fromPromise, fromTransition, sendTo, setup } from 'xstate'
import type { ActorView } from '../../src/runtime/actors/actor-view.ts'
import type { Port } from '../../src/runtime/port.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { Ref } from '../../src/runtime/record/ref.ts'
import { Harness } from './harness.ts'
import { isDeeplyFrozen } from './odd-values.ts'

const kid = setup({}).createMachine({})
const pair = setup({
  types: {} as { events: { type: 'FLIP' | 'TELL' } },
  actors: { kid },
}).createMachine({
  type: 'parallel',
  invoke: { src: 'kid', id: 'kid' },
  states: {
    left: {
      initial: 'up',
      states: {
        up: { on: { FLIP: 'down' }, after: { 5000: 'down' } },
        down: { on: { FLIP: 'up' } },
        past: { type: 'history' },
      },
    },
    right: {
      on: {
        TELL: {
          actions: [emit({ type: 'TOLD' }), sendTo(({ system }) => system.get('port/p'), { type: 'P' })],
        },
      },
    },
  },
})

/** Tries to change everything in an object. Returns the paths that changed. */
function changed(object: object, path: string): string[] {
  return Object.entries(object).flatMap(([key, value]) => {
    const at = `${path}.${key}`
    const could = Reflect.set(object, key, value) ? [at] : []
    return typeof value === 'object' && value !== null && key !== 'machine'
      ? [...could, ...(Object.isFrozen(value) ? [] : [`${at} is not frozen`])]
      : could
  })
}

/**
 * Returns the paths in a value that can be changed. The machine and its states belong to the program and are left out.
 */
function changeable(value: unknown, path: string, known = new Set<unknown>()): string[] {
  if (typeof value !== 'object' || value === null || known.has(value)) return []
  if ('__xstatenode' in value || 'order' in value || value instanceof Ref) return []
  known.add(value)
  if (value instanceof Map) return [path]
  const here = Object.isFrozen(value) && (!(value instanceof Set) || !canAdd(value)) ? [] : [path]
  const parts = value instanceof Set ? [...value] : Object.entries(value)
  return [
    ...here,
    ...parts.flatMap((part) =>
      Array.isArray(part) ? changeable(part[1], `${path}.${part[0]}`, known) : changeable(part, path, known),
    ),
  ]
}

function canAdd(set: Set<unknown>): boolean {
  try {
    set.add('more')
    return true
  } catch {
    return false
  }
}

const family = setup({
  types: {} as { context: object; input: object; tags: 'home' },
  actors: {
    called: fromCallback<AnyEvent, object>(() => {}),
    asked: fromPromise<object, object>(async ({ input }) => ({ input, answer: [{}] })),
    refused: fromPromise<object, object>(async () => {
      throw Object.assign(new Error('no'), { code: 'NO' })
    }),
    counted: fromTransition((state: object) => state, { n: [0] }),
    grown: setup({}).createMachine({
      initial: 'done',
      states: { done: { type: 'final' } },
      output: { a: { b: [] } },
    }),
  },
}).createMachine({
  context: ({ input }) => ({ input, list: [{}] }),
  invoke: ['called', 'asked', 'refused', 'counted', 'grown'].map((src) => ({
    src,
    id: src,
    input: { from: [src] },
    onError: {},
  })) as never,
  initial: 'home',
  states: {
    home: {
      tags: 'home',
      initial: 'one',
      states: { one: { on: { AWAY: '#away' } }, past: { type: 'history' } },
    },
    away: { id: 'away', on: { BACK: 'home.past' } },
  },
})

const portTo = (got: string[]): Port => ({
  deliver: ({ id }) => void got.push(id),
  recover: () => {},
})

describe('a value that the runtime gives away', () => {
  it('is frozen as a snapshot, even after it is restored', async () => {
    const harness = new Harness()
    const options = { machines: { pair }, ports: { p: portTo([]) } }
    let supervisor = await harness.open(options)
    await supervisor.spawn('pair', 'p')
    await supervisor.send('pair/p', { type: 'FLIP' })
    const look = () => {
      const { tags: _, ...snapshot } = supervisor.getSnapshot('pair/p') as { tags?: unknown }
      expect(Object.isFrozen(supervisor.getSnapshot('pair/p'))).toBe(true)
      expect(changed(Object.freeze(snapshot), 'snapshot')).toEqual([])
    }
    look()
    await supervisor.stop()
    supervisor = await harness.open(options)
    look()
    await supervisor.send('pair/p', { type: 'FLIP' })
    expect(harness.value('pair/p')).toEqual({ left: 'up', right: {} })
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it("has nothing changeable as any actor's snapshot, except the machine", async () => {
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { family } })
    await supervisor.spawn('family', 'f', { deep: { a: [1] } })
    for (const type of ['AWAY', 'BACK', 'AWAY']) await supervisor.send('family/f', { type })
    await new Promise(setImmediate)
    await supervisor.idle()
    const seen: unknown[] = []
    supervisor.watch(({ snapshot }) => void seen.push(snapshot))
    await supervisor.send('family/f', { type: 'BACK' })
    const children = ['called', 'asked', 'refused', 'counted', 'grown'].map((id) => `family/f/${id}`)
    const snapshots = ['family/f', ...children].map((address) => supervisor.getSnapshot(address))
    expect(snapshots.map((snapshot) => snapshot?.status)).toEqual([
      'active',
      'active',
      'done',
      'error',
      'active',
      'done',
    ])
    for (const snapshot of [...snapshots, ...seen]) expect(changeable(snapshot, 'snapshot')).toEqual([])
    const own = snapshots[0] as unknown as {
      tags: Set<string>
      hasTag(tag: string): boolean
      historyValue: object
    }
    expect([own.hasTag('home'), [...own.tags], own.historyValue]).toEqual([true, ['home'], expect.anything()])
    for (const change of [() => own.tags.add('x'), () => own.tags.delete('home'), () => own.tags.clear()])
      expect(change).toThrow('cannot be changed')
    expect([...new Set(own.tags).add('x')]).toEqual(['home', 'x'])
    expect(supervisor.getSnapshot('family/f')).toBe(own)
  })

  it('is frozen as a record: a subscriber cannot change it for the next one, or for a port', async () => {
    const harness = new Harness()
    const got: string[] = []
    const supervisor = await harness.open({ machines: { pair }, ports: { p: portTo(got) } })
    const open: string[] = []
    supervisor.transitions$.subscribe((record) => {
      if (!isDeeplyFrozen(record)) open.push(`${record.actor} ${record.event.type}`)
    })
    await supervisor.spawn('pair', 'p')
    for (const type of ['FLIP', 'TELL', 'FLIP']) await supervisor.send('pair/p', { type })
    expect(open).toEqual([])
    expect(got).toEqual(['pair/p/P:1'])
  })

  it.each(['live', 'after a stop', 'after a crash'])(
    'has nothing changeable as a record or view of a failing actor, %s',
    async (when) => {
      const harness = new Harness()
      const machine = setup({}).createMachine({
        on: {
          BAD: {
            actions: () => {},
            guard: () => {
              throw Object.assign(new Error('no'), { code: 'NO' })
            },
          },
        },
        after: { 5000: {} },
      })
      const machines = { frail: { machine, supervision: { strategy: 'restart' } as const }, pair }
      const ports = { p: portTo([]) }
      let supervisor = await harness.open({ machines, ports })
      const open: string[] = []
      supervisor.transitions$.subscribe((record) => {
        open.push(...changeable(record, `${record.actor} ${record.event.type}`))
      })
      for (const id of ['waits', 'stands', 'kept']) await supervisor.spawn('frail', id)
      await supervisor.spawn('pair', 'p')
      for (const id of ['waits', 'kept'])
        await expect(supervisor.send(`frail/${id}`, { type: 'BAD' })).rejects.toThrow('no')
      await supervisor.send('frail/kept', { type: 'X', of: [{}] })
      const suspicion = { error: { name: 'Error', message: 'm' }, event: { type: 'X', of: [{}] } }
      await supervisor.quarantine('frail/stands', suspicion)
      await supervisor.quarantine('frail/kept', suspicion)
      if (when === 'after a stop') await supervisor.stop()
      if (when !== 'live') supervisor = await harness.open({ machines, ports })
      const views: ActorView[] = []
      for await (const view of supervisor.actors()) views.push(view)
      expect(views.map(({ condition }) => condition)).toEqual([
        'quarantined',
        'quarantined',
        'restarting',
        ...[undefined, undefined, undefined],
      ])
      expect(views.flatMap(({ timers }) => timers)).toHaveLength(4)
      // A view itself belongs to its reader; the objects in it do not.
      for (const view of views)
        for (const [name, value] of Object.entries(view))
          if (name !== 'tags' && name !== 'children')
            open.push(...changeable(value, `${view.address} ${name}`))
      await supervisor.release('frail/stands', { by: 'me' })
      expect(open).toEqual([])
    },
  )

  it('comes once for each record to a watcher that watches again', async () => {
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { pair }, ports: { p: portTo([]) } })
    await supervisor.spawn('pair', 'p')
    const seen: number[] = []
    const watch = (): (() => void) =>
      supervisor.watch(({ record }) => {
        // Without this limit, a failing test would not end.
        if (seen.length > 10) throw new Error('called again and again')
        seen.push(record.rev)
        unwatch()
        unwatch = watch()
      })
    let unwatch = watch()
    await supervisor.send('pair/p', { type: 'FLIP' })
    await supervisor.send('pair/p', { type: 'FLIP' })
    expect(seen).toEqual([2, 3])
  })
})

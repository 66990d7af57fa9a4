/** What the runtime gives away cannot change an actor, nor what others are told. */
import { describe, expect, it } from 'vitest'
import { emit, sendTo, setup } from 'xstate'
import type { Port } from '../../src/runtime/port.ts'
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

/** Tries to change all that an object holds. Returns what could be changed. */
function changed(object: object, path: string): string[] {
  return Object.entries(object).flatMap(([key, value]) => {
    const at = `${path}.${key}`
    const could = Reflect.set(object, key, value) ? [at] : []
    return typeof value === 'object' && value !== null && key !== 'machine'
      ? [...could, ...(Object.isFrozen(value) ? [] : [`${at} is not frozen`])]
      : could
  })
}

const portTo = (got: string[]): Port => ({
  deliver: ({ id }) => void got.push(id),
  recover: () => {},
})

describe('what is given away', () => {
  it('as a snapshot is frozen, also as it comes back', async () => {
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

  it('as a record is frozen: a subscriber takes nothing from the next, nor from a port', async () => {
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
    expect(got).toEqual(['pair/p/3/0'])
  })

  it('as a view is frozen', async () => {
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { pair }, ports: { p: portTo([]) } })
    await supervisor.spawn('pair', 'p')
    const view = await supervisor.view('pair/p')
    expect(view?.timers).toHaveLength(1)
    expect([view?.value, view?.timers, view?.path, view?.timers[0]].every(Object.isFrozen)).toBe(true)
  })

  it('to a watcher that watches anew comes to it once for each record', async () => {
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { pair }, ports: { p: portTo([]) } })
    await supervisor.spawn('pair', 'p')
    const seen: number[] = []
    const watch = (): (() => void) =>
      supervisor.watch(({ record }) => {
        // Without an end to it, this test would not have one either.
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

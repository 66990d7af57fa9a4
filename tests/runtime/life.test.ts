/** Tests that a life shows each record with the states and the transitions of its time. */
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type AnyStateMachine, assign, setup } from 'xstate'
import type { Registration } from '../../src/runtime/actors/kind.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import type { PastState } from '../../src/runtime/actors/upgrade.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import { changesBetween } from '../../src/runtime/state/changes.ts'
import { type LifeRange, type LifeStep, lifeOf } from '../../src/runtime/state/life.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { newMemory } from '../../store/index.ts'
import { SEED } from '../seeded.ts'
import { Harness } from './harness.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const door = setup({ types: {} as { context: { opened: number } } }).createMachine({
  id: 'door',
  initial: 'shut',
  context: { opened: 0 },
  states: {
    shut: {
      on: { OPEN: { target: 'open', actions: assign({ opened: ({ context }) => context.opened + 1 }) } },
    },
    open: { on: { SHUT: 'shut' } },
  },
})

async function lived(events: number): Promise<Harness> {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { door }, checkpointEvery: 50 })
  await supervisor.spawn('door', 'front')
  for (let n = 0; n < events; n++)
    await supervisor.send('door/front', { type: n % 2 === 0 ? 'OPEN' : 'SHUT', at: 1_000 + n })
  return harness
}

async function stepsOf(
  { store }: Harness,
  range: LifeRange,
  machines: ConstructorParameters<typeof Registry>[0] = { door },
): Promise<LifeStep[]> {
  const steps: LifeStep[] = []
  for await (const step of lifeOf(store, new Registry(machines), 'door/front', range)) steps.push(step)
  return steps
}

it('shows the state before and after each record, and the transitions taken', async () => {
  const [first, second, third] = await stepsOf(await lived(2), {})
  expect(first).toMatchObject({ record: { rev: 1 }, after: { value: 'shut', rev: 1 } })
  expect(first).not.toHaveProperty('before')
  expect(second).toMatchObject({
    before: { value: 'shut', rev: 1 },
    after: { value: 'open', rev: 2 },
    taken: [{ source: 'door.shut', targets: ['door.open'], eventType: 'OPEN' }],
  })
  expect(changesBetween(second?.before?.context, second?.after?.context)).toEqual([
    { path: ['opened'], was: 0, is: 1 },
  ])
  expect(changesBetween(third?.before?.context, third?.after?.context)).toEqual([])
})

it('agrees with stateAt at each rev, in both directions and in any range', async () => {
  const harness = await lived(700)
  await harness.supervisor.stop()
  const { supervisor } = { supervisor: await harness.open({ machines: { door } }) }
  const revsOf = (steps: readonly LifeStep[]) => steps.map(({ record }) => record.rev)
  for (const [range, revs] of [
    [{ fromRev: 300, toRev: 303 }, [300, 301, 302, 303]],
    [{ fromRev: 700 }, [700, 701]],
    [{ fromRev: 300, limit: 2 }, [300, 301]],
    [{ reverse: true, limit: 3 }, [701, 700, 699]],
    [{ reverse: true, fromRev: 299, toRev: 301 }, [301, 300, 299]],
    [{ fromRev: 702 }, []],
  ] as const) {
    const steps = await stepsOf(harness, range)
    expect(revsOf(steps)).toEqual(revs)
    for (const { record, before, after } of steps) {
      expect(after).toEqual(await supervisor.stateAt('door/front', { rev: record.rev }))
      expect(before).toEqual(await supervisor.stateAt('door/front', { rev: record.rev - 1 }))
    }
  }
  expect(revsOf(await stepsOf(harness, { reverse: true }))).toEqual(
    Array.from({ length: 701 }, (_, n) => 701 - n),
  )
})

it('reads no more than the records since the snapshot before the range', async () => {
  const harness = await lived(700)
  let read = 0
  await stepsOf(harness, { fromRev: 690, toRev: 692, onRead: () => read++ })
  expect(read).toBeLessThan(200)
})

it('reads few records twice when the newest come first', async () => {
  const harness = await lived(700)
  let read = 0
  expect(await stepsOf(harness, { reverse: true, onRead: () => read++ })).toHaveLength(701)
  expect(read).toBeLessThan(1.5 * 701)
})

it('goes on without states where the machine of the time is not registered, and says so', async () => {
  const harness = await lived(2)
  const steps = await stepsOf(harness, {}, {})
  expect(steps.map(({ record, unread }) => [record.rev, unread?.code])).toEqual([
    [1, 'KIND_UNKNOWN'],
    [2, 'KIND_UNKNOWN'],
    [3, 'KIND_UNKNOWN'],
  ])
  const next = setup({}).createMachine({ version: '2', initial: 'shut', states: { shut: {} } })
  expect((await stepsOf(harness, {}, { door: next })).map(({ unread }) => unread?.code)).toEqual(
    Array(3).fill('MACHINE_VERSION_UNKNOWN'),
  )
  const other = setup({}).createMachine({ initial: 'shut', states: { shut: {} } })
  const [first, second] = await stepsOf(harness, {}, { door: other })
  expect(first).toMatchObject({ after: { value: 'shut' } })
  expect(second).toMatchObject({ record: { rev: 2 }, unread: { code: 'REPLAY_DIVERGED' } })
  expect(second).not.toHaveProperty('after')
})

describe('after upgrades', () => {
  const doorOf = (version: string, isStuck: (n: number) => boolean = () => false) =>
    setup({ types: {} as { events: { type: 'OPEN' | 'SHUT'; n: number } } }).createMachine({
      id: 'door',
      version,
      initial: 'shut',
      states: {
        shut: { on: { OPEN: { target: 'open', guard: ({ event }) => !isStuck(event.n) } } },
        open: { on: { SHUT: 'shut' } },
      },
    })
  const [v1, v2, v3] = [doorOf('1'), doorOf('2'), doorOf('3')]
  const upgrade = (from: string, to: string) => ({ from, to, migrate: (state: PastState) => state })
  const memory = newMemory()
  const openStore = () => openMemoryStore(memory, { snapshotsKept: 1_000 })

  beforeAll(async () => {
    let n = 0
    for (const machine of [
      v1,
      { machine: v2, previous: [v1], upgrades: [upgrade('1', '2')] },
      { machine: v3, previous: [v1, v2], upgrades: [upgrade('1', '2'), upgrade('2', '3')] },
    ]) {
      const store = await openStore()
      const clock = new EventClock(1_000)
      const supervisor = await createSupervisor({
        store,
        clock,
        machines: { door: machine },
        checkpointEvery: 7,
      })
      if (n === 0) await supervisor.spawn('door', 'front')
      for (const end = n + 30; n < end; n++)
        await supervisor.send('door/front', { type: n % 2 === 0 ? 'OPEN' : 'SHUT', n })
      await supervisor.stop()
    }
  })

  it.each<[name: string, door: Registration | AnyStateMachine, changesOfKnown: number]>([
    ['only the newest machine', v3, 1],
    ['only the one between', v2, 2],
    ['all but the one between', { machine: v3, previous: [v1] }, 2],
    [
      'a changed machine',
      { machine: v3, previous: [doorOf('1', (n) => n === 12), doorOf('2', (n) => n % 20 === 0)] },
      4,
    ],
  ])(
    `shows the same steps wherever a reading begins, with %s (seed ${SEED})`,
    async (_name, door, changes) => {
      const registry = new Registry({ door })
      const store = await openStore()
      const read = async (range: LifeRange) => {
        const steps: LifeStep[] = []
        for await (const step of lifeOf(store, registry, 'door/front', range)) steps.push(step)
        return steps
      }
      const whole = await read({})
      const known = whole.map(({ unread }) => unread === undefined)
      expect(known.filter((is, i) => i > 0 && is !== known[i - 1])).toHaveLength(changes)
      const rev = fc.integer({ min: 1, max: whole.length })
      await fc.assert(
        fc.asyncProperty(
          rev,
          rev,
          fc.boolean(),
          fc.integer({ min: 1, max: 40 }),
          async (one, other, reverse, limit) => {
            const [fromRev, toRev] = [Math.min(one, other), Math.max(one, other)]
            const part = whole.slice(fromRev - 1, toRev)
            const steps = await read({ fromRev, toRev, reverse, limit })
            expect(steps).toEqual((reverse ? part.reverse() : part).slice(0, limit))
          },
        ),
        { seed: SEED, numRuns: 60 },
      )
    },
  )
})

it('keeps few large states in memory at a time, also when the newest records come first', async () => {
  const texts: WeakRef<object>[] = []
  const contextOf = (n: number) => {
    const long = { text: String(n).padStart(1_000_000) }
    texts.push(new WeakRef(long))
    return { n, long }
  }
  const large = setup({ types: {} as { context: { n: number; long: object } } }).createMachine({
    context: () => contextOf(0),
    on: { GO: { actions: assign(({ context }) => contextOf(context.n + 1)) } },
  })
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { large } })
  await supervisor.spawn('large', 'a')
  for (let n = 1; n < 120; n++) await supervisor.send('large/a', { type: 'GO' })
  const revs: number[] = []
  let most = 0
  for await (const { record, after } of supervisor.life('large/a', { reverse: true })) {
    expect(after).toMatchObject({ rev: record.rev, context: { n: record.rev - 1 } })
    revs.push(record.rev)
    // A reference to what is new keeps it in memory until the present task ends.
    await setImmediate()
    if (record.rev % 10 !== 0) continue
    gc()
    most = Math.max(most, texts.filter((one) => one.deref() !== undefined).length)
  }
  expect(revs).toEqual(Array.from({ length: 120 }, (_, n) => 120 - n))
  expect(most).toBeLessThan(40)
})

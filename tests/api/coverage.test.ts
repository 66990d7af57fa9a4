/** Tests the counts of taken transitions: they agree with a count by hand, are bounded, and are said to be. */
import { afterEach, expect, it } from 'vitest'
import { setup } from 'xstate'
import { machines } from '../../machines/index.ts'
import { routes } from '../../src/api/contract/routes.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import type { AnswerOf } from '../../src/client/index.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { coverageOf } from '../../src/runtime/state/coverage.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import type { TakenTransition } from '../../src/runtime/xstate/effect.ts'
import { Floor } from '../machines/floor.ts'
import { Harness } from '../runtime/harness.ts'

type Coverage = AnswerOf<typeof routes.coverage>
let api: ApiServer | undefined
let supervisor: Supervisor

afterEach(async () => {
  await api?.close()
  api = undefined
  await supervisor.stop()
})

async function serve(): Promise<void> {
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
}

async function askFor(path: string): Promise<Coverage> {
  const response = await fetch(`${api?.url}${path}`)
  const body = (await response.json()) as Coverage
  expect(response.status, JSON.stringify(body)).toBe(200)
  expect(routes.coverage.answers[200].parse(body)).toEqual(body)
  return body
}

const text = ({ source, eventType, targets, guard }: TakenTransition) =>
  [source, eventType, ...targets, ...(guard === undefined ? [] : [`[${guard}]`])].join(' ')

/** Goes from a to b, and back, and stays where it is for what it does not know. */
const lamp = setup({}).createMachine({
  id: 'lamp',
  initial: 'off',
  states: {
    off: { on: { PRESS: 'on', LOOK: {} } },
    on: { on: { PRESS: 'off', BREAK: 'broken' } },
    broken: {},
  },
})

async function lamps(presses: readonly number[]): Promise<Harness> {
  const harness = new Harness()
  await harness.open({ machines: { lamp: { machine: lamp, activate: () => ({}) } } })
  supervisor = harness.supervisor
  for (const [i, times] of presses.entries())
    for (let n = 0; n < times; n++) await supervisor.send(`lamp/l-${i}`, { type: 'PRESS' })
  return harness
}

it('counts what a live run took, to the one', async () => {
  const floor = await Floor.open()
  supervisor = floor.harness.supervisor
  const live = new Map<string, number>()
  const watching = supervisor.watch(({ record, taken }) => {
    if (!record.actor.startsWith('order/')) return
    for (const one of taken) live.set(text(one), (live.get(text(one)) ?? 0) + 1)
  })
  await floor.order('o')
  await floor.order('p')
  await floor.pass()
  watching()
  await serve()
  const { version, actors, records, seq, transitions, of, whole } = await askFor('/machines/order/coverage')
  expect(live.size).toBeGreaterThan(1)
  expect(
    Object.fromEntries(transitions.flatMap((one) => (one.count > 0 ? [[text(one), one.count]] : []))),
  ).toEqual(Object.fromEntries(live))
  expect({ version, actors, seq }).toEqual({
    version: machines.order.machine.version,
    actors: 2,
    seq: supervisor.seq,
  })
  let orders = 0
  for await (const { actor } of supervisor.read()) if (actor.startsWith('order/')) orders++
  expect(records).toBe(orders)
  expect({ of, whole }).toEqual({ of: { actors: 2, records: orders }, whole: true })
})

it('has every transition, also what was never taken, and how many actors took one', async () => {
  await lamps([1, 4])
  await serve()
  const { transitions, entered } = await askFor('/machines/lamp/coverage')
  expect(entered).toEqual(['lamp', 'lamp.off', 'lamp.on'])
  expect(transitions.map((one) => [text(one), one.count, one.actors])).toEqual([
    ['lamp.off PRESS lamp.on', 3, 2],
    ['lamp.off LOOK', 0, 0],
    ['lamp.on PRESS lamp.off', 2, 1],
    ['lamp.on BREAK lamp.broken', 0, 0],
  ])
})

it('counts two ways of one event by their guards', async () => {
  const counter = setup({ guards: { isThird: ({ event }) => event.i % 3 === 0 } }).createMachine({
    types: {} as { events: { type: 'STEP'; i: number } },
    id: 'counter',
    on: { STEP: [{ guard: 'isThird', actions: () => {} }, { actions: () => {} }] },
  })
  const harness = new Harness()
  await harness.open({ machines: { counter: { machine: counter, activate: () => ({}) } } })
  supervisor = harness.supervisor
  for (let i = 1; i <= 7; i++) await supervisor.send('counter/c', { type: 'STEP', i })
  await serve()
  const { transitions } = await askFor('/machines/counter/coverage')
  expect(transitions.map((one) => [text(one), one.count])).toEqual([
    ['counter STEP [isThird]', 2],
    ['counter STEP', 5],
  ])
})

it('looks at the latest actors, and at no more records than it may', async () => {
  await lamps([2, 2, 2])
  await supervisor.send('lamp/l-0', { type: 'PRESS' })
  const some = await supervisor.coverage('lamp', '1', { actorsMax: 1 })
  expect(some).toMatchObject({ actors: 1, records: 4, of: { actors: 3, records: 10 }, isWhole: false })
  const few = await supervisor.coverage('lamp', '1', { recordsMax: 5 })
  expect(few.records).toBe(5)
  expect(few.actors).toBe(2)
  expect(few.isWhole).toBe(false)
  const all = await supervisor.coverage('lamp', '1', { actorsMax: 3, recordsMax: 10, presentMax: 2 })
  expect(all).toMatchObject({ actors: 3, records: 10, isWhole: true })
  expect(all.of, 'nobody asks more actors than it may').toEqual({ actors: 3 })
})

it('knows the states in which actors are whose records it does not read', async () => {
  await lamps([1, 2, 2])
  await supervisor.send('lamp/l-0', { type: 'BREAK' })
  await supervisor.send('lamp/l-1', { type: 'PRESS' })
  const { actors, values, isWhole } = await supervisor.coverage('lamp', '1', { actorsMax: 1 })
  expect({ actors, values, isWhole }).toEqual({ actors: 1, values: ['off', 'on', 'broken'], isWhole: false })
  const unasked = await supervisor.coverage('lamp', '1', { actorsMax: 1, presentMax: 0 })
  expect(unasked.values).toEqual(['off', 'on'])
})

it('does not say that all was read when the machine of some records is not there', async () => {
  const { store } = await lamps([2])
  const next = setup({}).createMachine({ id: 'lamp', version: '2', initial: 'off', states: { off: {} } })
  const registry = new Registry({ lamp: { machine: next, activate: () => ({}) } })
  const source = { log: store, registry, present: () => undefined }
  expect(await coverageOf(source, 'lamp', '2')).toMatchObject({
    records: 0,
    of: { actors: 1 },
    isWhole: false,
  })
})

it('finds an actor that did nothing lately by its address, and of a long life takes its beginning and its end', async () => {
  await lamps([1])
  const long = 2_600
  for (let i = 0; i < long; i += 200)
    await Promise.all(Array.from({ length: 200 }, () => supervisor.send('lamp/long', { type: 'PRESS' })))
  const { records, actors, taken, of, isWhole } = await supervisor.coverage('lamp', '1')
  expect(actors).toBe(2)
  expect({ of, isWhole }).toEqual({ of: { actors: 2, records: long + 3 }, isWhole: false })
  expect(records).toBeGreaterThanOrEqual(750)
  expect(records).toBeLessThan(long)
  expect(taken.reduce((sum, { count }) => sum + count, 0)).toBe(records - 2)
})

it('answers the same counts again for a while', async () => {
  await lamps([1])
  await serve()
  const first = await askFor('/machines/lamp/coverage')
  await supervisor.send('lamp/l-0', { type: 'PRESS' })
  expect(await askFor('/machines/lamp/coverage?version=1')).toEqual(first)
})

/** Tests the links of a record to its cause and its effects, and the statecharts of kinds. */
import { afterEach, expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { machines } from '../../machines/index.ts'
import { routes } from '../../src/api/contract/routes.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { type AnswerOf, createClient } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { Floor } from '../machines/floor.ts'
import { eventually, Harness } from '../runtime/harness.ts'

let api: ApiServer
let supervisor: Supervisor

async function serve(of: Supervisor): Promise<void> {
  supervisor = of
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
}
afterEach(async () => {
  await api.close()
  await supervisor.stop()
})

type Linked = AnswerOf<typeof routes.record>

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${api.url}${path}`)
  return { status: response.status, body: await response.json() }
}

async function linked(seq: number, query = ''): Promise<Linked> {
  const { status, body } = await get(`/records/${seq}${query}`)
  expect(status, JSON.stringify(body)).toBe(200)
  expect(routes.record.answers[200].parse(body)).toEqual(body)
  return body as Linked
}

it('links every record of an order to its cause, its effects and the answers to its intents', async () => {
  const floor = await Floor.open()
  await serve(floor.harness.supervisor)
  await floor.order('o')
  await floor.pass()
  const records: TransitionRecord[] = []
  for await (const record of supervisor.read()) records.push(record)
  const answered: string[] = []
  for (const record of records) {
    const { seq, cause, intents = [] } = record
    const found = await linked(seq)
    expect(found.record).toEqual(JSON.parse(JSON.stringify(record)))
    expect(found.cause?.seq ?? null).toBe(cause)
    const ids = intents.map(({ id }) => id)
    const effects = records.filter(
      (one) =>
        one.seq > seq && (one.cause === seq || (one.completes !== undefined && ids.includes(one.completes))),
    )
    expect(found.effects).toMatchObject({
      records: effects.map((one) => ({ seq: one.seq, actor: one.actor, type: one.event.type })),
      searchedTo: supervisor.seq,
    })
    answered.push(
      ...found.effects.records.flatMap(({ completes }) => completes ?? []).filter((id) => ids.includes(id)),
    )
  }
  expect(answered.length).toBeGreaterThan(0)
})

it('explains every record of an order: what began it, what was asked, what it led to', async () => {
  const floor = await Floor.open()
  await serve(floor.harness.supervisor)
  await floor.order('o')
  await floor.pass()
  const client = createClient({ url: api.url })
  const problems: string[] = []
  let read = 0
  for await (const { seq } of supervisor.read()) {
    const { body } = await get(`/records/${seq}/why`)
    expect(routes.why.answers[200].parse(body)).toEqual(body)
    const why = await client.ask('why', { params: { seq } })
    expect(why).toEqual(body)
    expect(why).toEqual(JSON.parse(JSON.stringify(await supervisor.why(seq))))
    problems.push(...[why, ...why.causes, ...why.effects].flatMap(({ guards }) => guards?.problem ?? []))
    read += why.read
  }
  expect(problems).toEqual([])
  expect(read).toBeGreaterThan(supervisor.seq)
  const [filled] = (await client.events({ tail: 1, type: 'ORDER_FILLED' })).events
  const { causes, guards, effects } = await client.ask('why', { params: { seq: filled?.seq ?? 0 } })
  expect(causes[0]?.record).toMatchObject({ event: { type: 'ORDER_REQUEST' }, cause: null })
  expect(guards?.asked.find(({ taken }) => taken)).toMatchObject({
    targets: ['order.execution.filled'],
    guards: [{ guard: 'leads(to: filled, from: accepted)', result: 'true' }],
  })
  expect(effects.map(({ record }) => record.actor)).toContain('position/paper:BTCUSDT')
  const shallow = await client.ask('why', {
    params: { seq: causes[0]?.record.seq ?? 0 },
    query: { depth: 1 },
  })
  expect(shallow.effects.every(({ depth }) => depth === 1)).toBe(true)
  expect(shallow.leftOut).toBeGreaterThan(0)
})

it('gives URLs that lead on', async () => {
  const floor = await Floor.open()
  await serve(floor.harness.supervisor)
  await floor.order('o')
  const submitted = (await linked(1)).links
  expect((await get(submitted.url)).status).toBe(200)
  const [first] = (await createClient({ url: api.url }).events({ tail: 1, type: 'ORDER_CREATED' })).events
  const { cause, links } = await linked(first?.seq ?? 0)
  expect(cause).toMatchObject({ actor: 'account/paper', type: 'ORDER_REQUEST' })
  expect(await get(cause?.url ?? '')).toMatchObject({ status: 200, body: { record: { seq: cause?.seq } } })
  expect(await get(links.actorUrl)).toMatchObject({
    status: 200,
    body: { address: 'order/o', seq: first?.seq },
  })
})

it('finds an effect that came long after, and says how far it looked', async () => {
  const harness = new Harness()
  await harness.open({ machines: { lamp: createMachine({ id: 'lamp', on: { GO: {} } }) } })
  await harness.supervisor.spawn('lamp', 'a')
  const busy = await harness.supervisor.spawn('lamp', 'b')
  const { seq } = await harness.supervisor.send('lamp/a', { type: 'GO' })
  // The first record of a message names its correlation.
  const correlation = `c-${seq}`
  for (let n = 0; n < 10_500; n++) harness.supervisor.tell(busy, { type: 'GO' })
  await harness.supervisor.idle()
  const far = await harness.supervisor.send('lamp/a', { type: 'GO' }, { cause: seq, correlation })
  await serve(harness.supervisor)
  const { effects } = await linked(seq)
  expect(effects).toMatchObject({
    records: [{ seq: far.seq, actor: 'lamp/a', type: 'GO' }],
    searchedTo: far.seq,
  })
})

it('finds what an actor waits for, however late it came, without a search through the log', async () => {
  const waiting = {
    initial: 'idle',
    states: { idle: { on: { GO: 'waits' } }, waits: { after: { 60000: 'idle' } } },
  } as const
  const harness = new Harness()
  const machines = {
    lamp: createMachine({ id: 'lamp', ...waiting }),
    fan: createMachine({ id: 'fan', on: { GO: {} } }),
  }
  await harness.open({ machines })
  await harness.supervisor.spawn('lamp', 'a')
  const busy = await harness.supervisor.spawn('fan', 'b')
  const { seq } = await harness.supervisor.send('lamp/a', { type: 'GO' })
  for (let n = 0; n < 300; n++) harness.supervisor.tell(busy, { type: 'GO' })
  await harness.supervisor.idle()
  harness.clock.advanceTo(harness.clock.now() + 60_000)
  await eventually(() => expect(harness.value('lamp/a')).toBe('idle'))
  await serve(harness.supervisor)
  const [due] = (await harness.records()).filter(({ cause }) => cause === seq)
  const { cause, effects } = await linked(seq, '?within=0')
  expect(cause).toBeNull()
  expect(effects).toMatchObject({ records: [{ seq: due?.seq, actor: 'lamp/a' }], searchedTo: seq })
  expect(due?.seq).toBeGreaterThan(seq + 300)
})

it.each([
  ['/records/0', 400, 'REQUEST_INVALID'],
  ['/records/x', 400, 'REQUEST_INVALID'],
  ['/records/1.5', 400, 'REQUEST_INVALID'],
  ['/records/9007199254740993', 400, 'REQUEST_INVALID'],
  ['/records/999', 404, 'RECORD_UNKNOWN'],
  ['/records/999/why', 404, 'RECORD_UNKNOWN'],
  ['/records/x/why', 400, 'REQUEST_INVALID'],
  ['/records/1/why?depth=0', 400, 'REQUEST_INVALID'],
  ['/machines/nosuch', 404, 'KIND_UNKNOWN'],
  ['/machines/order%2Fx', 404, 'KIND_UNKNOWN'],
  ['/machines/order?version=99', 400, 'REQUEST_INVALID'],
])('refuses %s with %i %s', async (path, status, code) => {
  const harness = new Harness()
  await harness.open({ machines })
  await serve(harness.supervisor)
  expect(await get(path)).toMatchObject({ status, body: { code } })
})

it('shows the statechart of each kind, in each version', async () => {
  const harness = new Harness()
  await harness.open({ machines })
  await serve(harness.supervisor)
  for (const { name, version, previous = [] } of harness.supervisor.registry.kinds) {
    const { status, body } = await get(`/machines/${name}`)
    expect(status).toBe(200)
    expect(routes.machineOfKind.answers[200].parse(body)).toEqual(body)
    const { versions } = body as AnswerOf<typeof routes.machineOfKind>
    expect([versions[0], versions.length]).toEqual([version, previous.length + 1])
    for (const one of versions)
      expect(await get(`/machines/${name}?version=${one}`)).toMatchObject({
        status: 200,
        body: { version: one },
      })
  }
})

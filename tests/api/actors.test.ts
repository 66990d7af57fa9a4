/** Tests what HTTP shows of actors: their past, their machines and their events; and the events that it refuses. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assign, emit, fromPromise, setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { createClient } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'

const counter = setup({
  types: {} as { context: { n: number } },
  actors: { wait: fromPromise(() => new Promise(() => {})) },
}).createMachine({
  id: 'counter',
  context: { n: 0 },
  initial: 'on',
  states: {
    on: {
      invoke: { src: 'wait', id: 'w' },
      on: {
        INC: {
          actions: [
            assign({ n: ({ context }) => context.n + 1 }),
            emit(({ context }) => ({ type: 'COUNTED', n: context.n })),
          ],
        },
        END: 'off',
      },
    },
    off: { type: 'final' },
  },
})

let harness: Harness
let api: ApiServer

beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines: { counter } })
  const { supervisor, clock } = harness
  for (const id of ['a', 'b']) await supervisor.spawn('counter', id)
  for (let n = 1; n <= 4; n++) {
    clock.advanceTo(1_000 * n)
    await supervisor.send(n === 3 ? 'counter/b' : 'counter/a', { type: 'INC' })
  }
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

interface Answer {
  readonly code?: string
  readonly records?: readonly { readonly rev: number; readonly changed?: unknown; readonly taken?: unknown }[]
  readonly read?: number
  readonly events?: readonly { readonly actor: string; readonly event: { readonly n: number } }[]
  readonly seq?: number
}

async function ask(path: string, init?: RequestInit): Promise<{ status: number; body: Answer }> {
  const response = await fetch(`${api.url}${path}`, init)
  return { status: response.status, body: (await response.json()) as Answer }
}

function post(path: string, event: object): Promise<{ status: number; body: Answer }> {
  const headers = { 'content-type': 'application/json' }
  return ask(path, { method: 'POST', headers, body: JSON.stringify(event) })
}

describe('the past of an actor', () => {
  it.each([
    ['at=1999', { rev: 2, context: { n: 1 }, at: 1_000 }],
    ['at=2000', { rev: 3, context: { n: 2 }, at: 2_000 }],
    ['seq=8', { rev: 3, context: { n: 2 }, seq: 7 }],
    ['rev=1', { rev: 1, context: { n: 0 } }],
  ])('is requested by %s', async (place, view) => {
    expect(await ask(`/actors/counter/a?${place}`)).toMatchObject({ status: 200, body: view })
  })

  it.each([
    ['before it was there', 'at=999', 404, 'ACTOR_UNKNOWN'],
    ['at two places at once', 'at=999&rev=1', 400, 'REQUEST_INVALID'],
    ['at a place that is none', 'rev=-1', 400, 'REQUEST_INVALID'],
  ])('is refused %s', async (_, place, status, code) => {
    expect(await ask(`/actors/counter/a?${place}`)).toMatchObject({ status, body: { code } })
  })

  it('is given from one rev to another', async () => {
    const revs = async (range: string) =>
      (await ask(`/actors/counter/a/history?${range}`)).body.records?.map(({ rev }) => rev)
    expect(await revs('fromRev=2')).toEqual([2, 3, 4])
    expect(await revs('toRev=2')).toEqual([1, 2])
    expect(await revs('fromRev=2&toRev=3&reverse=true')).toEqual([3, 2])
    expect(await revs('fromRev=3&toRev=2')).toEqual([])
    expect(await revs('toSeq=8&reverse=true&limit=1')).toEqual([3])
  })

  it('tells in detail what each record changed, and the transitions taken', async () => {
    const { supervisor, clock } = harness
    clock.advanceTo(9_000)
    await supervisor.send('counter/a', { type: 'END' })
    const details = async (range: string) => {
      const { records, read } = (await ask(`/actors/counter/a/history?detail=true&${range}`)).body
      return { steps: records?.map(({ rev, changed, taken }) => [rev, changed, taken]), read }
    }
    expect(await details('limit=2')).toEqual({
      read: 2,
      steps: [
        [
          1,
          [
            { path: ['context', 'n'], is: 0 },
            { path: ['children', 'w'], is: 'counter/a/w' },
            { path: ['value'], is: 'on' },
            { path: ['status'], is: 'active' },
          ],
          [],
        ],
        [
          2,
          [{ path: ['context', 'n'], was: 0, is: 1 }],
          [{ source: 'counter.on', targets: [], eventType: 'INC' }],
        ],
      ],
    })
    const { steps } = await details('reverse=true&limit=1')
    expect(steps).toEqual([
      [
        5,
        [
          { path: ['value'], was: 'on', is: 'off' },
          { path: ['status'], was: 'active', is: 'done' },
          { path: ['children', 'w'], was: 'counter/a/w' },
        ],
        [{ source: 'counter.on', targets: ['counter.off'], eventType: 'END' }],
      ],
    ])
    expect((await ask('/actors/counter/a/history')).body.records?.[0]).not.toHaveProperty('changed')
  })
})

it('lists what passes a filter, however many actors are before it', async () => {
  const { supervisor } = harness
  const many = Array.from({ length: 5_100 }, (_, n) => supervisor.spawn('counter', `m${n}`))
  await Promise.all(many)
  await supervisor.send('counter/m999', { type: 'END' })
  const first = await ask('/actors?state=off')
  expect(first.body).toMatchObject({ actors: [], next: expect.stringContaining('counter/m') })
  const found: string[] = []
  for await (const { address } of createClient({ url: api.url }).actors({ state: 'off' })) found.push(address)
  expect(found).toEqual(['counter/m999'])
})

describe('an address in a path', () => {
  it('may be one segment, so an actor may have the name of a route', async () => {
    await harness.supervisor.spawn('counter', 'history')
    const view = { status: 200, body: { address: 'counter/history', rev: 1 } }
    expect(await ask('/actors/counter%2Fhistory')).toMatchObject(view)
    expect((await ask('/actors/counter%2Fhistory/history')).body.records).toHaveLength(1)
    expect(await post('/actors/counter%2Fhistory/events', { type: 'INC' })).toMatchObject({ status: 200 })
    // In the form that people write, the last segment is the route, not a part of the address.
    expect((await ask('/actors/counter/history/history')).body.records).toHaveLength(2)
    expect((await ask('/actors/counter/history')).body.code).toBe('ADDRESS_INVALID')
  })

  it.each(['/actors/', '/actors//', '/actors//history', `/actors/counter/${'x'.repeat(5_000)}`])(
    'is refused when it is invalid: %s',
    async (path) => {
      expect(await ask(path)).toMatchObject({ status: 400, body: { code: 'ADDRESS_INVALID' } })
    },
  )
})

describe('the machine of an actor', () => {
  it('exists only for machines', async () => {
    expect(await ask('/actors/counter/a/machine')).toMatchObject({ status: 200, body: { id: 'counter' } })
    expect(await ask('/actors/counter/a/w/machine')).toMatchObject({
      status: 400,
      body: { code: 'MACHINE_NONE' },
    })
    expect(await ask('/actors/counter/nobody/machine')).toMatchObject({
      status: 404,
      body: { code: 'ACTOR_UNKNOWN' },
    })
  })
})

describe('events', () => {
  it('are those of one actor when it is named', async () => {
    const { body } = await ask('/events?actor=counter/b')
    expect(body.events?.map(({ actor, event }) => [actor, event.n])).toEqual([['counter/b', 1]])
  })

  it('are the last fifty by default, with a seq to go on from', async () => {
    for (let n = 0; n < 60; n++) await harness.supervisor.send('counter/a', { type: 'INC' })
    const { body } = await ask('/events')
    expect(body.events?.map(({ event }) => event.n)).toEqual(Array.from({ length: 50 }, (_, i) => 14 + i))
    expect((await ask(`/events?since=${body.seq}`)).body).toEqual({ seq: body.seq, events: [] })
  })
})

describe('a command', () => {
  it('is refused by an actor that has ended, and nothing is written', async () => {
    expect(await post('/actors/counter/a/events', { type: 'END' })).toMatchObject({ status: 200 })
    const { seq } = harness.supervisor
    expect(await post('/actors/counter/a/events', { type: 'INC' })).toMatchObject({
      status: 409,
      body: { code: 'ACTOR_ENDED' },
    })
    expect(harness.supervisor.seq).toBe(seq)
  })

  it('goes to events and nowhere else', async () => {
    expect(await post('/actors/counter/a', { type: 'INC' })).toMatchObject({
      status: 405,
      body: { code: 'METHOD_REFUSED' },
    })
  })

  it('gets the same answer again under its key when it came too late', async () => {
    const { supervisor } = harness
    await supervisor.send('counter/a', { type: 'END' })
    // The actor takes the command when it is checked, but no more when its turn comes.
    await expect(supervisor.send('counter/a', { type: 'INC', at: 4_000 }, { key: 'k' })).rejects.toThrow()
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' }
    const again = (event: object) =>
      ask('/actors/counter/a/events', { method: 'POST', headers, body: JSON.stringify(event) })
    expect(await again({ type: 'INC' })).toMatchObject({
      status: 409,
      body: { code: 'ACTOR_ENDED' },
    })
    expect(await again({ type: 'END' })).toMatchObject({
      status: 422,
      body: { code: 'KEY_REUSED' },
    })
  })
})

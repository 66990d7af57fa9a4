/** Tests that the log says who sent a command and by which request. Over real sockets. */
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { assign, emit, sendTo, setup } from 'xstate'
import { z } from 'zod'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import type { EventEnvelope } from '../../src/runtime/events/envelope.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { ask as askAt, type Headers, say } from './asking.ts'
import { FeedSocket } from './feed-socket.ts'

const TOKENS = {
  operator: 'correct.horse_battery~staple-7',
  ann: 'ann.horse_battery~staple-1',
  bob: 'bob.horse_battery~staple-2',
  cli: 'cli.horse_battery~staple-3',
}
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

const machine = setup({ types: {} as { context: { count: number } } }).createMachine({
  id: 'any',
  context: { count: 0 },
  on: {
    GO: { actions: assign({ count: ({ context }) => context.count + 1 }) },
    FAIL: {
      actions: assign(() => {
        throw new Error('boom')
      }),
    },
  },
})
/** Says that it was asked, and asks another. */
const teller = setup({
  types: {} as { events: { type: 'GO'; next?: string }; emitted: { type: 'ASKED' } },
}).createMachine({
  id: 'teller',
  on: {
    GO: [
      {
        guard: ({ event }) => event.next !== undefined,
        actions: [
          emit({ type: 'ASKED' }),
          sendTo(({ system, event }) => system.get(event.next as string), { type: 'GO' }),
        ],
      },
      { actions: emit({ type: 'ASKED' }) },
    ],
  },
})
const at = z.number()
const supervision = { strategy: 'quarantine' as const }
const machines = {
  free: { machine, supervision },
  teller: { machine: teller },
  named: { machine, events: z.strictObject({ type: z.literal('GO'), at, by: z.string().min(1).max(128) }) },
  nameless: { machine, events: z.strictObject({ type: z.literal('GO'), at, n: z.number().optional() }) },
  numbered: {
    machine,
    events: z.union([z.strictObject({ type: z.literal('GO'), at, by: z.number().optional() })]),
  },
}

let harness: Harness
let api: ApiServer
let port: number
const logged: object[] = []

beforeAll(async () => {
  harness = new Harness()
  await harness.open({ machines })
  for (const kind of Object.keys(machines)) await harness.supervisor.spawn(kind, 'a')
  const note = (line: object) => void logged.push(line)
  const { operator: token, cli: cliToken, ann, bob } = TOKENS
  process.env.ANN_TOKEN = ann
  process.env.BOB_TOKEN = bob
  const tokens = [
    { name: 'ann', access: 'control', env: 'ANN_TOKEN' },
    { name: 'bob', access: 'control', env: 'BOB_TOKEN' },
  ] as const
  const logger = { debug: note, info: note, warn: note, error: note }
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, token, tokens, cliToken }, logger)
  port = Number(new URL(api.url).port)
})
afterAll(async () => {
  await api.close()
  await harness.supervisor.stop()
})

type Name = keyof typeof TOKENS
const bearer = (name: Name) => ({ authorization: `Bearer ${TOKENS[name]}` })

async function go(name: Name, actor: string, event: object = {}, headers: Headers = {}) {
  const sent = { ...bearer(name), ...headers }
  const answer = await askAt(port, `/actors/${actor}/events`, sent, 'POST', { type: 'GO', ...event })
  const { seq } = JSON.parse(answer.body) as { seq?: number }
  return { ...answer, record: seq === undefined ? undefined : await recordAt(seq) }
}

async function recordAt(seq: number): Promise<TransitionRecord | undefined> {
  return (await harness.records()).find((record) => record.seq === seq)
}

const notAnother = { status: 403, code: 'ACCESS_REFUSED' }

describe('a command', () => {
  it.each<[Name, string]>([
    ['ann', 'free/a'],
    ['ann', 'named/a'],
    ['operator', 'named/a'],
  ])('without a name has that of the token: %s to %s', async (name, actor) => {
    expect(await go(name, actor)).toMatchObject({ status: 200, record: { event: { type: 'GO', by: name } } })
  })

  it.each(['nameless/a', 'numbered/a'])('for a kind without a place for it has none: %s', async (actor) => {
    const { status, record } = await go('ann', actor)
    expect([status, record?.event]).toEqual([200, { type: 'GO', at: expect.any(Number) }])
  })

  it('names its own faults alone when it is refused', async () => {
    expect((await go('ann', 'nameless/a', { n: 'x' })).body).not.toContain('by')
    const { body } = await go('ann', 'named/a', { more: 1 })
    expect(JSON.parse(body).error?.issues ?? JSON.parse(body).issues).toEqual([
      { field: 'more', rule: 'is unknown' },
    ])
  })

  it('keeps the name of a person who shares the token', async () => {
    for (const by of ['jane', 'Ann Smith', 'ann@desk', 'bobby', 'operators'])
      expect(await go('ann', 'named/a', { by })).toMatchObject({ status: 200, record: { event: { by } } })
    expect(await go('ann', 'named/a', { by: 'ann' })).toMatchObject({ status: 200 })
  })

  it('may have any name when it comes from the command line, whose user can read all tokens', async () => {
    for (const [event, by] of [
      [{ by: 'ann' }, 'ann'],
      [{ by: 'jane' }, 'jane'],
      [{}, 'cli'],
    ] as const)
      expect(await go('cli', 'named/a', event)).toMatchObject({ status: 200, record: { event: { by } } })
  })

  it.each(['bob', 'BOB', ' bob ', 'b\u200bob', '\uff42ob', 'operator', 'Operator\u00ad', 'cli'])(
    'never has the name of another token: %j',
    async (by) => {
      const { seq } = harness.supervisor
      for (const actor of ['free/a', 'named/a'])
        expect(await go('ann', actor, { by })).toMatchObject(notAnother)
      expect(harness.supervisor.seq).toBe(seq)
    },
  )

  it('is the same when it is sent again by the same name, and another by another name', async () => {
    const key = { 'idempotency-key': 'k-1' }
    const first = await go('ann', 'free/a', {}, key)
    expect(JSON.parse((await go('ann', 'free/a', {}, key)).body)).toMatchObject({
      duplicate: true,
      seq: first.record?.seq,
    })
    expect(await go('bob', 'free/a', {}, key)).toMatchObject({ status: 422, code: 'KEY_REUSED' })
  })
})

it('a release has the name of its token, and never that of another', async () => {
  const release = (name: Name, body?: object) =>
    askAt(port, '/actors/free/a/release', bearer(name), 'POST', body)
  const fail = () => harness.supervisor.send('free/a', { type: 'FAIL' }).catch(() => {})
  const released: [object, string][] = [
    [{}, 'ann'],
    [{ by: 'jane', reason: 'fixed' }, 'jane'],
  ]
  for (const [body, by] of released) {
    await fail()
    expect(await release('ann', { by: 'bob' })).toMatchObject(notAnother)
    const answer = await release('ann', body)
    expect(answer.status).toBe(200)
    expect((await recordAt(JSON.parse(answer.body).seq))?.event).toMatchObject({
      type: 'outcry.released',
      ...body,
      by,
    })
  }
  await fail()
  expect((await release('bob')).status).toBe(200)
})

describe('the id of a request', () => {
  it.each(['req-1', '4bf92f35-77b3-4da6-a3ce-929d0e0e4736', 'a:b_c.d', 'x'.repeat(64)])(
    'is the one that the client gives, in the answer, the log and the record: %s',
    async (id) => {
      logged.length = 0
      const { headers, record } = await go('ann', 'free/a', {}, { 'x-request-id': id })
      expect(headers['x-request-id']).toBe(id)
      expect(record?.request).toBe(id)
      expect(logged).toContainEqual(expect.objectContaining({ requestId: id, caller: 'ann', by: 'ann' }))
    },
  )

  it.each(['', ' ', 'a b', 'a;b', '{"a":1}', 'x'.repeat(65), '\u00e9', '%0d%0aX-Evil: 1'])(
    'is a new one when the client gives no decent one: %j',
    async (id) => {
      const { headers, record } = await go('ann', 'free/a', {}, { 'x-request-id': id })
      expect(headers['x-request-id']).toMatch(UUID)
      expect(record).not.toHaveProperty('request')
    },
  )

  it('is a new one when the client gives two', async () => {
    const answer = await say(
      port,
      'GET /health HTTP/1.1',
      'Host: localhost',
      'X-Request-Id: a',
      'X-Request-Id: b',
    )
    const [, id] = /^x-request-id: (.*)$/im.exec(answer) ?? []
    expect(id?.trim()).toMatch(UUID)
  })

  it('is in every answer: refusals, faults, files and upgrades, another each time', async () => {
    const ids: unknown[] = []
    const asked: [string, Headers?, string?][] = [
      ['/', bearer('ann')],
      ['/page/main.js', bearer('ann')],
      ['/health'],
      ['/actors'],
      ['/nowhere', bearer('ann')],
      ['/%zz', bearer('ann')],
      ['/health', { host: 'evil.example' }],
      ['/actors', { origin: 'http://evil.example' }],
      ['/actors', bearer('ann'), 'DELETE'],
      ['/backup', bearer('ann')],
    ]
    for (const of of asked) ids.push((await askAt(port, ...of)).headers['x-request-id'])
    const socket = new WebSocket(`ws://127.0.0.1:${port}/feed`, { headers: bearer('ann') })
    const [response] = await once(socket, 'upgrade')
    ids.push(response.headers['x-request-id'])
    socket.terminate()
    const refused = new WebSocket(`ws://127.0.0.1:${port}/nowhere`)
    const [, answer] = await once(refused, 'unexpected-response')
    ids.push(answer.headers['x-request-id'])
    answer.resume()
    for (const [i, id] of ids.entries()) expect([i, id]).toEqual([i, expect.stringMatching(UUID)])
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('is in the envelopes of the record that took the request, with who asked, and in no other', async () => {
    const { supervisor } = harness
    await supervisor.spawn('teller', 'b')
    const heard: EventEnvelope[] = []
    const listening = supervisor.events$.subscribe((envelope) => heard.push(envelope))
    const client = await FeedSocket.open(api.url, { headers: bearer('ann') })
    await client.subscribe({ id: 'live', topics: ['events.asked.>', 'transitions.teller.*'] })
    const { record } = await go('ann', 'teller/a', { next: 'teller/b' }, { 'x-request-id': 'req-7' })
    const since = (record?.seq ?? 0) - 1
    await client.subscribe({ id: 'past', topics: ['>'], since })
    const first = { actor: 'teller/a', by: 'ann', request: 'req-7' }
    const second = { actor: 'teller/b' }
    const asked = ({ actor, by, request }: Partial<EventEnvelope>) =>
      Object.fromEntries(Object.entries({ actor, by, request }).filter(([, value]) => value !== undefined))
    await eventually(() => expect(client.items('live')).toHaveLength(4))
    for (const id of ['live', 'past'])
      expect(client.items(id).map(asked)).toEqual([first, first, second, second])
    listening.unsubscribe()
    expect(heard.map(asked)).toEqual([first, second])
    const { body } = await askAt(port, `/events?since=${since}`, bearer('ann'))
    expect(JSON.parse(body).events.map(asked)).toEqual([first, second])
    client.socket.close()
  })

  it('leads from an answer to the fault in the log', async () => {
    const { view } = harness.supervisor
    harness.supervisor.view = () => Promise.reject(new Error('the disk is gone'))
    logged.length = 0
    const { status, headers } = await askAt(port, '/actors/free/a', bearer('ann'))
    harness.supervisor.view = view
    expect(status).toBe(500)
    expect(logged).toEqual([expect.objectContaining({ requestId: headers['x-request-id'] })])
  })
})

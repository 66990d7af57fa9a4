/** Tests what people do to actors, dead letters and components over HTTP: the record of who asked, and what is refused. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { assign, setup } from 'xstate'
import { machines as trading } from '../../machines/index.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import type { ActOptions } from '../../src/runtime/actors/signals.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { Harness } from '../runtime/harness.ts'
import { ask as askAt, type Headers } from './asking.ts'

const counter = setup({ types: {} as { context: { n: number } } }).createMachine({
  context: { n: 0 },
  on: { INC: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
})
/** Cannot start over. */
const picky = setup({ types: {} as { input: { isBad: true } | undefined } }).createMachine({
  context: ({ input }) => {
    if (input?.isBad) throw new Error('never')
    return {}
  },
})
const machines = {
  account: trading.account,
  reconciliation: trading.reconciliation,
  runner: trading.runner,
  counter,
  order: { machine: counter, holds: () => 'it is open' },
  picky: { machine: picky, restartInput: () => ({ isBad: true }) },
  component: counter,
}
const TOKENS = { ann: 'ann.horse_battery~staple-1', screen: 'screen.horse_battery~staple-2' }

let harness: Harness
let api: ApiServer
let port: number
/** seq of the dead letter. */
let letter: number
/** The restarts that the process was asked for. */
let restarts: [string, ActOptions][]

beforeEach(async () => {
  harness = new Harness()
  const supervisor = await harness.open({ machines })
  for (const kind of ['counter', 'order']) await supervisor.spawn(kind, 'a')
  await supervisor.spawn('component', 'news')
  await supervisor.send('counter/a', { type: 'INC' })
  await supervisor.send('counter/late', { type: 'INC' }).catch(() => {})
  letter = (await harness.records()).find(({ event }) => event.type === 'DEAD_LETTER')?.seq as number
  restarts = []
  Object.assign(process.env, { ANN_TOKEN: TOKENS.ann, SCREEN_TOKEN: TOKENS.screen })
  const tokens = [
    { name: 'ann', access: 'control', env: 'ANN_TOKEN' },
    { name: 'screen', access: 'read', env: 'SCREEN_TOKEN' },
  ] as const
  const operations = {
    health: () => [{ name: 'news', state: 'RUNNING' as const }],
    restart: (name: string, options: ActOptions) => {
      restarts.push([name, options])
      const { key, request, ...why } = options
      return supervisor.send(`component/${name}`, { type: 'STOP', ...why }, { key, request })
    },
  }
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0, tokens, operations }, silentLogger)
  port = Number(new URL(api.url).port)
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

async function post(path: string, body?: object, headers: Headers = {}, name: keyof typeof TOKENS = 'ann') {
  const authorization = `Bearer ${TOKENS[name]}`
  const answer = await askAt(port, path, { authorization, ...headers }, 'POST', body)
  return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> }
}
const recordAt = async (seq: unknown): Promise<TransitionRecord | undefined> =>
  (await harness.records()).find((record) => record.seq === seq)

/** Lets each request look for its key before another one has taken it, as requests do that come at once. */
const findNoKey = () => vi.spyOn(harness.supervisor, 'seqOfKey').mockReturnValue(undefined)

const PATHS = () => ({
  restart: '/actors/counter/a/restart',
  stop: '/actors/counter/a/stop',
  redeliver: `/dead-letters/${letter}/redeliver`,
  drop: `/dead-letters/${letter}/drop`,
  component: '/components/news/restart',
})
type Operation = keyof ReturnType<typeof PATHS>
const OPERATIONS = ['restart', 'stop', 'redeliver', 'drop', 'component'] as const satisfies Operation[]
/** The actor and the event of the record that says who asked. */
const RECORDS: Readonly<Record<Operation, readonly [string, string]>> = {
  restart: ['counter/a', 'outcry.restarted'],
  stop: ['counter/a', 'xstate.stop'],
  redeliver: ['system/dead-letters', 'outcry.letterRedelivered'],
  drop: ['system/dead-letters', 'outcry.letterDropped'],
  component: ['component/news', 'STOP'],
}

describe.each(OPERATIONS)('%s', (operation) => {
  const path = () => PATHS()[operation]
  beforeEach(() => harness.supervisor.spawn('counter', 'late'))

  it('leaves a record with the name of the token, the reason and the id of the request', async () => {
    const { status, body } = await post(path(), { reason: 'odd' }, { 'x-request-id': 'r-1' })
    expect([status, body.seq]).toEqual([200, expect.any(Number)])
    const [actor, type] = RECORDS[operation]
    const records = (await harness.records()).filter(({ request }) => request === 'r-1')
    expect(records).toMatchObject([{ actor, event: { type, by: 'ann', reason: 'odd' } }])
    if (operation !== 'redeliver') expect(records[0]?.seq).toBe(body.seq)
  })

  it('needs no body, and may give another person who shares the token', async () => {
    expect((await post(path(), { by: 'jane' })).status).toBe(200)
    const [actor, type] = RECORDS[operation]
    const record = (await harness.records()).findLast((one) => one.actor === actor && one.event.type === type)
    expect(record?.event.by).toBe('jane')
  })

  it('happens once for a key, whose answer is the same', async () => {
    const key = { 'idempotency-key': 'k-1' }
    const first = await post(path(), {}, key)
    const { seq } = harness.supervisor
    expect(await post(path(), {}, key)).toEqual({ status: 200, body: { ...first.body, duplicate: true } })
    expect(await post(path(), { reason: 'another' }, key)).toMatchObject({
      status: 422,
      body: { code: 'KEY_REUSED' },
    })
    expect(await post('/actors/order/a/restart', {}, key)).toMatchObject({ body: { code: 'KEY_REUSED' } })
    expect(harness.supervisor.seq).toBe(seq)
    expect(restarts).toHaveLength(operation === 'component' ? 1 : 0)
  })

  it('happens once for a key that two requests have at once', async () => {
    const key = { 'idempotency-key': 'k-1' }
    findNoKey()
    const both = await Promise.all([post(path(), {}, key), post(path(), {}, key)])
    expect(both.map(({ status }) => status)).toEqual([200, 200])
    expect(new Set(both.map(({ body }) => body.seq)).size).toBe(1)
    expect((await harness.records()).filter((record) => record.key === 'k-1')).toHaveLength(1)
  })

  it('is refused for a key that another request takes at the same time', async () => {
    const key = { 'idempotency-key': 'k-1' }
    findNoKey()
    expect((await post('/actors/order/a/events', { type: 'INC' }, key)).status).toBe(200)
    const { seq } = harness.supervisor
    expect(await post(path(), {}, key)).toMatchObject({ status: 422, body: { code: 'KEY_REUSED' } })
    expect(harness.supervisor.seq).toBe(seq)
  })

  it.each<[string, object, Headers, keyof typeof TOKENS, number, string]>([
    ['a token that may only read', {}, {}, 'screen', 403, 'ACCESS_REFUSED'],
    ['the name of another token', { by: 'screen' }, {}, 'ann', 403, 'ACCESS_REFUSED'],
    ['no token', {}, { authorization: '' }, 'ann', 401, 'NOT_AUTHORISED'],
    ['an unknown field', { who: 'ann' }, {}, 'ann', 400, 'REQUEST_INVALID'],
  ])('is refused with %s, and changes nothing', async (_, body, headers, name, status, code) => {
    const { seq } = harness.supervisor
    expect(await post(path(), body, headers, name)).toMatchObject({ status, body: { code } })
    expect([harness.supervisor.seq, restarts]).toEqual([seq, []])
  })
})

it.each([
  ['restarts', '/actors/counter/z/restart', 404, 'ACTOR_UNKNOWN'],
  ['stops', '/actors/counter/z/stop', 404, 'ACTOR_UNKNOWN'],
  ['restarts', '/actors/counter/restart', 400, 'ADDRESS_INVALID'],
  ['restarts', '/actors/order/a/restart', 409, 'ACTOR_HELD'],
  ['stops', '/actors/order/a/stop', 409, 'ACTOR_HELD'],
  ['stops', '/actors/system/dead-letters/stop', 400, 'ACTOR_RESERVED'],
  ['redelivers', '/dead-letters/1/redeliver', 404, 'LETTER_UNKNOWN'],
  ['drops', '/dead-letters/9999/drop', 404, 'LETTER_UNKNOWN'],
  ['drops', '/dead-letters/first/drop', 400, 'REQUEST_INVALID'],
  ['restarts', '/components/nothing/restart', 404, 'COMPONENT_UNKNOWN'],
])('nobody %s %s', async (_, path, status, code) => {
  const { seq } = harness.supervisor
  expect(await post(path)).toMatchObject({ status, body: { code } })
  expect(harness.supervisor.seq).toBe(seq)
})

it('a letter that is dropped is not sent again, and one that is refused again says so each time', async () => {
  const key = { 'idempotency-key': 'k-1' }
  for (let n = 0; n < 2; n++)
    expect(await post(PATHS().redeliver, {}, key)).toMatchObject({
      status: 404,
      body: { code: 'ACTOR_UNKNOWN' },
    })
  const letters = (await harness.records()).filter(({ event }) => event.type === 'DEAD_LETTER')
  expect(letters).toHaveLength(2)
  const second = letters[1]?.seq
  expect((await post(`/dead-letters/${second}/drop`)).status).toBe(200)
  const again = await post(`/dead-letters/${second}/redeliver`)
  expect(again).toMatchObject({ status: 409, body: { code: 'LETTER_SETTLED' } })
})

it('a restart shows the state of the actor that has started over', async () => {
  const { body } = await post('/actors/counter/a/restart')
  expect(body).toEqual({ seq: expect.any(Number), address: 'counter/a', state: {} })
  expect((await recordAt(body.seq))?.actor).toBe('counter/a')
  expect(harness.context('counter/a')).toEqual({ n: 0 })
})

describe.each([
  ['SET_LOG_LEVEL', 'runner/main', { level: 'debug' }],
  ['RECONCILE', 'reconciliation/sim', { reason: 'odd fills' }],
  ['ACKNOWLEDGE_REVIEW', 'account/sim', { note: 'the venue was late' }],
])('%s', (type, actor, fields) => {
  beforeEach(async () => {
    const { supervisor } = harness
    await supervisor.spawn('runner', 'main')
    await supervisor.spawn('reconciliation', 'sim', { venue: 'sim' })
    const limits = { orderNotionalMax: '150', openOrdersMax: 5 }
    await supervisor.spawn('account', 'sim', { venue: 'sim', balance: '1000', limits })
    await supervisor.send('account/sim', { type: 'REQUIRE_REVIEW', reason: 'odd fills' })
  })

  it('is on record with the name of the token', async () => {
    const { status, body } = await post(`/actors/${actor}/events`, { type, ...fields })
    expect(status).toBe(200)
    expect((await recordAt(body.seq))?.event).toMatchObject({ type, by: 'ann', ...fields })
  })

  it('is refused with a token that may only read, and for an actor that is not there', async () => {
    const { seq } = harness.supervisor
    const event = { type, ...fields }
    const read = await post(`/actors/${actor}/events`, event, {}, 'screen')
    expect(read).toMatchObject({ status: 403, body: { code: 'ACCESS_REFUSED' } })
    const unknown = await post(`/actors/${actor}x/events`, event)
    expect(unknown).toMatchObject({ status: 404, body: { code: 'ACTOR_UNKNOWN' } })
    expect(harness.supervisor.seq).toBe(seq)
  })
})

it('a restart whose start throws is refused in the same words for the same key', async () => {
  await harness.supervisor.spawn('picky', 'a')
  const key = { 'idempotency-key': 'k-1' }
  for (let n = 0; n < 2; n++)
    expect(await post('/actors/picky/a/restart', {}, key)).toMatchObject({
      status: 422,
      body: { code: 'ACTOR_FAILED' },
    })
  expect(await harness.eventsOf('picky/a')).toEqual(['xstate.init', 'outcry.failed'])
})

it('a restart whose start throws is refused to each of two requests that come at once with a key', async () => {
  await harness.supervisor.spawn('picky', 'a')
  const key = { 'idempotency-key': 'k-1' }
  findNoKey()
  const both = await Promise.all([1, 2].map(() => post('/actors/picky/a/restart', {}, key)))
  expect(both.map(({ status, body }) => [status, body.code])).toEqual([
    [422, 'ACTOR_FAILED'],
    [422, 'ACTOR_FAILED'],
  ])
  expect(await harness.eventsOf('picky/a')).toEqual(['xstate.init', 'outcry.failed'])
})

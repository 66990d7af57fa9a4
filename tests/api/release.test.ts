/** Tests actors in quarantine in the API: how they are listed and how they are released. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import type { Supervision } from '../../src/runtime/actors/supervision.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'

const fragile = setup({ types: {} as { events: { type: 'PING' } | { type: 'THROW' } } }).createMachine({
  id: 'fragile',
  initial: 'working',
  on: {
    PING: '.working',
    THROW: {
      actions: assign(() => {
        throw new TypeError('boom')
      }),
    },
  },
  states: { working: {} },
})
const of = (supervision: Supervision) => ({ machine: fragile, supervision })
const machines = { quarantine: of({ strategy: 'quarantine' }), resume: of({ strategy: 'resume' }) }
const token = 'correct.horse_battery~staple-7'

let harness: Harness
let api: ApiServer

beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines })
  for (const kind of Object.keys(machines)) await harness.supervisor.spawn(kind, 'a')
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, token }, silentLogger)
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

const authorization = `Bearer ${token}`
const fail = (actor: string) =>
  expect(harness.supervisor.send(actor, { type: 'THROW' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
async function get(path: string) {
  return (await (await fetch(`${api.url}${path}`, { headers: { authorization } })).json()) as Record<
    string,
    unknown
  >
}
async function release(address: string, body?: unknown, headers: Record<string, string> = { authorization }) {
  const json = { 'content-type': 'application/json' }
  const response = await fetch(`${api.url}/actors/${address}/release`, {
    method: 'POST',
    headers: { ...headers, ...(body !== undefined && json) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const listed = async (address: string) =>
  ((await get('/actors')).actors as { address: string }[]).find((actor) => actor.address === address)

const failure = { event: 'THROW', message: 'TypeError: boom', at: 1_000, count: 1 }

describe('an actor that has failed', () => {
  it('has its condition and its failure in the list and in its own view', async () => {
    expect(await listed('quarantine/a')).not.toHaveProperty('failure')
    for (const kind of Object.keys(machines)) await fail(`${kind}/a`)
    const quarantined = { condition: 'quarantined', failure: { ...failure, action: 'quarantine' } }
    expect(await listed('quarantine/a')).toMatchObject(quarantined)
    expect(await get('/actors/quarantine/a')).toMatchObject(quarantined)
    const failing = { failures: { count: 1 }, failure: { ...failure, action: 'resume' } }
    expect(await listed('resume/a')).toMatchObject(failing)
    expect(await get('/actors/resume/a')).toMatchObject(failing)
    expect(await listed('resume/a')).not.toHaveProperty('condition')
  })

  it('no longer counts as failing an hour after it went on, but stays so in quarantine', async () => {
    for (const kind of Object.keys(machines)) await fail(`${kind}/a`)
    harness.clock.advanceTo(1_000 + 3_600_001)
    expect(await listed('resume/a')).not.toHaveProperty('failure')
    expect(await listed('quarantine/a')).toMatchObject({ failure })
  })

  it('is counted in the health of the runner while it is in quarantine', async () => {
    expect(await get('/health')).toMatchObject({ status: 'ok', quarantined: 0 })
    await fail('resume/a')
    expect(await get('/health')).toMatchObject({ status: 'ok', quarantined: 0 })
    await fail('quarantine/a')
    expect(await get('/health')).toMatchObject({ status: 'degraded', quarantined: 1 })
  })
})

describe('POST /actors/{address}/release', () => {
  it('releases an actor, with the person and the reason in the log, and is durable when it answers', async () => {
    await fail('quarantine/a')
    const { status, body } = await release('quarantine/a', { by: 'ann', reason: 'the feed is back' })
    expect([status, body]).toEqual([
      200,
      { seq: expect.any(Number), address: 'quarantine/a', state: 'working' },
    ])
    const [record] = ((await get('/actors/quarantine/a/history?reverse=true&limit=1')).records ??
      []) as object[]
    expect(record).toMatchObject({
      seq: body.seq,
      event: { type: 'outcry.released', by: 'ann', reason: 'the feed is back' },
    })
    await harness.supervisor.send('quarantine/a', { type: 'PING' })
    const view = await get('/actors/quarantine/a')
    expect([view.condition, view.failures, view.failure]).toEqual([undefined, undefined, undefined])
    expect(await get('/health')).toMatchObject({ status: 'ok', quarantined: 0 })
  })

  it('needs no body', async () => {
    await fail('quarantine/a')
    expect((await release('quarantine/a')).status).toBe(200)
    expect((await harness.records()).at(-1)?.event).toEqual({
      type: 'outcry.released',
      at: 1_000,
      by: 'operator',
      keeps: true,
    })
  })

  it.each<[string, string, unknown, number, string]>([
    ['one that is in no quarantine', 'resume/a', {}, 409, 'ACTOR_NOT_QUARANTINED'],
    ['one that is not there', 'quarantine/z', {}, 404, 'ACTOR_UNKNOWN'],
    ['one of no kind', 'nothing/a', {}, 404, 'ACTOR_UNKNOWN'],
    ['what is no address', 'quarantine', {}, 400, 'ADDRESS_INVALID'],
    ["the runtime's own", 'system/dead-letters', {}, 409, 'ACTOR_NOT_QUARANTINED'],
    ['with a field that is none', 'quarantine/a', { who: 'ann' }, 400, 'REQUEST_INVALID'],
    ['with a text that is none', 'quarantine/a', { reason: 7 }, 400, 'REQUEST_INVALID'],
    ['with a body that is no object', 'quarantine/a', [], 400, 'REQUEST_INVALID'],
  ])('refuses %s, and changes nothing', async (_, address, body, status, code) => {
    await fail('quarantine/a')
    const { seq } = harness.supervisor
    const answer = await release(address, body)
    expect([answer.status, answer.body]).toMatchObject([status, { code }])
    expect(harness.supervisor.seq).toBe(seq)
    expect(await listed('quarantine/a')).toMatchObject({ condition: 'quarantined' })
  })

  it.each<[string, Record<string, string>, number, string]>([
    ['without the token', {}, 401, 'NOT_AUTHORISED'],
    ['from a page elsewhere', { authorization, origin: 'https://example.org' }, 403, 'ORIGIN_REFUSED'],
  ])('is refused %s', async (_, headers, status, code) => {
    await fail('quarantine/a')
    expect(await release('quarantine/a', undefined, headers)).toMatchObject({
      status,
      body: { code },
    })
    expect(await listed('quarantine/a')).toMatchObject({ condition: 'quarantined' })
  })
})

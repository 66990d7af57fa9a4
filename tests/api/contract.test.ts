/** Tests that the server's answers fit the contract, and that the contract imports no other part. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { assign, emit, setup } from 'xstate'
import type { ZodType } from 'zod'
import { feedFrame } from '../../src/api/contract/frames.ts'
import { problem } from '../../src/api/contract/problem.ts'
import type { Route } from '../../src/api/contract/route.ts'
import { routes } from '../../src/api/contract/routes.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Floor } from '../machines/floor.ts'
import { eventually, Harness } from '../runtime/harness.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Modules that a file imports, types included. */
const IMPORT = /(?:^|\n)(?:import|export)\b[^'"]*?\bfrom\s+'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g

/** Returns every file and every package that the files of a folder import, directly or not. */
function reachedFrom(folder: string): Set<string> {
  const reached = new Set<string>()
  const left = readdirSync(join(ROOT, folder)).map((name) => join(ROOT, folder, name))
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    const path = relative(ROOT, file)
    if (reached.has(path)) continue
    reached.add(path)
    for (const [, from, alone] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const name = from ?? alone ?? ''
      if (name.startsWith('.')) left.push(resolve(dirname(file), name))
      else reached.add(name)
    }
  }
  return reached
}

/** The only modules that a browser may load. The last three have nothing but types for it. */
const ALONE =
  /^(?:zod|errors\/.*|src\/(?:api\/contract|client)\/.*|src\/runtime\/(?:record\/address|events\/(?:envelope|patterns)|record\/record)\.ts|store\/(?:store|distribution)\.ts)$/

it.each([
  ['src/api/contract', []],
  ['src/client', ['rxjs']],
])('%s imports no machine, nothing of Node, and no package but zod and %j', (folder, packages) => {
  const reached = [...reachedFrom(folder)]
  expect(reached).toContain('zod')
  expect(reached).toContain('src/api/contract/routes.ts')
  expect(reached.filter((name) => !ALONE.test(name))).toEqual(packages)
})

/** Takes events, throws on one of them, and ignores another. */
const fragile = setup({
  types: {} as {
    context: { n: number }
    events: { type: 'INC' | 'REFUSE' | 'THROW' }
    emitted: { type: 'COUNTED'; severity: 'info' } | { type: 'REFUSED'; text: string }
  },
}).createMachine({
  id: 'fragile',
  context: { n: 0 },
  initial: 'on',
  states: {
    on: {
      after: { 60000: 'off' },
      on: {
        INC: {
          actions: [
            assign({ n: ({ context }) => context.n + 1 }),
            emit({ type: 'COUNTED', severity: 'info' }),
          ],
        },
        REFUSE: { actions: emit({ type: 'REFUSED', text: 'never' }) },
        THROW: {
          actions: assign(() => {
            throw new Error('boom')
          }),
        },
      },
    },
    off: { type: 'final' },
  },
})
const kind = { machine: fragile, supervision: { strategy: 'quarantine' as const }, refusals: ['REFUSED'] }

type Name = keyof typeof routes

let harness: Harness
let api: ApiServer

beforeAll(async () => {
  harness = new Harness()
  await harness.open({ machines: { fragile: kind } })
  for (const id of ['a', 'b']) await harness.supervisor.spawn('fragile', id)
  await harness.supervisor.send('fragile/a', { type: 'INC' })
  await harness.supervisor.send('fragile/b', { type: 'THROW' }).catch(() => {})
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterAll(async () => {
  await api.close()
  await harness.supervisor.stop()
})

/** Expects that the value has all fields of the schema and no others. */
function expectToFit(schema: ZodType, value: unknown): void {
  expect(schema.parse(value)).toEqual(value)
}

const ask = async (url: string, path: string, body?: object) => {
  const headers = { 'content-type': 'application/json' }
  const post = { method: 'POST', headers, body: JSON.stringify(body) }
  const response = await fetch(`${url}${path}`, body === undefined ? {} : post)
  return { status: response.status, body: (await response.json()) as unknown }
}

describe('an answer', () => {
  it.each<[path: string, name: Name, status: number, body?: object]>([
    ['/health', 'health', 200],
    ['/verify', 'verify', 200],
    ['/actors?limit=2', 'actors', 200],
    ['/actors', 'actors', 200],
    ['/actors/fragile%2Fa', 'actor', 200],
    ['/actors/fragile%2Fb', 'actor', 200],
    ['/actors/fragile%2Fa?rev=1', 'actor', 200],
    ['/actors/fragile%2Fa/history', 'history', 200],
    ['/actors/fragile%2Fb/history?reverse=true&detail=true', 'history', 200],
    ['/actors/system%2Fdead-letters/history', 'history', 200],
    ['/actors/fragile%2Fa/machine', 'machine', 200],
    ['/accounts', 'accounts', 200],
    ['/state', 'state', 200],
    ['/records/1', 'record', 200],
    ['/machines/fragile', 'machineOfKind', 200],
    ['/machines/fragile/coverage', 'coverage', 200],
    ['/events?since=0', 'events', 200],
    ['/failures', 'failures', 200],
    ['/openapi.json', 'openapi', 200],
    ['/asyncapi.json', 'asyncapi', 200],
    ['/actors/fragile%2Fa/events', 'send', 200, { type: 'INC' }],
    ['/actors/fragile%2Fa/events', 'send', 422, { type: 'REFUSE' }],
    ['/actors/fragile%2Fa/events', 'send', 409, { type: 'NOTHING' }],
    ['/actors/fragile%2Fb/release', 'release', 200, { by: 'ann' }],
  ])('to %s fits %s %i', async (path, name, status, body) => {
    const route: Route = routes[name]
    const answer = await ask(api.url, path, body)
    expect(answer.status, JSON.stringify(answer.body)).toBe(status)
    expectToFit(route.answers[status] as ZodType, answer.body)
  })

  it.each<[path: string, name: Name, status: number, code: string, body?: object]>([
    ['/actors?limit=0', 'actors', 400, 'REQUEST_INVALID'],
    ['/actors/fragile%2Fa?rev=99', 'actor', 404, 'REV_UNKNOWN'],
    ['/actors/fragile%2Fx', 'actor', 404, 'ACTOR_UNKNOWN'],
    ['/actors/fragile/history?limit=x', 'history', 400, 'ADDRESS_INVALID'],
    ['/actors/fragile%2Fx/machine', 'machine', 404, 'ACTOR_UNKNOWN'],
    ['/events?tail=1&since=1', 'events', 400, 'REQUEST_INVALID'],
    ['/records/99', 'record', 404, 'RECORD_UNKNOWN'],
    ['/machines/none', 'machineOfKind', 404, 'KIND_UNKNOWN'],
    ['/machines/none/coverage', 'coverage', 404, 'KIND_UNKNOWN'],
    ['/machines/fragile/coverage?version=9', 'coverage', 400, 'REQUEST_INVALID'],
    ['/failures?limit=x', 'failures', 400, 'REQUEST_INVALID'],
    ['/actors/fragile%2Fa/events', 'send', 400, 'EVENT_INVALID', { kind: 'INC' }],
    ['/actors/fragile%2Fa/release', 'release', 400, 'REQUEST_INVALID', { who: 'ann' }],
    ['/actors/fragile%2Fa/release', 'release', 409, 'ACTOR_NOT_QUARANTINED', {}],
  ])('to %s fits %s, which refuses it with %i %s', async (path, name, status, code, body) => {
    const route: Route = routes[name]
    const answer = await ask(api.url, path, body)
    expect(answer).toMatchObject({ status, body: { code } })
    expectToFit(problem, answer.body)
    expect(route.refusals).toContain(code)
  })

  it('of a runner that trades fits the contract', async () => {
    const floor = await Floor.open()
    await floor.bracket('b')
    await floor.pass()
    const trading = await startApi(floor.harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
    for (const [path, route] of [
      ['/accounts', routes.accounts],
      ['/state', routes.state],
      ['/actors?limit=1000', routes.actors],
      ['/events?tail=1000', routes.events],
      ['/actors/order%2Fpaper:b-stop', routes.actor],
      ['/actors/order%2Fpaper:b-stop/history', routes.history],
      ['/actors/order%2Fpaper:b-stop/machine', routes.machine],
      ['/actors/account%2Fpaper/history', routes.history],
    ] as const) {
      const answer = await ask(trading.url, path)
      expect(answer.status, path).toBe(200)
      expectToFit(route.answers[200], answer.body)
    }
    await trading.close()
    await floor.harness.supervisor.stop()
  })
})

it('every frame of the feed fits the contract', async () => {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/feed`)
  const frames: { op: string }[] = []
  socket.on('message', (data) => frames.push(JSON.parse(data.toString())))
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(JSON.stringify({ op: 'subscribe', id: 'one', topics: ['>'], since: 0 }))
  socket.send(JSON.stringify({ op: 'subscribe', id: 'many', topics: ['>'], since: 0, batchMs: 0 }))
  socket.send(JSON.stringify({ op: 'unsubscribe', id: 'none' }))
  await eventually(() => expect(frames.filter(({ op }) => op === 'caughtUp')).toHaveLength(2))
  socket.send(JSON.stringify({ op: 'unsubscribe', id: 'one' }))
  await eventually(() => expect(frames.at(-1)?.op).toBe('unsubscribed'))
  socket.close()
  expect(new Set(frames.map(({ op }) => op))).toEqual(
    new Set(['hello', 'subscribed', 'event', 'batch', 'caughtUp', 'error', 'unsubscribed']),
  )
  for (const frame of frames) expectToFit(feedFrame, frame)
})

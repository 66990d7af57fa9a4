/** Tests `outcry inspect` of a closed log and of a running program: both give the tools of Stately the same life. */
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createWebSocketReceiver } from '@statelyai/inspect'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createSupervisor, openLevelStore, serve } from '../../src/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { type InspectOptions, inspect, type Served } from '../../tools/cli/command-inspect.ts'
import { OutcryProcess } from '../runner/runner-process.ts'
import { eventually } from '../runtime/harness.ts'
import { linesOf } from './said.ts'
import { machines } from './till.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-inspect-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = join(folder, 'data')
const modules = [fileURLToPath(new URL('till.ts', import.meta.url))]
const START = Date.parse('2026-01-31T09:00:00Z')

async function open(): Promise<Supervisor> {
  const store = await openLevelStore(data)
  return createSupervisor({ store, machines, clock: new EventClock(START), logger: silentLogger })
}

beforeAll(async () => {
  const supervisor = await open()
  await supervisor.spawn('till', 'a', undefined, { at: START })
  for (const [id, at] of [
    ['x', 5],
    ['y', 1_005],
  ] as const)
    await supervisor.send('till/a', { type: 'ORDER', id, qty: 1 }, { at: START + at })
  await supervisor.send('till/a', { type: 'CLOSE' }, { at: START + 2_000 })
  await supervisor.stop()
})

/** Runs the command, calls back with what it serves, and ends it then. */
async function serving<T>(options: InspectOptions, use: (served: Served) => Promise<T>): Promise<T> {
  let found: T | undefined
  const wanted = { data, machines: modules, json: true, ...options }
  const [said = ''] = await linesOf(() =>
    inspect('till/a', wanted, async (served) => {
      found = await use(served)
    }),
  )
  expect(JSON.parse(said)).toMatchObject({ address: 'till/a', inspector: expect.stringMatching(/^http:/) })
  return found as T
}

/** Resolves with the frames of a socket, up to the end of the life. */
async function framesAt(url: string): Promise<string[]> {
  const socket = new WebSocket(url)
  const texts: string[] = []
  socket.on('message', (text) => texts.push(String(text)))
  await eventually(() => expect(texts.at(-1)).toContain('"outcry.end"'))
  socket.close()
  return texts
}

const bothOf = ({ inspect, legacy }: Served) => Promise.all([inspect, legacy].map(framesAt))
const eventsIn = (texts: readonly string[] = []) =>
  texts.flatMap((text) => {
    const { type, event } = JSON.parse(text) as { type: string; event?: { type: string } }
    return type === '@xstate.event' ? (event?.type ?? []) : []
  })
const RANGES: readonly [options: InspectOptions, events: readonly string[]][] = [
  [{}, ['xstate.init', 'ORDER', 'ORDER', 'CLOSE']],
  [{ at: '3' }, ['ORDER']],
  [{ from: '09:00:01', speed: 1_000 }, ['ORDER', 'CLOSE']],
  [{ from: '2', to: '2026-01-31T09:00:00.500Z' }, ['ORDER']],
]

it('gives both protocols the part that is asked for, the same of a closed log and of a running program', async () => {
  const closed: string[][][] = []
  for (const [options, events] of RANGES) {
    const found = await serving(options, bothOf)
    expect(eventsIn(found[0])).toEqual(events)
    expect(found[1]?.filter((text) => text.includes('"service.event"'))).toHaveLength(events.length)
    closed.push(found)
  }
  const supervisor = await open()
  const api = await serve(supervisor, { port: 0, data })
  try {
    for (const [i, [options]] of RANGES.entries()) expect(await serving(options, bothOf)).toEqual(closed[i])
  } finally {
    await api.close()
    await supervisor.stop()
  }
})

it('plays with the pauses that there were', async () => {
  const took = await serving({ speed: 10 }, async ({ inspect: url }) => {
    const begun = performance.now()
    await framesAt(url)
    return performance.now() - begun
  })
  // Two seconds of life. Timers of Node may be a millisecond early.
  expect(took).toBeGreaterThan(195)
})

it('serves the receiver of Stately, and pages for its tools that other sites cannot read', async () => {
  await serving({}, async ({ inspector: page, inspect: url, visualizer }) => {
    const told: unknown[] = []
    createWebSocketReceiver({ server: url }).subscribe((one) => void told.push(one))
    await eventually(() => expect(told).toHaveLength(10))
    expect(await (await fetch(visualizer)).text()).toContain('data-src="https://stately.ai/viz?inspect"')
    const answer = await fetch(page)
    expect(await answer.text()).toContain('data-src="https://stately.ai/inspect"')
    expect(answer.headers.get('content-security-policy')).toContain('frame-src https://stately.ai;')
    expect(await (await fetch(`${page}bridge.js`)).text()).toContain('postMessage')
    const statusOf = (origin: string, to = url) =>
      new Promise((resolve) => {
        const socket = new WebSocket(to, { origin })
        socket.on('open', () => resolve(socket.close()))
        socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode))
        socket.on('error', () => {})
      })
    const own = new URL(page).origin
    expect(await statusOf(own)).toBeUndefined()
    expect(await statusOf('https://stately.ai')).toBe(403)
    expect(await statusOf(own, url.replace('/inspect', '/feed'))).toBe(403)
    const rebound = await new Promise((resolve) =>
      request(page, { headers: { host: 'example.org' } }, ({ statusCode }) => resolve(statusCode)).end(),
    )
    expect(rebound).toBe(403)
  })
})

it('shows the life to nobody without the token of this start', async () => {
  const statusAt = (url: string) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url)
      socket.on('open', () => resolve(socket.close()))
      socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode))
      socket.on('error', () => {})
    })
  const urls = await serving({}, async (served) => {
    const urls = Object.values(served).concat(`${served.inspector}bridge.js`)
    for (const url of urls) {
      const { origin, pathname } = new URL(url)
      const [, token = '', ...path] = pathname.split('/')
      for (const wrong of ['', `${token.slice(1)}A/`, `${token}A/`, 'é/', `?token=${token}`]) {
        const to = `${origin === 'null' ? `ws://${new URL(url).host}` : origin}/${wrong}${path.join('/')}`
        if (url.startsWith('ws')) expect(await statusAt(to), to).toBe(403)
        else expect((await fetch(to)).status, to).toBe(403)
      }
      if (url.startsWith('ws')) expect(await statusAt(url)).toBeUndefined()
      else expect((await fetch(url)).status).toBe(200)
    }
    return urls
  })
  const tokenOf = (url = '') => new URL(url).pathname.split('/')[1]
  expect(new Set(urls.map(tokenOf)).size).toBe(1)
  await serving({}, async ({ inspector }) => expect(tokenOf(inspector)).not.toBe(tokenOf(urls[0])))
})

it('keeps no folder from a runner, and serves the life beside it', async () => {
  const found = await serving({ speed: 1_000 }, async (served) => {
    const supervisor = await open()
    const both = await bothOf(served)
    await supervisor.stop()
    return both
  })
  expect(eventsIn(found[0])).toEqual(['xstate.init', 'ORDER', 'ORDER', 'CLOSE'])
})

it('says what to open, and ends with 0 at Ctrl-C', async () => {
  const lines = await linesOf(() => inspect('till/a', { data, machines: modules }, () => Promise.resolve()))
  expect(lines[0]).toBe('till/a  4 records, from rev 1 to rev 4')
  expect(lines[1]).toMatch(/^inspector {3}http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}\/$/)
  const child = new OutcryProcess('inspect', 'till/a', '--data', data, '--machines', modules[0] as string)
  await eventually(() => expect(child.stdout).toContain('/inspect/legacy (@xstate/inspect 0.8)'))
  child.child.kill('SIGINT')
  expect(await child.finished()).toMatchObject({ code: 0, signal: null })
})

it.each<[address: string, options: InspectOptions, code: string]>([
  ['till/none', {}, 'ACTOR_UNKNOWN'],
  ['till', {}, 'ADDRESS_INVALID'],
  ['till/a', { at: '9' }, 'REV_UNKNOWN'],
  ['till/a', { at: '2020-01-01T00:00:00Z' }, 'PLACE_INVALID'],
  ['till/a', { at: '2', to: '3' }, 'PLACE_INVALID'],
  ['till/a', { from: '3', to: '2' }, 'PLACE_INVALID'],
  ['till/a', { machines: [] }, 'MACHINE_VERSION_UNKNOWN'],
])('refuses %s %j with %s', async (address, options, code) => {
  const wanted = inspect(address, { data, machines: modules, ...options }, () => Promise.resolve())
  await expect(wanted).rejects.toMatchObject({ code })
})

/** Goes through the doors of a server whose log begins behind its first record. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { cutLamps } from '../runtime/cut-lamps.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-cut-log-'))
let supervisor: Supervisor
let api: ApiServer
let first: number
let dimmed: number

beforeAll(async () => {
  const made = await cutLamps(join(root, 'log'))
  supervisor = made.supervisor
  first = made.first
  dimmed = made.dimmed
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterAll(async () => {
  await api.close()
  await supervisor.stop()
  rmSync(root, { recursive: true })
})

// biome-ignore lint/suspicious/noExplicitAny: answers of many kinds
async function get(path: string): Promise<{ status: number; body: any }> {
  const response = await fetch(`${api.url}${path}`)
  return { status: response.status, body: await response.json() }
}

it.each([
  '/records/1',
  '/records/1/why',
  '/actors/lamp/a?seq=1',
  '/actors/lamp/a?rev=1',
  '/actors/lamp/a?at=1',
  '/actors/lamp/a/history?fromRev=1',
  '/actors/lamp/a/history?fromRev=1&detail=true',
  '/actors?seq=1',
  '/events?since=0',
  '/events?from=1',
  '/state?seq=1',
  '/state?at=1970-01-01T00:00:00.001Z',
  '/timeline?from=1',
])('refuses %s, and says where the log begins', async (path) => {
  const { status, body } = await get(path)
  expect({ path, status, code: body.code }).toEqual({ path, status: 410, code: 'LOG_CUT' })
  expect(body.detail).toContain(`the log begins at seq ${first} (1970-01-01T00:00:00.`)
})

it.each([
  '/actors/lamp/a',
  '/actors/lamp/quiet',
  '/actors',
  '/groups',
  '/events',
  '/events?tail=5&type=LIT',
  '/state',
  '/vitals',
  '/verify',
])('answers %s as before', async (path) => {
  const { status } = await get(path)
  expect({ path, status }).toEqual({ path, status: 200 })
})

it('begins lists, lives and the time line with the first record that there is', async () => {
  const history = (await get('/actors/lamp/a/history?limit=5')).body
  expect(history.records[0].seq).toBe(first)
  const inDetail = (await get('/actors/lamp/a/history?limit=5&detail=true')).body
  expect(inDetail.records[0]).toMatchObject({ seq: first, rev: history.records[0].rev })
  const newest = (await get('/actors/lamp/a/history?reverse=true&detail=true&limit=500')).body
  expect(newest.records.at(-1).seq).toBe(first)
  expect((await get('/actors/lamp/quiet/history')).body.records).toEqual([])
  expect((await get(`/actors/lamp/quiet?seq=${first}`)).body).toMatchObject({ rev: 1, value: 'off' })
  expect((await get(`/actors/lamp/a?seq=${first}`)).status).toBe(200)
  expect((await get('/timeline?points=4')).body).toMatchObject({
    fromSeq: first - 1,
    from: history.records[0].at,
  })
  expect((await get(`/records/${first}`)).body.record.seq).toBe(first)
  const cut = (await get('/actors/system/retention/history')).body.records[1]
  expect(cut.event).toMatchObject({ type: 'outcry.cut', firstSeq: first })
})

it('explains a record up to the cut, and says that its cause was deleted', async () => {
  expect((await get(`/records/${dimmed}/why`)).body).toMatchObject({
    record: { actor: 'lamp/dim', timer: expect.anything() },
    causes: [],
    isWhole: false,
    cutAt: first,
  })
  expect((await get(`/records/${dimmed}`)).body).toMatchObject({ record: { seq: dimmed }, cause: null })
  const whole = (await get(`/records/${first}/why`)).body
  expect([whole.isWhole, whole.cutAt]).toEqual([true, undefined])
})

async function frames(frame: object, until: (op: { op: string }) => boolean): Promise<{ op: string }[]> {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/feed`)
  const found: { op: string }[] = []
  const done = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const said = JSON.parse(String(data))
      found.push(said)
      if (until(said)) resolve()
    })
  })
  await once(socket, 'open')
  socket.send(JSON.stringify({ op: 'subscribe', id: 's', topics: ['transitions.>'], ...frame }))
  await done
  socket.terminate()
  return found
}

it('refuses a feed from before, and gives one from there on, and the last events', async () => {
  const [refusal] = (await frames({ since: first - 2 }, ({ op }) => op === 'error')).slice(-1)
  expect(refusal).toMatchObject({
    code: 'LOG_CUT',
    message: expect.stringContaining(`begins at seq ${first}`),
  })
  for (const place of [{ since: first - 1 }, { tail: 10_000, topics: ['transitions.lamp.quiet'] }]) {
    const all = await frames(place, ({ op }) => op === 'caughtUp' || op === 'error')
    expect(all.at(-1)).toMatchObject({ op: 'caughtUp' })
  }
})

it.each(['/inspect', '/inspect/legacy'])('plays the life that there is to Stately at %s', async (path) => {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}${path}?actor=lamp/a&to=seq:${first + 2}`)
  const texts: string[] = []
  const done = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      texts.push(String(data))
      if (texts.join().split('PRESS').length > 3) resolve()
    })
    socket.on('close', () => resolve())
  })
  await done
  socket.terminate()
  expect(texts.join()).not.toContain('LOG_CUT')
  expect(texts.join().split('PRESS').length).toBeGreaterThan(3)
})

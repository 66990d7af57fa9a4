/** `GET /ready`: it goes by the same parts as `/health`, and needs no token. */
import { afterEach, expect, it } from 'vitest'
import { setup } from 'xstate'
import type { ComponentHealth } from '../../src/api/contract/answers.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'
import { ask } from './asking.ts'

const TOKEN = 'correct.horse_battery~staple-7'
const WITH = { authorization: `Bearer ${TOKEN}` }
const door = setup({}).createMachine({ initial: 'shut', states: { shut: {} } })

let harness: Harness
let api: ApiServer
let components: readonly ComponentHealth[] | undefined

async function start(of?: readonly ComponentHealth[]): Promise<void> {
  components = of
  harness = new Harness()
  const supervisor = await harness.open({ machines: { door } })
  const known = of === undefined ? undefined : () => components ?? []
  api = await startApi(
    supervisor,
    { host: '127.0.0.1', port: 0, token: TOKEN, components: known },
    silentLogger,
  )
}
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

async function asked(path: string, headers = {}) {
  const { status, body } = await ask(Number(new URL(api.url).port), path, headers)
  return { status, answer: JSON.parse(body) }
}

it('waits for each part that is needed, with its reason for those who have the token', async () => {
  await start([
    { name: 'store', state: 'RUNNING' },
    { name: 'market', state: 'INITIALIZING' },
    { name: 'venue-sim', state: 'FAILED', reason: 'the disk is full' },
    { name: 'news', state: 'FAILED', reason: 'the wire is cut', isOptional: true },
  ])
  const { status, answer } = await asked('/ready', WITH)
  expect(status).toBe(503)
  expect(answer).toMatchObject({ code: 'NOT_READY', detail: 'these parts do not run: market, venue-sim' })
  expect(answer.waitsFor).toEqual([
    { name: 'market', state: 'INITIALIZING', reason: 'it starts' },
    { name: 'venue-sim', state: 'FAILED', reason: 'the disk is full' },
  ])
  const { answer: forStrangers } = await asked('/ready')
  expect(forStrangers.waitsFor).toEqual([
    { name: 'market', state: 'INITIALIZING' },
    { name: 'venue-sim', state: 'FAILED' },
  ])
})

it('is ready when a part is not well or is not needed, which /health tells', async () => {
  await start([
    { name: 'market', state: 'RUNNING', reason: 'symbol/sim:BTCUSDT is disconnected' },
    { name: 'news', state: 'FAILED', reason: 'the wire is cut', isOptional: true },
  ])
  expect(await asked('/ready')).toEqual({ status: 200, answer: { status: 'ready' } })
  const { status, answer } = await asked('/health', WITH)
  expect([status, answer.status, answer.components]).toEqual([200, 'degraded', components])
})

it('of a program without components goes by its supervisor', async () => {
  await start()
  expect((await asked('/ready')).status).toBe(200)
  await harness.supervisor.stop()
  const { status, answer } = await asked('/ready', WITH)
  expect(status).toBe(503)
  expect(answer.waitsFor).toEqual([{ name: 'supervisor', state: 'STOPPING', reason: 'it stops' }])
})

it('keeps the metrics for those who have the token', async () => {
  await start()
  const port = Number(new URL(api.url).port)
  expect((await ask(port, '/metrics')).code).toBe('NOT_AUTHORISED')
  const plain = await ask(port, '/metrics', WITH)
  expect([plain.status, plain.headers['content-type']]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  expect(plain.body).toContain(`\noutcry_log_seq ${harness.supervisor.seq}\n`)
  const open = await ask(port, '/metrics', { ...WITH, accept: 'application/openmetrics-text' })
  expect(open.headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
})

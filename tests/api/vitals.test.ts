import fastify from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { vitalRoutes } from '../../src/api/routes/vital-routes.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { withContract } from '../../src/api/type-provider.ts'
import { createClient } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Floor } from '../machines/floor.ts'

let floor: Floor
let api: ApiServer

beforeAll(async () => {
  floor = await Floor.open()
  api = await startApi(floor.harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterAll(async () => {
  await api.close()
  await floor.harness.supervisor.stop()
})

const ask = () => createClient({ url: api.url }).ask('vitals')

it('tells how long commits took, and how old the last message of each symbol is', async () => {
  await floor.price('101')
  const { at: lastAt } = (await ask()).markets[0] ?? {}
  expect(lastAt).toBe(floor.at)
  floor.harness.clock.advanceTo(floor.at + 5_000)
  const { commits, markets, now, seq, at } = await ask()
  expect(markets).toEqual([
    { address: 'symbol/paper:BTCUSDT', at: lastAt, ageMs: now - floor.at, state: expect.anything() },
  ])
  expect(now - floor.at).toBeGreaterThanOrEqual(5_000)
  const head = (await floor.harness.records()).at(-1)
  expect({ seq, at }).toEqual({ seq: head?.seq, at: head?.at })
  expect(commits?.commits).toBeGreaterThan(0)
  expect(commits?.p50Ms).toBeGreaterThan(0)
  expect(commits?.p99Ms).toBeGreaterThanOrEqual(commits?.p50Ms ?? 0)
  expect(commits?.maxMs).toBeGreaterThanOrEqual(commits?.p99Ms ?? 0)
})

it('tells how far the slowest client of the feed is behind, in records and in time', async () => {
  expect((await ask()).feed).toEqual({ clients: 0, behindRecords: 0, behindMs: 0 })
  const { supervisor } = floor.harness
  const keptUpTo = supervisor.seq
  await floor.price('102')
  await floor.pass(1_000)
  const http = withContract(fastify())
  const feed = { progress: () => ({ clients: 2, keptUpTo }) }
  vitalRoutes(http, supervisor, feed, { last: undefined })
  const answer = (await http.inject('/vitals')).json()
  const records = await floor.harness.records()
  const next = records.find(({ seq }) => seq === keptUpTo + 1)
  const last = records.at(-1)
  expect(answer.feed).toEqual({
    clients: 2,
    behindRecords: (last?.seq ?? 0) - keptUpTo,
    behindMs: (last?.at ?? 0) - (next?.at ?? 0),
  })
  expect(answer.feed.behindMs).toBeGreaterThanOrEqual(1_000)
})

it('knows of the log what was checked, and nothing before that', async () => {
  const { log } = await ask()
  expect(log).toEqual({ epoch: floor.harness.supervisor.epoch, startedAfter: 0, archivedTo: 0 })
  const { records, problems } = await createClient({ url: api.url }).ask('verify')
  const { now } = await ask()
  expect((await ask()).log.verified).toEqual({ at: now, seq: records, problems: problems.length })
})

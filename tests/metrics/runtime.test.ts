/** The metrics of a supervisor and its server: each moves for its own reason, and for no other. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { assign, emit, setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { VERSION } from '../../src/api/version.ts'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import { Tally } from '../../src/runtime/commit/tally.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { type Scrape, scrape } from './values.ts'

const bell = setup({}).createMachine({
  initial: 'quiet',
  states: { quiet: { after: { 1000: { actions: emit({ type: 'LATE' }) } } } },
  on: {
    RING: { actions: emit({ type: 'RANG' }) },
    THROW: {
      actions: assign(() => {
        throw new TypeError('boom')
      }),
    },
  },
})
const MACHINES: Machines = {
  bell: { machine: bell, supervision: { strategy: 'quarantine' } },
  eager: {
    machine: bell,
    supervision: { strategy: 'restart', backoff: { minMs: 10, maxMs: 10, restartsMax: 3, resetMs: 1_000 } },
  },
}

let harness: Harness
let api: ApiServer

beforeEach(async () => {
  harness = new Harness()
  const supervisor = await harness.open({ machines: MACHINES })
  const limits = { handshakeMs: 40 }
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0, limits }, silentLogger)
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

/** Does the work, and returns how a value is changed by it. */
async function during(work: () => Promise<unknown>) {
  const was = await scrape(api.url)
  await work()
  const is = await scrape(api.url)
  return {
    was,
    is,
    moved: (...of: Parameters<Scrape['of']>) => (is.of(...of) ?? 0) - (was.of(...of) ?? 0),
  }
}
const sent = (to: string, type: string) => harness.supervisor.send(to, { type }).catch(() => {})

it('counts turns, records, events and commits', async () => {
  const { supervisor } = harness
  const { moved, is } = await during(async () => {
    await supervisor.spawn('bell', 'a')
    for (const _ of [1, 2, 3]) await sent('bell/a', 'RING')
  })
  expect(moved('turns_total')).toBe(4)
  expect(moved('transitions_total', { kind: 'bell' })).toBe(4)
  expect(moved('transitions_total', { kind: 'system' })).toBe(0)
  expect(moved('events_total', { type: 'RANG' })).toBe(3)
  expect(moved('commit_records_count')).toBe(4)
  expect(moved('commit_records_sum')).toBe(4)
  expect(moved('commit_records_bucket', { le: '1' })).toBe(4)
  expect(moved('commit_size_bytes_count')).toBe(4)
  expect(moved('commit_size_bytes_sum')).toBeGreaterThan(4 * 100)
  expect(moved('commit_duration_seconds_count')).toBe(4)
  expect(moved('commit_duration_seconds_sum')).toBeGreaterThan(0)
  expect(moved('fsync_duration_seconds_count')).toBe(4)
  expect(moved('fsync_duration_seconds_sum')).toBeLessThan(moved('commit_duration_seconds_sum'))
  expect([is.of('log_seq'), is.of('log_epoch'), is.of('log_archived_seq'), is.of('log_fenced')]).toEqual([
    supervisor.seq,
    supervisor.epoch,
    0,
    0,
  ])
  expect(is.of('actors_in_memory')).toBe(supervisor.residents)
  expect(moved('uptime_seconds')).toBeGreaterThan(0)
  expect(is.of('build_info', { version: VERSION, node: process.versions.node })).toBe(1)
})

it('tells of each lane how many messages wait in it, and how long they have waited', async () => {
  const { supervisor } = harness
  await supervisor.spawn('bell', 'a')
  const { moved } = await during(async () => {
    supervisor.tell('bell/a' as never, { type: 'RING' })
    supervisor.tell('bell/a' as never, { type: 'RING' })
    void sent('bell/a', 'RING')
    expect(supervisor.figures.lanes.map(({ lane, length }) => [lane, length])).toEqual([
      ['control', 0],
      ['timer', 0],
      ['execution', 0],
      ['command', 1],
      ['market', 2],
    ])
    await supervisor.idle()
  })
  expect(moved('mailbox_wait_seconds_count', { lane: 'market' })).toBe(2)
  expect(moved('mailbox_wait_seconds_count', { lane: 'command' })).toBe(1)
  expect(moved('mailbox_wait_seconds_count', { lane: 'control' })).toBe(0)
  expect(moved('mailbox_wait_seconds_sum', { lane: 'market' })).toBeGreaterThan(0)
  expect((await scrape(api.url)).sum('mailbox_messages')).toBe(0)
})

it('counts failures, quarantines, restarts and dead letters by kind and reason', async () => {
  const { supervisor, clock } = harness
  for (const kind of ['bell', 'eager']) await supervisor.spawn(kind, 'a')
  const { moved, is } = await during(async () => {
    for (const kind of ['bell', 'eager']) await sent(`${kind}/a`, 'THROW')
    clock.advanceTo(clock.now() + 20)
    await supervisor.idle()
    await sent('bell/a', 'RING')
    supervisor.tell('bell/nobody' as never, { type: 'RING' })
    await supervisor.idle()
  })
  expect(moved('actor_failures_total', { kind: 'bell' })).toBe(1)
  expect(moved('actor_failures_total', { kind: 'eager' })).toBe(1)
  expect(moved('actor_quarantines_total', { kind: 'bell' })).toBe(1)
  expect(is.of('actor_quarantines_total', { kind: 'eager' })).toBe(0)
  expect(moved('actor_restarts_total', { kind: 'eager' })).toBe(1)
  expect(is.of('actor_restarts_total', { kind: 'bell' })).toBe(0)
  expect(is.of('actors_quarantined')).toBe(1)
  const letters = (await harness.deadLetters()).map(({ reason }) => reason)
  expect(letters).toContain('unknown')
  for (const reason of new Set(letters))
    expect(moved('dead_letters_total', { reason })).toBe(letters.filter((one) => one === reason).length)
  await supervisor.release('bell/a')
  expect((await scrape(api.url)).of('actors_quarantined')).toBe(0)
})

it('tells of timers that wait, and by how much they were late', async () => {
  const { supervisor, clock } = harness
  const { moved } = await during(() => supervisor.spawn('bell', 'a'))
  expect(moved('timers_armed')).toBe(1)
  expect(moved('timer_lateness_seconds_count')).toBe(0)
  const after = await during(async () => {
    // The clock of a test jumps over the time at which the timer is due.
    clock.advanceTo(clock.now() + 1_000)
    await supervisor.idle()
  })
  expect(after.moved('timers_armed')).toBe(-1)
  expect(after.moved('timer_lateness_seconds_count')).toBe(1)
  expect(after.moved('timer_lateness_seconds_bucket', { le: '0.001' })).toBe(1)
})

it('tells of clients, and counts those that the server ends, with the reason', async () => {
  const url = api.url.replace('http', 'ws')
  const client = new WebSocket(`${url}/feed`)
  const frames: { op: string }[] = []
  client.on('message', (data) => frames.push(JSON.parse(String(data))))
  client.on('open', () => client.send('{"op":"subscribe","id":"s","topics":["events.>"]}'))
  await eventually(() => expect(frames.map(({ op }) => op)).toContain('caughtUp'))
  const was = await scrape(api.url)
  expect([was.of('feed_clients'), was.of('inspect_clients'), was.of('feed_lag_records')]).toEqual([1, 0, 0])
  const idle = new WebSocket(`${url}/feed`)
  idle.on('error', () => {})
  const dropped = { channel: 'feed', reason: 'idle' }
  await eventually(async () =>
    expect((await scrape(api.url)).of('connections_dropped_total', dropped)).toBe(1),
  )
  client.send('no frame')
  await eventually(async () => {
    const is = await scrape(api.url)
    expect(is.of('connections_dropped_total', { channel: 'feed', reason: 'badFrame' })).toBe(1)
    expect(is.of('feed_clients')).toBe(0)
  })
})

it('keeps the number of names within bounds, whatever machines emit', () => {
  const tally = new Tally()
  for (let i = 0; i < 1_500; i++) {
    const record = { event: { type: 'X' }, emitted: [{ type: `T${i}` }], actor: 'bell/a' }
    const turn = { publications: [{ cell: { kind: { name: 'bell' } }, record }] }
    tally.take([turn] as never, 1, 1)
  }
  expect(tally.events.size).toBe(1_001)
  expect(tally.events.get('other')).toBe(500)
})

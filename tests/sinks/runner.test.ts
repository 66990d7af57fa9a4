/** Tests a sink as a component of a whole runner: its health, its failure, and its restart by a person. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Metrics } from '../../src/metrics/metrics.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { sinks } from '../../src/runner/components/sinks.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import type { Run } from '../../src/runner/run.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { RedisServer } from '../../tools/bench/servers/redis.ts'
import { differenceOfLogs } from '../equal-logs.ts'
import { eventually } from '../runtime/harness.ts'
import { eventsOf } from './following.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await RedisServer.start()
})
afterAll(() => redis?.end())

it('a runner goes on while a sink is down or refused, says why, and writes all after a restart by a person', async () => {
  const data = mkdtempSync(join(tmpdir(), 'outcry-sink-'))
  await redis.ask((client) =>
    client.hset('{outcry:events}:position', { log: 'x', sink: 'redis', epoch: 1, run: 'x' }),
  )
  const sections = [
    { type: 'redis', url: redis.url, maxLength: 0 },
    { type: 'redis', name: 'down', url: 'redis://127.0.0.1:1' },
    { type: 'postgres', url: 'postgres://me:${NOT_SET_ANYWHERE}@127.0.0.1:1/x' },
  ]
  const market = { source: 'sim', seed: 7 }
  const config = loadConfig({ flags: { data, market, sinks: sections, server: { port: 0 } } })
  const runner = await startRunner(config, silentLogger, {})
  try {
    const reasonOf = async (name: string) => {
      const answer = await fetch(`${runner.url}/health`)
      const { components } = (await answer.json()) as {
        components: { name: string; state: string; reason?: string }[]
      }
      const { state, reason } = components.find((one) => one.name === name) as {
        state: string
        reason?: string
      }
      return [state, reason]
    }
    await eventually(async () => {
      expect(await reasonOf('sink-redis')).toEqual(['FAILED', expect.stringMatching(/events of the log x/)])
      expect(await reasonOf('sink-postgres')).toEqual(['FAILED', expect.stringMatching(/NOT_SET_ANYWHERE/)])
    })
    expect(await reasonOf('sink-down')).toEqual([
      'RUNNING',
      expect.stringMatching(/records wait: .*ECONNREFUSED/),
    ])
    await redis.ask((client) => client.flushall())
    const restart = () => fetch(`${runner.url}/components/sink-redis/restart`, { method: 'POST' })
    // Once after a failure, and once while it runs.
    for (let n = 0; n < 2; n++) {
      expect((await restart()).status).toBe(200)
      const { seq } = runner.supervisor
      await eventually(async () => {
        const position = await redis.ask((client) => client.hget('{outcry:events}:position', 'seq'))
        expect(Number(position)).toBeGreaterThan(seq)
      })
      expect(await reasonOf('sink-redis')).toEqual(['RUNNING', undefined])
    }
    const entries = await redis.ask((client) => client.xrange('outcry:events', '-', '+'))
    const events = (await eventsOf(runner.supervisor)).slice(0, entries.length)
    expect(entries.map(([, fields]) => fields.at(-1))).toEqual(events.map(({ text }) => text))
  } finally {
    await runner.stop('the test has ended', 'test')
    rmSync(data, { recursive: true })
  }
})

it('all sinks stop at the same time', () => {
  const url = 'http://127.0.0.1:1/'
  const two = [
    { type: 'webhook', url },
    { type: 'webhook', name: 'other', url },
  ]
  const config = loadConfig({ flags: { sinks: two } })
  const run = { plan: { config, logger: silentLogger }, metrics: new Metrics() } as unknown as Run
  expect(sinks(run).map(({ stopsWith }) => stopsWith)).toEqual(['sinks', 'sinks'])
})

it('a start is refused with the topics and filters of sinks that nothing can match, and with what would', async () => {
  const data = mkdtempSync(join(tmpdir(), 'outcry-sink-'))
  const url = 'http://127.0.0.1:1/'
  const sections = [
    { type: 'webhook', url },
    { type: 'webhook', name: 'typo', url, topics: ['events.order_filed.>'] },
    { type: 'webhook', name: 'records', url, topics: ['events.>'], filter: { kind: 'ordr' } },
  ]
  const market = { source: 'sim', seed: 7 }
  const config = loadConfig({ flags: { data, market, sinks: sections, server: { port: 0 } } })
  try {
    await expect(startRunner(config, silentLogger, {})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      issues: [
        {
          field: 'sinks.1.topics',
          rule: 'nothing can be on "events.order_filed.>"; the nearest topic is "events.order_filled.>"',
        },
        { field: 'sinks.2.filter', rule: 'no kind is called "ordr"; the nearest is "order"' },
      ],
    })
  } finally {
    rmSync(data, { recursive: true })
  }
})

it('a fault of a sink has the time of the log, is told once, and changes nothing of a run in event time', async () => {
  const [startAt, durationMs] = [1_700_000_000_000, 10_000]
  const recordsWith = async (sections: readonly object[]): Promise<TransitionRecord[]> => {
    const data = mkdtempSync(join(tmpdir(), 'outcry-sink-'))
    const market = { source: 'sim', seed: 7, speed: 'max', startAt, durationMs }
    const config = loadConfig({ flags: { data, market, sinks: sections, server: { enabled: false } } })
    const runner = await startRunner(config, silentLogger, {})
    try {
      await runner.ended
      const state = async () => (await runner.supervisor.view('component/sink-postgres'))?.value
      if (sections.length > 0) await eventually(async () => expect(await state()).toBe('FAILED'))
      await runner.supervisor.idle()
      const records: TransitionRecord[] = []
      for await (const record of runner.supervisor.read()) records.push(record)
      return records
    } finally {
      await runner.stop('the test has ended', 'test')
      rmSync(data, { recursive: true })
    }
  }
  const url = 'postgres://me:${NOT_SET_ANYWHERE}@127.0.0.1:1/x'
  const failing = await recordsWith([{ type: 'postgres', url }])
  expect(differenceOfLogs(await recordsWith([]), failing)).toBeUndefined()
  const at = failing.findIndex(({ event }) => event.type === 'FAULT')
  const [before, fault] = [failing[at - 1] as TransitionRecord, failing[at] as TransitionRecord]
  expect(fault.actor).toBe('component/sink-postgres')
  expect(fault.at).toBe(fault.event.at)
  expect(fault.at).toBeGreaterThanOrEqual(before.at)
  expect(fault.at).toBeLessThanOrEqual(startAt + durationMs)
  const told = failing.filter(({ event }) => `${event.text}`.includes('NOT_SET_ANYWHERE'))
  expect(told.map(({ event }) => [event.severity, event.about])).toEqual([
    ['error', 'component/sink-postgres'],
  ])
})

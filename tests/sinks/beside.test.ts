/** Tests the measurement of commits beside sinks: it measures no sink that does not write. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SINKS } from '../../src/sinks/registry.ts'
import { besideSinks } from '../../tools/bench/beside-sinks.ts'
import { startTarget, TARGET_TYPES } from '../../tools/bench/servers/targets.ts'

const SHORT = { events: 100, warmUp: 0, rounds: 1 }
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'outcry-beside-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

it('measures commits without sinks, and beside sinks that have each event, and leaves nothing behind', async () => {
  const { without, beside, sinks, scraper } = await besideSinks({
    ...SHORT,
    types: ['redis', 'webhook'],
    folder,
  })
  for (const { p50, p99 } of [without, beside]) expect(p99).toBeGreaterThanOrEqual(p50)
  expect(sinks).toMatchObject([
    { name: 'redis', failures: 0, behindRecords: 0 },
    { name: 'webhook', events: SHORT.events, failures: 0 },
  ])
  expect(scraper).toBe('Prometheus')
  expect(readdirSync(folder)).toEqual([])
})

it('knows a target for each sink', async () => {
  expect(TARGET_TYPES).toEqual(SINKS.map(({ name }) => name))
  await expect(startTarget('unknown', folder)).rejects.toThrow('the sink unknown has no target')
})

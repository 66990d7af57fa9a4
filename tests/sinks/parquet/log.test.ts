/** Tests that DuckDB finds in the files of a run what is in its log, however often the run was killed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import * as decimal from '../../../machines/model/decimal.ts'
import { type EventEnvelope, envelopesOf } from '../../../src/runtime/events/envelope.ts'
import { openLevelStore } from '../../../src/runtime/record/log.ts'
import { OutcryProcess, outcry } from '../../runner/runner-process.ts'
import { eventually } from '../../runtime/harness.ts'
import { howMany, SEED, seeded } from '../../seeded.ts'
import { duckdb } from './duckdb.ts'
import { parquetFiles } from './events.ts'

/** Kills of a run. */
const KILLS = howMany('PARQUET_KILLS', 2)
/** Starts after the last kill, until the sink has everything. */
const STARTS_MAX = 10

const folder = mkdtempSync(join(tmpdir(), 'outcry-parquet-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function eventsOf(data: string): Promise<EventEnvelope[]> {
  const store = await openLevelStore(join(data, 'log'))
  const events: EventEnvelope[] = []
  for await (const record of store.read()) events.push(...envelopesOf(record))
  await store.close()
  return events
}

describe('the Parquet files of a run', () => {
  it(`have the counts and the sums of its log after kills, seed ${SEED}`, async () => {
    const random = seeded(SEED)
    const data = join(folder, 'data')
    const files = join(folder, 'files')
    const config = join(folder, 'outcry.yaml')
    writeFileSync(
      config,
      `market: { seed: ${SEED % 1_000}, speed: max, ratePerSecond: 200, startAt: 1700000000000, durationMs: ${30_000 + KILLS * 5_000} }
sinks: [{ type: parquet, folder: '${files}', everySeconds: 0.05 }]
`,
    )
    const run = ['run', '--config', config, '--data', data, '--no-server'] as const
    for (let kill = 0; kill < KILLS; kill++) {
      const runner = new OutcryProcess(...run)
      const before = parquetFiles(files).length
      const more = Math.ceil(random() * 12)
      await eventually(() =>
        expect(runner.child.exitCode !== null || parquetFiles(files).length >= before + more).toBe(true),
      )
      runner.child.kill('SIGKILL')
      await runner.finished()
    }
    let events: EventEnvelope[] = []
    let left: Set<string | undefined>
    // A stop waits some seconds for the sink, which a busy machine may miss. The next start goes on.
    for (let start = 0; ; start++) {
      const last = await outcry(...run)
      expect(last.code, last.stderr).toBe(0)
      const all = await eventsOf(data)
      const { seq } = JSON.parse(readFileSync(join(files, '_outcry.json'), 'utf8')) as { seq: number }
      events = all.filter((event) => event.seq <= seq)
      left = new Set(all.slice(events.length).map(({ actor }) => actor.split('/')[0]))
      if ((left.size === 1 && left.has('component')) || start === STARTS_MAX) break
    }
    // Events that were emitted while the sink ended are for its next start.
    expect(left).toEqual(new Set(['component']))
    expect(events.length).toBeGreaterThan(1_000)
    const from = `'${files}/**/*.parquet'`
    const ids = await duckdb(`SELECT event_id FROM ${from} ORDER BY seq, "index"`)
    expect(ids.map(({ event_id }) => event_id)).toEqual(events.map(({ eventId }) => eventId))
    expect(await duckdb(`SELECT type, count(*)::INT AS n FROM ${from} GROUP BY type ORDER BY type`)).toEqual(
      countsOf(events),
    )
    const [sums] = await duckdb(
      `SELECT sum(last_qty::DECIMAL(38,12))::VARCHAR AS column, sum((event->>'lastQty')::DECIMAL(38,12))::VARCHAR AS json FROM ${from}`,
    )
    const sum = sumOf(events.map(({ event }) => event.lastQty))
    expect(sum).not.toBe('0')
    expect([sums?.column, sums?.json].map((text) => decimal.add(text as string, '0'))).toEqual([sum, sum])
  })
})

function countsOf(events: readonly EventEnvelope[]): { type: string; n: number }[] {
  const counts = new Map<string, number>()
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1)
  return [...counts].map(([type, n]) => ({ type, n })).sort((a, b) => (a.type < b.type ? -1 : 1))
}

function sumOf(values: readonly unknown[]): string {
  return values.reduce<string>(
    (sum, value) => (typeof value === 'string' ? decimal.add(sum, value) : sum),
    '0',
  )
}

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { machines } from '../../machines/index.ts'
import { openPaperVenue } from '../../src/adapters/paper/paper-venue.ts'
import { viewOf } from '../../src/runtime/actors/actor-view.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { cellAt } from '../../src/runtime/state/replay.ts'
import { differenceOfLogs, differenceOfPresents, presentOf } from '../equal-logs.ts'
import { OutcryProcess, outcry } from '../runner/runner-process.ts'
import { howMany, SEED, seeded } from '../seeded.ts'
import { busyConfig, recordedConfig, twoVenuesConfig } from './kills/config.ts'

/**
 * Number of kills and stops of one run. Each comes after some growth of the log, so no machine is too fast or too slow
 * for them.
 */
const KILLS = howMany('RUNNER_KILLS', 2)
/** Signals that are sent in turn. */
const SIGNALS = ['SIGKILL', 'SIGTERM'] as const

const RUNS = [
  ['a recorded spot market', recordedConfig('binance-spot-btcusdt', 20), { binance: 'venue' }],
  [
    'recorded futures, their venue far away',
    recordedConfig('binance-usdm-btcusdt', 500),
    { binance: 'venue' },
  ],
  ['a simulated market', busyConfig(20, 60_000), { sim: 'venue' }],
  ['a simulated market at two venues', twoVenuesConfig(60_000), { sim: 'venue', far: 'venues/far' }],
] as const

const folder = mkdtempSync(join(tmpdir(), 'outcry-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Returns the present view of every actor, without places in the log. */
async function presentsOf(data: string): Promise<Map<string, unknown>> {
  const store = await openLevelStore(join(data, 'log'))
  const presents = new Map<string, unknown>()
  for await (const address of store.actors()) {
    const cell = await cellAt(store, new Registry(machines), address, {})
    if (cell === undefined) throw new Error(`${address} has no state`)
    presents.set(address, presentOf(viewOf(cell)))
  }
  await store.close()
  return presents
}

function bytesOf(data: string): number {
  const log = join(data, 'log')
  return readdirSync(log).reduce((sum, file) => {
    // LevelDB may remove a file meanwhile.
    return sum + (statSync(join(log, file), { throwIfNoEntry: false })?.size ?? 0)
  }, 0)
}

/** Resolves when the log has grown by this much since the runner started, or when the runner has ended. */
async function grown(data: string, bytes: number, { child }: OutcryProcess): Promise<void> {
  const before = bytesOf(data)
  while (child.exitCode === null && bytesOf(data) < before + bytes) {
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

async function recordsOf(data: string): Promise<TransitionRecord[]> {
  const store = await openLevelStore(join(data, 'log'))
  const records: TransitionRecord[] = []
  for await (const record of store.read()) records.push(record)
  await store.close()
  return records
}

async function ordersAtVenue(
  data: string,
  [venue, folder]: readonly [string, string],
): Promise<{ placed: string[]; reports: unknown[] }> {
  const options = { name: `paper:${venue}`, latencyMs: 20, takerFee: '0', makerFee: '0' }
  const books = await openPaperVenue({ ...options, location: join(data, folder) })
  const reports = books.reportsAfter(0)
  await books.close()
  const placed = reports.flatMap(({ report }) =>
    report.type === 'EXECUTION_REPORT' && report.execType === 'NEW' ? [report.clOrdId] : [],
  )
  // A kill shifts the request's place in the log.
  return { placed, reports: reports.map(({ ref, ...report }) => ({ ...report, intent: ref?.intent })) }
}

describe.each(RUNS)('a run over %s', (_, config, venues) => {
  const place = mkdtempSync(join(folder, 'run-'))
  const file = join(place, 'outcry.json')
  writeFileSync(file, JSON.stringify({ ...config, runner: { ...config.runner, storeId: '7f3a' } }))
  const [reference, again, killed] = ['reference', 'again', 'killed'].map((data) => join(place, data)) as [
    string,
    string,
    string,
  ]
  const run = (data: string) => ['run', '--config', file, '--data', data, '--no-server', '--json'] as const

  beforeAll(async () => {
    const { code, stderr } = await outcry(...run(reference))
    expect(code, stderr).toBe(0)
  })

  it('leaves an equal log when it is run again', async () => {
    await outcry(...run(again))
    expect(differenceOfLogs(await recordsOf(reference), await recordsOf(again))).toBeUndefined()
  })

  it(`continues after each of ${KILLS} kills and stops, and ends like a run without them, seed ${SEED}`, async () => {
    const random = seeded(SEED)
    const most = bytesOf(reference) / KILLS
    for (let ends = 0; ends < KILLS; ends++) {
      const signal = SIGNALS[ends % SIGNALS.length]
      const runner = new OutcryProcess(...run(killed))
      await runner.started()
      await grown(killed, random() * most, runner)
      runner.child.kill(signal)
      const finished = await runner.finished()
      const { code, stdout, stderr } = finished
      if (signal === 'SIGKILL') expect(finished.signal, stderr).toBe(signal)
      else expect([code, JSON.parse(stdout).isOver], stderr).toEqual([0, false])
    }
    const { code: last, stderr } = await outcry(...run(killed))
    expect(last, stderr).toBe(0)
    const logs = [await recordsOf(reference), await recordsOf(killed)] as const
    expect(differenceOfLogs(...logs)).toBeUndefined()
    expect(differenceOfPresents(await presentsOf(reference), await presentsOf(killed))).toBeUndefined()
    for (const venue of Object.entries(venues)) {
      const { placed, reports } = await ordersAtVenue(killed, venue)
      expect(new Set(placed).size).toBe(placed.length)
      expect(placed.length).toBeGreaterThan(0)
      expect(reports).toEqual((await ordersAtVenue(reference, venue)).reports)
    }
    const { code, stdout } = await outcry('verify', '--data', killed, '--json')
    expect([code, JSON.parse(stdout).problems]).toEqual([0, []])
  })
})

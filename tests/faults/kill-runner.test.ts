import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { machines } from '../../machines/index.ts'
import { openPaperVenue } from '../../src/ports/paper/paper-venue.ts'
import { viewOf } from '../../src/runtime/actor-view.ts'
import { openLevelStore } from '../../src/runtime/log.ts'
import type { TransitionRecord } from '../../src/runtime/record.ts'
import { Registry } from '../../src/runtime/registry.ts'
import { cellAt } from '../../src/runtime/replay.ts'
import { capture } from '../data/data.ts'
import { differenceOfLogs, differenceOfPresents, presentOf } from '../equal-logs.ts'
import { OutcryProcess, outcry } from '../runner/runner-process.ts'
import { howMany, SEED, seeded } from '../seeded.ts'

/** Kills of one run, each after some of the growth of its log, so that no machine is too fast or too slow for them. */
const KILLS = howMany('RUNNER_KILLS', 12)

const folder = mkdtempSync(join(tmpdir(), 'outcry-kill-'))
const recording = capture('binance-spot-btcusdt')
const data = (name: string) => join(folder, name)
const run = (name: string) =>
  [
    'run',
    '--data',
    data(name),
    '--store-id',
    '7f3a',
    '--market',
    'recording',
    '--file',
    recording,
    '--no-server',
    '--json',
  ] as const

/** Every actor as it is, without places in the log. */
async function presentsOf(name: string): Promise<Map<string, unknown>> {
  const store = await openLevelStore(join(data(name), 'log'))
  const presents = new Map<string, unknown>()
  for await (const address of store.actors()) {
    const cell = await cellAt(store, new Registry(machines), address, {})
    if (cell === undefined) throw new Error(`${address} has no state`)
    presents.set(address, presentOf(viewOf(cell)))
  }
  await store.close()
  return presents
}

function bytesOf(name: string): number {
  const log = join(data(name), 'log')
  return readdirSync(log).reduce((sum, file) => {
    // LevelDB removes files meanwhile.
    return sum + (statSync(join(log, file), { throwIfNoEntry: false })?.size ?? 0)
  }, 0)
}

/** Resolves when the log has grown by so much since the runner started, or the runner has ended. */
async function grown(name: string, bytes: number, { child }: OutcryProcess): Promise<void> {
  const before = bytesOf(name)
  while (child.exitCode === null && bytesOf(name) < before + bytes) {
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

async function recordsOf(name: string): Promise<TransitionRecord[]> {
  const store = await openLevelStore(join(data(name), 'log'))
  const records: TransitionRecord[] = []
  for await (const record of store.read()) records.push(record)
  await store.close()
  return records
}

async function ordersAtVenue(name: string): Promise<{ placed: string[]; reports: unknown[] }> {
  const options = { name: 'paper:binance', latencyMs: 20, takerFee: '0', makerFee: '0' }
  const venue = await openPaperVenue({ ...options, location: join(data(name), 'venue') })
  const reports = venue.reportsAfter(0)
  await venue.close()
  const placed = reports.flatMap(({ report }) =>
    report.type === 'EXECUTION_REPORT' && report.execType === 'NEW' ? [report.clOrdId] : [],
  )
  // Where the request stood in the log is another place with a kill.
  return { placed, reports: reports.map(({ ref, ...report }) => ({ ...report, intent: ref?.intent })) }
}

describe('a run over a recording', () => {
  beforeAll(async () => {
    const reference = await outcry(...run('reference'))
    expect(reference.code, reference.stderr).toBe(0)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('leaves an equal log when it is done again', async () => {
    await outcry(...run('again'))
    expect(differenceOfLogs(await recordsOf('reference'), await recordsOf('again'))).toBeUndefined()
  })

  it(`goes on where it was when it is killed ${KILLS} times, and ends as if it never had been, seed ${SEED}`, async () => {
    const random = seeded(SEED)
    const most = bytesOf('reference') / KILLS
    let kills = 0
    for (;;) {
      const runner = new OutcryProcess(...run('killed'))
      const started = kills < KILLS ? await runner.started() : undefined
      if (started !== undefined) {
        await grown('killed', random() * most, runner)
        runner.child.kill('SIGKILL')
      }
      const finished = await runner.finished()
      if (finished.signal === 'SIGKILL') {
        kills++
        continue
      }
      expect(finished.code, finished.stderr).toBe(0)
      break
    }
    expect(kills).toBe(KILLS)
    const logs = [await recordsOf('reference'), await recordsOf('killed')] as const
    expect(differenceOfLogs(...logs)).toBeUndefined()
    expect(differenceOfPresents(await presentsOf('reference'), await presentsOf('killed'))).toBeUndefined()
    const { placed, reports } = await ordersAtVenue('killed')
    expect(new Set(placed).size).toBe(placed.length)
    expect(placed.length).toBeGreaterThan(0)
    expect(reports).toEqual((await ordersAtVenue('reference')).reports)
    const { code, stdout } = await outcry('verify', '--data', data('killed'), '--json')
    expect([code, JSON.parse(stdout).problems]).toEqual([0, []])
  })
})

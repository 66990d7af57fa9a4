/** Runs a runner that deletes old records, from its configuration on, through two starts. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { eventually } from '../runtime/harness.ts'

const data = mkdtempSync(join(tmpdir(), 'outcry-runner-deletion-'))
afterAll(() => rmSync(data, { recursive: true, force: true }))

/** Trades for so many seconds of a simulated market, from where the last run ended. */
async function trade(seconds: number, retention: object) {
  const market = {
    source: 'sim',
    seed: 7,
    startAt: 1_700_000_000_000,
    durationMs: seconds * 1_000,
    speed: 'max',
  }
  const config = loadConfig({ flags: { data, market, retention, server: { enabled: false } } })
  const runner = await startRunner(config, silentLogger, {})
  await runner.ended
  return runner
}

it('deletes what its configuration says, starts again, trades on, and is verified', async () => {
  const first = await trade(8, {})
  await first.stop('enough', 'test')
  const store = await openLevelStore(join(data, 'log'))
  const { seq } = store.head
  const firstSeq = await store.archive(seq - 1)
  await store.close()
  expect(firstSeq).toBeGreaterThan(20)

  const deletes = { liveRecords: 1e9, deleteAfterDays: 5 / 86_400 }
  // The market goes on, and the next starts find that the records have become old.
  const second = await trade(16, { ...deletes, deleteAfterDays: 1 })
  await second.stop('enough', 'test')
  expect(second.supervisor.firstSeq).toBe(1)
  for (const seconds of [17, 18]) {
    const runner = await trade(seconds, deletes)
    const { supervisor } = runner
    await eventually(() => expect(supervisor.firstSeq).toBe(firstSeq))
    await eventually(() =>
      expect(readdirSync(join(data, 'log', 'archive')).filter((name) => name.endsWith('.gz'))).toEqual([]),
    )
    expect((await supervisor.verify()).problems).toEqual([])
    expect(supervisor.getSnapshot('symbol/sim:BTCUSDT')?.context).toMatchObject({
      lastAt: expect.toSatisfy((at: number) => at > 1_700_000_000_000 + (seconds - 1) * 1_000),
    })
    await runner.stop('enough', 'test')
  }
  const cuts: unknown[] = []
  const after = await openLevelStore(join(data, 'log'))
  for await (const { event } of after.history('system/retention')) cuts.push(event.type)
  await after.close()
  expect(cuts.filter((type) => type === 'outcry.cut')).toEqual(['outcry.cut'])
})

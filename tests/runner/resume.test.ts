import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { startRunner } from '../../src/runner/assemble.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { eventually } from '../runtime/harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-resume-'))
const nothing = () => {}
const LOGGER = { debug: nothing, info: nothing, warn: nothing, error: nothing }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SIM = { source: 'sim', startAt: 1_700_000_000_000 }

const start = (market: object, data = 'sim') =>
  startRunner(
    runnerConfig.parse({
      data: join(folder, data),
      market,
      strategies: [],
      server: { enabled: false },
    }),
    LOGGER,
  )

it('a run goes on where it was at once, however long nothing was traded before', async () => {
  const first = await start({ ...SIM, durationMs: 30_000, speed: 'max' })
  await first.ended
  const { seq } = first.supervisor
  await first.stop('enough', 'test')
  // At this pace the venue would need days for what it has to see again.
  const second = await start({ ...SIM, durationMs: 60_000, speed: 0.000_1 })
  const started = second.supervisor.seq
  expect(started).toBeGreaterThanOrEqual(seq)
  await eventually(() => {
    const symbol = second.supervisor.getSnapshot('symbol/sim:BTCUSDT')
    expect(symbol?.context).toMatchObject({
      lastAt: expect.toSatisfy((at: number) => at >= 1_700_000_030_000),
    })
  })
  await second.stop('enough', 'test')
})

it('a recording that was played to its end brings nothing new when it is played into the same log again', async () => {
  const play = async () => {
    const runner = await start({ source: 'recording' }, 'recording')
    await runner.ended
    const { marketRecords } = runner.stats()
    await runner.stop('the market has ended', 'test')
    return marketRecords
  }
  expect(await play()).toBeGreaterThan(1_000)
  expect(await play()).toBe(0)
})

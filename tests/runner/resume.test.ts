import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { runnerConfig } from '../../src/runner/config.ts'
import { startRunner } from '../../src/runner/runner.ts'
import { eventually } from '../runtime/harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-resume-'))
const nothing = () => {}
const LOGGER = { debug: nothing, info: nothing, warn: nothing, error: nothing }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const start = (market: object) =>
  startRunner(
    runnerConfig.parse({
      data: folder,
      market: { source: 'sim', startAt: 1_700_000_000_000, ...market },
      strategies: [],
      server: { enabled: false },
    }),
    LOGGER,
  )

it('a run goes on where it was at once, however long nothing was traded before', async () => {
  const first = await start({ durationMs: 30_000, speed: 'max' })
  await first.ended
  const { seq } = first.supervisor
  await first.stop('enough', 'test')
  // At this pace the venue would need days for what it has to see again.
  const second = await start({ durationMs: 60_000, speed: 0.000_1 })
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

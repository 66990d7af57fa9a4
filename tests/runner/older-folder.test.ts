/** A log from before it said what it belongs to is held to what its last start says, and says it from its next start on. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { machines, RUNNER } from '../../machines/index.ts'
import { runnerVersion4 } from '../../machines/runner/version-4.ts'
import { createSupervisor, openLevelStore } from '../../src/index.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { belongingIn, belongingNow } from '../../src/runner/folder/belonging.ts'
import { openLevelStore as openLog } from '../../src/runtime/record/log.ts'

const data = mkdtempSync(join(tmpdir(), 'outcry-older-'))
afterAll(() => rmSync(data, { recursive: true, force: true }))

const config = (seed: number) => runnerConfig.parse({ data, market: { source: 'sim', seed } })
const place = (seed: number) => ({ market: { name: `sim:${seed}` }, venue: 'sim' })

async function found() {
  const store = await openLog(data)
  try {
    return (await belongingIn(store, data)).belonging
  } finally {
    await store.close()
  }
}

/** As an older version starts where nothing is said of what the log belongs to. */
async function started(belonging?: object): Promise<void> {
  const kinds = belonging === undefined ? { ...machines, runner: runnerVersion4 } : machines
  const supervisor = await createSupervisor({ store: await openLevelStore(data), machines: kinds })
  if (supervisor.getSnapshot(RUNNER) === undefined) await supervisor.spawn('runner', 'main')
  const of = { venue: 'sim', strategies: [] }
  const place = belonging === undefined ? of : { venues: [of], belonging }
  const at = Date.now()
  await supervisor.send(RUNNER, { type: 'STARTED', at, version: '0.1.0', market: 'sim:6', ...place })
  await supervisor.send(RUNNER, { type: 'REPORT_ERROR', at, severity: 'warning', text: 'late' })
  await supervisor.stop()
}

it('an older log belongs to the market and the venue of its last start', async () => {
  expect(await found()).toBeUndefined()
  await started()
  const guessed = await found()
  expect(guessed).toMatchObject({ market: { name: 'sim:6' }, venues: { sim: {} } })
  // A kill may come before it is noted, and the venue's books may have its life by then.
  expect(await found()).toEqual(guessed)
  await expect(belongingNow(guessed, config(7), place(7))).rejects.toMatchObject({ code: 'OTHER_MARKET' })
  const elsewhere = { ...place(6), venue: 'binance' }
  await expect(belongingNow(guessed, config(6), elsewhere)).rejects.toMatchObject({ code: 'OTHER_VENUE' })
  const now = await belongingNow(guessed, config(6), place(6))
  await started(now)
  expect(await found()).toEqual(now)
  expect(now).toMatchObject({ life: guessed?.life, market: { seed: 6, ratePerSecond: 25 } })
})

/** The page on a log whose beginning is deleted: it says so, and shows all that there is, without a fault. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { type CutLamps, cutLamps } from '../runtime/cut-lamps.ts'
import { eventually } from '../runtime/harness.ts'
import { Opened, SOON } from './opened.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-page-cut-'))
let made: CutLamps
let api: ApiServer
let opened: Opened

beforeAll(async () => {
  made = await cutLamps(join(root, 'log'))
  api = await startApi(made.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
  opened = await Opened.launch({ url: () => api.url })
})
afterAll(async () => {
  await opened?.close()
  await api.close()
  await made.supervisor.stop()
  rmSync(root, { recursive: true })
})

it('lists the records that there are, and says that earlier ones were deleted', async () => {
  const page = await opened.open('actor/lamp/a?history')
  await page.locator('#history .bar', { hasText: 'earlier ones were deleted' }).waitFor(SOON)
  const text = (await page.textContent('#history .bar')) ?? ''
  const [, count, least] = /(\d+) records, from record (\d+) on/.exec(text) ?? []
  expect(Number(least)).toBeGreaterThan(1)
  const { rev } = (await made.supervisor.view('lamp/a')) as { rev: number }
  expect(Number(count)).toBe(rev - Number(least) + 1)
  // The rows reach down to the first record that there is.
  await page.locator('#history .records').evaluate((list) => list.scrollTo(0, list.scrollHeight))
  await eventually(async () => {
    const rows = await page.$$eval('#history .entry', (all) =>
      all.map((row) => row.getAttribute('title') ?? ''),
    )
    expect(rows.at(-1)).toContain(`record ${least}`)
  })
  expect(await page.locator('#history [role=alert]').count()).toBe(0)
  await page.locator('body').press('Home')
  await eventually(() => expect(opened.hash()).toContain(`lamp/a@${made.first}`))
  expect(opened.complaints).toEqual([])
})

it('shows the state of an actor whose records were all deleted', async () => {
  const page = await opened.open('actor/lamp/quiet?history')
  await page.locator('#history .bar', { hasText: 'All records of lamp/quiet were deleted' }).waitFor(SOON)
  expect(opened.complaints).toEqual([])
})

it('says where an explanation ends because its cause was deleted', async () => {
  const page = await opened.open(`why/lamp/dim@${made.dimmed}`)
  await page
    .locator('.why-start', { hasText: `What caused it was deleted: the log begins at seq ${made.first}.` })
    .waitFor(SOON)
  expect(await page.textContent('.why-note')).toContain('What caused this record was deleted')
  expect(opened.complaints).toEqual([])
})

/**
 * Tests that a folder of an earlier version goes on normally when its first start by this version is killed at a write,
 * whichever it is.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { differenceOfLogs, differenceOfPresents } from '../equal-logs.ts'
import { program } from '../programs/program.ts'
import { booksOf, presentsOf, recordsOf, unpack } from '../runner/golden/run.ts'
import { howMany, SEED } from '../seeded.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'outcry-kill-upgrade-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let folders = 0
function unpacked(run: string): string {
  const data = join(folder, String(++folders))
  unpack(join(ROOT, 'tests/runner/golden', run), data)
  return data
}

function live(data: string, writes = 0) {
  const args = [...program('tests/faults/upgrade/child.ts'), data, String(writes)]
  return spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
}

const reportsOf = async (data: string) => {
  const { reports } = await booksOf(data)
  // Each start shifts the request's place in the log.
  return reports.map(({ ref: _, ...report }) => report)
}

/** Each write of this many is the last one of a process, beginning with one that the seed chooses. */
const UPGRADE_KILL_STEP = howMany('UPGRADE_KILL_STEP', 3)

it.each(['run-1.br', 'run-2.br'])(`%s, seed ${SEED}`, async (run) => {
  const reference = unpacked(run)
  const { stdout, stderr } = live(reference)
  const untilStarted = Number(stdout)
  expect(untilStarted, stderr).toBeGreaterThan(2)
  const first = 1 + (SEED % UPGRADE_KILL_STEP)
  for (let writes = first; writes <= untilStarted + 1; writes += UPGRADE_KILL_STEP) {
    const data = unpacked(run)
    expect(live(data, writes).signal).toBe('SIGKILL')
    const again = live(data)
    expect(again.status, again.stderr).toBe(0)
    const what = `killed at write ${writes}`
    expect(differenceOfLogs(await recordsOf(reference), await recordsOf(data)), what).toBeUndefined()
    expect(differenceOfPresents(await presentsOf(reference), await presentsOf(data)), what).toBeUndefined()
    expect(await reportsOf(data), what).toEqual(await reportsOf(reference))
  }
})

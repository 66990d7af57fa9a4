/** Tests `outcry state`, of a running runner and of the log that it leaves. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { StateDocument } from '../../src/api/contract/state.ts'
import { OutcryProcess, outcry } from '../runner/runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-state-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = join(folder, 'data')

const state = async (...args: string[]) => {
  const { code, stdout, stderr } = await outcry('state', '--data', data, '--json', ...args)
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as StateDocument
}

beforeAll(async () => {
  const config = join(folder, 'short.yaml')
  writeFileSync(
    config,
    'market: { source: sim, seed: 5, speed: max, startAt: 1700000000000, durationMs: 60000 }\n',
  )
  const { code, stderr } = await outcry('run', '--config', config, '--data', data, '--no-server')
  expect(code, stderr).toBe(0)
})

it('shows a closed log, now and at moments of the past', async () => {
  const now = await state()
  expect(now).toMatchObject({
    asOf: now.at,
    accounts: [{ address: 'account/sim', asset: 'USDT' }],
    unreadable: [],
  })
  expect(now.strategies.length).toBeGreaterThan(0)
  expect(await state('--seq', String(now.seq))).toEqual(now)
  expect(await state('--at', String(now.at))).toEqual(now)
  const past = await state('--at', '2023-11-14T22:13:40Z')
  expect(past.seq).toBeLessThan(now.seq)
  expect(past.asOf).toBe(1_700_000_020_000)
  const { asOf: _, ...bySeq } = await state('--seq', String(past.seq))
  expect({ ...bySeq, asOf: past.asOf }).toEqual(past)
})

it('shows it to people in tables', async () => {
  const { code, stdout } = await outcry('state', '--data', data)
  expect(code).toBe(0)
  for (const text of [
    /^account\/sim {2}active$/m,
    /^equity +[\d,]+\.\d\d$/m,
    /^drawdown +[\d.]+%$/m,
    /^strategies$/m,
  ])
    expect(stdout).toMatch(text)
  expect(stdout).toMatch(/^1 account and \d strateg(y|ies) in .*, at seq [\d,]+, 2023-11-14 /m)
  expect(stdout).not.toMatch(/undefined|NaN|\[object/)
  const { stdout: before } = await outcry('state', '--data', data, '--seq', '0')
  expect(before).toMatch(/^0 accounts and 0 strategies in .*, before its first record$/m)
})

it.each([
  [['--at', '2023-11-14T22:13:40'], '--at: needs its zone'],
  [['--at', 'noon'], '--at: must be epoch milliseconds'],
  [['--seq', '-1'], '--seq: must be at least 0'],
  [['--seq', '1', '--at', '1'], 'give one of seq and at'],
])('refuses %j as wrong usage', async (args, text) => {
  const { code, stderr } = await outcry('state', '--data', data, ...args)
  expect([code, stderr]).toEqual([2, expect.stringContaining(text)])
})

it('asks the runner that holds the log, and the log says the same later', async () => {
  const live = join(folder, 'live')
  const runner = new OutcryProcess('run', '--data', live, '--port', '0')
  const { url } = await runner.started()
  const asked = await outcry('state', '--data', live, '--json')
  expect([asked.code, asked.stderr]).toEqual([0, ''])
  const { asOf, ...found } = JSON.parse(asked.stdout) as StateDocument
  expect(asOf).toBeGreaterThanOrEqual(found.at ?? Number.POSITIVE_INFINITY)
  expect(found.accounts).toHaveLength(1)
  expect((await outcry('state', '--data', live)).stdout).toContain(url)
  runner.child.kill('SIGKILL')
  await runner.finished()
  const read = await outcry('state', '--data', live, '--json', '--seq', String(found.seq))
  const { asOf: _, ...again } = JSON.parse(read.stdout) as StateDocument
  expect(again).toEqual(found)
})

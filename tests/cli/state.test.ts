/** Tests `outcry state`, of a running runner and of the log that it leaves. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMachine } from 'xstate'
import type { StateDocument } from '../../src/api/contract/state.ts'
import type { Moment } from '../../src/api/state/state-document.ts'
import { createSupervisor, openLevelStore } from '../../src/index.ts'
import { writeStrategiesFile } from '../../src/runner/folder/strategies-file.ts'
import { state } from '../../tools/cli/command-state.ts'
import { openReader } from '../../tools/cli/reader.ts'
import { OutcryProcess, outcry } from '../runner/runner-process.ts'
import { linesOf } from './said.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-state-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = join(folder, 'data')

/** Returns the state of a closed log. */
async function read(of: string, moment: Moment = {}): Promise<StateDocument> {
  const reader = await openReader(of)
  try {
    return JSON.parse(JSON.stringify(await reader.state(moment)))
  } finally {
    await reader.close()
  }
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
  const now = await read(data)
  expect(now).toMatchObject({
    asOf: now.at,
    accounts: [{ address: 'account/sim', asset: 'USDT' }],
    unreadable: [],
  })
  expect(now.strategies.length).toBeGreaterThan(0)
  expect(await read(data, { seq: now.seq })).toEqual(now)
  expect(await read(data, { at: now.at })).toEqual(now)
  const past = await read(data, { at: 1_700_000_020_000 })
  expect(past.seq).toBeLessThan(now.seq)
  expect(past.asOf).toBe(1_700_000_020_000)
  expect({ ...(await read(data, { seq: past.seq })), asOf: past.asOf }).toEqual(past)
})

it('shows it to people in tables', async () => {
  const { code, stdout } = await outcry('state', '--data', data, '--at', '2023-11-14T22:13:40Z')
  expect(code).toBe(0)
  for (const text of [
    /^account\/sim {2}active$/m,
    /^equity +[\d,]+\.\d\d$/m,
    /^drawdown +[\d.]+%$/m,
    /^commissions +[\d,]+\.\d\d USDT$/m,
    /^strategies$/m,
    /^1 account and \d strateg(y|ies) in .*, at seq [\d,]+, 2023-11-14 22:13:/m,
  ])
    expect(stdout).toMatch(text)
  expect(stdout).not.toMatch(/undefined|NaN|\[object/)
  const lines = await linesOf(() => state({ data, at: '22:13:40' }))
  expect(lines.join('\n')).toBe(stdout.trimEnd())
  expect(await linesOf(() => state({ data, at: 'seq:300' }))).toEqual(
    await linesOf(() => state({ data, seq: '300' })),
  )
  const { stdout: before } = await outcry('state', '--data', data, '--seq', '0')
  expect(before).toMatch(/^0 accounts and 0 strategies in .*, before its first record$/m)
})

it('says which strategies it cannot show, because their modules are not named', async () => {
  const ofModule = join(folder, 'module')
  const machine = createMachine({ id: 'mine', context: {} })
  const store = await openLevelStore(join(ofModule, 'log'))
  const supervisor = await createSupervisor({ store, machines: { mine: { machine } } })
  await supervisor.spawn('mine', 'a')
  const { seq } = supervisor
  await supervisor.spawn('mine', 'b')
  await supervisor.stop()
  writeStrategiesFile(ofModule, new Map([['mine', 'mine.ts']]))
  const missing = async (moment?: Moment) =>
    (await read(ofModule, moment)).unreadable.map(({ address, code }) => `${address} ${code}`)
  expect(await missing()).toEqual(['mine/a KIND_UNKNOWN', 'mine/b KIND_UNKNOWN'])
  expect(await missing({ seq })).toEqual(['mine/a KIND_UNKNOWN'])
  const { code, stdout } = await outcry('state', '--data', ofModule)
  expect([code, stdout]).toEqual([0, expect.stringContaining('--machines mine.ts')])
})

it.each([
  [{ at: '2023-11-14T22:13:40' }, '--at: "2023-11-14T22:13:40" needs its zone'],
  [{ at: 'noon' }, '--at: "noon" is no place in a log'],
  [{ at: '3000' }, '--at: "3000" is a rev, which only an actor has'],
  [{ seq: '-1' }, '--seq: must be at least 0'],
  [{ at: 'seq:99999999' }, '--at: seq 99,999,999 is behind the end of the log'],
  [{ seq: '1', at: 'seq:1' }, 'give one of --seq and --at'],
])('refuses %j', async (moment, text) => {
  await expect(state({ data, ...moment })).rejects.toMatchObject({
    code: 'PLACE_INVALID',
    message: expect.stringContaining(text),
    // The whole log has no revs.
    hint: expect.not.stringContaining('a rev'),
  })
})

it('calls a wrong moment wrong usage', async () => {
  expect((await outcry('state', '--data', data, '--at', 'noon')).code).toBe(2)
})

it('asks the runner that holds the log, and the log says the same later', async () => {
  const live = join(folder, 'live')
  const runner = new OutcryProcess('run', '--data', live, '--port', '0')
  await runner.started()
  const asked = await outcry('state', '--data', live, '--json')
  expect([asked.code, asked.stderr]).toEqual([0, ''])
  const { asOf, ...found } = JSON.parse(asked.stdout) as StateDocument
  expect(asOf).toBeGreaterThanOrEqual(found.at ?? Number.POSITIVE_INFINITY)
  expect(found.accounts).toHaveLength(1)
  const health = await outcry('health', '--data', live)
  for (const line of [
    /^status +ok$/m,
    /^records +[\d,]+ a second$/m,
    /^symbol\/sim:\w+ +\S+ \S+ +\d+ ms +connection/m,
    /^supervisor +RUNNING/m,
  ])
    expect(health.stdout).toMatch(line)
  expect([health.code, health.stderr]).toEqual([0, ''])
  const at = Number(found.at)
  const byRunner = await outcry('state', '--data', live, '--json', '--at', `seq:${found.seq}`)
  expect(JSON.parse(byRunner.stdout)).toEqual({ ...found, asOf: found.at })
  const byTime = await outcry('state', '--data', live, '--json', '--at', String(at))
  expect(JSON.parse(byTime.stdout)).toMatchObject({ at, asOf: at })
  runner.child.kill('SIGKILL')
  await runner.finished()
  const { asOf: _, ...again } = await read(live, { seq: found.seq })
  expect(again).toEqual(found)
})

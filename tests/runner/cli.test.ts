import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { eventually } from '../runtime/harness.ts'
import { OutcryProcess, outcry, piped } from './runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = (name: string) => join(folder, name)
const token = 'correct.horse_battery~staple-7'
const guarded = join(folder, 'guarded.yaml')
writeFileSync(guarded, `server: { token: ${token} }\n`)
const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('the command line', () => {
  it('runs a market to its end and sums it up; then reads the log it left', async () => {
    const config = join(folder, 'short.yaml')
    writeFileSync(
      config,
      'market: { source: sim, seed: 5, speed: max, startAt: 1700000000000, durationMs: 60000 }\n',
    )
    const run = await outcry('run', '--config', config, '--data', data('short'), '--no-server', '--json')
    expect(run.code, run.stderr).toBe(0)
    const summary = JSON.parse(run.stdout)
    expect(summary).toMatchObject({ market: 'sim:5', messages: 3_000 })
    expect(summary.ordersSubmitted).toBeGreaterThan(2)
    expect(summary.fills).toBeGreaterThan(2)

    const actors = lines((await outcry('actors', 'order/', '--data', data('short'), '--json')).stdout)
    expect(actors).toHaveLength(summary.ordersSubmitted)
    const replay = await outcry('replay', actors[0].address, '--data', data('short'), '--json')
    const events = lines(replay.stdout).map((r) => r.event.type)
    expect(events.slice(0, 3)).toEqual(['xstate.init', 'SUBMIT', 'EXECUTION_REPORT'])
    const told = (await outcry('replay', actors[0].address, '--data', data('short'))).stdout
    expect(told).toContain('execution.initialized request.idle -> execution.submitted request.idle')
    expect(told).toContain('emitted ORDER_SUBMITTED')
    const verify = await outcry('verify', '--data', data('short'))
    expect([verify.code, verify.stdout]).toEqual([0, expect.stringContaining('replays to the same states')])
    const doctor = await outcry('doctor', '--data', data('short'))
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining('is whole')])
  })

  it('tells all of it to whoever reads slowly, and ends with who has read enough', async () => {
    const replay = ['replay', 'symbol/sim:BTCUSDT', '--data', data('short'), '--json']
    const whole = lines((await outcry(...replay)).stdout).length
    expect(whole).toBeGreaterThan(1_000)
    expect((await piped('(sleep 1; wc -l)', ...replay)).stdout.trim()).toBe(String(whole))
    const some = await piped('head -2', ...replay)
    expect([some.stdout.trim().split('\n').length, some.stderr]).toEqual([2, ''])
  })

  it('asks the runner that holds the store, stops it on a signal, and goes on where it was', async () => {
    const args = ['run', '--data', data('live'), '--port', '0'] as const
    const runner = new OutcryProcess(...args)
    expect((await runner.started()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const actors = await outcry('actors', 'symbol/', '--data', data('live'), '--json')
    expect(lines(actors.stdout).map((a) => a.address)).toEqual(['symbol/sim:BTCUSDT', 'symbol/sim:ETHUSDT'])
    expect((await outcry('replay', 'runner/main', '--data', data('live'), '--json')).code).toBe(0)
    const verify = JSON.parse((await outcry('verify', '--data', data('live'), '--json')).stdout)
    expect(verify).toMatchObject({ problems: [] })
    expect(verify.live).toBeGreaterThan(3)
    const backup = await outcry('backup', data('copy'), '--data', data('live'), '--json')
    expect([backup.code, backup.stderr]).toEqual([0, ''])
    const copied = JSON.parse((await outcry('verify', '--data', data('copy'), '--json')).stdout)
    expect(copied).toMatchObject({ records: JSON.parse(backup.stdout).seq, problems: [] })
    expect((await outcry('doctor', '--data', data('live'))).stderr).toContain('STORE_LOCKED')
    const second = await outcry(...args)
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('STORE_LOCKED')])
    runner.child.kill('SIGINT')
    expect((await runner.finished()).code).toBe(0)
    const history = lines((await outcry('replay', 'runner/main', '--data', data('live'), '--json')).stdout)
    expect(history.at(-1)).toMatchObject({
      emitted: [
        { type: 'RUNNER_STOPPED', venue: 'sim' },
        { type: 'SYSTEM_STOPPED', reason: 'SIGINT', initiator: 'signal' },
      ],
    })

    const again = new OutcryProcess(...args)
    const started = await again.started()
    expect(started.seq).toBeGreaterThan(history.at(-1).seq)
    again.child.kill('SIGTERM')
    expect((await again.finished()).code).toBe(0)
  })

  it('brings the token of a runner that asks for one, and nobody says it', async () => {
    const runnerFile = join(data('guarded'), 'runner.json')
    mkdirSync(data('guarded'))
    writeFileSync(runnerFile, '{}', { mode: 0o644 })
    const runner = new OutcryProcess('run', '--config', guarded, '--data', data('guarded'), '--port', '0')
    const { url } = await runner.started()
    expect((await fetch(`${url}/actors`)).status).toBe(401)
    expect(JSON.parse(readFileSync(runnerFile, 'utf8'))).toMatchObject({ url, token })
    expect(statSync(runnerFile).mode & 0o777).toBe(0o600)
    const said: string[] = []
    for (const command of [
      ['actors'],
      ['replay', 'runner/main'],
      ['verify'],
      ['backup', data('guarded-copy')],
    ]) {
      const { code, stdout, stderr } = await outcry(...command, '--data', data('guarded'), '--json')
      expect([command, code, stderr]).toEqual([command, 0, ''])
      said.push(stdout)
    }
    writeFileSync(runnerFile, JSON.stringify({ pid: runner.child.pid, url, token: 'x'.repeat(16) }))
    const { code, stderr } = await outcry('actors', '--data', data('guarded'))
    expect([code, stderr]).toEqual([1, expect.stringContaining('NOT_AUTHORISED')])
    runner.child.kill('SIGINT')
    const ended = await runner.finished()
    expect(ended.code).toBe(0)
    expect(JSON.stringify([said, stderr, ended])).not.toContain(token)
  })

  it('says how the page is opened, without the token', async () => {
    const config = join(folder, 'status.yaml')
    writeFileSync(config, `server: { token: ${token} }\nlog: { format: status }\n`)
    const runner = new OutcryProcess('run', '--config', config, '--data', data('status'), '--port', '0')
    await eventually(() => expect(runner.stderr).toMatch(/ticks\/s/))
    expect(runner.stderr).toMatch(/^page +http:\/\/127\.0\.0\.1:\d+, once as \/\?token=<token>$/m)
    runner.child.kill('SIGTERM')
    expect(JSON.stringify(await runner.finished())).not.toContain(token)
  })

  it.each<[string, string[], number, string]>([
    ['a log that is not there', ['actors', '--data', data('none')], 1, 'STORE_NONE'],
    ['a backup over something', ['backup', data('short'), '--data', data('short')], 1, 'BACKUP_EXISTS'],
    [
      'a backup to what is no folder',
      ['backup', join(process.cwd(), 'package.json', 'x'), '--data', data('short')],
      1,
      'BACKUP_FAILED',
    ],
    ['a configuration that is not there', ['run', '--config', data('none.yaml')], 2, 'does not exist'],
    ['a doctor for nothing', ['doctor', '--data', data('none')], 1, 'STORE_NONE'],
    ['an actor that is not there', ['replay', 'order/none', '--data', data('short')], 1, 'ACTOR_UNKNOWN'],
    ['what is no address', ['replay', 'nonsense', '--data', data('short')], 2, 'ADDRESS_INVALID'],
    ['an unknown command', ['explode'], 2, 'unknown command'],
    ['an unknown market', ['run', '--market', 'moon'], 2, 'market.source'],
    [
      'a recording that is not there',
      ['run', '--file', join(folder, 'binance.gz'), '--data', data('x')],
      1,
      'RECORDING_UNREADABLE',
    ],
    ['a port that is none', ['run', '--port', 'http'], 2, 'server.port'],
    ['a port that is nothing', ['run', '--port', ''], 2, 'server.port'],
    ['a folder that is a file', ['run', '--data', join(process.cwd(), 'package.json')], 2, 'data: a folder'],
    [
      'a host of somebody else',
      ['run', '--config', guarded, '--data', data('y'), '--host', '192.0.2.1', '--port', '0'],
      1,
      'LISTEN_FAILED',
    ],
    [
      'a host that others reach, without a token',
      ['run', '--host', '0.0.0.0'],
      2,
      'server.token: must be set',
    ],
  ])('refuses %s in one line', async (_, args, code, text) => {
    const { code: found, stderr } = await outcry(...args)
    expect([found, stderr]).toEqual([code, expect.stringContaining(text)])
    expect(stderr).not.toContain('    at ')
  })
})

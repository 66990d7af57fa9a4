/** Tests the commands that tell a running runner's actors what to do. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Finished, OutcryProcess, outcry } from './runner-process.ts'

const data = mkdtempSync(join(tmpdir(), 'outcry-act-'))
afterAll(() => rmSync(data, { recursive: true, force: true }))
const ACCOUNT = 'account/sim'
const STRATEGY = 'emaCross/ema-BTCUSDT'

const told = (...args: string[]) => outcry(...args, '--data', data)
const answer = ({ stdout, stderr }: Finished) => {
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}
/** Returns the events of a type that the actor has taken. */
async function taken(address: string, type: string): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await told('replay', address, '--json')
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).event)
    .filter((event) => event.type === type)
}

describe('with a runner, a person', () => {
  let runner: OutcryProcess
  let url: string | undefined

  beforeAll(async () => {
    runner = new OutcryProcess('run', '--data', data, '--port', '0')
    url = (await runner.started()).url
  })
  afterAll(async () => {
    runner.child.kill('SIGINT')
    expect((await runner.finished()).code).toBe(0)
  })

  it('halts all accounts, restricts one, and lets it trade again', async () => {
    const { code, stdout, stderr } = await told('halt', '--reason', 'odd fills')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      new RegExp(`^account/sim has taken SET_TRADING_STATE, with seq [\\d,]+ at ${url}: it is halted\n$`),
    )
    const by = userInfo().username
    expect(await taken(ACCOUNT, 'SET_TRADING_STATE')).toMatchObject([
      { tradingState: 'halted', by, reason: 'odd fills' },
    ])
    expect(answer(await told('reduce', ACCOUNT, '--by', 'ann', '--json'))).toMatchObject({
      address: ACCOUNT,
      state: 'reducing',
      duplicate: false,
      source: url,
    })
    expect(answer(await told('resume', '--by', 'ann', '--json'))).toMatchObject({ state: 'active' })
  })

  it('pauses a strategy, and resumes it', async () => {
    expect(answer(await told('pause', STRATEGY, '--json')).state).toMatchObject({ mode: 'stopped' })
    expect(answer(await told('resume', STRATEGY, '--json')).state).toMatchObject({ mode: 'running' })
  })

  it('sends any event, by its type or as JSON, once for a key', async () => {
    const json = JSON.stringify({ type: 'SET_TRADING_STATE', tradingState: 'active', by: 'bot' })
    const first = answer(await told('send', ACCOUNT, json, '--key', 'k-1', '--json'))
    const again = answer(await told('send', ACCOUNT, json, '--key', 'k-1', '--json'))
    expect(again).toEqual({ ...first, duplicate: true })
    expect((await told('send', STRATEGY, 'STOP', '--reason', 'a holiday')).code).toBe(0)
    expect((await taken(STRATEGY, 'STOP')).at(-1)).toMatchObject({ reason: 'a holiday' })
  })

  it('is told why an actor refuses, while the others are told what they were to be told', async () => {
    const nobody = await told('cancel', 'order/sim:nobody')
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringMatching(/^ACTOR_UNKNOWN: /)])
    const some = await told('reduce', 'account/nobody', ACCOUNT)
    expect(some.code).toBe(1)
    expect(some.stdout).toMatch(/^account\/nobody: ACTOR_UNKNOWN: .*\naccount\/sim has taken .* reducing\n$/)
  })

  it.each([
    ['no address', ['halt', 'account'], 'ADDRESS_INVALID'],
    ['no event', ['send', ACCOUNT, '{"a":1}'], 'EVENT_INVALID'],
    ['an event that the actor does not take', ['send', ACCOUNT, 'FILL'], 'COMMAND_UNKNOWN'],
    [
      'a field that the event does not have',
      ['send', ACCOUNT, '{"type":"STATS_REQUEST"}'],
      'COMMAND_UNKNOWN',
    ],
  ])('is refused %s', async (_, args, code) => {
    const { stderr, stdout } = await told(...args)
    expect([stdout, stderr]).toEqual(['', expect.stringMatching(new RegExp(`^${code}: `))])
  })
})

it('without a runner, a person is told so, and nothing changes', async () => {
  const before = (await told('replay', ACCOUNT)).stdout
  const { code, stdout, stderr } = await told('halt')
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(/^RUNNER_NONE: .*outcry run --data /)])
  expect((await told('replay', ACCOUNT)).stdout).toBe(before)
})

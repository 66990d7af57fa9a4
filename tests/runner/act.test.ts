/** Tests the commands that tell a running runner's actors what to do. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { filter, firstValueFrom, map } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createClient } from '../../src/client/index.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
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

/** Returns the first event of a type in the log, or as it comes. */
function next(type: string, which: (event: AnyEvent) => boolean = () => true): Promise<AnyEvent> {
  const { url, token } = JSON.parse(readFileSync(join(data, 'runner.json'), 'utf8'))
  const envelopes = createClient({ url, token, WebSocket }).events$({
    topics: [`events.${type}.>`],
    since: 0,
  })
  return firstValueFrom(envelopes.pipe(map(({ event }) => event as AnyEvent)).pipe(filter(which)))
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
    expect(answer(await told('resume', STRATEGY, '--json')).state).toMatchObject({
      mode: expect.stringMatching(/^(warmingUp|running)$/),
    })
  })

  it('cancels the orders of an account, closes a position, and flattens all accounts', async () => {
    const asked = (type: string) =>
      taken(ACCOUNT, type).then((events) => events.map(({ by, symbol, reason }) => [by, symbol, reason]))
    const canceled = answer(await told('cancel', '--all', '--symbol', 'BTCUSDT', '--by', 'ann', '--json'))
    expect(canceled).toMatchObject({ address: ACCOUNT, state: 'active' })
    expect(await asked('CANCEL_ALL')).toEqual([['ann', 'BTCUSDT', undefined]])
    const order = { side: 'BUY', ordType: 'MARKET', orderQty: '0.01', timeInForce: 'GTC', refPx: '60000' }
    const bought = {
      type: 'ORDER_REQUEST',
      clOrdId: 'sim:by-hand',
      venue: 'sim',
      symbol: 'BTCUSDT',
      ...order,
    }
    expect((await told('send', ACCOUNT, JSON.stringify(bought))).code).toBe(0)
    expect(await next('order_filled', ({ clOrdId }) => clOrdId === 'sim:by-hand')).toBeDefined()
    const closing = answer(await told('close', 'position/sim:BTCUSDT', '--by', 'ann', '--json'))
    expect(closing).toMatchObject({ address: 'position/sim:BTCUSDT', state: 'long' })
    expect(await next('position_closed', ({ symbol }) => symbol === 'BTCUSDT')).toMatchObject({
      quantity: '0',
    })
    const { code, stdout } = await told('flatten', '--by', 'ann', '--reason', 'the day is over')
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^account\/sim has taken FLATTEN, .*reducing\n$/),
    ])
    expect(await asked('FLATTEN')).toEqual([['ann', undefined, 'the day is over']])
    expect(await next('account_flattened')).toMatchObject({ venue: 'sim', by: 'ann' })
    expect(answer(await told('resume', '--by', 'ann', '--json'))).toMatchObject({ state: 'active' })
  })

  it.each([
    [['cancel'], 'name orders or lists, or give --all'],
    [['cancel', 'order/sim:o', '--symbol', 'BTCUSDT'], '--symbol goes with --all'],
  ])('is told that %j makes no sense', async (args, text) => {
    const { code, stderr } = await told(...args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)])
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

/** Tests what a person does to a running runner by the command line, as a real process: each is on record with the name. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { stringify } from 'yaml'
import { createSupervisor, openLevelStore, serve } from '../../src/index.ts'
import { FakeBinance } from '../adapters/fake-binance.ts'
import { eventually } from '../runtime/harness.ts'
import { type Finished, OutcryProcess, outcry } from './runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-operations-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Returns the commands on a data folder. */
function commandsOf(data: string) {
  const told = (...args: string[]) => outcry(...args, '--data', data)
  const answers = ({ stdout, stderr }: Finished): Record<string, unknown>[] => {
    expect(stderr).toBe('')
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
  const ann = ['--by', 'ann', '--reason', 'odd', '--json'] as const
  /** Does it, and returns the record that it has led to. */
  const done = async (...args: string[]) => {
    const [answer] = answers(await told(...args, ...ann)) as [Record<string, unknown>]
    const [address] = answer.letter === undefined ? [answer.address] : ['system/dead-letters']
    const records = answers(await told('replay', address as string, '--json'))
    return { answer, records, events: records.map(({ event }) => event as Record<string, unknown>) }
  }
  return { told, done }
}

describe('on a live market', () => {
  const data = join(folder, 'live')
  const { told, done } = commandsOf(data)
  const exchange = new FakeBinance()
  let runner: OutcryProcess
  let url: string

  beforeAll(async () => {
    const urls = await exchange.start()
    const news = join(folder, 'news.jsonl')
    writeFileSync(news, '')
    const config = join(folder, 'live.yaml')
    const strategy = { id: 'cross', symbol: 'XUSDT', interval: '1s', fast: 1, slow: 2, orderQty: '2' }
    writeFileSync(
      config,
      stringify({
        market: { source: 'binance', symbols: ['XUSDT'], ...urls },
        news: { sources: [{ type: 'jsonl', file: news }] },
        strategies: [strategy],
      }),
    )
    runner = new OutcryProcess('run', '--config', config, '--data', data, '--port', '0')
    url = (await runner.started()).url as string
  })
  afterAll(async () => {
    runner.child.kill('SIGINT')
    expect((await runner.finished()).code).toBe(0)
    await exchange.stop()
  })

  it('restarts a strategy that is flat, which is stopped until it is resumed', async () => {
    const { answer, events } = await done('restart', 'emaCross/cross')
    expect(answer).toMatchObject({ state: { mode: 'stopped', trade: 'flat' }, source: url })
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'outcry.restarted', by: 'ann', reason: 'odd' }),
    )
    const resumed = await told('resume', 'emaCross/cross', '--json')
    expect(JSON.parse(resumed.stdout).state).toMatchObject({ mode: 'warmingUp' })
  })

  it('restarts a component, which goes through its states, and no other', async () => {
    const { answer, records } = await done('restart', 'component/news')
    expect(answer).toMatchObject({ address: 'component/news', state: 'RUNNING' })
    expect(records.slice(-4)).toMatchObject([
      { to: 'STOPPING', event: { type: 'STOP', by: 'ann', reason: 'odd' } },
      { to: 'STOPPED' },
      { to: 'INITIALIZING' },
      { to: 'RUNNING' },
    ])
    const { code, stdout } = await told('restart', 'component/store', 'component/news')
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(
        /^component\/store: COMPONENT_FIXED: store is not restarted: .*supervisor.* cannot go on without it\ncomponent\/news has started again, with seq .*: it is RUNNING\n$/,
      ),
    ])
  })

  it('compares the books of a venue, and acknowledges the review of an account', async () => {
    const looked = await done('reconcile')
    expect(looked.events).toContainEqual(
      expect.objectContaining({ type: 'RECONCILE', by: 'ann', reason: 'odd' }),
    )
    const account = looked.answer.address === 'reconciliation/binance' ? 'account/binance' : ''
    await told('send', account, '{"type":"REQUIRE_REVIEW","by":"bob","reason":"odd fills"}')
    const { records, events } = await done('acknowledge')
    // A heartbeat may ask the account for its figures afterwards.
    expect(records.find((_, i) => events[i]?.type === 'ACKNOWLEDGE_REVIEW')).toMatchObject({
      event: { type: 'ACKNOWLEDGE_REVIEW', by: 'ann', note: 'odd' },
      emitted: [{ type: 'MANUAL_REVIEW_ACKNOWLEDGED', by: 'ann' }],
    })
    const none = await told('acknowledge')
    expect([none.code, none.stdout]).toEqual([0, 'no account requires a review\n'])
  })

  it('sets the level of its own log', async () => {
    const { events, records } = await done('log-level', 'debug')
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'SET_LOG_LEVEL', level: 'debug', by: 'ann' }),
    )
    expect(records.flatMap(({ emitted = [] }) => emitted)).toContainEqual(
      expect.objectContaining({ type: 'LOG_LEVEL_SET', level: 'debug', by: 'ann' }),
    )
    // Commands are written at the level debug.
    const written = (type: string) =>
      runner.stderr.match(new RegExp(`"level":20,.*"type":"${type}"`, 'g'))?.length ?? 0
    await told('reconcile')
    await eventually(() => expect(written('RECONCILE')).toBe(1))
    await told('log-level', 'warn')
    await told('acknowledge', 'account/binance')
    await told('log-level', 'debug')
    await told('reconcile')
    await eventually(() => expect(written('RECONCILE')).toBe(2))
    expect(written('ACKNOWLEDGE_REVIEW')).toBe(0)
    await told('log-level', 'warn')
    await told('log-level', 'debug', '--component', 'server')
    await told('reconcile')
    await eventually(() => expect(written('RECONCILE')).toBe(3))
    await told('log-level', 'debug', '--component', 'serve')
    await eventually(() =>
      expect(runner.stderr).toContain('no component serve writes lines: process, actors'),
    )
  })

  it.each([
    ['an account, which has money', ['restart', 'account/binance'], 1, 'ACTOR_HELD'],
    ['a record that is no dead letter', ['drop', '1'], 1, 'LETTER_UNKNOWN'],
    ['a dead letter without a number', ['redeliver', 'first'], 2, 'PLACE_INVALID'],
    ['a level that there is not', ['log-level', 'loud'], 1, 'EVENT_INVALID'],
  ])('refuses %s', async (_, args, code, error) => {
    const refused = await told(...args)
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([
      code,
      '',
      expect.stringMatching(new RegExp(`^${error}: `)),
    ])
  })
})

it('on the log of a program, dead letters are sent again and dropped, and an actor is stopped', async () => {
  const data = join(folder, 'own')
  const { told, done } = commandsOf(data)
  const counter = createMachine({ id: 'counter', on: { INC: {} } })
  const supervisor = await createSupervisor({ store: await openLevelStore(data), machines: { counter } })
  const api = await serve(supervisor, { port: 0, data })
  const letters: number[] = []
  supervisor.transitions$.subscribe(({ seq, event }) => {
    if (event.type === 'DEAD_LETTER') letters.push(seq)
  })
  for (let n = 0; n < 2; n++) await supervisor.send('counter/a', { type: 'INC' }).catch(() => {})
  const [first, second] = letters.map(String) as [string, string]
  await supervisor.spawn('counter', 'a')
  expect((await done('redeliver', first)).events.at(-1)).toMatchObject({
    type: 'outcry.letterRedelivered',
    by: 'ann',
    reason: 'odd',
  })
  expect((await done('drop', second)).events.at(-1)).toMatchObject({
    type: 'outcry.letterDropped',
    by: 'ann',
  })
  const again = await told('redeliver', second)
  expect([again.code, again.stderr]).toEqual([
    1,
    expect.stringMatching(/^LETTER_SETTLED: .* was dropped by record/),
  ])
  const stopped = await done('stop', 'counter/a')
  expect(stopped.records).toMatchObject([
    { event: { type: 'xstate.init' } },
    { event: { type: 'INC' } },
    { event: { type: 'xstate.stop', by: 'ann', reason: 'odd' }, status: 'stopped' },
  ])
  await api.close()
  await supervisor.stop()
})

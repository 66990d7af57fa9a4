/** Tests the filters of `outcry actors` and `GET /actors`, of a closed log and of a running program. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { setup } from 'xstate'
import { actorTest, type Filterable } from '../../src/api/state/actor-filter.ts'
import { createClient } from '../../src/client/index.ts'
import { createSupervisor, openLevelStore, serve } from '../../src/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { naturally } from '../../src/runtime/record/natural-order.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { type ActorsOptions, actors } from '../../tools/cli/command-actors.ts'
import { outcry } from '../runner/runner-process.ts'
import { linesOf } from './said.ts'
import { machines } from './till.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-actors-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = join(folder, 'data')
const modules = [fileURLToPath(new URL('till.ts', import.meta.url))]
const START = Date.parse('2026-01-31T09:00:00Z')

async function open(): Promise<Supervisor> {
  const store = await openLevelStore(data)
  return createSupervisor({ store, machines, clock: new EventClock(START), logger: silentLogger })
}

beforeAll(async () => {
  const supervisor = await open()
  for (const id of ['o-10', 'o-2', 'sim:BTCUSDT', 'sim:ETHUSDT:LONG'])
    await supervisor.spawn('till', id, undefined, { at: START })
  await supervisor.spawn('other', 'a', undefined, { at: START })
  await supervisor.send('till/o-2', { type: 'CLOSE' }, { at: START + 5_000 })
  await supervisor.send('till/o-10', { type: 'ORDER', id: 'x', qty: 1 }, { at: START + 9_000 })
  await supervisor.stop()
})

async function listed(prefix: string, options: ActorsOptions): Promise<string[]> {
  const lines = await linesOf(() => actors(prefix, { data, machines: modules, json: true, ...options }))
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line).address)
}

const ALL = [
  'other/a',
  'system/dead-letters',
  'till/o-10',
  'till/o-2',
  'till/sim:BTCUSDT',
  'till/sim:ETHUSDT:LONG',
]
const QUESTIONS: readonly (readonly [string, ActorsOptions, readonly string[]])[] = [
  ['', {}, ALL],
  ['till/o-', {}, ['till/o-10', 'till/o-2']],
  ['', { kind: 'other' }, ['other/a']],
  ['till/', { kind: 'other' }, []],
  ['', { state: 'shut' }, ['till/o-2']],
  ['', { kind: 'till', tag: 'taking' }, ['till/o-10', 'till/sim:BTCUSDT', 'till/sim:ETHUSDT:LONG']],
  ['', { symbol: 'btc/usdt' }, ['till/sim:BTCUSDT']],
  ['', { symbol: 'sim:ETHUSDT' }, ['till/sim:ETHUSDT:LONG']],
  ['', { condition: 'ended' }, []],
  ['', { condition: 'failed' }, []],
  ['till/', { condition: 'open', end: 'LONG' }, ['till/sim:ETHUSDT:LONG']],
  ['', { name: 'eth sim', kind: 'till' }, ['till/sim:ETHUSDT:LONG']],
  ['', { changedSince: '2026-01-31T09:00:05Z' }, ['till/o-10', 'till/o-2']],
  ['', { changedSince: '09:00:06' }, ['till/o-10']],
  ['', { changedSince: '-4s' }, ['till/o-10', 'till/o-2']],
]
const TABLE = [
  'actor                  machine   rev  last                     state',
  'other/a                other@1   1    2026-01-31 09:00:00.000  open',
  'system/dead-letters    system@1  1    2026-01-31 09:00:00.000  collecting',
  'till/o-2               till@1    2    2026-01-31 09:00:05.000  shut',
  'till/o-10              till@1    2    2026-01-31 09:00:09.000  open',
  'till/sim:BTCUSDT       till@1    1    2026-01-31 09:00:00.000  open',
  'till/sim:ETHUSDT:LONG  till@1    1    2026-01-31 09:00:00.000  open',
  '',
  'kind    actors  states',
  'other   1       1 open',
  'system  1       1 collecting',
  'till    4       3 open, 1 shut',
  '6 actors',
]

async function expectAnswers(): Promise<void> {
  for (const [prefix, options, addresses] of QUESTIONS)
    expect([prefix, options, await listed(prefix, options)]).toEqual([prefix, options, addresses])
  expect(await linesOf(() => actors('', { data, machines: modules }))).toEqual(TABLE)
}

it('list a closed log, and the same of a running program', async () => {
  await expectAnswers()
  const supervisor = await open()
  const api = await serve(supervisor, { port: 0, data, logger: silentLogger })
  await expectAnswers()
  const found: string[] = []
  for await (const { address } of createClient({ url: api.url }).actors({ prefix: 'till/', state: 'open' }))
    found.push(address)
  expect(found).toEqual(['till/o-10', 'till/sim:BTCUSDT', 'till/sim:ETHUSDT:LONG'])
  const wrong = await fetch(`${api.url}/actors?condition=odd&state=`)
  expect([wrong.status, await wrong.json()]).toMatchObject([400, { code: 'REQUEST_INVALID' }])
  await api.close()
  await supervisor.stop()
})

it.each([
  [['--condition', 'odd'], 'quarantined, restarting, failing, failed, open, ended'],
  [['--changed-since', 'noon'], '--changed-since: "noon"'],
  [['--changed-since', 'seq:5'], '--changed-since: "seq:5" is no time'],
])('call %j wrong usage', async (args, what) => {
  const { code, stderr } = await outcry('actors', '--data', data, ...args)
  expect([code, stderr]).toEqual([2, expect.stringContaining(what)])
})

it('list an actor of a version that is not registered as in its last record, with the reason, and the others', async () => {
  const old = join(folder, 'versions')
  const store = await openLevelStore(old)
  const till = setup({}).createMachine({
    version: '2',
    initial: 'open',
    states: { open: { on: { CLOSE: 'shut' } }, shut: {} },
  })
  const options = { machines: { ...machines, till }, clock: new EventClock(START), logger: silentLogger }
  const supervisor = await createSupervisor({ store, ...options })
  await supervisor.spawn('other', 'a', undefined, { at: START })
  await supervisor.spawn('till', 'x', undefined, { at: START })
  await supervisor.send('till/x', { type: 'CLOSE' }, { at: START + 1 })
  await supervisor.stop()
  const lines = await linesOf(() => actors('', { data: old, machines: modules, json: true }))
  const found = lines.filter(Boolean).map((line) => JSON.parse(line))
  expect(found.map(({ address, unread }) => [address, unread?.code])).toEqual([
    ['other/a', undefined],
    ['system/dead-letters', undefined],
    ['till/x', 'MACHINE_VERSION_UNKNOWN'],
  ])
  expect(found[2]).toMatchObject({ machine: 'till@2', value: 'shut', rev: 2, status: 'active' })
  const said = (await linesOf(() => actors('', { data: old, machines: modules }))).join('\n')
  expect(said).toContain('1 actor cannot be restored, shown as in the last record:')
  expect(said).toMatch(/^till\/x: .* \(MACHINE_VERSION_UNKNOWN\)$/m)
})

const order: Filterable = {
  address: 'order/sim:ema-1',
  status: 'active',
  value: { execution: { live: 'accepted' }, request: 'idle' },
  at: 1_000,
  tags: ['working'],
  context: { terms: { symbol: 'XBTUSD', instrument: 'BTC/USD' } },
}

it.each<[Parameters<typeof actorTest>[0], Partial<Filterable>, boolean]>([
  [{ state: 'accepted' }, {}, true],
  [{ state: 'execution' }, {}, true],
  [{ state: 'live.accepted' }, {}, true],
  [{ state: 'execution.live.accepted' }, {}, true],
  [{ state: 'execution.accepted' }, {}, false],
  [{ state: 'accept' }, {}, false],
  [{ symbol: 'XBTUSD' }, {}, true],
  [{ symbol: 'BTC-USD' }, {}, true],
  [{ symbol: 'ETHUSD' }, {}, false],
  [{ symbol: 'ETHUSD' }, { context: { params: { symbol: 'ETHUSD' } } }, true],
  [{ symbol: 'ETHUSD' }, { context: { symbol: 'ETHUSD' } }, true],
  [{ symbol: 'ETHUSD' }, { context: undefined }, false],
  [{ condition: 'quarantined' }, { condition: 'quarantined' }, true],
  [{ condition: 'quarantined' }, { condition: 'quarantined', status: 'stopped' }, false],
  [{ condition: 'restarting' }, { condition: 'quarantined' }, false],
  [{ condition: 'failing' }, { failures: { count: 1, lastAt: 1_500 } as Filterable['failures'] }, true],
  [{ condition: 'failing' }, {}, false],
  [{ condition: 'ended' }, { status: 'done' }, true],
  [{ changedSince: 1_001 }, {}, false],
  [{ kind: 'order', tag: 'working', changedSince: 1_000 }, {}, true],
  [{ kind: 'orders' }, {}, false],
])('judge %j of an actor with %j', (filter, actor, isWanted) => {
  expect(actorTest(filter, 2_000)({ ...order, ...actor } as Filterable)).toBe(isWanted)
})

it('order names as people do', () => {
  const sorted = ['a', 'a-02', 'a-2', 'a-10', 'a-10b', 'a-b', 'b1/2', 'b1/10', 'b01/11', 'ä']
  expect([...sorted].reverse().sort(naturally)).toEqual(sorted)
  expect(['o-10', 'o-9', 'o-100', 'o-1'].sort(naturally)).toEqual(['o-1', 'o-9', 'o-10', 'o-100'])
  expect(naturally('x99999999999999999999', 'x100000000000000000000')).toBeLessThan(0)
})

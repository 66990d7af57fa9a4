/** Tests `outcry replay` and `outcry diff`, of a closed log and of a running program, which give the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSupervisor, openLevelStore, serve } from '../../src/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { inColumns } from '../../tools/cli/columns.ts'
import { diff } from '../../tools/cli/command-diff.ts'
import { type ReplayOptions, replay } from '../../tools/cli/command-replay.ts'
import { placeOf } from '../../tools/cli/places.ts'
import { PAUSE_MAX, played } from '../../tools/cli/playback.ts'
import { OutcryProcess, outcry, piped } from '../runner/runner-process.ts'
import { eventually } from '../runtime/harness.ts'
import { linesOf } from './said.ts'
import { machines } from './till.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-replay-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = join(folder, 'data')
const modules = [fileURLToPath(new URL('till.ts', import.meta.url))]
const START = Date.parse('2026-01-31T09:00:00Z')

async function open(folder = data): Promise<Supervisor> {
  const store = await openLevelStore(folder)
  return createSupervisor({ store, machines, clock: new EventClock(START), logger: silentLogger })
}

beforeAll(async () => {
  const supervisor = await open()
  await supervisor.spawn('till', 'other', undefined, { at: START - 1_000 })
  await supervisor.spawn('till', 'a', undefined, { at: START })
  for (const [id, qty, at] of [
    ['x:1', 1, 5],
    ['x:1', 2, 1_005],
    ['y', 1, 4_005],
  ] as const)
    await supervisor.send('till/a', { type: 'ORDER', id, qty }, { at: START + at })
  await supervisor.send('till/a', { type: 'CLOSE' }, { at: START + 5_000 })
  await supervisor.send('till/other', { type: 'CLOSE' }, { at: START + 6_000 })
  await supervisor.stop()
})

const told = (options: ReplayOptions = {}) =>
  linesOf(() => replay('till/a', { data, machines: modules, ...options }))
const differing = (a: string, b: string, json = false) =>
  linesOf(() => diff('till/a', a, b, { data, machines: modules, json }))

const NOTE = 'x'.repeat(200)
const LIFE = [
  'till/a  till@1',
  '#1      2026-01-31 09:00:00.000  xstate.init  seq 3, from outside',
  '        starts in open',
  '        timer   xstate.after.later.till.open due 2026-01-31 09:01:00.000',
  '#2      2026-01-31 09:00:00.005  ORDER  seq 4, from outside',
  '        id=x:1 qty=1',
  '        stays open',
  '        emitted ORDERED order=x:1',
  '        ... 1.000 s later',
  '#3      2026-01-31 09:00:01.005  ORDER  seq 5, from outside',
  '        id=x:1 qty=2',
  '        stays open',
  '        emitted ORDERED order=x:1',
  '        ... 3.000 s later',
  '#4      2026-01-31 09:00:04.005  ORDER  seq 6, from outside',
  '        id=y qty=1',
  '        stays open',
  '        emitted ORDERED order=y',
  '        ... 995 ms later',
  '#5      2026-01-31 09:00:05.000  CLOSE  seq 7, from outside',
  '        open -> shut',
  '5 records read',
]
const CHANGES = [
  'till/a  till@1',
  '#3      2026-01-31 09:00:01.005  ORDER  seq 5, from outside',
  '        id=x:1 qty=2',
  '        stays open',
  '        - orders["x:1"].qty 1',
  '        + orders["x:1"].qty 2',
  '        emitted ORDERED order=x:1',
  '        ... 3.000 s later',
  '#4      2026-01-31 09:00:04.005  ORDER  seq 6, from outside',
  '        id=y qty=1',
  '        stays open',
  '        + orders.y {"qty":1}',
  '        - last "x:1"',
  '        + last "y"',
  '        emitted ORDERED order=y',
  '        ... 995 ms later',
  '#5      2026-01-31 09:00:05.000  CLOSE  seq 7, from outside',
  '        open -> shut',
  '        - tag taking',
  '        - timer xstate.after.later.till.open due 2026-01-31 09:01:00.000: xstate.after.later.till.open',
  expect.stringMatching(/^3 records( shown, \d+)? read$/),
]
const STATE = [
  'till/a  till@1  rev 3 at seq 5, 2026-01-31 09:00:01.005',
  'state    open',
  'tags     taking',
  'context',
  '  orders {"x:1":{"qty":2}}',
  `  note "${NOTE}"`,
  '  last "x:1"',
  'timers',
  '  xstate.after.later.till.open due 2026-01-31 09:01:00.000: xstate.after.later.till.open',
  expect.stringMatching(/^\d records? read$/),
]
const revsOf = (lines: readonly string[]) =>
  lines.flatMap((line) => /^#(\d+)/.exec(line)?.[1] ?? []).join(' ')

/** Places of the record with rev 3, and of records around it. */
const AT_REV_3 = ['3', 'rev:3', 'seq:5', String(START + 1_005), '2026-01-31T09:00:01.005Z', '09:00:02', '-4s']
const RANGES: readonly (readonly [ReplayOptions, string])[] = [
  [{ from: '3', to: 'rev:4' }, '3 4'],
  [{ from: 'seq:5', to: 'seq:6' }, '3 4'],
  [{ from: '09:00:01', to: '09:00:04.005' }, '3 4'],
  [{ from: '-5s', to: '2026-01-31T09:00:04.500Z' }, '3 4'],
  [{ from: '2020-01-01T00:00:00Z', to: '2' }, '1 2'],
  [{ tail: 2 }, '4 5'],
  [{ tail: 2, to: '3' }, '2 3'],
  [{ tail: 9, from: '4' }, '4 5'],
  [{ tail: 0 }, ''],
  [{ from: 'seq:8' }, ''],
  [{ from: 'now' }, ''],
]

/** Asks all questions. */
async function answers(): Promise<unknown> {
  const states: string[][] = []
  for (const at of AT_REV_3) states.push(await told({ at }))
  const ranges: string[] = []
  for (const [range] of RANGES) ranges.push(revsOf(await told(range)))
  return {
    life: await told(),
    changes: await told({ from: '3', context: true }),
    states,
    ranges,
    diff: await differing('2', 'seq:7'),
    json: JSON.parse((await differing('seq:1', '2', true)).join('')),
    back: [(await differing('5', '2')).slice(1, 5), (await differing('2', 'seq:1'))[3]],
    record: JSON.parse((await told({ tail: 1, context: true, json: true })).join('')),
  }
}

const ANSWERS = {
  life: LIFE,
  changes: CHANGES,
  states: AT_REV_3.map(() => STATE),
  ranges: RANGES.map(([, revs]) => revs),
  diff: [
    'till/a  till@1',
    '- rev 2 at seq 4, 2026-01-31 09:00:00.005',
    '+ rev 5 at seq 7, 2026-01-31 09:00:05.000',
    '- state open',
    '+ state shut',
    '- tag taking',
    '- orders["x:1"].qty 1',
    '+ orders["x:1"].qty 2',
    '+ orders.y {"qty":1}',
    '- last "x:1"',
    '+ last "y"',
    '- timer xstate.after.later.till.open due 2026-01-31 09:01:00.000: xstate.after.later.till.open',
    expect.stringMatching(/^\d records? read$/),
  ],
  back: [
    [
      '- rev 5 at seq 7, 2026-01-31 09:00:05.000',
      '+ rev 2 at seq 4, 2026-01-31 09:00:00.005',
      'back in time, by 4.995 s',
      '- state shut',
    ],
    'back in time, to before its first record',
  ],
  json: {
    address: 'till/a',
    was: null,
    is: { rev: 2, seq: 4, at: START + 5 },
    changes: expect.arrayContaining([{ path: ['context', 'last'], is: 'x:1' }]),
  },
  record: {
    rev: 5,
    event: { type: 'CLOSE' },
    changed: expect.arrayContaining([{ path: ['value'], was: 'open', is: 'shut' }]),
    taken: [{ source: 'till.open', targets: ['till.shut'], eventType: 'CLOSE' }],
  },
}

it('answers of a closed log, and the same of a running program', async () => {
  const closed = await answers()
  expect(closed).toMatchObject(ANSWERS)
  const supervisor = await open()
  const api = await serve(supervisor, { port: 0, data, logger: silentLogger })
  expect(await answers()).toMatchObject(ANSWERS)
  await api.close()
  await supervisor.stop()
})

it('finds where a value changed, and the same of a running program', async () => {
  const found = async (changed: string) => {
    const lines = await told({ changed })
    return [revsOf(lines), lines.filter((line) => / [-+] /.test(line)).map((line) => line.trim())]
  }
  const all = async () => ({
    key: await found('qty'),
    path: await found('orders["x:1"].qty'),
    value: await found('qty = 2'),
    state: await found('value'),
    nothing: await found('nosuch'),
    last: (await told({ changed: 'qty' })).at(-1)?.replace(/ in .*/, ''),
  })
  const closed = await all()
  expect(closed).toMatchObject({
    path: ['2 3', ['+ orders["x:1"].qty 1', '- orders["x:1"].qty 1', '+ orders["x:1"].qty 2']],
    value: ['3', ['- orders["x:1"].qty 1', '+ orders["x:1"].qty 2']],
    state: ['1 5', []],
    nothing: ['', []],
    last: '3 records shown, 5 read',
  })
  const supervisor = await open()
  const api = await serve(supervisor, { port: 0, data, logger: silentLogger })
  expect(await all()).toEqual(closed)
  await api.close()
  await supervisor.stop()
  await expect(told({ changed: 'a..b' })).rejects.toMatchObject({ code: 'PLACE_INVALID' })
  await expect(told({ changed: 'qty', tail: 1 })).rejects.toMatchObject({ code: 'PLACE_INVALID' })
})

it('tells a life that is longer than a page of the server', async () => {
  const long = join(folder, 'long')
  const supervisor = await open(long)
  await supervisor.spawn('till', 'a', undefined, { at: START })
  for (let n = 1; n <= 1_004; n++)
    supervisor.tell('till/a' as Address, { type: 'ORDER', id: 'x', qty: n, at: START + n })
  await supervisor.idle()
  const api = await serve(supervisor, { port: 0, data: long, logger: silentLogger })
  const all = () =>
    linesOf(() => replay('till/a', { data: long, machines: modules, context: true, to: '1003' }))
  const running = await all()
  await api.close()
  await supervisor.stop()
  expect(running.slice(0, -1)).toEqual((await all()).slice(0, -1))
  expect(running.filter((line) => line.includes('orders.x.qty')).slice(-2)).toEqual([
    '        - orders.x.qty 1001',
    '        + orders.x.qty 1002',
  ])
  const last = await linesOf(() => replay('till/a', { data: long, machines: modules, tail: 1 }))
  expect(revsOf(last)).toBe('1005')
})

it('tells the life of an actor whose machine is not named, without its states', async () => {
  const lines = await linesOf(() => replay('till/a', { data, context: true }))
  expect(revsOf(lines)).toBe('1 2 3 4 5')
  expect(lines[3]).toMatch(/what changed is not known: no machine is registered for "till"/)
  // A module that has another version of it is no better, and no worse.
  const later = join(folder, 'later.mjs')
  writeFileSync(
    later,
    "import { createMachine } from 'xstate'\nexport const machines = { till: createMachine({ id: 'till', version: '9' }) }\n",
  )
  const others = await linesOf(() => replay('till/a', { data, context: true, machines: [later] }))
  expect(others[0]).toBe('till/a  till@1')
  expect(revsOf(others)).toBe('1 2 3 4 5')
  expect(others[3]).toMatch(/what changed is not known: .*till@1|what changed is not known: .*version/)
})

const PLACES: readonly (readonly [string, unknown])[] = [
  ['5', { rev: 5 }],
  ['rev:5', { rev: 5 }],
  ['seq:0', { seq: 0 }],
  ['1723161255343', { at: 1_723_161_255_343 }],
  ['rev:1723161255343', { rev: 1_723_161_255_343 }],
  ['2026-11-27T10:00:00+01:00', { at: Date.parse('2026-11-27T09:00:00Z') }],
  ['09:05', { ofDay: 32_700_000 }],
  ['23:59:59.5', { ofDay: 86_399_500 }],
  ['-1.5h', { before: 5_400_000 }],
  ['-250ms', { before: 250 }],
  ['now', 'now'],
]

describe('a place', () => {
  it.each(PLACES)('is written as %s', (text, place) => {
    expect(placeOf(text, '--at')).toEqual(place)
  })

  it.each(['', 'noon', '-5', '-10x', '24:00', '9:00', 'seq:', 'seq:-1', 'rev:x', '5.5', '2026-11-27'])(
    'is not written as "%s"',
    (text) => {
      expect(() => placeOf(text, '--at')).toThrow(
        expect.objectContaining({
          code: 'PLACE_INVALID',
          message: expect.stringContaining(`--at: "${text}"`),
        }),
      )
    },
  )
})

it.each<[string, () => Promise<number>, string, string]>([
  ['an unknown address', () => replay('till/b', { data }), 'ACTOR_UNKNOWN', 'till/b has no history'],
  ['a rev behind the end', () => replay('till/a', { data, at: '9' }), 'REV_UNKNOWN', 'has no rev 9'],
  ['a first rev behind the end', () => replay('till/a', { data, from: '9' }), 'REV_UNKNOWN', 'has no rev 9'],
  [
    'a seq behind the end',
    () => replay('till/a', { data, at: 'seq:99' }),
    'PLACE_INVALID',
    'seq 99 is behind',
  ],
  [
    'a time before the log',
    () => replay('till/a', { data, at: '08:00' }),
    'PLACE_INVALID',
    'the log begins after',
  ],
  [
    'a time before the actor',
    () => replay('till/a', { data, at: 'seq:2', machines: modules }),
    'PLACE_INVALID',
    'did not exist yet',
  ],
  [
    'an end before its beginning',
    () => replay('till/a', { data, from: '3', to: '2' }),
    'PLACE_INVALID',
    '--to: must not',
  ],
  [
    'a state and a range',
    () => replay('till/a', { data, at: '3', tail: 2 }),
    'PLACE_INVALID',
    '--tail: must be left out',
  ],
  [
    'an end of what is followed',
    () => replay('till/a', { data, to: '3', follow: true }),
    'PLACE_INVALID',
    '--to: must be',
  ],
  [
    'a difference of nobody',
    () => diff('till/b', '1', 'now', { data, machines: modules }),
    'ACTOR_UNKNOWN',
    'till/b has no history',
  ],
])('refuses %s', async (_, command, code, message) => {
  await expect(linesOf(command)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

it('plays records with their pauses, divided by the factor, and shortens long ones', async () => {
  const waits: number[] = []
  const items = [0, 100, 90, 3_600_100, 3_600_100].map((at) => ({ at }))
  const play = async (factor: number) => {
    const shown: unknown[] = []
    for await (const { item: _, ...pause } of played(items, factor, async (ms) => waits.push(ms)))
      shown.push(pause)
    return shown
  }
  expect(await play(10)).toEqual([
    { sinceMs: 0 },
    { sinceMs: 100 },
    { sinceMs: 0 },
    { sinceMs: 3_600_000, shortenedTo: PAUSE_MAX },
    { sinceMs: 0 },
  ])
  expect(waits).toEqual([10, PAUSE_MAX])
  await play(Number.POSITIVE_INFINITY)
  expect(waits).toHaveLength(2)
})

it('plays a life of a few seconds in a few milliseconds', async () => {
  expect(await told({ speed: 1_000 })).toEqual(LIFE)
})

it.each([
  ['short', 10, 'short'],
  ['0123456789\nabc', 5, '0123…\nabc'],
  ['\u001b[31mred and long\u001b[39m', 6, '\u001b[31mred a…\u001b[39m'],
  ['币币币', 5, '币币…'],
  ['币币币', 4, '币…'],
  ['whole', undefined, 'whole'],
])('fits %j into %j columns', (text, columns, shown) => {
  expect(inColumns(text, columns)).toBe(shown)
})

it('ends quietly when its reader has read enough, and calls a wrong option wrong usage', async () => {
  const some = await piped('head -n 3', 'replay', 'till/a', '--data', data)
  expect([some.stdout.split('\n').length, some.stderr]).toEqual([4, ''])
  const wrong = await outcry('replay', 'till/a', '--data', data, '--speed', 'fast')
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('a factor such as 10x')])
})

it('follows a life from a closed log into the program that opens it next', async () => {
  const args = ['replay', 'till/a', '--follow', '--context', '--tail', '1', '--data', data]
  const follower = new OutcryProcess(...args, '--machines', modules[0] as string)
  await eventually(() => expect(follower.stderr).toContain('waiting for one'))
  expect(revsOf(follower.stdout.split('\n'))).toBe('5')
  const supervisor = await open()
  const send = (id: string) => supervisor.send('till/a', { type: 'ORDER', id, qty: 1 }, { at: START + 9_000 })
  await send('late').catch(() => {})
  const api = await serve(supervisor, { port: 0, data, logger: silentLogger })
  await eventually(() => expect(revsOf(follower.stdout.split('\n'))).toBe('5 6'))
  await send('later').catch(() => {})
  await eventually(() => expect(revsOf(follower.stdout.split('\n'))).toBe('5 6 7'))
  follower.child.kill('SIGINT')
  await follower.finished()
  await api.close()
  await supervisor.stop()
})

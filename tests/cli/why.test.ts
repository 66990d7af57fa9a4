/** Tests `outcry why`, of a closed log and of a running program, which give the same. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Explained, Explanation, GuardsAsked } from '../../src/api/contract/why.ts'
import { createSupervisor, openLevelStore, serve } from '../../src/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { type WhyOptions, why } from '../../tools/cli/command-why.ts'
import { guardLines } from '../../tools/cli/why-guards.ts'
import { explanationLines } from '../../tools/cli/why-tree.ts'
import { decisiveText } from '../../tools/explained/decisive.ts'
import { outcry } from '../runner/runner-process.ts'
import { linesOf } from './said.ts'
import { machines } from './shop.ts'

const START = Date.parse('2026-01-31T09:00:00Z')
const folder = mkdtempSync(join(tmpdir(), 'outcry-why-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = join(folder, 'data')
const modules = [fileURLToPath(new URL('shop.ts', import.meta.url))]

async function open() {
  const store = await openLevelStore(data)
  return createSupervisor({ store, machines, clock: new EventClock(START), logger: silentLogger })
}

beforeAll(async () => {
  const supervisor = await open()
  await supervisor.spawn('desk', 'main')
  await supervisor.spawn('till', 'a')
  await supervisor.send('till/a', { type: 'ORDER', item: 'pen', qty: 2, by: 'ann' }, { key: 'k-1' })
  await supervisor.send(
    'till/a',
    { type: 'ORDER', item: 'cup', qty: 1 },
    { origin: { source: 'web', position: 7 } },
  )
  await supervisor.send('desk/main', { type: 'CLEAN' })
  await supervisor.send('till/a', { type: 'ORDER', item: 'bomb', qty: 1 }).catch(() => {})
  await supervisor.stop()
})

/** Returns the lines that the command prints, without the name of what it reads. */
function told(of: string, options: WhyOptions = {}): Promise<string[]> {
  return linesOf(async () => {
    const code = await why(of, { data, machines: modules, ...options })
    expect(code).toBe(0)
    return code
  })
}

const SOLD = [
  'till/a  ORDER  seq 4, 2026-01-31 09:00:00.000, till@1',
  '',
  '▶ 09:00:00.000 4 till/a  ORDER  qty=2 by=ann item=pen',
  '│     a command by ann, key k-1',
  '│     stays open',
  '│     ✗ isTooMuch(most: 5) in open',
  '│         event.qty = 2',
  '│     ✓ isInStock in open',
  '│         event.qty = 2, event.item = "pen", context.stock.pen = 2',
  '│     emitted SOLD qty=2',
  '└ 09:00:00.000 5 desk/main  PACK  qty=2',
  '        idle -> busy',
  '5 records read',
]
const REFUSED = [
  'till/a  ORDER  seq 6, 2026-01-31 09:00:00.000, till@1',
  '',
  '▶ 09:00:00.000 6 till/a  ORDER  qty=1 item=cup',
  '      from web, position 7',
  '      open does nothing about it',
  '      ✗ isTooMuch(most: 5) in open',
  '          event.qty = 1',
  '      ✗ isInStock in open',
  '          event.qty = 1, event.item = "cup", context.stock.cup = undefined',
]
const PACKED = [
  'desk/main  PACK  seq 5, 2026-01-31 09:00:00.000, desk@1',
  '',
  '09:00:00.000 4 till/a  ORDER  qty=2 by=ann item=pen',
  '│     a command by ann, key k-1',
  '│     ✗ isTooMuch(most: 5)',
  '│     ✓ isInStock',
  '│         event.qty = 2, event.item = "pen", context.stock.pen = 2',
  '│     emitted SOLD qty=2',
  '▶ 09:00:00.000 5 desk/main  PACK  qty=2',
  '      idle -> busy',
  '      ✓ without a guard in idle -> busy',
]

const FAILED = [
  'till/a  outcry.failed  seq 8, 2026-01-31 09:00:00.000, till@1',
  '',
  '▶ 09:00:00.000 8 till/a  outcry.failed  on=ORDER action=resume',
  "      Unable to evaluate guard 'isInStock' in transition for event 'ORDER' in state node 'till.open': no such thing is sold",
  '      from outside, by the program itself',
  '      stays open',
  '      ✗ isTooMuch(most: 5) in open',
  '          event.qty = 1',
  '      ⚡ isInStock in open',
  '          no such thing is sold',
  '          event.item = "bomb"',
]

describe('outcry why', () => {
  it('tells what began a record, which guards decided by what, and what it led to', async () => {
    expect(await told('4')).toEqual(SOLD)
    expect((await told('6')).slice(0, -1)).toEqual(REFUSED)
    expect((await told('5')).slice(0, -1)).toEqual(PACKED)
  })

  it('takes an address for its last record that changed or said something', async () => {
    expect((await told('desk/main')).slice(0, -1)).toEqual(PACKED)
    expect((await told('till/a')).slice(0, -1)).toEqual(FAILED)
    expect((await told('7')).slice(2, -1)).toEqual([
      '▶ 09:00:00.000 7 desk/main  CLEAN',
      '      from outside, by the program itself',
      '      busy does nothing about it',
      '      no transition for CLEAN in busy',
    ])
  })

  it('gives the same of a program that runs', async () => {
    const asked = [
      ['4'],
      ['6'],
      ['desk/main'],
      ['4', { json: true }],
      ['4', { depth: 1 }],
      ['till/a', { json: true }],
    ] as const
    const closed: string[][] = []
    for (const [of, options] of asked) closed.push(await told(of, options))
    const supervisor = await open()
    const server = await serve(supervisor, { port: 0, data })
    try {
      const running: string[][] = []
      for (const [of, options] of asked) running.push(await told(of, options))
      expect(running).toEqual(closed)
    } finally {
      await server.close()
      await supervisor.stop()
    }
    const explanation: Explanation = JSON.parse(closed[3]?.join('') ?? '')
    expect(explanation).toMatchObject({
      record: { seq: 4 },
      causes: [],
      effects: [{ depth: 1, record: { seq: 5 } }],
    })
  })

  it('reads a closed log without its machines, and says what it does not know', async () => {
    const lines = await told('4', { machines: [] })
    expect(lines).toContain('│     not sure: the machine of till/a is not registered')
    expect(lines).toContain('└ 09:00:00.000 5 desk/main  PACK  qty=2')
  })

  it.each([
    ['till/none', 1, /^ACTOR_UNKNOWN: till\/none has no history\. .*\n$/],
    ['999', 1, /^RECORD_UNKNOWN: there is no record 999: the log ends at 9\. .*\n$/],
    ['nonsense', 2, /^ADDRESS_INVALID: .*\n$/],
  ])('answers %s with one line', async (of, code, line) => {
    const { stderr, stdout, ...result } = await outcry('why', of, '--data', data)
    expect({ code: result.code, stdout }).toEqual({ code, stdout: '' })
    expect(stderr).toMatch(line)
  })
})

const ACTOR = 'order/sim:a-long-name-of-a-strategy-that-differs-at-its-end-0001'

function explained(seq: number, cause: number | null): Explained {
  const event = { type: 'EXECUTION_REPORT', text: 'x'.repeat(300), side: 'BUY' }
  const record = {
    seq,
    rev: 1,
    actor: ACTOR,
    at: START,
    event,
    from: 'on',
    to: 'on',
    cause,
    correlation: 'c',
    machine: 'order@1',
    turn: 1,
  }
  const guard = {
    guard: `isOver(${'limit'.repeat(40)})`,
    depth: 0,
    result: 'false' as const,
    reads: [{ from: 'event' as const, path: ['text'], value: 'x'.repeat(300) }],
  }
  const asked = [
    {
      source: 'order.on',
      event: event.type,
      on: event.type,
      targets: [],
      result: 'false' as const,
      taken: false,
      guards: [guard],
    },
  ]
  return { record, guards: { event: event.type, states: ['order', 'order.on'], asked } }
}

it.each([60, 100, 140])('fits into %i columns, and never cuts the name of an actor', (columns) => {
  const effects = Array.from({ length: 30 }, (_, i) => ({ ...explained(i + 2, i + 1), depth: i + 1 }))
  const lines = explanationLines(
    { ...explained(1, null), causes: [], isWhole: true, effects, leftOut: 3, partly: [ACTOR], read: 0 },
    columns,
  )
  const heads = lines.filter((line) => line.includes('EXECUTION_REPORT'))
  expect(heads.every((line) => line.includes(`${ACTOR}  EXECUTION_REPORT`))).toBe(true)
  const nameless = lines.filter((line) => !line.includes(ACTOR))
  expect(Math.max(...nameless.map((line) => line.length))).toBeLessThanOrEqual(columns)
  expect(lines.join('\n')).toContain('3 effects more')
})

it('cuts no text where there is no terminal', () => {
  const { record } = explained(1, null)
  const message = 'the limit of the account was passed, '.repeat(9)
  const directive = { action: 'restart' }
  const event = { type: 'outcry.failed', error: { message }, event: { type: 'X' }, directive }
  const whole = { causes: [], isWhole: true, effects: [], leftOut: 0, partly: [], read: 1 }
  const { guards } = explained(1, null)
  const problem = 'it leads elsewhere '.repeat(9)
  const failed = { record: { ...record, event }, ...whole, guards: { ...guards, problem } } as Explanation
  const text = (columns?: number) => explanationLines(failed, columns).join('\n')
  for (const long of [message, problem]) {
    expect(text()).toContain(long)
    expect(text(100)).not.toContain(long)
  }
})

it('says of which guard more was read than it shows', () => {
  const { guards } = explained(1, null)
  const told = () => guardLines(guards as GuardsAsked, 100, true).map((line) => line.trim())
  expect(told()).not.toContain('it read more than is shown')
  Object.assign(guards?.asked[0]?.guards[0] ?? {}, { isCut: true })
  expect(told()).toContain('it read more than is shown')
})

it('puts what tells most first, and leaves out what the line names already', () => {
  const event = {
    type: 'X',
    at: 1,
    venue: 'sim',
    symbol: 'BTCUSDT',
    custom: 7,
    candle: { close: '5' },
    side: 'BUY',
    text: 'too large',
  }
  expect(decisiveText(event, 80)).toBe('text=too large side=BUY candle.close=5 custom=7')
  expect(decisiveText(event, 16)).toBe('text=too large')
  expect(decisiveText({ type: 'X', venue: 'sim' }, 80)).toBe('venue=sim')
  expect(decisiveText({ type: 'X' }, 80)).toBe('')
})

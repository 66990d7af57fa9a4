/**
 * Every door of the command line and of the assistants that takes a place, a time or a seq, with texts that are none, or
 * that are outside the log. A closed log and a running program answer by the same words.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createSupervisor, openLevelStore, serve } from '../../src/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { isOutcryError } from '../../store/index.ts'
import { actors } from '../../tools/cli/command-actors.ts'
import { diff } from '../../tools/cli/command-diff.ts'
import { events } from '../../tools/cli/command-events.ts'
import { inspect } from '../../tools/cli/command-inspect.ts'
import { replay } from '../../tools/cli/command-replay.ts'
import { state } from '../../tools/cli/command-state.ts'
import { why } from '../../tools/cli/command-why.ts'
import { TOOLS } from '../../tools/cli/mcp/tools.ts'
import { openReader, type Reader } from '../../tools/cli/reader.ts'
import { linesOf } from './said.ts'
import { machines } from './till.ts'

/** The log is opened once for all questions. */
let opened: Reader | undefined
vi.mock('../../tools/cli/reader.ts', async (original) => {
  const own = await original<typeof import('../../tools/cli/reader.ts')>()
  return {
    ...own,
    openReader: async (...args: Parameters<typeof own.openReader>) => {
      opened ??= await own.openReader(...args)
      return new Proxy(opened, {
        get(reader, name) {
          if (name === 'close') return async () => {}
          const member: unknown = Reflect.get(reader, name, reader)
          return typeof member === 'function' ? member.bind(reader) : member
        },
      })
    },
  }
})
const START = Date.parse('2026-01-31T09:00:00Z')
const data = mkdtempSync(join(tmpdir(), 'outcry-odd-'))
afterAll(() => rmSync(data, { recursive: true, force: true }))
const of = { data, machines: [fileURLToPath(new URL('till.ts', import.meta.url))] }
const A = 'till/a'

async function open() {
  const store = await openLevelStore(data)
  return createSupervisor({ store, machines, clock: new EventClock(START), logger: silentLogger })
}

beforeAll(async () => {
  const supervisor = await open()
  await supervisor.spawn('till', 'a', undefined, { at: START })
  await supervisor.send(A, { type: 'ORDER', id: 'x', qty: 1 }, { at: START + 1 })
  await supervisor.stop()
})

type Door = (text: string) => Promise<number>

/** Asks as an assistant does. */
const asking =
  (name: string, input: (text: string) => object): Door =>
  async (text) => {
    const tool = TOOLS.find((one) => one.name === name)
    const reader = await openReader(data, of.machines)
    try {
      await tool?.answer(reader, tool.input.parse(input(text)))
      return 0
    } finally {
      await reader.close()
    }
  }

/** The doors by what they take. */
const DOORS: Readonly<
  Record<'record' | 'place' | 'moment' | 'time' | 'seq', Readonly<Record<string, Door>>>
> = {
  record: {
    why: (text) => why(text, of),
    'tool why of': asking('why', (text) => ({ of: text })),
  },
  place: {
    'diff a': (text) => diff(A, text, 'now', of),
    'diff b': (text) => diff(A, '1', text, of),
    'replay --from': (from) => replay(A, { ...of, from }),
    'replay --to': (to) => replay(A, { ...of, to }),
    'replay --at': (at) => replay(A, { ...of, at }),
    'inspect --at': (at) => inspect(A, { ...of, at }, async () => {}),
    'tool actor at': asking('actor', (at) => ({ address: A, at })),
    'tool replay to': asking('replay', (to) => ({ address: A, to })),
  },
  moment: {
    'state --at': (at) => state({ ...of, at }),
    'tool state at': asking('state', (at) => ({ at })),
  },
  time: {
    'events --from': (from) => events([], { ...of, from }),
    'events --to': (to) => events([], { ...of, to }),
    'actors --changed-since': (changedSince) => actors('', { ...of, changedSince }),
    'tool events from': asking('events', (from) => ({ from })),
  },
  seq: { 'state --seq': (seq) => state({ ...of, seq }) },
}

const HUGE = '99999999999999999999'
const NO_TEXT = ['', '１']
const each = (texts: readonly string[], answer: string) => texts.map((text) => [text, answer] as const)
const noRecord = (text: string) =>
  [text, `RECORD_UNKNOWN there is no record ${text}: the log ends at 3`] as const

/** The answer of each kind of door: fine, or the code and the words of its refusal. */
const ANSWERS: Readonly<Record<keyof typeof DOORS, readonly (readonly [text: string, answer: string])[]>> = {
  record: [
    ...['0', '99999999', HUGE].map(noRecord),
    ...each([...NO_TEXT, ' 1', '1e3', '-1', '1.5', 'now'], 'ADDRESS_INVALID "TEXT" is no actor address'),
    ['seq:3', 'fine'],
  ],
  place: [
    ...each(
      [...NO_TEXT, '-1', '1.5', HUGE, `seq:${HUGE}`],
      'PLACE_INVALID NAME: "TEXT" is no place in a log',
    ),
    ...each(['0', '99999999'], `REV_UNKNOWN ${A} has no rev TEXT`),
    ['seq:99999999', 'PLACE_INVALID NAME: seq 99,999,999 is behind the end of the log, seq 3'],
    ...each(['now', '2030-01-01T00:00:00Z'], 'fine'),
  ],
  moment: [
    ...each(
      [...NO_TEXT, '-1', '1.5', HUGE, `seq:${HUGE}`],
      'PLACE_INVALID NAME: "TEXT" is no place in a log',
    ),
    ['2026-01-31T09:00', 'PLACE_INVALID NAME: "TEXT" needs its zone: 2026-01-31T09:00:00Z is UTC'],
    ...each(['0', 'rev:2'], 'PLACE_INVALID NAME: "TEXT" is a rev, which only an actor has'),
    ['seq:99999999', 'PLACE_INVALID NAME: seq 99,999,999 is behind the end of the log, seq 3'],
    ...each(
      ['now', 'seq:0', 'seq:3', '09:00', '-999999999d', '2020-01-01T00:00:00Z', '2030-01-01T00:00:00Z'],
      'fine',
    ),
  ],
  time: [
    ...each([...NO_TEXT, '1e3', HUGE, 'seq:3'], 'PLACE_INVALID NAME: "TEXT" is no time'),
    ['2026-01-31T09:00', 'PLACE_INVALID NAME: "TEXT" needs its zone: 2026-01-31T09:00:00Z is UTC'],
    ...each(['now', '0', '-1', '1.5', '2020-01-01T00:00:00Z', '2030-01-01T00:00:00Z'], 'fine'),
  ],
  seq: [
    ...each([...NO_TEXT, 'now'], 'PLACE_INVALID NAME: must be a number'),
    ['-1', 'PLACE_INVALID NAME: must be at least 0'],
    ['1.5', 'PLACE_INVALID NAME: must be a whole number'],
    ['99999999', 'PLACE_INVALID NAME: seq 99,999,999 is behind the end of the log, seq 3'],
    ['0', 'fine'],
  ],
}

const TABLE = Object.entries(DOORS).flatMap(([kind, doors]) =>
  Object.entries(doors).flatMap(([name, door]) =>
    ANSWERS[kind as keyof typeof DOORS].map(([text, answer]) => {
      const option = name.split(' ').at(-1) as string
      const said = answer.replace('TEXT', text).replace('NAME', option.replace('--', ''))
      return { name, door, text, answer: said }
    }),
  ),
)

/** Returns what all doors answer, each in a line. Some tools call a field as the option of the command is called. */
async function answers(): Promise<string[]> {
  const lines: string[] = []
  for (const { name, door, text } of TABLE) {
    let answer = 'fine'
    try {
      await linesOf(() => door(text))
    } catch (error) {
      if (!isOutcryError(error)) throw error
      answer = `${error.code} ${error.message.replace(/^--/, '')}`
    }
    lines.push(`${name} "${text}": ${answer}`)
  }
  return lines
}

it('answers odd places by the same words, of a closed log and of a running program', async () => {
  const expected = TABLE.map(({ name, text, answer }) => `${name} "${text}": ${answer}`)
  const closed = await answers()
  await opened?.close()
  opened = undefined
  const supervisor = await open()
  const server = await serve(supervisor, { port: 0, data })
  try {
    const running = await answers()
    expect(closed.filter((line, i) => line !== expected[i])).toEqual([])
    expect(running.filter((line, i) => line !== closed[i])).toEqual([])
  } finally {
    await server.close()
    await supervisor.stop()
  }
})

/** Tests `outcry events`, of a closed log and of a running program, which give the same. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import { createSupervisor, type EventEnvelope, openLevelStore, serve } from '../../src/index.ts'
import { RUNNER_FILE } from '../../src/runner/folder/announcement.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { type RangeOptions, wantedOf } from '../../tools/cli/command-events.ts'
import { openReader } from '../../tools/cli/reader.ts'
import { OutcryProcess, outcry, piped } from '../runner/runner-process.ts'
import { eventually } from '../runtime/harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-events-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = join(folder, 'data')
const START = Date.parse('2026-01-31T09:00:00Z')
/** Events in the log, one a second. */
const COUNT = 120

const teller = setup({
  types: {} as { events: { type: 'SAY'; what: AnyEvent }; emitted: AnyEvent },
}).createMachine({ id: 'teller', on: { SAY: { actions: emit(({ event }) => event.what) } } })
const machines = { teller, other: teller }

async function open(): Promise<Supervisor> {
  const store = await openLevelStore(data)
  return createSupervisor({ store, machines, clock: new EventClock(START), logger: silentLogger })
}

function said(n: number): AnyEvent {
  return {
    type: n % 2 === 0 ? 'EVEN' : 'ODD',
    n,
    venue: n % 3 === 0 ? 'sim' : 'paper',
    symbol: n % 5 === 0 ? 'ETH' : 'BTC',
    instrument: n % 5 === 0 ? 'ETH/USDT' : 'BTC/USDT',
    ...(n % 7 === 0 && { strategy: 'ema' }),
    ...(n % 10 === 0 && { severity: n % 20 === 0 ? 'error' : 'warning' }),
  }
}

async function say(supervisor: Supervisor, n: number): Promise<void> {
  const to = n % 4 === 0 ? 'other/a' : 'teller/a'
  await supervisor.send(to, { type: 'SAY', what: said(n) }, { at: START + n * 1_000 })
}

beforeAll(async () => {
  const supervisor = await open()
  for (const kind of ['teller', 'other']) await supervisor.spawn(kind, 'a', undefined, { at: START })
  for (let n = 1; n <= COUNT; n++) await say(supervisor, n)
  await supervisor.stop()
})

/** Returns what the command lists. */
async function listed(types: readonly string[], options: RangeOptions): Promise<readonly EventEnvelope[]> {
  const reader = await openReader(data)
  const found: EventEnvelope[] = []
  try {
    for await (const envelope of reader.events(wantedOf(types, options), false)) found.push(envelope)
  } finally {
    await reader.close()
  }
  return found
}

const ALL = Array.from({ length: COUNT }, (_, i) => i + 1)
const timeOf = (n: number) => START + n * 1_000

const QUESTIONS: readonly (readonly [string[], RangeOptions, readonly number[]])[] = [
  [[], {}, ALL.slice(-50)],
  [[], { tail: 0 }, []],
  [['ODD'], { tail: 3 }, [115, 117, 119]],
  [['even'], { tail: 2 }, [118, 120]],
  [['ODD', 'events.even.sim.>'], { from: timeOf(110) }, [111, 113, 114, 115, 117, 119, 120]],
  [['events.*.*.ETH'], { to: START + 20_000 }, [5, 10, 15, 20]],
  [[], { from: timeOf(3), to: timeOf(6) }, [3, 4, 5, 6]],
  [[], { from: timeOf(3), to: timeOf(6), tail: 2 }, [5, 6]],
  [[], { from: timeOf(COUNT + 1) }, []],
  [[], { to: timeOf(0) }, []],
  [[], { kind: 'other', venue: 'sim', tail: 2 }, [108, 120]],
  [[], { symbol: 'ETH', tail: 1 }, [120]],
  [[], { instrument: 'BTC/USDT', tail: 1 }, [119]],
  [['ODD'], { strategy: 'ema', tail: 2 }, [105, 119]],
  [[], { severity: 'warning', from: 0, to: timeOf(30) }, [10, 20, 30]],
  [[], { severity: 'error' }, [20, 40, 60, 80, 100, 120]],
]

describe('lists', () => {
  it.each(QUESTIONS)('%j %j of a closed log', async (types, options, expected) => {
    const found = await listed(types, options)
    expect(found.map(({ event }) => event.n)).toEqual(expected)
  })

  it('the same of a running program', async () => {
    const closed = []
    for (const [types, options] of QUESTIONS) closed.push(await listed(types, options))
    const supervisor = await open()
    const api = await serve(supervisor, { port: 0, data, logger: silentLogger })
    for (const [i, [types, options]] of QUESTIONS.entries())
      expect([types, options, await listed(types, options)]).toEqual([types, options, closed[i]])
    await api.close()
    await supervisor.stop()
  })
})

it('says what would match, of a closed log and of a running program', async () => {
  const refusal = {
    code: 'SUBSCRIPTION_UNMATCHED',
    message: expect.stringContaining('the nearest is "teller"'),
  }
  await expect(listed([], { kind: 'tellr' })).rejects.toMatchObject(refusal)
  const supervisor = await open()
  const api = await serve(supervisor, { port: 0, data, logger: silentLogger })
  await expect(listed([], { kind: 'tellr' })).rejects.toMatchObject(refusal)
  await api.close()
  await supervisor.stop()
})

it.each<[string[], RangeOptions, string, string]>([
  [[], { from: 5, to: 4 }, 'PLACE_INVALID', '--to: must not be before --from'],
  [[], { to: 4, follow: true }, 'PLACE_INVALID', '--to: must be left out with --follow'],
  [['transitions.order.*'], {}, 'SUBSCRIPTION_UNMATCHED', 'neither a type of events nor a topic'],
  [['ORDER FILLED'], {}, 'SUBSCRIPTION_UNMATCHED', 'neither a type of events nor a topic'],
])('refuses %j %j', (types, options, code, message) => {
  expect(() => wantedOf(types, options)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  )
})

it('prints a line for each event, plain in a pipe, or one JSON object', async () => {
  const { stdout } = await piped('cat', 'events', 'ODD', '--tail', '1', '--data', data)
  const [line, foot] = stdout.trimEnd().split('\n')
  expect(line).toMatch(
    /^2026-01-31 09:01:59\.000 {2}ODD {2}teller\/a {2}seq \d+ {2}n=119 venue=paper symbol=BTC /,
  )
  expect(foot).toMatch(/^1 event in /)
  const json = await piped('head -n 1', 'events', '--json', '--data', data)
  expect(JSON.parse(json.stdout)).toMatchObject({ type: 'ODD', event: { n: 71 } })
})

it('takes times of the day on which the log ends, and times before its end', async () => {
  const { stdout } = await outcry('events', '--from', '09:01:58', '--to', '-1s', '--json', '--data', data)
  const numbers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).event.n)
  expect(numbers).toEqual([118, 119])
})

it.each([
  [['--tail', 'many'], 'a number from 0 to 10000'],
  [['--severity', 'grave'], 'info, warning, error, critical'],
  [['--from', 'noon'], '--from: "noon" is no time'],
])('calls %j wrong usage', async (args, what) => {
  const { code, stderr } = await outcry('events', '--data', data, ...args)
  expect([code, stderr]).toEqual([2, expect.stringContaining(what)])
})

it('follows a closed log into the program that opens it next', async () => {
  const follower = new OutcryProcess('events', '--follow', '--json', '--tail', '2', '--data', data)
  const numbers = () =>
    follower.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).event.n)
  await eventually(() => expect(follower.stderr).toContain('waiting for one'))
  expect(numbers()).toEqual([119, 120])
  const supervisor = await open()
  await say(supervisor, COUNT + 1)
  const api = await serve(supervisor, { port: 0, data, logger: silentLogger })
  await eventually(() => expect(numbers()).toEqual([119, 120, 121]))
  await say(supervisor, COUNT + 2)
  await eventually(() => expect(numbers()).toEqual([119, 120, 121, 122]))
  const live = new OutcryProcess('events', 'EVEN', '--follow', '--tail', '1', '--data', data)
  await eventually(() => expect(live.stdout).toContain('n=122'))
  await say(supervisor, COUNT + 4)
  await eventually(() => expect(live.stdout).toContain('n=124'))
  for (const process of [follower, live]) process.child.kill('SIGINT')
  await Promise.all([follower.finished(), live.finished()])
  await api.close()
  await supervisor.stop()
})

it('follows a program that starts again with another token of the command line', async () => {
  process.env.FOLLOWED_TOKEN = 'ann.horse_battery~staple-1'
  const tokens = [{ name: 'ann', access: 'read', env: 'FOLLOWED_TOKEN' }] as const
  let port = 0
  let follower: OutcryProcess | undefined
  const known = new Set<string>()
  for (const n of [COUNT + 5, COUNT + 7]) {
    const supervisor = await open()
    const api = await serve(supervisor, { port, data, tokens, logger: silentLogger })
    port = Number(new URL(api.url).port)
    known.add(JSON.parse(readFileSync(join(data, RUNNER_FILE), 'utf8')).token)
    follower ??= new OutcryProcess('events', 'ODD', '--follow', '--tail', '1', '--data', data)
    await say(supervisor, n)
    await eventually(() => expect(`${follower?.stdout}${follower?.stderr}`).toContain(`n=${n}`))
    await api.close()
    await supervisor.stop()
  }
  expect(known.size).toBe(2)
  follower?.child.kill('SIGINT')
  await follower?.finished()
})

// The last test: it makes the log longer.
it('lists as many as were asked for beside a writer that never pauses', async () => {
  const supervisor = await open()
  const api = await serve(supervisor, { port: 0, data, logger: silentLogger })
  let isAsking = true
  const talking = (async () => {
    for (let n = COUNT + 1; isAsking; n += 2) await Promise.all([say(supervisor, n), say(supervisor, n + 1)])
  })()
  const found: number[] = []
  try {
    for (let i = 0; i < 5; i++) found.push((await listed(['ODD'], { tail: 3 })).length)
  } finally {
    isAsking = false
    await talking
    await api.close()
    await supervisor.stop()
  }
  expect(found).toEqual([3, 3, 3, 3, 3])
})

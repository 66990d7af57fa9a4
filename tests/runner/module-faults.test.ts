/** Modules of users that loop, throw where nobody waits, or want to end the process: each is named, and nothing is lost. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { eventually } from '../runtime/harness.ts'
import { type Finished, OutcryProcess, outcry } from './runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-faults-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const BAD = 'bad/b'
const fileOf = (name: string) => join(folder, `${name}.ts`)
const configOf = (name: string) => join(folder, `${name}.yaml`)
const dataOf = (name: string) => join(folder, name)
const noteOf = (name: string) => join(dataOf(name), 'ended-by.json')

/** A strategy with this in its `decide` and before all else, and a configuration that runs it beside a good one. */
function write(
  name: string,
  {
    decide = '',
    next = '({ n }) => ({ n: n + 1 })',
    top = '',
    hangLimitMs = 5_000,
    moduleLimitMs = 60_000,
    from = 3,
    market = 'source: sim, seed: 6, speed: max, startAt: 1700000000000, durationMs: 20000',
  },
): void {
  writeFileSync(
    fileOf(name),
    `import { execSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { defineStrategy } from 'outcry/machines'
import { z } from 'zod'
${top}
export const strategy = defineStrategy({
  name: 'bad', version: '1', description: 'Bad.',
  params: z.object({}), initial: () => ({ n: 0 }), next: ${next}, values: ({ n }) => ({ n }),
  decide: ({ is }) => { if (is.n >= ${from}) { ${decide} } return undefined },
})
`,
  )
  writeFileSync(
    configOf(name),
    `market: { ${market} }
runner: { hangLimitMs: ${hangLimitMs}, moduleLimitMs: ${moduleLimitMs} }
strategies:
  - { id: b, type: ./${name}.ts, symbol: BTCUSDT, interval: 1s, orderQty: "0.01" }
  - { id: good, symbol: ETHUSDT, interval: 1s, fast: 2, slow: 5, orderQty: "0.01" }
`,
  )
}
const argsOf = (name: string) =>
  ['run', '--config', configOf(name), '--data', dataOf(name), '--no-server'] as const
const run = (name: string) => outcry(...argsOf(name), '--json')
async function recordsOf(name: string, actor: string): Promise<TransitionRecord[]> {
  const store = await openLevelStore(join(dataOf(name), 'log'))
  const records: TransitionRecord[] = []
  for await (const record of store.history(actor as Address)) records.push(record)
  await store.close()
  return records
}
/** What the runner keeps in its log as critical. */
const criticalOf = async (name: string) =>
  (await recordsOf(name, 'runner/main')).flatMap(({ event }) =>
    event.type === 'REPORT_ERROR' && event.severity === 'critical' ? [event.text] : [],
  )
async function expectWhole(name: string): Promise<void> {
  expect(await outcry('verify', '--data', dataOf(name), '--machines', fileOf(name))).toMatchObject({
    code: 0,
    stderr: '',
  })
}

describe('a strategy that loops for ever', () => {
  it.each<[string, string, Partial<Finished>, RegExp]>([
    ['loop', 'for (;;) {}', { code: 3, signal: null }, /, at Object\.decide \(.*loop\.ts:\d+:\d+\)\./],
    // Nobody can ask where it stands.
    [
      'wait',
      "execSync('sleep 60', { stdio: 'ignore' })",
      { code: null, signal: 'SIGKILL' },
      / for \d+ s\. The next/,
    ],
  ])(
    'ends the run by name, %s, and is in quarantine when the next one starts',
    async (name, decide, end, at) => {
      write(name, { decide })
      const first = await run(name)
      expect(first, first.stderr).toMatchObject(end)
      expect(first.stderr).toMatch(/^RUN_HUNG: bad\/b has stood still on CANDLE_CLOSE for \d+ s/m)
      expect(first.stderr).toMatch(at)
      expect(JSON.parse(readFileSync(noteOf(name), 'utf8'))).toMatchObject({
        actor: BAD,
        event: 'CANDLE_CLOSE',
      })
      const second = await run(name)
      expect(second.code, second.stderr).toBe(0)
      expect(JSON.parse(second.stdout)).toMatchObject({
        quarantined: [BAD],
        failed: [{ address: BAD, why: expect.stringContaining('has stood still on CANDLE_CLOSE') }],
      })
      expect(JSON.parse(second.stdout).ordersSubmitted).toBeGreaterThan(0)
      expect(existsSync(noteOf(name))).toBe(false)
      const failed = (await recordsOf(name, BAD)).find(({ event }) => event.type === 'outcry.failed')
      expect(failed?.event).toMatchObject({ event: { type: 'CANDLE_CLOSE' }, error: { code: 'RUN_HUNG' } })
      // It is the last that it took: the candle that it hung on is none of its records.
      expect((await recordsOf(name, BAD)).at(-1)).toEqual(failed)
      await expectWhole(name)
    },
  )

  it('does not keep a signal from ending the run', async () => {
    const name = 'signalled'
    const begin = join(folder, 'begin')
    const top = "import { existsSync } from 'node:fs'"
    const decide = `if (existsSync(${JSON.stringify(begin)})) { writeSync(2, 'LOOPS'); for (;;) {} }`
    write(name, { top, decide, hangLimitMs: 3_600_000, from: 1, market: 'source: sim' })
    const runner = new OutcryProcess(...argsOf(name))
    await runner.started()
    writeFileSync(begin, '')
    await eventually(() => expect(runner.stderr).toContain('LOOPS'))
    runner.child.kill('SIGTERM')
    const { code, stderr } = await runner.finished()
    expect([code, stderr]).toEqual([3, expect.stringContaining('has not heard the signal to end')])
    expect(JSON.parse(readFileSync(noteOf(name), 'utf8'))).toMatchObject({ actor: BAD })
  })
})

describe('a strategy that fills the memory in one step', () => {
  /** Takes memory, and waits until that is noted. */
  const filling = (name: string, then: string) => {
    const note = join(dataOf(name), 'may-end-by.json')
    return `const taken = Buffer.alloc(200 * 2 ** 20, 1); while (!existsSync(${JSON.stringify(note)})) taken.fill(2); ${then}`
  }
  const top = "import { existsSync, writeFileSync } from 'node:fs'"

  it('is in quarantine when the next one starts, where the process ended by that', async () => {
    const name = 'fills'
    // As the system ends a process for which there is no memory left.
    const decide = filling(name, "process.kill(process.pid, 'SIGKILL')")
    write(name, { top, decide, hangLimitMs: 3_600_000 })
    expect(await run(name)).toMatchObject({ code: null, signal: 'SIGKILL' })
    const second = await run(name)
    expect(second.code, second.stderr).toBe(0)
    expect(JSON.parse(second.stdout)).toMatchObject({
      quarantined: [BAD],
      failed: [{ address: BAD, why: expect.stringMatching(/at work on CANDLE_CLOSE and had taken \d+ MiB/) }],
    })
    const failed = (await recordsOf(name, BAD)).at(-1)
    expect(failed?.event).toMatchObject({ type: 'outcry.failed', error: { code: 'MEMORY_FILLED' } })
    expect(existsSync(join(dataOf(name), 'may-end-by.json'))).toBe(false)
    await expectWhole(name)
  })

  it('is left alone where it gets on after all', async () => {
    const name = 'fills-once'
    const done = JSON.stringify(join(folder, 'filled-once'))
    const decide = `if (!existsSync(${done})) { ${filling(name, `writeFileSync(${done}, '')`)} }`
    write(name, { top, decide, hangLimitMs: 3_600_000 })
    for (let n = 0; n < 2; n++) {
      const finished = await run(name)
      expect(finished.code, finished.stderr).toBe(0)
      expect(JSON.parse(finished.stdout).quarantined ?? []).toEqual([])
      expect(existsSync(join(dataOf(name), 'may-end-by.json'))).toBe(false)
    }
  })
})

it.each<[string, string]>([
  ['as it is loaded', 'for (;;) {}'],
  // Meanwhile the thread that watches must not do what ends the process otherwise.
  [
    'in a timer and is slow to end',
    "process.on('exit', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600)); setTimeout(() => { for (;;) {} }, 1)",
  ],
])('a module that loops for ever %s is named by its line', async (what, top) => {
  const name = `loops-${what.replaceAll(' ', '-')}`
  write(name, { top, hangLimitMs: 2_000 })
  const { code, stderr } = await run(name)
  expect([code, stderr]).toEqual([3, expect.stringMatching(/^RUN_HUNG: .* s, at .*\.ts:5:/m)])
})

it('a start does without a strategy that hung as it began, and the next one tries again', async () => {
  const name = 'begins'
  write(name, {})
  await run(name)
  const data = dataOf(name)
  const note = { at: 1, text: 'bad/new has stood still', actor: 'bad/new', event: 'xstate.init' }
  writeFileSync(noteOf(name), JSON.stringify(note))
  const config = readFileSync(configOf(name), 'utf8').replace('id: b,', 'id: new,').replace('20000', '30000')
  writeFileSync(configOf(name), config)
  const second = await run(name)
  expect([second.code, second.stderr]).toEqual([0, expect.stringContaining('bad/new is not started')])
  expect((await outcry('replay', 'bad/new', '--data', data)).stderr).toContain('ACTOR_UNKNOWN')
  expect((await run(name)).code).toBe(0)
  expect((await outcry('replay', 'bad/new', '--data', data)).code).toBe(0)
})

describe('a module that fails outside every turn', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'throws in a timer',
      'setTimeout(() => { throw new RangeError("late") }, 1)',
      'THROWN_OUTSIDE',
      /threw .*RangeError: late/,
    ],
    [
      'rejects',
      'setTimeout(async () => { throw new RangeError("late") }, 1)',
      'THROWN_OUTSIDE',
      /rejected .*RangeError: late/,
    ],
    ['exits', 'setTimeout(() => process.exit(0), 1)', 'EXIT_REFUSED', /calls process\.exit\(0\)/],
    ['aborts', 'setTimeout(() => process.abort(), 1)', 'EXIT_REFUSED', /calls process\.abort\(\)/],
  ])('and %s ends the run in order, by name and with a code of its own', async (what, top, code, text) => {
    const name = what.replaceAll(' ', '-')
    write(name, { top })
    const finished = await run(name)
    expect(finished.code, finished.stderr).toBe(1)
    const told = finished.stderr.split('\n').find((line) => line.startsWith(`${code}: `)) ?? ''
    expect(told).toMatch(text)
    expect(told).toContain(`${fileOf(name)}:5:`)
    // Whoever reads the log loads its modules, too.
    write(name, {})
    expect(await criticalOf(name)).toEqual([expect.stringContaining(`${fileOf(name)}:5:`)])
    const event = (await recordsOf(name, 'runner/main')).at(-1)?.event
    expect(event).toMatchObject({ type: 'STOPPED', reason: 'failure' })
    await expectWhole(name)
  })
})

it('a strategy that ends the process as it decides is quarantined, and the others go on', async () => {
  const name = 'exits-deciding'
  write(name, { decide: 'process.exit(0)' })
  const { code, stdout, stderr } = await run(name)
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    failed: [{ address: BAD, why: expect.stringContaining(`(${'Object.decide'} (${fileOf(name)}:`) }],
  })
  expect(JSON.parse(stdout).ordersSubmitted).toBeGreaterThan(0)
})

it.each<[string, string]>([
  ['changes the candle that it is given', "candle.close = '1'"],
  ['sorts in place what it was', 'was.list?.sort()'],
])('a strategy that %s throws in its own actor, and nobody sees another candle', async (what, change) => {
  const name = what.slice(0, 5).trim()
  write(name, { next: `(was: any, candle: any) => { ${change}; return { n: was.n + 1, list: [2, 1] } }` })
  const { code, stdout, stderr } = await run(name)
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    quarantined: [BAD],
    failed: [{ address: BAD, why: expect.stringMatching(/TypeError: Cannot assign to read only/) }],
  })
  await expectWhole(name)
})

it.each<[string, string, string]>([
  ['never resolves', 'await new Promise(() => {})', 'MODULE_PENDING'],
  ['exits', 'process.exit(0)', 'STRATEGY_INVALID'],
])('a start names a module that %s as it is loaded', async (what, top, code) => {
  const name = `loaded-${what.replaceAll(' ', '-')}`
  write(name, { top, moduleLimitMs: 1_000 })
  const finished = await run(name)
  expect(finished.code).toBe(1)
  expect(finished.stderr).toMatch(new RegExp(`^${code}: ${fileOf(name)} `, 'm'))
  expect(existsSync(dataOf(name))).toBe(false)
})

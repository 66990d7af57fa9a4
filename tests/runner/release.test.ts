/** A strategy in quarantine on the command line: listed, told of at the start and at the end, and let go. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../runtime/harness.ts'
import { OutcryProcess, outcry } from './runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-release-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = join(folder, 'data')
const config = join(folder, 'outcry.yaml')
const BAD = 'bad/b'
const named = ['--data', data, '--machines', join(folder, 'bad.ts')]

/** `limit`: the number of the candle that it throws at. */
function writeModule(limit: number): void {
  writeStrategy('bad', limit)
  // Never named: it is not the one that is let go.
  writeStrategy('other', 1_000)
}
function writeStrategy(name: string, limit: number): void {
  writeFileSync(
    join(folder, `${name}.ts`),
    `
import { defineStrategy } from 'outcry/machines'
import { z } from 'zod'
export const strategy = defineStrategy({
  name: '${name}', version: '1', description: 'Throws.',
  params: z.object({}), initial: () => ({ n: 0 }), next: ({ n }) => ({ n: n + 1 }), values: ({ n }) => ({ n }),
  decide: ({ is }) => { if (is.n === ${limit}) throw new TypeError('third candle'); return undefined },
})
`,
  )
}
function configure(durationMs: number): void {
  writeFileSync(
    config,
    `
market: { source: sim, seed: 6, speed: max, startAt: 1700000000000, durationMs: ${durationMs} }
strategies:
  - { id: b, type: ./bad.ts, symbol: BTCUSDT, interval: 1s, orderQty: "0.01" }
  - { id: good, symbol: ETHUSDT, interval: 1s, fast: 2, slow: 5, orderQty: "0.01" }
  - { id: o, type: ./other.ts, symbol: ETHUSDT, interval: 1s, orderQty: "0.01" }
`,
  )
}
const run = (...more: string[]) => outcry('run', '--config', config, '--data', data, '--no-server', ...more)
const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

beforeAll(async () => {
  writeModule(3)
  configure(20_000)
  const first = await run()
  // An orderly end is one, whoever is in quarantine.
  expect(first.code, first.stderr).toBe(0)
  expect(first.stdout).toMatch(
    /^quarantine bad\/b since 2023-11-14 22:13:\d\d\.\d+: it failed on CANDLE_CLOSE: TypeError: third candle\. Release it: outcry release bad\/b --data \S+$/m,
  )
})

describe('a strategy in quarantine', () => {
  it('is listed as such, with what it failed on', async () => {
    const { stdout } = await outcry('actors', ...named)
    expect(stdout).toMatch(
      /^bad\/b +bad@1\+5 .*quarantined, in mode\.running trade\.flat; failed on CANDLE_CLOSE at \S+ \S+: TypeError: third candle$/m,
    )
    expect(stdout).toContain(
      `1 actor in quarantine: repair the cause, then outcry release bad/b --data ${data}`,
    )
    const [json] = lines((await outcry('actors', BAD, ...named, '--json')).stdout)
    expect(json).toMatchObject({
      condition: 'quarantined',
      failure: { event: 'CANDLE_CLOSE', message: 'TypeError: third candle', action: 'quarantine' },
    })
    const replay = (await outcry('replay', BAD, ...named)).stdout.split('\n')
    expect(replay[1]).toMatch(
      /^quarantined, in .*; failed on CANDLE_CLOSE at .*third candle\. Release it: outcry/,
    )
  })

  it('is told of as a runner starts, and is let go while it runs', async () => {
    writeModule(1_000)
    writeFileSync(
      config,
      `market: { seed: 6, startAt: 1700000000000 }\nstrategies:\n  - { id: b, type: ./bad.ts, symbol: BTCUSDT, interval: 1s, orderQty: "0.01" }\n`,
    )
    // Of a strategy that is configured no more, and that the log has.
    const retired = ['--machines', join(folder, 'other.ts')]
    const live = ['--config', config, '--data', data, '--port', '0', ...retired]
    const runner = new OutcryProcess('run', ...live)
    await runner.started()
    const said = lines(runner.stderr).find(({ actor }) => actor === BAD)
    expect(said).toMatchObject({
      level: 40,
      msg: expect.stringMatching(/^bad\/b is in quarantine since 2023-11-14T/),
    })
    const released = await outcry('release', BAD, '--data', data, '--by', 'ann', '--json')
    expect([released.code, released.stderr]).toEqual([0, ''])
    const { source } = JSON.parse(released.stdout)
    expect(source).toMatch(/^http:/)
    const again = await outcry('release', BAD, '--data', data)
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('ACTOR_NOT_QUARANTINED: bad/b')])
    await eventually(async () => {
      const events = lines((await outcry('replay', BAD, '--data', data, '--json')).stdout)
      expect(events.slice(-3).map(({ event }) => event.type)).toContain('CANDLE_CLOSE')
    })
    runner.child.kill('SIGTERM')
    expect((await runner.finished()).code).toBe(0)
  })

  it('is let go in a closed log, once, with who did so', async () => {
    rmSync(data, { recursive: true })
    writeModule(3)
    configure(20_000)
    await run()
    const released = await outcry('release', BAD, ...named, '--by', 'ann', '--reason', 'mended')
    expect([released.code, released.stderr, released.stdout]).toEqual([
      0,
      '',
      expect.stringMatching(
        /^bad\/b is released, with seq [\d,]+ in .*log: it takes messages from the next start on/,
      ),
    ])
    expect((await outcry('release', BAD, ...named)).stderr).toContain('ACTOR_NOT_QUARANTINED')
    expect((await outcry('release', 'bad/z', ...named)).stderr).toContain('ACTOR_UNKNOWN')
    expect((await outcry('release', 'nonsense', '--data', data)).code).toBe(2)
    configure(40_000)
    writeModule(1_000)
    const second = await run('--json')
    expect([second.code, JSON.parse(second.stdout)]).toMatchObject([0, { quarantined: [], failed: [] }])
    const events = lines((await outcry('replay', BAD, ...named, '--json')).stdout)
    const at = events.findIndex(({ event }) => event.type === 'outcry.released')
    expect(events[at]?.event).toMatchObject({ by: 'ann', reason: 'mended' })
    expect(events.length).toBeGreaterThan(at + 15)
    const verify = await outcry('verify', ...named, '--machines', join(folder, 'other.ts'))
    expect([verify.code, verify.stderr]).toEqual([0, ''])
  })
})

/**
 * Tests that the first start on a new data folder can be killed as each part appears: the next start goes on with the
 * same market.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { OutcryProcess, outcry } from '../runner/runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-first-start-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const config = join(folder, 'outcry.yaml')
writeFileSync(
  config,
  `market: { seed: 6, startAt: 1700000000000, durationMs: 5000, speed: max }
server: { enabled: false }
`,
)
const args = (data: string, ...others: string[]) => ['run', '--config', config, '--data', data, ...others]

const has = (path: string) => (data: string) => existsSync(join(data, path))
/** Whether the write-ahead log of a database has this many bytes. */
const wrote = (part: string, bytes: number) => (data: string) =>
  has(part)(data) &&
  readdirSync(join(data, part)).some(
    (name) =>
      name.endsWith('.log') &&
      (statSync(join(data, part, name), { throwIfNoEntry: false })?.size ?? 0) > bytes,
  )

describe('a first start', () => {
  it.each<[string, (data: string) => boolean]>([
    ['the lock', has('log/lock')],
    ['the log', has('log/CURRENT')],
    ["the venue's lock", has('venue/lock')],
    ["the venue's books", has('venue/CURRENT')],
    ['the first records', wrote('log', 2_000)],
    ['the first reports', wrote('venue', 100)],
  ])('that is killed once it has written %s is completed by the next start', async (what, isThere) => {
    const data = join(folder, what.replaceAll(/\W/g, '-'))
    const first = new OutcryProcess(...args(data))
    while (first.child.exitCode === null && !isThere(data))
      await new Promise((resolve) => setTimeout(resolve, 1))
    first.child.kill('SIGKILL')
    await first.finished()
    const second = await outcry(...args(data, '--json'))
    expect([second.code, JSON.parse(second.stdout || '{}')]).toMatchObject([
      0,
      { market: 'sim:6', failed: [] },
    ])
    const other = await outcry(...args(data, '--seed', '7'))
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringMatching(/^OTHER_MARKET: .*sim:6.*sim:7.*--data\.\n$/),
    ])
  })
})

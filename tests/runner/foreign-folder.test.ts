/** What reads a data folder runs none of the modules that the folder names: it may be somebody else's. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { outcry } from './runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-foreign-'))
const data = join(folder, 'data')
const module = join(folder, 'quiet.js')
/** Is there once the module has run. */
const mark = join(folder, 'has-run')
const noted = join(data, 'strategies.json')
const nothing = () => {}
/** The run that made the folder, but for its strategy. */
const RUN = ['--no-server', '--config', join(folder, 'market.yaml')]
const LOGGER = { debug: nothing, info: nothing, warn: nothing, error: nothing }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(async () => {
  writeFileSync(
    module,
    `import { writeFileSync } from 'node:fs'
import { defineStrategy } from 'outcry/machines'
import { z } from 'zod'
writeFileSync(${JSON.stringify(mark)}, '')
export const strategy = defineStrategy({
  name: 'quiet', version: '1', description: 'Does nothing.', params: z.object({}),
  initial: () => ({}), next: (state) => state, values: () => ({}), decide: () => undefined,
})`,
  )
  const symbols = [{ symbol: 'BTCUSDT', startPx: '60000.00', tickSize: '0.01', lotSize: '0.0001' }]
  const market = { seed: 6, startAt: 1_700_000_000_000, durationMs: 3_000, speed: 'max', symbols }
  writeFileSync(join(folder, 'market.yaml'), JSON.stringify({ market, strategies: [] }))
  const strategies = [{ id: 'a', type: module, symbol: 'BTCUSDT', interval: '1s', orderQty: '0.01' }]
  const runner = await startRunner(
    loadConfig({ flags: { data, market, server: { enabled: false }, strategies } }),
    LOGGER,
  )
  await runner.ended
  await runner.stop('test', 'test')
  expect(existsSync(mark)).toBe(true)
})

beforeEach(() => rmSync(mark, { force: true }))

describe('a foreign data folder', () => {
  it.each([
    ['actors', ['actors', 'quiet/'], /quiet\/a +quiet@1/],
    ['replay', ['replay', 'quiet/a'], /quiet\/a/],
    ['verify', ['verify'], /KIND_UNKNOWN/],
    ['doctor', ['doctor'], /is whole/],
    ['backup', ['backup', join(folder, 'copy')], /whole/],
    ['release', ['release', 'quiet/a'], /KIND_UNKNOWN/],
    ['run', ['run', ...RUN], /^MODULE_UNNAMED: .* quiet,.* --machines .*quiet\.js\n$/],
  ])('is read by %s without its modules', async (_, args, text) => {
    const { stdout, stderr } = await outcry(...args, '--data', data)
    expect(stdout + stderr).toMatch(text)
    expect(existsSync(mark)).toBe(false)
  })

  it('says how to name them, and then they run', async () => {
    const listed = await outcry('actors', '--data', data)
    expect([listed.code, listed.stdout]).toEqual([0, expect.stringContaining(`--machines ${module}`)])
    const verified = await outcry('verify', '--data', data, '--machines', module, '--json')
    expect([verified.code, JSON.parse(verified.stdout).problems]).toEqual([0, []])
    expect(existsSync(mark)).toBe(true)
  })

  it('is run with its modules where they are named, and the log is the same until then', async () => {
    const copy = join(folder, 'run')
    cpSync(data, copy, { recursive: true })
    expect((await outcry('run', ...RUN, '--data', copy)).code).toBe(2)
    const { stdout } = await outcry('actors', 'quiet/', '--data', copy, '--machines', module, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ address: 'quiet/a', value: { mode: 'running' } })
    const run = await outcry('run', ...RUN, '--data', copy, '--machines', module, '--json')
    expect([run.code, run.stderr]).toEqual([0, expect.not.stringContaining('"level":50')])
    const after = await outcry('actors', 'quiet/', '--data', copy, '--machines', module, '--json')
    // It is configured no more.
    expect(JSON.parse(after.stdout)).toMatchObject({ value: { mode: 'stopped' } })
  })

  it('is read with the configuration of its run, which names its folder and its modules', async () => {
    const config = join(folder, 'run.yaml')
    const strategies = [{ id: 'a', type: './quiet.js', symbol: 'BTCUSDT', interval: '1s', orderQty: '0.01' }]
    writeFileSync(config, JSON.stringify({ data, strategies }))
    const verified = await outcry('verify', '--config', config, '--json')
    expect([verified.code, JSON.parse(verified.stdout).problems]).toEqual([0, []])
    const listed = await outcry('actors', 'quiet/', '-c', config, '--json')
    expect(JSON.parse(listed.stdout)).not.toHaveProperty('isUnread')
    const told = await outcry('replay', 'quiet/a', '-c', config)
    expect(told.stdout).toContain(`records read in ${join(data, 'log')}`)
    const released = await outcry('release', 'quiet/a', '-c', config)
    expect(released.stderr).toMatch(/^ACTOR_NOT_QUARANTINED/)
    const elsewhere = await outcry('verify', '-c', config, '--data', join(folder, 'nowhere'))
    expect(elsewhere.stderr).toMatch(/^STORE_NONE/)
    writeFileSync(config, JSON.stringify({ data, strategies: [{ type: 7 }] }))
    expect(await outcry('verify', '-c', config)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^CONFIG_INVALID/),
    })
  })

  it('whose books at the venue are damaged is told of by verify', async () => {
    const copy = join(folder, 'damaged')
    cpSync(data, copy, { recursive: true })
    rmSync(join(copy, 'venue', 'CURRENT'))
    const { code, stdout } = await outcry('verify', '--data', copy, '--machines', module, '--json')
    expect([code, JSON.parse(stdout).problems]).toEqual([
      1,
      [expect.objectContaining({ code: 'VENUE_CORRUPT', actor: 'port/sim' })],
    ])
  })

  it('whose strategies.json is torn is refused in one line', async () => {
    const before = readFileSync(noted)
    writeFileSync(noted, before.subarray(0, 20))
    try {
      for (const command of ['actors', 'run']) {
        const { code, stderr } = await outcry(command, '--data', data)
        expect([command, code, stderr]).toEqual([
          command,
          1,
          expect.stringMatching(/^STRATEGIES_UNREADABLE: .*\n$/),
        ])
        expect(stderr).toContain(noted)
      }
    } finally {
      writeFileSync(noted, before)
    }
  })
})

import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { loadConfig } from '../../src/runner/config/load.ts'
import { HELD_MAX, STASH_MAX, STASH_SIZE_MAX } from '../../src/runtime/actors/bounds.ts'
import { TIMER_ID_LENGTH_MAX } from '../../src/runtime/record/delays.ts'
import { VALUE_SIZE_MAX } from '../../src/runtime/record/values.ts'
import { ALL_SIZE_MAX, PORT_SIZE_MAX } from '../../src/runtime/turn/outbox.ts'
import { CHILDREN_MAX, SYSTEM_ID_LENGTH_MAX } from '../../src/runtime/xstate/child.ts'
import { modulePath, program } from '../programs/program.ts'
import { FORMS } from '../torture/forms.ts'

const MIB = 2 ** 20
const root = new URL('../../', import.meta.url)
const readme = readFileSync(new URL('README.md', root), 'utf8')
const block = (language: string) =>
  new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] as string

describe('the README', () => {
  it('has a first machine that runs, is still ringing when it is run again, and is upgraded', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-readme-'))
    const write = (name: string, language: string) => {
      const source = block(language)
        .replace("'outcry'", JSON.stringify(pathToFileURL(modulePath('src/index.ts')).href))
        .replace("'xstate'", JSON.stringify(import.meta.resolve('xstate')))
        // A slow machine may need more than a minute for all of this.
        .replaceAll('60_000', '3_600_000')
      writeFileSync(join(folder, name), source)
      return join(folder, name)
    }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    write('machines.ts', 'ts machines')
    const run = async (language: string) => {
      const script = write('alarm.ts', language)
      const loader = ['--import', import.meta.resolve('tsx')]
      const { stdout } = await promisify(execFile)(process.execPath, [...loader, script], { cwd: folder })
      return stdout
    }
    expect(await run('ts')).toBe('ringing\n')
    expect(await run('ts')).toBe('ringing\n')
    const verify = ['verify', '--data', 'alarm-log', '--machines', 'machines.ts', '--json']
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...program('tools/cli/main.ts'), ...verify],
      { cwd: folder },
    )
    expect(JSON.parse(stdout)).toMatchObject({ problems: [] })
    cpSync(join(folder, 'alarm-log'), join(folder, 'as-it-was'), { recursive: true })
    for (const _ of ['first', 'again']) expect(await run('ts upcasters')).toBe("{ price: '101.5' }\n")
    rmSync(join(folder, 'alarm-log'), { recursive: true })
    renameSync(join(folder, 'as-it-was'), join(folder, 'alarm-log'))
    expect(await run('ts upgrade')).toBe('loud\n')
    expect(await run('ts upgrade')).toBe('loud\n')
    rmSync(folder, { recursive: true })
  })

  it('has a durable handler that gets each event once in two runs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-doors-'))
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    const source = block('ts subscribe')
      .replace("'outcry'", JSON.stringify(pathToFileURL(modulePath('src/index.ts')).href))
      .replace("'xstate'", JSON.stringify(import.meta.resolve('xstate')))
    writeFileSync(join(folder, 'doors.ts'), source)
    const args = ['--import', import.meta.resolve('tsx'), join(folder, 'doors.ts')]
    for (const _ of ['first', 'again']) {
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder })
      expect(stdout).toBe('Ann opened door/front\n')
    }
    rmSync(folder, { recursive: true })
  })

  const template = () => readFileSync(new URL('docs/strategy-template.ts', root), 'utf8')
  it.each([
    ['', 'breakout', () => block('ts strategy'), { length: 5 }],
    [', and one to copy,', 'dip', template, { trendLength: 20, rsiLength: 3, rangeLength: 5 }],
  ])('has a strategy%s that trades when it is configured: %s', async (_, _name, written, params) => {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-strategy-'))
    writeFileSync(join(folder, 'strategy.ts'), written())
    const mine = {
      id: 'mine',
      type: './strategy.ts',
      symbol: 'BTCUSDT',
      interval: '1s',
      orderQty: '0.01',
      ...params,
    }
    const market = { source: 'sim', seed: 6, startAt: 1_700_000_000_000, durationMs: 120_000, speed: 'max' }
    writeFileSync(join(folder, 'outcry.yaml'), stringify({ data: 'data', market, strategies: [mine] }))
    const outcry = (...args: string[]) => {
      return promisify(execFile)(process.execPath, [...program('tools/cli/main.ts'), ...args], {
        cwd: folder,
      })
    }
    await outcry('run', '--config', 'outcry.yaml', '--no-server', '--json')
    const { stdout } = await outcry('actors', '--json')
    expect(stdout).toContain(`"address":"list/sim:mine-1"`)
    expect(JSON.parse((await outcry('verify', '--machines', 'strategy.ts', '--json')).stdout)).toMatchObject({
      problems: [],
    })
    rmSync(folder, { recursive: true })
  })

  it('names its strategy as a configuration does', () => {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-readme-'))
    writeFileSync(join(folder, 'outcry.yaml'), block('yaml strategy'))
    const { strategies = [] } = loadConfig({ file: join(folder, 'outcry.yaml') })
    expect(strategies).toMatchObject([{ id: 'mine', type: join(folder, 'breakout.ts') }])
    rmSync(folder, { recursive: true })
  })

  it.each<[string, string]>([
    ['one event, input', `${VALUE_SIZE_MAX / MIB} MiB`],
    ['what one actor holds', `${HELD_MAX / MIB} MiB`],
    ['children of one actor', CHILDREN_MAX.toLocaleString('en')],
    ['unsettled intents of one port', `${PORT_SIZE_MAX / MIB} MiB`],
    ['unsettled intents of all ports', `${ALL_SIZE_MAX / MIB} MiB`],
    ['messages kept', `${STASH_MAX.toLocaleString('en')}, ${STASH_SIZE_MAX / MIB} MiB`],
    ['the id of a timer', `${TIMER_ID_LENGTH_MAX.toLocaleString('en')} characters`],
    ['a system id', `${SYSTEM_ID_LENGTH_MAX.toLocaleString('en')} characters`],
  ])('lists the real limit: %s', (what, limit) => {
    const row = readme.split('\n').find((line) => line.startsWith(`| ${what}`))
    expect(row?.split('|')[2]).toContain(limit)
  })

  it.each(['README.md', 'docs/trading.md', 'docs/api.md', 'docs/http.md', 'docs/feed.md'])(
    'names only files that exist: %s',
    (page) => {
      const at = new URL(page, root)
      const names = [...readFileSync(at, 'utf8').matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map(
        ([, file]) => file as string,
      )
      expect(names.length).toBeGreaterThan(0)
      for (const file of names) expect([file, existsSync(new URL(file, at))]).toEqual([file, true])
    },
  )
})

describe('the page on reliability', () => {
  it('names only tests that exist', () => {
    const page = readFileSync(new URL('docs/reliability.md', root), 'utf8')
    const named = [...page.matchAll(/`(tests\/[\w/-]+)`/g)].map(([, path]) => path as string)
    expect(named.length).toBeGreaterThan(10)
    for (const path of named) {
      const found = ['', '.test.ts'].some((ending) => existsSync(new URL(`${path}${ending}`, root)))
      expect([path, found]).toEqual([path, true])
    }
  })

  it('names each full form, and no others', () => {
    const page = readFileSync(new URL('docs/reliability.md', root), 'utf8')
    const named = [...page.matchAll(/`torture ([\w-]+)`/g)].map(([, name]) => name as string)
    expect([...new Set(named)].sort()).toEqual(Object.keys(FORMS).sort())
  })
})

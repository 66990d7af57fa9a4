/** Tests the sources as a stranger clones them: with no other files, and nothing installed by hand. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  appendFileSync,
  constants,
  cpSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NPMS, ROOT, type Toolchain, toolchain, Workshop } from './toolchain.ts'

const workshop = new Workshop()
afterAll(() => workshop.remove())

const git = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8' })

/** Makes a clone of the sources as they are, committed or not. */
function clone(...path: string[]): string {
  const folder = workshop.empty(...path)
  const names = git(ROOT, 'ls-files', '-co', '--exclude-standard', '-z').split('\0').filter(Boolean)
  const there = names.filter((name) => isThere(join(ROOT, name)))
  for (const name of there) cpSync(join(ROOT, name), join(folder, name))
  git(folder, 'init', '--quiet')
  git(folder, 'add', '--all')
  const who = ['-c', 'user.name=nobody', '-c', 'user.email=nobody@example.org']
  git(folder, ...who, 'commit', '--quiet', '--message', 'as it is')
  return folder
}

function isThere(file: string): boolean {
  try {
    accessSync(file)
    return true
  } catch {
    return false
  }
}

const expectClean = (folder: string) => expect(git(folder, 'status', '--porcelain')).toBe('')

/** The clones by the version of npm. They lie in a folder that is called as that of the build. */
const clones: Record<string, string> = {}

describe.each(NPMS)('a clone with npm %s', (npm) => {
  let tools: Toolchain
  let folder: string
  beforeAll(() => {
    tools = toolchain('20', npm)
    folder = clones[npm] = clone(npm, 'dist', 'outcry')
  })

  it('installs by its lock file, without a warning about engines, and stays clean', async () => {
    const { code, stdout, stderr } = await tools.npm(folder, 'ci')
    expect(code, stdout + stderr).toBe(0)
    expect(stdout + stderr).not.toContain('EBADENGINE')
    expectClean(folder)
  })

  it('keeps its lock file when it is installed once more', async () => {
    const { code, stdout, stderr } = await tools.npm(folder, 'install')
    expect(code, stdout + stderr).toBe(0)
    expectClean(folder)
  })

  it('has an executable command after each build', async () => {
    const main = join(folder, 'dist/tools/cli/main.js')
    const builtAt = statSync(main).mtimeMs
    const build = async () => expect((await tools.npm(folder, 'run', 'build')).code).toBe(0)
    // Unchanged sources are not built again. Otherwise the first npx would take as long as a build.
    await build()
    expect(statSync(main).mtimeMs).toBe(builtAt)
    appendFileSync(join(folder, 'tools/cli/main.ts'), '// Changed.\n')
    writeFileSync(join(folder, 'src/gone.ts'), 'export const here = true\n')
    await build()
    expect(statSync(main).mtimeMs).toBeGreaterThan(builtAt)
    expect(readFileSync(main, 'utf8')).toMatch(/\/\/ Changed\.\n$/)
    accessSync(main, constants.X_OK)
    const { code, stdout, stderr } = await tools.npx(folder, 'outcry', 'run', '--help')
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('Usage: outcry run')
    const built = join(folder, 'dist/src/gone.js')
    expect(isThere(built)).toBe(true)
    git(folder, 'checkout', '--quiet', 'tools/cli/main.ts')
    rmSync(join(folder, 'src/gone.ts'))
    await build()
    expect(isThere(built)).toBe(false)
    expect(readFileSync(main, 'utf8')).not.toContain('Changed')
    accessSync(main, constants.X_OK)
    expectClean(folder)
  })
})

describe('a clone in a folder called dist', () => {
  const tools = toolchain('20', '11')
  let folder: string
  beforeAll(() => {
    folder = clones['11'] as string
  })

  it('serves the page from its sources and from its build, and knows its version', async () => {
    const probe = `
import { startApi } from './api/server.EXT'
import { VERSION } from './api/version.EXT'
import { createSupervisor, openMemoryStore } from './index.EXT'
const quiet = { debug() {}, info() {}, warn() {}, error: console.error }
const supervisor = await createSupervisor({ store: await openMemoryStore(), machines: {} })
const api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, quiet)
const answers = await Promise.all(['/', '/page/main.js', '/vendor/elk-worker.min.js'].map((path) => fetch(api.url + path)))
console.log(VERSION, ...answers.map(({ status }) => status))
await api.close()
await supervisor.stop()
`
    writeFileSync(join(folder, 'src/probe.ts'), probe.replaceAll('EXT', 'ts'))
    writeFileSync(join(folder, 'dist/src/probe.js'), probe.replaceAll('EXT', 'js'))
    const fromSources = await tools.run(folder, tools.node, '--import', 'tsx', 'src/probe.ts')
    const fromBuild = await tools.run(folder, tools.node, 'dist/src/probe.js')
    rmSync(join(folder, 'src/probe.ts'))
    const answer = { code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+ 200 200 200\n$/) }
    expect([fromSources, fromBuild]).toMatchObject([answer, answer])
  })

  it('prints lines that fit a terminal, and stops cleanly on Ctrl-C', async () => {
    // `script` gives npm its own terminal. Typed keys reach the whole process group. The shell around it stays, so that
    // it can print the code.
    const command = `trap : INT; stty cols 80 rows 24; npm start -- --port 0; echo "code $?"`
    const terminal = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: folder,
      env: { ...tools.env, TERM: 'xterm', SHELL: '/bin/sh' },
    })
    let shown = ''
    let typed = false
    terminal.stdout.on('data', (data) => {
      shown += data
      if (typed || !shown.includes('ticks/s')) return
      typed = true
      terminal.stdin.write('\x03')
    })
    await once(terminal, 'close')
    expect(shown).toMatch(/SIGINT: finishes the work under way, at seq \d+/)
    expect(shown).toMatch(/equity +100,000\.00/)
    // The runner ends by itself. npm reports that Ctrl-C ended its shell, as for any program.
    expect(shown).toMatch(/code (0|130)/)
    expect(shown).not.toMatch(/npm error|killed/i)
    const widths = stripVTControlCharacters(shown)
      .split(/[\r\n]+/)
      .map(({ length }) => length)
    expect(Math.max(...widths)).toBeLessThanOrEqual(80)
    expectClean(folder)
  })
})

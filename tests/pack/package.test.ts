/** Tests the packed package in an empty folder, as after `npm install outcry`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../e2e/chromium.ts'
import { NODES, NPMS, type Ran, ROOT, type Toolchain, TYPESCRIPTS, toolchain, Workshop } from './toolchain.ts'

/** A slow machine takes long to draw. */
const SOON = { timeout: 120_000 }

const workshop = new Workshop()
let tarball: string

beforeAll(async () => {
  tarball = await workshop.pack()
})
afterAll(() => workshop.remove())

/** Returns a snippet of the README. */
function snippet(fence: string): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const [, code] = new RegExp(`\`\`\`${fence}\\n([\\s\\S]*?)\`\`\``).exec(readme) ?? []
  if (code === undefined) throw new Error(`the README has no \`\`\`${fence}`)
  return code
}

/** The strictest options of TypeScript, without the types of Node. Library declarations are checked, too. */
const STRICT = {
  strict: true,
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: [],
  skipLibCheck: false,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
}

const USES = `import { createSupervisor, isOutcryError, openMemoryStore, serve, type Supervisor, type TransitionRecord } from 'outcry'
import { defineStrategy, indicators, machines } from 'outcry/machines'
import { type Client, createClient, type FeedItem } from 'outcry/client'
import { diagnose, openLevelStore, type Store } from 'outcry/store'
import { storeTck } from 'outcry/store/tck'

export const all = { createClient, createSupervisor, defineStrategy, diagnose, indicators, isOutcryError, machines, openLevelStore, openMemoryStore, serve, storeTck }
export async function read(supervisor: Supervisor, store: Store<TransitionRecord>): Promise<string[]> {
  const found: string[] = []
  for await (const { actor } of supervisor.history('order/a', { fromRev: 1 })) found.push(actor)
  for await (const { event } of store.read()) found.push(event.type)
  supervisor.transitions$.subscribe(({ seq }) => found.push(String(seq)))
  return found
}
export async function follow(client: Client): Promise<readonly (string | FeedItem)[]> {
  const found: (string | FeedItem)[] = []
  for await (const { address } of client.actors({ kind: 'order' })) found.push(address)
  for await (const item of client.feed({ topics: ['events.>'], since: 0 })) found.push(item)
  return found
}
export const inBrowser = (): Client => createClient({ url: 'http://127.0.0.1:7077', WebSocket, fetch })
`

/** The test file of a user with his own store. */
const STORE_TEST = `import { describe, it } from 'node:test'
import { newMemory, openMemoryStore } from 'outcry/store'
import { storeTck } from 'outcry/store/tck'

storeTck({ describe, it }, {
  name: 'a store of my own',
  capabilities: { durable: true, oneWriter: false, snapshotHistory: { apartRevs: 1_000 } },
  make: async () => {
    const memory = newMemory()
    return { open: () => openMemoryStore(memory) }
  },
})
`

const fine = ({ code, stdout, stderr }: Ran) => expect(code, `${stdout}\n${stderr}`).toBe(0)

/** Makes a folder with an installed outcry, with the npm of `tools`. */
async function installed(tools: Toolchain, name: string, ...more: string[]): Promise<string> {
  const folder = workshop.empty(name)
  writeFileSync(join(folder, 'package.json'), '{ "name": "mine", "private": true }\n')
  const { code, stdout, stderr } = await tools.npm(folder, 'install', tarball, ...more)
  expect(code, stdout + stderr).toBe(0)
  expect(stdout + stderr).not.toMatch(/EBADENGINE|ERESOLVE|deprecated/)
  return folder
}

/** Where the users' files are compiled, by the version of TypeScript. */
const compiled = new Map<string, string>()

async function compile(tools: Toolchain, version: string, folder: string): Promise<string> {
  const project = join(folder, `compiled${version}`)
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: STRICT }))
  writeFileSync(join(project, 'uses.ts'), USES)
  writeFileSync(join(project, 'machines.ts'), snippet('ts machines'))
  writeFileSync(join(project, 'alarm.ts'), snippet('ts'))
  writeFileSync(join(project, 'strategy.ts'), snippet('ts strategy'))
  fine(await tools.tsc(version, project))
  return project
}

/** Pairs that cover each Node and each npm at least once. */
const VERSIONS = NODES.map((node, i) => [node, NPMS[Math.min(i, NPMS.length - 1)] as string] as const)

describe.each(VERSIONS)('the package under Node %s and npm %s', (node, npm) => {
  const tools = toolchain(node, npm)
  let folder: string
  const cli = () => join(folder, 'node_modules/outcry/dist/tools/cli/main.js')

  beforeAll(async () => {
    folder = await installed(tools, `node${node}-npm${npm}`, 'xstate')
  })

  it('runs under that Node', async () => {
    const { stdout } = await tools.run(folder, tools.node, '--version')
    expect(stdout).toMatch(new RegExp(`^v${node}\\.`))
  })

  it('has a command that runs', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const answer = await tools.npx(folder, 'outcry', '--version')
    expect(answer).toMatchObject({ code: 0, stdout: `${version}\n` })
  })

  it('plays its own recording', async () => {
    const run = await tools.npx(folder, 'outcry', 'run', '--market', 'recording', '--no-server', '--json')
    fine(run)
    const { counts, fills } = JSON.parse(run.stdout)
    expect(counts.trade).toBeGreaterThan(1_000)
    expect(fills).toBeGreaterThan(0)
    fine(await tools.npx(folder, 'outcry', 'verify', '--data', 'data-recording'))
  })

  it.each(TYPESCRIPTS)(
    'has types for strict TypeScript %s, and runs a machine of a user',
    async (version) => {
      const project = join(folder, `typescript${version}`)
      // The compiler says the same of them under each Node.
      if (!compiled.has(version)) compiled.set(version, await compile(tools, version, folder))
      cpSync(compiled.get(version) as string, project, { recursive: true })
      const alarm = () => tools.run(project, tools.node, 'alarm.js')
      expect(await alarm()).toMatchObject({ code: 0, stdout: 'ringing\n' })
      expect(await alarm()).toMatchObject({ code: 0, stdout: 'ringing\n' })
    },
  )

  it('trades with strategies of a user, in TypeScript and in JavaScript, and reads what they did', async () => {
    const strategy = readFileSync(join(folder, 'typescript5/strategy.js'), 'utf8')
    const mine = join(workshop.folder, `strategies-${node}-${npm}`)
    workshop.empty(`strategies-${node}-${npm}`)
    writeFileSync(join(mine, 'one.ts'), snippet('ts strategy'))
    writeFileSync(join(mine, 'two.js'), strategy.replace("'breakout'", "'second'"))
    const terms = 'symbol: BTCUSDT, interval: 1s, orderQty: "0.01", length: 5'
    writeFileSync(
      join(mine, 'outcry.yaml'),
      `market: { speed: max, startAt: 1700000000000, durationMs: 120000 }
server: { enabled: false }
strategies:
  - { id: one, type: ./one.ts, ${terms} }
  - { id: two, type: ./two.js, ${terms.replace('BTCUSDT', 'ETHUSDT')} }
`,
    )
    const data = join(mine, 'data')
    const run = await tools.npx(
      folder,
      'outcry',
      'run',
      '--config',
      join(mine, 'outcry.yaml'),
      '--data',
      data,
      '--json',
    )
    fine(run)
    expect(JSON.parse(run.stdout).ordersSubmitted).toBeGreaterThan(0)
    const { stdout } = await tools.npx(folder, 'outcry', 'actors', '--data', data, '--json')
    const actors = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).address)
    expect(actors).toEqual(expect.arrayContaining(['breakout/one', 'second/two', 'list/sim:one-1']))
  })

  it('contains the tests that every store must pass, for the test runner of Node', async () => {
    writeFileSync(join(folder, 'store.test.mjs'), STORE_TEST)
    const run = await tools.run(folder, tools.node, '--test-reporter=tap', 'store.test.mjs')
    fine(run)
    expect(Number(/^# pass (\d+)$/m.exec(run.stdout)?.[1])).toBeGreaterThan(20)
  })

  it('serves the page, which draws the running actors', async () => {
    const args = ['run', '--port', '0', '--data', 'live']
    const child = spawn(tools.node, [cli(), ...args], { cwd: folder, env: tools.env })
    const browser = await launchChromium()
    try {
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
      })
      page.on('pageerror', (error) => complaints.push(error.message))
      const url = await urlOf(child)
      await page.goto(`${url}/#actor/symbol/sim:BTCUSDT`)
      await page.locator('#tree [data-address="account/sim"]').waitFor(SOON)
      await page.locator('.chart-surface [data-state]').first().waitFor(SOON)
      expect(complaints).toEqual([])
      // Node has its own WebSocket from version 22 on.
      writeFileSync(
        join(folder, 'follow.mjs'),
        `import { createClient } from 'outcry/client'
const WebSocket = globalThis.WebSocket ?? (await import('ws')).WebSocket
const client = createClient({ url: process.argv[2], WebSocket })
const { status } = await client.ask('health')
for await (const { seq } of client.feed({ topics: ['transitions.>'], since: 0 })) if (seq === 100) break
console.log(status)`,
      )
      const followed = await tools.run(folder, tools.node, 'follow.mjs', url)
      expect(followed).toEqual({ code: 0, stdout: 'ok\n', stderr: '' })
    } finally {
      await browser.close()
      child.kill('SIGTERM')
      await once(child, 'close')
    }
    expect(child.exitCode).toBe(0)
  })
})

/** Resolves with the runner's address once it has started. Rejects with its output when it ends instead. */
async function urlOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('the runner has no stderr')
  const said: string[] = []
  for await (const line of createInterface(child.stderr)) {
    said.push(line)
    if (line.includes('"msg":"started"')) return JSON.parse(line).url
  }
  throw new Error(`the runner ended: ${said.join('\n')}`)
}

describe('another version of xstate', () => {
  it('is refused, and the error names the version to install', async () => {
    const tools = toolchain('20', '10')
    const folder = await installed(tools, 'other-xstate', 'xstate@5.20.0', '--legacy-peer-deps')
    const refusal = /XSTATE_UNSUPPORTED: .* is 5\.20\.0\. Install the right one: npm install xstate@~5\.33\.3/
    const run = await tools.npx(folder, 'outcry', 'run', '--no-server')
    expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(refusal) })
    writeFileSync(
      join(folder, 'own.mjs'),
      `import { createMachine } from 'xstate'
import { createSupervisor, openMemoryStore } from 'outcry'
await createSupervisor({ store: await openMemoryStore(), machines: { a: createMachine({}) } }).catch((error) => console.log(error.code))`,
    )
    expect(await tools.run(folder, tools.node, 'own.mjs')).toMatchObject({ stdout: 'XSTATE_UNSUPPORTED\n' })
  })
})

/** Tests `outcry mcp` with the client of the protocol's SDK, on a closed log and on a running program. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSupervisor, openLevelStore, serve } from '../../src/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { program } from '../programs/program.ts'
import { outcry } from '../runner/runner-process.ts'
import { machines } from './till.ts'

const START = Date.parse('2026-01-31T09:00:00Z')
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MACHINES = fileURLToPath(new URL('till.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'outcry-mcp-'))
const data = join(folder, 'data')
const clients: Client[] = []
afterAll(async () => {
  for (const client of clients) await client.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open() {
  const store = await openLevelStore(data)
  return createSupervisor({ store, machines, clock: new EventClock(START), logger: silentLogger })
}

beforeAll(async () => {
  const supervisor = await open()
  for (const id of ['t-2', 't-10']) {
    await supervisor.spawn('till', id, undefined, { at: START })
    for (let n = 1; n <= 3; n++)
      await supervisor.send(`till/${id}`, { type: 'ORDER', id: `o${n}`, qty: n }, { at: START + n })
  }
  await supervisor.send('till/t-2', { type: 'CLOSE' }, { at: START + 4 })
  await supervisor.stop()
})

async function assistant(): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  const args = [...program('tools/cli/main.ts'), 'mcp', '--data', data, '--machines', MACHINES]
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args, cwd: ROOT, stderr: 'pipe' }),
  )
  clients.push(client)
  return client
}

/** Returns the answer to a question, or the text of its refusal. */
async function asked(client: Client, name: string, args: Record<string, unknown>): Promise<unknown> {
  const { content, isError } = await client.callTool({ name, arguments: args })
  const [{ text = '' } = {}] = content as { text?: string }[]
  return isError === true ? text : JSON.parse(text)
}

const QUESTIONS: readonly (readonly [string, Record<string, unknown>, unknown])[] = [
  ['state', {}, { seq: 10, accounts: [], strategies: [] }],
  [
    'actors',
    { kind: 'till', state: 'shut' },
    { more: false, actors: [{ address: 'till/t-2', value: 'shut' }] },
  ],
  [
    'actors',
    { prefix: 'till/', limit: 1 },
    { more: true, actors: [{ address: expect.stringMatching(/^till/) }] },
  ],
  ['actor', { address: 'till/t-2' }, { value: 'shut', context: { last: 'o3' } }],
  ['actor', { address: 'till/t-2', at: 'rev:2' }, { value: 'open', context: { last: 'o1' } }],
  ['replay', { address: 'till/t-2', limit: 2 }, { earlier: true, records: [{ rev: 4 }, { rev: 5 }] }],
  [
    'replay',
    { address: 'till/t-2', from: 'rev:2', limit: 1 },
    {
      next: 'rev:3',
      records: [{ rev: 2, changed: expect.arrayContaining([{ path: ['context', 'last'], is: 'o1' }]) }],
    },
  ],
  ['actor', { address: 'till/t-2', at: '09:00:00.001' }, { context: { last: 'o1' } }],
  ['state', { at: '-1ms' }, { seq: 9 }],
  ['events', { from: '09:00:00.003', types: ['ORDERED'] }, { events: [{ event: { order: 'o3' } }, {}] }],
  ['why', { of: '5' }, { record: { seq: 5 } }],
  ['why', { of: 'till/t-2' }, { record: { event: { type: 'CLOSE' } }, causes: [], effects: [] }],
  [
    'events',
    { types: ['ORDERED'], limit: 2 },
    { events: [{ event: { order: 'o2' } }, { event: { order: 'o3' } }] },
  ],
  [
    'events',
    { types: ['ORDERED'], from: '2026-01-31T09:00:00.002Z', limit: 1 },
    { events: [{ event: { order: 'o2' } }] },
  ],
]

const REFUSALS: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ['actor', { address: 'till/none' }, 'ACTOR_UNKNOWN'],
  ['actor', { address: 'till' }, 'ADDRESS_INVALID'],
  ['actor', { address: 'till/t-2', at: 'yesterday' }, 'PLACE_INVALID'],
  ['replay', { address: 'till/none' }, 'ACTOR_UNKNOWN'],
  ['why', { of: 999 }, 'RECORD_UNKNOWN'],
  ['events', { from: 'noon' }, 'PLACE_INVALID'],
  ['state', { at: 'garbage' }, 'PLACE_INVALID'],
  ['state', { at: '2026-01-31T09:00:00Z', seq: 3 }, 'PLACE_INVALID'],
  ['actors', { changedSince: 'yesterday' }, 'PLACE_INVALID'],
  ['actors', { limit: 0 }, 'limit'],
]

describe('an assistant', () => {
  let client: Client
  beforeAll(async () => {
    client = await assistant()
  })

  it('finds tools that only read, each with a description and the schema of its input', async () => {
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name).sort()).toEqual([
      'actor',
      'actors',
      'events',
      'replay',
      'state',
      'why',
    ])
    for (const { annotations, description, inputSchema } of tools) {
      expect(annotations).toMatchObject({ readOnlyHint: true })
      expect(description).toMatch(/\w+/)
      expect(inputSchema).toMatchObject({ type: 'object' })
    }
  })

  it.each(QUESTIONS)('asks "%s" with %j', async (name, args, expected) => {
    expect(await asked(client, name, args)).toMatchObject(expected as object)
  })

  it.each(REFUSALS)('is refused "%s" with %j in words', async (name, args, code) => {
    expect(await asked(client, name, args)).toContain(code)
  })

  it('leaves the folder to a runner, of which it asks the same', async () => {
    const closed = await Promise.all(QUESTIONS.map(([name, args]) => asked(client, name, args)))
    const before = readFileSync(join(data, 'HEAD'))
    const supervisor = await open()
    const server = await serve(supervisor, { port: 0, data, logger: silentLogger })
    try {
      for (const [i, [name, args]] of QUESTIONS.entries()) {
        const running = await asked(client, name, args)
        if (name !== 'state') expect([name, args, running]).toEqual([name, args, closed[i]])
      }
    } finally {
      await server.close()
      await supervisor.stop()
    }
    expect(readFileSync(join(data, 'HEAD')).length).toBe(before.length)
  })
})

describe('an assistant that closes its input', () => {
  it('gets the answers to what it asked before', async () => {
    const lines = [
      {
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } },
      },
      { method: 'notifications/initialized' },
      { id: 2, method: 'tools/call', params: { name: 'actors', arguments: {} } },
    ].map((message) => JSON.stringify({ jsonrpc: '2.0', ...message }))
    const args = [...program('tools/cli/main.ts'), 'mcp', '--data', data, '--machines', MACHINES]
    const child = execFile(process.execPath, args, { cwd: ROOT })
    let stdout = ''
    child.stdout?.on('data', (text) => {
      stdout += text
    })
    child.stdin?.end(`${lines.join('\n')}\nno message\n`)
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual([1, 2])
  })
})

describe('a folder without a log', () => {
  it('is told at once, in one line', async () => {
    const { code, stdout, stderr } = await outcry('mcp', '--data', join(folder, 'none'))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^STORE_NONE: .*\n$/)
  })
})

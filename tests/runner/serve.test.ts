/** A program that serves its own machines: what it offers, and how the command line reads it. */

import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { assign, createMachine, emit } from 'xstate'
import { startApi } from '../../src/api/server.ts'
import { createClient } from '../../src/client/index.ts'
import { createSupervisor, openLevelStore, type Server, type Supervisor, serve } from '../../src/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually } from '../runtime/harness.ts'
import { outcry } from './runner-process.ts'

const alarm = createMachine({
  id: 'alarm',
  context: { rung: 0 },
  initial: 'quiet',
  states: {
    quiet: { on: { RING: { target: 'ringing', actions: [assign({ rung: 5 }), emit({ type: 'RUNG' })] } } },
    ringing: { on: { HUSH: { target: 'quiet', actions: emit({ type: 'alarm.hushed' }) } } },
  },
})

let folder: string
let data: string
let supervisor: Supervisor
let server: Server | undefined

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outcry-serve-'))
  data = join(folder, 'my-log')
  supervisor = await createSupervisor({
    store: await openLevelStore(data),
    machines: { alarm },
    logger: silentLogger,
  })
  await supervisor.spawn('alarm', 'a')
})
afterEach(async () => {
  await server?.close()
  server = undefined
  await supervisor.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('a program that serves its machines', () => {
  it('has the metrics of its machines, and of its disk where it names its folder', async () => {
    server = await serve(supervisor, { port: 0, data, logger: silentLogger })
    await createClient({ url: server.url, WebSocket }).send('alarm/a', { type: 'RING' })
    const text = await (await fetch(`${server.url}/metrics`)).text()
    expect(text).toContain('\noutcry_events_total{type="RUNG"} 1\n')
    expect(text).not.toContain('outcry_account')
    await eventually(async () => {
      const now = await (await fetch(`${server?.url}/metrics`)).text()
      expect(now).toMatch(/^outcry_store_size_bytes\{part="live"\} [1-9]/m)
    })
    expect(await (await fetch(`${server.url}/ready`)).json()).toEqual({ status: 'ready' })
  })

  it('offers the API, the feed, inspection and the page', async () => {
    server = await serve(supervisor, { port: 0, logger: silentLogger })
    const client = createClient({ url: server.url, WebSocket })
    expect(await client.send('alarm/a', { type: 'RING' })).toMatchObject({ state: 'ringing' })
    expect(await client.actor('alarm/a')).toMatchObject({ value: 'ringing', context: { rung: 5 } })
    expect(await client.ask('machine', { params: { address: 'alarm/a' } })).toMatchObject({ id: 'alarm' })
    expect((await client.feed({ topics: ['events.rung.>'], since: 0 }).next()).value).toMatchObject({
      actor: 'alarm/a',
      event: { type: 'RUNG' },
    })
    const inspector = new WebSocket(`${server.url.replace('http', 'ws')}/inspect`)
    const [frame] = await once(inspector, 'message')
    expect(JSON.parse(String(frame))).toMatchObject({ type: '@xstate.actor' })
    inspector.close()
    const page = await fetch(server.url)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  })

  it('has events of any type found by it, also where that is in lower case', async () => {
    server = await serve(supervisor, { port: 0, logger: silentLogger })
    const client = createClient({ url: server.url })
    for (const type of ['RING', 'HUSH']) await client.send('alarm/a', { type })
    const found = async (type: string) => (await client.events({ type })).events.map((event) => event.type)
    expect(await found('RUNG')).toEqual(['RUNG'])
    expect(await found('rung')).toEqual(['RUNG'])
    expect(await found('alarm.hushed')).toEqual(['alarm.hushed'])
    expect(await found('none')).toEqual([])
  })

  it('goes on when its server ends', async () => {
    server = await serve(supervisor, { port: 0, logger: silentLogger })
    const { url } = server
    await server.close()
    await expect(createClient({ url }).ask('health')).rejects.toMatchObject({ code: 'RUNNER_UNREACHABLE' })
    await supervisor.send('alarm/a', { type: 'RING' })
    expect(supervisor.getSnapshot('alarm/a')).toMatchObject({ value: 'ringing' })
  })

  it('asks for a token where other machines reach it', async () => {
    const refusal = { code: 'TOKEN_NONE' }
    await expect(serve(supervisor, { port: 0, host: '0.0.0.0', logger: silentLogger })).rejects.toMatchObject(
      refusal,
    )
    const token = '0123456789abcdef'
    server = await serve(supervisor, { port: 0, host: '0.0.0.0', token, logger: silentLogger })
    const { url } = server
    expect(await createClient({ url, token }).actor('alarm/a')).toMatchObject({ value: 'quiet' })
    await expect(createClient({ url }).actor('alarm/a')).rejects.toMatchObject({ code: 'NOT_AUTHORISED' })
  })

  it('takes tokens with names, and gives the command line one of its own', async () => {
    const file = join(folder, 'token')
    const token = 'a-token-of-this-test'
    writeFileSync(file, token, { mode: 0o600 })
    const tokens = [{ name: 'screen', access: 'read', file }] as const
    server = await serve(supervisor, { port: 0, host: '0.0.0.0', tokens, data, logger: silentLogger })
    const client = createClient({ url: server.url, token })
    expect(await client.actor('alarm/a')).toMatchObject({ value: 'quiet' })
    await expect(client.send('alarm/a', { type: 'RING' })).rejects.toMatchObject({ code: 'ACCESS_REFUSED' })
    expect(readFileSync(join(data, 'runner.json'), 'utf8')).not.toContain(token)
    const { code, stderr } = await outcry('actors', '--data', data)
    expect([code, stderr]).toEqual([0, ''])
    await server.close()
    chmodSync(file, 0o640)
    await expect(serve(supervisor, { port: 0, tokens, logger: silentLogger })).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
      hint: `Run: chmod 600 ${file}`,
      issues: [{ field: 'server.tokens.0.file' }],
    })
  })

  it('says that its port is taken, and that its folder cannot be written to', async () => {
    const other = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    const { port } = other.address() as AddressInfo
    await expect(serve(supervisor, { port, logger: silentLogger })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
    })
    other.close()
    await once(other, 'close')
    // A folder stands where the announcement is to be written.
    mkdirSync(join(data, 'runner.json', 'in-the-way'), { recursive: true })
    await expect(serve(supervisor, { port, data, logger: silentLogger })).rejects.toMatchObject({
      syscall: 'rename',
    })
    // The server that had begun to listen has ended, too: its port is free.
    server = await serve(supervisor, { port, logger: silentLogger })
  })
})

describe('the options of serve', () => {
  it.each<[string, object, string]>([
    ['a port that is text', { port: '7077' }, 'port'],
    ['a port that there is not', { port: 70_000 }, 'port'],
    ['no port', { port: null }, 'port'],
    ['an empty host, by which all machines reach it', { host: '' }, 'host'],
    ['an empty token, which whoever has none has', { token: '' }, 'token'],
    ['a token that can be guessed', { token: 'secret' }, 'token'],
    ['a token that no cookie takes', { token: 'a b; c=0123456789' }, 'token'],
    ['a token that is a number', { token: 1234567890123456 }, 'token'],
    ['a named token without a secret', { tokens: [{ name: 'ann', access: 'read' }] }, 'tokens.0'],
    [
      'a text of origins, of which a part would be one',
      { origins: 'https://inspector.example.org' },
      'origins',
    ],
    ['an origin with a path', { origins: ['https://inspector.example.org/'] }, 'origins.0'],
    ['the origin of every sandbox', { origins: ['null'] }, 'origins.0'],
    ['the folder of no log', { data: 'nowhere' }, 'data'],
    ['a limit of nothing', { limits: { pingMs: 0 } }, 'limits.pingMs'],
    ['a limit that no timer takes', { limits: { stuckMs: 1e12 } }, 'limits.stuckMs'],
    ['a limit that is text', { limits: { connectionsMax: '5' } }, 'limits.connectionsMax'],
    ['a logger that cannot warn', { logger: { info() {} } }, 'logger'],
    ['what is no object', [], 'options'],
  ])('may not be %s', async (_, options, field) => {
    await expect(serve(supervisor, options)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      issues: [{ field }],
    })
  })

  it.each([{ prot: 7077 }, { limits: { pingMS: 5 } }])(
    'may have none that nobody reads: %o',
    async (options) => {
      await expect(serve(supervisor, options as object)).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' })
    },
  )

  it('may not be the folder of a log that another process holds', async () => {
    const other = join(folder, 'other')
    mkdirSync(join(other, 'lock'), { recursive: true })
    writeFileSync(join(other, 'lock', 'holder'), `${process.ppid}\n`)
    await expect(serve(supervisor, { port: 0, data: other, logger: silentLogger })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    })
    expect(existsSync(join(other, 'runner.json'))).toBe(false)
  })
})

describe('servers of one program', () => {
  it('say where they are reached, also where they listen on every address', async () => {
    const api = await startApi(supervisor, { port: 0, host: '', token: '0123456789abcdef' }, silentLogger)
    expect((await fetch(`${api.url}/health`)).status).toBe(200)
    await api.close()
  })

  it('end each by itself, as often as they are asked to', async () => {
    const first = await serve(supervisor, { port: 0, data, logger: silentLogger })
    server = await serve(supervisor, { port: 0, data, logger: silentLogger })
    await Promise.all([first.close(), first.close()])
    await first.close()
    // The command line finds the one that is there.
    expect(JSON.parse(readFileSync(join(data, 'runner.json'), 'utf8'))).toMatchObject({ url: server.url })
    expect(await createClient({ url: server.url }).actor('alarm/a')).toMatchObject({ value: 'quiet' })
    await server.close()
    expect(existsSync(join(data, 'runner.json'))).toBe(false)
  })

  it('end while they answer, and each client hears an answer or that there is none', async () => {
    server = await serve(supervisor, { port: 0, logger: silentLogger })
    const { url } = server
    const client = createClient({ url, WebSocket })
    const ending = new AbortController()
    const feed = client.feed({ topics: ['>'], signal: ending.signal })
    const next = feed.next()
    const asked = Array.from({ length: 40 }, (_, n) =>
      client.send('alarm/a', { type: n % 2 === 0 ? 'RING' : 'HUSH' }).then(
        () => 'taken',
        (error: { code?: string }) => error.code,
      ),
    )
    await asked[0]
    const closed = server.close()
    const answers = new Set(await Promise.all(asked))
    await closed
    for (const answer of answers) expect(['taken', 'EVENT_UNHANDLED', 'RUNNER_UNREACHABLE']).toContain(answer)
    ending.abort()
    await next
    await expect(client.ask('health')).rejects.toMatchObject({ code: 'RUNNER_UNREACHABLE' })
  })

  it('say that the supervisor has stopped, where that stopped first', async () => {
    server = await serve(supervisor, { port: 0, logger: silentLogger })
    const client = createClient({ url: server.url })
    await supervisor.stop()
    await expect(client.send('alarm/a', { type: 'RING' })).rejects.toMatchObject({ code: 'STOPPED' })
    for (const asked of [
      client.actor('alarm/a'),
      client.events(),
      client.ask('actors'),
      client.ask('health'),
    ])
      await asked.then(
        (answer) => expect(answer).toBeDefined(),
        (error: unknown) =>
          expect(error).toMatchObject({ code: expect.stringMatching(/^STOPPED$|^STORE_CLOSED$/) }),
      )
  })

  it('go on though their logger throws', async () => {
    const thrower = () => {
      throw new Error('of the logger')
    }
    const throwing = { debug: thrower, info: thrower, warn: thrower, error: thrower }
    server = await serve(supervisor, { port: 0, logger: throwing })
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write('GET /feed HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n')
    socket.write('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n')
    await once(socket, 'data')
    // A frame that no client may send.
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]))
    await once(socket, 'close')
    expect(await createClient({ url: server.url }).actor('alarm/a')).toMatchObject({ value: 'quiet' })
  })
})

describe('the command line', () => {
  const read = async (...args: string[]) => {
    const { code, stdout, stderr } = await outcry(...args, '--data', data, '--json')
    expect([code, stderr]).toEqual([0, ''])
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }

  it('reads a program while it runs, whose machines it does not know, and its store after that', async () => {
    server = await serve(supervisor, { port: 0, data, token: '0123456789abcdef', logger: silentLogger })
    await supervisor.send('alarm/a', { type: 'RING' })
    // The file has the token.
    expect(statSync(join(data, 'runner.json')).mode & 0o077).toBe(0)
    const ringing = { address: 'alarm/a', machine: 'alarm@1', value: 'ringing', rev: 2 }
    expect(await read('actors', 'alarm/')).toEqual([expect.objectContaining(ringing)])
    expect((await read('replay', 'alarm/a')).map(({ to }) => to)).toEqual(['quiet', 'ringing'])
    expect(await read('verify')).toMatchObject([{ problems: [] }])
    const copy = join(folder, 'copy')
    expect(await outcry('backup', copy, '--data', data)).toMatchObject({ code: 0 })
    await server.close()
    expect(existsSync(join(data, 'runner.json'))).toBe(false)
    await supervisor.stop()
    for (data of [data, copy]) {
      expect(await read('actors', 'alarm/')).toEqual([
        expect.objectContaining({ ...ringing, isUnread: true }),
      ])
      expect((await read('replay', 'alarm/a')).map(({ to }) => to)).toEqual(['quiet', 'ringing'])
    }
  })

  it('asks nobody by a file that a killed program has left', async () => {
    await supervisor.stop()
    writeFileSync(join(data, 'runner.json'), JSON.stringify({ pid: process.pid, url: 'http://127.0.0.1:1' }))
    expect(await read('actors', 'alarm/')).toEqual([expect.objectContaining({ value: 'quiet' })])
    const doctor = await outcry('doctor', '--data', data)
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining('is whole')])
  })
})

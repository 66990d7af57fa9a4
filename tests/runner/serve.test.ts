/** A program that serves its own machines: what it offers, and how the command line reads it. */

import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { assign, createMachine, emit } from 'xstate'
import { createClient } from '../../src/client/index.ts'
import { createSupervisor, openLevelStore, type Server, type Supervisor, serve } from '../../src/index.ts'
import { outcry } from './runner-process.ts'

const logger = { debug() {}, info() {}, warn() {}, error() {} }
const alarm = createMachine({
  id: 'alarm',
  context: { rung: 0 },
  initial: 'quiet',
  states: {
    quiet: { on: { RING: { target: 'ringing', actions: [assign({ rung: 5 }), emit({ type: 'RUNG' })] } } },
    ringing: { on: { HUSH: 'quiet' } },
  },
})

let folder: string
let data: string
let supervisor: Supervisor
let server: Server | undefined

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outcry-serve-'))
  data = join(folder, 'my-log')
  supervisor = await createSupervisor({ store: await openLevelStore(data), machines: { alarm }, logger })
  await supervisor.spawn('alarm', 'a')
})
afterEach(async () => {
  await server?.close()
  server = undefined
  await supervisor.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('a program that serves its machines', () => {
  it('offers the API, the feed, inspection and the page', async () => {
    server = await serve(supervisor, { port: 0, logger })
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

  it('goes on when its server ends', async () => {
    server = await serve(supervisor, { port: 0, logger })
    const { url } = server
    await server.close()
    await expect(createClient({ url }).ask('health')).rejects.toMatchObject({ code: 'RUNNER_UNREACHABLE' })
    await supervisor.send('alarm/a', { type: 'RING' })
    expect(supervisor.getSnapshot('alarm/a')).toMatchObject({ value: 'ringing' })
  })

  it('asks for a token where other machines reach it', async () => {
    const refusal = { code: 'TOKEN_NONE' }
    await expect(serve(supervisor, { port: 0, host: '0.0.0.0', logger })).rejects.toMatchObject(refusal)
    const token = '0123456789abcdef'
    server = await serve(supervisor, { port: 0, host: '0.0.0.0', token, logger })
    const { url } = server
    expect(await createClient({ url, token }).actor('alarm/a')).toMatchObject({ value: 'quiet' })
    await expect(createClient({ url }).actor('alarm/a')).rejects.toMatchObject({ code: 'NOT_AUTHORISED' })
  })

  it('says that its port is taken, and that its folder cannot be written to', async () => {
    const other = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    const { port } = other.address() as AddressInfo
    await expect(serve(supervisor, { port, logger })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    other.close()
    await once(other, 'close')
    // The server that had begun to listen has ended, too: its port is free.
    const nowhere = join(folder, 'nowhere')
    await expect(serve(supervisor, { port, data: nowhere, logger })).rejects.toMatchObject({ code: 'ENOENT' })
    server = await serve(supervisor, { port, logger })
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
    server = await serve(supervisor, { port: 0, data, token: '0123456789abcdef', logger })
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

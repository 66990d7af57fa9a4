/** Tests the server itself: where it listens, whom it drops, and its answers for a runner that takes nothing more. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { openLevelStore, openMemoryStore } from '../../src/runtime/record/log.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { SystemClock } from '../../src/runtime/time/clock.ts'
import { decodeEntries, newMemory, writeBackup } from '../../store/index.ts'
import { FaultyStore } from '../faults/faulty-store.ts'
import { eventually } from '../runtime/harness.ts'

const lamp = setup({}).createMachine({
  id: 'lamp',
  initial: 'off',
  states: { off: { on: { PRESS: 'on' } }, on: { on: { PRESS: 'off' } } },
})

let supervisor: Supervisor
let api: ApiServer
let isRefused = false

async function start(): Promise<void> {
  isRefused = false
  const store = new FaultyStore(await openMemoryStore(newMemory()), {
    next: () => (isRefused ? 'refused' : undefined),
    onDeath: () => {},
  })
  const machines = { lamp }
  supervisor = await createSupervisor({ store, machines, clock: new SystemClock(), logger: silentLogger })
  await supervisor.spawn('lamp', 'a')
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
}
afterEach(async () => {
  vi.useRealTimers()
  await api.close()
  await supervisor.stop().catch(() => {})
})

async function open(path: string, options: object = {}): Promise<WebSocket> {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}${path}`, options)
  await once(socket, 'open')
  return socket
}

it('says why it cannot listen', async () => {
  await start()
  // An address that no machine has: RFC 5737.
  const listening = startApi(supervisor, { host: '192.0.2.1', port: 0, token: 'x'.repeat(16) }, silentLogger)
  await expect(listening).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: expect.stringContaining('listen on 192.0.2.1:0 (EADDRNOTAVAIL)'),
  })
})

it.each(['/feed', '/inspect'])(
  'drops a client of %s that answers no ping, and keeps one that does',
  async (path) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    await start()
    const silent = await open(path, { autoPong: false })
    const lively = await open(path)
    // A client of the feed without a subscription would be closed in any case.
    const subscription = JSON.stringify({ op: 'subscribe', id: 's', topics: ['events.>'] })
    for (const socket of path === '/feed' ? [silent, lively] : []) {
      socket.send(subscription)
      socket.ping()
      await once(socket, 'pong')
    }
    const ends: number[] = []
    silent.on('close', (code) => ends.push(code))
    lively.on('close', () => expect.fail('it answers every ping'))
    for (let n = 0; n < 3; n++) {
      const asked = once(lively, 'ping')
      vi.advanceTimersByTime(15_000)
      await asked
      // When the ping behind the answer is answered, the answer has been read.
      const answered = once(lively, 'pong')
      lively.ping()
      await answered
    }
    await eventually(() => expect(ends).toEqual([1006]))
    expect(lively.readyState).toBe(WebSocket.OPEN)
    lively.removeAllListeners('close')
  },
)

describe('a runner whose log has refused a commit', () => {
  it('says so in its health, and takes nothing more', async () => {
    await start()
    const press = () =>
      fetch(`${api.url}/actors/lamp/a/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'PRESS' }),
      })
    expect((await press()).status).toBe(200)
    isRefused = true
    const refused = await press()
    const health = await fetch(`${api.url}/health`)
    const text = expect.stringContaining('no space left')
    expect([health.status, await health.json()]).toMatchObject([
      503,
      { status: 503, seq: 3, epoch: 1, code: 'STORE_FENCED', detail: text },
    ])
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'STORE_FENCED' }])
    isRefused = false
    expect((await press()).status).toBe(503)
  })
})

describe('while it runs', () => {
  it('gives a backup that opens, and ends, where the log was', async () => {
    await start()
    await supervisor.send('lamp/a', { type: 'PRESS' })
    const response = await fetch(`${api.url}/backup`)
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    const folder = mkdtempSync(join(tmpdir(), 'outcry-backup-'))
    const location = join(folder, 'log')
    const body = Readable.fromWeb(response.body as ReadableStream)
    expect(await writeBackup(decodeEntries(body), location)).toEqual({ seq: 3 })
    const store = await openLevelStore(location)
    const copy = await createSupervisor({ store, machines: { lamp }, logger: silentLogger })
    expect(copy.getSnapshot('lamp/a')).toMatchObject({ value: 'on' })
    await copy.stop()
    rmSync(folder, { recursive: true })
  })

  it('verifies its log on request', async () => {
    await start()
    const verified = await (await fetch(`${api.url}/verify`)).json()
    expect(verified).toMatchObject({ records: 2, actors: 2, live: 2, problems: [] })
  })
})

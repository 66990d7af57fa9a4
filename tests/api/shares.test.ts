/** Tests what one address and one token may use of a server: as values, and over real sockets. */
import { EventEmitter, once } from 'node:events'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { Allowance } from '../../src/api/allowance.ts'
import { LIMITS, type Limits } from '../../src/api/limits.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { networkOf, Shares } from '../../src/api/shares.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { ask as askAt, type Headers } from './asking.ts'
import { rawConnection } from './raw-client.ts'

const YEAR_MS = 365 * 86_400_000
const READ = 'read.horse_battery~staple-1'
const CONTROL = 'control.horse_battery~staple-2'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('an allowance', () => {
  it('gives a burst, and then as much as comes with time', () => {
    const allowance = new Allowance(3, 2, 0)
    expect([0, 0, 0].map((now) => allowance.takeOrWait(1, now))).toEqual([0, 0, 0])
    expect(allowance.takeOrWait(1, 0)).toBe(500)
    expect(allowance.takeOrWait(1, 200)).toBe(300)
    expect(allowance.takeOrWait(1, 500)).toBe(0)
    expect(allowance.isFull(1_999)).toBe(false)
    expect(allowance.isFull(2_000)).toBe(true)
    // A day of rest gives no more than the burst.
    expect([1, 2, 3, 4].map(() => allowance.takeOrWait(1, 86_400_000))).toEqual([0, 0, 0, 500])
  })

  it('takes nothing for what it refuses, so a client that goes on asking gets its share', () => {
    const allowance = new Allowance(1, 1, 0)
    const taken = Array.from({ length: 1_001 }, (_, i) => allowance.takeOrWait(1, i * 10)).filter(
      (ms) => ms === 0,
    )
    expect(taken.length).toBe(11)
  })

  it.each([YEAR_MS, -YEAR_MS])('does not care about a system clock that jumps by %i ms', (jump) => {
    const allowance = new Allowance(1, 0.000_001)
    expect(allowance.takeOrWait(1)).toBe(0)
    const { now } = Date
    vi.spyOn(Date, 'now').mockImplementation(() => now() + jump)
    const waitMs = allowance.takeOrWait(1)
    expect(waitMs).toBeGreaterThan(900_000_000)
    expect(waitMs).toBeLessThanOrEqual(1_000_000_000)
  })
})

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['::1:2:3:4:5', '0:0:0:1::/64'],
  ['::', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s has the share of %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

describe('shares', () => {
  const limits: Limits = {
    ...LIMITS,
    requestsInBurst: 2,
    requestsPerSecond: 0.000_001,
    connectionsPerClient: 2,
    socketsPerClient: 1,
  }
  const socketOf = (remoteAddress: string) =>
    Object.assign(new EventEmitter(), { remoteAddress }) as unknown as Socket
  const connected = (shares: Shares, address: string) => {
    const socket = socketOf(address)
    shares.connect(socket)
    return socket
  }
  const exceeded = expect.objectContaining({ code: 'LIMIT_EXCEEDED' })

  it('are separate for each address, and common to those of one network', () => {
    const shares = new Shares(limits)
    for (const address of ['203.0.113.7', '203.0.113.8', '2001:db8::1']) {
      const socket = connected(shares, address)
      for (const _ of [1, 2]) shares.takeOfAddress(socket)
      expect(() => shares.takeOfAddress(socket)).toThrow(exceeded)
    }
    expect(() => shares.takeOfAddress(connected(shares, '2001:db8::2'))).toThrow(exceeded)
    expect(() => shares.takeOfAddress(connected(shares, '::ffff:203.0.113.7'))).toThrow(exceeded)
  })

  it('are one for a token, whatever addresses it comes from', () => {
    const shares = new Shares(limits)
    shares.takeOfToken(connected(shares, '203.0.113.1'), 'ann')
    shares.takeOfToken(connected(shares, '203.0.113.2'), 'ann')
    // A third connection is one too many.
    expect(() => shares.takeOfToken(connected(shares, '203.0.113.3'), 'ann')).toThrow(
      'the token of ann has too many connections',
    )
    shares.takeOfToken(connected(shares, '203.0.113.4'), 'bob')
  })

  it('are larger for this machine', () => {
    const shares = new Shares(limits)
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      const socket = connected(shares, address)
      for (let n = 0; n < 1_000; n++) {
        shares.takeOfAddress(socket)
        shares.takeOfToken(socket, 'ann')
      }
    }
  })

  it('get back what a closed connection had', () => {
    const shares = new Shares(limits)
    const sockets = [1, 2].map(() => connected(shares, '203.0.113.7'))
    expect(() => connected(shares, '203.0.113.7')).toThrow('203.0.113.7 has too many connections')
    const [first] = sockets as [Socket]
    const leave = shares.open(first, 'ann')
    expect(() => shares.open(sockets[1] as Socket, undefined)).toThrow('203.0.113.7 has too many WebSockets')
    leave()
    first.emit('close')
    const next = connected(shares, '203.0.113.7')
    shares.open(next, 'ann')
    // A request that was read before its connection closed counts for nobody.
    shares.takeOfAddress(first)
    shares.takeOfToken(first, 'bob')
    expect(() => connected(shares, '203.0.113.7')).toThrow(exceeded)
  })

  it('take no memory for clients that have gone', () => {
    const shares = new Shares({ ...limits, requestsPerSecond: 1e9 })
    for (let n = 0; n < 100_000; n++) {
      const socket = connected(shares, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
      shares.takeOfAddress(socket)
      socket.emit('close')
    }
    expect(shares.size).toBeLessThan(5_000)
  })
})

describe('a server', () => {
  let harness: Harness
  let api: ApiServer
  let port: number

  async function start(limits: Partial<Limits>): Promise<void> {
    harness = new Harness()
    await harness.open({ machines: {} })
    process.env.READ_TOKEN = READ
    process.env.CONTROL_TOKEN = CONTROL
    const tokens = [
      { name: 'screen', access: 'read', env: 'READ_TOKEN' },
      { name: 'ann', access: 'control', env: 'CONTROL_TOKEN' },
    ] as const
    api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, tokens, limits }, silentLogger)
    port = Number(new URL(api.url).port)
  }
  afterEach(async () => {
    await api.close()
    await harness.supervisor.stop()
  })

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const ask = (path: string, headers?: Headers, method?: string) => askAt(port, path, headers, method)
  const open = (path: string, token: string) =>
    new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: bearer(token) })

  it.each<[string, string, Headers]>([
    ['requests', '/actors', bearer(READ)],
    ['guesses of a token', '/actors', bearer('wrong')],
    ['requests by a foreign name', '/health', { host: 'evil.example' }],
    ['requests that cannot be', '/nowhere', {}],
  ])('refuses too many %s of one address, and says when to try again', async (_, path, headers) => {
    await start({ localRequestsInBurst: 3, localRequestsPerSecond: 0.1 })
    for (let n = 0; n < 3; n++) expect((await ask(path, headers)).status).not.toBe(429)
    const refused = await ask(path, headers)
    expect(refused).toMatchObject({ status: 429, code: 'LIMIT_EXCEEDED' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(10)
    const upgrade = open('/feed', READ)
    const [, answer] = await once(upgrade, 'unexpected-response')
    expect([answer.statusCode, Number(answer.headers['retry-after']) > 0]).toEqual([429, true])
    expect(await text(answer)).toContain('LIMIT_EXCEEDED')
  })

  it('takes requests again when their time has come', async () => {
    await start({ localRequestsInBurst: 1, localRequestsPerSecond: 20 })
    expect((await ask('/health')).status).toBe(200)
    await eventually(async () => expect((await ask('/health')).status).toBe(200))
  })

  it('counts connections and WebSockets of one address', async () => {
    await start({ localConnections: 3, localSockets: 2 })
    const sockets = [open('/feed', READ), open('/inspect', CONTROL)]
    for (const socket of sockets) await once(socket, 'open')
    const third = open('/feed', CONTROL)
    const [, answer] = await once(third, 'unexpected-response')
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '1'])
    await text(answer)
    const last = await rawConnection(api.url)
    const beyond = await rawConnection(api.url)
    beyond.resume()
    await once(beyond, 'close')
    last.destroy()
    sockets[0]?.terminate()
    await eventually(async () => {
      const again = open('/feed', READ)
      again.on('error', () => {})
      await once(again, 'open')
      again.terminate()
    })
    for (const socket of sockets) socket.terminate()
  })

  it('counts a WebSocket whose handshake fails no longer than its connection', async () => {
    await start({ localSockets: 1 })
    for (let n = 0; n < 5; n++) {
      const socket = await rawConnection(api.url)
      const head = ['GET /feed HTTP/1.1', 'Host: 127.0.0.1', `Authorization: Bearer ${READ}`]
      socket.write(
        [...head, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x', '', ''].join('\r\n'),
      )
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 4(?:00|29)/)
    }
    await eventually(async () => {
      const socket = open('/feed', READ)
      socket.on('error', () => {})
      await once(socket, 'open')
      socket.terminate()
    })
  })

  it('lets the page, tests and a bot of this machine do what they want', async () => {
    await start({})
    const statuses = new Map<number | undefined, number>()
    for (let n = 0; n < 1_500; n += 100) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => ask('/health')))
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    expect([...statuses]).toEqual([[200, 1_500]])
  })
})

import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { ReconnectingSocket } from '../../src/adapters/transport/reconnecting-socket.ts'
import { eventually } from '../runtime/harness.ts'

let server: WebSocketServer
let sockets: WebSocket[]
let socket: ReconnectingSocket | undefined
const said: string[] = []

beforeEach(async () => {
  said.length = 0
  sockets = []
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (one) => sockets.push(one))
  await new Promise((resolve) => server.once('listening', resolve))
})
afterEach(async () => {
  socket?.close()
  for (const one of server.clients) one.terminate()
  await new Promise((resolve) => server.close(resolve))
})

function connect(
  options: { silenceMs?: number; onEnd?: () => void; greeting?: () => string[] } = {},
): ReconnectingSocket {
  let connections = 0
  socket = new ReconnectingSocket({
    url: () => `ws://127.0.0.1:${(server.address() as AddressInfo).port}/?n=${++connections}`,
    messageMaxBytes: 1_000,
    silenceMs: 60_000,
    onMessage: (text) => said.push(text) > 0,
    onEnd: (reason) => {
      said.push(reason)
      options.onEnd?.()
    },
    onWarning: (reason) => void said.push(`warning: ${reason}`),
    ...(options.silenceMs !== undefined && { silenceMs: options.silenceMs }),
    ...(options.greeting !== undefined && { greeting: options.greeting }),
  })
  socket.connect()
  return socket
}
const nth = async (n: number): Promise<WebSocket> => {
  await eventually(() => expect(sockets.length).toBeGreaterThanOrEqual(n))
  return sockets[n - 1] as WebSocket
}

it('opens another socket when one ends, and says so before', async () => {
  connect()
  const first = await nth(1)
  first.send('a')
  await eventually(() => expect(said).toEqual(['a']))
  first.close(4001)
  const second = await nth(2)
  second.send('b')
  await eventually(() => expect(said).toHaveLength(4))
  expect(said).toEqual([
    'a',
    'the connection ended with code 4001',
    expect.stringMatching(/^warning: the connection ended with code 4001; the next one is tried in \d+ ms$/),
    'b',
  ])
})

it('offers no compression, so that no message of a market waits behind frames of clients', async () => {
  let offered: unknown = 'nothing heard'
  server.options.perMessageDeflate = true
  server.on('connection', (_, { headers }) => {
    offered = headers['sec-websocket-extensions']
  })
  connect()
  expect((await nth(1)).extensions).toBe('')
  expect(offered).toBeUndefined()
})

it('says on each connection what it is to carry', async () => {
  const heard: string[] = []
  server.on('connection', (one) => one.on('message', (data) => heard.push(data.toString())))
  connect({ greeting: () => ['subscribe', `after ${said.length}`] })
  const first = await nth(1)
  await eventually(() => expect(heard).toEqual(['subscribe', 'after 0']))
  first.close(4001)
  await eventually(() => expect(heard).toHaveLength(4))
  expect(heard.slice(2)).toEqual(['subscribe', 'after 2'])
})

it('begins a new connection where the old one is of no use', async () => {
  const renewing = connect()
  const first = await nth(1)
  first.send('a')
  await eventually(() => expect(said).toEqual(['a']))
  renewing.renew()
  const second = await nth(2)
  second.send('b')
  await eventually(() => expect(said).toContain('b'))
  expect(said[1]).toBe('the connection ended with code 1006')
})

it('takes a socket that is silent for dead', async () => {
  connect({ silenceMs: 20 })
  await nth(2)
  expect(said[0]).toBe('warning: the socket fell silent')
  // Where it fell silent before it was open, another warning says so.
  expect(said).toContain('the connection ended with code 1006')
})

it('ends a connection with a message that is longer than there can be', async () => {
  connect()
  const first = await nth(1)
  first.send('x'.repeat(1_001))
  await nth(2)
  expect(said).toEqual([
    expect.stringMatching(/^warning: the socket failed: Max payload size exceeded/),
    'the connection ended with code 1006',
    expect.stringContaining('the next one is tried'),
  ])
})

it('tries no more once whoever hears of the end has closed it', async () => {
  const later = vi.spyOn(globalThis, 'setTimeout')
  let before = Number.NaN
  const ended = new Promise<void>((resolve) => {
    const one = connect({
      onEnd: () => {
        one.close()
        before = later.mock.calls.length
        resolve()
      },
    })
  })
  const first = await nth(1)
  first.terminate()
  await ended
  expect(later.mock.calls.length).toBe(before)
  expect(said).toEqual(['the connection ended with code 1006'])
  later.mockRestore()
})

it('says nothing once it is closed, also while it connects', async () => {
  const one = connect()
  one.close()
  await new Promise((resolve) => setImmediate(resolve))
  expect(said).toEqual([])
})

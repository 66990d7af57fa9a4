/** Tests bad clients of every kind, over real sockets: none takes more than its share, and all others go on. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { assign, setup } from 'xstate'
import type { Limits } from '../../src/api/limits.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { SystemClock } from '../../src/runtime/time/clock.ts'
import { newMemory, type Store } from '../../store/index.ts'
import { commitBegins, commitEnds } from '../../store/leveldb/pace.ts'
import { eventually } from '../runtime/harness.ts'
import { masked, RawWebSocket, rawConnection } from './raw-client.ts'

/** Bytes of a log, more than the system keeps on both sides of a socket that is not read. */
const LONG_LOG = 24 * 2 ** 20
const PAD = 'x'.repeat(16_384)
const H2C =
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'
/** Bytes that are more than the server reads from a client, plus those that the system keeps on the way. */
const SAID_MAX = 64 * 2 ** 20

const counter = setup({
  types: {} as { context: { n: number }; events: { type: 'ADD'; pad?: string } },
}).createMachine({
  context: { n: 0 },
  on: { ADD: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
})

let store: Store<TransitionRecord>
let supervisor: Supervisor
let api: ApiServer
/** Number of records read from the store. */
let read = 0

beforeEach(async () => {
  store = await openMemoryStore(newMemory())
  const all = store.read.bind(store)
  store.read = async function* (options) {
    for await (const record of all(options)) {
      read++
      yield record
    }
  }
  supervisor = await createSupervisor({
    store,
    machines: { counter },
    clock: new SystemClock(),
    logger: silentLogger,
  })
  await supervisor.spawn('counter', 'a')
  read = 0
})
afterEach(async () => {
  await api.close()
  await supervisor.stop()
})

async function serve(limits: Partial<Limits> = {}, token?: string): Promise<void> {
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0, limits, token }, silentLogger)
}

async function add(count: number, pad = ''): Promise<void> {
  for (let n = 0; n < count; n++) {
    supervisor.tell('counter/a' as Address, { type: 'ADD', pad })
    const room = supervisor.room()
    if (room !== undefined) await room
  }
  await supervisor.idle()
}

const subscribe = (place: object = {}, topics = ['transitions.>']) => ({
  op: 'subscribe',
  id: 's',
  topics,
  ...place,
})
const upTo = (seq: number) => Array.from({ length: seq }, (_, i) => i + 1)

/** Checks that a new client is still served. */
async function stillServes(): Promise<void> {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/feed`)
  await once(socket, 'open')
  socket.send(JSON.stringify(subscribe({ id: 'new' })))
  await add(1)
  const { seq } = supervisor
  await new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as { op: string; seq: number }
      if (frame.seq >= seq && frame.op !== 'hello') resolve()
    })
  })
  socket.close()
}

describe('a client of the feed that reads nothing', () => {
  it('is closed with the seq from which it misses nothing', async () => {
    await serve({ stuckMs: 400 })
    await add(LONG_LOG / PAD.length, PAD)
    const closed = vi.spyOn(WebSocket.prototype, 'close')
    const client = await RawWebSocket.open(api.url, '/feed')
    client.says(subscribe({ since: 0 }))
    await eventually(() => expect(closed).toHaveBeenCalled())
    closed.mockRestore()
    await client.takeAll()
    expect(client.closeCode).toBe(4408)
    const since = Number(/^too slow; resume with since (\d+)$/.exec(client.closeReason)?.[1])
    expect(client.seqs).toEqual(upTo(since))
    expect(since).toBeLessThan(supervisor.seq)
    await stillServes()
  })

  it('gets everything as long as it reads, however slowly', async () => {
    await serve({ stuckMs: 800 })
    await add(LONG_LOG / PAD.length, PAD)
    const { seq } = supervisor
    const client = await RawWebSocket.open(api.url, '/feed')
    client.says(subscribe({ since: 0 }))
    // The client takes several times as long as a stuck client may to read what the system has for it. The frames are
    // `hello`, `subscribed`, the events and `caughtUp`.
    while (client.frames.length < seq + 3 && client.closeCode === undefined) {
      client.take(65_536)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(client.closeReason).toBe('')
    expect(client.seqs).toEqual(upTo(seq))
  })
})

describe('a client without a subscription', () => {
  const unsubscribe = { op: 'unsubscribe', id: 's' }

  it.each<[string, readonly object[], string]>([
    ['that says nothing', [], 'no frame for 1000 ms'],
    ['that only unsubscribes', [unsubscribe], 'no subscription for 1500 ms'],
    ['that has subscribed to nothing', [subscribe({ since: 1e9 })], 'no subscription for 1500 ms'],
    ['that has ended its subscription', [subscribe(), unsubscribe], 'no subscription for 1500 ms'],
  ])('%s is closed after a time, and one with a subscription is not', async (_, said, reason) => {
    await serve({ handshakeMs: 1_000, idleMs: 1_500 })
    const listener = await RawWebSocket.open(api.url, '/feed')
    listener.says(subscribe())
    const inspector = await RawWebSocket.open(api.url, '/inspect')
    const client = await RawWebSocket.open(api.url, '/feed')
    for (const frame of said) client.says(frame)
    await client.takeAll()
    expect([client.closeCode, client.closeReason]).toEqual([4410, reason])
    await add(1)
    await eventually(() => {
      listener.take(65_536)
      expect(listener.seqs).toEqual([supervisor.seq])
    })
    inspector.take(65_536)
    expect([listener, inspector].map(({ closeCode }) => closeCode)).toEqual([undefined, undefined])
  })
})

describe('a client that sends too much', () => {
  const unsubscribe = masked(1, Buffer.from(JSON.stringify({ op: 'unsubscribe', id: 'nobody' })))
  it.each([
    ['frames that are refused', unsubscribe, 'too many frames'],
    ['pongs that nobody has asked for', masked(10, Buffer.alloc(8)), 'too many frames'],
    ['pieces of a frame that never ends', masked(0, Buffer.alloc(20)), 'too many bytes'],
  ])('is closed: %s', async (_, frame, why) => {
    await serve({ bytesInBurst: 200_000 })
    const client = await RawWebSocket.open(api.url, '/feed')
    const isPiece = why === 'too many bytes'
    // The first piece says that more follow.
    if (isPiece) client.socket.write(Buffer.from([0x01, 0x80, 0, 0, 0, 0]))
    const piece = Buffer.from(frame)
    if (isPiece) piece[0] = 0x00
    const many = Buffer.concat(Array.from({ length: 100 }, () => piece))
    for (let n = 0; n < 40; n++) client.socket.write(many)
    await client.takeAll()
    expect(client.closeCode).toEqual(isPiece ? expect.toBeOneOf([4408, 1009]) : 4408)
    if (!isPiece) expect(client.closeReason).toBe(`${why}; resume with since ${supervisor.seq}`)
    await stillServes()
  })

  it.each<[string, string | undefined, string, number]>([
    ['without the token', 'a token of some length', '{}', 4401],
    ['for a bad frame', undefined, 'no frame', 4400],
  ])('is cut off when it goes on after its close %s', async (_, token, said, code) => {
    await serve({}, token)
    const client = await RawWebSocket.open(api.url, '/feed')
    const frame = masked(1, Buffer.from(said))
    client.socket.write(frame)
    await client.takeAll()
    expect(client.closeCode).toBe(code)
    const many = Buffer.concat(Array.from({ length: 4_000 }, () => frame))
    let sent = 0
    while (!client.socket.closed && sent < SAID_MAX) {
      sent += many.length
      await new Promise((resolve) => client.socket.write(many, resolve))
    }
    expect(sent).toBeLessThan(SAID_MAX)
  })

  it('is cut off when it does not read the answers to its pings', async () => {
    await serve()
    const client = await RawWebSocket.open(api.url, '/feed')
    const pings = Buffer.concat(Array.from({ length: 4_000 }, () => masked(9, Buffer.alloc(100))))
    client.socket.write(pings)
    await client.takeAll()
    // The connection ends either by ws, which counts the waiting answers, or by the server.
    expect(client.closeCode).toEqual(expect.toBeOneOf([4408, undefined]))
    await stillServes()
  })

  it('is closed when it breaks the protocol', async () => {
    await serve()
    const client = await RawWebSocket.open(api.url, '/feed')
    client.socket.write(Buffer.from(Array.from({ length: 1_000 }, (_, i) => (i * 37) % 256)))
    await client.takeAll()
    expect(client.closeCode).toBe(1002)
    const socket = await rawConnection(api.url)
    socket.write(Buffer.alloc(1_000, 0xff))
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400/)
    await stillServes()
  })
})

describe('a request', () => {
  it.each([
    ['nothing at all', ''],
    ['half its headers', 'GET /health HTTP/1.1\r\nHost: 127'],
    ['half an upgrade', 'GET /feed HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nHost: 127'],
    [
      'half its body',
      'POST /actors/counter/a/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
    ],
  ])('with %s ends when its time is over', async (_, sent) => {
    await serve({ headersMs: 200, requestMs: 300 })
    const socket = await rawConnection(api.url)
    if (sent !== '') socket.write(sent)
    expect(await text(socket)).toMatch(/^$|^HTTP\/1\.1 408/)
  })

  it.each([
    ['without Upgrade', ''],
    ['with an offer of another protocol', H2C],
  ])('ends with its connection when it is made %s and its answer is not read', async (_, headers) => {
    await serve({ stuckMs: 300 })
    await add(LONG_LOG / PAD.length, PAD)
    const socket = await rawConnection(api.url)
    socket.write(`GET /backup HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`)
    await once(socket, 'readable')
    // Another backup waits for this one, and gets its answer once this one is cut off.
    const response = await fetch(`${api.url}/backup`)
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(10_000)
    socket.destroy()
  })

  it('ends when it offers another protocol and its client leaves or sends more before the answer', async () => {
    await serve()
    await add(LONG_LOG / PAD.length, PAD)
    const first = await rawConnection(api.url)
    first.write(`GET /backup HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    await once(first, 'readable')
    // These requests wait for that one.
    const waiting = await Promise.all(Array.from({ length: 3 }, () => rawConnection(api.url)))
    const [gone, loud, kept] = waiting as [Socket, Socket, Socket]
    for (const socket of waiting) socket.write(`GET /backup HTTP/1.1\r\nHost: 127.0.0.1\r\n${H2C}\r\n`)
    const ended = [gone, loud].map((socket) => once(socket.resume(), 'close'))
    // By then the requests have been read, so the bytes that follow do not belong to them.
    await stillServes()
    gone.end()
    loud.write('more')
    await Promise.all(ended)
    first.destroy()
    expect((await text(kept)).length).toBeGreaterThan(10_000)
  })

  it('gets as much as fits, and the place to go on', async () => {
    await serve()
    await add(400, PAD)
    const revs: number[] = []
    let after: number | undefined = 0
    let answers = 0
    while (after !== undefined) {
      const response = await fetch(`${api.url}/actors/counter%2Fa/history?limit=1000&after=${after}`)
      const body = await response.text()
      expect(body.length).toBeLessThan(5 * 2 ** 20)
      const { records, next } = JSON.parse(body) as { records: { rev: number }[]; next?: number }
      revs.push(...records.map(({ rev }) => rev))
      after = next
      answers++
    }
    expect(revs).toEqual(upTo(401))
    expect(answers).toBe(2)
  })

  it('is one of few that a connection may leave unanswered', async () => {
    await serve({ requestsPerConnection: 4 })
    const socket = await rawConnection(api.url)
    socket.write('GET /events?type=NOSUCH HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(5))
    const answered = (await text(socket)).match(/HTTP\/1\.1 200/g)?.length ?? 0
    expect(answered).toBeLessThan(5)
    await stillServes()
  })

  it('is refused as busy when too many others read', async () => {
    await serve({ readsAtOnce: 1, readsWaitingMax: 1 })
    await add(1_000)
    // Readers wait for the commit, so that they meet.
    commitBegins()
    const path = `${api.url}/events?since=0`
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(path))).finally(commitEnds)
    expect(answers.map(({ status }) => status).filter((status) => status === 200).length).toBeGreaterThan(0)
    const refused = answers.find(({ status }) => status === 503)
    expect(await refused?.json()).toMatchObject({ code: 'SERVER_BUSY' })
  })

  it('does not wait behind searches when it is short', async () => {
    await serve({ readsAtOnce: 1 })
    await add(100)
    commitBegins()
    const order: string[] = []
    const ask = async (path: string) => {
      expect((await fetch(`${api.url}${path}`)).status).toBe(200)
      order.push(path)
    }
    const search = '/events?since=0'
    const searches = Array.from({ length: 10 }, () => ask(search))
    await Promise.all([...searches, ask('/health'), ask('/records/1?within=0')]).finally(commitEnds)
    expect(order.at(-1)).toBe(search)
  })
})

describe('many clients', () => {
  it('are refused beyond the limit, and admitted again when others have left', async () => {
    await serve({ connectionsMax: 2 })
    const first = await RawWebSocket.open(api.url, '/feed')
    await RawWebSocket.open(api.url, '/feed')
    const third = await rawConnection(api.url)
    third.resume()
    await once(third, 'close')
    first.socket.destroy()
    await eventually(async () => {
      const response = await fetch(`${api.url}/health`)
      expect(response.status).toBe(200)
    })
  })

  it('may inspect only in a small number', async () => {
    await serve({ inspectorsMax: 1 })
    await RawWebSocket.open(api.url, '/inspect')
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/inspect`)
    const [error] = await once(socket, 'error')
    expect(String(error)).toContain('503')
  })

  it('may have 100,000 idle subscriptions', async () => {
    const hour = 3_600_000
    await serve({ headersMs: 300_000, requestMs: hour, stuckMs: hour, silentMs: hour, pingMs: hour })
    const perClient = 64
    const clients: WebSocket[] = []
    const heard = new Set<string>()
    const subscribed = (first: number) =>
      new Promise<void>((resolve, reject) => {
        const last = Math.min(first + perClient, 100_000)
        let waiting = last - first
        const socket = new WebSocket(`${api.url.replace('http', 'ws')}/feed`, { perMessageDeflate: false })
        clients.push(socket)
        socket.on('error', reject)
        socket.on('close', (code, reason) => reject(new Error(`closed: ${code} ${reason}`)))
        socket.on('open', () => {
          for (let n = first; n < last; n++)
            socket.send(JSON.stringify({ op: 'subscribe', id: `${n}`, topics: [`transitions.counter.${n}`] }))
        })
        socket.on('message', (data) => {
          const { op } = JSON.parse(String(data)) as { op: string }
          if (op !== 'caughtUp') heard.add(op)
          else if (--waiting === 0) resolve()
        })
      })
    // The kernel keeps about 500 connections that have not been accepted.
    for (let first = 0; first < 100_000; first += 100 * perClient) {
      const group = Array.from({ length: 100 }, (_, i) => first + i * perClient)
      await Promise.all(group.filter((n) => n < 100_000).map(subscribed))
    }
    await add(100)
    await stillServes()
    expect([...heard].sort()).toEqual(['hello', 'subscribed'])
    for (const socket of clients) socket.terminate()
  })

  it('read the log together when they are at the same place', async () => {
    await serve()
    await add(20_000)
    read = 0
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/feed`)
    await once(socket, 'open')
    const caughtUp = new Promise<void>((resolve) => {
      let count = 0
      socket.on('message', (data) => {
        if (String(data).startsWith('{"op":"caughtUp"') && ++count === 64) resolve()
      })
    })
    for (let n = 0; n < 64; n++)
      socket.send(JSON.stringify({ ...subscribe({ since: 0 }, ['events.nosuch.>']), id: `${n}` }))
    await caughtUp
    // Some clients may have come after the others had begun.
    expect(read).toBeLessThan(10 * supervisor.seq)
    socket.close()
  })
})

describe('a server that stops', () => {
  it('stops whatever its clients do', async () => {
    await serve({ stopMs: 100 })
    const sockets = [await RawWebSocket.open(api.url, '/feed'), await RawWebSocket.open(api.url, '/inspect')]
    const half = await rawConnection(api.url)
    half.write('GET /health HTTP/1.1\r\n')
    await api.close()
    await expect(fetch(`${api.url}/health`)).rejects.toThrow()
    for (const { socket } of sockets) {
      socket.resume()
      if (!socket.closed) await once(socket, 'close')
    }
    await serve()
  })
})

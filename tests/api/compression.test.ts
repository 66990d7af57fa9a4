/** Tests compressed frames over real sockets: the same frames in fewer bytes, and bounds that hold for what they say. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { setup } from 'xstate'
import { type ApiOptions, type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'

/** Bytes of a log, more than the system keeps on both sides of a socket that is not read. */
const LONG_LOG = 16 * 2 ** 20

const heap = setup({ types: {} as { events: { type: 'ADD'; pad: string } } }).createMachine({
  id: 'heap',
  on: { ADD: { actions: [] } },
})

let harness: Harness
let api: ApiServer

beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines: { heap } })
  await harness.supervisor.spawn('heap', 'a')
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

async function serve(options: Partial<ApiOptions>): Promise<void> {
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, ...options }, silentLogger)
}

const add = (pad: string) => harness.supervisor.send('heap/a', { type: 'ADD', pad })

interface Client {
  readonly socket: WebSocket
  readonly tcp: Socket
  readonly texts: string[]
}

async function connect(options: object = {}): Promise<Client> {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/feed`, options)
  const texts: string[] = []
  socket.on('message', (data) => texts.push(String(data)))
  // Both come in one turn of the event loop.
  const [[response]] = (await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])) as [
    [IncomingMessage],
    unknown,
  ]
  return { socket, tcp: response.socket, texts }
}

const subscribe = (fields: object = {}) =>
  JSON.stringify({ op: 'subscribe', id: 's', topics: ['transitions.>'], since: 0, batchMs: 0, ...fields })

const seqsOf = (texts: readonly string[]) =>
  texts.flatMap((text) => {
    const { op, events = [], seq } = JSON.parse(text)
    return op === 'batch' ? events.map((item: { seq: number }) => item.seq) : op === 'event' ? [seq] : []
  })

describe('a frame', () => {
  it('is not compressed unless the server is told to, and the client offers it', async () => {
    await serve({})
    expect((await connect()).socket.extensions).toBe('')
    await api.close()
    await serve({ compressFrames: true })
    expect((await connect({ perMessageDeflate: false })).socket.extensions).toBe('')
    expect((await connect()).socket.extensions).toBe('permessage-deflate')
  })

  it('is compressed for no more clients at once than may be', async () => {
    await serve({ compressFrames: true, limits: { compressedMax: 2 } })
    const clients = [
      await connect(),
      await connect({ perMessageDeflate: false }),
      await connect(),
      await connect(),
    ]
    const extensions = clients.map(({ socket }) => socket.extensions)
    expect(extensions).toEqual(['permessage-deflate', '', 'permessage-deflate', ''])
    clients[0]?.socket.terminate()
    await eventually(async () => expect((await connect()).socket.extensions).toBe('permessage-deflate'))
  })

  it('says the same in fewer bytes, of the past and of the present, also in pieces', async () => {
    await serve({ compressFrames: true })
    for (let n = 0; n < 40; n++) await add(`${n}`.padEnd(5_000, 'abc '))
    await add(randomBytes(150_000).toString('base64'))
    const clients = [await connect({ perMessageDeflate: false }), await connect(), await connect()]
    for (const { socket } of clients) socket.send(subscribe())
    for (let n = 0; n < 5; n++) await add('x'.repeat(n * 2_000))
    const { seq } = harness.supervisor
    await eventually(() => {
      for (const { texts } of clients) expect(seqsOf(texts).at(-1)).toBe(seq)
    })
    const all = Array.from({ length: seq }, (_, i) => i + 1)
    for (const { texts } of clients) expect(seqsOf(texts)).toEqual(all)
    const [plain, ...compressed] = clients.map(({ tcp }) => tcp.bytesRead)
    for (const bytes of compressed) expect(bytes).toBeLessThan((plain as number) / 1.5)
    for (const { socket } of clients) socket.terminate()
  })

  it.each([0, undefined])(
    'of one long event is compressed, too, in pieces, with batchMs %s',
    async (batchMs) => {
      await serve({ compressFrames: true })
      const { socket, tcp, texts } = await connect()
      socket.send(subscribe({ batchMs }))
      await eventually(() => expect(texts.some((text) => text.includes('caughtUp'))).toBe(true))
      const before = tcp.bytesRead
      const pad = 'abc '.repeat(50_000)
      await add(pad)
      const { seq } = harness.supervisor
      await eventually(() => expect(seqsOf(texts).at(-1)).toBe(seq))
      expect(texts.at(-1)).toContain(pad)
      expect(tcp.bytesRead - before).toBeLessThan(pad.length / 10)
      socket.terminate()
    },
  )

  it('that is short goes as it is', async () => {
    await serve({ compressFrames: true })
    const { socket, tcp, texts } = await connect()
    socket.send(subscribe({ batchMs: undefined }))
    await eventually(() => expect(texts.some((text) => text.includes('caughtUp'))).toBe(true))
    const before = tcp.bytesRead
    for (let n = 0; n < 50; n++) await add('y')
    const { seq } = harness.supervisor
    await eventually(() => expect(seqsOf(texts).at(-1)).toBe(seq))
    const length = texts.slice(-50).reduce((sum, text) => sum + text.length, 0)
    expect(tcp.bytesRead - before).toBeGreaterThanOrEqual(length)
    socket.terminate()
  })
})

describe('a client that has compressed frames', () => {
  it('and reads nothing is closed with the seq from which it misses nothing', async () => {
    await serve({ compressFrames: true, limits: { stuckMs: 400 } })
    const pad = randomBytes(12_288).toString('base64')
    for (let n = 0; n < LONG_LOG / pad.length; n++) await add(`${n}${pad}`)
    const { socket, texts } = await connect()
    const closed = vi.spyOn(WebSocket.prototype, 'close')
    socket.pause()
    socket.send(subscribe({ batchMs: undefined }))
    await eventually(() => expect(closed).toHaveBeenCalled())
    closed.mockRestore()
    socket.resume()
    const [code, reason] = await once(socket, 'close')
    expect(code).toBe(4408)
    const since = Number(/^too slow; resume with since (\d+)$/.exec(String(reason))?.[1])
    expect(since).toBeLessThan(harness.supervisor.seq)
    expect(seqsOf(texts)).toEqual(Array.from({ length: since }, (_, i) => i + 1))
  })

  it.each([
    ['one that is too long', 70_000, 1, 1009],
    ['many that are long', 60_000, 100, 4408],
  ])('may not send %s, in however few bytes', async (_, length, count, expected) => {
    await serve({ compressFrames: true })
    const { socket, tcp } = await connect()
    const text = JSON.stringify({ op: 'unsubscribe', id: 'nobody' }).padEnd(length)
    const closed = once(socket, 'close')
    for (let n = 0; n < count; n++) socket.send(text)
    await eventually(() => expect(socket.readyState).toBeGreaterThan(WebSocket.OPEN))
    // The server reads no more from a loud client, and so does not hear that it closes, too.
    socket.terminate()
    const [code] = await closed
    expect(code).toBe(expected)
    expect(tcp.bytesWritten).toBeLessThan(60_000)
  })
})

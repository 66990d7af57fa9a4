/** Tests what a client may send and how slowly, with raw sockets: heads, bodies and frames. */
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import type { Limits } from '../../src/api/limits.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'
import { RawWebSocket, rawConnection } from './raw-client.ts'

const door = setup({}).createMachine({
  id: 'door',
  initial: 'shut',
  states: { shut: { on: { OPEN: 'open' } }, open: {} },
})

let harness: Harness
let api: ApiServer

async function start(limits: Partial<Limits> = {}): Promise<void> {
  harness = new Harness()
  await harness.open({ machines: { door } })
  await harness.supervisor.spawn('door', 'a')
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, limits }, silentLogger)
}
afterEach(async () => {
  expect(harness.value('door/a')).toBe('shut')
  await api.close()
  await harness.supervisor.stop()
})

const HEAD = 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n'
const POST = 'POST /actors/door%2Fa/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n'

/** Sends a beginning and then the rest byte by byte, until the server ends the connection. Returns its answer. */
async function drip(begin: string, rest: string): Promise<string> {
  const socket = await rawConnection(api.url)
  const answer = text(socket)
  let isOpen = true
  socket.once('close', () => {
    isOpen = false
  })
  socket.write(begin)
  for (let i = 0; isOpen; i++) {
    socket.write(rest[i % rest.length] as string)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return answer
}

describe('a request that comes byte by byte', () => {
  it.each([
    ['its headers', HEAD, 'X-A: b\r\n'],
    ['its first line', '', 'GET'],
    ['a header without an end', `${HEAD}X-A: `, 'a'],
    ['its body', `${POST}Content-Length: 60000\r\n\r\n`, ' '],
    ['a body in chunks', `${POST}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
  ])('ends when its time is over, although it goes on: %s', async (_, begin, rest) => {
    await start({ headersMs: 200, requestMs: 300 })
    expect(await drip(begin, rest)).toMatch(/^$|^HTTP\/1\.1 40[08]/)
    // Others are served.
    expect((await fetch(`${api.url}/health`)).status).toBe(200)
  })
})

describe('a request that is too large', () => {
  const answerTo = async (...parts: readonly (string | Buffer)[]) => {
    const socket = await rawConnection(api.url)
    const answer = text(socket)
    for (const part of parts) socket.write(part)
    return answer
  }

  it.each([
    ['a long header', `${HEAD}X-A: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['many headers', `${HEAD}${'X-A: b\r\n'.repeat(6_000)}\r\n`],
    ['a long cookie', `${HEAD}Cookie: ${'a=b; '.repeat(4_000)}\r\n\r\n`],
    ['a long path', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`],
  ])('is refused for its head: %s', async (_, request) => {
    await start()
    expect(await answerTo(request)).toMatch(/^HTTP\/1\.1 431/)
  })

  it.each(['Origin: http://evil.example', 'Host: evil.example', 'Sec-Fetch-Site: cross-site'])(
    'hides no header behind many: %s',
    async (header) => {
      await start()
      const many = `${HEAD}${'X-A: b\r\n'.repeat(2_500)}`
      expect(await answerTo(`${many}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200/)
      expect(await answerTo(`${many}${header}\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403/)
    },
  )

  it('is refused for the length of its body before that comes', async () => {
    await start()
    const answer = await answerTo(`${POST}Content-Length: 65537\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 413/)
    expect(answer).toContain('BODY_TOO_LARGE')
  })

  it('is refused for a body in chunks as soon as it has too much', async () => {
    await start()
    const chunk = `8000\r\n${' '.repeat(0x8000)}\r\n`
    const answer = await answerTo(
      `${POST}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n`,
      chunk,
      chunk,
      chunk,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413/)
  })

  it.each([
    ['two lengths', `${POST}Content-Length: 2\r\nContent-Length: 15\r\n\r\n{}`],
    ['a length and chunks', `${POST}Content-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a header folded over two lines', `${HEAD}X-A: b\r\n Authorization: c\r\n\r\n`],
    ['a space before a colon', `${HEAD}Authorization : Bearer x\r\n\r\n`],
    ['a line that ends with LF alone', `GET /health HTTP/1.1\nHost: 127.0.0.1\n\n`],
    ['a null in a header', `${HEAD}X-A: a\0b\r\n\r\n`],
    ['no host', 'GET /health HTTP/1.1\r\n\r\n'],
  ])('is refused when two readers could read it differently: %s', async (_, request) => {
    await start()
    expect(await answerTo(request)).toMatch(/^HTTP\/1\.1 40[03]/)
  })
})

describe('a frame', () => {
  /** Returns the head of a frame, masked with zeros, as clients send it. */
  const headOf = (first: number, length: bigint) => {
    const head = Buffer.alloc(14)
    head[0] = first
    head[1] = 0x80 | 127
    head.writeBigUInt64BE(length, 2)
    return head
  }

  it.each<[string, Buffer]>([
    ['one byte too long', headOf(0x81, 65_537n)],
    ['longer than any memory', headOf(0x81, 2n ** 40n)],
    ['longer than a number', headOf(0x81, 2n ** 63n - 1n)],
    ['of pieces', Buffer.concat([headOf(0x01, 65_536n), Buffer.alloc(65_536), headOf(0x00, 1n)])],
  ])('that is too long closes the connection by its head alone: %s', async (_, sent) => {
    await start()
    for (const path of ['/feed', '/inspect']) {
      const client = await RawWebSocket.open(api.url, path)
      client.socket.write(sent)
      await client.takeAll()
      expect([path, client.closeCode]).toEqual([path, 1009])
    }
  })

  it('that never ends does not keep a client that is silent', async () => {
    await start({ pingMs: 50, silentMs: 200, stuckMs: 10_000 })
    const client = await RawWebSocket.open(api.url, '/feed')
    client.socket.write(headOf(0x81, 60_000n))
    client.socket.resume()
    // The client answers no ping, because it is in the middle of its frame.
    await once(client.socket, 'close')
  })
})

/** Tests how the server sends the page's files and JSON: compression, revalidation, and paths that do not exist. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { createRequire } from 'node:module'
import { buffer, text } from 'node:stream/consumers'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'
import { rawConnection } from './raw-client.ts'

const door = setup({}).createMachine({ id: 'door', initial: 'shut', states: { shut: {} } })
const ACTORS = 40
const UNPACK: Record<string, (bytes: Buffer) => Buffer> = { br: brotliDecompressSync, gzip: gunzipSync }

let harness: Harness
let api: ApiServer

beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines: { door } })
  for (let i = 0; i < ACTORS; i++) await harness.supervisor.spawn('door', `d-${i}`)
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
}

/** Returns the answer as it is on the wire: nothing decodes the body or normalizes the path. */
async function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { port } = new URL(api.url)
  const asked = request({ host: '127.0.0.1', port, path, method, headers })
  asked.end()
  const [response] = await once(asked, 'response')
  return { status: response.statusCode, headers: response.headers, bytes: await buffer(response) }
}

const pageFile = (name: string) =>
  readFileSync(new URL(`../../tools/inspector/page/${name}`, import.meta.url))
const elkFile = (name: string) => readFileSync(createRequire(import.meta.url).resolve(`elkjs/lib/${name}`))

describe.each(['br', 'gzip'])('with %s', (encoding) => {
  it.each([
    ['/', 'text/html', () => pageFile('index.html')],
    ['/page/main.js', 'javascript', () => pageFile('main.js')],
    ['/page/style.css', 'text/css', () => pageFile('style.css')],
    ['/vendor/elk-worker.min.js', 'javascript', () => elkFile('elk-worker.min.js')],
  ])('sends %s compressed, and whole', async (path, type, file) => {
    const { status, headers, bytes } = await ask(path, { 'accept-encoding': encoding })
    expect([status, headers['content-encoding']]).toEqual([200, encoding])
    expect(headers['content-type']).toContain(type)
    expect(headers.vary).toContain('accept-encoding')
    // The document is small, so little of it repeats.
    expect(bytes.length).toBeLessThan(file().length * 0.7)
    expect(UNPACK[encoding]?.(bytes).equals(file())).toBe(true)
  })

  it('sends JSON compressed', async () => {
    const { headers, bytes } = await ask('/actors', { 'accept-encoding': encoding })
    expect(headers['content-encoding']).toBe(encoding)
    const { actors } = JSON.parse(String(UNPACK[encoding]?.(bytes)))
    expect(actors).toHaveLength(ACTORS + 1)
  })
})

it('sends plain bytes to a client that accepts no encoding', async () => {
  for (const [path, file] of [
    ['/', 'index.html'],
    ['/page/main.js', 'main.js'],
  ] as const) {
    const { headers, bytes } = await ask(path)
    expect(headers['content-encoding']).toBeUndefined()
    expect(bytes.equals(pageFile(file))).toBe(true)
  }
})

it('streams a backup without compression', async () => {
  const { headers, bytes } = await ask('/backup', { 'accept-encoding': 'br, gzip' })
  expect(headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'transfer-encoding': 'chunked',
  })
  expect(headers['content-encoding']).toBeUndefined()
  expect(bytes.equals((await ask('/backup')).bytes)).toBe(true)
})

it.each(['/', '/page/main.js', '/vendor/elk-worker.min.js'])(
  'answers 304 to a browser that has %s already',
  async (path) => {
    const { headers } = await ask(path, { 'accept-encoding': 'br' })
    const etag = String(headers.etag)
    for (const method of ['GET', 'HEAD']) {
      const again = await ask(path, { 'accept-encoding': 'br', 'if-none-match': etag }, method)
      expect([again.status, again.bytes.length, again.headers.etag]).toEqual([304, 0, etag])
    }
    const again = await ask(path, { 'accept-encoding': 'br', 'if-none-match': etag })
    expect(again.headers['content-encoding']).toBeUndefined()
    expect((await ask(path, { 'if-none-match': '"another"' })).status).toBe(200)
  },
)

it('lets browsers keep the layout library, and makes them ask for the page', async () => {
  for (const path of ['/', '/page/main.js'])
    expect((await ask(path)).headers['cache-control']).toBe('private, no-cache')
  expect((await ask('/vendor/elk-worker.min.js')).headers['cache-control']).toBe('private, max-age=86400')
})

it.each(['/', '/page/main.js', '/vendor/elk-worker.min.js', '/actors', '/health', '/backup'])(
  'answers HEAD %s without a body',
  async (path) => {
    for (const encodings of ['identity', 'br, gzip']) {
      const { status, bytes } = await ask(path, { 'accept-encoding': encodings }, 'HEAD')
      expect([status, bytes.length]).toEqual([200, 0])
    }
  },
)

it('gives the document its policy', async () => {
  for (const method of ['GET', 'HEAD']) {
    const { headers } = await ask('/', {}, method)
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';")
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:`)
    expect(policy).not.toContain('unsafe')
  }
})

/** Directives without which a policy has a hole, whatever its default. */
const WHOLE = ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]

it.each([
  '/',
  '/page/main.js',
  '/vendor/elk-worker.min.js',
  '/actors',
  '/health',
  '/nowhere',
  '/%zz',
  '/openapi.json',
  '/docs',
])('tells browsers that %s is for the page alone', async (path) => {
  const { headers } = await ask(path)
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'permissions-policy': expect.stringMatching(/camera=\(\), .*usb=\(\)/),
  })
  const policy = String(headers['content-security-policy'])
  for (const directive of WHOLE) expect(policy).toContain(directive)
  expect(policy).not.toMatch(/unsafe|\*|https?:/)
  // The answer need not say this to anybody.
  expect(headers).not.toHaveProperty('server')
  expect(headers).not.toHaveProperty('x-powered-by')
})

it.each(['/actors', '/health', '/events', '/backup', '/nowhere', '/%zz', '/openapi.json'])(
  'lets nobody keep the answer of %s',
  async (path) => {
    expect((await ask(path)).headers['cache-control']).toBe('no-store')
  },
)

it.each([
  [
    'an upgrade that is refused',
    'GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
  ['a request that is none', 'nothing\r\n\r\n'],
])('tells browsers the same of %s', async (_, request) => {
  const socket = await rawConnection(api.url)
  socket.write(request)
  const answer = await text(socket)
  expect(answer).toMatch(/^HTTP\/1\.1 40[04]/)
  for (const header of [
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    "frame-ancestors 'none'",
  ])
    expect(answer).toContain(header)
})

it.each([
  '/page/..%2f..%2fpackage.json',
  '/page/..%2F..%2F..%2Fpackage.json',
  '/page/../../../package.json',
  '/page/%2e%2e/%2e%2e/package.json',
  '/page/..%5c..%5cpackage.json',
  '/page//etc/passwd',
  '/page/%00',
  '/page/main.js%00',
  '/page/.',
  '/page/..',
  '/page/',
  '/page',
  '/page/nosuch.js',
  '/page/main.js/',
  '/vendor/',
  '/vendor/elk.bundled.js',
  '/vendor/elk-worker.js',
  '/vendor/../package.json',
])('answers 404 for %s', async (path) => {
  const { status, bytes } = await ask(path, { 'accept-encoding': 'br' })
  expect([status, JSON.parse(String(bytes)).code]).toEqual([404, 'ROUTE_UNKNOWN'])
})

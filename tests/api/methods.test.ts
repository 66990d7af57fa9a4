/** Tests which methods the paths take, over real sockets. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { problem } from '../../src/api/contract/problem.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'

const LISTED = 'https://listed.example'

let harness: Harness
let api: ApiServer

beforeAll(async () => {
  harness = new Harness()
  await harness.open({ machines: { lamp: createMachine({ id: 'lamp' }) } })
  await harness.supervisor.spawn('lamp', 'a')
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, origins: [LISTED] }, silentLogger)
})
afterAll(async () => {
  await api.close()
  await harness.supervisor.stop()
})

async function ask(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body = '') {
  const { hostname, port } = new URL(api.url)
  const sent = request({ method, hostname, port, path, headers: { ...headers } })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

const READ = 'GET, HEAD, OPTIONS'
const WRITTEN = 'POST, OPTIONS'

describe('a path', () => {
  it.each([
    ['POST', '/health', READ],
    ['PUT', '/', READ],
    ['DELETE', '/page/main.js', READ],
    ['PATCH', '/events', READ],
    ['POST', '/openapi.json?x=1', READ],
    ['POST', '/actors/lamp/a', READ],
    ['DELETE', '/actors/lamp%2Fa', READ],
    ['PUT', '/actors/lamp/a/history', READ],
    ['POST', '/actors/lamp%2Fa/history', READ],
    ['PUT', '/actors/lamp/a/events', WRITTEN],
    ['GET', '/actors/lamp%2Fa/events', WRITTEN],
    ['HEAD', '/actors/lamp%2Fa/release', WRITTEN],
    ['GET', '/actors/lamp/a/events', WRITTEN],
    ['HEAD', '/actors/lamp/a/release', WRITTEN],
    ['POST', '/feed', 'GET, OPTIONS'],
    ['HEAD', '/inspect', 'GET, OPTIONS'],
    ['PROPFIND', '/health', READ],
    ['TRACE', '/health', READ],
    ['QUERY', '/health', READ],
    ['QUERY', '/actors/lamp/a/events', WRITTEN],
    ['QUERY', '/page/main.js', READ],
    ['QUERY', '/feed', 'GET, OPTIONS'],
  ])('refuses %s %s and says what it takes: %s', async (method, path, allow) => {
    const { status, headers, body } = await ask(method, path)
    expect([status, headers.allow]).toEqual([405, allow])
    if (method === 'HEAD') expect(body).toBe('')
    else expect(problem.parse(JSON.parse(body))).toMatchObject({ code: 'METHOD_REFUSED', status: 405 })
  })

  it.each([
    '/health',
    '/actors',
    '/actors/lamp/a',
    '/openapi.json',
    '/',
    '/page/main.js',
    '/verify',
    '/backup',
  ])('answers HEAD as GET, without the content: %s', async (path) => {
    const head = await ask('HEAD', path)
    const whole = await ask('GET', path)
    expect([head.status, head.body]).toEqual([200, ''])
    expect(head.headers['content-type']).toBe(whole.headers['content-type'])
    expect(whole.body.length).toBeGreaterThan(0)
  })

  it.each(['application/x-www-form-urlencoded', 'application/json'])(
    'refuses a wrong method with a body of %s, whatever is in it',
    async (type) => {
      const { status, headers } = await ask('POST', '/health', { 'content-type': type }, '{')
      expect([status, headers.allow]).toEqual([405, READ])
    },
  )

  it.each([
    ['/actors', READ],
    ['/actors/lamp%2Fa/events', WRITTEN],
  ])('tells its methods to OPTIONS: %s', async (path, allow) => {
    const { status, headers, body } = await ask('OPTIONS', path)
    expect([status, headers.allow, body]).toEqual([204, allow, ''])
  })

  it('answers the preflight of a listed origin', async () => {
    const preflight = { origin: LISTED, 'access-control-request-method': 'POST' }
    const { status, headers } = await ask('OPTIONS', '/actors/lamp%2Fa/events', preflight)
    expect([status, headers['access-control-allow-origin']]).toEqual([204, LISTED])
    expect(headers['access-control-allow-methods']).toContain('POST')
  })

  it.each(['/feed', '/inspect', '/inspect/legacy'])(
    'of a WebSocket says so to other requests: %s',
    async (path) => {
      const { status, headers, body } = await ask('GET', path)
      expect([status, headers.upgrade, JSON.parse(body).code]).toEqual([426, 'websocket', 'UPGRADE_REQUIRED'])
    },
  )

  it.each(['GET', 'POST', 'OPTIONS', 'PROPFIND'])('that no route has is unknown to %s', async (method) => {
    const { status, headers, body } = await ask(method, '/nowhere')
    expect([status, headers.allow, JSON.parse(body).code]).toEqual([404, undefined, 'ROUTE_UNKNOWN'])
  })
})

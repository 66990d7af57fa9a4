/** Tests that everything that refuses a request answers with one form of problem document (RFC 9457). */
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMachine, emit } from 'xstate'
import { z } from 'zod'
import { ERRORS, type ErrorCode } from '../../errors/codes.ts'
import { problem } from '../../src/api/contract/problem.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'
import { rawConnection } from './raw-client.ts'

const TOKEN = 'correct.horse_battery~staple-7'
const machine = createMachine({ on: { REFUSE: { actions: emit({ type: 'REFUSED', text: 'never' }) } } })

let harness: Harness
let api: ApiServer

beforeAll(async () => {
  harness = new Harness()
  await harness.open({ machines: { fussy: { machine, refusals: ['REFUSED'] } } })
  await harness.supervisor.spawn('fussy', 'a')
  const limits = { requestMs: 200, headersMs: 200 }
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, token: TOKEN, limits }, silentLogger)
})
afterAll(async () => {
  await api.close()
  await harness.supervisor.stop()
})

/** Returns the request as HTTP/1.1, with the server's name and the token. */
function http(line: string, headers: readonly string[] = [], body = ''): string {
  const length = `Content-Length: ${Buffer.byteLength(body)}`
  const all = [`${line} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${TOKEN}`, length, ...headers]
  return `${all.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`
}

const JSON_BODY = ['Content-Type: application/json']
const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
const send = (body: string, headers: readonly string[] = JSON_BODY) =>
  http('POST /actors/fussy/a/events', headers, body)

const REFUSED: readonly (readonly [what: string, request: string, code: ErrorCode])[] = [
  ['a path without a route', http('GET /nowhere'), 'ROUTE_UNKNOWN'],
  ['a field that breaks its rule', http('GET /actors?limit=0'), 'REQUEST_INVALID'],
  ['an unknown actor', http('GET /actors/fussy/x'), 'ACTOR_UNKNOWN'],
  ['an address that cannot be decoded', http('GET /actors/%ff'), 'ADDRESS_INVALID'],
  ['another path that cannot be decoded', http('GET /machines/%ff'), 'REQUEST_INVALID'],
  ['a body that is not JSON', send('{'), 'JSON_INVALID'],
  ['a body of another type', send('<a/>', ['Content-Type: text/xml']), 'MEDIA_TYPE_UNKNOWN'],
  ['a body that is too large', send(`"${'x'.repeat(70_000)}"`), 'BODY_TOO_LARGE'],
  ['an event that breaks a rule', send('{"type":""}'), 'EVENT_INVALID'],
  ['another host', 'GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n', 'HOST_REFUSED'],
  ['another origin', http('GET /health', ['Origin: http://evil.example']), 'ORIGIN_REFUSED'],
  ['another site', http('GET /health', ['Sec-Fetch-Site: cross-site']), 'SITE_REFUSED'],
  ['no host', 'GET /health HTTP/1.1\r\n\r\n', 'REQUEST_INVALID'],
  ['no token', 'GET /actors HTTP/1.1\r\nHost: localhost\r\n\r\n', 'NOT_AUTHORISED'],
  ['a WebSocket to an unknown path', http('GET /nowhere', UPGRADE), 'ROUTE_UNKNOWN'],
  [
    'a WebSocket of another origin',
    http('GET /feed', [...UPGRADE, 'Origin: http://evil.example']),
    'ORIGIN_REFUSED',
  ],
  [
    'an upgrade with a body',
    http('POST /actors', ['Connection: Upgrade', 'Upgrade: h2c'], 'x'),
    'REQUEST_INVALID',
  ],
  ['headers that are too large', http('GET /actors', [`X: ${'x'.repeat(20_000)}`]), 'HEADERS_TOO_LARGE'],
  ['what is not HTTP', 'HELO localhost\r\n\r\n', 'REQUEST_INVALID'],
  ['a request that never ends', 'GET /health HTTP/1.1\r\nHost: localhost\r\n', 'REQUEST_LATE'],
]

/** Sends a text and returns the answer, up to the end of the connection or of its body. */
async function ask(text: string) {
  const socket = await rawConnection(api.url)
  const chunks: Buffer[] = []
  const answered = new Promise<string>((resolve) => {
    const check = () => {
      const answer = Buffer.concat(chunks).toString()
      const [head = '', body = ''] = answer.split('\r\n\r\n')
      const [, length] = /content-length: (\d+)/i.exec(head) ?? []
      if (length !== undefined && Buffer.byteLength(body) >= Number(length)) resolve(answer)
    }
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      check()
    })
  })
  socket.write(text)
  const answer = await Promise.race([
    answered,
    once(socket, 'close').then(() => Buffer.concat(chunks).toString()),
  ])
  socket.destroy()
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  const [, status] = /^HTTP\/1\.1 (\d{3}) \S/.exec(head) ?? []
  const [, type] = /^content-type: (.*)$/im.exec(head) ?? []
  return { status: Number(status), type, body: JSON.parse(body) as unknown }
}

describe('a refusal is a problem document', () => {
  it.each(REFUSED)('of %s', async (_, request, code) => {
    const { status, type, body } = await ask(request)
    expect(type).toBe('application/problem+json; charset=utf-8')
    const { hint, issues, ...rest } = z.strictObject(problem.shape).parse(body)
    const { about } = ERRORS[code]
    expect(rest).toEqual({ type: `/docs#${code}`, title: about, status, detail: expect.any(String), code })
    expect(status).toBe(ERRORS[code].status)
    expect([hint.length > 0, rest.detail.includes(TOKEN)]).toEqual([true, false])
  })

  it('of an actor, with what is on record', async () => {
    const { status, type, body } = await ask(send('{"type":"REFUSE"}'))
    expect([status, type]).toEqual([422, 'application/problem+json; charset=utf-8'])
    expect(body).toMatchObject({
      type: '/docs#COMMAND_REFUSED',
      title: ERRORS.COMMAND_REFUSED.about,
      status: 422,
      detail: 'fussy/a refused it: never',
      code: 'REFUSED',
      issues: [{ field: 'event', rule: 'never' }],
      seq: harness.supervisor.seq,
      duplicate: false,
      events: [{ type: 'REFUSED', actor: 'fussy/a' }],
    })
  })

  it('is not the answer to an expectation that is not known', async () => {
    expect(await ask(http('GET /health', ['Expect: the-worst']))).toMatchObject({ status: 200 })
  })

  it('of an actor that does nothing, with what is on record', async () => {
    const { status, body } = await ask(send('{"type":"NOTHING"}'))
    const { seq } = harness.supervisor
    expect([status, body]).toMatchObject([
      409,
      { type: '/docs#EVENT_UNHANDLED', status: 409, seq, events: [] },
    ])
  })
})

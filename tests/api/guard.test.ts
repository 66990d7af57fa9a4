/** Tests who may speak to the API, over real sockets. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import type { GuardOptions } from '../../src/api/guard.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { Harness } from '../runtime/harness.ts'
import { ask as askAt, type Headers, upgrade as upgradeAt } from './asking.ts'

const TOKEN = 'correct.horse_battery~staple-7'
const door = setup({}).createMachine({
  id: 'door',
  initial: 'shut',
  states: { shut: { on: { OPEN: 'open' } }, open: {} },
})

let harness: Harness
let api: ApiServer
let port: number
const logged: unknown[] = []
const note = (...line: unknown[]) => void logged.push(line)

async function start(options: Partial<GuardOptions> = {}): Promise<void> {
  harness = new Harness()
  await harness.open({ machines: { door } })
  await harness.supervisor.spawn('door', 'a')
  const logger = { debug: note, info: note, warn: note, error: note }
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, ...options }, logger)
  port = Number(new URL(api.url).port)
}
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

const ask = (path: string, ...asked: [headers?: Headers, method?: string, body?: object]) =>
  askAt(port, path, ...asked)
const upgrade = (path: string, headers?: Headers) => upgradeAt(port, path, headers)
const open = (headers?: Headers) => ask('/actors/door/a/events', headers, 'POST', { type: 'OPEN' })

const PORT = ':port'
const there = (text: string) => text.replace(PORT, `:${port}`)

describe('a server that only this machine reaches', () => {
  it.each(['localhost', `localhost${PORT}`, 'LOCALHOST', `127.0.0.1${PORT}`, '127.0.0.1:1', `[::1]${PORT}`])(
    'answers to the name of %s',
    async (name) => {
      await start()
      const host = there(name)
      expect((await ask('/actors', { host })).status).toBe(200)
      expect((await open({ host })).status).toBe(200)
      expect(await upgrade('/feed', { host })).toBe('open')
    },
  )

  it.each([
    'evil.example',
    `evil.example${PORT}`,
    'localhost.evil.example',
    'evil.localhost',
    '127.0.0.1.evil.example',
    'evil.example@localhost',
    '192.168.0.7',
    '::1',
  ])('refuses the name of %s for every request', async (name) => {
    await start()
    const host = there(name)
    const refused = { status: 403, code: 'HOST_REFUSED' }
    for (const path of ['/', '/health', '/actors', '/nowhere', '/page/main.js'])
      expect(await ask(path, { host })).toMatchObject(refused)
    expect(await open({ host, origin: `http://${host}` })).toMatchObject(refused)
    expect(harness.value('door/a')).toBe('shut')
    for (const path of ['/feed', '/inspect', '/inspect/legacy'])
      expect(await upgrade(path, { host, origin: `http://${host}` })).toMatchObject(refused)
  })
})

describe('a server that others reach', () => {
  it('answers to any name, with the token', async () => {
    await start({ host: '0.0.0.0', token: TOKEN })
    const headers = { host: 'bot.example', authorization: `Bearer ${TOKEN}` }
    expect((await ask('/actors', headers)).status).toBe(200)
    expect(await upgrade('/feed', headers)).toBe('open')
    expect((await open({ ...headers, origin: 'http://bot.example' })).status).toBe(200)
    expect((await open({ ...headers, origin: 'http://other.example' })).code).toBe('ORIGIN_REFUSED')
  })
})

describe('the log of an answer', () => {
  it('is told with each answer, a refusal included, and to senders whom the server knows alone', async () => {
    await start({ token: TOKEN })
    const { logId } = harness.supervisor
    const known = { authorization: `Bearer ${TOKEN}` }
    for (const path of ['/actors', '/actors/door/none', '/health', '/'])
      expect((await ask(path, known)).headers['outcry-log'], path).toBe(logId)
    expect((await open({ ...known })).headers['outcry-log']).toBe(logId)
    for (const path of ['/actors', '/health', '/'])
      expect((await ask(path)).headers['outcry-log'], path).toBeUndefined()
  })
})

describe('a page of another site', () => {
  const image = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }
  it.each<[string, Headers]>([
    ['an image', image],
    ['an image of another port', { ...image, 'sec-fetch-site': 'same-site' }],
    ['a frame', { ...image, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['a window', { ...image, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
  ])('loads nothing by %s', async (_, headers) => {
    await start({ origins: ['http://good.example'] })
    const refused = { status: 403, code: 'SITE_REFUSED' }
    for (const path of ['/events?type=NOSUCH', '/verify', '/page/main.js', '/nowhere'])
      expect(await ask(path, headers)).toMatchObject(refused)
    expect(await ask('/events', { ...headers, referer: 'http://good.example.evil.example/' })).toMatchObject(
      refused,
    )
    expect(await upgrade('/feed', headers)).toMatchObject(refused)
  })

  it('loads its requests when its origin is listed', async () => {
    await start({ origins: ['http://good.example'] })
    expect((await ask('/events', { ...image, referer: 'http://good.example/a' })).status).toBe(200)
    expect((await ask('/events', { ...image, origin: 'http://good.example' })).status).toBe(200)
  })

  it('may link to the page, but not show it in a frame', async () => {
    await start()
    const link = { ...image, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    const { status, headers } = await ask('/', link)
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect((await ask('/', { ...link, 'sec-fetch-dest': 'iframe' })).code).toBe('SITE_REFUSED')
  })

  it.each(['same-origin', 'none'])('is none where the browser says %s', async (site) => {
    await start()
    expect((await ask('/events', { ...image, 'sec-fetch-site': site })).status).toBe(200)
  })
})

it.each(['/health', '/events', '/nowhere'])('tells browsers that %s is no page', async (path) => {
  await start()
  expect((await ask(path)).headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'content-security-policy': expect.stringContaining("default-src 'none'; frame-ancestors 'none'"),
  })
})

describe('a page', () => {
  it.each(['http://127.0.0.1:port', 'http://localhost:port'])(
    'of the server itself (%s) passes',
    async (own) => {
      await start()
      const origin = there(own)
      const headers = { origin, host: origin.replace('http://', '') }
      expect((await open(headers)).status).toBe(200)
      for (const path of ['/feed', '/inspect']) expect(await upgrade(path, headers)).toBe('open')
    },
  )

  it.each([
    'http://evil.example',
    'https://127.0.0.1:port',
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    'http://localhost:port',
    'null',
    '',
  ])('of "%s" is refused', async (other) => {
    await start({ origins: ['http://good.example'] })
    const origin = there(other)
    const refused = { status: 403, code: 'ORIGIN_REFUSED' }
    const answer = await open({ origin })
    expect(answer).toMatchObject(refused)
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect(harness.value('door/a')).toBe('shut')
    expect(await ask('/actors', { origin })).toMatchObject(refused)
    expect(await ask('/actors/door/a/events', { origin }, 'OPTIONS')).toMatchObject(refused)
    for (const path of ['/feed', '/inspect', '/inspect/legacy'])
      expect(await upgrade(path, { origin })).toMatchObject(refused)
  })

  it('of a listed origin passes, and its browser is told so', async () => {
    const origin = 'https://good.example'
    await start({ origins: ['http://other.example', origin], token: TOKEN })
    const asked = { origin, 'access-control-request-method': 'POST' }
    const preflight = await ask('/actors/door/a/events', asked, 'OPTIONS')
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-headers': 'authorization, content-type, idempotency-key, x-request-id',
        vary: 'Origin',
      },
    })
    expect((await open({ origin })).code).toBe('NOT_AUTHORISED')
    const headers = { origin, authorization: `Bearer ${TOKEN}` }
    expect(await open(headers)).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': origin },
    })
    expect(await upgrade('/inspect', headers)).toBe('open')
    expect((await open({ origin: `${origin}.evil.example` })).code).toBe('ORIGIN_REFUSED')
  })
})

describe('a server with a token', () => {
  const cookie = (token: string, at = port) => ({ cookie: `a=1; outcry-${at}=${token}; b=2` })
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

  it.each<[string, () => Headers]>([
    ['in the header', () => bearer(TOKEN)],
    ['in the header, its scheme in small letters', () => ({ authorization: `bearer ${TOKEN}` })],
    ['in the cookie', () => cookie(TOKEN)],
    [
      'in the cookie, behind a proxy that asks for a password',
      () => ({
        ...cookie(TOKEN),
        authorization: 'Basic YTpi',
      }),
    ],
  ])('accepts it %s', async (_, headers) => {
    await start({ token: TOKEN })
    expect((await ask('/actors', headers())).status).toBe(200)
    expect((await ask('/page/main.js', headers())).status).toBe(200)
    expect((await open(headers())).status).toBe(200)
    for (const path of ['/feed', '/inspect']) expect(await upgrade(path, headers())).toBe('open')
  })

  it.each<[string, () => Headers]>([
    ['nothing', () => ({})],
    ['another token', () => bearer(TOKEN.replace('7', '8'))],
    ['half of it', () => bearer(TOKEN.slice(0, -1))],
    ['more of it', () => bearer(`${TOKEN}7`)],
    ['none', () => ({ authorization: 'Bearer ' })],
    ['it by another scheme', () => ({ authorization: `Basic ${TOKEN}` })],
    ["another runner's cookie", () => cookie(TOKEN, port + 1)],
    ['a cookie of another token', () => cookie('x'.repeat(TOKEN.length))],
  ])('refuses %s, for all but its health', async (_, headers) => {
    await start({ token: TOKEN })
    for (const path of [
      '/',
      '/page/main.js',
      '/actors',
      '/events',
      '/metrics',
      '/backup',
      '/verify',
      '/nowhere',
    ]) {
      expect(await ask(path, headers())).toMatchObject({
        status: 401,
        code: 'NOT_AUTHORISED',
        headers: { 'www-authenticate': 'Bearer' },
      })
    }
    expect((await open(headers())).code).toBe('NOT_AUTHORISED')
    expect(harness.value('door/a')).toBe('shut')
    for (const path of ['/feed', '/inspect', '/inspect/legacy'])
      expect(await upgrade(path, headers())).toBe(4401)
    for (const path of ['/health', '/ready']) expect((await ask(path, headers())).status).toBe(200)
  })

  it('gives a page that is opened with it a cookie, and a URL without it', async () => {
    await start({ token: TOKEN })
    const { status, headers } = await ask(`/?token=${TOKEN}`)
    expect([status, headers.location]).toEqual([302, '/'])
    expect(headers['set-cookie']).toEqual([`outcry-${port}=${TOKEN}; Path=/; HttpOnly; SameSite=Strict`])
    const [pair] = headers['set-cookie']?.[0]?.split(';') ?? []
    const page = await ask('/', { cookie: pair as string })
    expect([page.status, page.body.includes(TOKEN)]).toEqual([200, false])
    expect((await ask(`/?token=${TOKEN}`, { cookie: pair as string })).status).toBe(302)
  })

  it.each(['/?token=wrong', '/?token=', `/?token=${TOKEN}&token=${TOKEN}`, `/actors?token=${TOKEN}`])(
    'accepts none in the URL %s',
    async (path) => {
      await start({ token: TOKEN })
      const { status, headers } = await ask(path)
      expect([status, headers['set-cookie']]).toEqual([401, undefined])
      expect(await upgrade(`/feed?token=${TOKEN}`)).toBe(4401)
    },
  )

  it('checks host and origin all the same', async () => {
    await start({ token: TOKEN })
    expect((await ask('/actors', { ...bearer(TOKEN), host: 'evil.example' })).code).toBe('HOST_REFUSED')
    const origin = 'http://evil.example'
    expect((await open({ ...cookie(TOKEN), origin })).code).toBe('ORIGIN_REFUSED')
    expect(await upgrade('/feed', { ...cookie(TOKEN), origin })).toMatchObject({ code: 'ORIGIN_REFUSED' })
  })

  it('reveals it neither in answers nor in its log', async () => {
    await start({ token: TOKEN })
    logged.length = 0
    const answers: unknown[] = []
    for (const path of ['/', '/nowhere', '/events', '/actors', '/%zz']) {
      for (const headers of [{}, bearer(TOKEN), { ...bearer(TOKEN), host: 'evil.example' }]) {
        const { body } = await ask(`${path}?token=${TOKEN}`, headers)
        answers.push(body)
      }
    }
    harness.supervisor.view = () => Promise.reject(new Error('the disk is gone'))
    expect((await ask(`/actors/door/a?seq=&token=${TOKEN}`, bearer(TOKEN))).status).toBe(400)
    expect((await ask('/actors/door/a', bearer(TOKEN))).status).toBe(500)
    answers.push(await upgrade(`/nowhere?token=${TOKEN}`, bearer(TOKEN)))
    expect(JSON.stringify(logged)).toContain('a request failed')
    expect(JSON.stringify([answers, logged, await harness.records()])).not.toContain(TOKEN)
  })
})

describe('a request that offers another protocol than WebSocket', () => {
  const h2c = {
    connection: 'Upgrade, HTTP2-Settings',
    upgrade: 'h2c',
    'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA',
  }

  it('gets the same answer as without the offer', async () => {
    await start()
    for (const path of ['/health', '/actors', '/', '/none']) {
      const [offering, plain] = [await ask(path, h2c), await ask(path)]
      const { date: _, 'keep-alive': __, 'x-request-id': ___, connection, ...headers } = plain.headers
      expect([connection, offering.headers.connection]).toEqual(['keep-alive', 'close'])
      expect(offering, path).toMatchObject({ ...plain, headers })
    }
  })

  it('passes by the same rules', async () => {
    await start({ token: TOKEN })
    expect((await ask('/actors', h2c)).code).toBe('NOT_AUTHORISED')
    expect((await ask('/actors', { ...h2c, authorization: `Bearer ${TOKEN}` })).status).toBe(200)
    expect((await ask('/health', { ...h2c, host: 'evil.example' })).code).toBe('HOST_REFUSED')
    expect((await ask('/health', { ...h2c, origin: 'http://evil.example' })).code).toBe('ORIGIN_REFUSED')
  })

  it('is refused when it has a body, which cannot be read any more', async () => {
    await start()
    expect(await ask('/actors/door/a/events', h2c, 'POST', { type: 'OPEN' })).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
    })
    expect(harness.supervisor.getSnapshot('door/a')).toMatchObject({ value: 'shut' })
  })
})

it('a client that leaves in the middle of its body is not a fault of the server', async () => {
  await start()
  logged.length = 0
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const head =
    'POST /actors/door/a/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{'
  socket.write(head)
  socket.destroy()
  await once(socket, 'close')
  // The server notices the end of that connection before it handles this one.
  expect((await ask('/health')).status).toBe(200)
  await api.close()
  expect(logged).toEqual([])
})

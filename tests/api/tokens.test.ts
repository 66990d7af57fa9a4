/** Tests tokens with names: what each may do, and how they change while the server runs. Over real sockets. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { setup } from 'xstate'
import { bearerProtocols } from '../../src/api/contract/bearer.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import type { NamedToken } from '../../src/api/server-fields.ts'
import { openTokens } from '../../src/api/tokens.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { type Answer, ask as askAt, type Headers, say, upgrade as upgradeAt } from './asking.ts'

const SINGLE = 'correct.horse_battery~staple-7'
const READ = 'read.horse_battery~staple-1'
const CONTROL = 'control.horse_battery~staple-2'
const NEXT = 'control.horse_battery~staple-3'
const SECRETS = [SINGLE, READ, CONTROL, NEXT]

const door = setup({}).createMachine({
  id: 'door',
  initial: 'shut',
  states: { shut: { on: { OPEN: 'open' } }, open: { on: { SHUT: 'shut' } } },
})

const folder = mkdtempSync(join(tmpdir(), 'outcry-tokens-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = (name: string) => join(folder, name)
const write = (name: string, ...tokens: readonly string[]) =>
  writeFileSync(path(name), tokens.join('\n'), { mode: 0o600 })

let harness: Harness
let api: ApiServer
let port: number
const logged: unknown[] = []
const note = (...line: unknown[]) => void logged.push(line.map(said))
const said = (value: unknown): unknown =>
  value instanceof Error
    ? [value.message, value.stack]
    : JSON.stringify(value, (_, of) => (of instanceof Error ? said(of) : of))

const NAMED: readonly NamedToken[] = [
  { name: 'screen', access: 'read', file: path('screen') },
  { name: 'ann', access: 'control', file: path('ann') },
]

async function start(token?: string, tokens = NAMED): Promise<void> {
  write('screen', READ)
  write('ann', CONTROL)
  logged.length = 0
  harness = new Harness()
  await harness.open({ machines: { door } })
  await harness.supervisor.spawn('door', 'a')
  const logger = { debug: note, info: note, warn: note, error: note }
  const limits = { pingMs: 400 }
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, token, tokens, limits }, logger)
  port = Number(new URL(api.url).port)
}
afterEach(async () => {
  await api?.close()
  await harness?.supervisor.stop()
})

const ask = (to: string, ...asked: [headers?: Headers, method?: string, body?: object]) =>
  askAt(port, to, ...asked)
const upgrade = (to: string, headers?: Headers) => upgradeAt(port, to, headers)
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const cookie = (token: string) => ({ cookie: `outcry-${port}=${token}` })
const post = (type: string, headers?: Headers) => ask('/actors/door/a/events', headers, 'POST', { type })
const refused = { status: 403, code: 'ACCESS_REFUSED' }
const unknown = { status: 401, code: 'NOT_AUTHORISED' }

describe('a token that reads', () => {
  it('reads everything, also the feed, the inspection and a backup', async () => {
    await start()
    const paths = [
      '/',
      '/health',
      '/actors',
      '/actors/door/a',
      '/events',
      '/verify',
      '/backup',
      '/openapi.json',
    ]
    for (const to of paths) expect([to, (await ask(to, bearer(READ))).status]).toEqual([to, 200])
    expect((await ask('/actors', bearer(READ), 'HEAD')).status).toBe(200)
    for (const to of ['/feed', '/inspect']) expect(await upgrade(to, bearer(READ))).toBe('open')
  })

  it.each<[string, () => Headers]>([
    ['in the header', () => bearer(READ)],
    ['in the cookie', () => cookie(READ)],
  ])('changes nothing: %s', async (_, headers) => {
    await start()
    const answer = await post('OPEN', headers())
    expect(answer).toMatchObject(refused)
    expect(answer.body).toContain('the token of screen')
    expect(await ask('/actors/door/a/release', headers(), 'POST', {})).toMatchObject(refused)
    for (const method of ['PUT', 'PATCH', 'DELETE', 'POST'])
      for (const to of ['/actors/door/a', '/nowhere', '/']) {
        expect(await ask(to, headers(), method)).toMatchObject(refused)
      }
    expect(harness.value('door/a')).toBe('shut')
  })

  it('is not believed to be more because a header says so', async () => {
    await start()
    const override = { ...bearer(READ), 'x-http-method-override': 'GET', 'x-original-method': 'POST' }
    expect(await post('OPEN', override)).toMatchObject(refused)
    // A body of a GET is no command.
    expect((await ask('/actors/door/a/events', override, 'GET', { type: 'OPEN' })).status).not.toBe(200)
    expect(harness.value('door/a')).toBe('shut')
  })

  it('gives the page a cookie that reads', async () => {
    await start()
    const { headers } = await ask(`/?token=${READ}`)
    const [pair] = headers['set-cookie']?.[0]?.split(';') ?? []
    expect((await ask('/actors', { cookie: pair as string })).status).toBe(200)
    expect(await post('OPEN', { cookie: pair as string })).toMatchObject(refused)
  })
})

it('a link on another site gives the page a token, but never another one than it has', async () => {
  await start()
  const link = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  const sites = ['cross-site', 'same-site', 'none', 'same-origin', undefined]
  for (const [has, sets] of [
    [{}, [1, 1, 1, 1, 1]],
    [cookie(CONTROL), [0, 0, 1, 1, 1]],
    [cookie(NEXT), [1, 1, 1, 1, 1]],
  ] as const) {
    const given: unknown[] = []
    for (const site of sites) {
      const from: Headers = site === undefined ? {} : { ...link, 'sec-fetch-site': site }
      const { status, headers } = await ask(`/?token=${READ}`, { ...has, ...from })
      expect([status, headers.location]).toEqual([302, '/'])
      given.push(headers['set-cookie']?.length ?? 0)
    }
    expect(given).toEqual(sets)
  }
})

it('a token that controls acts, and so does the single one beside it', async () => {
  await start(SINGLE)
  expect((await post('OPEN', bearer(CONTROL))).status).toBe(200)
  expect((await post('SHUT', bearer(SINGLE))).status).toBe(200)
  expect((await post('OPEN', cookie(CONTROL))).status).toBe(200)
  expect(await post('SHUT', bearer(NEXT))).toMatchObject(unknown)
})

describe('a request with several tokens', () => {
  it('has the one of its header, whatever the cookie and the URL say', async () => {
    await start()
    expect(await post('OPEN', { ...bearer(READ), ...cookie(CONTROL) })).toMatchObject(refused)
    expect(await ask('/actors', { ...bearer(NEXT), ...cookie(CONTROL) })).toMatchObject(unknown)
    expect(await ask(`/actors?token=${CONTROL}`, bearer(NEXT))).toMatchObject(unknown)
    const both = { 'sec-websocket-protocol': bearerProtocols(NEXT).join(', '), ...cookie(CONTROL) }
    expect(await ask('/actors', both)).toMatchObject(unknown)
    expect((await post('OPEN', { ...bearer(CONTROL), ...cookie(READ) })).status).toBe(200)
  })

  it('has none when it has two headers', async () => {
    await start()
    const head = ['GET /actors HTTP/1.1', 'Host: 127.0.0.1']
    expect(await say(port, ...head, `Authorization: Bearer ${CONTROL}`)).toMatch(/^HTTP\/1\.1 200/)
    for (const other of [NEXT, READ, CONTROL]) {
      const two = [`Authorization: Bearer ${CONTROL}`, `authorization: Bearer ${other}`]
      for (const headers of [two, two.toReversed()])
        expect(await say(port, ...head, ...headers)).toMatch(/^HTTP\/1\.1 401/)
    }
    expect(await say(port, ...head, `Authorization: Bearer ${CONTROL}, Bearer ${READ}`)).toMatch(
      /^HTTP\/1\.1 401/,
    )
  })

  it('has the one of its first cookie', async () => {
    await start()
    const two = { cookie: `${cookie(READ).cookie}; ${cookie(CONTROL).cookie}` }
    expect(await post('OPEN', two)).toMatchObject(refused)
  })
})

it('a request that names two hosts is refused', async () => {
  await start()
  const head = ['GET /actors HTTP/1.1', `Authorization: Bearer ${CONTROL}`]
  for (const hosts of [
    ['127.0.0.1', 'evil.example'],
    ['evil.example', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
  ]) {
    const answer = await say(port, ...head, ...hosts.map((host) => `Host: ${host}`))
    expect(answer).toMatch(/^HTTP\/1\.1 40[03]/)
    expect(answer).not.toContain('door/a')
  }
})

describe('a token file that changes', () => {
  it('counts from the next request on', async () => {
    await start()
    expect((await ask('/actors', bearer(CONTROL))).status).toBe(200)
    write('ann', CONTROL, NEXT)
    for (const token of [CONTROL, NEXT]) expect((await post('OPEN', bearer(token))).status).not.toBe(401)
    write('ann', NEXT)
    expect(await ask('/actors', bearer(CONTROL))).toMatchObject(unknown)
    expect((await ask('/actors', bearer(NEXT))).status).toBe(200)
    expect((await ask('/actors', bearer(READ))).status).toBe(200)
  })

  it('lets nobody in while it is lost or wrong, and says so once in the log', async () => {
    await start()
    rmSync(path('ann'))
    for (let n = 0; n < 3; n++) expect(await ask('/actors', bearer(CONTROL))).toMatchObject(unknown)
    const faults = logged.filter((line) => JSON.stringify(line).includes('ENOENT'))
    expect(faults).toHaveLength(1)
    write('ann', CONTROL)
    expect((await ask('/actors', bearer(CONTROL))).status).toBe(200)
  })

  it('closes the sockets of the tokens that it has no more, and no others', async () => {
    await start()
    write('ann', CONTROL, NEXT)
    const open = async (to: string, token: string) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${to}`, { headers: bearer(token) })
      await once(socket, 'message')
      return socket
    }
    const [kept, other] = [await open('/feed', NEXT), await open('/inspect', READ)]
    const gone = [await open('/feed', CONTROL), await open('/inspect', CONTROL)]
    const ends = gone.map((socket) => once(socket, 'close'))
    write('ann', NEXT)
    for (const end of ends) {
      const [code, reason] = await end
      expect([code, String(reason)]).toEqual([4401, 'the token was removed'])
    }
    for (const socket of [kept, other]) {
      expect(socket.readyState).toBe(WebSocket.OPEN)
      socket.close()
    }
  })

  it('does not end a request that has begun', async () => {
    await start()
    const { view } = harness.supervisor
    let answers: () => void = () => {}
    const isAsked = new Promise<void>((resolve) => {
      harness.supervisor.view = async (...of) => {
        resolve()
        await new Promise<void>((go) => {
          answers = go
        })
        return view.apply(harness.supervisor, of)
      }
    })
    const answer = ask('/actors/door/a', bearer(CONTROL))
    await isAsked
    write('ann', NEXT)
    expect(await ask('/actors', bearer(CONTROL))).toMatchObject(unknown)
    answers()
    expect((await answer).status).toBe(200)
  })
})

describe('the tokens of a server', () => {
  const env = { SCREEN_TOKEN: READ, SHORT: 'secret' }
  const ofEnv = (variable: string, name = 'screen'): NamedToken => ({ name, access: 'read', env: variable })
  it.each<[string, readonly NamedToken[], string, string]>([
    ['a variable that is not set', [ofEnv('NONE')], 'server.tokens.0.env', 'NONE is not set'],
    ['a short token', [ofEnv('SCREEN_TOKEN'), ofEnv('SHORT')], 'server.tokens.1.env', 'at least 16'],
    [
      'a file that is not there',
      [{ ...NAMED[1], file: path('none') } as NamedToken],
      'server.tokens.0.file',
      'ENOENT',
    ],
    [
      'the same token for two names',
      [ofEnv('SCREEN_TOKEN'), ofEnv('SCREEN_TOKEN', 'ann')],
      'server.tokens',
      'ann have the same',
    ],
  ])('are not %s', (_, tokens, field, text) => {
    let fault: unknown
    try {
      openTokens({ tokens }, undefined, env)
    } catch (error) {
      fault = error
    }
    expect(fault).toMatchObject({ code: 'TOKEN_INVALID', issues: [{ field }] })
    expect(String(fault)).toContain(text)
    for (const secret of Object.values(env))
      expect(JSON.stringify(fault) + String(fault)).not.toContain(secret)
  })

  it('may be several of one name, and of the environment', () => {
    const tokens = openTokens({ token: SINGLE, tokens: [ofEnv('A'), ofEnv('B')] }, undefined, {
      A: READ,
      B: NEXT,
    })
    expect([SINGLE, READ, NEXT, CONTROL].map((token) => tokens?.find(token)?.name)).toEqual([
      'operator',
      'screen',
      'screen',
      undefined,
    ])
  })

  it('are in no answer, no frame, no record and no line of the log', async () => {
    await start(SINGLE)
    const answers: (Answer | number | string)[] = []
    for (const token of SECRETS) {
      for (const headers of [bearer(token), cookie(token), { ...bearer(token), host: 'evil.example' }]) {
        for (const to of ['/', '/actors', '/events', '/nowhere', '/%zz'])
          answers.push((await ask(`${to}?token=${token}`, headers)).body)
        answers.push(await post('OPEN', headers), await post('NONE', headers))
        answers.push(await upgrade(`/nowhere?token=${token}`, headers))
      }
    }
    const inspector = new WebSocket(`ws://127.0.0.1:${port}/inspect`, { headers: bearer(READ) })
    const frames: string[] = []
    inspector.on('message', (data) => frames.push(String(data)))
    await once(inspector, 'message')
    await post('SHUT', bearer(CONTROL))
    await eventually(() => expect(frames.join()).toContain('SHUT'))
    inspector.close()
    write('ann', 'a-short-one')
    expect(await ask('/actors', bearer(CONTROL))).toMatchObject(unknown)
    harness.supervisor.view = () => Promise.reject(new Error('the disk is gone'))
    expect((await ask(`/actors/door/a?seq=&token=${READ}`, bearer(READ))).status).toBe(400)
    expect((await ask('/actors/door/a', bearer(READ))).status).toBe(500)
    expect(JSON.stringify(logged)).toContain('a request failed')
    const everything = JSON.stringify([answers, frames, logged, await harness.records()])
    for (const secret of [...SECRETS, 'a-short-one']) expect(everything).not.toContain(secret)
  })
})

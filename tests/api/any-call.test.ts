/**
 * Tests that a runner that trades withstands anything that is made from its own documents: any request of any route, with
 * any command of any kind, and any frame of any channel. What it answers is held against the documents by
 * tests/by-contract.
 */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { machines } from '../../machines/index.ts'
import { createClient } from '../../src/client/index.ts'
import type { Logger } from '../../src/runtime/logger.ts'
import { howMany, SEED } from '../seeded.ts'
import {
  type AsyncApi,
  type OpenApi,
  type Request,
  requestsOf,
  type Session,
  sessionsOf,
} from './fuzzing/requests.ts'
import { type Words, wordsIn } from './fuzzing/values.ts'
import { type Running, startTrading } from './running.ts'

const REQUESTS = howMany('CALLS', 500)
const SESSIONS = howMany('SESSIONS', 40)
const AT_ONCE = 10
/** Requests and sessions of one runner. Many of them read its log, which grows. */
const OF_A_RUNNER = 1_000

const token = 'a-token-that-no-answer-has'
const faults: unknown[] = []
const note = (details: object, message: string) => void faults.push([message, details])
const logger: Logger = { debug() {}, info() {}, warn() {}, error: note }

let running: Running
let openApi: OpenApi
let asyncApi: AsyncApi
let words: Words

async function start(): Promise<void> {
  running = await startTrading({ token }, logger)
  const client = createClient({ url: running.url, token })
  openApi = (await client.ask('openapi')) as unknown as OpenApi
  asyncApi = (await client.ask('asyncapi')) as unknown as AsyncApi
  const order = { clOrdId: 'sim:mine-1', venue: 'sim', symbol: 'BTCUSDT', side: 'BUY', ordType: 'MARKET' }
  await client.send('account/sim', {
    type: 'ORDER_REQUEST',
    ...order,
    orderQty: '0.01',
    timeInForce: 'GTC',
    refPx: '61000',
  })
  const { actors } = await client.ask('actors', { query: { limit: 1_000 } })
  const { events } = await client.events({ tail: 100 })
  const { records } = await client.ask('history', {
    params: { address: 'account/sim' },
    query: { limit: 100 },
  })
  words = wordsIn(
    [
      actors,
      events,
      records,
      actors.map(({ address }) => ({ id: address.split('/')[1] })),
      // A kind that has no actor yet may get one by a command.
      ['list/sim:mine-2', 'list/sim:mine-3', 'news/main', 'order/sim:mine-1'].map((address) => ({ address })),
    ],
    [
      ...Object.values(machines).flatMap(({ commands }) => commands),
      ...['events.>', 'transitions.order.*', 'events.market_tick.sim.BTCUSDT', 'events.*.sim.*', 'order/*'],
      ...['sim:mine-2', 'ann', '0.01', '60000', '1', '-1', '5', '2026-11-27T09:00:00Z', 's1', 's2'],
    ],
    // A person may stop the server. Its clients would get no answer.
    ['server', 'component/server'],
  )
}
// A failed test may have left one.
afterEach(() => running.stop().catch(() => {}))

/** Plays as many of the calls as `count` says, `AT_ONCE` at a time, at one runner after the other. */
async function play<T>(
  count: number,
  made: () => fc.Arbitrary<T>,
  check: (calls: readonly T[]) => Promise<void>,
): Promise<void> {
  for (let done = 0; done < count; done += OF_A_RUNNER) {
    await start()
    const many = fc.array(made(), { minLength: AT_ONCE, maxLength: AT_ONCE })
    const numRuns = Math.ceil(Math.min(OF_A_RUNNER, count - done) / AT_ONCE)
    await fc.assert(fc.asyncProperty(many, check), { numRuns, seed: SEED + done })
    expect(faults).toEqual([])
    await stillServes()
    await running.stop()
  }
}

const authorized = { authorization: `Bearer ${token}` }

async function ask({ method, path, headers, body }: Request): Promise<{ status: number; text: string }> {
  const sent = request(`${running.url}`, { method, path, headers: { ...authorized, ...headers } })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const head = JSON.stringify(response.headers)
  return { status: response.statusCode ?? 0, text: `${head}\n${await textOf(response)}` }
}

/** Plays a session, and returns the code by which it ended and what the server sent. */
async function converse({ channel, frames }: Session): Promise<{ code: number; text: string }> {
  const socket = new WebSocket(`${running.url.replace('http', 'ws')}${channel}`, { headers: authorized })
  const parts: string[] = []
  socket.on('message', (data) => parts.push(String(data)))
  socket.on('error', (error) => parts.push(error.message))
  await once(socket, 'open')
  for (const frame of frames) if (socket.readyState === socket.OPEN) socket.send(frame)
  socket.close(1000)
  const [code] = (await once(socket, 'close')) as [number]
  return { code, text: parts.join('\n') }
}

function expectNoLeak(text: string): void {
  expect(text).not.toContain(token)
  expect(text).not.toContain(running.data)
  expect(text).not.toContain(import.meta.dirname)
}

const stillServes = async () => {
  const client = createClient({ url: running.url, token, WebSocket: WebSocket as never })
  expect(await client.ask('health')).toMatchObject({ status: 'ok' })
  expect(await client.ask('verify')).toMatchObject({ problems: [] })
  const { value } = await client.feed({ topics: ['events.market_tick.>'] }).next()
  expect(value).toMatchObject({ type: 'MARKET_TICK' })
}

it(`any request gets an answer below 500 that tells no secret, seed ${SEED}`, async () => {
  const statuses = new Map<string, number>()
  const made = () => requestsOf(openApi, words)
  await play(REQUESTS, made, async (requests) => {
    for (const [i, { status, text }] of (await Promise.all(requests.map(ask))).entries()) {
      expect(status, `${JSON.stringify(requests[i])} ${text.slice(0, 500)}`).toBeLessThan(500)
      expectNoLeak(text)
      const key = `${requests[i]?.method} ${status}`
      statuses.set(key, (statuses.get(key) ?? 0) + 1)
    }
  })
  console.log(JSON.stringify(Object.fromEntries(statuses)))
  // Requests of all sorts are among them, and commands that actors take.
  for (const key of ['GET 200', 'GET 400', 'GET 404', 'POST 200', 'POST 400', 'POST 409'])
    expect([key, statuses.get(key)]).toEqual([key, expect.any(Number)])
})

/** Codes by which a session may end: by the client itself, for what it sent, or for how much. */
const CODES = [1000, 1003, 1007, 1009, 4400, 4408]

it(`any frames leave the feed and the inspection in order, seed ${SEED}`, async () => {
  const codes = new Map<number, number>()
  let sent = 0
  const made = () => sessionsOf(asyncApi, words)
  await play(SESSIONS, made, async (sessions) => {
    for (const [i, { code, text }] of (await Promise.all(sessions.map(converse))).entries()) {
      expect(CODES, JSON.stringify(sessions[i])).toContain(code)
      expectNoLeak(text)
      codes.set(code, (codes.get(code) ?? 0) + 1)
      sent += sessions[i]?.frames.length ?? 0
    }
  })
  console.log(sent, JSON.stringify(Object.fromEntries(codes)))
  for (const code of [1000, 4400]) expect([code, codes.get(code)]).toEqual([code, expect.any(Number)])
})

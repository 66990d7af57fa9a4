/** Tests answers that no runner gives: of proxies, of later versions, and of connections that are cut. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../../src/client/index.ts'

let answer: RequestListener
let server: Server
let client: Client

beforeEach(async () => {
  server = createServer((request, response) => answer(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  client = createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

const answers = (body: unknown, status = 200) => {
  answer = (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

const SUMMARY = {
  address: 'order/o-1',
  kind: 'order',
  machine: 'order@1',
  version: '1',
  path: [],
  status: 'active',
  value: 'open',
  tags: [],
  rev: 3,
  seq: 9,
  at: 1_000,
}
const VIEW = { ...SUMMARY, context: {}, children: [], timers: [] }
const RECORD = {
  seq: 9,
  rev: 3,
  actor: 'order/o-1',
  at: 1_000,
  event: { type: 'A' },
  from: 'open',
  to: 'open',
  cause: null,
  correlation: 'c',
  machine: 'order@1',
  turn: 9,
}

async function all(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of items) if (++count > 10_000) break
  return count
}

describe('an answer', () => {
  it.each<[string, unknown]>([
    ['of a proxy, in HTML', '<html>Sign in</html>'],
    ['that is empty', ''],
    ['that ends early', '{"status":"ok","version"'],
  ])('is named as not JSON: %s', async (_, body) => {
    answers(body)
    await expect(client.ask('health')).rejects.toMatchObject({
      code: 'ANSWER_INVALID',
      message: expect.stringContaining('is not JSON'),
    })
  })

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a list', []],
    ['an object of other keys', { hello: 'world' }],
    ['a field of another type', { ...VIEW, rev: '3' }],
    ['a view with a field out of its bounds', { ...VIEW, status: 'asleep' }],
    ['a view with an invalid error', { error: 'no' }],
  ])('that is %s is refused with the fault', async (_, body) => {
    answers(body)
    await expect(client.actor('order/o-1')).rejects.toMatchObject({
      code: 'ANSWER_INVALID',
      issues: expect.arrayContaining([{ field: expect.any(String), rule: expect.any(String) }]),
    })
  })

  it('may have keys of a later version, which it keeps', async () => {
    answers({ ...VIEW, later: { of: 'a later version' } })
    expect(await client.actor('order/o-1')).toEqual({ ...VIEW, later: { of: 'a later version' } })
  })

  it('is not a refusal when it shows an actor that ended with an error', async () => {
    const ended = {
      ...VIEW,
      status: 'error',
      error: { name: 'Error', message: 'no such file', code: 'ENOENT' },
    }
    answers(ended)
    expect(await client.actor('order/o-1')).toEqual(ended)
  })

  it('is a refusal when it began with 200 and ends as a refusal', async () => {
    answers({ code: 'STORE_CORRUPT', detail: 'commit 7', hint: 'Run the doctor.', issues: [] })
    await expect(client.ask('verify')).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      hint: 'Run the doctor.',
    })
  })

  it.each([301, 302, 307, 308])(
    'is not followed when it redirects (%s): nothing is sent twice',
    async (status) => {
      const asked: (string | undefined)[] = []
      answer = (request, response) => {
        asked.push(`${request.method} ${request.url}`)
        response.writeHead(status, { location: '/elsewhere' }).end()
      }
      await expect(client.send('order/o-1', { type: 'A' })).rejects.toMatchObject({
        code: 'RUNNER_UNREACHABLE',
        message: expect.stringContaining('is not a runner'),
      })
      expect(asked).toEqual(['POST /actors/order%2Fo-1/events'])
    },
  )

  it('is reported as cut off when it is cut off', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"status":')
      setImmediate(() => response.destroy())
    }
    await expect(client.ask('health')).rejects.toMatchObject({
      code: 'RUNNER_UNREACHABLE',
      message: expect.stringContaining('ended too early'),
    })
  })

  it.each(['before it begins', 'in the middle of it'])(
    'is ended by a signal %s, which is not a fault of a runner',
    async (when) => {
      const ending = new AbortController()
      answer = (_, response) => {
        if (when === 'in the middle of it') response.writeHead(200).write('{"status":')
        setTimeout(() => ending.abort(), 20)
      }
      const error = await client.ask('health', { signal: ending.signal }).catch((thrown: unknown) => thrown)
      expect(ending.signal.aborted).toBe(true)
      expect(error).toBe(ending.signal.reason)
    },
  )
})

describe('a list of many pages', () => {
  it('ends with an error when a page leads back to itself', async () => {
    answers({ actors: [SUMMARY], next: 'order/o-1' })
    await expect(all(client.actors())).rejects.toMatchObject({ code: 'ANSWER_INVALID' })
    answers({ records: [RECORD], next: 3 })
    await expect(all(client.history('order/o-1'))).rejects.toMatchObject({ code: 'ANSWER_INVALID' })
    await expect(all(client.history('order/o-1', { reverse: true }))).rejects.toMatchObject({
      code: 'ANSWER_INVALID',
    })
  })
})

/** Tests that slow answers keep their connection alive, and end like any other. */
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { answerError } from '../../src/api/errors.ts'
import { answerSlowly } from '../../src/api/routes/slow-answer.ts'
import { createClient } from '../../src/client/index.ts'
import { consoleLogger } from '../../src/runtime/logger.ts'
import { OutcryError } from '../../store/index.ts'

let http: FastifyInstance
afterEach(() => http.close())

/** Serves `work` and returns its URL. */
async function serve(work: Promise<object>, everyMs: number): Promise<string> {
  work.catch(() => {})
  http = Fastify()
  http.setErrorHandler((error, request, reply) => answerError(error, request, reply, consoleLogger))
  http.get('/verify', (_request, reply) => answerSlowly(reply, work, everyMs))
  return http.listen({ host: '127.0.0.1', port: 0 })
}

function pending() {
  let resolve: (value: object) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const work = new Promise<object>((done, failed) => {
    resolve = done
    reject = failed
  })
  return { work, resolve, reject }
}

const noRoom = new OutcryError('SCRATCH_FAILED', 'no room in /tmp', 'Make room there.')

const FINE = { commits: 1, records: 1, actors: 1, snapshots: 0, live: 1, problems: [] }

describe('an answer that takes long', () => {
  it('begins before its result is known, and is JSON', async () => {
    const { work, resolve } = pending()
    const response = await fetch(`${await serve(work, 1)}/verify`)
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/json; charset=utf-8',
    ])
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    expect((await reader.read()).value?.[0]).toBe(' '.charCodeAt(0))
    resolve(FINE)
    let rest = ''
    for (let part = await reader.read(); !part.done; part = await reader.read())
      rest += Buffer.from(part.value)
    expect(JSON.parse(rest)).toEqual(FINE)
  })

  it('is a refusal to a client even if it fails after it has begun', async () => {
    const { work, reject } = pending()
    const url = await serve(work, 1)
    const response = await fetch(`${url}/verify`)
    const asked = createClient({ url }).ask('verify')
    reject(noRoom)
    const body = await response.json()
    expect(body).toMatchObject({ code: 'SCRATCH_FAILED', status: 500, detail: 'no room in /tmp' })
    await expect(asked).rejects.toMatchObject({ code: 'SCRATCH_FAILED' })
  })
})

describe('an answer that comes soon', () => {
  it('is like any other', async () => {
    const response = await fetch(`${await serve(Promise.resolve(FINE), 60_000)}/verify`)
    expect([response.status, await response.text()]).toEqual([200, JSON.stringify(FINE)])
  })

  it('has the status of its failure when it fails', async () => {
    const response = await fetch(`${await serve(Promise.reject(noRoom), 60_000)}/verify`)
    expect(response.status).toBe(500)
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMachine } from 'xstate'
import { z } from 'zod'
import { ERRORS } from '../../errors/codes.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { OutcryError } from '../../store/index.ts'
import { Harness } from '../runtime/harness.ts'

let harness: Harness
let api: ApiServer
let logged: { err?: unknown; url?: string }[]

beforeEach(async () => {
  harness = new Harness()
  logged = []
  await harness.open({ machines: { idle: createMachine({}) } })
  const logger = { debug() {}, info() {}, warn() {}, error: (details: object) => void logged.push(details) }
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, logger)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await api.close()
  await harness.supervisor.stop()
})

const zodError = () => z.string().safeParse(1).error as Error
const FAULTS: readonly (readonly [name: string, error: Error, code: string])[] = [
  [
    'of the store',
    new OutcryError('STORE_CORRUPT', 'record 7 is damaged', 'Run outcry doctor.'),
    'STORE_CORRUPT',
  ],
  [
    'of an unknown code',
    Object.assign(new OutcryError('INTERNAL', 'what', 'why'), { code: 'BRAND_NEW' }),
    'BRAND_NEW',
  ],
  ['of a schema within the server', zodError(), 'INTERNAL'],
  ['that claims status 404', Object.assign(new Error('no'), { statusCode: 404 }), 'INTERNAL'],
  ['of no known kind', new TypeError('x is undefined'), 'INTERNAL'],
]

describe('a fault of the server', () => {
  it.each(FAULTS)('gives status 500 and is logged: %s', async (_, error, code) => {
    vi.spyOn(harness.supervisor, 'read').mockImplementation(() => {
      throw error
    })
    const response = await fetch(`${api.url}/events?since=0`)
    const body = (await response.json()) as Record<string, unknown>
    expect([response.status, body.code]).toEqual([500, code])
    expect([typeof body.detail, typeof body.hint]).toEqual(['string', 'string'])
    expect(logged).toEqual([{ err: error, requestId: expect.any(String), url: '/events' }])
  })

  it("does not include a client's wrong request, which is not logged", async () => {
    const response = await fetch(`${api.url}/events?since=yesterday`)
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        type: '/docs#REQUEST_INVALID',
        title: ERRORS.REQUEST_INVALID.about,
        status: 400,
        detail: 'since: must be a number',
        code: 'REQUEST_INVALID',
        hint: 'Change the fields named.',
        issues: [{ field: 'since', rule: 'must be a number' }],
      },
    ])
    expect(logged).toEqual([])
  })
})

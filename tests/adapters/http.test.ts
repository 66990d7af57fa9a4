import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bytesOf, getJson, poll, Refused, reasonOf } from '../../src/adapters/transport/http.ts'

const NOW = Date.parse('2026-01-31T08:00:00Z')
let server: Server | undefined

afterEach(async () => {
  vi.useRealTimers()
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)))
  server = undefined
})

async function answering(status: number, headers: Record<string, string>, body: string): Promise<string> {
  server = createServer((_, response) => response.writeHead(status, headers).end(body))
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
const ask = (url: string) => getJson(url, AbortSignal.timeout(120_000))

describe('a server that refuses', () => {
  it.each([
    ['in seconds', '120', 120_000],
    ['by a date', 'Sat, 31 Jan 2026 08:01:00 GMT', 60_000],
    ['by a date that has passed', 'Sat, 31 Jan 2026 07:59:00 GMT', 0],
    ['in a way that means nothing', 'soon', 0],
    ['longer than a day', '1000000', 86_400_000],
  ])('may say when to come again, %s', async (_, header, retryAfterMs) => {
    const url = await answering(429, { 'retry-after': header }, 'slow down')
    vi.setSystemTime(NOW)
    const refused = await ask(url).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Refused)
    expect(refused).toMatchObject({
      message: 'the server answered 429: slow down',
      body: 'slow down',
      retryAfterMs,
    })
  })

  it('is quoted, but not at any length', async () => {
    const url = await answering(500, {}, 'x'.repeat(10_000))
    await expect(ask(url)).rejects.toThrow(/^the server answered 500: x{200}$/)
  })
})

it('says what lies behind a failure', async () => {
  const url = await answering(200, {}, 'x')
  await new Promise((resolve) => server?.close(resolve))
  server = undefined
  const error = await ask(url).catch((cause: unknown) => cause)
  expect(reasonOf(error)).toMatch(/^fetch failed: .*ECONNREFUSED/)
})

/** What is slept for, in ms: it passes at once. */
const waits = vi.hoisted((): number[] => [])
vi.mock('node:timers/promises', () => ({
  setTimeout: async (ms: number) => {
    waits.push(ms)
  },
}))

describe('polling', () => {
  const no = new Error('no')
  const slow = (seconds: string) =>
    new Refused(new Response('', { status: 429, headers: { 'retry-after': seconds } }))

  /** Asks until there are no answers left; those that are errors are thrown. */
  async function run(answers: (Error | undefined)[]): Promise<string[]> {
    waits.length = 0
    const failures: string[] = []
    const stopped = new AbortController()
    const ask = async () => {
      const answer = answers.shift()
      if (answers.length === 0) stopped.abort()
      if (answer !== undefined) throw answer
    }
    await poll(ask, {
      everyMs: 10_000,
      retryMs: { min: 1_000, max: 3_000 },
      signal: stopped.signal,
      onFailure: (reason) => failures.push(reason),
    })
    return failures
  }

  it('waits longer after each failure in a row, up to a limit, and as ever after an answer', async () => {
    const failures = await run([no, no, no, undefined, no, undefined])
    expect(waits).toEqual([1_000, 2_000, 3_000, 10_000, 1_000, 10_000])
    expect(failures).toEqual([1, 2, 3, 1].map((s) => `no; it is asked again in ${s} s`))
  })

  it('comes no earlier than it was told, and sleeps no longer than timers can', async () => {
    await run([slow('2'), slow('1'), slow('80000'), undefined])
    expect(waits).toEqual([2_000, 2_000, 80_000_000, 10_000])
    const stopped = new AbortController()
    const ask = async () => stopped.abort()
    waits.length = 0
    await poll(ask, {
      everyMs: 1e12,
      retryMs: { min: 1, max: 1 },
      signal: stopped.signal,
      onFailure: () => expect.fail('it was answered'),
    })
    expect(waits).toEqual([2 ** 31 - 1])
  })

  it('that is stopped while it asks says nothing of how that ended', async () => {
    expect(await run([undefined, no])).toEqual([])
    expect(waits).toEqual([10_000])
  })
})

it('an answer is read up to so many bytes', async () => {
  const url = await answering(200, {}, 'x'.repeat(100_000))
  expect((await bytesOf(await fetch(url), 100_000)).length).toBe(100_000)
  await expect(bytesOf(await fetch(url), 99_999)).rejects.toThrow('the answer is longer than 99999 bytes')
})

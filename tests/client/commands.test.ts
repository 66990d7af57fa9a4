/** Tests the commands of a client: their arguments, their keys, and what happens when an answer is lost. */
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { assign, setup } from 'xstate'
import type { Route } from '../../src/api/contract/route.ts'
import { routes } from '../../src/api/contract/routes.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { type AnswerOf, type Client, createClient, type Routes } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'

const TOKEN = '0123456789abcdef'
const counter = setup({ types: {} as { context: { n: number } } }).createMachine({
  context: { n: 0 },
  on: { INC: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
})

let harness: Harness
let api: ApiServer
let client: Client
/** Answers that are lost on their way. */
let lost = 0

beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines: { counter } })
  await harness.supervisor.spawn('counter', 'a')
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, token: TOKEN }, silentLogger)
  lost = 0
  const losing: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (lost === 0) return response
    lost--
    await response.arrayBuffer()
    throw new TypeError('terminated')
  }
  client = createClient({ url: api.url, token: TOKEN, fetch: losing })
})
afterEach(async () => {
  vi.useRealTimers()
  await api.close()
  await harness.supervisor.stop()
})

const keys = async () => (await harness.records()).flatMap(({ key }) => key ?? [])
const letter = async () => {
  await harness.supervisor.send('counter/late', { type: 'INC' }).catch(() => {})
  return (await harness.records()).findLast(({ event }) => event.type === 'DEAD_LETTER')?.seq as number
}

describe('the commands of a client', () => {
  it('are the routes of the contract that change something, and each takes a key', () => {
    const all = Object.entries<Route>(routes).filter(([, { method }]) => method !== 'GET')
    expect(Object.keys(client.commands)).toEqual(all.map(([name]) => name))
    const headers = { 'idempotency-key': 'no key' }
    for (const [, route] of all) expect(route.headers?.safeParse(headers).success).toBe(false)
  })

  it('take the parameters of the path, the body and options, and answer as the contract says', async () => {
    const { commands } = client
    expect(await commands.send('counter/a', { type: 'INC' })).toMatchObject({ duplicate: false })
    expect(await commands.restart('counter/a', { by: 'ann', reason: 'odd' })).toMatchObject({
      address: 'counter/a',
    })
    expect(harness.context('counter/a')).toEqual({ n: 0 })
    expect((await harness.records()).at(-1)?.event).toMatchObject({ by: 'ann', reason: 'odd' })
    const seq = await letter()
    expect(await commands.dropLetter(seq)).toEqual({ seq: expect.any(Number), letter: seq })
    await expect(commands.redeliver(seq)).rejects.toMatchObject({ code: 'LETTER_SETTLED' })
    await expect(commands.release('counter/a')).rejects.toMatchObject({ code: 'ACTOR_NOT_QUARANTINED' })
    await expect(commands.restartComponent('news')).rejects.toMatchObject({ code: 'COMPONENT_UNKNOWN' })
    expect(await commands.stop('counter/a')).toMatchObject({ address: 'counter/a' })

    expectTypeOf(commands.send).parameter(0).toEqualTypeOf<string>()
    expectTypeOf(commands.send).parameter(1).toExtend<{ type: string }>()
    expectTypeOf(commands.dropLetter).parameter(0).toEqualTypeOf<number | string>()
    expectTypeOf(commands.restart).returns.resolves.toEqualTypeOf<AnswerOf<Routes['restart']>>()
    // @ts-expect-error: an event has a type.
    expectTypeOf(commands.send).toBeCallableWith('counter/a', {})
    // @ts-expect-error: reading is no command.
    expectTypeOf(commands).toHaveProperty('health')
  })

  it('have a new key each, or the given one', async () => {
    const { commands } = client
    await commands.send('counter/a', { type: 'INC' })
    await commands.send('counter/a', { type: 'INC' })
    await commands.restart('counter/a', undefined, { key: 'mine' })
    const [first, second, third] = await keys()
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(second).not.toBe(first)
    expect(third).toBe('mine')
    expect(await commands.restart('counter/a', undefined, { key: 'mine' })).toMatchObject({ duplicate: true })
  })

  it('are sent again when their answer is lost, and count once', async () => {
    lost = 1
    expect(await client.commands.send('counter/a', { type: 'INC' })).toMatchObject({ duplicate: true })
    expect(harness.context('counter/a')).toEqual({ n: 1 })
    lost = 1
    const seq = await letter()
    expect(await client.commands.dropLetter(seq)).toMatchObject({ letter: seq, duplicate: true })
    expect(lost).toBe(0)
  })

  it('fail in the end when no answer comes, and at once when they are aborted', async () => {
    let asked = 0
    const silent: typeof fetch = async () => {
      asked++
      throw new TypeError('no route to host')
    }
    const { commands } = createClient({ url: api.url, fetch: silent })
    vi.useFakeTimers()
    const failed = expect(commands.stop('counter/a')).rejects.toMatchObject({ code: 'RUNNER_UNREACHABLE' })
    await vi.advanceTimersByTimeAsync(60_000)
    await failed
    expect(asked).toBe(4)
    const abort = new AbortController()
    const aborted = expect(commands.stop('counter/a', undefined, { signal: abort.signal })).rejects.toThrow(
      'enough',
    )
    await vi.advanceTimersByTimeAsync(1)
    abort.abort(new Error('enough'))
    await aborted
    expect(asked).toBe(5)
  })
})

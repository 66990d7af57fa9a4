/** Tests the client's requests to a real server, and to servers that are not runners. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { type Client, createClient } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { decodeEntries } from '../../store/index.ts'
import { Harness } from '../runtime/harness.ts'

const TOKEN = '0123456789abcdef'

const counter = setup({
  types: {} as {
    context: { n: number }
    events: { type: 'INC' | 'REFUSE' | 'THROW' }
    emitted: { type: 'REFUSED'; text: string }
  },
}).createMachine({
  id: 'counter',
  context: { n: 0 },
  on: {
    INC: { actions: assign({ n: ({ context }) => context.n + 1 }) },
    REFUSE: { actions: emit({ type: 'REFUSED', text: 'never' }) },
    THROW: {
      actions: assign(() => {
        throw new Error('boom')
      }),
    },
  },
})
const kind = { machine: counter, supervision: { strategy: 'quarantine' as const }, refusals: ['REFUSED'] }

let harness: Harness
let api: ApiServer
let client: Client

beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines: { counter: kind, other: kind } })
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, token: TOKEN }, silentLogger)
  client = createClient({ url: api.url, token: TOKEN })
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('a client', () => {
  it('lists actors and records over many pages, from either end', async () => {
    const { supervisor } = harness
    for (let n = 0; n < 1_001; n++) await supervisor.spawn('counter', `c${String(n).padStart(4, '0')}`)
    await supervisor.spawn('other', 'o')
    for (let n = 0; n < 2_000; n++) supervisor.tell('counter/c0000' as never, { type: 'INC' })
    await supervisor.idle()
    const counters = await all(client.actors({ kind: 'counter' }))
    expect(counters.map(({ address }) => address)).toEqual(
      Array.from({ length: 1_001 }, (_, n) => `counter/c${String(n).padStart(4, '0')}`),
    )
    expect((await all(client.actors({ prefix: 'other/' }))).map(({ machine }) => machine)).toEqual([
      'other@1',
    ])
    const revs = async (range?: object) =>
      (await all(client.history('counter/c0000', range))).map(({ rev }) => rev)
    const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1)
    expect(await revs()).toEqual(upTo(2_001))
    expect(await revs({ reverse: true })).toEqual(upTo(2_001).reverse())
    expect(await revs({ fromRev: 1_000, toRev: 1_002 })).toEqual([1_000, 1_001, 1_002])
    expect(await revs({ reverse: true, toRev: 1_000 })).toEqual(upTo(1_000).reverse())
  })

  it('shows an actor as it is and as it was, and returns undefined for an unknown one', async () => {
    await harness.supervisor.spawn('counter', 'history')
    await client.send('counter/history', { type: 'INC' })
    expect(await client.actor('counter/history')).toMatchObject({ rev: 2, context: { n: 1 } })
    expect(await client.actor('counter/history', { rev: 1 })).toMatchObject({ rev: 1, context: { n: 0 } })
    expect(await client.actor('counter/nobody')).toBeUndefined()
    await expect(client.actor('counter/history', { rev: 9 })).rejects.toMatchObject({ code: 'REV_UNKNOWN' })
  })

  it('sends once under a key, and reports refusals with their events', async () => {
    await harness.supervisor.spawn('counter', 'a')
    const first = await client.send('counter/a', { type: 'INC' }, { key: 'k' })
    expect(await client.send('counter/a', { type: 'INC' }, { key: 'k' })).toEqual({
      ...first,
      duplicate: true,
    })
    await expect(client.send('counter/a', { type: 'REFUSE' })).rejects.toMatchObject({
      name: 'OutcryError',
      code: 'COMMAND_REFUSED',
      message: expect.stringContaining('(REFUSED)'),
      issues: [{ field: 'event', rule: 'never' }],
      cause: { code: 'REFUSED', status: 422, seq: first.seq + 1, events: [{ type: 'REFUSED' }] },
    })
    await expect(client.send('counter/a', { type: 'INC', at: 1.5 })).rejects.toMatchObject({
      code: 'EVENT_INVALID',
      issues: [{ field: 'at' }],
    })
  })

  it('releases, and asks any route of the contract', async () => {
    await harness.supervisor.spawn('counter', 'a')
    await harness.supervisor.send('counter/a', { type: 'THROW' }).catch(() => {})
    const { failures } = await client.ask('failures', { query: { actor: 'counter/a', limit: 1 } })
    expect(failures).toMatchObject([{ actor: 'counter/a', message: 'boom' }])
    expect(await client.ask('health')).toMatchObject({ status: 'degraded', quarantined: 1 })
    expect(await client.release('counter/a', { by: 'ann' })).toMatchObject({ address: 'counter/a' })
    expect(await client.ask('health')).toMatchObject({ status: 'ok' })
    expect(await client.ask('verify')).toMatchObject({ problems: [] })
    expect(await client.ask('machine', { params: { address: 'counter/a' } })).toMatchObject({ id: 'counter' })
  })

  it('copies the log', async () => {
    await harness.supervisor.spawn('counter', 'a')
    const bytes = (await client.backup()) as unknown as AsyncIterable<Uint8Array>
    expect((await all(decodeEntries(bytes))).length).toBeGreaterThan(0)
  })

  it('reports a missing token, a silent address, and a server that is not a runner', async () => {
    await expect(createClient({ url: api.url }).events()).rejects.toMatchObject({ code: 'NOT_AUTHORISED' })
    const other = createServer((_, response) => response.writeHead(404).end('<p>nothing</p>'))
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`
    const asked = () => createClient({ url }).events()
    const unreachable = (message: string) => ({ code: 'RUNNER_UNREACHABLE', message })
    const at = url.slice(0, -1)
    await expect(asked()).rejects.toMatchObject(unreachable(`the server at ${at} is not a runner`))
    other.close()
    await once(other, 'close')
    await expect(asked()).rejects.toMatchObject(unreachable(`the runner does not answer at ${at}`))
  })
})

it('the client can be bundled for a browser, without any module of Node', async () => {
  const { errors, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/client/index.ts', import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  })
  expect(errors).toEqual([])
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([])
})

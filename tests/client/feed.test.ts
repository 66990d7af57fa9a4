/** Tests the client's feed with a real server: each item comes once and in order, even when connections break. */
import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { emit, setup } from 'xstate'
import { type ApiOptions, type ApiServer, startApi } from '../../src/api/server.ts'
import { createClient, type FeedItem, type FeedOptions, type FeedStatus } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { SEED, seeded } from '../seeded.ts'

const ALL = ['>']

const tally = setup({
  types: {} as {
    events: { type: 'INC' } | { type: 'TICK' }
    emitted: { type: 'COUNTED' } | { type: 'TWICE' } | { type: 'TICKED' }
  },
}).createMachine({
  id: 'tally',
  on: {
    INC: { actions: [emit({ type: 'COUNTED' }), emit({ type: 'TWICE' })] },
    TICK: { actions: emit({ type: 'TICKED' }) },
  },
})
const kinds = { tally: { machine: tally, classes: { TICKED: 'high-frequency' } } } as const

let harness: Harness
let api: ApiServer

async function start(options: Partial<ApiOptions> = {}): Promise<void> {
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, ...options }, silentLogger)
}

/** Opens a new log that has one actor. */
async function open(id = 'a'): Promise<Harness> {
  const opened = new Harness()
  await opened.open({ machines: kinds })
  await opened.supervisor.spawn('tally', id)
  return opened
}

beforeEach(async () => {
  harness = await open()
  await start()
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

const inc = async (times: number) => {
  for (let n = 0; n < times; n++) harness.supervisor.tell('tally/a' as never, { type: 'INC' })
  await harness.supervisor.idle()
}

/** Returns all publications of the log, in order. */
async function published(): Promise<string[]> {
  const told: string[] = []
  for await (const { seq, emitted = [] } of harness.supervisor.read())
    told.push(...emitted.map(({ type }) => `${seq} ${type}`), `${seq} record`)
  return told
}

const textOf = (item: FeedItem) => `${item.seq} ${'record' in item ? 'record' : item.type}`

/** Takes this many items. */
async function take(feed: AsyncIterable<FeedItem>, count: number): Promise<string[]> {
  const taken: string[] = []
  for await (const item of feed) if (taken.push(textOf(item)) === count) break
  return taken
}

const feedOf = (options: FeedOptions, url = api.url) => createClient({ url, WebSocket }).feed(options)

describe('a feed', () => {
  it.each([undefined, 0, 5])(
    'yields the past, and goes on with the present (batches of %s ms)',
    async (batchMs) => {
      await inc(20)
      const feed = feedOf({ topics: ALL, since: 0, batchMs })
      const past = await published()
      const taken: string[] = []
      for await (const item of feed) {
        if (taken.push(textOf(item)) === past.length) await inc(20)
        if (taken.length === past.length + 60) break
      }
      expect(taken).toEqual(await published())
    },
  )

  it('yields the given number of last items', async () => {
    await inc(20)
    expect(await take(feedOf({ topics: ['events.>'], tail: 3 }), 3)).toEqual([
      '21 TWICE',
      '22 COUNTED',
      '22 TWICE',
    ])
  })

  it('reports the state of its connection', async () => {
    const told: FeedStatus[] = []
    const ending = new AbortController()
    const feed = feedOf({
      topics: ALL,
      since: 0,
      signal: ending.signal,
      onStatus: (status) => told.push(status),
    })
    const end = take(feed, Number.POSITIVE_INFINITY)
    await eventually(() => expect(told.at(-1)).toEqual({ status: 'caughtUp', seq: 2 }))
    expect(told.map(({ status }) => status)).toEqual(['connecting', 'open', 'caughtUp'])
    ending.abort()
    expect(await end).toEqual(await published())
  })
})

describe('a feed whose connections end', () => {
  /** Makes a proxy that passes this many of the server's bytes on each connection, and then cuts it. */
  async function cutter(bytes: () => number): Promise<{ url: string; server: Server; cuts: () => number }> {
    let cuts = 0
    const server = createServer((socket: Socket) => {
      const { port } = new URL(api.url)
      const behind = connectTcp(Number(port), '127.0.0.1')
      let left = bytes()
      for (const one of [socket, behind]) one.on('error', () => {})
      socket.on('data', (data) => behind.write(data))
      socket.on('close', () => behind.destroy())
      behind.on('close', () => socket.destroy())
      behind.on('data', (data: Buffer) => {
        socket.write(data.subarray(0, left))
        left -= data.length
        if (left > 0) return
        cuts++
        behind.destroy()
        socket.destroySoon()
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, cuts: () => cuts }
  }

  it.each([
    { batchMs: undefined, records: 60, least: 3_000, most: 12_000 },
    // A batch is 64 KiB, and a batch that is cut has not arrived.
    { batchMs: 0, records: 1_000, least: 70_000, most: 130_000 },
  ])(
    `yields everything once and in order, wherever they are cut (seed ${SEED}, batches of $batchMs ms)`,
    async ({ batchMs, records, least, most }) => {
      const random = seeded(SEED)
      const { url, server, cuts } = await cutter(() => least + Math.floor(random() * (most - least)))
      await inc(records)
      const told = await published()
      expect(await take(feedOf({ topics: ALL, since: 0, batchMs }, url), told.length)).toEqual(told)
      expect(cuts()).toBeGreaterThan(2)
      server.close()
    },
  )

  it('begins at the requested place, even when the server goes before anything comes', async () => {
    const { port } = new URL(api.url)
    const told: string[] = []
    const feed = feedOf({ topics: ['events.>'], onStatus: ({ status }) => told.push(status) })
    const first = feed.next()
    await eventually(() => expect(told).toContain('caughtUp'))
    await api.close()
    await inc(2)
    await start({ port: Number(port) })
    expect(textOf((await first).value as FeedItem)).toBe('3 COUNTED')
    expect(await take(feed, 3)).toEqual(['3 TWICE', '4 COUNTED', '4 TWICE'])
    expect(told.filter((status) => status === 'waiting').length).toBeGreaterThan(0)
  })

  it('closes a connection when too many items wait, and misses nothing', async () => {
    const sockets: WebSocket[] = []
    class Counted extends WebSocket {
      constructor(url: string) {
        super(url)
        sockets.push(this)
      }
    }
    await inc(4_000)
    const told = await published()
    const feed = createClient({ url: api.url, WebSocket: Counted }).feed({ topics: ALL, since: 0 })
    const taken = [textOf((await feed.next()).value as FeedItem)]
    await eventually(() => expect(sockets[0]?.readyState).toBe(WebSocket.CLOSED))
    taken.push(...(await take(feed, told.length - 1)))
    expect(taken).toEqual(told)
    expect(sockets).toHaveLength(2)
  })
})

describe('a feed that cannot go on', () => {
  /** Returns the error that ends a feed. */
  const endOf = (feed: AsyncIterable<FeedItem>) =>
    take(feed, Number.POSITIVE_INFINITY).then(
      () => undefined,
      (error: unknown) => error,
    )

  it.each([
    ['a shorter log', async () => open()],
    [
      'another log, of other records',
      async () => {
        const other = await open('other')
        for (let n = 0; n < 9; n++) await other.supervisor.spawn('tally', `b${n}`)
        return other
      },
    ],
  ])('ends with an error when there is %s in the place of its own', async (_, exchange) => {
    await inc(5)
    const { port } = new URL(api.url)
    const feed = feedOf({ topics: ALL, since: 0 })
    expect(await take2(feed, (await published()).length)).toEqual(await published())
    await api.close()
    await harness.supervisor.stop()
    harness = await exchange()
    await start({ port: Number(port) })
    expect(await endOf(feed)).toMatchObject({ code: 'SEQ_LOST' })
  })

  it('ends with an error when another log is there, although its last item may be left out', async () => {
    const { port } = new URL(api.url)
    const feed = feedOf({ topics: ['events.ticked.>'], since: 0 })
    await harness.supervisor.send('tally/a', { type: 'TICK' })
    expect(await take2(feed, 1)).toEqual(['3 TICKED'])
    await api.close()
    await harness.supervisor.stop()
    harness = await open()
    for (let n = 0; n < 9; n++) await harness.supervisor.send('tally/a', { type: 'TICK' })
    await start({ port: Number(port) })
    expect(await endOf(feed)).toMatchObject({ code: 'SEQ_LOST' })
  })

  /** Does as `take`, for a feed that goes on. */
  async function take2(feed: AsyncGenerator<FeedItem, void, void>, count: number): Promise<string[]> {
    const taken: string[] = []
    while (taken.length < count) taken.push(textOf((await feed.next()).value as FeedItem))
    return taken
  }

  it.each<[string, FeedOptions, string]>([
    ['a topic that can have nothing', { topics: ['nothing'] }, 'SUBSCRIPTION_UNMATCHED'],
    ['a place beyond the log', { topics: ALL, since: 99 }, 'SEQ_UNKNOWN'],
  ])('is refused %s', async (_, options, code) => {
    expect(await endOf(feedOf(options))).toMatchObject({ code })
  })

  it('is refused without the token, and admitted with it', async () => {
    await api.close()
    await start({ token: '0123456789abcdef' })
    expect(await endOf(feedOf({ topics: ALL }))).toMatchObject({ code: 'NOT_AUTHORISED' })
    const client = createClient({ url: api.url, WebSocket, token: '0123456789abcdef' })
    expect(await take(client.feed({ topics: ALL, since: 0 }), 2)).toHaveLength(2)
  })

  it('says why the server refuses to speak to a page', async () => {
    const headers = { origin: 'http://elsewhere.example' }
    class OfPage extends WebSocket {
      constructor(url: string) {
        super(url, { headers })
      }
    }
    const ofPage: typeof fetch = (input, init) => fetch(input, { ...init, headers })
    const client = createClient({ url: api.url, WebSocket: OfPage, fetch: ofPage })
    expect(await endOf(client.feed({ topics: ALL }))).toMatchObject({ code: 'ORIGIN_REFUSED' })
  })

  it('ends without an error by its signal, even while it waits for a server', async () => {
    const ending = new AbortController()
    await api.close()
    const onStatus = ({ status }: FeedStatus) => {
      if (status === 'waiting') ending.abort()
    }
    expect(await endOf(feedOf({ topics: ALL, signal: ending.signal, onStatus }))).toBeUndefined()
    await start()
  })
})

import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { assign, emit, setup } from 'xstate'
import { z } from 'zod'
import { eventEnvelope } from '../../src/api/contract/envelope.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { matches, parsePattern } from '../../src/runtime/events/patterns.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'

const tally = setup({
  types: {} as { context: { n: number }; events: { type: 'INC' } | { type: 'REST' } },
}).createMachine({
  id: 'tally',
  context: { n: 0 },
  initial: 'busy',
  states: {
    busy: {
      on: {
        INC: {
          actions: [
            assign({ n: ({ context }) => context.n + 1 }),
            emit(({ context }) => ({ type: 'COUNTED', n: context.n, venue: 'sim', symbol: 'BTC' })),
          ],
        },
        REST: { target: 'resting', actions: emit(() => ({ type: 'RESTED', severity: 'warning' })) },
      },
    },
    resting: {},
  },
})
const machines = { tally: { machine: tally, events: z.looseObject({ type: z.enum(['INC', 'REST']) }) } }
let harness: Harness
let api: ApiServer

beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines })
  await harness.supervisor.spawn('tally', 'a')
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

const inc = async (times: number) => {
  for (let i = 0; i < times; i++) harness.supervisor.tell('tally/a' as never, { type: 'INC' })
  await harness.supervisor.idle()
}

interface Events {
  seq: number
  events: { seq: number; event: { type: string; n: number } }[]
}

const get = async <T = unknown>(path: string) => {
  const response = await fetch(`${api.url}${path}`)
  return { status: response.status, body: (await response.json()) as T }
}

describe('HTTP', () => {
  it('shows the health of the runner', async () => {
    expect((await get('/health')).body).toMatchObject({ status: 'ok', seq: 2, epoch: 1, unsettledIntents: 0 })
  })

  it('counts the refused market messages by reason', async () => {
    await api.close()
    const refused = { PRICE: 1 }
    const options = { host: '127.0.0.1', port: 0, refused: () => refused }
    api = await startApi(harness.supervisor, options, silentLogger)
    expect((await get('/health')).body).toMatchObject({ status: 'ok', refused: { PRICE: 1 } })
    refused.PRICE++
    expect((await get('/health')).body).toMatchObject({ refused: { PRICE: 2 } })
  })

  it('lists actors page by page, and shows one, its past, its history and its machine', async () => {
    await inc(3)
    await harness.supervisor.spawn('tally', 'b')
    const first = await get<{ actors: { address: string }[]; next: string }>('/actors?limit=2')
    expect(first.body.actors.map((a) => a.address)).toEqual(['system/dead-letters', 'tally/a'])
    expect((await get(`/actors?after=${first.body.next}`)).body).toMatchObject({
      actors: [{ address: 'tally/b', rev: 1 }],
    })
    const ofKind = await get<{ actors: { address: string }[] }>('/actors?kind=tally')
    expect(ofKind.body.actors.map((a) => a.address)).toEqual(['tally/a', 'tally/b'])
    expect((await get('/actors?kind=tal')).body).toEqual({ actors: [] })
    const both = await get<{ actors: { address: string }[] }>('/actors?kind=tally&prefix=tally/a')
    expect(both.body.actors.map((a) => a.address)).toEqual(['tally/a'])
    expect((await get('/actors?kind=tal&prefix=tally/a')).body).toEqual({ actors: [] })
    expect((await get('/actors/tally/a')).body).toMatchObject({ value: 'busy', context: { n: 3 }, rev: 4 })
    expect((await get('/actors/tally/a?rev=2')).body).toMatchObject({ context: { n: 1 }, rev: 2 })
    const { body } = await get<{ records: { rev: number }[] }>('/actors/tally/a/history?reverse=true&limit=2')
    expect(body.records.map((r) => r.rev)).toEqual([4, 3])
    expect((await get('/actors/tally/a/machine')).body).toMatchObject({ id: 'tally', initial: 'tally.busy' })
  })

  it('gives the last events, or those since a seq, of a type', async () => {
    await inc(5)
    const { body } = await get<Events>('/events?tail=2&type=counted')
    expect(body.events.map((e) => e.event.n)).toEqual([4, 5])
    const since = await get<Events>(`/events?since=${body.events[0]?.seq}`)
    expect(since.body.events.map((e) => e.event.n)).toEqual([5])
    expect(since.body.seq).toBe(harness.supervisor.seq)
    await harness.supervisor.send('tally/a', { type: 'REST' })
    const several = await get<Events>('/events?tail=3&type=counted,RESTED,NOSUCH')
    expect(several.body.events.map(({ event: { type, n } }) => [type, n])).toEqual([
      ['COUNTED', 4],
      ['COUNTED', 5],
      ['RESTED', undefined],
    ])
  })

  it('gives each event in an envelope: its type, its place, and its cause', async () => {
    await inc(1)
    await harness.supervisor.send('tally/a', { type: 'REST' })
    const { body } = await get<Events>('/events?since=0')
    const of = { actor: 'tally/a', cause: null, source: 'tally@1', index: 0 }
    expect(body.events).toMatchObject([
      {
        ...of,
        eventId: 'tally/a/2/0',
        seq: 3,
        type: 'COUNTED',
        venue: 'sim',
        symbol: 'BTC',
        event: { n: 1 },
      },
      {
        ...of,
        eventId: 'tally/a/3/0',
        seq: 4,
        type: 'RESTED',
        venue: null,
        symbol: null,
        severity: 'warning',
      },
    ])
    for (const event of body.events) expect(eventEnvelope.strict().parse(event)).toEqual(event)
  })

  it.each([
    ['/actors/tally/nobody', 404, 'ACTOR_UNKNOWN'],
    ['/actors/tally/a?rev=99', 404, 'REV_UNKNOWN'],
    ['/actors/nonsense', 400, 'ADDRESS_INVALID'],
    ['/actors?limit=-1', 400, 'REQUEST_INVALID'],
    ['/events?tail=5&since=1', 400, 'REQUEST_INVALID'],
    ['/nowhere', 404, 'ROUTE_UNKNOWN'],
    ['/page/..%2f..%2fpackage.json', 404, 'ROUTE_UNKNOWN'],
  ])('refuses %s', async (path, status, code) => {
    const { status: found, body } = await get<{ code: string }>(path)
    expect([found, body.code]).toEqual([status, code])
  })

  it('names the port that is taken', async () => {
    const port = Number(new URL(api.url).port)
    await expect(
      startApi(harness.supervisor, { host: '127.0.0.1', port }, silentLogger),
    ).rejects.toMatchObject({
      code: 'PORT_IN_USE',
    })
  })
})

describe('an upgrade', () => {
  const ask = (path: string, done?: (socket: Socket) => void) => {
    const socket = connectTcp(Number(new URL(api.url).port), '127.0.0.1')
    const lines = [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket']
    return socket.end(`${lines.join('\r\n')}\r\n\r\n`, () => done?.(socket))
  }

  it.each(['/', '//', '/nowhere', '/feed/'])('to %s gets the answer of an unknown route', async (path) => {
    expect(await text(ask(path))).toMatch(/^HTTP\/1\.1 404 Not Found\r\n[\s\S]*"code":"ROUTE_UNKNOWN"/)
    expect((await get('/health')).status).toBe(200)
  })

  it('that is refused may have disconnected by then', async () => {
    await once(
      ask('/nowhere', (socket) => socket.resetAndDestroy()),
      'close',
    )
    expect((await get('/health')).status).toBe(200)
  })
})

interface Frame {
  op: string
  id?: string
  seq?: number
  topic?: string
  code?: string
  event?: { n: number }
  events?: { seq: number }[]
  record?: { rev: number }
}

async function connect(
  path: string,
): Promise<{ socket: WebSocket; frames: Frame[]; closed: Promise<number> }> {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}${path}`)
  const frames: Frame[] = []
  socket.on('message', (data) => frames.push(JSON.parse(data.toString())))
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return { socket, frames, closed }
}

const numbers = (frames: readonly Frame[], id: string) =>
  frames.flatMap((f) => (f.op === 'event' && f.id === id ? [f.event?.n] : []))

describe('the feed', () => {
  it('begins with hello, then sends the subscribed topics live', async () => {
    const { socket, frames } = await connect('/feed')
    socket.send(
      JSON.stringify({ op: 'subscribe', id: 's1', topics: ['events.*.sim.*', 'transitions.tally.a'] }),
    )
    await eventually(() => expect(frames.map((f) => f.op)).toEqual(['hello', 'subscribed', 'caughtUp']))
    await inc(1)
    await eventually(() => expect(frames).toHaveLength(5))
    expect(frames.slice(3)).toMatchObject([
      { op: 'event', id: 's1', topic: 'events.counted.sim.BTC', eventId: 'tally/a/2/0', event: { n: 1 } },
      { op: 'event', id: 's1', topic: 'transitions.tally.a', record: { rev: 2 } },
    ])
    socket.send(JSON.stringify({ op: 'unsubscribe', id: 's1' }))
    await eventually(() => expect(frames.at(-1)).toMatchObject({ op: 'unsubscribed' }))
    await inc(1)
    expect(frames).toHaveLength(6)
    socket.close()
  })

  it.each([0, 20])(
    'sends the events of %i ms as one batch, each event once and in order',
    async (batchMs) => {
      await inc(300)
      const { socket, frames } = await connect('/feed')
      const batches = () => frames.filter((f) => f.op === 'batch')
      const events = () => batches().flatMap((f) => f.events ?? [])
      socket.send(JSON.stringify({ op: 'subscribe', id: 'b', topics: ['events.>'], since: 0, batchMs }))
      for (let i = 0; i < 7; i++) await inc(100)
      await eventually(() => expect(events()).toHaveLength(1_000))
      const seqs = events().map(({ seq }) => seq)
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
      expect(new Set(seqs).size).toBe(1_000)
      expect(batches().length).toBeLessThan(200)
      expect(frames.some((f) => f.op === 'event')).toBe(false)
      expect(batches()[0]).toMatchObject({ op: 'batch', id: 'b' })
      socket.close()
    },
  )

  it('has no gap and nothing twice between the past and the present, while the log grows', async () => {
    await inc(2_000)
    const { socket, frames } = await connect('/feed')
    socket.send(JSON.stringify({ op: 'subscribe', id: 'all', topics: ['events.>'], since: 0 }))
    for (let i = 0; i < 30; i++) await inc(100)
    await eventually(() => expect(numbers(frames, 'all')).toHaveLength(5_000))
    expect(numbers(frames, 'all')).toEqual(Array.from({ length: 5_000 }, (_, i) => i + 1))
    socket.close()
  })

  it('sends the last events, and goes on', async () => {
    await inc(10)
    const { socket, frames } = await connect('/feed')
    socket.send(JSON.stringify({ op: 'subscribe', id: 't', topics: ['events.counted.*.*'], tail: 3 }))
    await eventually(() => expect(frames.at(-1)?.op).toBe('caughtUp'))
    await inc(1)
    await eventually(() => expect(numbers(frames, 't')).toEqual([8, 9, 10, 11]))
    socket.close()
  })

  it('sends everything to a client that stops reading for a while', async () => {
    const { socket, frames } = await connect('/feed')
    socket.send(JSON.stringify({ op: 'subscribe', id: 'slow', topics: ['>'] }))
    await eventually(() => expect(frames.at(-1)?.op).toBe('caughtUp'))
    socket.pause()
    for (let i = 0; i < 40; i++) await inc(500)
    socket.resume()
    await eventually(() =>
      expect(numbers(frames, 'slow').filter((n) => n !== undefined)).toHaveLength(20_000),
    )
    expect(numbers(frames, 'slow').filter((n) => n !== undefined)).toEqual(
      Array.from({ length: 20_000 }, (_, i) => i + 1),
    )
    socket.close()
  }, 60_000)

  it.each([
    ['garbage', 'not json', 4400],
    ['an unknown operation', '{"op":"explode"}', 4400],
    ['a topic that is none', '{"op":"subscribe","id":"x","topics":["a..b"]}', 4400],
    ['a filter that is none', '{"op":"subscribe","id":"x","topics":[">"],"filter":{"kin":"a"}}', 4400],
    [
      'a filter that is deep enough to fill a stack',
      `{"op":"subscribe","id":"x","topics":[">"],"filter":${'{"not":'.repeat(7_000)}{}${'}'.repeat(7_001)}`,
      4400,
    ],
    [
      'a frame that is too large',
      JSON.stringify({ op: 'subscribe', id: 'x', topics: ['x'.repeat(70_000)] }),
      1009,
    ],
  ])('ends a connection that sends %s, and no other', async (_, text, code) => {
    const bystander = await connect('/feed')
    const { socket, frames, closed } = await connect('/feed')
    socket.on('error', () => {})
    socket.send(text)
    expect(await closed).toBe(code)
    if (code === 4400) expect(frames.at(-1)).toMatchObject({ op: 'error', code: 'FRAME_INVALID' })
    bystander.socket.send(JSON.stringify({ op: 'subscribe', id: 'b', topics: ['events.>'] }))
    await eventually(() => expect(bystander.frames.at(-1)?.op).toBe('caughtUp'))
    await inc(1)
    await eventually(() => expect(numbers(bystander.frames, 'b')).toEqual([1]))
    bystander.socket.close()
  })

  it('refuses a place beyond the log, and an id in use', async () => {
    const { socket, frames } = await connect('/feed')
    socket.send(JSON.stringify({ op: 'subscribe', id: 'x', topics: ['>'], since: 1_000_000 }))
    await eventually(() => expect(frames.at(-1)).toMatchObject({ op: 'error', code: 'SEQ_UNKNOWN' }))
    for (let i = 0; i < 2; i++) socket.send(JSON.stringify({ op: 'subscribe', id: 'y', topics: ['>'] }))
    await eventually(() => expect(frames.some((f) => f.code === 'SUBSCRIPTION_EXISTS')).toBe(true))
    socket.close()
  })

  it('writes - in a topic without venue and symbol', async () => {
    const { socket, frames } = await connect('/feed')
    socket.send(JSON.stringify({ op: 'subscribe', id: 'r', topics: ['events.rested.-.-'] }))
    await eventually(() => expect(frames.at(-1)?.op).toBe('caughtUp'))
    await harness.supervisor.send('tally/a', { type: 'REST' })
    await eventually(() =>
      expect(frames.at(-1)).toMatchObject({ topic: 'events.rested.-.-', venue: null, symbol: null }),
    )
    socket.close()
  })

  it.each([
    ['events.*.binance.*', 'events.trade.binance.BTCUSDT', true],
    ['events.*.binance.*', 'events.trade.binance', false],
    ['events.>', 'events.trade.binance.BTCUSDT', true],
    ['>', 'transitions.order.1', true],
    ['transitions.order', 'transitions.order.1', false],
  ])('topic %s against %s: %s', (pattern, topic, expected) => {
    expect(matches(parsePattern(pattern) as string[], topic.split('.'))).toBe(expected)
  })
})

describe('inspection', () => {
  it("speaks to the receiver of XState's own inspector", async () => {
    const seen: StatelyInspectionEvent[] = []
    const receiver = createWebSocketReceiver({ server: `${api.url.replace('http', 'ws')}/inspect` })
    receiver.subscribe((event) => seen.push(event))
    await eventually(() => expect(seen.map((e) => e.sessionId)).toContain('tally/a'))
    const actor = seen.find((e) => e.sessionId === 'tally/a')
    expect(actor).toMatchObject({
      type: '@xstate.actor',
      name: 'tally/a',
      rootId: 'tally/a',
      snapshot: { value: 'busy' },
    })
    expect(JSON.parse((actor as { definition: string }).definition)).toMatchObject({
      id: 'tally',
      initial: 'busy',
    })
    await harness.supervisor.send('tally/a', { type: 'REST' })
    await eventually(() => expect(seen.at(-1)?.type).toBe('@xstate.snapshot'))
    expect(seen.slice(-2)).toMatchObject([
      { type: '@xstate.event', sessionId: 'tally/a', event: { type: 'REST' } },
      {
        type: '@xstate.snapshot',
        sessionId: 'tally/a',
        snapshot: { value: 'resting', status: 'active' },
        _transitions: [{ source: 'tally.busy', targets: ['tally.resting'], eventType: 'REST' }],
      },
    ])
  })

  it('tells a client that watches one actor about the others in short', async () => {
    await harness.supervisor.spawn('tally', 'b')
    const { socket, frames, closed } = await connect('/inspect')
    socket.send(JSON.stringify({ op: 'watch', actors: ['tally/b'] }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    frames.length = 0
    await inc(2)
    await harness.supervisor.send('tally/b', { type: 'INC' })
    const types = () => (frames as unknown as { type: string }[]).map((f) => f.type)
    await eventually(() =>
      expect(types()).toEqual(
        expect.arrayContaining(['@xstate.event', '@xstate.snapshot', 'outcry.activity']),
      ),
    )
    expect(types().filter((t) => t === '@xstate.snapshot')).toHaveLength(1)
    const { log } = frames.find((frame) => Object(frame).type === 'outcry.activity') as { log?: string }
    expect(log).toBe(harness.supervisor.logId)
    socket.close()
    await closed
  })

  it('does not list all actors for a client that watches some', async () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => `t-${i}`)
    await Promise.all(ids.map((id) => harness.supervisor.spawn('tally', id)))
    const { socket, frames, closed } = await connect('/inspect')
    socket.send(JSON.stringify({ op: 'watch', actors: [] }))
    const types = () => (frames as unknown as { type: string }[]).map((f) => f.type)
    await eventually(async () => {
      await inc(1)
      expect(types()).toContain('outcry.activity')
    })
    expect(types().filter((type) => type === '@xstate.actor').length).toBeLessThan(1_000)
    socket.close()
    await closed
  })
})

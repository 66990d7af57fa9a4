/** Tests the classes of events: what is left out, for whom, how it is told, and what goes at once. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { emit, setup } from 'xstate'
import type { ConflatedFrame } from '../../src/api/contract/frames.ts'
import { CONFLATED_TOPICS_MAX, Conflation } from '../../src/api/feed/conflation.ts'
import { Publication } from '../../src/api/feed/publication.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { createClient, type FeedItem } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { SEED } from '../seeded.ts'
import { FeedSocket } from './feed-socket.ts'

const HOUR = 3_600_000

function publication(topic: string, seq: number, isDerived = false): Publication {
  const of = { eventId: `${seq}`, index: 0, type: 'A', at: 0, correlation: 'c', cause: null, source: 'a@1' }
  const place = { venue: null, symbol: null, instrument: null, strategy: null }
  const event = { ...of, ...place, seq, actor: 'a/1', event: { type: 'A' } }
  return new Publication(['events', topic, '-', '-'], event, 'high-frequency', isDerived)
}

describe('a conflation', () => {
  it(`sends the latest of each topic, no two within the time, and counts each that it leaves out, seed ${SEED}`, () => {
    const ms = 10
    const steps = fc.array(
      fc.record({
        topic: fc.constantFrom('a', 'b', 'c'),
        wait: fc.nat(12),
        hasRoom: fc.boolean(),
        isTaken: fc.boolean(),
      }),
      { maxLength: 60 },
    )
    const property = fc.property(steps, (all) => {
      const conflation = new Conflation(ms)
      const offered = new Map<string, number[]>()
      const sent = new Map<string, { at: number; seq: number; left: number }[]>()
      let now = 1
      const go = (topic: string, seq: number, left: number) =>
        sent.set(topic, [...(sent.get(topic) ?? []), { at: now, seq, left }])
      for (const [seq, { topic, wait, hasRoom, isTaken }] of all.entries()) {
        now += wait
        offered.set(topic, [...(offered.get(topic) ?? []), seq])
        const left = conflation.offer(publication(topic, seq), hasRoom, now)
        if (left !== undefined) go(topic, seq, left)
        if (!isTaken) continue
        for (const going of conflation.take(2, now))
          go(going.publication.topic[1] as string, going.publication.seq, going.left)
      }
      for (let n = 0; n < 4; n++) {
        now += 100
        for (const going of conflation.take(2, now))
          go(going.publication.topic[1] as string, going.publication.seq, going.left)
      }
      expect(conflation.held).toBe(0)
      for (const [topic, seqs] of offered) {
        const gone = sent.get(topic) ?? []
        expect(gone.at(-1)?.seq).toBe(seqs.at(-1))
        expect(gone.length + gone.reduce((sum, { left }) => sum + left, 0)).toBe(seqs.length)
        for (const [i, { at, seq }] of gone.entries()) {
          const before = gone[i - 1]
          if (before === undefined) continue
          expect(at - before.at).toBeGreaterThanOrEqual(ms)
          expect(seq).toBeGreaterThan(before.seq)
        }
      }
    })
    fc.assert(property, { seed: SEED, numRuns: 300 })
  })

  it('gives all that it holds when it is asked for all, and nothing twice', () => {
    const conflation = new Conflation(HOUR)
    for (const topic of ['a', 'b']) expect(conflation.offer(publication(topic, 1), true, 1)).toBe(0)
    for (const seq of [2, 3]) expect(conflation.offer(publication('a', seq), true, 1)).toBeUndefined()
    expect(conflation.take(9, 2)).toEqual([])
    expect(conflation.take(9, 2, true)).toMatchObject([{ publication: { seq: 3 }, left: 1 }])
    expect(conflation.take(9, 2, true)).toEqual([])
    expect(conflation.offer(publication('a', 4), true, 3)).toBeUndefined()
  })

  it('drops what the log will give again, and keeps what the log does not have', () => {
    const conflation = new Conflation(0)
    conflation.offer(publication('a', 5), false, 1)
    conflation.offer(publication('b', 6), false, 1)
    conflation.offer(publication('c', 6, true), false, 1)
    expect(conflation.oldestSeq).toBe(5)
    conflation.dropAfter(5)
    expect(conflation.take(9, 1).map((going) => going.publication.topic[1])).toEqual(['a', 'c'])
  })

  it('counts what it left out before the records that the log gives again, and nothing of these', () => {
    const conflation = new Conflation(0)
    for (const seq of [4, 5, 6, 6, 6]) conflation.offer(publication('a', seq), false, 1)
    conflation.dropAfter(5)
    expect(conflation.take(9, 1)).toEqual([])
    expect(conflation.isEmpty).toBe(false)
    expect(conflation.offer(publication('a', 6), true, 1)).toBe(2)
    expect(conflation.isEmpty).toBe(true)
    expect(conflation.offer(publication('a', 6), true, 1)).toBe(0)
  })

  it('holds a limited number of topics', () => {
    const conflation = new Conflation(0)
    for (let n = 0; n < CONFLATED_TOPICS_MAX; n++) conflation.offer(publication(`t${n}`, n), false, 1)
    expect(conflation.canHold(publication('more', 1))).toBe(false)
    expect(conflation.canHold(publication('t7', 1))).toBe(true)
    expect(conflation.held).toBe(CONFLATED_TOPICS_MAX)
  })
})

const teller = setup({
  types: {} as { events: { type: 'SAY' | 'TICK'; what: AnyEvent }; emitted: AnyEvent },
}).createMachine({
  id: 'teller',
  on: { '*': { actions: emit(({ event }) => event.what) } },
})
const classes = { TICK: 'high-frequency', TICKED: 'high-frequency', BROKE: 'critical' } as const

describe('a subscription', () => {
  let harness: Harness
  let api: ApiServer
  let client: FeedSocket

  beforeEach(async () => {
    harness = new Harness()
    await harness.open({ machines: { teller: { machine: teller, classes } } })
    await harness.supervisor.spawn('teller', 'a')
    api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
    client = await FeedSocket.open(api.url)
  })
  afterEach(async () => {
    client.socket.close()
    await api.close()
    await harness.supervisor.stop()
  })

  const say = async (...what: AnyEvent[]) => {
    for (const one of what)
      await harness.supervisor.send('teller/a', { type: one.type === 'TICKED' ? 'TICK' : 'SAY', what: one })
  }
  const tick = (n: number, symbol = 'BTC') => ({ type: 'TICKED', venue: 'sim', symbol, n })
  const said = (id: string) =>
    client.items(id).map((item) => ('event' in item ? (item.event.n ?? item.event.type) : item.seq))
  const told = () => client.frames.filter((frame): frame is ConflatedFrame => frame.op === 'conflated')

  it('leaves out nothing of what is not high-frequency, nor anything for a client that did not ask', async () => {
    await client.subscribe({ id: 'all', topics: ['>'] })
    await client.subscribe({ id: 'slow', topics: ['>'], throttleMs: 60_000 })
    await say(tick(1), { type: 'SAID', n: 2 }, tick(3), { type: 'SAID', n: 4 }, tick(5))
    await eventually(() => expect(said('all')).toHaveLength(10))
    // Records are not conflated unless the client says so.
    await eventually(() => expect(client.items('slow').filter((item) => 'record' in item)).toHaveLength(5))
    const events = client.items('slow').flatMap((item) => ('event' in item ? [item.event.n] : []))
    expect(events).toEqual([1, 2, 4])
    expect(told()).toEqual([])
  })

  it('says the class of a publication unless it is standard', async () => {
    await client.subscribe({ id: 's', topics: ['>'] })
    await say(tick(1), { type: 'SAID' }, { type: 'BROKE' }, { type: 'SAID', severity: 'critical' })
    await eventually(() => expect(client.items('s')).toHaveLength(8))
    const of = client.items('s').map((item) => item.class)
    expect(of).toEqual([
      'high-frequency',
      'high-frequency',
      undefined,
      undefined,
      'critical',
      undefined,
      'critical',
      undefined,
    ])
  })

  it('conflates to the latest of each topic, and tells how many it left out', async () => {
    await client.subscribe({ id: 's', topics: ['events.>'], throttleMs: 150 })
    await say(tick(1), tick(2), tick(3, 'ETH'), tick(4), tick(5))
    await eventually(() => expect(said('s')).toEqual([1, 3, 5]))
    expect(told()).toEqual([{ op: 'conflated', id: 's', topics: { 'events.ticked.sim.BTC': 2 } }])
    const [frame] = told()
    expect(client.frames.indexOf(frame as ConflatedFrame)).toBeLessThan(client.frames.length - 1)
  })

  it('sends a critical event at once, after everything that waits before it', async () => {
    await client.subscribe({ id: 's', topics: ['events.>'], throttleMs: 60_000, batchMs: 10_000 })
    await say(tick(1), tick(2), tick(3), { type: 'SAID', n: 4 }, { type: 'BROKE' })
    await eventually(() => expect(said('s')).toEqual([1, 4, 3, 'BROKE']))
    expect(told()).toMatchObject([{ topics: { 'events.ticked.sim.BTC': 1 } }])
  })

  it('conflates records of high-frequency events only for a client that says so', async () => {
    await client.subscribe({ id: 's', topics: ['transitions.>'], throttleMs: 60_000, conflate: true })
    const { seq } = harness.supervisor
    await say(tick(1), tick(2), { type: 'SAID' }, { type: 'BROKE' }, tick(3))
    // A critical event sends nothing of a subscription that it is not on.
    await eventually(() => expect(said('s')).toEqual([seq + 1, seq + 3, seq + 4]))
  })

  it('throttles what comes from the log, too', async () => {
    await say(...[1, 2, 3, 4, 5].map((n) => tick(n)), { type: 'SAID', n: 6 }, { type: 'BROKE' })
    for (const place of [{ since: 0 }, { tail: 7 }]) {
      const id = Object.keys(place)[0] as string
      await client.subscribe({ id, topics: ['events.>'], throttleMs: 60_000, ...place })
      expect(said(id)).toEqual([1, 6, 5, 'BROKE'])
    }
  })

  it('that ends or whose client leaves releases what it holds', async () => {
    await client.subscribe({ id: 's', topics: ['events.>'], throttleMs: 100 })
    await say(tick(1), tick(2))
    client.says({ op: 'unsubscribe', id: 's' })
    await eventually(() => expect(client.frames.at(-1)?.op).toBe('unsubscribed'))
    await client.subscribe({ id: 't', topics: ['events.>'], throttleMs: 100 })
    await say(tick(3), tick(4))
    await eventually(() => expect(said('t')).toEqual([3, 4]))
    expect(said('s')).toEqual([1])
  })

  it('of outcry/client is told of what is left out, and goes on after a connection that ends', async () => {
    const sockets: WebSocket[] = []
    class Noted extends WebSocket {
      constructor(url: string) {
        super(url)
        sockets.push(this)
      }
    }
    const left: Readonly<Record<string, number>>[] = []
    const feed = createClient({ url: api.url, WebSocket: Noted }).feed({
      topics: ['events.>'],
      since: 0,
      throttleMs: 100,
      onConflated: (topics) => left.push(topics),
    })
    await say(tick(1), tick(2), tick(3), { type: 'SAID', n: 4 })
    const next = async () => ((await feed.next()).value as FeedItem & { event: { n: number } }).event.n
    expect([await next(), await next(), await next()]).toEqual([1, 4, 3])
    expect(left).toEqual([{ 'events.ticked.sim.BTC': 1 }])
    sockets[0]?.terminate()
    await say({ type: 'SAID', n: 5 }, tick(6))
    expect([await next(), await next()].sort()).toEqual([5, 6])
    await feed.return()
  })
})

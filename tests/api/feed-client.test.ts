import { Subject } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { Feed } from '../../src/api/feed/feed.ts'
import type { FeedClient } from '../../src/api/feed/feed-session.ts'
import { Known } from '../../src/api/feed/known.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { eventually } from '../runtime/harness.ts'
import { Log, recordAt, Socket } from './feed-parts.ts'

/** Numbers of characters: the socket takes no more for now, and no new frames are made. */
const BUSY = 100_000
const FULL = 2_000_000
const RECORDS = ['transitions.>']
let socket: Socket
let log: Log
let client: FeedClient
let feed: Feed
let commits: Subject<TransitionRecord>

beforeEach(() => {
  socket = new Socket()
  log = new Log()
  commits = new Subject()
  feed = new Feed(Object.assign(log, { epoch: 1, transitions$: commits }), '0')
  client = feed.connect(socket as unknown as WebSocket)
  socket.frames.length = 0
})
afterEach(() => {
  vi.useRealTimers()
})

const commit = () => {
  commits.next(recordAt(++log.seq))
}
const caughtUp = () => eventually(() => expect(socket.frames.at(-1)?.op).toBe('caughtUp'))

describe('a client that does not read', () => {
  it('gets the seq from which it misses nothing: before the bytes that its socket has not taken', async () => {
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS })
    await caughtUp()
    commit()
    client.outlet.deliver()
    socket.bufferedAmount = BUSY
    for (let n = 0; n < 5; n++) commit()
    expect(socket.seqs).toEqual([1])
    expect(feed.progress()).toEqual({ clients: 1, keptUpTo: 1 })
    client.closeSlow('too slow')
    expect(socket.closes).toEqual([[4408, 'too slow; resume with since 1']])
  })

  it('gets that seq, too, while it waits for its batch or reads the log', async () => {
    log.seq = 9
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS, batchMs: 10_000 })
    await caughtUp()
    commit()
    commit()
    // It has asked for the batch, so it is not behind.
    expect(feed.progress()).toEqual({ clients: 1, keptUpTo: 11 })
    socket.says({ op: 'subscribe', id: 'past', topics: RECORDS, since: 4 })
    expect(feed.progress()).toEqual({ clients: 1, keptUpTo: 4 })
    client.closeSlow('too slow')
    expect(socket.closes).toEqual([[4408, 'too slow; resume with since 4']])
  })

  it('is fed from the log again, without a gap, once it reads', async () => {
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS })
    await caughtUp()
    commit()
    client.outlet.deliver()
    socket.bufferedAmount = FULL
    for (let n = 0; n < 5; n++) commit()
    expect(socket.seqs).toEqual([1])
    socket.drain()
    await eventually(() => expect(socket.seqs).toEqual([1, 2, 3, 4, 5, 6]))
    commit()
    await eventually(() => expect(socket.seqs).toEqual([1, 2, 3, 4, 5, 6, 7]))
    expect(feed.progress()).toEqual({ clients: 1, keptUpTo: 7 })
    socket.emit('close')
    expect(feed.progress()).toEqual({ clients: 0, keptUpTo: 7 })
    // The missed records came from the log; those before and after did not.
    expect(log.seqs).toEqual([2, 3, 4, 5, 6])
  })
})

describe('a slow client of high-frequency events', () => {
  const known = new Known([
    { name: 'tally', emits: undefined, classes: { TICKED: 'high-frequency', INC: 'high-frequency' } },
  ])
  const tick = (type = 'TICKED') => {
    const seq = ++log.seq
    commits.next({ ...recordAt(seq), emitted: [{ type, symbol: seq % 2 === 0 ? 'even' : 'odd' }] })
  }
  beforeEach(async () => {
    socket = new Socket()
    const feed = new Feed(Object.assign(log, { epoch: 1, transitions$: commits }), '0', known)
    client = feed.connect(socket as unknown as WebSocket)
  })

  it.each([
    [['events.>'], undefined, [1, 4, 5]],
    [['>'], true, [1, 1, 4, 5, 5]],
  ])(
    'of %s gets the latest of each topic, and the log is not read for it',
    async (topics, conflate, seqs) => {
      socket.says({ op: 'subscribe', id: 's', topics, conflate })
      tick()
      client.outlet.deliver()
      socket.bufferedAmount = FULL
      for (let n = 0; n < 4; n++) tick()
      expect(new Set(socket.seqs)).toEqual(new Set([1]))
      socket.drain()
      client.outlet.deliver()
      expect(socket.seqs.toSorted()).toEqual(seqs)
      tick()
      client.outlet.deliver()
      expect(socket.seqs.at(-1)).toBe(6)
      expect(log.seqs).toEqual([])
      expect(socket.frames).toContainEqual({
        op: 'conflated',
        id: 's',
        topics: expect.objectContaining({ 'events.ticked.-.even': 1, 'events.ticked.-.odd': 1 }),
      })
    },
  )

  it('is closed with the seq before the oldest that waits', () => {
    socket.says({ op: 'subscribe', id: 's', topics: ['events.>'] })
    for (let n = 0; n < 3; n++) tick()
    client.outlet.deliver()
    socket.bufferedAmount = FULL
    for (let n = 0; n < 3; n++) tick()
    client.closeSlow('too slow')
    expect(socket.closes).toEqual([[4408, 'too slow; resume with since 4']])
  })

  it('reads the log as soon as anything else comes, and gets nothing twice', async () => {
    log.read = async function* ({ fromSeq = 1, toSeq = log.seq }) {
      for (let seq = fromSeq; seq <= toSeq; seq++)
        yield { ...recordAt(seq), emitted: [{ type: 'TICKED', symbol: seq % 2 === 0 ? 'even' : 'odd' }] }
    }
    socket.says({ op: 'subscribe', id: 's', topics: ['>'] })
    tick()
    client.outlet.deliver()
    socket.bufferedAmount = FULL
    tick()
    tick()
    socket.drain()
    // Each record comes with its event. The event of the second record waited when the record itself had no room.
    await eventually(() => expect(socket.seqs).toEqual([1, 1, 2, 2, 3, 3]))
  })
})

describe('a client of rare events', () => {
  /** Lets the log emit a RARE with every hundredth record, and be read by that type alone. */
  function emitRarely(): void {
    log.seq = 123_456
    log.read = async function* ({ fromSeq = 1, toSeq = log.seq, reverse, emitting, limit = log.seq }) {
      expect(emitting).toEqual(['RARE'])
      const seqs: number[] = []
      for (let seq = Math.ceil(fromSeq / 100) * 100; seq <= toSeq; seq += 100) seqs.push(seq)
      for (const seq of (reverse ? seqs.reverse() : seqs).slice(0, limit))
        yield { ...recordAt(seq), emitted: [{ type: 'RARE', at: seq }] }
    }
  }
  const RARE = { op: 'subscribe', id: 's', topics: ['events.>'], filter: { type: 'RARE' } }

  it('gets the last of them without the records between them', async () => {
    emitRarely()
    socket.says({ ...RARE, tail: 3 })
    await caughtUp()
    expect(socket.seqs).toEqual([123_200, 123_300, 123_400])
    expect(socket.frames.at(-1)).toMatchObject({ seq: 123_456, tailFrom: 123_200 })
  })

  it('gets all of them, piece by piece, and those that come meanwhile', async () => {
    emitRarely()
    const { read } = log
    log.read = (options) => {
      if (options.fromSeq === 50_001) log.seq = 123_500
      return read(options)
    }
    socket.says({ ...RARE, since: 0 })
    await caughtUp()
    expect(socket.seqs).toEqual(Array.from({ length: 1_235 }, (_, i) => (i + 1) * 100))
  })
})

it('a client hears that it has its past, although the log grows faster than it is read', async () => {
  log.seq = 10
  const { read } = log
  log.read = async function* (options) {
    log.seq += 10
    await new Promise(setImmediate)
    yield* read.call(log, options)
  }
  socket.says({ op: 'subscribe', id: 's', topics: RECORDS, since: 0 })
  await eventually(() =>
    expect(socket.frames.find(({ op }) => op === 'caughtUp')?.seq).toBeGreaterThanOrEqual(10),
  )
  expect(socket.seqs.slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  socket.emit('close')
})

describe('a log that cannot be read', () => {
  it.each(['since', 'tail'])('ends the connection (%s), and says why', async (place) => {
    log.seq = 5
    log.read = async function* () {
      yield recordAt(1)
      throw new Error('the disk is gone')
    }
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS, [place]: 3 })
    await eventually(() => expect(socket.closes).toEqual([[1011, 'the log could not be read']]))
    expect(socket.frames.at(-1)).toMatchObject({ op: 'error', code: 'FEED_FAILED', id: 's' })
  })
})

describe('a client that asks for too much, or for unknown things', () => {
  it('may have 64 subscriptions and no more', () => {
    for (let n = 1; n <= 64; n++) socket.says({ op: 'subscribe', id: `s${n}`, topics: RECORDS })
    expect(socket.closes).toEqual([])
    socket.says({ op: 'subscribe', id: 's65', topics: RECORDS })
    expect(socket.frames.at(-1)).toMatchObject({ op: 'error', code: 'FRAME_INVALID' })
    expect(socket.closes).toEqual([[4400, 'bad frame']])
  })

  it('gets an error when it ends an unknown subscription, and goes on', async () => {
    socket.says({ op: 'unsubscribe', id: 's' })
    expect(socket.frames).toMatchObject([{ op: 'error', code: 'SUBSCRIPTION_UNKNOWN', id: 's' }])
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS })
    await caughtUp()
    expect(socket.closes).toEqual([])
  })

  it.each([
    ['bytes', Buffer.from('{"op":"unsubscribe","id":"s"}'), true, 'frames are JSON text, not binary'],
    ['a list', Buffer.from('[]'), false, 'frame: '],
    [
      'a subscription without topics',
      Buffer.from('{"op":"subscribe","id":"s","topics":[]}'),
      false,
      'topics: ',
    ],
  ])('is closed when it sends %s', (_, data, isBinary, message) => {
    socket.emit('message', data, isBinary)
    expect(socket.frames).toMatchObject([
      { op: 'error', code: 'FRAME_INVALID', message: expect.stringContaining(message) },
    ])
    expect(socket.closes).toEqual([[4400, 'bad frame']])
  })
})

describe('a subscription that ends', () => {
  it.each([
    { since: 0, from: [1, 2] },
    { tail: 100, from: [100, 99] },
  ])('gets no more of the log while it reads it ($from)', async ({ from, ...place }) => {
    log.seq = 100
    log.read = async function* (options) {
      let count = 0
      for await (const record of log.all(options)) {
        if (++count === 2) socket.says({ op: 'unsubscribe', id: 's' })
        yield record
      }
    }
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS, ...place })
    await eventually(() => expect(socket.frames.at(-1)).toEqual({ op: 'unsubscribed', id: 's' }))
    commit()
    // Another client shows when the first one would have been read.
    socket.says({ op: 'subscribe', id: 'other', topics: RECORDS })
    await caughtUp()
    expect(log.seqs).toEqual(from)
    expect(socket.frames.filter(({ op }) => op === 'caughtUp')).toEqual([
      { op: 'caughtUp', id: 'other', seq: 101 },
    ])
  })

  it('reads no more of the log when its socket closes', async () => {
    log.seq = 100
    const { all } = log
    let signal: AbortSignal | undefined
    log.read = async function* (options) {
      signal = options.signal
      for await (const record of all.call(log, options)) {
        if (record.seq === 3) socket.emit('error', new Error('reset'))
        yield record
      }
    }
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS, since: 0 })
    await eventually(() => expect(signal?.aborted).toBe(true))
    // Another client shows when the first one would have read on.
    const other = new Socket()
    new Feed(Object.assign(log, { epoch: 1, transitions$: commits }), '0').connect(
      other as unknown as WebSocket,
    )
    other.says({ op: 'subscribe', id: 's', topics: RECORDS, since: 99 })
    await eventually(() => expect(other.seqs).toEqual([100]))
    expect([log.seqs, socket.seqs, socket.closes]).toEqual([[1, 2, 3, 100], [1, 2], []])
  })

  it('drops the events that wait for its batch', async () => {
    vi.useFakeTimers()
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS, batchMs: 100 })
    await vi.advanceTimersByTimeAsync(0)
    commit()
    socket.says({ op: 'unsubscribe', id: 's' })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(socket.frames.map(({ op }) => op)).toEqual(['subscribed', 'caughtUp', 'unsubscribed'])
  })
})

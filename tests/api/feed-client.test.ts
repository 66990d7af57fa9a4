import { EventEmitter } from 'node:events'
import { Subject } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { Feed } from '../../src/api/feed/feed.ts'
import type { FeedClient, FeedSource } from '../../src/api/feed/feed-session.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { eventually } from '../runtime/harness.ts'

interface Frame {
  readonly op: string
  readonly id?: string
  readonly code?: string
  readonly seq?: number
}

/** A socket whose other end reads only as much as the test says. */
class Socket extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  bufferedAmount = 0
  readonly frames: Frame[] = []
  readonly closes: [code: number, reason: string][] = []
  #onGone: (() => void) | undefined

  send(text: string, _options: object, onGone: () => void): void {
    this.#onGone = onGone
    this.frames.push(JSON.parse(text) as Frame)
    if (this.bufferedAmount === 0) queueMicrotask(onGone)
  }

  ping(): void {}

  close(code: number, reason: string): void {
    this.readyState = 2
    this.closes.push([code, reason])
  }

  /** Reads everything that waits. */
  drain(): void {
    this.bufferedAmount = 0
    this.#onGone?.()
  }

  says(frame: object): void {
    this.emit('message', Buffer.from(JSON.stringify(frame)), false)
  }

  get seqs(): (number | undefined)[] {
    return this.frames.filter(({ op }) => op === 'event').map(({ seq }) => seq)
  }
}

/** A log that returns a record when the test allows it. */
class Log implements FeedSource {
  seq = 0
  read: FeedSource['read'] = this.all
  /** Seqs of the records that were read. */
  readonly seqs: number[] = []

  async *all({ fromSeq = 1, toSeq = this.seq, reverse = false }): AsyncGenerator<TransitionRecord> {
    const first = reverse ? toSeq : fromSeq
    for (let n = 0; n <= toSeq - fromSeq; n++) {
      const seq = reverse ? first - n : first + n
      this.seqs.push(seq)
      yield recordAt(seq)
    }
  }
}

function recordAt(seq: number): TransitionRecord {
  return {
    seq,
    rev: seq,
    actor: 'tally/a',
    at: seq,
    event: { type: 'INC' },
    from: null,
    to: 'busy',
    cause: null,
    correlation: `c${seq}`,
    machine: 'tally@1',
    turn: seq,
  }
}

/** Numbers of characters: the socket takes no more for now, and no new frames are made. */
const BUSY = 100_000
const FULL = 2_000_000
const RECORDS = ['transitions.>']
let socket: Socket
let log: Log
let client: FeedClient
let commits: Subject<TransitionRecord>

beforeEach(() => {
  socket = new Socket()
  log = new Log()
  commits = new Subject()
  const feed = new Feed(Object.assign(log, { epoch: 1, transitions$: commits }), '0')
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
    socket.bufferedAmount = BUSY
    for (let n = 0; n < 5; n++) commit()
    expect(socket.seqs).toEqual([1])
    client.closeSlow('too slow')
    expect(socket.closes).toEqual([[4408, 'too slow; resume with since 1']])
  })

  it('gets that seq, too, while it waits for its batch or reads the log', async () => {
    log.seq = 9
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS, batchMs: 10_000 })
    await caughtUp()
    commit()
    commit()
    socket.says({ op: 'subscribe', id: 'past', topics: RECORDS, since: 4 })
    client.closeSlow('too slow')
    expect(socket.closes).toEqual([[4408, 'too slow; resume with since 4']])
  })

  it('is fed from the log again, without a gap, once it reads', async () => {
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS })
    await caughtUp()
    commit()
    socket.bufferedAmount = FULL
    for (let n = 0; n < 5; n++) commit()
    expect(socket.seqs).toEqual([1])
    socket.drain()
    await eventually(() => expect(socket.seqs).toEqual([1, 2, 3, 4, 5, 6]))
    commit()
    await eventually(() => expect(socket.seqs).toEqual([1, 2, 3, 4, 5, 6, 7]))
    // The missed records came from the log; those before and after did not.
    expect(log.seqs).toEqual([2, 3, 4, 5, 6])
  })
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

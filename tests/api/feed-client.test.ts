import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { FeedClient, type FeedSource } from '../../src/feed/feed-client.ts'
import { publicationsOf } from '../../src/feed/publication.ts'
import type { TransitionRecord } from '../../src/runtime/record.ts'
import { eventually } from '../runtime/harness.ts'

interface Frame {
  readonly op: string
  readonly id?: string
  readonly code?: string
  readonly seq?: number
}

/** A socket whose other end reads only as much as it is told to. */
class Socket extends EventEmitter {
  bufferedAmount = 0
  readonly frames: Frame[] = []
  readonly closes: [code: number, reason: string][] = []
  terminated = false

  send(text: string): void {
    this.frames.push(JSON.parse(text) as Frame)
  }

  close(code: number, reason: string): void {
    this.closes.push([code, reason])
  }

  terminate(): void {
    this.terminated = true
    this.emit('close')
  }

  says(frame: object): void {
    this.emit('message', Buffer.from(JSON.stringify(frame)), false)
  }

  get seqs(): (number | undefined)[] {
    return this.frames.filter(({ op }) => op === 'event').map(({ seq }) => seq)
  }
}

/** A log that gives a record whenever it may. */
class Log implements FeedSource {
  seq = 0
  read: FeedSource['read'] = this.all
  /** seqs that were read. */
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

const FULL = 2_000_000
const RECORDS = ['transitions.>']
let socket: Socket
let log: Log
let client: FeedClient

beforeEach(() => {
  socket = new Socket()
  log = new Log()
  client = new FeedClient(socket as unknown as WebSocket, log)
})
afterEach(() => {
  vi.useRealTimers()
})

const commit = () => {
  const record = recordAt(++log.seq)
  client.onRecord(record, publicationsOf(record))
}
const caughtUp = () => eventually(() => expect(socket.frames.at(-1)?.op).toBe('caughtUp'))

describe('a client that does not read', () => {
  it('is closed after half a minute with the seq to go on from, and cut off a second later', async () => {
    vi.useFakeTimers()
    log.seq = 3
    log.read = async function* () {
      yield recordAt(1)
      socket.bufferedAmount = FULL
      yield* [recordAt(2), recordAt(3)]
    }
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS, since: 0 })
    await vi.advanceTimersByTimeAsync(29_900)
    expect(socket.closes).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(socket.closes).toEqual([[4408, 'too slow; resume with since 1']])
    expect([socket.seqs, socket.terminated]).toEqual([[1], false])
    await vi.advanceTimersByTimeAsync(1_000)
    expect(socket.terminated).toBe(true)
  })

  it('has all the time it needs while it reads, however slowly', async () => {
    vi.useFakeTimers()
    log.seq = 2
    socket.bufferedAmount = 2 * FULL
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS, since: 0 })
    for (let tenSeconds = 0; tenSeconds < 12; tenSeconds++) {
      await vi.advanceTimersByTimeAsync(10_000)
      socket.bufferedAmount -= 1_000
    }
    expect([socket.seqs, socket.closes]).toEqual([[], []])
    socket.bufferedAmount = 0
    await vi.advanceTimersByTimeAsync(20)
    expect([socket.seqs, socket.closes]).toEqual([[1, 2], []])
  })

  it('is fed from the log again, without a gap, once it reads', async () => {
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS })
    await caughtUp()
    commit()
    socket.bufferedAmount = FULL
    for (let n = 0; n < 5; n++) commit()
    expect(socket.seqs).toEqual([1])
    socket.bufferedAmount = 0
    await eventually(() => expect(socket.seqs).toEqual([1, 2, 3, 4, 5, 6]))
    commit()
    await eventually(() => expect(socket.seqs).toEqual([1, 2, 3, 4, 5, 6, 7]))
    // What it missed came from the log, what came before and after did not.
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

describe('a client that asks for too much, or for what there is not', () => {
  it('may have 64 subscriptions and no more', () => {
    for (let n = 1; n <= 64; n++) socket.says({ op: 'subscribe', id: `s${n}`, topics: RECORDS })
    expect(socket.closes).toEqual([])
    socket.says({ op: 'subscribe', id: 's65', topics: RECORDS })
    expect(socket.frames.at(-1)).toMatchObject({ op: 'error', code: 'FRAME_INVALID' })
    expect(socket.closes).toEqual([[4400, 'bad frame']])
  })

  it('is told what it cannot end, and goes on', async () => {
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
  ])('while it reads the log ($from) gets no more of it', async ({ from, ...place }) => {
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
    // Another one is there to say when the first would have been read.
    socket.says({ op: 'subscribe', id: 'other', topics: RECORDS })
    await caughtUp()
    expect(log.seqs).toEqual(from)
    expect(socket.frames.filter(({ op }) => op === 'caughtUp')).toEqual([
      { op: 'caughtUp', id: 'other', seq: 101 },
    ])
  })

  it('with its socket reads no more of the log', async () => {
    vi.useFakeTimers()
    log.seq = 100
    socket.bufferedAmount = FULL
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS, since: 0 })
    await vi.advanceTimersByTimeAsync(1_000)
    socket.emit('error', new Error('reset'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect([log.seqs, socket.seqs, socket.closes]).toEqual([[1], [], []])
  })

  it('takes what waits for its batch with it', async () => {
    vi.useFakeTimers()
    socket.says({ op: 'subscribe', id: 's', topics: RECORDS, batchMs: 100 })
    await vi.advanceTimersByTimeAsync(0)
    commit()
    socket.says({ op: 'unsubscribe', id: 's' })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(socket.frames.map(({ op }) => op)).toEqual(['subscribed', 'caughtUp', 'unsubscribed'])
  })
})

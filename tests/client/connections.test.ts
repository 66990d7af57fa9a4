/** Tests when the feed reconnects and when it ends. The sockets do what the test says. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { OutcryError } from '../../errors/outcry-error.ts'
import { type FeedOptions, type FeedSocket, type FeedStatus, follow } from '../../src/client/feed.ts'
import type { FeedItem } from '../../src/client/place.ts'

class Socket implements FeedSocket {
  onmessage: FeedSocket['onmessage'] = null
  onclose: FeedSocket['onclose'] = null
  onerror: FeedSocket['onerror'] = null
  readonly said: { op: string; id: string; since?: number }[] = []
  isClosed = false

  send(text: string): void {
    this.said.push(JSON.parse(text))
  }

  close(): void {
    this.isClosed = true
  }

  hears(frame: object | string): void {
    const handle = this.onmessage as ((event: { data: unknown }) => void) | null
    handle?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) })
  }

  ends(code: number, reason = ''): void {
    const handle = this.onclose as ((event: { code: number; reason: string }) => void) | null
    handle?.({ code, reason })
  }
}

const hello = (seq: number) => ({ op: 'hello', version: '0', log: 'test', seq, epoch: 1 })
const record = (seq: number) => ({
  op: 'event',
  id: 'feed',
  topic: 'transitions.tally.a',
  seq,
  at: seq,
  actor: 'tally/a',
  record: {
    ...{
      seq,
      rev: seq,
      actor: 'tally/a',
      at: seq,
      event: { type: 'INC' },
      from: 'on',
      to: 'on',
      cause: null,
    },
    ...{ correlation: 'c', machine: 'tally@1', turn: seq },
  },
})

const event = (seq: number) => ({
  ...{
    op: 'event',
    id: 'feed',
    topic: 'events.counted.-.-',
    eventId: `tally/a/${seq}/0`,
    index: 0,
    type: 'COUNTED',
  },
  ...{
    at: seq,
    seq,
    actor: 'tally/a',
    correlation: 'c',
    cause: null,
    venue: null,
    symbol: null,
    instrument: null,
    strategy: null,
    source: 'tally@1',
  },
  event: { type: 'COUNTED' },
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

let sockets: Socket[]
let statuses: FeedStatus[]
let ending: AbortController
const taken: number[] = []
let end: Promise<unknown>

const last = () => sockets.at(-1) as Socket

function connect(): Socket {
  const socket = new Socket()
  sockets.push(socket)
  return socket
}

function begin(options: Partial<FeedOptions> = {}): void {
  const onStatus = (status: FeedStatus) => void statuses.push(status)
  const wanted = { topics: ['transitions.>'], since: 0, signal: ending.signal, onStatus, ...options }
  const read = async () => {
    for await (const { seq } of follow(
      { connect, refusal: async () => undefined },
      wanted,
    ) as AsyncIterable<FeedItem>)
      taken.push(seq)
  }
  end = read().then(
    () => 'ended',
    (error: unknown) => error,
  )
}

/** Lets everything happen that waits for no timer. */
const settle = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => {
  vi.useFakeTimers()
  sockets = []
  statuses = []
  taken.length = 0
  ending = new AbortController()
})
afterEach(async () => {
  ending.abort()
  await settle()
  await end
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('a connection', () => {
  it('is probed when it is silent, and replaced when it does not answer', async () => {
    begin()
    last().hears(hello(1))
    last().hears(record(1))
    await vi.advanceTimersByTimeAsync(15_000)
    expect(last().said.map(({ op }) => op)).toEqual(['subscribe', 'unsubscribe'])
    // The server has no such subscription, and this error is an answer.
    last().hears({ op: 'error', code: 'SUBSCRIPTION_UNKNOWN', message: 'none', id: 'probe' })
    await vi.advanceTimersByTimeAsync(29_999)
    expect(sockets).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(251)
    expect([sockets.length, sockets[0]?.isClosed]).toEqual([2, true])
    last().hears(hello(2))
    for (const seq of [1, 2]) last().hears(record(seq))
    await settle()
    expect(last().said[0]).toMatchObject({ op: 'subscribe', since: 0 })
    expect(taken).toEqual([1, 2])
  })

  it('is replaced when it never opens', async () => {
    begin()
    await vi.advanceTimersByTimeAsync(30_250)
    expect([sockets.length, sockets[0]?.said]).toEqual([2, []])
  })

  it('waits longer for each attempt, ten seconds at most, until a frame comes', async () => {
    begin()
    const waited = () => statuses.flatMap((status) => (status.status === 'waiting' ? [status.forMs] : []))
    for (let n = 0; n < 8; n++) {
      last().ends(1006)
      await vi.advanceTimersByTimeAsync(10_000)
    }
    expect(waited()).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
    last().hears(hello(1))
    last().hears(record(1))
    await settle()
    last().ends(4408, 'too slow; resume with since 1')
    await settle()
    expect(statuses.at(-1)).toEqual({ status: 'waiting', forMs: 250, why: 'too slow; resume with since 1' })
  })

  it.each(['SERVER_BUSY', 'FEED_FAILED'])('that is refused with %s is made anew', async (code) => {
    begin()
    last().hears(hello(1))
    last().hears({ op: 'error', code, message: 'not now', id: 'feed' })
    await vi.advanceTimersByTimeAsync(250)
    expect(sockets).toHaveLength(2)
  })

  it('sends nothing more once it has ended', async () => {
    begin()
    const [first] = sockets as [Socket]
    first.hears(hello(3))
    first.hears(record(1))
    first.ends(1006)
    await vi.advanceTimersByTimeAsync(250)
    first.hears(record(2))
    last().hears(hello(3))
    for (const seq of [1, 2, 3]) last().hears(record(seq))
    first.hears(record(4))
    await settle()
    expect(taken).toEqual([1, 2, 3])
  })
})

describe('the feed', () => {
  it.each<[string, object]>([
    ['a record without its seq', { ...record(2), seq: undefined }],
    ['a record of another shape', { ...record(2), record: { seq: 2 } }],
    ['an event that says not where it is', { ...record(2), record: undefined, type: 'COUNTED' }],
    ['a batch that is none', { op: 'batch', id: 'feed', events: {} }],
    ['a batch with something else in it', { op: 'batch', id: 'feed', events: [record(2), { seq: 3 }] }],
    ['a greeting without its seq', { op: 'hello', version: '0', log: 'test' }],
    ['nothing', { op: 7 }],
  ])('ends with %s, with the fault', async (_, frame) => {
    begin()
    last().hears(hello(3))
    last().hears(record(1))
    last().hears(frame)
    const error = (await end) as OutcryError
    expect([error.code, error.issues[0]?.rule]).toEqual(['FRAME_INVALID', expect.any(String)])
    expect([taken, last().isClosed]).toEqual([[1], true])
  })

  it('ignores frames of a later version and of other subscriptions', async () => {
    begin()
    last().hears(hello(3))
    last().hears({ op: 'later', of: 'a later version' })
    last().hears({ ...record(2), id: 'other' })
    last().hears({ ...record(1), later: true })
    last().hears({ op: 'caughtUp', id: 'other', seq: 1 })
    await settle()
    expect(taken).toEqual([1])
    expect(statuses.map(({ status }) => status)).toEqual(['connecting', 'open'])
  })

  it.each(['connecting', 'open', 'caughtUp', 'waiting'])(
    'ends when its signal comes while it says that it is %s',
    async (when) => {
      begin({
        onStatus: ({ status }) => {
          if (status === when) ending.abort()
        },
      })
      if (when === 'waiting') last().ends(1006)
      else if (when !== 'connecting') {
        last().hears(hello(1))
        last().hears(record(1))
        last().hears({ op: 'caughtUp', id: 'feed', seq: 1 })
      }
      expect(await end).toBe('ended')
      expect([taken, sockets.every(({ isClosed }) => isClosed || when === 'waiting')]).toEqual([[], true])
    },
  )

  it.each(['connecting', 'open', 'caughtUp', 'waiting'])(
    'ends with the error of an `onStatus` that throws when it is %s',
    async (when) => {
      const fault = new Error('of the program')
      begin({
        onStatus: ({ status }) => {
          if (status === when) throw fault
        },
      })
      if (when !== 'connecting') last().hears(hello(1))
      last()?.hears(record(1))
      last()?.hears({ op: 'caughtUp', id: 'feed', seq: 1 })
      if (when === 'waiting') last().ends(1006)
      expect(await end).toBe(fault)
    },
  )

  it('ends when the server refuses its frame', async () => {
    begin()
    last().hears(hello(1))
    last().ends(4400, 'bad frame')
    expect(await end).toMatchObject({ code: 'FRAME_INVALID' })
  })

  it.each(['return', 'throw'] as const)(
    'closes its connection at once by %s, even when nothing comes',
    async (how) => {
      const feed = follow({ connect, refusal: async () => undefined }, { topics: ['>'] })
      const next = feed.next()
      last().hears(hello(1))
      const fault = new Error('of the caller')
      const done = how === 'return' ? feed.return() : feed.throw(fault).catch((error: unknown) => error)
      expect(await next).toEqual({ done: true, value: undefined })
      expect(await done).toEqual(how === 'return' ? { done: true, value: undefined } : fault)
      expect(last().isClosed).toBe(true)
      expect(await feed.next()).toEqual({ done: true, value: undefined })
    },
  )

  it('keeps no item that was taken, even when others always wait', async () => {
    const feed = follow({ connect, refusal: async () => undefined }, { topics: ['events.>'], since: 0 })
    const first = feed.next()
    last().hears(hello(9_999))
    last().hears(event(1))
    last().hears(event(2))
    const read = new WeakRef((await first).value as FeedItem)
    for (let seq = 3; seq < 3_000; seq++) {
      last().hears(event(seq))
      await feed.next()
    }
    // The objects of a running frame are freed only in another turn of the event loop.
    vi.useRealTimers()
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    expect(read.deref()).toBeUndefined()
    await feed.return()
    vi.useFakeTimers()
  })

  it('leaves no listener on its signal', async () => {
    const { signal } = ending
    const listening = new Set<unknown>()
    const on = signal.addEventListener.bind(signal)
    const off = signal.removeEventListener.bind(signal)
    signal.addEventListener = (type: string, listener: never, options?: object) => {
      listening.add(listener)
      on(type, listener, options)
    }
    signal.removeEventListener = (type: string, listener: never) => {
      listening.delete(listener)
      off(type, listener)
    }
    begin({ since: 0 })
    for (let n = 0; n < 5; n++) {
      expect(listening.size).toBeLessThan(3)
      last().ends(1006)
      await vi.advanceTimersByTimeAsync(10_000)
    }
    last().hears(hello(1))
    last().hears({ op: 'error', code: 'SUBSCRIPTION_EXISTS', message: 'no' })
    await end
    expect(listening.size).toBe(0)
  })

  it.each([
    ['a code of a later version', { op: 'error', code: 'LATER', message: 'no' }, 'RUNNER_REFUSED'],
    ['a refusal', { op: 'error', code: 'SUBSCRIPTION_EXISTS', message: 'no' }, 'SUBSCRIPTION_EXISTS'],
    ['no JSON', '<p>', 'FRAME_INVALID'],
    ['a gap', record(3), 'FEED_GAP'],
  ])('ends with %s after the items that have come', async (_, frame, code) => {
    begin()
    last().hears(hello(3))
    last().hears(record(1))
    last().hears(frame)
    expect(await end).toMatchObject({ code })
    expect([taken, sockets.length, last().isClosed]).toEqual([[1], 1, true])
  })

  it('ends at once by its signal, even when items wait', async () => {
    begin()
    last().hears(hello(3))
    for (const seq of [1, 2, 3]) last().hears(record(seq))
    ending.abort()
    expect(await end).toBe('ended')
    expect([taken, last().isClosed]).toEqual([[], true])
  })
})

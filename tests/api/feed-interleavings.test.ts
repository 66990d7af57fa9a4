/**
 * Tests that a client gets exactly the events of the log that its filter matches, in order, once each, however commits,
 * throttles, batches, slow reads and subscriptions that resume follow each other. Of high-frequency events it gets the
 * latest of each topic.
 */
import fc from 'fast-check'
import { Subject } from 'rxjs'
import { expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import type { EventOnTopic, FeedFrame } from '../../src/api/contract/frames.ts'
import { Feed } from '../../src/api/feed/feed.ts'
import { predicateOf } from '../../src/api/feed/filter.ts'
import { Known } from '../../src/api/feed/known.ts'
import { publicationsOf } from '../../src/api/feed/publication.ts'
import { Place, type Wanted } from '../../src/client/place.ts'
import { matches, parsePattern, type Topic } from '../../src/runtime/events/patterns.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { eventually } from '../runtime/harness.ts'
import { howMany, SEED } from '../seeded.ts'
import { Log, recordAt, Socket } from './feed-parts.ts'

const known = new Known([
  {
    name: 'tally',
    emits: undefined,
    classes: { TICKED: 'high-frequency', TICK: 'high-frequency', BROKE: 'critical' },
  },
])

/** A log that keeps its records. */
class Records extends Log {
  readonly records: TransitionRecord[] = []

  override read = async function* (this: Records, { fromSeq = 1, toSeq = this.seq, reverse = false }) {
    const found = this.records.slice(fromSeq - 1, toSeq)
    for (const record of reverse ? found.reverse() : found) {
      // Commits and the client act while the log is read.
      await Promise.resolve()
      yield record
    }
  }
}

type Step =
  | {
      readonly act: 'commit'
      readonly emitted: readonly { readonly type: string; readonly symbol: string }[]
    }
  | { readonly act: 'block' | 'drain' | 'wait' | 'resume' | 'cut' }

const emitted = fc.record({
  type: fc.constantFrom('TICKED', 'TICKED', 'SAID', 'BROKE'),
  symbol: fc.constantFrom('BTC', 'ETH'),
})
const steps = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        act: fc.constant('commit' as const),
        emitted: fc.array(emitted, { maxLength: 3 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ act: fc.constantFrom('block', 'drain', 'drain', 'wait', 'resume', 'cut') }),
    },
  ),
  { minLength: 20, maxLength: 80 },
) as fc.Arbitrary<Step[]>

const wanted = fc.record(
  {
    topics: fc.constantFrom(['>'], ['events.>'], ['transitions.>'], ['events.said.>', 'events.ticked.*.BTC']),
    filter: fc.constantFrom(
      {},
      { not: { symbol: 'ETH' } },
      { or: [{ type: 'SAID' }, { type: 'TICK' }, { type: 'TICKED' }] },
    ),
    batchMs: fc.constantFrom(0, 2),
    throttleMs: fc.constantFrom(1, 8),
    conflate: fc.boolean(),
  },
  { requiredKeys: ['topics'], noNullPrototype: true },
) as fc.Arbitrary<Wanted>

/** More than a socket takes, and more than waits for a client. */
const FULL = 2_000_000

/** Plays the steps for one client, and returns what it took and how many the server has said that it left out. */
async function play(all: readonly Step[], wants: Wanted) {
  const log = new Records()
  const commits = new Subject<TransitionRecord>()
  const feed = new Feed(Object.assign(log, { epoch: 1, transitions$: commits }), '0', known)
  const place = new Place({ ...wants, since: 0 })
  const taken: string[] = []
  const latest: { topic: string; seq: number }[] = []
  let left = 0
  let connections = 0
  let socket = new Socket()
  /** Number of subscriptions before this one of which frames may still come. They come again. */
  let before = 0

  /** Takes what has come on the connection. */
  const receive = () => {
    for (const frame of socket.frames.splice(0) as unknown as FeedFrame[]) {
      if (frame.op === 'unsubscribed') before--
      if (before > 0) continue
      if (frame.op === 'conflated') for (const count of Object.values(frame.topics)) left += count
      if (frame.op === 'caughtUp') place.caughtUp(frame.seq)
      if (frame.op === 'error') throw new Error(frame.message)
      const items = frame.op === 'batch' ? frame.events : frame.op === 'event' ? [frame] : []
      for (const item of items) {
        if (!place.take(item)) continue
        if (item.class === 'high-frequency' && (!('record' in item) || wants.conflate)) latest.push(item)
        else taken.push(`${item.seq} ${'record' in item ? 'record' : (item as EventOnTopic).index}`)
      }
    }
  }
  const subscribe = () => {
    connections++
    socket.says(place.subscription(log.seq))
  }
  const connect = () => {
    socket = new Socket()
    feed.connect(socket as unknown as WebSocket)
    subscribe()
  }
  connect()
  for (const step of all) {
    if (step.act === 'commit') {
      const seq = ++log.seq
      const event = { type: seq % 3 === 0 ? 'TICK' : 'TOLD' }
      const record = { ...recordAt(seq), event, emitted: step.emitted }
      log.records.push(record)
      commits.next(record)
    } else if (step.act === 'block') socket.bufferedAmount = FULL
    else if (step.act === 'drain') socket.drain()
    else if (step.act === 'wait') await new Promise((resolve) => setTimeout(resolve, 3))
    else {
      receive()
      if (step.act === 'resume') {
        before++
        socket.says({ op: 'unsubscribe', id: 'feed' })
        receive()
        subscribe()
      } else {
        before = 0
        socket.emit('close')
        connect()
      }
    }
  }
  socket.drain()
  return { log, taken, latest, receive, left: () => left, connections }
}

function expected(records: readonly TransitionRecord[], { topics, filter = {}, conflate }: Wanted) {
  const patterns = topics.map((text) => parsePattern(text) as Topic)
  const all = records.flatMap((record) => {
    const publications = publicationsOf(record, known.classOf)
    return publications.map((publication, index) => ({ publication, index }))
  })
  const wanted = all.filter(
    ({ publication: { topic, facts } }) =>
      patterns.some((pattern) => matches(pattern, topic)) && predicateOf(filter)(facts),
  )
  const isLoose = ({ publication }: (typeof wanted)[number]) =>
    publication.class === 'high-frequency' && (!publication.isRecord || conflate === true)
  const sure = wanted.filter((one) => !isLoose(one))
  return {
    sure: sure.map(
      ({ publication, index }) => `${publication.seq} ${publication.isRecord ? 'record' : index}`,
    ),
    loose: wanted.filter(isLoose).map(({ publication: { name, seq } }) => ({ topic: name, seq })),
  }
}

it(`a client gets exactly what its filter matches, whatever follows what, seed ${SEED}`, async () => {
  const property = fc.asyncProperty(steps, wanted, async (all, wants) => {
    const { log, taken, latest, receive, left, connections } = await play(all, wants)
    const { sure, loose } = expected(log.records, wants)
    const lastOf = new Map(loose.map(({ topic, seq }) => [topic, seq]))
    await eventually(() => {
      receive()
      expect(taken).toEqual(sure)
      expect(new Map(latest.map(({ topic, seq }) => [topic, seq]))).toEqual(lastOf)
      // Publications that were left out before a connection ended may come on the next one.
      if (connections === 1) expect(latest.length + left()).toBe(loose.length)
    })
    for (const [topic] of lastOf) {
      const seqs = latest.filter((one) => one.topic === topic).map(({ seq }) => seq)
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    }
  })
  await fc.assert(property, { seed: SEED, numRuns: howMany('INTERLEAVINGS', 60) })
}, 600_000)

/** Tests the time line of a log against a plain walk through all of its records, at random times. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import { timelineOf } from '../../src/api/state/timeline.ts'
import { type Client, createClient } from '../../src/client/index.ts'
import { createSupervisor, type EventEnvelope, openMemoryStore, type Server, serve } from '../../src/index.ts'
import { envelopesOf } from '../../src/runtime/events/envelope.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { SEED, seeded } from '../seeded.ts'

const START = Date.parse('2026-01-31T09:00:00Z')
const TYPES = ['A', 'B', 'C']

const teller = setup({ types: {} as { events: { type: 'SAY'; what: string } } }).createMachine({
  id: 'teller',
  on: { SAY: { actions: emit(({ event }) => ({ type: event.what })) } },
})

let supervisor: Supervisor
let api: Server
let client: Client
const records: TransitionRecord[] = []

beforeAll(async () => {
  const random = seeded(SEED)
  const store = await openMemoryStore()
  supervisor = await createSupervisor({
    store,
    machines: { teller },
    clock: new EventClock(START),
    logger: silentLogger,
  })
  let at = START
  for (const id of ['a', 'b']) await supervisor.spawn('teller', id, undefined, { at })
  for (let n = 0; n < 300; n++) {
    // Times stand still, leap, and go back, as those of several sources do.
    at += Math.floor(random() * random() * random() * 60_000) - 500
    const what = TYPES[Math.floor(random() * TYPES.length)] as string
    await supervisor.send(random() < 0.7 ? 'teller/a' : 'teller/b', { type: 'SAY', what }, { at })
  }
  for await (const record of supervisor.read()) records.push(record)
  api = await serve(supervisor, { port: 0, logger: silentLogger })
  client = createClient({ url: api.url })
})
afterAll(async () => {
  await api?.close()
  await supervisor?.stop()
})

/** Returns the last seq before the log's time first passes `at`. */
function seqAt(at: number): number {
  return (records.find((record) => record.at > at)?.seq ?? records.length + 1) - 1
}

const eventsBetween = (from: number, to: number): EventEnvelope[] =>
  records.slice(from, to).flatMap((record) => envelopesOf(record))

describe(`the time line, seed ${SEED}`, () => {
  const times = seeded(SEED + 1)
  const somewhere = () => START - 10_000 + Math.floor(times() * (600_000 + 20_000))
  const stretches = Array.from({ length: 12 }, () => {
    const [a, b] = [somewhere(), somewhere()]
    return { from: Math.min(a, b), to: Math.max(a, b), points: 1 + Math.floor(times() * 40) }
  })

  it.each(stretches)(
    'from $from to $to in $points points has all records, marks and last events',
    async (stretch) => {
      const found = await client.ask('timeline', { query: { ...stretch, mark: 'A,C', follow: 'B,NONE' } })
      expect(found.points).toHaveLength(stretch.points)
      expect([found.fromSeq, found.toSeq]).toEqual([seqAt(stretch.from), seqAt(stretch.to)])
      let before = found.fromSeq
      for (const [i, { at, seq, records: count, marks = [], last = [] }] of found.points.entries()) {
        const end = stretch.from + ((stretch.to - stretch.from) * (i + 1)) / stretch.points
        expect(at).toBeCloseTo(end, 3)
        expect(seq).toBe(Math.max(before, seqAt(at)))
        expect(count).toBe(seq - before)
        const events = eventsBetween(before, seq)
        for (const type of TYPES) {
          const of = events.filter((one) => one.type === type)
          const [expected, mark] = [of.at(-1), marks.find((one) => one.type === type)]
          if (type === 'B')
            expect(last.map(({ eventId }) => eventId)).toEqual(of.slice(-1).map(({ eventId }) => eventId))
          else if (expected === undefined) expect(mark).toBeUndefined()
          else expect(mark).toEqual({ type, count: of.length, seq: expected.seq, actor: expected.actor })
        }
        before = seq
      }
      expect(before).toBe(found.toSeq)
    },
  )

  it('is of the whole log without times', async () => {
    const found = await client.ask('timeline', { query: { points: 7 } })
    expect([found.from, found.fromSeq, found.toSeq]).toEqual([records[0]?.at, 0, records.length])
    expect(found.points.reduce((sum, point) => sum + point.records, 0)).toBe(records.length)
  })

  it('has the events of one actor', async () => {
    const query = { points: 1, mark: 'A', follow: 'B', actor: 'teller/b' }
    const {
      points: [point],
    } = await client.ask('timeline', { query })
    const own = eventsBetween(0, records.length).filter(({ actor }) => actor === 'teller/b')
    expect(point?.marks?.[0]?.count).toBe(own.filter(({ type }) => type === 'A').length)
    expect(point?.last?.[0]?.eventId).toBe(own.findLast(({ type }) => type === 'B')?.eventId)
  })

  it('looks at no more events than it has room for, and says so', async () => {
    const [said] = eventsBetween(0, records.length) as [EventEnvelope]
    const log = {
      seq: supervisor.seq,
      seqAt: (at: number) => supervisor.seqAt(at),
      read: (options: object) => supervisor.read(options),
      async *events(): AsyncGenerator<EventEnvelope> {
        for (let n = 0; ; n++) {
          looked = n + 1
          yield said
        }
      },
    }
    let looked = 0
    const stretch = { points: 3, mark: ['A'], follow: ['B', 'C'], actor: 'teller/nobody' }
    const found = await timelineOf(log, stretch)
    expect(found.isPartial).toBe(true)
    expect(looked).toBeLessThanOrEqual(20_000)
  })

  it('reads no commit for the points of a long log, and is exact at its ends', async () => {
    const asked: (readonly [at: number, isRough: boolean | undefined])[] = []
    const log = {
      seq: 5_000_000,
      async seqAt(at: number, options: { readonly isRough?: boolean } = {}): Promise<number> {
        asked.push([at, options.isRough])
        return at * 10 + (options.isRough ? 7 : 0)
      },
      async *read(): AsyncGenerator<never> {},
      async *events(): AsyncGenerator<EventEnvelope> {},
    }
    const stretch = { from: 100_000, to: 300_000, mark: [], follow: [] }
    const { fromSeq, toSeq, points } = await timelineOf(log, { ...stretch, points: 4 })
    expect([fromSeq, toSeq]).toEqual([1_000_000, 3_000_000])
    expect(points.map(({ seq }) => seq)).toEqual([1_500_007, 2_000_007, 2_500_007, 3_000_000])
    expect(points.reduce((sum, { records: count }) => sum + count, 0)).toBe(2_000_000)
    const ends = [100_000, 300_000]
    expect(asked.filter(([, isRough]) => !isRough).map(([at]) => at)).toEqual(ends)

    asked.length = 0
    await timelineOf(log, { ...stretch, to: 100_100, points: 4 })
    expect(asked.some(([, isRough]) => isRough)).toBe(false)
  })

  it('refuses an end before its beginning', async () => {
    const asked = client.ask('timeline', { query: { from: START, to: START - 1 } })
    await expect(asked).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  })
})

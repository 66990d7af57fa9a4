/** Tests how requests name places in the log: times, and where the next page of a list begins. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import { time } from '../../src/api/contract/fields.ts'
import { openApiOf } from '../../src/api/contract/openapi.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { createClient } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'

const counter = setup({ types: { context: {} as { n: number } } }).createMachine({
  id: 'counter',
  context: { n: 0 },
  on: {
    ADD: {
      actions: [
        assign({ n: ({ context }) => context.n + 1 }),
        emit(({ context: { n } }) => ({ type: 'ADDED', n })),
        emit(({ context: { n } }) => ({ type: 'TOLD', n })),
      ],
    },
  },
})
/** Time of the first event; the others follow by a second each. */
const BEGIN = Date.UTC(2026, 0, 1)
const EVENTS = 20

let harness: Harness
let api: ApiServer

beforeAll(async () => {
  harness = new Harness()
  await harness.open({ machines: { counter } })
  const { supervisor } = harness
  await supervisor.spawn('counter', 'a', undefined, { at: BEGIN - 1 })
  for (let n = 0; n < EVENTS; n++) await supervisor.send('counter/a', { type: 'ADD', at: BEGIN + n * 1_000 })
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterAll(async () => {
  await api.close()
  await harness.supervisor.stop()
})

interface Answer {
  readonly seq?: number
  readonly next?: number
  readonly searchedFrom?: number
  readonly context?: { readonly n: number }
  readonly events?: readonly { readonly type: string; readonly event: { readonly n: number } }[]
  readonly records?: readonly { readonly rev: number }[]
  readonly issues?: readonly { readonly field: string; readonly rule: string }[]
}

async function ask(path: string): Promise<Answer & { readonly status: number }> {
  const response = await fetch(`${api.url}${path}`)
  return { ...((await response.json()) as Answer), status: response.status }
}

/** Returns the numbers of the events of one type. */
const added = ({ events = [] }: Answer) =>
  events.filter(({ type }) => type === 'ADDED').map(({ event: { n } }) => n)
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe('a time in a request', () => {
  it.each([
    [String(BEGIN + 4_000)],
    [`${BEGIN + 4_000}.5`],
    ['2026-01-01T00:00:04Z'],
    ['2026-01-01T00:00:04.999Z'],
    ['2026-01-01T02:00:04%2B02:00'],
    // A + that is not encoded is a space.
    ['2026-01-01T02:00:04+02:00'],
    ['2025-12-31T19:00:04-05:00'],
  ])('may be %s', async (at) => {
    expect(await ask(`/actors/counter%2Fa?at=${at}`)).toMatchObject({ status: 200, context: { n: 5 } })
    expect(added(await ask(`/events?to=${at}`))).toEqual(upTo(5))
    // It is a whole millisecond or more after the fifth.
    const isExact = at === String(BEGIN + 4_000) || !/\.\d/.test(at)
    expect(added(await ask(`/events?from=${at}`))[0]).toBe(isExact ? 5 : 6)
  })

  it.each([
    ['2026-01-01T00:00:04', '2026-01-01T00:00:04Z'],
    ['2026-01-01T00:00', '2026-01-01T00:00:00Z'],
    ['2026-01-01', '2026-01-01T00:00:00Z'],
  ])('has a zone, unlike %s', async (at, rather) => {
    expect((await ask(`/events?to=${rather}`)).status).toBe(200)
    for (const path of [`/actors/counter%2Fa?at=${at}`, `/events?from=${at}`, `/events?to=${at}`]) {
      const { status, issues } = await ask(path)
      expect([status, issues]).toMatchObject([400, [{ rule: `needs its zone: ${rather} is UTC` }]])
    }
  })

  it.each([
    '',
    'now',
    '1e3',
    '0x10',
    '9'.repeat(16),
    '-9e99',
    '2026-02-30T00:00:00Z',
    '2026-01-01T25:00:00Z',
    '1,5',
  ])('is not "%s"', async (at) => {
    const { status, issues } = await ask(`/actors/counter%2Fa?at=${encodeURIComponent(at)}`)
    expect([status, issues]).toEqual([400, [{ field: 'at', rule: expect.stringContaining('with its zone') }]])
  })

  it('may leave out its seconds', () => {
    for (const text of ['2026-01-01T00:00Z', '2026-01-01T00:00+00:00', '2025-12-31T19:00-05:00'])
      expect(time.parse(text)).toBe(BEGIN)
  })

  it('is given once', async () => {
    const { status, issues } = await ask('/actors/counter%2Fa?at=1&at=2')
    expect([status, issues]).toEqual([400, [{ field: 'at', rule: expect.stringContaining('with its zone') }]])
  })

  it('has the bounds of a record', async () => {
    await expect(harness.supervisor.seqAt(Number.NaN)).rejects.toMatchObject({ code: 'PLACE_INVALID' })
    expect([time.parse(-8.64e15), time.parse('8640000000000000')]).toEqual([-8.64e15, 8.64e15])
    expect(time.safeParse(8.64e15 + 2).success).toBe(false)
  })

  it('is the same for a client', async () => {
    const client = createClient({ url: api.url })
    const past = await client.actor('counter/a', { at: '2026-01-01T00:00:02Z' })
    expect(past).toMatchObject({ context: { n: 3 } })
    expect(past).toEqual(await client.actor('counter/a', { at: BEGIN + 2_000 }))
  })
})

describe('a number in a request', () => {
  it.each(['', ' 1', '1e2', '0x1', '+1', '1.5', '-1', 'NaN', 'Infinity', '9'.repeat(400)])(
    'is not "%s"',
    async (text) => {
      const given = encodeURIComponent(text)
      for (const path of [
        `/events?since=${given}`,
        `/actors?limit=${given}`,
        `/actors/counter%2Fa?seq=${given}`,
      ])
        expect((await ask(path)).status, path).toBe(400)
    },
  )

  it('is described as a number', () => {
    const { paths } = openApiOf('1', []) as {
      paths: Record<string, { get: { parameters: { name: string; schema: unknown }[] } }>
    }
    const { parameters } = paths['/actors']?.get ?? { parameters: [] }
    expect(parameters.find(({ name }) => name === 'limit')?.schema).toMatchObject({
      type: 'integer',
      maximum: 1_000,
      default: 100,
    })
  })
})

describe('events', () => {
  it('are those between two times, both included', async () => {
    const answer = await ask(`/events?from=${BEGIN + 3_000}&to=${BEGIN + 6_000}&type=ADDED`)
    expect(added(answer)).toEqual([4, 5, 6, 7])
    expect(answer.next).toBeUndefined()
  })

  it('are the last ones up to a time', async () => {
    expect(added(await ask(`/events?tail=2&type=ADDED&to=${BEGIN + 6_000}`))).toEqual([6, 7])
  })

  it('of a time before the log are none', async () => {
    for (const query of ['to=1', `from=${BEGIN + 1e9}`, 'from=5&to=3', 'tail=3&to=0'])
      expect((await ask(`/events?${query}`)).events).toEqual([])
  })

  it('tell how far the last ones were looked for', async () => {
    expect((await ask('/events?tail=5&type=NOSUCH')).searchedFrom).toBe(1)
    const { events, searchedFrom = 0 } = await ask('/events?tail=2&type=ADDED')
    expect([events?.length, searchedFrom]).toEqual([2, harness.supervisor.seq - 1])
  })

  it.each(['tail=1&since=1', 'tail=1&from=1'])('are not asked for both ways: %s', async (query) => {
    expect((await ask(`/events?${query}`)).status).toBe(400)
  })
})

describe('the next page', () => {
  it('of a history follows the last record, in either direction', async () => {
    for (const [query, all] of [
      ['', upTo(EVENTS + 1)],
      ['fromRev=3&toRev=12', upTo(12, 3)],
      ['reverse=true', upTo(EVENTS + 1).reverse()],
      ['reverse=true&fromRev=3&toRev=12', upTo(12, 3).reverse()],
    ] as const) {
      const revs: number[] = []
      const sizes: number[] = []
      for (let after: number | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
        const page = await ask(
          `/actors/counter%2Fa/history?limit=5&${query}${after === undefined ? '' : `&after=${after}`}`,
        )
        revs.push(...(page.records ?? []).map(({ rev }) => rev))
        sizes.push(page.records?.length ?? 0)
        after = page.next
      }
      expect(revs).toEqual(all)
      expect(sizes.every((size, i) => size === 5 || i === sizes.length - 1)).toBe(true)
      expect(sizes).toHaveLength(Math.ceil(all.length / 5))
    }
  })

  it('of a client follows by itself', async () => {
    const client = createClient({ url: api.url })
    const revs: number[] = []
    for await (const { rev } of client.history('counter/a', { reverse: true, toRev: 9 })) revs.push(rev)
    expect(revs).toEqual(upTo(9).reverse())
    const details: unknown[] = []
    for await (const { rev, changed } of client.history('counter/a', { fromRev: 3, limit: 2, detail: true }))
      details.push([rev, changed?.map(({ path }) => path.join('.'))])
    expect(details).toEqual([
      [3, ['context.n']],
      [4, ['context.n']],
    ])
  })
})

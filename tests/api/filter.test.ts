/** Tests the filters of subscriptions: their form, what they match, and that they hold for the past and the present. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import { type Filter, filter } from '../../src/api/contract/filter.ts'
import { type Filterable, predicateOf } from '../../src/api/feed/filter.ts'
import { canMatchOn } from '../../src/api/feed/outlook.ts'
import { publicationsOf } from '../../src/api/feed/publication.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { matches, type Topic } from '../../src/runtime/events/patterns.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { AnyEvent, TransitionRecord } from '../../src/runtime/record/record.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { SEED } from '../seeded.ts'
import { FeedSocket } from './feed-socket.ts'

const EVENT: Filterable = {
  actor: 'order/sim:o-1',
  type: 'ORDER_FILLED',
  at: Date.parse('2026-01-31T09:30:00Z'),
  correlation: 'c-1',
  venue: 'sim',
  symbol: 'BTCUSDT',
  instrument: 'BTC/USDT',
  strategy: 'ema',
  severity: 'error',
}

describe('a filter', () => {
  it.each<[Filter, boolean]>([
    [{}, true],
    [{ kind: 'order' }, true],
    [{ kind: 'ord' }, false],
    [{ id: 'sim:o-1' }, true],
    [{ id: 'o-1' }, false],
    [{ type: 'ORDER_FILLED' }, true],
    [{ type: 'order_filled' }, false],
    [{ venue: 'sim', symbol: 'BTCUSDT' }, true],
    [{ venue: 'sim', symbol: 'ETHUSDT' }, false],
    [{ venue: null }, false],
    [{ instrument: 'BTC/USDT' }, true],
    [{ instrument: 'BTCUSDT' }, false],
    [{ instrument: null }, false],
    [{ strategy: 'ema' }, true],
    [{ strategy: null }, false],
    [{ correlation: 'c-1' }, true],
    [{ correlation: 'c-2' }, false],
    [{ minSeverity: 'info' }, true],
    [{ minSeverity: 'error' }, true],
    [{ minSeverity: 'critical' }, false],
    [{ from: '2026-01-31T10:30:00+01:00', to: EVENT.at }, true],
    [{ from: EVENT.at + 1 }, false],
    [{ to: '2026-01-31T09:29:59.999Z' }, false],
    [{ and: [{ type: 'ORDER_FILLED' }, { not: { venue: 'sim' } }] }, false],
    [{ or: [{ type: 'ORDER_CANCELLED' }, { not: { venue: 'paper' } }] }, true],
    [{ kind: 'position', or: [{ venue: 'sim' }] }, false],
  ])('%j matches: %s', (of, expected) => {
    expect(predicateOf(filter.parse(of))(EVENT)).toBe(expected)
  })

  it('of a venue, symbol, instrument, strategy or severity matches no event without it, but null does', () => {
    const { severity: _, ...others } = EVENT
    const names = { venue: null, symbol: null, instrument: null, strategy: null }
    const none = { ...others, ...names }
    expect(predicateOf(names)(none)).toBe(true)
    for (const of of [
      { venue: 'sim' },
      { symbol: '' },
      { instrument: 'BTC/USDT' },
      { strategy: 'null' },
      { minSeverity: 'info' as const },
    ])
      expect(predicateOf(of)(none)).toBe(false)
  })

  it.each<[string, unknown]>([
    ['another field', { kin: 'order' }],
    ['another field within', { not: { and: [{ kin: 'order' }] } }],
    ['no text', { kind: 7 }],
    ['a time without a zone', { from: '2026-01-31T09:30:00' }],
    ['no time', { to: 'yesterday' }],
    ['an unknown severity', { minSeverity: 'grave' }],
    ['nothing to choose from', { or: [] }],
    ['no list', { and: {} }],
    ['65 objects', { and: Array.from({ length: 64 }, () => ({})) }],
    ['nine objects one within the other', [1, 2, 3, 4, 5, 6, 7, 8].reduce<object>((not) => ({ not }), {})],
  ])('is refused with %s', (_, of) => {
    expect(filter.safeParse(of).success).toBe(false)
  })

  it('may have 64 objects, and eight one within the other', () => {
    const deep = [1, 2, 3, 4, 5, 6, 7].reduce<object>((not) => ({ not }), {})
    expect(filter.parse(deep)).toEqual(deep)
    expect(filter.safeParse({ or: Array.from({ length: 63 }, () => ({})) }).success).toBe(true)
  })
})

const names = fc.constantFrom('a', 'b', 'a.b')
const orNone = fc.option(names)
const severities = fc.constantFrom('info', 'warning', 'error', 'critical')
const types = fc.constantFrom('A', 'B', 'a')

/** Records of a few actors with a few events, so that filters often match. */
const records = fc
  .record({
    actor: fc.tuple(names, fc.constantFrom('x', 'x.y', 'sim:x')).map(([kind, id]) => `${kind}/${id}`),
    type: types,
    at: fc.integer({ min: 0, max: 3 }),
    correlation: names,
    emitted: fc.array(
      fc.record({
        type: types,
        venue: orNone,
        symbol: orNone,
        instrument: orNone,
        strategy: orNone,
        severity: fc.option(severities),
      }),
    ),
  })
  .map(({ type, ...of }): TransitionRecord => {
    const event = { type }
    return { ...of, seq: 1, rev: 1, event, from: null, to: 'on', cause: null, machine: 'a@1', turn: 1 }
  })

const leaf = {
  kind: names,
  id: fc.constantFrom('x', 'x.y', 'x_y'),
  type: types,
  venue: orNone,
  symbol: orNone,
  instrument: orNone,
  strategy: orNone,
  correlation: names,
  minSeverity: severities,
  from: fc.integer({ min: 0, max: 3 }),
  to: fc.integer({ min: 0, max: 3 }),
}

/** Filters of at most so many objects one within the other. */
const filters = fc.memo((depth): fc.Arbitrary<Filter> => {
  if (depth <= 1) return fc.record(leaf, { requiredKeys: [], noNullPrototype: true })
  const within = filters(depth - 1)
  const list = fc.array(within, { minLength: 1, maxLength: 2 })
  const joined = { ...leaf, and: list, or: list, not: within }
  return fc.record(joined, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Filter>
})

it(`a filter is joined as logic says, seed ${SEED}`, () => {
  const property = fc.property(records, filters(3), filters(3), (record, one, other) => {
    for (const { facts } of publicationsOf(record)) {
      const [a, b] = [predicateOf(one)(facts), predicateOf(other)(facts)]
      expect(predicateOf({ and: [one, other] })(facts)).toBe(a && b)
      expect(predicateOf({ or: [one, other] })(facts)).toBe(a || b)
      expect(predicateOf({ not: one })(facts)).toBe(!a)
      const each = Object.entries(one).map(([field, wanted]) => predicateOf({ [field]: wanted })(facts))
      expect(a).toBe(each.every((is) => is))
    }
  })
  fc.assert(property, { seed: SEED, numRuns: 500 })
})

it(`no filter is called hopeless that matches something on its topic, seed ${SEED}`, () => {
  const property = fc.property(records, filters(3), fc.array(fc.boolean()), (record, of, wild) => {
    for (const { facts, topic } of publicationsOf(record)) {
      if (!predicateOf(of)(facts)) continue
      const pattern: Topic = topic.map((token, i) => (wild[i] ? '*' : token))
      expect(matches(pattern, topic)).toBe(true)
      expect(canMatchOn(of, pattern)).toBe(true)
      expect(canMatchOn(of, [...pattern.slice(0, 2), '>'])).toBe(true)
    }
  })
  fc.assert(property, { seed: SEED, numRuns: 500 })
})

const teller = setup({
  types: {} as { events: { type: 'SAY'; what: AnyEvent }; emitted: AnyEvent },
}).createMachine({
  id: 'teller',
  on: { SAY: { actions: emit(({ event }) => event.what) } },
})

describe('a subscription with a filter', () => {
  let harness: Harness
  let api: ApiServer
  let client: FeedSocket

  beforeEach(async () => {
    harness = new Harness()
    await harness.open({ machines: { teller, other: teller } })
    await harness.supervisor.spawn('teller', 'a')
    await harness.supervisor.spawn('teller', 'b')
    await harness.supervisor.spawn('other', 'a')
    api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
    client = await FeedSocket.open(api.url)
  })
  afterEach(async () => {
    client.socket.close()
    await api.close()
    await harness.supervisor.stop()
  })

  /** Has three actors say one thing each, of each venue. */
  async function say(): Promise<void> {
    for (const venue of ['sim', 'paper'])
      for (const to of ['teller/a', 'teller/b', 'other/a'])
        await harness.supervisor.send(to, {
          type: 'SAY',
          what: { type: 'SAID', venue, instrument: `BTC/${venue}`, severity: 'warning' },
        })
  }

  it.each<[string, Filter, number]>([
    ['events.>', { venue: 'sim', not: { kind: 'other' } }, 2],
    ['events.>', { or: [{ venue: 'paper' }, { id: 'b' }] }, 4],
    ['events.>', { instrument: 'BTC/sim' }, 3],
    ['transitions.>', { kind: 'teller', id: 'a', type: 'SAY' }, 2],
    ['transitions.>', { kind: 'teller', not: { type: 'xstate.init' } }, 4],
    ['>', { minSeverity: 'warning', kind: 'other' }, 2],
    ['>', { type: 'SAID' }, 6],
  ])(
    'on %s (%j) gives the same of the past, of the end of the past, and of the present',
    async (topic, of, each) => {
      const topics = [topic]
      await client.subscribe({ id: 'live', topics, filter: of })
      await say()
      await client.subscribe({ id: 'since', topics, filter: of, since: 0 })
      await client.subscribe({ id: 'tail', topics, filter: of, tail: each })
      await client.subscribe({ id: 'batch', topics, filter: of, since: 0, batchMs: 0 })
      expect(client.items('tail')).toHaveLength(each)
      await say()
      const of2 = (id: string) => client.items(id).map(({ topic, seq }) => `${seq} ${topic}`)
      await eventually(() => expect(of2('batch')).toHaveLength(2 * each))
      for (const id of ['live', 'since', 'tail']) expect(of2(id), id).toEqual(of2('batch'))
    },
  )

  it('may name a severity beside its filter', async () => {
    await client.subscribe({ id: 's', topics: ['>'], minSeverity: 'error', filter: { kind: 'teller' } })
    for (const severity of ['warning', 'error', 'critical', undefined])
      for (const to of ['teller/a', 'other/a'])
        await harness.supervisor.send(to, { type: 'SAY', what: { type: 'SAID', severity } })
    await eventually(() => expect(client.items('s')).toHaveLength(2))
    expect(client.items('s')).toMatchObject([{ severity: 'error' }, { severity: 'critical' }])
  })
})

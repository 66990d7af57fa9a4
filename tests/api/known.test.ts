/** Tests that a subscription that can match nothing is refused with what would match. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { emit, setup } from 'xstate'
import { z } from 'zod'
import { subscribeFrame } from '../../src/api/contract/frames.ts'
import { Known, knownKinds } from '../../src/api/feed/known.ts'
import { startApi } from '../../src/api/server.ts'
import { createClient } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'
import { FeedSocket } from './feed-socket.ts'

const known = new Known([
  { name: 'order', emits: new Set(['ORDER_FILLED', 'ORDER_CANCELLED', 'order.note']) },
  { name: 'emaCross', emits: new Set(['ENTRY_SKIPPED']) },
  { name: 'system', emits: new Set() },
])
/** A program of which one kind declares nothing. */
const open = new Known([
  { name: 'order', emits: new Set(['ORDER_FILLED']) },
  { name: 'bell', emits: undefined },
])

const faultOf = (of: Known, frame: object) =>
  of.fault(subscribeFrame.parse({ op: 'subscribe', id: 's', topics: ['>'], ...frame }))

it.each([
  '>',
  '*.>',
  '*.*.*',
  '*.*.*.*',
  '*.order.>',
  '*.order_filled.>',
  'events.>',
  'events.*.>',
  'events.order_filled.>',
  'events.order_note.sim.*',
  'events.*.*.*',
  'transitions.emaCross.btc',
  'transitions.system.dead-letters',
  'transitions.>',
])('a client may ask for %s', (topic) => {
  expect(faultOf(known, { topics: [topic] })).toBeUndefined()
})

it.each([
  ['events.*.sim.BTCUSDT.>', 'events.*.sim.BTCUSDT'],
  ['events.*.sim.BTC.USDT', 'events.*.sim.BTC_USDT'],
  ['events.*.sim', 'events.*.sim.>'],
  ['events', 'events.>'],
  ['events.ORDER_FILLED.sim.*', 'events.order_filled.sim.*'],
  ['events.orderFilled.>', 'events.order_filled.>'],
  ['events.order_fill.>', 'events.order_filled.>'],
  ['transitions.Order.>', 'transitions.order.>'],
  ['transitions.emacros.btc', 'transitions.emaCross.btc'],
  ['transitions.emaCross', 'transitions.emaCross.>'],
  ['transitions.order.o.1.2', 'transitions.order.o_1_2'],
  ['transitions.order.o.*', 'transitions.order.*'],
  ['event.order_filled.>', 'events.order_filled.>'],
  ['Transitions.order.*', 'transitions.order.*'],
  ['*.ordr.>', '*.order.>'],
])('%s can match nothing, and the refusal names %s', (topic, near) => {
  expect(faultOf(known, { topics: ['>', topic] })).toBe(
    `nothing can be on "${topic}"; the nearest topic is "${near}"`,
  )
  // A client can ask for the topic that the refusal names.
  expect(faultOf(known, { topics: [near] })).toBeUndefined()
})

it('a type that no kind declares is not refused while a kind declares nothing', () => {
  expect(faultOf(open, { topics: ['events.anything.>'] })).toBeUndefined()
  expect(faultOf(open, { topics: ['events.>'], filter: { type: 'ANYTHING' } })).toBeUndefined()
  expect(faultOf(open, { topics: ['events.ANYTHING.>'] })).toContain('"events.anything.>"')
  expect(faultOf(open, { topics: ['transitions.bel.>'] })).toContain('"transitions.bell.>"')
})

it.each<[string[], object, string | undefined]>([
  [['>'], { kind: 'ordr' }, 'no kind is called "ordr"; the nearest is "order"'],
  [['>'], { or: [{ type: 'X' }, { not: { kind: 'EMACROSS' } }] }, 'the nearest is "emaCross"'],
  [['events.>'], { type: 'order_filled' }, 'the nearest event is "ORDER_FILLED"'],
  [['events.>'], { not: { type: 'ORDER_FILED' } }, 'the nearest event is "ORDER_FILLED"'],
  // A record is of any event that an actor took.
  [['transitions.>'], { type: 'EXECUTION_REPORT' }, undefined],
  [['>'], { type: 'EXECUTION_REPORT' }, undefined],
  [['transitions.>'], { instrument: 'BTC/USDT' }, 'can match the filter'],
  [['events.order_filled.>'], { instrument: 'BTC/USDT' }, undefined],
  [['transitions.>'], { venue: 'sim' }, 'nothing on transitions.> can match the filter'],
  [['transitions.>'], { or: [{ symbol: 'BTC' }, { strategy: 'ema' }] }, 'can match the filter'],
  [['transitions.>', 'events.>'], { venue: 'sim' }, undefined],
  [['transitions.>'], { not: { venue: 'sim' } }, undefined],
  [['transitions.>'], { venue: null }, undefined],
  [['transitions.order.*'], { kind: 'emaCross' }, 'can match the filter'],
  [['transitions.order.*', 'transitions.emaCross.*'], { kind: 'emaCross' }, undefined],
  [['transitions.order.a'], { id: 'b' }, 'can match the filter'],
  [['events.order_filled.>'], { type: 'ORDER_CANCELLED' }, 'can match the filter'],
  [['events.*.sim.*'], { venue: 'paper' }, 'can match the filter'],
  [['events.*.-.-'], { venue: null, symbol: null }, undefined],
])('on %s the filter %j: %s', (topics, filter, fault) => {
  const found = faultOf(known, { topics, filter })
  if (fault === undefined) expect(found).toBeUndefined()
  else expect(found).toContain(fault)
})

it('a severity on records alone can match nothing', () => {
  expect(faultOf(known, { topics: ['transitions.>'], minSeverity: 'info' })).toContain('can match the filter')
  expect(faultOf(known, { topics: ['>'], minSeverity: 'info' })).toBeUndefined()
})

const bell = setup({ types: {} as { events: { type: 'RING' }; emitted: { type: 'RUNG' } } }).createMachine({
  id: 'bell',
  version: '2',
  on: { RING: { actions: emit({ type: 'RUNG' }) } },
})
const rung = z.object({ type: z.literal('RUNG') })

describe('a program', () => {
  let harness: Harness
  beforeEach(() => {
    harness = new Harness()
  })
  afterEach(() => harness.supervisor.stop())
  const declared = { machine: bell, emits: [rung] }

  it('may publish what its kinds declare, and what the other kinds of its log may have emitted', async () => {
    await harness.open({ machines: { bell: declared, gone: bell } })
    expect(await knownKinds(harness.supervisor)).toEqual([
      { name: 'bell', emits: new Set(['RUNG']) },
      { name: 'gone', emits: undefined },
      { name: 'system', emits: new Set() },
    ])
    await harness.supervisor.spawn('gone', 'a')
    await harness.supervisor.stop()
    await harness.open({ machines: { bell: declared } })
    expect(await knownKinds(harness.supervisor)).toContainEqual({ name: 'gone', emits: undefined })
  })

  it('looks back with tail as far as it must for the types that a subscription names, and says how far', async () => {
    await harness.open({ machines: { bell: declared } })
    await harness.supervisor.spawn('bell', 'a')
    await harness.supervisor.send('bell/a', { type: 'RING' })
    const { seq } = harness.supervisor
    for (let n = 0; n < 5; n++) await harness.supervisor.spawn('bell', `b${n}`)
    const read = vi.spyOn(harness.store, 'read')
    const api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
    const client = await FeedSocket.open(api.url)
    await client.subscribe({ id: 'one', topics: ['events.rung.>'], tail: 1 })
    const options = read.mock.calls.map(([one = {}]) => [one.fromSeq, one.emitting])
    expect(options).toContainEqual([1, ['RUNG']])
    await client.subscribe({ id: 'two', topics: ['events.>'], tail: 2, filter: { type: 'RUNG' } })
    await client.subscribe({ id: 'any', topics: ['>'], tail: 3 })
    expect(['one', 'two'].map((id) => client.items(id).map((item) => item.seq))).toEqual([[seq], [seq]])
    const ends = client.frames.filter(({ op }) => op === 'caughtUp')
    expect(ends).toMatchObject([{ tailFrom: seq }, { tailFrom: 1 }, { tailFrom: harness.supervisor.seq - 2 }])
    client.socket.close()
    await api.close()
  })

  it('publishes from its log what only an earlier machine has emitted', async () => {
    const bong = setup({
      types: {} as { events: { type: 'RING' }; emitted: { type: 'BONG' } },
    }).createMachine({
      id: 'bell',
      version: '1',
      on: { RING: { actions: emit({ type: 'BONG' }) } },
    })
    await harness.open({ machines: { bell: { machine: bong } } })
    await harness.supervisor.spawn('bell', 'a')
    await harness.supervisor.send('bell/a', { type: 'RING' })
    await harness.supervisor.stop()
    await harness.open({ machines: { bell: { ...declared, previous: [bong] } } })
    const api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
    const client = await FeedSocket.open(api.url)
    await client.subscribe({ id: 'old', topics: ['events.bong.>'], since: 0 })
    await client.subscribe({ id: 'last', topics: ['events.bong.>'], tail: 5 })
    for (const id of ['old', 'last']) expect(client.items(id)).toMatchObject([{ type: 'BONG' }])
    await expect(client.subscribe({ id: 'none', topics: ['events.gong.>'] })).rejects.toMatchObject({
      message: expect.stringContaining('"events.bong.>"'),
    })
    client.socket.close()
    await api.close()
  })

  it('tells a client what would match, and the connection goes on', async () => {
    await harness.open({ machines: { bell: declared } })
    const api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
    const client = await FeedSocket.open(api.url)
    const refused = { topics: ['events.RUNG.>'] }
    await expect(client.subscribe({ id: 's', ...refused })).rejects.toMatchObject({
      code: 'SUBSCRIPTION_UNMATCHED',
      message: expect.stringContaining('"events.rung.>"'),
    })
    await client.subscribe({ id: 't', topics: ['events.rung.>'] })
    client.socket.close()
    await expect(createClient({ url: api.url, WebSocket }).feed(refused).next()).rejects.toMatchObject({
      code: 'SUBSCRIPTION_UNMATCHED',
    })
    await api.close()
  })
})

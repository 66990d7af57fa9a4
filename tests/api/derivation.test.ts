/** Tests events that are derived as records are published: what an open position is worth at each tick. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { positionMarks } from '../../machines/index.ts'
import type { Derivation } from '../../src/api/feed/derivation.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Floor } from '../machines/floor.ts'
import { eventually } from '../runtime/harness.ts'
import { FeedSocket } from './feed-socket.ts'

let floor: Floor
let api: ApiServer
let client: FeedSocket
let derived = 0

beforeEach(async () => {
  floor = await Floor.open()
  const marks = positionMarks(['paper'])
  const counted: Derivation = {
    ...marks,
    derive: (record, read) => {
      derived++
      return marks.derive(record, read)
    },
  }
  derived = 0
  const options = { host: '127.0.0.1', port: 0, derivations: [counted] }
  api = await startApi(floor.harness.supervisor, options, silentLogger)
  client = await FeedSocket.open(api.url)
})
afterEach(async () => {
  client.socket.close()
  await api.close()
  await floor.harness.supervisor.stop()
})

const marked = (id: string) =>
  client.items(id).flatMap((item) => ('event' in item && item.type === 'POSITION_MARKED' ? [item] : []))

describe('the mark of a position', () => {
  it('comes with each tick while the position is open, with the seq of its record, and is in no log', async () => {
    await client.subscribe({ id: 's', topics: ['events.position_marked.paper.*'] })
    await floor.price('100')
    await floor.order('o-1')
    await floor.pass()
    await floor.price('110')
    await floor.price('95.5')
    await eventually(() => expect(marked('s')).toHaveLength(2))
    expect(marked('s')).toMatchObject([
      { seq: expect.any(Number), actor: 'position/paper:BTCUSDT', class: 'high-frequency', venue: 'paper' },
      { event: { quantity: '2', px: '95.5' } },
    ])
    for (const { event } of marked('s'))
      expect(Number(event.unrealizedPnl)).toBeCloseTo(2 * (Number(event.px) - Number(event.avgPx)))
    const { supervisor } = floor.harness
    for (const { seq, eventId } of marked('s')) {
      for await (const record of supervisor.read({ fromSeq: seq, toSeq: seq })) {
        expect(record.emitted?.map(({ type }) => type)).toContain('MARKET_TICK')
        expect(eventId).toBe(`${record.actor}/${record.rev}/${record.emitted?.length}`)
      }
    }
    await client.subscribe({ id: 'past', topics: ['events.>'], since: 0 })
    expect(marked('past')).toEqual([])
    // A position that is closed is worth nothing.
    await floor.order('o-2', { side: 'SELL' })
    await floor.pass()
    const ticks = marked('s').length
    await floor.price('120')
    await client.subscribe({ id: 'end', topics: ['>'] })
    expect(marked('s')).toHaveLength(ticks)
  })

  it('is not worked out while nobody wants it', async () => {
    await client.subscribe({ id: 's', topics: ['events.market_tick.>', 'transitions.>'] })
    await floor.price('100')
    expect(derived).toBe(0)
    await client.subscribe({ id: 't', topics: ['events.*.paper.*'] })
    await floor.price('101')
    expect(derived).toBeGreaterThan(0)
  })

  it('takes a topic of its own and a filter, and a misspelled one is refused', async () => {
    await expect(client.subscribe({ id: 's', topics: ['events.position_mark.>'] })).rejects.toThrow(
      '"events.position_marked.>"',
    )
    await client.subscribe({
      id: 't',
      topics: ['events.>'],
      filter: { type: 'POSITION_MARKED', kind: 'position' },
    })
    await floor.order('o-1')
    await floor.pass()
    await floor.price('110')
    await eventually(() => expect(client.items('t')).toHaveLength(1))
  })
})

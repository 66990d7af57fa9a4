/** Tests where a client goes on in the feed, and which items it counts as new. There is no connection, only items. */
import { describe, expect, it } from 'vitest'
import type { RecordOnTopic } from '../../src/api/contract/frames.ts'
import { type FeedItem, Place } from '../../src/client/place.ts'

const of = { correlation: 'c', cause: null }

function record(seq: number, at = seq): RecordOnTopic {
  const actor = 'tally/a'
  const [from, to, event] = ['on', 'on', { type: 'INC' }]
  const made = { ...of, seq, rev: seq, actor, at, event, from, to, machine: 'tally@1', turn: seq }
  return { topic: 'transitions.tally.a', seq, at, actor, record: made }
}

function event(seq: number, index: number): FeedItem {
  const [actor, type] = ['tally/a', 'COUNTED']
  const nowhere = { venue: null, symbol: null, instrument: null, strategy: null }
  const place = { eventId: `${actor}/${seq}/${index}`, index, seq, at: seq, actor, ...nowhere }
  return { topic: 'events.counted.-.-', ...of, ...place, type, source: 'tally@1', event: { type } }
}

const ALL = { topics: ['transitions.>'] }
const lost = expect.objectContaining({ code: 'SEQ_LOST' })
const gap = expect.objectContaining({ code: 'FEED_GAP' })

describe('a place in the feed', () => {
  it.each([
    ['from the beginning', { since: 0 }, { since: 0 }],
    ['after a seq', { since: 7 }, { since: 7 }],
    ['at the last so many', { tail: 5 }, { tail: 5 }],
    ['with what comes now', {}, { since: 9 }],
  ])('begins %s', (_, wanted, asked) => {
    const { id, ...frame } = new Place({ ...ALL, ...wanted }).subscription(9)
    expect(frame).toEqual({ op: 'subscribe', ...ALL, ...asked })
    expect(id).not.toBe('')
  })

  it('stays until an item has come', () => {
    const now = new Place(ALL)
    now.subscription(9)
    expect(now.subscription(12)).toMatchObject({ since: 9 })
    now.caughtUp(12)
    expect(now.subscription(15)).toMatchObject({ since: 12 })
    const tail = new Place({ ...ALL, tail: 5 })
    tail.subscription(9)
    expect(tail.subscription(12)).toMatchObject({ tail: 5 })
    tail.caughtUp(12)
    expect(tail.subscription(15)).toMatchObject({ since: 12 })
  })

  it('goes on in the middle of a record, and takes no item twice', () => {
    const place = new Place({ topics: ['>'], since: 0 })
    const items = [event(1, 0), event(1, 1), record(1), event(2, 0), record(2)]
    // The connection is lost after each item in turn.
    for (const [i, last] of items.entries()) {
      expect(place.take(last)).toBe(true)
      const { since = -1 } = place.subscription(2)
      const again = items.filter(({ seq }) => seq > since)
      const isNew = again.map((item) => items.indexOf(item) <= i && place.take(item))
      expect(isNew).toEqual(again.map(() => false))
    }
  })

  it('is lost when the log is shorter, or another one', () => {
    const place = () => {
      const made = new Place({ topics: ['events.>'], since: 0 })
      made.take(event(5, 0))
      return made
    }
    expect(() => place().subscription(4)).toThrow(lost)
    const shifted = place()
    shifted.subscription(9)
    expect(() => shifted.take(event(6, 0))).toThrow(lost)
    const without = place()
    without.subscription(9)
    expect(() => without.caughtUp(9)).toThrow(lost)
    const other = new Place({ ...ALL, since: 4 })
    other.take(record(5))
    other.subscription(9)
    // A record with another time is not the last one.
    expect(other.take(record(5, 77))).toBe(false)
    expect(() => other.take(record(6))).toThrow(lost)
    const unread = new Place(ALL)
    unread.subscription(9)
    expect(() => unread.subscription(8)).toThrow(lost)
  })

  it.each<[string, (place: Place) => void]>([
    [
      'its last item is one that may be left out',
      (place) => place.take({ ...event(5, 0), class: 'high-frequency' }),
    ],
    ['it has only caught up', (place) => place.caughtUp(5)],
  ])('is lost when another log has the id of its own no more: %s', (_, act) => {
    const place = new Place({ topics: ['events.>'] })
    place.subscription(5, 'mine')
    act(place)
    expect(place.subscription(9, 'mine')).toMatchObject({ op: 'subscribe' })
    expect(() => place.subscription(9, 'other')).toThrow(lost)
  })

  it('goes back to what came before a throttle may have kept events back, and takes none of the others twice', () => {
    const place = new Place({ topics: ['events.>'], since: 0, throttleMs: 500 })
    const ticked = (seq: number) => ({
      ...event(seq, 0),
      class: 'high-frequency' as const,
      topic: `t.${seq % 3}`,
    })
    expect(place.take(event(1, 0), 0)).toBe(true)
    // Nothing is known of the first two seconds.
    expect(place.subscription(9)).toMatchObject({ since: 0 })
    expect(place.take(event(1, 0), 900)).toBe(false)
    expect(place.take(ticked(4), 2_000)).toBe(true)
    expect(place.take(event(6, 0), 3_999)).toBe(true)
    expect(place.subscription(9)).toMatchObject({ since: 0 })
    for (const item of [event(1, 0), ticked(4), event(6, 0)]) expect(place.take(item, 4_000)).toBe(false)
    expect(place.take(event(7, 0), 4_000)).toBe(true)
    expect(place.subscription(9)).toMatchObject({ since: 3 })
    // Event 5 was kept back when the connection ended.
    const again = [ticked(4), ticked(5), event(6, 0), event(7, 0), event(8, 0)]
    expect(again.map((item) => place.take(item, 4_100))).toEqual([false, true, false, false, true])
  })

  it('goes back to its first item while a throttle may have kept back what came since, when it begins at the last so many', () => {
    const of = { topics: ['events.>'], tail: 5, throttleMs: 500 }
    const ticked = (seq: number, topic: string) => ({
      ...event(seq, 0),
      class: 'high-frequency' as const,
      topic,
    })
    for (const last of [ticked(6, 'b'), event(6, 0)]) {
      const place = new Place(of)
      expect(place.subscription(6)).toMatchObject({ tail: 5 })
      expect([ticked(4, 'a'), last].map((item) => place.take(item, 0))).toEqual([true, true])
      place.caughtUp(6)
      // Event 5 of topic a was kept back when the connection ended.
      expect(place.subscription(6)).toMatchObject({ since: 3 })
      const again = [ticked(4, 'a'), ticked(5, 'a'), last].map((item) => place.take(item, 100))
      expect(again).toEqual([false, true, false])
    }
  })

  it('is in no log before an item has come, when it begins at the last so many', () => {
    const place = new Place({ topics: ['events.>'], tail: 5 })
    place.subscription(9, 'mine')
    expect(place.subscription(9, 'other')).toMatchObject({ tail: 5 })
  })

  it.each([
    ['a record that is left out', ['transitions.*.*'], [record(1), record(3)]],
    ['the first record, left out', ['>'], [record(2)]],
    ['records in another order', ['transitions.tally.*'], [record(3), record(2)]],
  ])('finds a gap: %s', (_, topics, items) => {
    const place = new Place({ topics, since: 0 })
    expect(() => items.map((item) => place.take(item))).toThrow(gap)
  })

  it.each<[string, FeedItem[]]>([
    ['a record', [record(1), record(1)]],
    ['an event', [event(1, 0), event(1, 0)]],
    ['an event behind a later one of its record', [event(1, 1), event(1, 0)]],
    ['an event behind its record', [record(1), event(1, 0)]],
  ])('yields no item twice, and none out of order: %s', (_, items) => {
    const place = new Place({ topics: ['events.>', 'transitions.tally.*'], since: 0 })
    expect(() => items.map((item) => place.take(item))).toThrow(gap)
  })

  it('does not count records outside its topics as a gap', () => {
    const place = new Place({ topics: ['transitions.tally.*', 'events.>'], since: 0 })
    expect([record(2), event(7, 0), record(9)].map((item) => place.take(item))).toEqual([true, true, true])
  })
})

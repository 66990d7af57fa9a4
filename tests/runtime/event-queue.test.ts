/** Tests that few events wait for a handler, however large they are. */
import { describe, expect, it } from 'vitest'
import type { EventEnvelope } from '../../src/runtime/events/envelope.ts'
import { EVENTS_MAX, EventQueue, SIZE_MAX } from '../../src/runtime/subscriptions/event-queue.ts'

function envelopeOf(index: number, content: object): EventEnvelope {
  const place = { eventId: `bell/a/1/${index}`, index, type: 'RANG', at: 1, seq: 1, actor: 'bell/a' }
  const rest = {
    correlation: 'c-1',
    cause: null,
    venue: null,
    symbol: null,
    instrument: null,
    strategy: null,
    source: 'bell@1',
  }
  return { ...place, ...rest, event: { type: 'RANG', ...content } }
}

describe('a queue of events', () => {
  it.each<[string, object, number]>([
    ['many small ones', {}, EVENTS_MAX],
    ['some large texts', { text: 'x'.repeat(SIZE_MAX / 8) }, 8],
    ['some long lists', { list: Array(SIZE_MAX / 64).fill(1) }, 6],
    ['some long names', { [`${'x'.repeat(SIZE_MAX / 4)}`]: true }, 4],
    ['one that is larger than all that may wait', { deep: { text: 'x'.repeat(2 * SIZE_MAX) } }, 1],
  ])('is full with %s, and has room again behind them', (_, content, count) => {
    const queue = new EventQueue()
    for (let i = 0; i < count; i++) {
      expect([i, queue.isFull]).toEqual([i, false])
      queue.push(envelopeOf(i, content))
    }
    expect(queue.isFull).toBe(true)
    for (let i = 0; i < count; i++) {
      expect(queue.first?.index).toBe(i)
      queue.shift()
      expect(queue.isFull).toBe(false)
    }
    expect([queue.first, queue.length]).toEqual([undefined, 0])
  })
})

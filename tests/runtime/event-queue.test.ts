/** Tests that few events wait for a handler, however large they are. */
import { describe, expect, it } from 'vitest'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { EVENTS_MAX, EventQueue, passingOf, SIZE_MAX } from '../../src/runtime/subscriptions/event-queue.ts'

function recordOf(seq: number, content: object): TransitionRecord {
  return {
    seq,
    rev: seq,
    actor: 'bell/a',
    at: 1,
    event: { type: 'RING' },
    from: null,
    to: 'hanging',
    cause: null,
    correlation: 'c-1',
    machine: 'bell@1',
    turn: 1,
    emitted: [{ type: 'RANG', ...content }],
  }
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
    const push = (seq: number) => {
      for (const event of passingOf(recordOf(seq, content))) queue.push(event)
    }
    let full = 0
    for (let seq = 1; seq <= count; seq++) {
      if (queue.isFull) full++
      push(seq)
    }
    expect([full, queue.isFull, queue.length]).toEqual([0, true, count])
    // It never runs empty here, and is as short as before.
    for (let seq = 1; seq <= 3 * count; seq++) {
      expect(queue.first?.seq).toBe(seq)
      queue.shift()
      expect(queue.isFull).toBe(false)
      push(count + seq)
    }
    for (let left = count; left > 0; left--) queue.shift()
    expect([queue.first, queue.length]).toEqual([undefined, 0])
  })
})

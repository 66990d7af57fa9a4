import { describe, expect, it } from 'vitest'
import type { TransitionRecord } from '../src/runtime/record/record.ts'
import { differenceOfLogs } from './equal-logs.ts'

/** Returns a record of `actor` as the first of its turn, from outside. Its rev does not count. */
function record(seq: number, actor: string, more: Partial<TransitionRecord> = {}): TransitionRecord {
  const event = { type: 'GO', at: 5 }
  const own = { from: 'a', to: 'b', cause: null, correlation: `c-${seq}`, machine: 'kind@1', turn: seq }
  return { seq, rev: seq, actor, at: 5, event, ...own, ...more }
}

const timer = { id: 't', dueAt: 9, event: { type: 'T' } }
const intent = { id: 'order/a/PAY:1', port: 'bank', actor: 'order/a', event: { type: 'PAY' }, at: 5 }

/** The same life twice. Each start of the second adds a record of the runner. */
const straight = [
  record(1, 'order/a'),
  record(2, 'order/b', { cause: 1, correlation: 'c-1' }),
  record(3, 'order/a', {
    scheduled: [{ ...timer, seq: 3, correlation: 'c-3' }],
    intents: [{ ...intent, seq: 3, correlation: 'c-3' }],
  }),
]
const restarted = [
  record(1, 'runner/main'),
  record(2, 'order/a'),
  record(3, 'order/b', { cause: 2, correlation: 'c-2' }),
  record(4, 'runner/main'),
  record(5, 'order/a', {
    scheduled: [{ ...timer, seq: 5, correlation: 'c-5' }],
    intents: [{ ...intent, seq: 5, correlation: 'c-5' }],
  }),
]

function changed(index: number, more: Partial<TransitionRecord>): TransitionRecord[] {
  return restarted.map((r, i) => (i === index ? { ...r, ...more } : r))
}

describe('two logs are equal', () => {
  it('when they differ in places and in what each start adds', () => {
    expect(differenceOfLogs(straight, restarted)).toBeUndefined()
    expect(differenceOfLogs(restarted, straight)).toBeUndefined()
  })

  it('when actors that do not know each other take turns otherwise', () => {
    const [one, two, three] = [record(1, 'order/a'), record(2, 'order/b'), record(3, 'order/a')]
    const other = [record(1, 'order/b'), record(2, 'order/a'), record(3, 'order/a')]
    expect(differenceOfLogs([one, two, three], other)).toBeUndefined()
  })

  it('when a record came back from the log without its undefined members', () => {
    const made = record(1, 'order/a', { event: { type: 'GO', note: undefined } })
    expect(differenceOfLogs([made], [JSON.parse(JSON.stringify(made))])).toBeUndefined()
  })

  it('when one has a promise more that a crash cut off', () => {
    const data = { code: 'PROMISE_INTERRUPTED' }
    const cut = [
      record(1, 'order/a'),
      record(2, 'order/a/work'),
      record(3, 'order/a/work', { event: { type: 'xstate.promise.reject', data } }),
      record(4, 'order/a', { event: { type: 'xstate.error.actor.work' }, cause: 3, correlation: 'c-3' }),
      record(5, 'order/a'),
    ]
    const whole = [record(1, 'order/a'), record(2, 'order/a/work'), record(3, 'order/a')]
    expect(differenceOfLogs(whole, cut)).toBeUndefined()
  })
})

describe('two logs differ, and the first difference is told', () => {
  it.each<[string, Partial<TransitionRecord>]>([
    ['event', { event: { type: 'GO', at: 6 } }],
    ['at', { at: 6 }],
    ['from', { from: null }],
    ['to', { to: { a: 'b' } }],
    ['emitted', { emitted: [{ type: 'E' }] }],
    ['sent', { sent: ['order/b'] }],
    ['canceled', { canceled: ['t'] }],
    ['scheduled', { scheduled: [{ ...timer, dueAt: 10, seq: 5, correlation: 'c-5' }] }],
    ['scheduled', { scheduled: [{ ...timer, seq: 2, correlation: 'c-5' }] }],
    ['intents', { intents: [{ ...intent, id: 'order/a/PAY:2', seq: 5, correlation: 'c-5' }] }],
    ['cause', { cause: 3 }],
    ['correlation', { correlation: 'c-2' }],
    ['correlation', { correlation: 'a name' }],
    ['completes', { completes: 'order/a/PAY:1' }],
    ['timer', { timer: 't' }],
    ['status', { status: 'done' }],
    ['unhandled', { unhandled: true }],
    ['machine', { machine: 'kind@2' }],
  ])('in %s', (field, more) => {
    const difference = differenceOfLogs(straight, changed(4, more))
    expect(difference).toContain('record 2 of order/a differs:')
    expect(difference).toContain(`  ${field}: `)
  })

  it('in the number of records of an actor', () => {
    expect(differenceOfLogs(straight.slice(0, 2), restarted)).toContain(
      'record 2 of order/a is in the second log only',
    )
    expect(differenceOfLogs(straight, restarted.slice(0, 2))).toContain(
      'record 1 of order/b is in the first log only',
    )
  })

  it('in the order of the first log', () => {
    const both = [
      ...restarted.slice(0, 2),
      record(3, 'order/b', { cause: 2, correlation: 'c-2', to: 'x' }),
      record(5, 'order/a', { to: 'x' }),
    ]
    expect(differenceOfLogs(straight, both)).toContain('record 1 of order/b differs')
  })
})

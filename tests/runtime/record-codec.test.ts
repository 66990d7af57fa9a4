import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TransitionRecord } from '../../src/runtime/record.ts'
import { recordCodec } from '../../src/runtime/record-codec.ts'

const event = fc.record(
  { type: fc.string(), at: fc.nat(), px: fc.string({ unit: 'binary' }), nested: fc.jsonValue() },
  { requiredKeys: ['type'] },
)
const state = fc.oneof(
  fc.constantFrom('idle', 'working'),
  fc.record({
    execution: fc.constantFrom('accepted', 'filled'),
    request: fc.constantFrom('idle', 'pendingCancel'),
  }),
)
const at = fc.oneof(fc.integer({ min: 0, max: 2e12 }), fc.double({ min: 0, max: 2e12, noNaN: true }))

/** Records as turns make them: contiguous, with any of the optional fields, in the order in which turns set them. */
const records = fc
  .tuple(
    fc.integer({ min: 1, max: 1e9 }),
    fc.array(
      fc.record(
        {
          rev: fc.integer({ min: 1, max: 1e6 }),
          actor: fc.constantFrom('order/a', 'order/b', 'symbol/x:Y'),
          at,
          event,
          from: fc.option(state),
          to: state,
          cause: fc.option(fc.integer({ min: 1, max: 1_000 })),
          correlation: fc.oneof(fc.constantFrom('own', 'same'), fc.string()),
          machine: fc.constantFrom('order@1', 'symbol@2'),
          turn: fc.integer({ min: 1, max: 1e6 }),
          emitted: fc.array(event, { minLength: 1 }),
          sent: fc.array(fc.string(), { minLength: 1 }),
          cancelled: fc.array(fc.string(), { minLength: 1 }),
          timer: fc.string(),
          status: fc.constantFrom('done', 'error', 'stopped'),
          unhandled: fc.constant(true as const),
          origin: fc.record({ source: fc.constantFrom('feed', 'venue'), position: fc.nat() }),
          settles: fc.string(),
          key: fc.string(),
        },
        {
          requiredKeys: [
            'rev',
            'actor',
            'at',
            'event',
            'from',
            'to',
            'cause',
            'correlation',
            'machine',
            'turn',
          ],
        },
      ),
      { minLength: 1, maxLength: 30 },
    ),
  )
  .map(([firstSeq, list]) => {
    let before = ''
    return list.map((fields, i): TransitionRecord => {
      const seq = firstSeq + i
      const { cause, correlation, ...rest } = fields
      const named = correlation === 'own' ? `c-${seq}` : correlation === 'same' ? before : correlation
      before = named
      const { rev, actor, at, event, from, to, machine, turn, ...optional } = rest
      return {
        seq,
        rev,
        actor,
        at,
        event,
        from,
        to,
        cause: cause === null ? null : Math.max(0, seq - cause),
        correlation: named,
        machine,
        turn,
        ...optional,
      } as TransitionRecord
    })
  })

describe('records', () => {
  it('come back from the log to the byte', () => {
    fc.assert(
      fc.property(records, (list) => {
        const decoded = recordCodec.decode(recordCodec.encode(list), list[0]!.seq)
        expect(decoded.map((r) => JSON.stringify(r))).toEqual(list.map((r) => JSON.stringify(r)))
      }),
      { numRuns: 1_000 },
    )
  })
})

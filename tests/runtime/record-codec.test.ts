import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { recordCodec } from '../../src/runtime/record/record-codec.ts'

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

/**
 * Random records as turns make them: contiguous, with any of the optional fields, in the order in which turns set them.
 */
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
          canceled: fc.array(fc.string(), { minLength: 1 }),
          timer: fc.string(),
          status: fc.constantFrom('done', 'error', 'stopped'),
          unhandled: fc.constant(true as const),
          origin: fc.record({ source: fc.constantFrom('feed', 'venue'), position: fc.nat() }),
          completes: fc.string(),
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

  it('of one actor are the same when the others are left out', () => {
    fc.assert(
      fc.property(records, fc.constantFrom('order/a', 'order/b', 'order/none'), (list, actor) => {
        const decoded = recordCodec.decode(recordCodec.encode(list), list[0]!.seq, actor)
        expect(decoded.map((r) => JSON.stringify(r))).toEqual(
          list.filter((r) => r.actor === actor).map((r) => JSON.stringify(r)),
        )
      }),
      { numRuns: 1_000 },
    )
  })

  it('of one actor are the same on a page with another order of fields', () => {
    fc.assert(
      fc.property(records, fc.constantFrom('order/a', 'order/b'), (list, actor) => {
        const { rows, ...rest } = JSON.parse(recordCodec.encode(list))
        const decoded = recordCodec.decode(JSON.stringify({ rows, ...rest }), list[0]!.seq, actor)
        expect(decoded.map((r) => JSON.stringify(r))).toEqual(
          list.filter((r) => r.actor === actor).map((r) => JSON.stringify(r)),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('of one actor are refused, and never fewer, when their page is cut off or goes on behind its rows', () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.constantFrom('order/a', 'order/b'), (list, cut, actor) => {
        const text = recordCodec.encode(list)
        const broken = [text.slice(0, cut % text.length), `${text.slice(0, -1)},"more":[]}`, `${text}]}`]
        for (const one of broken) expect(() => recordCodec.decode(one, list[0]!.seq, actor)).toThrow()
      }),
      { numRuns: 300 },
    )
  })

  it('are small: repeated values are written once, and growing ones as differences', () => {
    const list = Array.from({ length: 4 }, (_, i): TransitionRecord => {
      const state = () => ({ execution: 'accepted', request: 'idle' })
      return {
        seq: 100 + i,
        rev: 5 + i,
        actor: 'order/a',
        at: 1_700_000_000_000 + i,
        event: { type: 'FILL' },
        from: i === 0 ? null : state(),
        to: i === 3 ? 'done' : state(),
        cause: i === 0 ? null : 99 + i,
        correlation: i < 2 ? 'c-100' : i === 2 ? 'c-102' : 'mine',
        machine: 'order@1',
        turn: 50 + Math.floor(i / 2),
        ...(i === 1 && { timer: 't', origin: { source: 'feed', position: 9 } }),
      }
    })
    expect(JSON.parse(recordCodec.encode(list))).toEqual({
      at: 1_700_000_000_000,
      turn: 50,
      names: ['order/a', 'order@1', 'feed'],
      states: [null, { execution: 'accepted', request: 'idle' }, 'done'],
      rows: [
        [0, 5, 0, 1, 0, 1, 0, 0, 1, { type: 'FILL' }],
        [0, 6, 1, 1, 1, 1, 1, 0, 0, { type: 'FILL' }, { timer: 't', origin: [2, 9] }],
        [0, 7, 2, 1, 1, 1, 1, 1, 1, { type: 'FILL' }],
        [0, 8, 3, 1, 1, 2, 1, 0, 'mine', { type: 'FILL' }],
      ],
    })
  })

  it('are read from the pages of earlier builds, which called two fields otherwise, and written alike', () => {
    const record: TransitionRecord = {
      ...{ seq: 1, rev: 1, actor: 'a/b', at: 1, event: { type: 'X' }, from: null, to: 'on', cause: null },
      ...{ correlation: 'c-1', machine: 'a@1', turn: 1, canceled: ['t'], completes: 'a/b/PAY:1', key: 'k' },
    }
    const page =
      '{"at":1,"turn":1,"names":["a/b","a@1"],"states":[null,"on"],"rows":[[0,1,0,1,0,1,0,0,1,{"type":"X"},' +
      '{"cancelled":["t"],"settles":"a/b/PAY:1","key":"k"}]]}'
    expect(recordCodec.encode([record])).toBe(page)
    for (const actor of [undefined, 'a/b'])
      expect(JSON.stringify(recordCodec.decode(page, 1, actor))).toBe(JSON.stringify([record]))
  })

  it('keep times that are not whole exactly', () => {
    const [record] = recordCodec
      .decode(
        recordCodec.encode([
          {
            seq: 1,
            rev: 1,
            actor: 'a/b',
            at: 0.1,
            event: { type: 'X' },
            from: null,
            to: 'on',
            cause: null,
            correlation: 'c-1',
            machine: 'a@1',
            turn: 1,
          },
          {
            seq: 2,
            rev: 2,
            actor: 'a/b',
            at: 0.3,
            event: { type: 'X' },
            from: 'on',
            to: 'on',
            cause: null,
            correlation: 'c-2',
            machine: 'a@1',
            turn: 2,
          },
        ]),
        1,
      )
      .slice(1)
    expect(record?.at).toBe(0.3)
  })
})

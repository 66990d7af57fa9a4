/**
 * FIX's order state change matrices (FIX 4.4 and 5.0 SP2, appendix D), A to L, with FIX's own quantities. A row is what the
 * venue reports: after it the order has to stand where the row says. FIX tells them from the venue's side, to whom a
 * request is pending from its own first word on; to who asked, it is pending from when it was asked: where that makes a
 * difference, the row says so last. L.1.b is left out: orders here have a quantity, not an amount of cash.
 */
import { describe, expect, it } from 'vitest'
import type { ExecutionReport, OrdStatus } from '../../machines/index.ts'
import { live, report, SUBMIT, TERMS } from './live-order.ts'

type ExecType = ExecutionReport['execType']
/** ExecType, ClOrdID, OrdStatus, OrderQty, CumQty, LeavesQty, LastQty, what else it says, OrdStatus here. */
type Report = readonly [
  execType: ExecType,
  clOrdId: 'X' | 'Y' | 'Z',
  ordStatus: OrdStatus,
  orderQty: number,
  cumQty: number,
  leavesQty: number,
  lastQty?: number,
  more?: { tradeId?: string; execRefId?: string; ordRejReason?: 'DUPLICATE_ORDER' },
  here?: OrdStatus,
]
type Row =
  | Report
  | readonly ['cancel', OrdStatus?]
  | readonly ['replace', number]
  | readonly ['reject', 'Y' | 'Z', OrdStatus]
  | readonly ['unknown']

const IDS = { X: 'o1', Y: 'o1/2', Z: 'o1/3' }
const [NEW, PF, FILLED] = ['NEW', 'PARTIALLY_FILLED', 'FILLED'] as const
const [PC, PR] = ['PENDING_CANCEL', 'PENDING_REPLACE'] as const
const accepted: Report = ['NEW', 'X', NEW, 10_000, 0, 10_000]
const none = {}

const MATRICES: readonly (readonly [name: string, rows: readonly Row[]])[] = [
  ['A.1.a: rejected', [['REJECTED', 'X', 'REJECTED', 10_000, 0, 0]]],
  [
    'A.1.a: filled',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 2_000, 8_000, 2_000],
      ['TRADE', 'X', PF, 10_000, 3_000, 7_000, 1_000],
      ['TRADE', 'X', FILLED, 10_000, 10_000, 0, 7_000],
    ],
  ],
  [
    'A.1.b: part-filled day order, done for day',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 2_000, 8_000, 2_000],
      ['TRADE', 'X', PF, 10_000, 3_000, 7_000, 1_000],
      ['DONE_FOR_DAY', 'X', 'DONE_FOR_DAY', 10_000, 3_000, 0],
    ],
  ],
  [
    'B.1.a: cancel of a zero-filled order',
    [accepted, ['cancel'], [PC, 'Y', PC, 10_000, 0, 10_000], ['CANCELED', 'Y', 'CANCELED', 10_000, 0, 0]],
  ],
  ['B.1.a: ... rejected at once', [accepted, ['cancel'], ['reject', 'Y', NEW]]],
  [
    'B.1.a: ... rejected while pending',
    [accepted, ['cancel'], [PC, 'Y', PC, 10_000, 0, 10_000], ['reject', 'Y', NEW]],
  ],
  [
    'B.1.b: cancel of a part-filled order, executions meanwhile',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 2_000, 8_000, 2_000],
      ['cancel'],
      ['TRADE', 'X', PF, 10_000, 5_000, 5_000, 3_000, none, PC],
      [PC, 'Y', PC, 10_000, 5_000, 5_000],
      ['TRADE', 'X', PC, 10_000, 6_000, 4_000, 1_000],
      ['CANCELED', 'Y', 'CANCELED', 10_000, 6_000, 0],
    ],
  ],
  [
    'B.1.c: cancel of an order that is filled before it can be accepted',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 2_000, 8_000, 2_000],
      ['cancel'],
      ['TRADE', 'X', PF, 10_000, 5_000, 5_000, 3_000, none, PC],
      [PC, 'Y', PC, 10_000, 5_000, 5_000],
      ['TRADE', 'X', PC, 10_000, 10_000, 0, 5_000],
      ['reject', 'Y', FILLED],
    ],
  ],
  [
    'B.1.d: cancel of an order that is not acknowledged yet: it is sent once that is',
    [
      ['cancel', 'PENDING_NEW'],
      ['NEW', 'X', PC, 10_000, 0, 10_000],
      ['CANCELED', 'Y', 'CANCELED', 10_000, 0, 0],
    ],
  ],
  ['B.1.e: cancel rejected because the order is unknown', [accepted, ['cancel'], ['reject', 'Y', NEW]]],
  [
    'C.1.a: zero-filled, replaced to a larger quantity',
    [
      accepted,
      ['replace', 11_000],
      [PR, 'Y', PR, 10_000, 0, 10_000],
      ['REPLACED', 'Y', NEW, 11_000, 0, 11_000],
      ['TRADE', 'Y', PF, 11_000, 1_000, 10_000, 1_000],
      ['TRADE', 'Y', PF, 11_000, 3_000, 8_000, 2_000],
    ],
  ],
  [
    'C.1.a: ... rejected',
    [accepted, ['replace', 11_000], [PR, 'Y', PR, 10_000, 0, 10_000], ['reject', 'Y', NEW]],
  ],
  [
    'C.1.b: part-filled, replaced to a larger quantity, execution while pending',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['replace', 12_000],
      [PR, 'Y', PR, 10_000, 1_000, 9_000],
      ['TRADE', 'X', PR, 10_000, 1_100, 8_900, 100],
      ['REPLACED', 'Y', PF, 12_000, 1_100, 10_900],
      ['TRADE', 'Y', FILLED, 12_000, 12_000, 0, 10_900],
    ],
  ],
  [
    'C.1.c: filled, replaced to a larger quantity',
    [
      accepted,
      ['TRADE', 'X', FILLED, 10_000, 10_000, 0, 10_000],
      ['replace', 12_000],
      [PR, 'Y', PR, 10_000, 10_000, 0],
      ['REPLACED', 'Y', PF, 12_000, 10_000, 2_000],
      ['TRADE', 'Y', FILLED, 12_000, 12_000, 0, 2_000],
    ],
  ],
  [
    'C.2.a: replace rejected, for a fill has occurred',
    [
      accepted,
      ['replace', 10_000],
      ['TRADE', 'X', FILLED, 10_000, 10_000, 0, 10_000, none, PR],
      ['reject', 'Y', FILLED],
    ],
  ],
  [
    'C.3.a: replaced while executions are reported: more than was filled is left',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['replace', 8_000],
      ['TRADE', 'X', PF, 10_000, 1_500, 8_500, 500, none, PR],
      [PR, 'Y', PR, 10_000, 1_500, 8_500],
      ['TRADE', 'X', PR, 10_000, 1_600, 8_400, 100],
      ['REPLACED', 'Y', PF, 8_000, 1_600, 6_400],
      ['TRADE', 'Y', FILLED, 8_000, 8_000, 0, 6_400],
    ],
  ],
  [
    'C.3.b: ... the quantity asked for is what was filled',
    [
      accepted,
      ['replace', 7_000],
      ['TRADE', 'X', PF, 10_000, 7_000, 3_000, 7_000, none, PR],
      ['REPLACED', 'Y', FILLED, 7_000, 7_000, 0],
    ],
  ],
  [
    'C.3.c: ... the quantity asked for is below what was filled',
    [
      accepted,
      ['replace', 7_000],
      ['TRADE', 'X', PF, 10_000, 8_000, 2_000, 8_000, none, PR],
      ['REPLACED', 'Y', FILLED, 8_000, 8_000, 0],
    ],
  ],
  [
    'D.1.a: one replace accepted, another one accepted',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['replace', 8_000],
      [PR, 'Y', PR, 10_000, 1_000, 9_000],
      ['TRADE', 'X', PR, 10_000, 1_500, 8_500, 500],
      ['REPLACED', 'Y', PF, 8_000, 1_500, 6_500],
      ['TRADE', 'Y', PF, 8_000, 3_500, 4_500, 2_000],
      ['replace', 6_000],
      [PR, 'Z', PR, 8_000, 3_500, 4_500],
      ['TRADE', 'Y', PR, 8_000, 5_000, 3_000, 1_500],
      ['REPLACED', 'Z', PF, 6_000, 5_000, 1_000],
      ['TRADE', 'Z', FILLED, 6_000, 6_000, 0, 1_000],
    ],
  ],
  [
    'D.1.b: one replace rejected before it is pending, another one accepted',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['replace', 8_000],
      ['reject', 'Y', PF],
      ['TRADE', 'X', PF, 10_000, 1_500, 8_500, 500],
      ['replace', 6_000],
      [PR, 'Z', PR, 10_000, 1_500, 8_500],
      ['REPLACED', 'Z', PF, 6_000, 1_500, 4_500],
      ['TRADE', 'Z', FILLED, 6_000, 6_000, 0, 4_500],
    ],
  ],
  [
    'D.1.c: one replace rejected while it is pending, another one accepted',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['replace', 8_000],
      [PR, 'Y', PR, 10_000, 1_000, 9_000],
      ['TRADE', 'X', PR, 10_000, 1_500, 8_500, 500],
      ['reject', 'Y', PF],
      ['TRADE', 'X', PF, 10_000, 3_500, 6_500, 2_000],
      ['replace', 6_000],
      [PR, 'Z', PR, 10_000, 3_500, 6_500],
      ['REPLACED', 'Z', PF, 6_000, 3_500, 2_500],
      ['TRADE', 'Z', FILLED, 6_000, 6_000, 0, 2_500],
    ],
  ],
  [
    'D.2.a: two replaces at once, taken one after the other',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['replace', 8_000],
      ['replace', 6_000],
      [PR, 'Y', PR, 10_000, 1_000, 9_000],
      ['TRADE', 'X', PR, 10_000, 1_500, 8_500, 500],
      ['REPLACED', 'Y', PF, 8_000, 1_500, 6_500, undefined, none, PR],
      [PR, 'Z', PR, 8_000, 1_500, 6_500],
      ['TRADE', 'Y', PR, 8_000, 5_000, 3_000, 3_500],
      ['REPLACED', 'Z', PF, 6_000, 5_000, 1_000],
      ['TRADE', 'Z', FILLED, 6_000, 6_000, 0, 1_000],
    ],
  ],
  [
    'D.2.b: two replaces at once, both pending before either is made',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['replace', 8_000],
      ['replace', 6_000],
      [PR, 'Y', PR, 10_000, 1_000, 9_000],
      [PR, 'Z', PR, 10_000, 1_000, 9_000],
      ['TRADE', 'X', PR, 10_000, 1_500, 8_500, 500],
      ['REPLACED', 'Y', PR, 8_000, 1_500, 6_500],
      ['REPLACED', 'Z', PF, 6_000, 1_500, 4_500],
    ],
  ],
  [
    'D.2.c: two replaces at once, the second one rejected for the first is pending',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['replace', 8_000],
      ['replace', 6_000],
      [PR, 'Y', PR, 10_000, 1_000, 9_000],
      ['reject', 'Z', PR],
      ['TRADE', 'X', PR, 10_000, 1_500, 8_500, 500],
      ['REPLACED', 'Y', PF, 8_000, 1_500, 6_500],
    ],
  ],
  [
    'E.1.a: unsolicited cancel of a part-filled order',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['CANCELED', 'X', 'CANCELED', 10_000, 1_000, 0],
    ],
  ],
  [
    'E.1.b: unsolicited replace of a part-filled order',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['REPLACED', 'X', PF, 11_000, 1_000, 10_000],
      ['TRADE', 'X', PF, 11_000, 3_000, 8_000, 2_000],
    ],
  ],
  [
    'E.1.c: unsolicited reduction of the quantity',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['RESTATED', 'X', PF, 9_000, 1_000, 8_000],
      ['TRADE', 'X', FILLED, 9_000, 9_000, 0, 8_000],
    ],
  ],
  [
    'F.1.a: a second order under its ClOrdID is rejected, which is not about it',
    [
      accepted,
      ['TRADE', 'X', FILLED, 10_000, 10_000, 0, 10_000],
      [
        'REJECTED',
        'X',
        'REJECTED',
        10_000,
        10_000,
        0,
        undefined,
        { ordRejReason: 'DUPLICATE_ORDER' },
        FILLED,
      ],
    ],
  ],
  [
    'F.1.b: sent again though it had arrived: nobody knows until the venue is asked',
    [
      [
        'REJECTED',
        'X',
        'REJECTED',
        10_000,
        0,
        10_000,
        undefined,
        { ordRejReason: 'DUPLICATE_ORDER' },
        'PENDING_NEW',
      ],
      ['ORDER_STATUS', 'X', NEW, 10_000, 0, 10_000],
      ['TRADE', 'X', FILLED, 10_000, 10_000, 0, 10_000],
    ],
  ],
  [
    'F.1.c: rejected, for it was submitted by word of mouth already',
    [['REJECTED', 'X', 'REJECTED', 10_000, 0, 0]],
  ],
  ['G.1.a: status of an order that the venue never saw', [['unknown']]],
  [
    'G.1.b, G.1.c: status at any time of its life',
    [
      ['ORDER_STATUS', 'X', 'PENDING_NEW', 10_000, 0, 10_000],
      accepted,
      ['ORDER_STATUS', 'X', NEW, 10_000, 0, 10_000],
      ['TRADE', 'X', PF, 10_000, 2_000, 8_000, 2_000],
      ['ORDER_STATUS', 'X', PF, 10_000, 2_000, 8_000],
      ['TRADE', 'X', FILLED, 10_000, 10_000, 0, 8_000],
      ['ORDER_STATUS', 'X', FILLED, 10_000, 10_000, 0],
    ],
  ],
  [
    'H.1.a: GTC, part-filled, restated and part-filled on the next day',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 2_000, 8_000, 2_000],
      ['DONE_FOR_DAY', 'X', 'DONE_FOR_DAY', 10_000, 2_000, 0],
      ['RESTATED', 'X', PF, 10_000, 2_000, 8_000],
      ['TRADE', 'X', PF, 10_000, 3_000, 7_000, 1_000],
      ['TRADE', 'X', FILLED, 10_000, 10_000, 0, 7_000],
    ],
  ],
  [
    'H.1.b: GTC, part-filled, a split of 2:1, part-filled and filled on the next day',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 2_000, 8_000, 2_000],
      ['DONE_FOR_DAY', 'X', 'DONE_FOR_DAY', 10_000, 2_000, 0],
      ['RESTATED', 'X', PF, 20_000, 4_000, 16_000],
      ['TRADE', 'X', PF, 20_000, 9_000, 11_000, 5_000],
      ['TRADE', 'X', FILLED, 20_000, 20_000, 0, 11_000],
    ],
  ],
  [
    'H.1.c: GTC, part-filled, restated, canceled on the next day',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 2_000, 8_000, 2_000],
      ['DONE_FOR_DAY', 'X', 'DONE_FOR_DAY', 10_000, 2_000, 0],
      ['RESTATED', 'X', PF, 10_000, 2_000, 8_000],
      ['cancel'],
      [PC, 'Y', PC, 10_000, 2_000, 8_000],
      ['CANCELED', 'Y', 'CANCELED', 10_000, 2_000, 0],
    ],
  ],
  [
    'H.1.d: GTC, part-filled, restated, replaced to a larger quantity',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 2_000, 8_000, 2_000],
      ['DONE_FOR_DAY', 'X', 'DONE_FOR_DAY', 10_000, 2_000, 0],
      ['RESTATED', 'X', PF, 10_000, 2_000, 8_000],
      ['replace', 15_000],
      [PR, 'Y', PR, 10_000, 2_000, 8_000],
      ['REPLACED', 'Y', PF, 15_000, 2_000, 13_000],
      ['TRADE', 'Y', PF, 15_000, 3_000, 12_000, 1_000],
      ['TRADE', 'Y', FILLED, 15_000, 15_000, 0, 12_000],
    ],
  ],
  ['I.1.a: fill or kill that cannot be filled', [accepted, ['CANCELED', 'X', 'CANCELED', 10_000, 0, 0]]],
  [
    'I.1.b: immediate or cancel, partly',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['CANCELED', 'X', 'CANCELED', 10_000, 1_000, 0],
    ],
  ],
  ['I.1.b: immediate or cancel that expires', [accepted, ['EXPIRED', 'X', 'EXPIRED', 10_000, 0, 0]]],
  [
    'J.1.a: filled, then an execution busted and one corrected',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000, { tradeId: 'a' }],
      ['TRADE', 'X', FILLED, 10_000, 10_000, 0, 9_000, { tradeId: 'b' }],
      ['TRADE_CANCEL', 'X', PF, 10_000, 9_000, 1_000, undefined, { tradeId: 'a' }],
      ['TRADE_CORRECT', 'X', PF, 10_000, 8_000, 2_000, 8_000, { tradeId: 'b' }],
      ['TRADE', 'X', FILLED, 10_000, 10_000, 0, 2_000, { tradeId: 'c' }],
      ['TRADE_CORRECT', 'X', FILLED, 10_000, 10_000, 0, 8_000, { tradeId: 'b' }],
    ],
  ],
  [
    'J.1.b: canceled, then an execution busted and a new one',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 5_000, 5_000, 5_000, { tradeId: 'a' }],
      ['cancel'],
      ['CANCELED', 'Y', 'CANCELED', 10_000, 5_000, 0],
      ['TRADE_CANCEL', 'X', 'CANCELED', 10_000, 0, 0, undefined, { tradeId: 'a' }],
      ['TRADE', 'X', 'CANCELED', 10_000, 4_000, 0, 4_000, { tradeId: 'b' }],
    ],
  ],
  [
    'J.1.c: GTC, part-filled over two days, both executions corrected',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000, { tradeId: 'a' }],
      ['DONE_FOR_DAY', 'X', 'DONE_FOR_DAY', 10_000, 1_000, 0],
      ['RESTATED', 'X', PF, 10_000, 1_000, 9_000],
      ['TRADE', 'X', PF, 10_000, 3_000, 7_000, 2_000, { tradeId: 'b' }],
      ['TRADE_CORRECT', 'X', PF, 10_000, 2_500, 7_500, 500, { tradeId: 'a' }],
      ['TRADE_CORRECT', 'X', PF, 10_000, 2_000, 8_000, 1_500, { tradeId: 'b' }],
    ],
  ],
  [
    'J.1.d: part-filled, done for day, then corrected and busted',
    [
      accepted,
      ['TRADE', 'X', PF, 10_000, 5_000, 5_000, 5_000, { tradeId: 'a' }],
      ['DONE_FOR_DAY', 'X', 'DONE_FOR_DAY', 10_000, 5_000, 0],
      ['TRADE_CORRECT', 'X', 'DONE_FOR_DAY', 10_000, 4_000, 0, 4_000, { tradeId: 'a' }],
      ['TRADE_CANCEL', 'X', 'DONE_FOR_DAY', 10_000, 0, 0, undefined, { tradeId: 'a' }],
    ],
  ],
  [
    'K.1.a: trading halted, the order reinstated',
    [
      accepted,
      ['SUSPENDED', 'X', 'SUSPENDED', 10_000, 0, 10_000],
      ['NEW', 'X', NEW, 10_000, 0, 10_000],
      ['TRADE', 'X', PF, 10_000, 1_000, 9_000, 1_000],
      ['SUSPENDED', 'X', 'SUSPENDED', 10_000, 1_000, 9_000],
      ['NEW', 'X', PF, 10_000, 1_000, 9_000],
    ],
  ],
  [
    'K.1.b: trading halted, the order canceled',
    [
      accepted,
      ['SUSPENDED', 'X', 'SUSPENDED', 10_000, 0, 10_000],
      ['CANCELED', 'X', 'CANCELED', 10_000, 0, 0],
    ],
  ],
  [
    'L.1.a: an execution guaranteed before it happens',
    [
      accepted,
      ['STOPPED', 'X', 'STOPPED', 10_000, 0, 10_000],
      ['TRADE', 'X', 'STOPPED', 10_000, 1_000, 9_000, 1_000],
      ['TRADE', 'X', FILLED, 10_000, 10_000, 0, 9_000],
    ],
  ],
]

describe('an order goes by FIX', () => {
  it.each(MATRICES)('%s', (_, rows) => {
    const order = live({ orderQty: '10000' })
    order.actor.send({ ...SUBMIT, orderQty: '10000' })
    for (const row of rows) {
      const before = order.heard.length
      const [what] = row
      if (what === 'cancel' || what === 'replace') {
        order.actor.send(
          what === 'cancel'
            ? { type: 'CANCEL', at: 2 }
            : { type: 'REPLACE', at: 2, orderQty: String(row[1]) },
        )
        const waits = row[1] === 'PENDING_NEW'
        expect(order.ordStatus()).toBe(waits ? 'PENDING_NEW' : what === 'cancel' ? PC : PR)
        const port = { to: `port/${TERMS.venue}`, type: what === 'cancel' ? 'CANCEL_ORDER' : 'REPLACE_ORDER' }
        expect(order.heard.slice(before)).toEqual(waits ? [] : [port])
      } else if (what === 'reject') {
        const clOrdId = IDS[row[1] as 'Y' | 'Z']
        order.actor.send({ type: 'ORDER_CANCEL_REJECT', at: 2, clOrdId, origClOrdId: 'o1', text: 'no' })
        expect(order.ordStatus()).toBe(row[2])
      } else if (what === 'unknown') {
        order.actor.send({ type: 'ORDER_UNKNOWN', at: 2, clOrdId: 'o1' })
        expect(order.ordStatus()).toBe('REJECTED')
      } else expectAfter(order, row as Report)
    }
  })
})

function expectAfter(order: ReturnType<typeof live>, row: Report): void {
  const [execType, id, ordStatus, ...rest] = row
  const [orderQty, cumQty, leavesQty] = rest.slice(0, 3).map(String) as [string, string, string]
  const [, , , lastQty, more = {}, here = ordStatus] = rest
  const last = lastQty === undefined ? {} : { lastQty: String(lastQty), lastPx: '100' }
  const books = { clOrdId: IDS[id], ordStatus, orderQty, cumQty, leavesQty }
  order.actor.send(report(execType, { ...books, ...last, ...more }))
  const context = order.context()
  const at = `after ${row.join(' ')}`
  expect([order.ordStatus(), context.terms.orderQty, context.cumQty, context.leavesQty], at).toEqual([
    here,
    orderQty,
    cumQty,
    leavesQty,
  ])
}

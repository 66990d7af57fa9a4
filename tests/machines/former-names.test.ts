/** What earlier builds stored under other names, in today's: one line for each event and context that has had another name. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { domainEvent, machines } from '../../machines/index.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'

const registry = new Registry(machines)
const upcastersOf = (kind: string) => registry.kind(`${kind}/x`).upcasters

const report = (id: object) => ({ type: 'EXECUTION_REPORT', clOrdId: 'sim:a/2', ...id, execId: 'e' })
const refusal = (id: object, check: string) => ({
  type: 'RISK_REJECTED',
  ...id,
  check,
  limit: 'a new one',
  text: `${check}: sim:orderId asked, a new one allowed`,
})

describe.each(['order', 'account', 'list', 'watchdog', 'reconciliation', 'emaCross', 'meanReversion'])(
  'an event that a log has of %s',
  (kind) => {
    it.each<[string, AnyEvent, AnyEvent]>([
      ['a report', report({ orderId: 'v1' }), report({ venueOrderId: 'v1' })],
      [
        'a request',
        { type: 'ORDER_REQUEST', at: 1, orderId: 'sim:a', side: 'BUY' },
        { type: 'ORDER_REQUEST', at: 1, clOrdId: 'sim:a', side: 'BUY' },
      ],
      [
        'a request of other terms',
        { type: 'REPLACE_REQUEST', orderId: 'sim:a' },
        { type: 'REPLACE_REQUEST', clOrdId: 'sim:a' },
      ],
      [
        'an approval',
        { type: 'RISK_APPROVED', orderId: 'sim:a', notional: '1' },
        { type: 'RISK_APPROVED', clOrdId: 'sim:a', notional: '1' },
      ],
      [
        'a refusal for another reason',
        { type: 'ENTRY_SKIPPED', orderId: 'sim:a', check: 'cooldown', text: 'cooldown: 1' },
        { type: 'ENTRY_SKIPPED', clOrdId: 'sim:a', check: 'cooldown', text: 'cooldown: 1' },
      ],
      [
        'a refusal for its id',
        refusal({ orderId: 'sim:orderId' }, 'orderId'),
        refusal({ clOrdId: 'sim:orderId' }, 'clOrdId'),
      ],
      [
        'an answer to a request',
        { type: 'REQUEST_REFUSED', orderId: 'sim:a', check: 'orderId', text: 'orderId: sim:a asked' },
        { type: 'REQUEST_REFUSED', clOrdId: 'sim:a', check: 'clOrdId', text: 'clOrdId: sim:a asked' },
      ],
      [
        'a difference that was ended',
        { type: 'RECONCILIATION_DIFFERENCE', id: 'order/a', done: 'cancelled' },
        { type: 'RECONCILIATION_DIFFERENCE', id: 'order/a', done: 'canceled' },
      ],
      [
        'the end of a reconciliation',
        { type: 'RECONCILIATION_COMPLETED', discrepancies: 0, mended: 2 },
        { type: 'RECONCILIATION_COMPLETED', discrepancies: 0, repaired: 2 },
      ],
      [
        "a venue's books",
        {
          type: 'VENUE_STATE',
          openOrders: [{ clOrdId: 'sim:a', orderId: 'v1', side: 'BUY' }],
          fills: [{ order: 'order/sim:a', terms: {}, report: report({ orderId: 'v1' }) }],
        },
        {
          type: 'VENUE_STATE',
          openOrders: [{ clOrdId: 'sim:a', venueOrderId: 'v1', side: 'BUY' }],
          fills: [{ order: 'order/sim:a', terms: {}, report: report({ venueOrderId: 'v1' }) }],
        },
      ],
    ])('has the names of today: %s', (_, was, is) => {
      const upcast = upcastersOf(kind)?.events?.[was.type] as (event: AnyEvent) => AnyEvent
      const before = structuredClone(was)
      // In the same order, too, for people read it.
      expect(JSON.stringify(upcast(was))).toBe(JSON.stringify(is))
      expect(was).toEqual(before)
      expect(upcast(is)).toBe(is)
    })
  },
)

it.each<[string, object, object]>([
  [
    'order',
    { id: 'sim:a', clOrdId: 'sim:a/2', orderId: 'v1', toldQty: '1' },
    { id: 'sim:a', clOrdId: 'sim:a/2', venueOrderId: 'v1', reportedQty: '1' },
  ],
  [
    'account',
    {
      working: { 'order/a': { request: { type: 'ORDER_REQUEST', orderId: 'a' }, cumQty: '1' } },
      stopOuts: [],
    },
    {
      working: { 'order/a': { request: { type: 'ORDER_REQUEST', clOrdId: 'a' }, cumQty: '1' } },
      stopLosses: [],
    },
  ],
  [
    'reconciliation',
    { since: 1, told: {}, state: { openOrders: [{ clOrdId: 'a', orderId: 'v1' }], fills: [] } },
    { since: 1, reported: {}, state: { openOrders: [{ clOrdId: 'a', venueOrderId: 'v1' }], fills: [] } },
  ],
  ['list', { id: 'l', isCancelled: true, isExiting: false }, { id: 'l', isCanceled: true, isExiting: false }],
])('the context that a log has of %s has the names of today', (kind, was, is) => {
  const upcast = upcastersOf(kind)?.context as (context: unknown) => unknown
  expect(JSON.stringify(upcast(was))).toBe(JSON.stringify(is))
  expect(upcast(is)).toBe(is)
})

it.each(Object.keys(machines))('nothing that %s takes, emits or sends has a former name', (name) => {
  const { events, emits = [], sends = {} } = registry.kind(`${name}/x`)
  const schemas = [events, ...emits, ...Object.values(sends).flat(), domainEvent] as z.ZodType[]
  const texts = schemas.map((schema) => JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any' })))
  for (const text of texts) expect(text).not.toMatch(/"(orderId|mended|cancelled)"/)
})

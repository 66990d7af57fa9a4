/** The order that every contender runs: an ordinary XState machine, and events that keep it busy for ever. */

import { assign, setup } from 'xstate'
import type { Logger } from '../../src/runtime/logger.ts'

export type OrderEvent =
  | { readonly type: 'NEW'; readonly at: number }
  | { readonly type: 'TRADE'; readonly at: number; readonly lastQty: number; readonly lastPx: number }
  | { readonly type: 'REPLACE'; readonly at: number; readonly orderQty: number }

export const orderMachine = setup({
  types: {} as {
    context: { orderQty: number; cumQty: number; leavesQty: number; cost: number; fills: number }
    events: OrderEvent
  },
  guards: {
    isLastFill: ({ context, event }) => event.type === 'TRADE' && event.lastQty >= context.leavesQty,
  },
  actions: {
    fill: assign(({ context, event }) => {
      if (event.type !== 'TRADE') return {}
      return {
        cumQty: context.cumQty + event.lastQty,
        leavesQty: context.leavesQty - event.lastQty,
        cost: context.cost + event.lastQty * event.lastPx,
        fills: context.fills + 1,
      }
    }),
    replace: assign(({ event }) => {
      if (event.type !== 'REPLACE') return {}
      return { orderQty: event.orderQty, cumQty: 0, leavesQty: event.orderQty, cost: 0, fills: 0 }
    }),
  },
}).createMachine({
  id: 'order',
  context: { orderQty: 4, cumQty: 0, leavesQty: 4, cost: 0, fills: 0 },
  initial: 'submitted',
  states: {
    submitted: { on: { NEW: 'accepted' } },
    accepted: {
      on: {
        TRADE: [
          { guard: 'isLastFill', target: 'filled', actions: 'fill' },
          { target: 'partiallyFilled', actions: 'fill' },
        ],
      },
    },
    partiallyFilled: {
      on: { TRADE: [{ guard: 'isLastFill', target: 'filled', actions: 'fill' }, { actions: 'fill' }] },
    },
    filled: { on: { REPLACE: { target: 'submitted', actions: 'replace' } } },
  },
})

/** Returns the event of an order's step `n`, from 0: accepted, filled in four parts, replaced, and again. */
export function eventOf(n: number): OrderEvent {
  const at = 1_700_000_000_000 + n
  const place = n % 6
  if (place === 0) return { type: 'NEW', at }
  return place < 5
    ? { type: 'TRADE', at, lastQty: 1, lastPx: 61_837.63 }
    : { type: 'REPLACE', at, orderQty: 4 }
}

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

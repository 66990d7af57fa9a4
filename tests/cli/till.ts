/** A machine for tests of the command line, as a module that its user names. */
import { assign, emit, setup } from 'xstate'

const till = setup({
  types: {} as {
    context: { orders: Record<string, { qty: number }>; last?: string; note: string }
    events: { type: 'ORDER'; id: string; qty: number } | { type: 'CLOSE' }
  },
  delays: { later: 60_000 },
}).createMachine({
  id: 'till',
  context: { orders: {}, note: 'x'.repeat(200) },
  initial: 'open',
  states: {
    open: {
      tags: 'taking',
      after: { later: 'shut' },
      on: {
        ORDER: {
          actions: [
            assign({
              orders: ({ context, event }) => ({ ...context.orders, [event.id]: { qty: event.qty } }),
              last: ({ event }) => event.id,
            }),
            emit(({ event }) => ({ type: 'ORDERED', order: event.id })),
          ],
        },
        CLOSE: 'shut',
      },
    },
    shut: {},
  },
})

export const machines = { till, other: till }

/** A shop whose till asks guards before it sells, and tells a desk. */
import { assign, emit, sendTo, setup } from 'xstate'

interface Order {
  readonly type: 'ORDER'
  readonly item: string
  readonly qty: number
  readonly by?: string
}

const till = setup({
  types: {} as {
    context: { stock: Record<string, number>; sold: number }
    events: Order
    emitted: { type: 'SOLD'; qty: number }
  },
  guards: {
    isTooMuch: ({ event }, { most }: { most: number }) => event.qty > most,
    isInStock: ({ context, event }) => {
      if (event.item === 'bomb') throw new Error('no such thing is sold')
      return (context.stock[event.item] ?? 0) >= event.qty
    },
  },
}).createMachine({
  id: 'till',
  context: { stock: { pen: 2 }, sold: 0 },
  initial: 'open',
  states: {
    open: {
      on: {
        ORDER: [
          { guard: { type: 'isTooMuch', params: { most: 5 } }, target: 'shut' },
          {
            guard: 'isInStock',
            actions: [
              assign({ sold: ({ context }) => context.sold + 1 }),
              emit(({ event }) => ({ type: 'SOLD', qty: event.qty })),
              sendTo(
                ({ system }) => system.get('desk/main'),
                ({ event }) => ({ type: 'PACK', qty: event.qty }),
              ),
            ],
          },
        ],
      },
    },
    shut: {},
  },
})

const desk = setup({ types: {} as { events: { type: 'PACK'; qty: number } } }).createMachine({
  id: 'desk',
  initial: 'idle',
  states: { idle: { on: { PACK: 'busy' } }, busy: {} },
})

export const machines = { till, desk }

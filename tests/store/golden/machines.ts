import { assign, setup } from 'xstate'

const ticker = setup({
  types: {} as { context: { beats: number } },
  actions: { beat: assign({ beats: ({ context }) => context.beats + 1 }) },
}).createMachine({
  context: { beats: 0 },
  initial: 'waiting',
  states: { waiting: { after: { 1000: { target: 'waiting', reenter: true, actions: 'beat' } } } },
})

/** The machines of the golden stores: a child, a running timer, a domain event, an end. */
export const golden = {
  door: setup({
    types: {} as {
      context: { opened: number; keys: string[] }
      input: { keys: string[] }
      events:
        | { type: 'OPEN'; at: number; key: string }
        | { type: 'CLOSE'; at: number }
        | { type: 'END'; at: number }
      emitted: { type: 'OPENED'; at: number; key: string }
    },
    actors: { ticker },
  }).createMachine({
    context: ({ input }) => ({ opened: 0, keys: input.keys }),
    initial: 'closed',
    states: {
      closed: {
        on: {
          OPEN: {
            target: 'open',
            guard: ({ context, event }) => context.keys.includes(event.key),
            actions: assign({ opened: ({ context }) => context.opened + 1 }),
          },
          END: 'gone',
        },
      },
      open: {
        invoke: { src: 'ticker', id: 'ticker' },
        after: { 60000: 'closed' },
        on: { CLOSE: 'closed' },
      },
      gone: { type: 'final' },
    },
  }),
}

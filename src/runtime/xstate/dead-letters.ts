import { createMachine } from 'xstate'

/** Takes in what could not be delivered; its history is the list of dead letters. */
export const deadLetterMachine = createMachine({
  id: 'dead-letters',
  version: '1',
  initial: 'collecting',
  states: { collecting: { on: { DEAD_LETTER: { actions: () => {} } } } },
})

/** A machine that emits events, for the tests of who gets them. */
import { emit, setup } from 'xstate'
import type { Machines } from '../../src/runtime/actors/kind.ts'

/** Emits RANG, and at the venue `sim` ECHO, for each RING; nothing for TOUCH. */
const bell = setup({
  types: { emitted: {} as { type: 'RANG' | 'ECHO'; n: number; venue?: string } },
}).createMachine({
  id: 'bell',
  initial: 'hanging',
  states: {
    hanging: {
      on: {
        RING: {
          actions: [
            emit(({ event: { type: _, at: __, ...rest } }) => ({
              ...rest,
              type: 'RANG' as const,
              n: rest.n as number,
            })),
            emit(({ event }) => ({ type: 'ECHO' as const, n: event.n as number, venue: 'sim' })),
          ],
        },
        TOUCH: {},
      },
    },
  },
})

export const bells: Machines = { bell: { machine: bell } }

import { not, setup } from 'xstate'
import * as actions from './universe-actions.ts'
import type { UniverseTypes } from './universe-context.ts'
import { universeDeclaration } from './universe-declaration.ts'

export const universeMachine = setup({
  types: {} as UniverseTypes,
  guards: {
    hasSymbols: ({ context }) => context.symbols.length > 0,
    isNew: ({ context, event }) =>
      event.type === 'FOLLOW' && !context.followers.some(({ address }) => address === event.subscriber),
  },
  actions,
}).createMachine({
  id: 'universe',
  version: '2',
  description: 'The symbols of a venue that are traded: those of its listing that pass the filters.',
  context: ({ input }) => ({ ...input, symbols: [], filtered: {}, followers: [] }),
  initial: 'empty',
  on: {
    INSTRUMENTS_LISTED: { actions: 'select' },
    FOLLOW: { guard: 'isNew', actions: 'addFollower' },
    UNFOLLOW: { actions: 'dropFollower' },
    SET_UNIVERSE_FILTERS: { actions: 'setFilters' },
  },
  states: {
    empty: { always: { guard: 'hasSymbols', target: 'selected' } },
    selected: { always: { guard: not('hasSymbols'), target: 'empty' } },
  },
})

/** The kind for the registry. */
export const universeKind = {
  ...universeDeclaration,
  machine: universeMachine,
  holds: () => 'it knows which strategies follow it',
}

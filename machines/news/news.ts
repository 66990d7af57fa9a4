import { not, setup } from 'xstate'
import * as actions from './actions.ts'
import { hasSeen, type NewsTypes } from './context.ts'
import { newsDeclaration } from './declaration.ts'

export const newsMachine = setup({
  types: {} as NewsTypes,
  guards: {
    seen: ({ context, event }) => event.type === 'NEWS_ITEM' && hasSeen(context, event.source, event.id),
    hasFlags: ({ context }) => context.flags.length > 0,
  },
  actions,
}).createMachine({
  id: 'news',
  version: '2',
  description: 'Takes each item of news once, judges it by rules, and flags the symbols that it is about.',
  context: ({ input }) => ({ ...input, seen: {}, flags: [] }),
  initial: 'clear',
  on: {
    NEWS_ITEM: [{ guard: 'seen' }, { actions: 'takeItem' }],
    SET_NEWS_RULES: { actions: 'setRules' },
  },
  states: {
    clear: { always: { guard: 'hasFlags', target: 'flagged' } },
    flagged: {
      description: 'At least one symbol is flagged.',
      on: { FLAG_EXPIRED: { actions: 'dropFlag' } },
      always: { guard: not('hasFlags'), target: 'clear' },
    },
  },
})

/** The kind, as it is registered. */
export const newsKind = { ...newsDeclaration, machine: newsMachine }

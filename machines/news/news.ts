import { not, setup } from 'xstate'
import { versionsSince } from '../kind/kind.ts'
import { actionsOf } from './actions.ts'
import { hasSeen, type NewsTypes } from './context.ts'
import { newsDeclaration, since } from './declaration.ts'

const newsOf = (version: string) =>
  setup({
    types: {} as NewsTypes,
    guards: {
      seen: ({ context, event }) => event.type === 'NEWS_ITEM' && hasSeen(context, event.source, event.id),
      hasFlags: ({ context }) => context.flags.length > 0,
    },
    actions: actionsOf(version),
  }).createMachine({
    id: 'news',
    version,
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

const today = versionsSince('2', since, newsOf)
export const newsMachine = today.machine

/** The kind, as it is registered. */
export const newsKind = {
  ...newsDeclaration,
  ...today,
  holds: () => 'its flags keep trades from being entered',
}

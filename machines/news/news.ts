import { assertEvent, assign, enqueueActions, not, setup } from 'xstate'
import { z } from 'zod'
import type { RiskFlag } from '../events/account.ts'
import type { DomainEvents } from '../events/domain.ts'
import { type NewsItem, newsItem } from '../events/news.ts'
import { tell } from '../kind/tell.ts'
import { keywordClassifier } from './classifier.ts'
import { type Flag, flagKey, flagsRaised, withoutFlags } from './flags.ts'
import { newsRules, type SetNewsRules, setNewsRules } from './rules.ts'

export const newsInput = z.object({
  /** Its account hears of flags. */
  venue: z.string(),
  ...newsRules.shape,
})
export type NewsInput = z.infer<typeof newsInput>

export interface NewsContext extends NewsInput {
  /** Ids of the items taken, by source, newest last. */
  readonly seen: Readonly<Record<string, readonly string[]>>
  /** In force. */
  readonly flags: readonly Flag[]
}

/** The events that may come from outside. */
export const newsEvents = z.discriminatedUnion('type', [newsItem, setNewsRules])

/** To itself, when a flag's time is over. */
type FlagExpired = Pick<Flag, 'symbol' | 'flag'> & { type: 'FLAG_EXPIRED'; at: number }

/** Items remembered of each source: more than a feed is read of at once, for only those can come again. */
const SEEN_MAX = 1_000

function seenOf(seen: NewsContext['seen'], source: string): readonly string[] {
  return (Object.hasOwn(seen, source) && seen[source]) || []
}

export const newsMachine = setup({
  types: {} as {
    input: NewsInput
    context: NewsContext
    events: NewsItem | SetNewsRules | FlagExpired
    emitted: DomainEvents<'NEWS_INGESTED' | 'NEWS_CLASSIFIED' | 'SYMBOL_FLAGGED' | 'SYMBOL_FLAG_EXPIRED'>
  },
  guards: {
    seen: ({ context: { seen }, event }) =>
      event.type === 'NEWS_ITEM' && seenOf(seen, event.source).includes(event.id),
    hasFlags: ({ context }) => context.flags.length > 0,
  },
  actions: {
    takeItem: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'NEWS_ITEM')
      const { venue, seen, flags } = context
      const { type: _, text: _text, ...facts } = event
      const { at, source, id, title } = facts
      const classification = keywordClassifier(context)(event)
      const { flagForMs: _flagForMs, ...found } = classification
      enqueue.emit({ type: 'NEWS_INGESTED', ...facts })
      enqueue.emit({ type: 'NEWS_CLASSIFIED', at, source, id, title, ...found })
      const raised = flagsRaised(flags, event, classification)
      enqueue.assign({
        seen: { ...seen, [source]: [...seenOf(seen, source), id].slice(-SEEN_MAX) },
        flags: [...withoutFlags(flags, raised), ...raised],
      })
      for (const raise of raised) {
        const { symbol, flag, until } = raise
        enqueue.emit({ type: 'SYMBOL_FLAGGED', at, venue, ...raise })
        const riskFlag: RiskFlag = { type: 'RISK_FLAG', at, venue, ...raise }
        enqueue(tell(`account/${venue}`, riskFlag))
        enqueue.cancel(flagKey(raise))
        enqueue.raise(
          { type: 'FLAG_EXPIRED', at: until, symbol, flag },
          { id: flagKey(raise), delay: until - at },
        )
      }
    }),
    dropFlag: enqueueActions(({ context: { venue, flags }, event, enqueue }) => {
      assertEvent(event, 'FLAG_EXPIRED')
      const { at, symbol, flag } = event
      enqueue.assign({ flags: withoutFlags(flags, [event]) })
      enqueue.emit({ type: 'SYMBOL_FLAG_EXPIRED', at, venue, symbol, flag })
    }),
    setRules: assign(({ event }) => {
      assertEvent(event, 'SET_NEWS_RULES')
      const { rules, symbols } = event
      return { rules, symbols }
    }),
  },
}).createMachine({
  id: 'news',
  version: '2',
  description: 'Takes news once each, judges it by rules, and warns of the symbols that it speaks of.',
  context: ({ input }) => ({ ...input, seen: {}, flags: [] }),
  initial: 'clear',
  on: {
    NEWS_ITEM: [{ guard: 'seen' }, { actions: 'takeItem' }],
    SET_NEWS_RULES: { actions: 'setRules' },
  },
  states: {
    clear: { always: { guard: 'hasFlags', target: 'flagged' } },
    flagged: {
      description: 'Some symbol is flagged.',
      on: { FLAG_EXPIRED: { actions: 'dropFlag' } },
      always: { guard: not('hasFlags'), target: 'clear' },
    },
  },
})

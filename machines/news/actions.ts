/** The actions of the news judge. */
import { assertEvent } from 'xstate'
import { acts, laterThan } from '../kind/kind.ts'
import { accountAddress } from '../model/addresses.ts'
import { keywordClassifier } from './classifier.ts'
import { type NewsTypes, seenWith, warned } from './context.ts'
import { newsDeclaration, since } from './declaration.ts'
import { flagKey, flagsRaised, withoutFlags } from './flags.ts'

/** Returns the actions of a version. */
export function actionsOf(version: string) {
  const { action, emit, tell } = acts(newsDeclaration, {} as NewsTypes, laterThan(since, version))
  return {
    takeItem: action(({ context, event, enqueue }) => {
      assertEvent(event, 'NEWS_ITEM')
      const { venue, flags } = context
      const { type: _, text: _text, ...facts } = event
      const { at, source, id, title } = facts
      const classification = keywordClassifier(context)(event)
      const { flagForMs: _flagForMs, ...found } = classification
      enqueue(emit({ type: 'NEWS_INGESTED', ...facts }))
      enqueue(emit({ type: 'NEWS_CLASSIFIED', at, source, id, title, ...found }))
      const raised = flagsRaised(flags, event, classification)
      enqueue.assign({
        seen: seenWith(context, source, id),
        flags: [...withoutFlags(flags, raised), ...raised],
      })
      for (const raise of raised) {
        const { symbol, flag, until } = raise
        enqueue(emit({ type: 'SYMBOL_FLAGGED', at, venue, ...raise }))
        for (const one of warned(context))
          enqueue(tell(accountAddress(one), { type: 'RISK_FLAG', at, venue: one, ...raise }))
        enqueue.cancel(flagKey(raise))
        enqueue.raise(
          { type: 'FLAG_EXPIRED', at: until, symbol, flag },
          { id: flagKey(raise), delay: until - at },
        )
      }
    }),
    dropFlag: action(({ context: { venue, flags }, event, enqueue }) => {
      assertEvent(event, 'FLAG_EXPIRED')
      const { at, symbol, flag } = event
      enqueue.assign({ flags: withoutFlags(flags, [event]) })
      enqueue(emit({ type: 'SYMBOL_FLAG_EXPIRED', at, venue, symbol, flag }))
    }),
    /** An account that is new hears of the flags in force. */
    setRules: action(({ context, event, enqueue }) => {
      assertEvent(event, 'SET_NEWS_RULES')
      const { at, rules, symbols, venues } = event
      enqueue.assign({ rules, symbols, ...(venues && { venues }) })
      const known = warned(context)
      for (const venue of venues ?? [])
        for (const flag of known.includes(venue) ? [] : context.flags)
          enqueue(tell(accountAddress(venue), { type: 'RISK_FLAG', at, venue, ...flag }))
    }),
  }
}

/** The events that the news judge accepts, emits and sends. */
import { riskFlag } from '../events/account.ts'
import { newsClassified, newsIngested, newsItem, symbolFlagExpired, symbolFlagged } from '../events/news.ts'
import { type Accepted, declare, type Since } from '../kind/kind.ts'
import { setNewsRules } from './rules.ts'

export const newsDeclaration = declare({
  accepts: [newsItem, setNewsRules],
  /** It raises this when a flag's time is over. */
  raises: ['FLAG_EXPIRED'],
  emits: [newsIngested, newsClassified, symbolFlagged, symbolFlagExpired],
  sends: { account: [riskFlag] },
  commands: ['NEWS_ITEM'],
})

export const since: Since<typeof newsDeclaration> = { 3: ['confidence'] }

/** The events that may come from outside. */
export const newsEvents = newsDeclaration.events
export type NewsEvent = Accepted<typeof newsDeclaration>

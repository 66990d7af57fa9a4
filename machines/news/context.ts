/** The context of the news judge. */
import { z } from 'zod'
import type { Emitted } from '../kind/kind.ts'
import type { NewsEvent, newsDeclaration } from './declaration.ts'
import type { Flag } from './flags.ts'
import { newsRules, venuesToWarn } from './rules.ts'

export const newsInput = z.object({
  /** The venue of the market that it judges news for. */
  venue: z.string(),
  venues: venuesToWarn,
  ...newsRules.shape,
})
export type NewsInput = z.infer<typeof newsInput>

export interface NewsContext extends NewsInput {
  /** Ids of the items taken, by source, newest last. */
  readonly seen: Readonly<Record<string, readonly string[]>>
  /** The flags in force. */
  readonly flags: readonly Flag[]
}

/** The judge sends this to itself when a flag's time is over. */
type FlagExpired = Pick<Flag, 'symbol' | 'flag'> & { type: 'FLAG_EXPIRED'; at: number }

export interface NewsTypes {
  readonly input: NewsInput
  readonly context: NewsContext
  readonly events: NewsEvent | FlagExpired
  readonly emitted: Emitted<typeof newsDeclaration>
}

/** Items remembered of each source: more than a feed is read of at once, for only those can come again. */
const SEEN_MAX = 1_000

export function hasSeen({ seen }: NewsContext, source: string, id: string): boolean {
  return seenOf(seen, source).includes(id)
}

/** Returns what has been seen, this item with it. */
export function seenWith({ seen }: NewsContext, source: string, id: string): NewsContext['seen'] {
  return { ...seen, [source]: [...seenOf(seen, source), id].slice(-SEEN_MAX) }
}

/** Returns the venues whose accounts hear of flags. */
export function warned({
  venue,
  venues = [venue],
}: Pick<NewsContext, 'venue' | 'venues'>): readonly string[] {
  return venues
}

function seenOf(seen: NewsContext['seen'], source: string): readonly string[] {
  return (Object.hasOwn(seen, source) && seen[source]) || []
}

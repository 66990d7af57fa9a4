/** News from outside, and what follows from them. */
import { z } from 'zod'
import { epochMs } from '../model/fields.ts'
import { base, event, ofSymbol } from './shape.ts'

export const newsSeverity = z.enum(['info', 'warning', 'critical'])
export const newsSentiment = z.enum(['positive', 'neutral', 'negative'])
/** hack, delisting, outage, ...: what rules call it. */
export const newsCategory = z.string().regex(/^[a-z][\w-]*$/, 'a word in lower case, such as hack')

/** The longest texts, in characters. They go into the log, and ids also into the memory of seen items. */
export const NEWS_MAX = { id: 2_048, url: 2_048, title: 500, text: 4_000 }

/** The facts that a source gives of an item. */
export const newsFacts = z.object({
  id: z.string().min(1).max(NEWS_MAX.id).describe('Unique within its source: what comes twice counts once.'),
  title: z.string().min(1).max(NEWS_MAX.title).describe('Headline.'),
  text: z.string().max(NEWS_MAX.text).optional().describe('What it says.'),
  url: z.string().max(NEWS_MAX.url).optional().describe('Where it is to be read.'),
  publishedAt: epochMs.optional().describe('Flags count from then; by default from when it came.'),
})

export const newsItem = newsFacts
  .extend({
    type: z.literal('NEWS_ITEM'),
    at: epochMs,
    source: z.string().min(1).describe('Who says it.'),
  })
  .describe('To news/main: an item of news, to be judged by the rules.')

const ofNews = { ...base, source: z.string(), id: z.string(), title: z.string() }
export const newsIngested = event('NEWS_INGESTED', {
  ...ofNews,
  url: z.string().optional(),
  publishedAt: epochMs.optional(),
})
export const newsClassified = event('NEWS_CLASSIFIED', {
  ...ofNews,
  category: newsCategory,
  sentiment: newsSentiment.optional(),
  severity: newsSeverity,
  symbols: z.array(z.string()).describe('that it speaks of'),
  rule: z.string().describe('id of the rule that said so'),
})
export const symbolFlagged = event('SYMBOL_FLAGGED', {
  ...ofSymbol,
  flag: newsCategory,
  severity: newsSeverity,
  until: epochMs,
  reason: z.string(),
}).describe('Anew, or for longer or more gravely than before.')
export const symbolFlagExpired = event('SYMBOL_FLAG_EXPIRED', { ...ofSymbol, flag: newsCategory })

export type NewsSeverity = z.infer<typeof newsSeverity>
export type NewsSentiment = z.infer<typeof newsSentiment>
export type NewsFacts = z.infer<typeof newsFacts>
export type NewsItem = z.infer<typeof newsItem>

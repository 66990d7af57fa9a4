/** News from outside, and what follows from them. */
import { z } from 'zod'
import { byHand, epochMs } from '../model/fields.ts'
import { base, EXAMPLE, event, ofSymbol } from './shape.ts'

export const newsSeverity = z.enum(['info', 'warning', 'critical'])
export const newsSentiment = z.enum(['positive', 'neutral', 'negative'])
/** hack, delisting, outage, ...: what rules call it. */
export const newsCategory = z.string().regex(/^[a-z][\w-]*$/, 'a word in lower case, such as hack')

/** The longest texts, in characters. They go into the log, and ids also into the memory of seen items. */
export const NEWS_MAX = { id: 2_048, url: 2_048, title: 500, text: 4_000 }

/** The facts that a source gives of an item. */
export const newsFacts = z.object({
  id: z
    .string()
    .min(1)
    .max(NEWS_MAX.id)
    .describe('An id that is unique within the source. An item that comes twice counts once.'),
  title: z.string().min(1).max(NEWS_MAX.title).describe('The headline.'),
  text: z.string().max(NEWS_MAX.text).optional().describe('The text of the item.'),
  url: z.string().max(NEWS_MAX.url).optional().describe('The address of the item.'),
  publishedAt: epochMs
    .optional()
    .describe('The time of publication. Flags begin then. By default they begin when the item comes.'),
})

export const newsItem = newsFacts
  .extend({
    type: z.literal('NEWS_ITEM'),
    at: epochMs,
    by: byHand,
    source: z.string().min(1).describe('The name of the source.'),
  })
  .describe('Gives an item of news to news/main, whose rules judge it.')

const ofNews = { ...base, source: z.string(), id: z.string(), title: z.string() }
const EXAMPLE_NEWS = { ...EXAMPLE.base, source: 'wire', id: '1', title: 'Bitcoin exchange hacked' }
export const newsIngested = event(
  'NEWS_INGESTED',
  {
    ...ofNews,
    url: z.string().optional(),
    publishedAt: epochMs.optional(),
  },
  { ...EXAMPLE_NEWS, url: 'https://example.org/1' },
).describe('A new item of news has come.')
export const newsClassified = event(
  'NEWS_CLASSIFIED',
  {
    ...ofNews,
    category: newsCategory,
    sentiment: newsSentiment.optional(),
    severity: newsSeverity,
    symbols: z.array(z.string()).describe('The symbols that the item is about.'),
    rule: z.string().describe('The id of the rule that matched; `none` when none did.'),
    confidence: z
      .number()
      .min(0)
      .max(1)
      .describe('The confidence of that rule, from 0 to 1. It is 0 when none matched.'),
  },
  {
    ...EXAMPLE_NEWS,
    category: 'hack',
    sentiment: 'negative',
    severity: 'critical',
    symbols: ['BTCUSDT'],
    rule: 'hack',
    confidence: 0.9,
  },
).describe('A rule has judged an item of news.')
export const symbolFlagged = event(
  'SYMBOL_FLAGGED',
  {
    ...ofSymbol,
    flag: newsCategory,
    severity: newsSeverity,
    until: epochMs,
    reason: z.string(),
  },
  {
    ...EXAMPLE.ofSymbol,
    flag: 'hack',
    severity: 'critical',
    until: 1_723_247_655_343,
    reason: 'Bitcoin exchange hacked',
  },
).describe('A symbol has a flag, or has it for longer or more gravely than before.')
export const symbolFlagExpired = event(
  'SYMBOL_FLAG_EXPIRED',
  { ...ofSymbol, flag: newsCategory },
  { ...EXAMPLE.ofSymbol, flag: 'hack' },
).describe('The flag of a symbol has ended.')

export type NewsSeverity = z.infer<typeof newsSeverity>
export type NewsSentiment = z.infer<typeof newsSentiment>
export type NewsFacts = z.infer<typeof newsFacts>
export type NewsItem = z.infer<typeof newsItem>

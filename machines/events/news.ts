/** News from outside. */
import { z } from 'zod'
import { epochMs } from './fields.ts'

export const newsSeverity = z.enum(['info', 'warning', 'critical'])
export const newsSentiment = z.enum(['positive', 'neutral', 'negative'])
/** hack, delisting, outage, ...: what rules call it. */
export const newsCategory = z.string().regex(/^[a-z][\w-]*$/, 'a word in lower case, such as hack')

/** What a source says of one item. */
export const newsFacts = z.object({
  /** Unique within its source. */
  id: z.string().min(1),
  title: z.string().min(1),
  text: z.string().optional(),
  url: z.string().optional(),
  publishedAt: epochMs.optional(),
})

export const newsItem = newsFacts.extend({
  type: z.literal('NEWS_ITEM'),
  at: epochMs,
  source: z.string().min(1),
})

export type NewsSeverity = z.infer<typeof newsSeverity>
export type NewsSentiment = z.infer<typeof newsSentiment>
export type NewsFacts = z.infer<typeof newsFacts>
export type NewsItem = z.infer<typeof newsItem>

/** News feeds as an adapter. */
import { z } from 'zod'
import { DURATION_MAX_MS } from '../../../machines/model/fields.ts'
import { defineAdapter } from '../adapter.ts'
import { createRssNews } from './rss.ts'

const config = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('Of RSS 2.0 or Atom.'),
  everyMs: z
    .number()
    .int()
    .min(1_000)
    .max(DURATION_MAX_MS)
    .default(60_000)
    .describe('The interval at which it is asked, in ms.'),
})

export const rss = defineAdapter({
  name: 'rss',
  about: 'A feed over HTTP.',
  config,
  news: {
    // Whoever is in an address, and what is asked of it, may be a key.
    sourceName: ({ url }) => url.replace(/^https?:\/\/(?:[^/@]*@)?|[?#].*$/g, ''),
    open: (options, { name, onWarning }) => createRssNews({ ...options, name, onWarning }),
  },
})

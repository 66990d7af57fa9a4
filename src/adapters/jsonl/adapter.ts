/** Files of news as an adapter. */
import { z } from 'zod'
import { defineAdapter } from '../adapter.ts'
import { createJsonlNews } from './jsonl.ts'

const config = z.strictObject({
  file: z
    .string()
    .min(1)
    .describe(
      'One object a line: id, title, text, url, publishedAt. A path from where the configuration is. With a market that has a time of its own an item is taken at its publishedAt, and not before the line above it; one without comes right after that line.',
    ),
})

export const jsonl = defineAdapter({
  name: 'jsonl',
  about: 'A file that others append to.',
  config,
  news: {
    paths: ['file'],
    sourceName: ({ file }) => file,
    open: (options, { name, onWarning }) => createJsonlNews({ ...options, name, onWarning }),
  },
})

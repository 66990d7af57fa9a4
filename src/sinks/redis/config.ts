/** The section of a sink of the type `redis`. */
import { z } from 'zod'
import { addressField } from '../address.ts'

/** Entries of about 1 KB each. */
const LENGTH = 100_000

export const redisConfig = z.strictObject({
  url: addressField('redis', 'rediss').describe(
    'The server, such as `rediss://outcry:${REDIS_PASSWORD}@redis.example:6379/0`. In a Cluster any node of it.',
  ),
  stream: z
    .string()
    .min(1)
    .max(256)
    .default('outcry:events')
    .describe('The key of the stream. Its position is beside it, under `{outcry:events}:position`.'),
  split: z
    .enum(['none', 'type', 'topic'])
    .default('none')
    .describe(
      '`none`: one stream has all events, in order. `type`: a stream for each type of event, such as `{outcry:events}:order_filled`. `topic`: one for each topic, with venue and symbol.',
    ),
  maxLength: z
    .number()
    .int()
    .nonnegative()
    .default(LENGTH)
    .describe('About the number of entries that each stream keeps, the newest ones. 0 keeps all.'),
})

export type RedisConfig = z.infer<typeof redisConfig>

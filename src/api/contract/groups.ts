/** The groups of a list of actors, with their numbers. */
import { z } from 'zod'
import { position } from './fields.ts'

/** The property that actors are put together by. */
export const groupedBy = z.enum(['owner', 'kind'])
export type GroupedBy = z.output<typeof groupedBy>

const count = z.int().nonnegative()

/**
 * A group of actors. An owner is a strategy, a venue, `by hand` for orders of people, or `runner`.
 *
 * @example
 * { name: 'ema-BTCUSDT', count: 833, open: 4, failed: 1 }
 */
export const actorGroup = z.object({
  name: z.string(),
  count: count.describe('number of its actors that pass the filter'),
  open: count.describe('number of those that may still act'),
  failed: count.describe('number of those that have failed or were refused'),
})

export const actorGroups = z.object({
  seq: position.describe('last seq of the log'),
  at: z.number().describe('time of the last record in epoch milliseconds; 0 for an empty log'),
  by: groupedBy.describe('what the groups are by: a log without trading has no owners, and its kinds'),
  groups: z.array(actorGroup).describe('those with failures come first, and the runner last'),
  failed: z
    .array(z.string())
    .describe('addresses of actors that have failed or were refused: failed ones first, then the latest'),
  unread: count.describe(
    'number of actors whose state is not read yet: `open`, `failed` and their addresses are those of the others. 0 with `whole` or a filter',
  ),
})

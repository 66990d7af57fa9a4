/** The envelope in which every domain event leaves, by the feed or by HTTP. */
import { z } from 'zod'
import { epochMs, type Frozen } from './fields.ts'

export const severity = z.enum(['info', 'warning', 'error', 'critical'])

/**
 * What every domain event says as it leaves; `event` is what the machine emitted, as it is in the log.
 *
 * @example
 * { eventId: 'order/sim:o-1/4/0', index: 0, type: 'ORDER_FILLED', at: 1723161255343, seq: 1234, actor: 'order/sim:o-1',
 *   correlation: 'c-1230', cause: 1233, venue: 'sim', symbol: 'BTCUSDT', source: 'order@3', event: { type: 'ORDER_FILLED', ... } }
 */
export const eventEnvelope = z.object({
  eventId: z.string().describe('`{actor}/{rev}/{index}` of the record that emitted it.'),
  index: z.number().int().nonnegative().describe('place among the events of its record'),
  type: z.string(),
  at: epochMs,
  seq: z.number().int().positive().describe('place in the log of the record that emitted it'),
  actor: z.string().describe('that emitted it'),
  correlation: z.string().describe('shared by all that one outside message set off'),
  cause: z.number().int().positive().nullable().describe('seq of the record behind it; null from outside'),
  venue: z.string().nullable(),
  symbol: z.string().nullable(),
  source: z.string().describe('the machine that emitted it, `order@3`'),
  severity: severity.optional().describe('of those events that have one'),
  event: z.looseObject({ type: z.string() }).describe('as the machine emitted it'),
})
export type EventEnvelope = Frozen<z.infer<typeof eventEnvelope>>

/** The envelope in which the feed and HTTP send every domain event. */
import { z } from 'zod'
import { type Frozen, recordTime } from './fields.ts'

export const severity = z.enum(['info', 'warning', 'error', 'critical'])

/**
 * A domain event with its place in the log. `event` is what the machine emitted, as the log has it.
 *
 * @example
 * { eventId: 'order/sim:o-1/4/0', index: 0, type: 'ORDER_FILLED', at: 1723161255343, seq: 1234, actor: 'order/sim:o-1',
 *   correlation: 'c-1230', cause: 1233, venue: 'sim', symbol: 'BTCUSDT', source: 'order@3',
 *   event: { type: 'ORDER_FILLED', ... } }
 */
export const eventEnvelope = z.object({
  eventId: z.string().describe('`{actor}/{rev}/{index}` of the record that emitted it.'),
  index: z.number().int().nonnegative().describe('place among the events of its record'),
  type: z.string(),
  at: recordTime,
  seq: z.number().int().positive().describe('place in the log of the record that emitted it'),
  actor: z.string().describe('address of the actor that emitted it'),
  correlation: z.string().describe('the same for all that one outside message led to'),
  cause: z
    .number()
    .int()
    .positive()
    .nullable()
    .describe('seq of the record that caused it; null when the cause is outside'),
  venue: z.string().nullable(),
  symbol: z.string().nullable(),
  source: z.string().describe('the machine that emitted it, `order@3`'),
  severity: severity.optional().describe('present when the event has one'),
  event: z.looseObject({ type: z.string() }).describe('the event as the machine emitted it'),
})
export type EventEnvelope = Frozen<z.infer<typeof eventEnvelope>>

/** The schema of the envelope in which the feed and HTTP send every domain event. */
import { z } from 'zod'
import { type EventEnvelope, SEVERITIES } from '../../runtime/events/envelope.ts'
import { recordTime } from './fields.ts'

export type { EventEnvelope }

export const severity = z.enum(SEVERITIES)

/** The fields of a publication that say which request its record came from. */
export const asked = {
  by: z
    .string()
    .optional()
    .describe('the one that asked, as the event that the actor took names it; absent when it names none'),
  request: z
    .string()
    .optional()
    .describe("the sender's X-Request-Id, of a record that took a request; absent when it gave none"),
}

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
  symbol: z.string().nullable().describe('as the venue writes it'),
  instrument: z
    .string()
    .nullable()
    .describe('the same as no venue writes it, `BTC/USDT`; null where that is not known'),
  strategy: z.string().nullable().describe('id of the strategy that it is of; null where it is of none'),
  source: z.string().describe('the machine that emitted it, `order@3`'),
  ...asked,
  severity: severity.optional().describe('present when the event has one'),
  event: z.looseObject({ type: z.string() }).describe('the event as the machine emitted it'),
}) satisfies z.ZodType<EventEnvelope>

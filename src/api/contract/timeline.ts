/** A stretch of the log in few points, as wide as a picture of it. */
import { z } from 'zod'
import { eventEnvelope } from './envelope.ts'
import { type Frozen, position, recordTime } from './fields.ts'

/** The records from the point before to this one. */
export const timelinePoint = z.object({
  at: recordTime.describe('end of the point'),
  seq: position.describe(
    'the last record up to then; 0 before the log begins. Where points have a thousand records and more, it is the end of a commit, and may be some records later',
  ),
  records: z.int().nonnegative().describe('number of records since the point before'),
  marks: z
    .array(z.object({ type: z.string(), count: z.int().positive(), seq: position, actor: z.string() }))
    .optional()
    .describe(
      'the events of the point whose types the request marks, by type; `seq` and `actor` of the last one',
    ),
  last: z
    .array(eventEnvelope)
    .optional()
    .describe('of each type that the request follows, its last event in the point'),
})

/**
 * @example
 * { from: 1723161255343, to: 1723164855343, fromSeq: 1, toSeq: 44237, points: [{ at: 1723161261343, seq: 71, records: 71 }],
 *   markedFrom: 1, isPartial: false }
 */
export const timeline = z.object({
  from: recordTime,
  to: recordTime,
  fromSeq: position.describe('seq after which the first point begins'),
  toSeq: position.describe('seq of the last record'),
  points: z.array(timelinePoint).describe('points of equal length in time, oldest first'),
  markedFrom: position.describe('seq of the first record that was searched for marks'),
  isPartial: z
    .boolean()
    .describe('true when the types have so many events that not all of them were looked at'),
})
export type Timeline = Frozen<z.infer<typeof timeline>>

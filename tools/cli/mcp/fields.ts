/** Fields that the questions of several tools share. */
import { z } from 'zod'

const LIMIT_MAX = 500

export const limit = z.int().min(1).max(LIMIT_MAX).default(50).describe('most items of the answer')

export const address = z
  .string()
  .describe('address of an actor, such as order/sim:o-1; the tool "actors" finds them')

export const place = z
  .string()
  .describe(
    'a place: 5 or rev:5 (record of the actor), seq:1234 (place in the log), a time in ISO 8601 with its zone, 09:00:00 (of the day on which the log ends, UTC), -10m (before the end), now',
  )

/** Describes a time in a question. */
export const TIME =
  'a time in ISO 8601 with its zone, epoch milliseconds, 09:00:00 (of the day on which the log ends, UTC), or -10m (before the end)'

/** A moment of the whole log. */
export const moment = z
  .string()
  .describe(
    'a place: seq:1234 (place in the log), a time in ISO 8601 with its zone, 09:00:00 (of the day on which the log ends, UTC), -10m (before the end), now',
  )

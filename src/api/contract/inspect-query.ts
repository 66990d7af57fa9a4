/** The query in the URL of `/inspect` and `/inspect/legacy`: which actors a client asks for, now or in the past. */
import { z } from 'zod'
import { parseAddress } from '../../runtime/record/address.ts'
import { place } from './place.ts'

/** Most actors that one client names. */
export const INSPECTED_MAX = 16
/** Most times that the past may go faster than it went. */
const SPEED_MAX = 1_000_000

const actors = z
  .union([
    z
      .string()
      .min(1)
      .transform((one) => [one]),
    z.array(z.string().min(1)).min(1).max(INSPECTED_MAX),
  ])
  .describe(
    `address of an actor; may be repeated up to ${INSPECTED_MAX} times. Of the present, \`order/*\` names all whose address begins so. Without it, all actors are meant`,
  )

const fields = z.strictObject({
  actor: actors.optional(),
  at: place
    .optional()
    .describe(`the record at a place of the past, and the states before and after it: ${place.description}`),
  from: place.optional().describe('the place at which the past life begins'),
  to: place.optional().describe('the place at which it ends; the present by default'),
  speed: z
    .string()
    .regex(/^\d{1,7}(\.\d{1,3})?x?$/, 'must be a number such as 10, or 10x')
    .transform((text) => Number(text.replace('x', '')))
    .refine((speed) => speed > 0 && speed <= SPEED_MAX, `must be above 0 and at most ${SPEED_MAX}`)
    .optional()
    .describe(
      'number of times that the past life is sent faster than it went, with no pause above 5 seconds; all at once by default',
    ),
})

export type InspectQuery = z.output<typeof fields>

/**
 * The query of a client of the inspection. Without `at`, `from` and `to` it asks for the present.
 *
 * @example
 * '/inspect?actor=order%2Fsim:o-1&from=rev:1&speed=10x'
 */
export const inspectQuery = fields
  .refine(({ at, from, to }) => at === undefined || (from === undefined && to === undefined), {
    path: ['at'],
    error: 'give at, or from and to, not both',
  })
  .refine((query) => !isPast(query) || query.actor !== undefined, {
    path: ['actor'],
    error: 'name the actors whose past is asked for',
  })
  .refine((query) => !isPast(query) || (query.actor ?? []).every(isAddress), {
    path: ['actor'],
    error: 'must be a whole address, such as order/sim:o-1, where the past is asked for',
  })
  .refine((query) => query.speed === undefined || isPast(query), {
    path: ['speed'],
    error: 'the present has a speed of its own: give from, too',
  })

/** Returns whether the query asks for a past life. */
export function isPast({ at, from, to }: Partial<InspectQuery>): boolean {
  return at !== undefined || from !== undefined || to !== undefined
}

function isAddress(text: string): boolean {
  try {
    parseAddress(text)
    return true
  } catch {
    return false
  }
}

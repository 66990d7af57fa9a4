/** A place in the past, as one text: in the query of a URL, or on the command line. */
import { z } from 'zod'
import { time } from './fields.ts'

/** A place in the log: see `Place` of the runtime. */
export type PlaceAsked = { readonly seq: number } | { readonly rev: number } | { readonly at: number }

/** Numbers from here on are times in epoch ms: no actor has so many records. */
const EPOCH_MIN = 100_000_000_000
const NUMBER = /^(?:(rev|seq):)?(\d{1,15})$/
/** A number that is no whole one, or below zero: a time nobody means. */
const DIGITS = /^[-.\d]+$/
const WRONG =
  'must be a rev of the actor such as 5, a seq such as seq:1234, or a time such as 2026-11-27T09:00:00Z'

/**
 * A place in a request: a rev of the actor, a seq or a time.
 *
 * @example
 * '5', 'rev:5', 'seq:1234', '2026-11-27T09:00:00Z', '1723161255343'
 */
export const place = z
  .string(WRONG)
  .transform((text, context): PlaceAsked => {
    const [, unit, digits = ''] = NUMBER.exec(text) ?? []
    if (digits !== '') {
      const number = Number(digits)
      if (unit === 'seq') return { seq: number }
      return unit === 'rev' || number < EPOCH_MIN ? { rev: number } : { at: number }
    }
    const { data: at, error } = time.safeParse(text)
    if (at !== undefined && !DIGITS.test(text)) return { at }
    const [{ message = WRONG } = {}] = error?.issues ?? []
    context.addIssue({ code: 'custom', message: message.startsWith('needs its zone') ? message : WRONG })
    return z.NEVER
  })
  .describe(
    'a rev of the actor such as `5` or `rev:5`, a seq such as `seq:1234`, or a time: epoch milliseconds or ISO 8601 with its zone',
  )

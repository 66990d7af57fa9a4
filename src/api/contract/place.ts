/** A place in the past, as one text: in the query of a URL, or on the command line. */
import { z } from 'zod'
import { time } from './fields.ts'

/** A place in the log: see `Place` of the runtime. */
export type PlaceAsked = { readonly seq: number } | { readonly rev: number } | { readonly at: number }

/** Digits of a seq. A number with more is a time: a log with so many records would be written for thousands of years. */
const SEQ_DIGITS_MAX = 11
const SEQ = new RegExp(`^(?:seq:)?(\\d{1,${SEQ_DIGITS_MAX}})$`)
const REV = /^rev:(\d{1,15})$/
const WRONG =
  'must be a seq such as 1234, a rev of the actor such as rev:4, or a time such as 2026-11-27T09:00:00Z'

/**
 * A place in a request: a seq, a rev of the actor or a time.
 *
 * @example
 * '1234', 'rev:4', '2026-11-27T09:00:00Z', '1723161255343'
 */
export const place = z
  .string(WRONG)
  .transform((text, context): PlaceAsked => {
    const [, seq] = SEQ.exec(text) ?? []
    if (seq !== undefined) return { seq: Number(seq) }
    const [, rev] = REV.exec(text) ?? []
    if (rev !== undefined) return { rev: Number(rev) }
    const { data: at, error } = time.safeParse(text)
    if (at !== undefined) return { at }
    const [{ message = WRONG } = {}] = error?.issues ?? []
    context.addIssue({ code: 'custom', message: message.startsWith('needs its zone') ? message : WRONG })
    return z.NEVER
  })
  .describe(
    'a seq such as `1234`, a rev of the actor such as `rev:4`, or a time: epoch milliseconds or ISO 8601 with its zone',
  )

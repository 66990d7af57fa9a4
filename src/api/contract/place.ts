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
const OF_ACTOR = 'a rev of the actor such as 5, '
const OF_LOG = 'a seq such as seq:1234, or a time such as 2026-11-27T09:00:00Z'
const WRONG = `must be ${OF_ACTOR}${OF_LOG}`

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

/** A moment of the whole log: a place that is no rev, because a rev is of one actor. */
export type MomentAsked = Exclude<PlaceAsked, { readonly rev: number }>

const WRONG_MOMENT = `must be ${OF_LOG}`

/**
 * A moment of the whole log in a request: a seq or a time, read as a place is.
 *
 * @example
 * 'seq:1234', '2026-11-27T09:00:00Z', '1723161255343'
 */
export const moment = z
  .union([z.string(), z.number()], WRONG_MOMENT)
  .transform((given, context): MomentAsked => {
    const { data, error } = place.safeParse(String(given))
    if (data !== undefined && !('rev' in data)) return data
    const [{ message = WRONG } = {}] = error?.issues ?? []
    const rule =
      data === undefined ? WRONG_MOMENT : `${WRONG_MOMENT}: ${given} is a rev, which only an actor has`
    context.addIssue({ code: 'custom', message: message === WRONG ? rule : message })
    return z.NEVER
  })
  .describe('a seq such as `seq:1234`, or a time: epoch milliseconds or ISO 8601 with its zone')

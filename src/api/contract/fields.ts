/** Fields that many answers and frames share. */
import { z } from 'zod'
import { type Address, parseAddress } from '../../runtime/record/address.ts'

/** Epoch milliseconds, UTC. */
export const epochMs = z.int('epoch milliseconds, a whole number').nonnegative().meta({ title: 'epochMs' })

/**
 * Time of a record: epoch milliseconds, UTC. Events of people have whole numbers. A program with its own clock may have
 * fractions, and times before 1970.
 */
export const recordTime = z.number().min(-8.64e15).max(8.64e15).meta({ title: 'epochMs' })

const WRONG_TIME = 'must be epoch milliseconds, or ISO 8601 with its zone, such as 2026-11-27T09:00:00Z'
const DIGITS = /^-?\d{1,16}(?:\.\d{1,9})?$/
const ISO_TIME = z.iso.datetime({ offset: true })
const ISO_WITHOUT_ZONE = z.iso.datetime({ local: true })
const ISO_DATE = z.iso.date()

/**
 * A time in a request, which becomes epoch milliseconds: a number of them, or ISO 8601 with its zone. It has the bounds
 * of `recordTime`.
 *
 * @example
 * '1723161255343', '2024-08-08T23:54:15.343Z', '2024-08-09T01:54:15.343+02:00'
 */
export const time = z
  .union([z.number(), z.string()], { error: WRONG_TIME })
  .transform((given, context): number => {
    // A + that a URL does not encode arrives as a space.
    const plain = String(given).replace(/ (?=\d{2}:\d{2}$)/, '+')
    const text = plain.replace(/(?<=T\d{2}:\d{2})(?=Z|[+-]|$)/, ':00')
    const at = DIGITS.test(text)
      ? Number(text)
      : ISO_TIME.safeParse(text).success
        ? Date.parse(text)
        : Number.NaN
    if (recordTime.safeParse(at).success) return at
    const local = ISO_DATE.safeParse(text).success ? `${text}T00:00:00` : text
    const isLocal = ISO_WITHOUT_ZONE.safeParse(local).success
    const message = isLocal ? `needs its zone: ${local}Z is UTC` : WRONG_TIME
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
  .describe('epoch milliseconds, or ISO 8601 with its zone, such as `2026-11-27T09:00:00Z`')

/** Id of the log. */
export const logId = z.string().describe('short id of the log: a copy has the same, another log has another')

/** Place of a record in the log: from 1, without a gap. */
export const seq = z.int().positive()

/** Place in the log, with 0 for its beginning. */
export const position = z.int().nonnegative()

/** Number of a record within its actor: from 1, without a gap. */
export const rev = z.int().positive()

export type StateValue = string | { readonly [state: string]: StateValue | undefined }

/**
 * The state of a machine. A parallel or compound state is an object: `{ execution: 'new', request: 'idle' }`. The schema
 * looks at two levels. It does not contain itself, because generators make of that a type that does not compile.
 */
export const stateValue: z.ZodType<StateValue, StateValue> = z
  .union([
    z.string(),
    z.record(z.string(), z.union([z.string(), z.record(z.string(), z.custom<StateValue>())])),
  ])
  .meta({ id: 'StateValue' })

/** Any event of any machine. Each kind has the schemas of its own events. */
export const anyEvent = z.looseObject({ type: z.string() })

/**
 * `kind/id`, such as `order/sim:o-1`, or `kind/id/childId`. A path contains it as one percent-encoded segment.
 * @throws ADDRESS_INVALID
 */
export const address = z.string().transform((text): Address => parseAddress(text))

/** A value parsed from JSON, deeply read-only. */
export type Frozen<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T

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

/** Place of a record in the log: from 1, without a gap. */
export const seq = z.int().positive()

/** Place in the log, with 0 for its beginning. */
export const position = z.int().nonnegative()

/** Number of a record within its actor: from 1, without a gap. */
export const rev = z.int().positive()

export type StateValue = string | { readonly [state: string]: StateValue | undefined }

/** The state of a machine. A parallel or compound state is an object: `{ execution: 'new', request: 'idle' }`. */
export const stateValue: z.ZodType<StateValue, StateValue> = z
  .lazy(() => z.union([z.string(), z.record(z.string(), stateValue)]))
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

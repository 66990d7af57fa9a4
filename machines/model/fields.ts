/** Fields that many events have, each with its rule. */
import { z } from 'zod'
import { isPositive } from './decimal.ts'

/** The longest decimal, in characters. No amount of money or units needs more, and longer ones cost time and space everywhere. */
const DECIMAL_LENGTH_MAX = 40
const DECIMAL_RULE = 'a decimal number as a string, like "61837.63"'

/** Money and quantities are decimal strings, never floats. */
export const decimal = z
  // What is missing is called that, as it is of any other type.
  .string({ error: ({ input }) => (input === undefined ? undefined : DECIMAL_RULE) })
  .max(DECIMAL_LENGTH_MAX, { error: `at most ${DECIMAL_LENGTH_MAX} characters`, abort: true })
  .regex(/^-?\d+(\.\d+)?$/, { error: DECIMAL_RULE, abort: true })
  .meta({ title: 'decimal' })
export const positive = decimal.refine(isPositive, 'must be more than 0').meta({ title: 'decimal above 0' })
/** Epoch milliseconds, UTC. */
export const epochMs = z.int('epoch milliseconds, a whole number').nonnegative().meta({ title: 'epochMs' })
/** The end of the year 9999. A larger time is in another unit, or beyond what a date can hold. */
export const EPOCH_MS_MAX = 253_402_300_799_999
/**
 * The longest duration in ms, which is practically forever. The times of a log end at 8.64e15, like those of dates, and the
 * largest time plus some of these is below that.
 */
export const DURATION_MAX_MS = 1e15
/** Like `durationMs`, but of any length, because a machine may read a log that an earlier version wrote. */
export const anyDurationMs = z.number().int().positive()
/** A duration in ms, as a configuration may have it. */
export const durationMs = anyDurationMs.max(DURATION_MAX_MS)
/** An interval of candles: "1s", "5m", "1h", "1d". */
export const interval = z
  .string()
  .regex(/^[1-9]\d{0,3}[smhd]$/, 'an interval such as 1s, 5m or 1h')
  .meta({ title: 'interval' })
/** Who did it: a person's name, or a program's. */
export const by = z.string().min(1).max(128)
export const byHand = by
  .optional()
  .describe('The person or program that asks by hand. Absent when an actor asks.')
export const side = z.enum(['BUY', 'SELL'])
export type Side = z.infer<typeof side>

/**
 * The characters of a name: the ASCII characters of addresses, and every visible letter, mark, digit and sign of Unicode, because
 * venues list symbols in any script. Spaces, and characters that control or reorder text, are not among them.
 */
const NAME_CHARACTER = String.raw`(?:[\w.:@+~#=()-]|(?![\p{ASCII}\p{DI}])[\p{L}\p{M}\p{N}\p{S}])`
/** A name. It does not begin with a mark, which would belong to the text before the name. */
const NAME = String.raw`(?!\p{M})${NAME_CHARACTER}{1,128}`
const ALSO_ASCII = '. : @ + ~ # = ( ) - _'
/**
 * Returns whether a text has the one spelling that is allowed. Texts that look alike but differ in their code points would be two
 * actors.
 */
const isNfc = (text: string) => text === text.normalize('NFC')
const NOT_NFC = 'in the normalization form NFC of Unicode'
/** Returns whether a text can be a key of a record: names, and the assets in them, become keys, and `__proto__` can be none. */
const isKey = (text: string) => !text.includes('__proto__')
const NO_KEY = 'without __proto__, which no record can have as a key'

/** A symbol, a venue, or the part of an address after the kind. */
export const name = z
  .string()
  .regex(new RegExp(`^${NAME}$`, 'u'), `1 to 128 letters, digits and ${ALSO_ASCII}`)
  .refine(isNfc, NOT_NFC)
  .refine(isKey, NO_KEY)
  .meta({ title: 'name' })
/** An address of an actor. A port is excluded, because its messages leave the process. */
export const address = z
  .string()
  .regex(
    new RegExp(String.raw`^(?!port\/|system\/)[\w-]+(?:\/${NAME})+$`, 'u'),
    'the address of an actor, kind/id',
  )
  .refine(isNfc, NOT_NFC)
  .meta({ title: 'address' })
/** A remark that people add to a request. */
export const remark = z.string().max(1_000)

/** Refuses lists in which two items have the same value. The error names the later one. */
export function distinct<T>(
  of: (item: T) => string,
  field: string,
): (context: z.core.ParsePayload<T[]>) => void {
  return ({ value, issues }) => {
    const seen = new Set<string>()
    for (const [i, item] of value.entries()) {
      const own = of(item)
      if (seen.has(own))
        issues.push({ code: 'custom', input: own, path: [i, field], message: `another one is called ${own}` })
      seen.add(own)
    }
  }
}

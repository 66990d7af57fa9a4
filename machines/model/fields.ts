/** Fields that many events have, each with its rule. */
import { z } from 'zod'
import { isPositive } from './decimal.ts'

/** No amount of money or units needs more, and what has more costs time and room wherever it comes. */
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
/** The end of the year 9999. What is larger is in other units, or leads beyond what a date can be. */
export const EPOCH_MS_MAX = 253_402_300_799_999
/** For ever. The times of a log end at 8.64e15, as those of dates do: the last time of all and some of these are before. */
export const DURATION_MAX_MS = 1e15
/** As `durationMs`, of any length: what a machine reads may be of a log that an earlier version wrote. */
export const anyDurationMs = z.number().int().positive()
/** How long something takes or is awaited, in ms, as it may be configured. */
export const durationMs = anyDurationMs.max(DURATION_MAX_MS)
/** Of candles: "1s", "5m", "1h", "1d". */
export const interval = z
  .string()
  .regex(/^[1-9]\d{0,3}[smhd]$/, 'an interval such as 1s, 5m or 1h')
  .meta({ title: 'interval' })
/** Who did it: a person's name, or a program's. */
export const by = z.string().min(1).max(128)
export const side = z.enum(['BUY', 'SELL'])
export type Side = z.infer<typeof side>

/**
 * What a name has in each place: of ASCII what addresses have there, and every letter, mark, digit and sign of Unicode that
 * can be seen, for venues list symbols in any script. Neither spaces, nor what controls or reorders a text.
 */
const NAME_CHARACTER = String.raw`(?:[\w.:@+~#=()-]|(?![\p{ASCII}\p{DI}])[\p{L}\p{M}\p{N}\p{S}])`
/** A mark that came first would belong to whatever a name is written behind. */
const NAME = String.raw`(?!\p{M})${NAME_CHARACTER}{1,128}`
const ALSO_ASCII = '. : @ + ~ # = ( ) - _'
/** One spelling of each: texts that look alike and differ in their code points would be two actors. */
const isNfc = (text: string) => text === text.normalize('NFC')
const NOT_NFC = 'in the normalization form NFC of Unicode'
/** The one key that no record can have: names, and the assets in them, become keys. */
const isKey = (text: string) => !text.includes('__proto__')
const NO_KEY = 'without __proto__, which no record can have as a key'

/** A symbol, a venue, or the part of an address after the kind. */
export const name = z
  .string()
  .regex(new RegExp(`^${NAME}$`, 'u'), `1 to 128 letters, digits and ${ALSO_ASCII}`)
  .refine(isNfc, NOT_NFC)
  .refine(isKey, NO_KEY)
  .meta({ title: 'name' })
/** Not of a port: what it is told goes outside. */
export const address = z
  .string()
  .regex(
    new RegExp(String.raw`^(?!port\/|system\/)[\w-]+(?:\/${NAME})+$`, 'u'),
    'the address of an actor, kind/id',
  )
  .refine(isNfc, NOT_NFC)
  .meta({ title: 'address' })
/** What people write beside what they ask for. */
export const remark = z.string().max(1_000)

/** Refuses lists in which two have the same: of both, the later is named. */
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

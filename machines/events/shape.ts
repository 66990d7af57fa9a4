/** The parts that events of every topic share. */
import { z } from 'zod'
import { by, epochMs, name } from '../model/fields.ts'

export const base = { at: epochMs }
export const ofVenue = { ...base, venue: z.string() }
export const ofSymbol = { ...ofVenue, symbol: z.string() }
/** The longest instrument, in characters: two names and a slash. */
const INSTRUMENT_MAX = 257
/** The instrument and the strategy of an order, a fill, a list, a position or a signal. */
export const ofTrade = {
  instrument: z
    .string()
    .max(INSTRUMENT_MAX)
    .optional()
    .describe(
      'The symbol in the form `BTC/USDT`, which no venue uses. Absent when its two assets are not known.',
    ),
  strategy: name
    .optional()
    .describe('The id of the strategy that the event belongs to. Absent when it belongs to none.'),
}
/** The fields that examples of events begin with. */
export const EXAMPLE = {
  base: { at: 1_723_161_255_343 },
  ofVenue: { at: 1_723_161_255_343, venue: 'sim' },
  ofSymbol: { at: 1_723_161_255_343, venue: 'sim', symbol: 'BTCUSDT' },
  ofTrade: {
    at: 1_723_161_255_343,
    venue: 'sim',
    symbol: 'BTCUSDT',
    instrument: 'BTC/USDT',
    strategy: 'btc',
  },
}
/** Returns the schema of an event: its type and its fields, with an example for the documentation. */
export const event = <T extends string, S extends z.ZodRawShape>(
  type: T,
  shape: S,
  example?: NoInfer<z.input<z.ZodObject<S>>>,
) => {
  const schema = z.object({ type: z.literal(type), ...shape })
  return example === undefined ? schema : schema.meta({ examples: [{ type, ...example }] })
}
export const reason = { text: z.string().optional() }

/** The value of a setting. Absent when there is none, as for a limit that is not set. */
const setting = z.unknown().meta({ title: 'json' }).optional()
export const changed = { value: setting, was: setting, by }

/** Settings of any shape. The kind that takes them checks them: see its settings.ts. */
export const settings = z.record(z.string(), z.unknown())

/**
 * Returns the schema of settings of an object: any of its keys, and null for those that are removed. The kind checks
 * them, so the schema takes any shape. It only tells what there is: documents and forms read `settingsOf`.
 */
export function settingsOf(of: z.ZodObject) {
  const told = () =>
    z.strictObject(
      Object.fromEntries(Object.entries(of.shape).map(([name, field]) => [name, changeable(field)])),
    )
  return settings.meta({ settingsOf: told })
}

/** Returns the schema of a field that may be left out, because it stays then. What may be missing may be removed, too. */
function changeable(field: z.core.$ZodType): z.ZodType {
  let of: unknown = field
  while (of instanceof z.ZodOptional || of instanceof z.ZodDefault || of instanceof z.ZodPrefault)
    of = of.unwrap()
  const is = of as z.ZodType
  const about = z.globalRegistry.get(field)?.description ?? ''
  return (of === field ? is : is.nullable()).optional().describe(about)
}

/**
 * The names of schemas in the published documents. An object or a union that a file of the contract exports has its name
 * there, with a capital: `eventEnvelope` is `EventEnvelope`. So programs that are generated from a document have one
 * type for it, and not one for each place.
 */
import { z } from 'zod'
import * as actorFilter from './actor-filter.ts'
import * as answers from './answers.ts'
import * as envelope from './envelope.ts'
import * as fields from './fields.ts'
import * as filter from './filter.ts'
import * as frames from './frames.ts'
import * as inspectFrames from './inspect-frames.ts'
import * as legacyFrames from './legacy-frames.ts'
import * as problem from './problem.ts'
import * as record from './record.ts'
import * as state from './state.ts'
import * as timeline from './timeline.ts'
import * as vitals from './vitals.ts'
import * as why from './why.ts'

/** Returns a text as a name of a type: `SET_TRADING_STATE` as `SetTradingState`. */
export function typeName(...texts: readonly string[]): string {
  return texts
    .flatMap((text) => text.split(/[^A-Za-z0-9]+/))
    .filter((word) => word !== '')
    .map(
      (word) =>
        `${word[0]?.toUpperCase()}${/[a-z]/.test(word) ? word.slice(1) : word.slice(1).toLowerCase()}`,
    )
    .join('')
}

const exported = Object.entries({
  ...actorFilter,
  ...answers,
  ...envelope,
  ...fields,
  ...filter,
  ...frames,
  ...inspectFrames,
  ...legacyFrames,
  ...problem,
  ...record,
  ...state,
  ...timeline,
  ...vitals,
  ...why,
}).flatMap(([name, value]): [z.core.$ZodType, string][] =>
  value instanceof z.ZodObject || value instanceof z.ZodUnion ? [[value, typeName(name)]] : [],
)
const NAMES: ReadonlyMap<z.core.$ZodType, string> = new Map(exported)

/** Returns the name of a schema: the `id` that it gives itself, or the one that the contract exports it by. */
export function nameOf(schema: z.core.$ZodType): string | undefined {
  return z.globalRegistry.get(schema)?.id ?? NAMES.get(schema)
}

/** Has all that zod knows about each schema, with the names of the contract. */
class Named extends z.core.$ZodRegistry<z.core.GlobalMeta> {
  override get<S extends z.core.$ZodType>(schema: S): z.core.$replace<z.core.GlobalMeta, S> | undefined {
    const known = z.globalRegistry.get(schema)
    const id = nameOf(schema)
    return id === undefined ? known : ({ ...known, id } as z.core.$replace<z.core.GlobalMeta, S>)
  }
}
export const named = new Named()

/** Compares settings of actors. Pure. */
import { isDeepStrictEqual } from 'node:util'

export type Settings = Readonly<Record<string, unknown>>

/** Returns whether a wanted setting differs. */
export function differs(are: object, wanted: object): boolean {
  return Object.entries(wanted).some(([key, value]) => !isDeepStrictEqual((are as Settings)[key], value))
}

/**
 * Returns the changed settings, with null for removed ones. Undefined when nothing changed, or there was nothing
 * before.
 */
export function changesOf(was: Settings | undefined, is: Settings): Settings | undefined {
  if (was === undefined) return undefined
  const gone = Object.keys(was).filter((key) => is[key] === undefined)
  const others = Object.entries(is).filter(([key, value]) => !isDeepStrictEqual(was[key], value))
  const changes = { ...Object.fromEntries(gone.map((key) => [key, null])), ...Object.fromEntries(others) }
  return Object.keys(changes).length === 0 ? undefined : changes
}

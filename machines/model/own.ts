/** Reading records whose keys come from outside. */

/** Returns what a record has itself under a key; never what every object has, such as `constructor`, for anything may be called so. */
export function ownOf<T>(of: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(of, key) ? of[key] : undefined
}

/** Removes undefined members of objects. This file is in `errors/` because all other folders may import that folder. */

/** `T` without `undefined`: a member that may be undefined becomes optional. */
export type Compact<T> = T extends unknown
  ? { -readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
      -readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
    }
  : never

/**
 * Returns the object without its undefined members, in the order of its keys. Returns the object itself when it has
 * none.
 * @example compact({ symbol: 'BTCUSDT', text: undefined }) // { symbol: 'BTCUSDT' }
 */
export function compact<const T extends object>(value: T): Compact<T>
export function compact(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  for (const key in value) if (value[key] === undefined) return defined(value)
  return value
}

function defined(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const key in value) {
    const item = value[key]
    if (item !== undefined) kept[key] = item
  }
  return kept
}

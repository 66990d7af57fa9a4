import { OutcryError } from '../../store/outcry-error.ts'
import { Ref } from './ref.ts'

/** Deeper values could not be written: the functions that do it call themselves for each level. */
const DEPTH_MAX = 256

/**
 * Refuses what would come back from the log as something else (law 5): dates, maps, class instances, functions,
 * NaN, ... `was` is an earlier value: what it shares with `value` was checked before and is passed over.
 *
 * @throws NOT_JSON naming the path
 */
export function assertJson(value: unknown, was: unknown, path: string, refs: boolean, depth = 0): void {
  if (value === was) return
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return
    case 'number':
      if (Number.isFinite(value)) return
      throw notJson(path, String(value))
    case 'object':
      break
    default:
      throw notJson(path, `a ${typeof value}`)
  }
  if (value === null) return
  if (depth > DEPTH_MAX) throw notJson(`${path.slice(0, 80)}...`, `more than ${DEPTH_MAX} levels deep`)
  if (Array.isArray(value)) {
    const before = Array.isArray(was) ? was : undefined
    for (let i = 0; i < value.length; i++) assertJson(value[i], before?.[i], `${path}[${i}]`, refs, depth + 1)
    return
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    if (refs && value instanceof Ref) return
    throw notJson(path, `a ${prototype.constructor?.name ?? 'class'} instance`)
  }
  const before = (typeof was === 'object' && was !== null ? was : undefined) as
    | Record<string, unknown>
    | undefined
  for (const key in value) {
    assertJson((value as Record<string, unknown>)[key], before?.[key], `${path}.${key}`, refs, depth + 1)
  }
}

function notJson(path: string, found: string): OutcryError {
  return new OutcryError(
    'NOT_JSON',
    `${path} is ${found}, which the log cannot bring back as it was`,
    'Keep strings, finite numbers, booleans, null, arrays and plain objects in events and context: a time as epoch milliseconds, money as a decimal string, a set as an array.',
  )
}

/** Errors as they can be kept in an event: `JSON.stringify(new Error('x'))` is `{}`. */
export interface PlainError {
  readonly name: string
  readonly message: string
  readonly code?: string
}

export function plainError(error: unknown): PlainError {
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code
    return { name: error.name, message: error.message, ...(typeof code === 'string' ? { code } : {}) }
  }
  if (typeof error === 'object' && error !== null && 'message' in error) {
    const { name, message, code } = error as Record<string, unknown>
    return {
      name: typeof name === 'string' ? name : 'Error',
      message: String(message),
      ...(typeof code === 'string' ? { code } : {}),
    }
  }
  return { name: 'Error', message: String(error) }
}

/** Equal as JSON: key order and undefined members do not matter, and a reference is what it is written as. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Ref) return jsonEqual(a.toJSON(), b)
  if (b instanceof Ref) return jsonEqual(a, b.toJSON())
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, i) => jsonEqual(item, b[i]))
  }
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  for (const key in left) {
    if (left[key] !== undefined && !jsonEqual(left[key], right[key])) return false
  }
  for (const key in right) {
    if (right[key] !== undefined && left[key] === undefined) return false
  }
  return true
}

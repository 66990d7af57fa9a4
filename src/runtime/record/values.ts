/**
 * Checks values at the door (law 12): JSON's own values, `undefined` and references to actors may enter a record. Every
 * door calls `admit` for values that are made here, or `takeIn` for values from outside. An admitted value comes back
 * equal from the log. It is frozen, so no later change reaches other readers or the log.
 */
import { types } from 'node:util'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { Ref } from './ref.ts'

// This is the cheapest way to tell a getter from a value.
const { __lookupGetter__: lookupGetter } = Object.prototype as unknown as {
  __lookupGetter__(this: object, key: string | number): unknown
}

/** Deeper values could not be written, because the functions that write them recurse. The limit also ends cycles. */
const DEPTH_MAX = 256
/** Maximum number of values in one value. It bounds how long one event can block the process. */
const NODES_MAX = 1_000_000
/**
 * Maximum size of one event, input or output. A size is a rough number of characters of plain text, and at least a
 * sixth of the bytes that JSON writes: an escaped character takes six. So a bound on sizes is a bound on written bytes.
 */
export const VALUE_SIZE_MAX = 4 * 2 ** 20

/** Maximum length of an error's texts, number of its fields, length of their names. An error needs no more. */
const TEXT_MAX = 10_000
const FIELDS_MAX = 100
const FIELD_NAME_MAX = 100

/** The sizes of values, beside the characters of their texts and keys. */
const TEXT_SIZE = 1
const KEY_SIZE = 1
const WORD_SIZE = 1
const NUMBER_SIZE = 8
/** `undefined` is written as an object of its own. */
const UNDEFINED_SIZE = 5
const OBJECT_SIZE = 8
const REF_SIZE = 16

/** The key that marks a value that JSON does not have. */
const TAG = 'xstate$$type'
const UNDEFINED = { [TAG]: 'undefined' }
const NEGATIVE_ZERO = { [TAG]: '-0' }

/** The path of an event. An error names the event's type with it. */
export const EVENT = 'event'

/** Returns the reference that stands for an object of XState's own, or undefined for any other object. */
export type Resolve = (object: object) => Ref | undefined

/** Size of the value that is being checked. */
let size = 0
let nodes = 0
/** Upper levels of that value that are not checked for getters, because their maker makes none or they are copied. */
let levelsKnown = 0
let depthMax = DEPTH_MAX
let nodesMax = NODES_MAX
let resolving: Resolve | undefined
/** True when the value contains a value that JSON would change. */
let isLossy = false
/** True once this process has met such a value in an event, or in a context. Until then nothing is encoded. */
let areRecordsLossy = false
let areStatesLossy = false

/**
 * Checks a value, freezes it and returns its size. `resolve` replaces objects by references, in place.
 *
 * @throws NOT_JSON, VALUE_TOO_LARGE, both with the path
 */
export function admit(value: unknown, path: string, resolve?: Resolve): number {
  begin(resolve)
  if (!isAdmissible(value, undefined, 0)) throw refusalOf(value, undefined, path)
  if (size > VALUE_SIZE_MAX) throw tooLarge(path, VALUE_SIZE_MAX)
  areRecordsLossy ||= isLossy
  return size
}

/**
 * Does the same for a context. It skips the parts shared with `was`, the context before, because they are checked
 * already, and returns the size of the rest. `isCopy`: XState made the object, by copying a context key by key for an
 * assign.
 * @throws as `admit`
 */
export function admitContext(context: unknown, was: unknown, resolve: Resolve, isCopy: boolean): number {
  begin(resolve)
  if (isCopy) levelsKnown = 1
  if (!isAdmissible(context, was, 0)) throw refusalOf(context, was, 'context')
  areStatesLossy ||= isLossy
  return size
}

function begin(resolve: Resolve | undefined): void {
  size = 0
  nodes = 0
  levelsKnown = 0
  depthMax = DEPTH_MAX
  nodesMax = NODES_MAX
  isLossy = false
  resolving = resolve
}

/** Freezes a value that was checked when it was written. @throws NOT_JSON */
export function frozen<T>(value: T): T {
  freezeKnown(value)
  areRecordsLossy ||= isLossy
  return value
}

/** Freezes a context. No record contains it. */
export function frozenContext<T>(context: T): T {
  freezeKnown(context)
  areStatesLossy ||= isLossy
  return context
}

/** A collection of values, such as a context or a list of timers, may be larger and deeper than each value in it. */
function freezeKnown(value: unknown): void {
  begin(undefined)
  levelsKnown = Number.POSITIVE_INFINITY
  depthMax = Number.POSITIVE_INFINITY
  nodesMax = Number.POSITIVE_INFINITY
  if (!isAdmissible(value, undefined, 0)) throw refusalOf(value, undefined, 'a value of the log')
}

/**
 * Returns a checked, frozen copy of a value from outside, whose owner may still change the original. An object without
 * a prototype becomes a plain one.
 * @throws as `admit`
 */
export function takeIn<T>(value: T, path: string, sizeMax: number = VALUE_SIZE_MAX): T {
  begin(undefined)
  levelsKnown = Number.POSITIVE_INFINITY
  nodesMax *= sizeMax / VALUE_SIZE_MAX
  // The start of an actor without input is written without a value.
  if (value === undefined) return value
  const copy = copyOf(value, 0)
  if (copy === INADMISSIBLE) throw refusalOf(value, undefined, path)
  if (size > sizeMax) throw tooLarge(path, sizeMax)
  areRecordsLossy ||= isLossy
  return copy as T
}

/** Returns the size of the value that was checked last. */
export function sizeTaken(): number {
  return size
}

/** Returns the size of a value that was checked before. */
export function sizeOf(value: unknown): number {
  freezeKnown(value)
  return size
}

function isAdmissible(value: unknown, was: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return isAdmissiblePrimitive(value)
  if (value === was) return true
  // From here on no code of the machine runs: no proxy traps and no getters.
  if (depth > depthMax || ++nodes > nodesMax || (depth >= levelsKnown && types.isProxy(value))) return false
  if (Array.isArray(value)) return isAdmissibleArray(value, Array.isArray(was) ? was : undefined, depth)
  if (Object.getPrototypeOf(value) !== Object.prototype) return isRef(value)
  size += OBJECT_SIZE
  const item = value as Record<string, unknown>
  const before = (typeof was === 'object' && was !== null ? was : undefined) as typeof item | undefined
  let keys = 0
  for (const key in item) {
    keys++
    size += key.length + KEY_SIZE
    if (key === '__proto__' || key === TAG) return false
    // A getter may return another value at each read.
    if (depth >= levelsKnown && lookupGetter.call(item, key) !== undefined) return false
    if (!isAdmissible(item[key], before?.[key], depth + 1) && !resolved(item, key, depth + 1)) return false
  }
  if (hasMore(item, keys)) return false
  Object.freeze(item)
  return true
}

function isAdmissiblePrimitive(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      size += value.length + TEXT_SIZE
      return true
    case 'number':
      size += NUMBER_SIZE
      if (value === 0 && Object.is(value, -0)) isLossy = true
      return Number.isFinite(value)
    case 'undefined':
      size += UNDEFINED_SIZE
      isLossy = true
      return true
    case 'boolean':
      size += WORD_SIZE
      return true
    default:
      size += WORD_SIZE
      return value === null
  }
}

function isRef(value: object): boolean {
  if (!(value instanceof Ref)) return false
  size += REF_SIZE + value.address.length + value.id.length
  return true
}

function isAdmissibleArray(items: unknown[], was: readonly unknown[] | undefined, depth: number): boolean {
  const { length } = items
  size += OBJECT_SIZE
  // Holes, and properties beside the items, do not come back.
  if (Object.keys(items).length !== length || Object.getPrototypeOf(items) !== Array.prototype) return false
  for (let i = 0; i < length; i++) {
    if (depth >= levelsKnown && lookupGetter.call(items, i) !== undefined) return false
    if (!isAdmissible(items[i], was?.[i], depth + 1) && !resolved(items as never, i, depth + 1)) return false
  }
  Object.freeze(items)
  return true
}

/** Replaces an object that is not plain, inside its holder. Returns false when there is nothing to replace it with. */
function resolved(holder: Record<string, unknown>, key: string | number, depth: number): boolean {
  const object = holder[key]
  if (typeof object !== 'object' || object === null || Object.isFrozen(holder)) return false
  const ref = resolving?.(object)
  // Object.groupBy makes objects without a prototype.
  if (ref === undefined && Object.getPrototypeOf(object) !== null) return false
  holder[key] = ref ?? { ...object }
  return ref !== undefined || isAdmissible(holder[key], undefined, depth)
}

/** Returns whether the object has symbols or hidden properties beside its keys. They do not come back. */
function hasMore(value: object, keys: number): boolean {
  return Object.getOwnPropertyNames(value).length !== keys || Object.getOwnPropertySymbols(value).length > 0
}

const INADMISSIBLE = Symbol('inadmissible')

function copyOf(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return isAdmissiblePrimitive(value) ? value : INADMISSIBLE
  if (isRef(value)) return value
  if (depth > depthMax || ++nodes > nodesMax) return INADMISSIBLE
  if (Array.isArray(value)) return copyOfArray(value, depth)
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return INADMISSIBLE
  size += OBJECT_SIZE
  // Copying key by key costs less than a spread of so many shapes, and reads a getter once.
  const copy: Record<string, unknown> = {}
  let keys = 0
  for (const key in value) {
    keys++
    size += key.length + KEY_SIZE
    if (key === '__proto__' || key === TAG) return INADMISSIBLE
    const item = (value as Record<string, unknown>)[key]
    if (typeof item === 'string') {
      size += item.length + TEXT_SIZE
      copy[key] = item
      continue
    }
    const taken = copyOf(item, depth + 1)
    if (taken === INADMISSIBLE) return INADMISSIBLE
    copy[key] = taken
  }
  return hasMore(value, keys) ? INADMISSIBLE : Object.freeze(copy)
}

function copyOfArray(items: readonly unknown[], depth: number): unknown {
  if (Object.keys(items).length !== items.length || Object.getPrototypeOf(items) !== Array.prototype)
    return INADMISSIBLE
  size += OBJECT_SIZE
  const copy = items.slice()
  for (let i = 0; i < copy.length; i++) {
    const taken = copyOf(copy[i], depth + 1)
    if (taken === INADMISSIBLE) return INADMISSIBLE
    copy[i] = taken
  }
  return Object.freeze(copy)
}

/**
 * Returns the error for a refused value. It searches the value again, because noting each path at the check costs too
 * much.
 */
function refusalOf(value: unknown, was: unknown, path: string): OutcryError {
  if (nodes > nodesMax) return tooLarge(path, VALUE_SIZE_MAX)
  const type = (value as { type?: unknown } | null)?.type
  const name = path === EVENT && typeof type === 'string' ? `event ${type.slice(0, 80)}` : path
  const [where, found] = faultIn(value, was, name, 0) ?? [name, 'no plain value']
  return new OutcryError(
    'NOT_JSON',
    `${where} is ${found}, which the log cannot restore as it was`,
    'Keep strings, finite numbers, booleans, null, undefined, references to actors, arrays and plain objects in events, inputs and context: a time as epoch milliseconds, money as a decimal string, a set as an array.',
  )
}

function faultIn(
  value: unknown,
  was: unknown,
  path: string,
  depth: number,
): [path: string, found: string] | undefined {
  if (value === was) return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : [path, String(value)]
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint')
    return [path, `a ${typeof value}`]
  if (typeof value !== 'object' || value === null || value instanceof Ref) return undefined
  if (depth > DEPTH_MAX) return [`${path.slice(0, 80)}...`, `more than ${DEPTH_MAX} levels deep`]
  if (depth >= levelsKnown && types.isProxy(value)) return [path, 'a proxy']
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== (Array.isArray(value) ? Array.prototype : Object.prototype) && prototype !== null)
    return [path, `an instance of ${prototype?.constructor?.name || 'a class'}`]
  if (Array.isArray(value) && Object.keys(value).length !== value.length)
    return [path, 'an array with holes or with properties beside its items']
  if (!Array.isArray(value) && Reflect.ownKeys(value).length !== Object.keys(value).length)
    return [path, 'an object with symbols or hidden properties']
  const before = (typeof was === 'object' && was !== null ? was : {}) as Record<string, unknown>
  for (const key of Object.keys(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`
    if (key === '__proto__' || key === TAG) return [at, 'a key that the log reserves']
    if (depth >= levelsKnown && lookupGetter.call(value, key) !== undefined) return [at, 'a getter']
    const fault = faultIn((value as Record<string, unknown>)[key], before[key], at, depth + 1)
    if (fault !== undefined) return fault
  }
  return undefined
}

function tooLarge(path: string, sizeMax: number): OutcryError {
  return new OutcryError(
    'VALUE_TOO_LARGE',
    `${path} is larger than ${sizeMax / 2 ** 20} MiB, or has more than ${NODES_MAX} values`,
    'Send it in parts, or keep it in a file and send where it is.',
  )
}

/** Returns the form in which JSON writes records, so that `decode` restores them. Often this is the value itself. */
export function encode<T>(value: T): T {
  return areRecordsLossy ? (encoded(value) as T) : value
}

/** Does the same for the values in an actor's state. */
export function encodeState<T>(value: T): T {
  return areRecordsLossy || areStatesLossy ? (encoded(value) as T) : value
}

/** Does the same for a value that was decoded by hand, whatever it contains. */
export function encodeDecoded<T>(value: T): T {
  return encoded(value) as T
}

function encoded(value: unknown): unknown {
  if (value === undefined) return UNDEFINED
  if (typeof value === 'number') return Object.is(value, -0) ? NEGATIVE_ZERO : value
  if (typeof value !== 'object' || value === null || value instanceof Ref) return value
  return mapped(value, encoded)
}

/** Returns whether the JSON text may hold values that `encode` wrote. */
export function isEncoded(text: string): boolean {
  return text.includes(TAG)
}

/** Restores the value given to `encode` from parsed JSON. Without `refOf`, references stay data. */
export function decode<T>(value: T, refOf?: (address: string, id: string) => Ref): T {
  const decoded = (item: unknown): unknown => {
    if (typeof item !== 'object' || item === null) return item
    if (item instanceof Ref) return refOf === undefined ? item : refOf(item.address, item.id)
    const tag = (item as Record<string, unknown>)[TAG]
    if (tag === undefined) return mapped(item, decoded)
    if (tag === UNDEFINED[TAG]) return undefined
    if (tag === NEGATIVE_ZERO[TAG]) return -0
    const { id, address } = item as { id: string; address: string }
    return refOf === undefined ? item : refOf(address, id)
  }
  return decoded(value) as T
}

/** Returns a copy with each item mapped, or the same object when no item changes. */
function mapped(value: object, map: (item: unknown) => unknown): object {
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined
    for (let i = 0; i < value.length; i++) {
      const item = map(value[i])
      if (!Object.is(item, value[i])) {
        copy ??= [...value]
        copy[i] = item
      }
    }
    return copy ?? value
  }
  let copy: Record<string, unknown> | undefined
  for (const key in value) {
    const was = (value as Record<string, unknown>)[key]
    const item = map(was)
    if (Object.is(item, was)) continue
    copy ??= { ...value }
    copy[key] = item
  }
  return copy ?? value
}

/** An error in a form that an event can keep: `JSON.stringify(new Error('x'))` is `{}`. */
export interface PlainError {
  readonly name: string
  readonly message: string
  /** The error's own fields that are texts, numbers or booleans, such as `code`, `status` and `retryAfterMs`. */
  readonly [field: string]: unknown
}

/**
 * Returns the plain form of any thrown value. Never throws itself: a thrown object may have no text, or throw when
 * read.
 */
export function plainError(error: unknown): PlainError {
  const plain: Record<string, unknown> = { name: 'Error', message: '' }
  if (typeof error !== 'object' || error === null || !hasMessage(error)) plain.message = textOf(error)
  else {
    const name = fieldOf(error, 'name')
    if (typeof name === 'string') plain.name = name.slice(0, TEXT_MAX)
    plain.message = textOf(fieldOf(error, 'message'))
    let fields = 0
    for (const key of keysOf(error)) {
      if (key === 'stack' || key === TAG || key in plain || key.length > FIELD_NAME_MAX) continue
      const value = fieldOf(error, key)
      if (!isTold(value)) continue
      plain[key] = typeof value === 'string' ? value.slice(0, TEXT_MAX) : value
      if (++fields === FIELDS_MAX) break
    }
  }
  return Object.freeze(plain) as PlainError
}

function hasMessage(error: object): boolean {
  try {
    return 'message' in error
  } catch {
    return false
  }
}

function keysOf(error: object): readonly string[] {
  try {
    return Object.keys(error)
  } catch {
    return []
  }
}

function fieldOf(error: object, key: string): unknown {
  try {
    return (error as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function textOf(value: unknown): string {
  try {
    return String(value).slice(0, TEXT_MAX)
  } catch {
    return typeOf(value)
  }
}

function typeOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value)
  } catch {
    return typeof value
  }
}

function isTold(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

/**
 * Returns whether two values are equal as JSON. Key order and undefined members do not matter. A reference equals its
 * written form.
 */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isTag(a, UNDEFINED)) return b === undefined || isTag(b, UNDEFINED)
  if (b !== null && typeof b === 'object' && isTag(b, UNDEFINED)) return a === undefined
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
    if (right[key] !== undefined && left[key] === undefined && !isTag(right[key], UNDEFINED)) return false
  }
  return true
}

function isTag(value: unknown, tag: typeof UNDEFINED): boolean {
  return typeof value === 'object' && value !== null && (value as typeof tag)[TAG] === tag[TAG]
}

/**
 * What may enter a record (law 12): JSON's own values, `undefined`, and references to actors. Every door calls `admit`,
 * for what is made here, or `takeIn`, for what comes from outside. What passes comes back equal from the log, and is
 * frozen: nobody can change what others see, or what is written later.
 */
import { types } from 'node:util'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { Ref } from './ref.ts'

// Of all that tells a getter from a value, this costs least.
const { __lookupGetter__: lookupGetter } = Object.prototype as unknown as {
  __lookupGetter__(this: object, key: string | number): unknown
}

/** Deeper values could not be written: the functions that do it call themselves for each level. A cycle ends here, too. */
const DEPTH_MAX = 256
/** Values within one value: what one event may hold the process up for. */
const NODES_MAX = 1_000_000
/**
 * Size of one event, input or output. A size is a number of characters of plain text, roughly, and at least a sixth of the
 * bytes that JSON writes: six is what an escaped character takes. So a bound of sizes bounds what is written.
 */
export const VALUE_SIZE_MAX = 4 * 2 ** 20

/** Characters of a text in an error, its fields, and characters of their names: an error tells what happened, and no more. */
const TEXT_MAX = 10_000
const FIELDS_MAX = 100
const FIELD_NAME_MAX = 100

/** What values count as, beside the characters of their texts and keys. */
const TEXT_SIZE = 1
const KEY_SIZE = 1
const WORD_SIZE = 1
const NUMBER_SIZE = 8
/** It is written as an object of its own. */
const UNDEFINED_SIZE = 5
const OBJECT_SIZE = 8
const REF_SIZE = 16

/** Key of what the log writes for a value that JSON does not have. */
const TAG = 'xstate$$type'
const UNDEFINED = { [TAG]: 'undefined' }
const NEGATIVE_ZERO = { [TAG]: '-0' }

/** Path of an event, which is told with its type. */
export const EVENT = 'event'

/** Gives the reference that stands for an object of XState's own; undefined for any other object. */
export type Resolve = (object: object) => Ref | undefined

/** Of the value that is being looked through. */
let size = 0
let nodes = 0
/** Levels of it whose getters are of no account: who made them makes none, or they are copied. */
let levelsKnown = 0
let depthMax = DEPTH_MAX
let nodesMax = NODES_MAX
let resolving: Resolve | undefined
/** Whether it has a value that JSON would write as another. */
let isLossy = false
/** Whether this process has met such a value in an event, or in a context: until then all is written as it is. */
let areRecordsLossy = false
let areStatesLossy = false

/**
 * Checks a value, freezes it and returns its size. `resolve` replaces objects by references, in place.
 *
 * @throws NOT_JSON, VALUE_TOO_LARGE, both naming the path
 */
export function admit(value: unknown, path: string, resolve?: Resolve): number {
  begin(resolve)
  if (!isAdmissible(value, undefined, 0)) throw refusalOf(value, undefined, path)
  if (size > VALUE_SIZE_MAX) throw tooLarge(path, VALUE_SIZE_MAX)
  areRecordsLossy ||= isLossy
  return size
}

/**
 * The same for a context. What it shares with `was`, the one before, was checked before and is passed over; the size is
 * of the rest. `isCopy`: the object itself was made by XState, which copies a context key by key to assign to it.
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

/** Freezes what was checked when it was written. @throws NOT_JSON */
export function frozen<T>(value: T): T {
  freezeKnown(value)
  areRecordsLossy ||= isLossy
  return value
}

/** The same for a context, which is in no record. */
export function frozenContext<T>(context: T): T {
  freezeKnown(context)
  areStatesLossy ||= isLossy
  return context
}

/** A whole of many values, such as a context or a list of timers, is larger and deeper than each of them may be. */
function freezeKnown(value: unknown): void {
  begin(undefined)
  levelsKnown = Number.POSITIVE_INFINITY
  depthMax = Number.POSITIVE_INFINITY
  nodesMax = Number.POSITIVE_INFINITY
  if (!isAdmissible(value, undefined, 0)) throw refusalOf(value, undefined, 'a value of the log')
}

/**
 * A checked, frozen copy of what comes from outside, whose owner may go on changing it. An object without a prototype
 * becomes a plain one. @throws as `admit`
 */
export function takeIn<T>(value: T, path: string, sizeMax: number = VALUE_SIZE_MAX): T {
  begin(undefined)
  levelsKnown = Number.POSITIVE_INFINITY
  nodesMax *= sizeMax / VALUE_SIZE_MAX
  // The start of an actor without input is written without one.
  if (value === undefined) return value
  const copy = copyOf(value, 0)
  if (copy === INADMISSIBLE) throw refusalOf(value, undefined, path)
  if (size > sizeMax) throw tooLarge(path, sizeMax)
  areRecordsLossy ||= isLossy
  return copy as T
}

/** Size of what was looked through last. */
export function sizeTaken(): number {
  return size
}

/** Size of what was checked before. */
export function sizeOf(value: unknown): number {
  freezeKnown(value)
  return size
}

function isAdmissible(value: unknown, was: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return isAdmissiblePrimitive(value)
  if (value === was) return true
  // From here on nothing of the machine's runs: neither a proxy's traps nor getters.
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
    // It may give another value each time it is read.
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
  // Neither holes nor properties beside the items come back.
  if (Object.keys(items).length !== length || Object.getPrototypeOf(items) !== Array.prototype) return false
  for (let i = 0; i < length; i++) {
    if (depth >= levelsKnown && lookupGetter.call(items, i) !== undefined) return false
    if (!isAdmissible(items[i], was?.[i], depth + 1) && !resolved(items as never, i, depth + 1)) return false
  }
  Object.freeze(items)
  return true
}

/** Puts into the holder what stands for an object that is not plain; false when nothing does. */
function resolved(holder: Record<string, unknown>, key: string | number, depth: number): boolean {
  const object = holder[key]
  if (typeof object !== 'object' || object === null || Object.isFrozen(holder)) return false
  const ref = resolving?.(object)
  // Object.groupBy makes such objects.
  if (ref === undefined && Object.getPrototypeOf(object) !== null) return false
  holder[key] = ref ?? { ...object }
  return ref !== undefined || isAdmissible(holder[key], undefined, depth)
}

/** Whether it has symbols or hidden properties, which do not come back, beside so many keys. */
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
  // Key by key, which costs less than a spread of so many shapes, and reads a getter once.
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

/** Why a value is not admissible. It is looked through again, for the path costs too much to note it each time. */
function refusalOf(value: unknown, was: unknown, path: string): OutcryError {
  if (nodes > nodesMax) return tooLarge(path, VALUE_SIZE_MAX)
  const type = (value as { type?: unknown } | null)?.type
  const name = path === EVENT && typeof type === 'string' ? `event ${type.slice(0, 80)}` : path
  const [where, found] = faultIn(value, was, name, 0) ?? [name, 'no plain value']
  return new OutcryError(
    'NOT_JSON',
    `${where} is ${found}, which the log cannot bring back as it was`,
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
    if (key === '__proto__' || key === TAG) return [at, 'a key that the log writes for something else']
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

/** What JSON writes of records so that `decode` gives the same back; the value itself when JSON does so anyway. */
export function encode<T>(value: T): T {
  return areRecordsLossy ? (encoded(value) as T) : value
}

/** The same for what an actor's state holds. */
export function encodeState<T>(value: T): T {
  return areRecordsLossy || areStatesLossy ? (encoded(value) as T) : value
}

function encoded(value: unknown): unknown {
  if (value === undefined) return UNDEFINED
  if (typeof value === 'number') return Object.is(value, -0) ? NEGATIVE_ZERO : value
  if (typeof value !== 'object' || value === null || value instanceof Ref) return value
  return mapped(value, encoded)
}

/** `text` of JSON may hold values that `encode` wrote. */
export function isEncoded(text: string): boolean {
  return text.includes(TAG)
}

/** What `encode` was given, from parsed JSON. References come back where `refOf` makes them, and stay data elsewhere. */
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

/** A copy with each item mapped; the same object when none changes. */
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

/** Errors as they can be kept in an event: `JSON.stringify(new Error('x'))` is `{}`. */
export interface PlainError {
  readonly name: string
  readonly message: string
  /** Fields of its own that are text, numbers or truth values, such as `code`, `status` and `retryAfterMs`. */
  readonly [field: string]: unknown
}

/** Never throws, whatever is thrown: an object may have no text, and reading it may throw again. */
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

/** Equal as JSON: key order and undefined members do not matter, and a reference is what it is written as. */
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

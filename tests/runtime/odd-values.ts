/** Arbitrary JavaScript values, mostly strange ones, and whether the log can keep them. */
import { types } from 'node:util'
import fc from 'fast-check'
import type { Address } from '../../src/runtime/record/address.ts'
import { Ref } from '../../src/runtime/record/ref.ts'

class Money {
  readonly amount = '1'
}

const cycle = (): object => {
  const one: Record<string, unknown> = { name: 'one' }
  one.self = one
  one.again = one
  return one
}

const deep = (levels: number): unknown => {
  let value: unknown = 'bottom'
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { value }
  return value
}

/** A value whose written size doubles with each level, although it is small in memory. */
const shared = (levels: number): unknown => {
  let value: unknown = 'leaf'
  for (let i = 0; i < levels; i++) value = { left: value, right: value }
  return value
}

const ODD: readonly (() => unknown)[] = [
  () => undefined,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => -0,
  () => Number.MAX_VALUE,
  () => 5n,
  () => new Date(0),
  () => new Map([['a', 1]]),
  () => new Set([1]),
  () => () => {},
  () => class {},
  () => Symbol('odd'),
  () => new Money(),
  () => new Error('odd'),
  () => /x/,
  () => 'xyz'.match(/y/),
  () => new Uint8Array(3),
  () => Promise.resolve(1),
  () => new WeakMap(),
  () => new Proxy({}, {}),
  () => ({ list: [new Proxy([1], {})] }),
  () => Object(1),
  () => cycle(),
  () => Object.assign([1], { 2: 3 }),
  () => Object.assign([1], { named: 2 }),
  () => [undefined, null, -0],
  () => JSON.parse('{"__proto__":{"admin":true}}'),
  () => JSON.parse('{"constructor":{"name":"x"},"hasOwnProperty":1,"toString":"t","toJSON":"t"}'),
  () => ({ xstate$$type: 1, id: 'evil', address: 'system/dead-letters' }),
  () => ({ xstate$$type: 'undefined' }),
  () => ({ [Symbol('key')]: 1, a: 1 }),
  () => Object.defineProperty({ a: 1 }, 'hidden', { value: 1 }),
  () => Object.defineProperty({}, 'got', { get: () => 1, enumerable: true }),
  () => ({
    deep: {
      get got() {
        return 1
      },
      set got(_) {},
    },
  }),
  () => Object.defineProperty([1, 2], 0, { get: () => 1, enumerable: true }),
  () => Object.assign(Object.create(null), { a: 1 }),
  () => Object.create({ inherited: 1 }),
  () => ({ b: 1, a: 2, 1: 3, '': 4, ' ': 5, '\0': 6 }),
  () => '\ud800 alone',
  () => ({ '\udfff': '\u2028' }),
  () => 'x'.repeat(2 ** 20),
  () => Object.freeze({ list: [1] }),
  () => new Ref({ relay: () => {} }, 'keeper/other' as Address, 'other'),
  () => deep(40),
  () => deep(250),
  () => deep(300),
  () => shared(10),
  () => shared(60),
]

const odd = fc.constantFrom(...ODD).map((make) => make())
const inside = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.anything({
    maxDepth: 3,
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withSparseArray: true,
    withNullPrototype: true,
    withTypedArray: true,
    withUnicodeString: true,
    withBoxedValues: true,
  }),
)

export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  odd,
  inside,
  fc.array(fc.oneof(odd, inside), { maxLength: 3 }),
  fc.dictionary(fc.string({ maxLength: 6 }), fc.oneof(odd, inside), { maxKeys: 4 }),
)

/**
 * Returns whether the log can keep a value, by an independent definition: JSON's values, undefined, references, within
 * limits.
 */
export function canBeKept(value: unknown, depth = 0, budget = { nodes: 1_000_000 }): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null)
    return value === null || ['string', 'boolean', 'undefined'].includes(typeof value)
  if (value instanceof Ref) return true
  if (depth > 256 || budget.nodes-- <= 0) return false
  const keys = Reflect.ownKeys(value)
  const items = Object.values(value)
  if (Array.isArray(value)) {
    if (items.length !== value.length || keys.length !== value.length + 1) return false
  } else {
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) return false
    if (keys.length !== items.length || keys.includes('__proto__') || keys.includes('xstate$$type'))
      return false
  }
  return items.every((item) => canBeKept(item, depth + 1, budget))
}

/** Whether reading the value runs no code of its own. Values that are not copied at the door must be such values. */
export function isStill(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Ref) return true
  if (types.isProxy(value)) return false
  return Object.values(Object.getOwnPropertyDescriptors(value)).every(
    (property) => 'value' in property && isStill(property.value),
  )
}

/**
 * Returns whether two values are equal in everything: kinds, keys, holes, the sign of zero. References are compared by
 * address.
 */
export function isAlike(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return Object.is(one, other)
  if (one instanceof Ref || other instanceof Ref)
    return one instanceof Ref && other instanceof Ref && one.address === other.address && one.id === other.id
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  return keys.every(
    (key) =>
      Object.hasOwn(other, key) &&
      isAlike((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]),
  )
}

export function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.isFrozen(value) && (value instanceof Ref || Object.values(value).every(isDeeplyFrozen))
}

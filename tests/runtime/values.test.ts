import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Address } from '../../src/runtime/record/address.ts'
import { Ref } from '../../src/runtime/record/ref.ts'
import { admit, admitContext, jsonEqual, plainError, takeIn } from '../../src/runtime/record/values.ts'

const ref = (address: string) => new Ref({ relay: () => {} }, address as Address, address)
const none = () => undefined
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
class Money {
  readonly amount = '1'
}
const nameless = Object.create({ constructor: undefined }) as object

describe('a value that the log keeps', () => {
  it.each<[string, unknown, string]>([
    ['NaN', { a: [1, Number.NaN] }, 'it.a[1] is NaN'],
    ['infinity', { a: -Infinity }, 'it.a is -Infinity'],
    ['a function', { a: { b: () => {} } }, 'it.a.b is a function'],
    ['a big integer', [10n], 'it[0] is a bigint'],
    ['a symbol', Symbol('s'), 'it is a symbol'],
    ['a date', { at: new Date(0) }, 'it.at is an instance of Date'],
    ['a map', new Map(), 'it is an instance of Map'],
    ['an object of a class', { m: new Money() }, 'it.m is an instance of Money'],
    ['one whose class has no name', nameless, 'it is an instance of a class'],
    ['a hole', { list: Object.assign([1], { 2: 3 }) }, 'it.list is an array with holes'],
    ['an item with a name', Object.assign([1], { named: 2 }), 'it is an array with holes or with properties'],
    ['a symbol as a key', { a: { [Symbol('s')]: 1 } }, 'it.a is an object with symbols'],
    [
      'a hidden property',
      Object.defineProperty({}, 'h', { value: 1 }),
      'it is an object with symbols or hidden',
    ],
    ['a __proto__ key', JSON.parse('{"a":{"__proto__":1}}'), 'it.a.__proto__ is a key'],
    ['a proxy whose values change', new Proxy({ a: 1 }, { get: () => Math.random() }), 'it is a proxy'],
    ['a proxy of a list', { a: [new Proxy([1], {})] }, 'it.a[0] is a proxy'],
    [
      'a getter, whatever it returns',
      {
        a: [
          {
            b: 1,
            get c() {
              return 1
            },
          },
        ],
      },
      'it.a[0].c is a getter',
    ],
    [
      'a getter of a list',
      Object.defineProperty([1], 0, { get: () => 1, enumerable: true }),
      'it[0] is a getter',
    ],
    ['a key that looks like a reference', { a: { xstate$$type: 1 } }, 'it.a.xstate$$type is a key'],
    ['a value that is too deep', nested(300), 'more than 256 levels deep'],
  ])('is not %s', (_, value, message) => {
    expect(() => admit(value, 'it')).toThrow(
      expect.objectContaining({ code: 'NOT_JSON', message: expect.stringContaining(message) }),
    )
  })

  it('may be a reference where the log restores them, an object without a prototype, and undefined', () => {
    const value = { ref: ref('a/b'), bare: Object.assign(Object.create(null), { a: 1 }), none: undefined }
    expect(() => admit(value, 'it')).not.toThrow()
  })

  it('is not checked again when it is the same object as before', () => {
    const kept = { at: new Date(0) }
    expect(() => admitContext({ kept, n: 2 }, { kept, n: 1 }, none, true)).not.toThrow()
    expect(() => admitContext({ kept: { ...kept } }, { kept }, none, true)).not.toThrow()
    expect(() => admitContext({ kept: { at: new Date(0) } }, { kept }, none, true)).toThrow('context.kept.at')
  })
})

it("a value from outside is copied, and its getters' results are its values", () => {
  let reads = 0
  const outside = {
    get a() {
      return ++reads
    },
  }
  const taken = takeIn(outside, 'it')
  expect([taken, taken.a, JSON.stringify(taken), reads]).toEqual([{ a: 1 }, 1, '{"a":1}', 1])
  expect(() => takeIn({ outside, bad: Number.NaN }, 'it')).toThrow('it.bad is NaN')
})

describe('two values are equal as JSON', () => {
  it('when they are written alike, in any order of their keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const back = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown
        expect(jsonEqual(a, back(a))).toBe(true)
        expect(jsonEqual(a, b)).toBe(jsonEqual(b, a))
        if (jsonEqual(a, b)) expect(back(a)).toEqual(back(b))
        else expect(back(a)).not.toEqual(back(b))
      }),
    )
  })

  it.each<[unknown, unknown, boolean]>([
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: undefined }, { a: 1 }, false],
    [[1, 2], [1], false],
    [[], {}, false],
    [null, {}, false],
    ['1', 1, false],
    [{ r: ref('a/b') }, { r: ref('a/b') }, true],
    [{ r: ref('a/b') }, { r: ref('a/c') }, false],
    [{ r: ref('a/b') }, { r: { xstate$$type: 1, id: 'a/b', address: 'a/b' } }, true],
    [{ r: { xstate$$type: 1, id: 'a/c', address: 'a/c' } }, { r: ref('a/b') }, false],
  ])('%j and %j: %s', (a, b, equal) => {
    expect(jsonEqual(a, b)).toBe(equal)
  })
})

it.each<[string, unknown, object]>([
  ['an error', new RangeError('far'), { name: 'RangeError', message: 'far' }],
  [
    'its code',
    Object.assign(new Error('no'), { code: 'EIO' }),
    { name: 'Error', message: 'no', code: 'EIO' },
  ],
  [
    'its fields that are plain',
    Object.assign(new Error('no'), { status: 429, config: {}, f: () => {}, nan: Number.NaN }),
    { name: 'Error', message: 'no', status: 429 },
  ],
  ['what is like an error', { message: 7, code: 'X', stack: '' }, { name: 'Error', message: '7', code: 'X' }],
  ['its name', { name: 'Odd', message: 'm' }, { name: 'Odd', message: 'm' }],
  ['text', 'gone', { name: 'Error', message: 'gone' }],
  ['nothing', undefined, { name: 'Error', message: 'undefined' }],
])('of a thrown value, %s is kept', (_, thrown, plain) => {
  expect(plainError(thrown)).toEqual(plain)
})

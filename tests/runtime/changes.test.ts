/** Tests that what changed between two states is told in few, readable leaves. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Ref } from '../../src/runtime/record/ref.ts'
import { type Change, changesBetween } from '../../src/runtime/state/changes.ts'
import { SEED } from '../seeded.ts'

const ref = (address: string) => new Ref({ relay() {} }, address as never, 'child')
const items = (from: number, count: number) => Array.from({ length: count }, (_, n) => ({ id: from + n }))

const CASES: readonly [name: string, a: unknown, b: unknown, changes: Change[]][] = [
  ['equal values', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, []],
  ['another order of keys', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
  ['a leaf', { a: { b: 1, c: 3 } }, { a: { b: 2, c: 3 } }, [{ path: ['a', 'b'], was: 1, is: 2 }]],
  ['what is added', { a: {} }, { a: { x: { y: 1 } } }, [{ path: ['a', 'x'], is: { y: 1 } }]],
  ['what is removed', { a: { x: { y: 1 } } }, { a: {} }, [{ path: ['a', 'x'], was: { y: 1 } }]],
  ['a null', { a: null }, { a: 0 }, [{ path: ['a'], was: null, is: 0 }]],
  ['another type', { a: [1] }, { a: { 0: 1 } }, [{ path: ['a'], was: [1], is: { 0: 1 } }]],
  ['a whole value', undefined, { a: 1 }, [{ path: [], is: { a: 1 } }]],
  ['an undefined member', { a: undefined }, {}, []],
  ['an undefined member as the log has it', { a: { xstate$$type: 'undefined' } }, {}, []],
  ['-0, which JSON does not have', { a: -0 }, { a: 0 }, []],
  ['a member that Object.prototype has, too', {}, { toString: 1 }, [{ path: ['toString'], is: 1 }]],
  ['a reference', { a: ref('x/1') }, { a: ref('x/2') }, [{ path: ['a'], was: 'x/1', is: 'x/2' }]],
  ['a reference and its written form', { a: ref('x/1') }, { a: ref('x/1').toJSON() }, []],
  ['an item that is appended', [1, 2], [1, 2, 3], [{ path: ['2'], is: 3 }]],
  ['an item that is removed at the front', [1, 2, 3], [2, 3], [{ path: ['0'], was: 1 }]],
  ['an item that is inserted', [{ id: 1 }, { id: 3 }], items(1, 3), [{ path: ['1'], is: { id: 2 } }]],
  [
    'an item that changes beside one that is removed',
    [{ id: 1 }, { id: 2 }, { id: 3, qty: 1 }],
    [{ id: 2 }, { id: 3, qty: 2 }],
    [
      { path: ['0'], was: { id: 1 } },
      { path: ['1', 'qty'], was: 1, is: 2 },
    ],
  ],
  [
    'a window over a long list that moves on',
    items(0, 500),
    items(2, 500),
    [
      { path: ['0'], was: { id: 0 } },
      { path: ['1'], was: { id: 1 } },
      { path: ['498'], is: { id: 500 } },
      { path: ['499'], is: { id: 501 } },
    ],
  ],
]

it.each(CASES)('tells of %s', (_name, a, b, changes) => {
  expect(changesBetween(a, b)).toEqual(changes)
})

it(`turns the one value into the other, whatever they are (seed ${SEED})`, () => {
  // Few different leaves and keys, so that much is equal and arrays are to be aligned.
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom(0, 1, null, 'x'),
      fc.array(tie('value'), { maxLength: 6 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value')),
    ),
  }))
  fc.assert(
    fc.property(value, value, fc.nat(40), (a, b, comparedMax) => {
      expect(applied(a, changesBetween(a, b))).toEqual(b)
      expect(applied(a, changesBetween(a, b, comparedMax))).toEqual(b)
    }),
    { seed: SEED, numRuns: 200 },
  )
})

it('compares large arrays with few comparisons, whatever is in them', () => {
  const length = 20_000
  let read = 0
  const counted = (...others: readonly [index: number, item: number][]) => {
    const items = Array<number>(length).fill(0)
    for (const [index, item] of others) items[index] = item
    const get = (of: number[], key: string | symbol) => {
      read++
      return Reflect.get(of, key) as unknown
    }
    return new Proxy(items, { get })
  }
  // Each shift of the one against the other fits until the middle.
  const [a, b] = [counted([0, 1], [length / 2, 2]), counted([length - 1, 3])]
  const changes = changesBetween({ list: a, other: a }, { list: b, other: b })
  expect(read).toBeLessThan(20 * length)
  expect(applied({ list: [...a], other: [...a] }, changes)).toEqual({ list: [...b], other: [...b] })
})

/** Applies changes to a value: an index is one of the earlier value where an item is removed, else of the later one. */
function applied(value: unknown, changes: readonly Change[]): unknown {
  const whole = changes.find(({ path }) => path.length === 0)
  if (whole !== undefined) return whole.is
  if (typeof value !== 'object' || value === null) return value
  const items = Object.entries(value)
  const own = changes.filter(({ path }) => path.length === 1)
  for (const { path } of own.filter((change) => !('is' in change)).reverse())
    items.splice(
      items.findIndex(([key]) => key === path[0]),
      1,
    )
  for (const { path, is } of own.filter((change) => !('was' in change)))
    items.splice(Array.isArray(value) ? Number(path[0]) : items.length, 0, [path[0] as string, is])
  const held = items.map(([key, item], i): [string, unknown] => {
    const now = Array.isArray(value) ? String(i) : key
    const inside = changes.filter(
      ({ path, ...change }) => path[0] === now && (path.length > 1 || 'is' in change),
    )
    const beneath = inside.filter((change) => change.path.length > 1 || 'was' in change)
    return [
      now,
      applied(
        item,
        beneath.map((change) => ({ ...change, path: change.path.slice(1) })),
      ),
    ]
  })
  return Array.isArray(value) ? held.map(([, item]) => item) : Object.fromEntries(held)
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOTES_MAX, READ_SIZE_MAX, READS_MAX, Reading } from '../../../src/runtime/record/reading.ts'
import { Ref } from '../../../src/runtime/record/ref.ts'
import { SEED } from '../../seeded.ts'

const ref = new Ref({ relay() {} }, 'order/o-1' as never, 'o-1')

// biome-ignore lint/suspicious/noExplicitAny: the functions under test read what they like
function readsOf(value: unknown, read: (view: any) => unknown): string[] {
  const reading = new Reading(value)
  read(reading.view)
  return reading.found().reads.map(({ path, value }) => `${path.join('.')} = ${JSON.stringify(value)}`)
}

const context = Object.freeze({
  position: Object.freeze({ side: 'long', qty: 2 }),
  legs: Object.freeze([Object.freeze({ open: false }), Object.freeze({ open: true })]),
  orders: Object.freeze({ x: Object.freeze({ qty: 1, px: 5 }), y: Object.freeze({ qty: 3, px: 6 }) }),
  closeAt: null,
  ref,
  z: 1,
})

describe('a reading notes', () => {
  it.each<[string, (view: typeof context & Record<string, never>) => unknown, string[]]>([
    ['a leaf, and not the objects on the way', (c) => c.position.side, ['position.side = "long"']],
    ['nothing of what is not read', () => 1, []],
    ['a path once', (c) => c.z + c.z + c.z, ['z = 1']],
    [
      'an object that is only tested',
      (c) => c.position !== undefined,
      ['position = {"side":"long","qty":2}'],
    ],
    ['what is missing', (c) => c.stop ?? c.closeAt, ['stop = undefined', 'closeAt = null']],
    ['what is looked for with in', (c) => 'stop' in c || 'z' in c, ['stop = undefined', 'z = 1']],
    ['what is looked for with hasOwn', (c) => Object.hasOwn(c.orders, 'q'), ['orders.q = undefined']],
    [
      'the items that a search meets',
      (c) => c.legs.some(({ open }) => open),
      ['legs.length = 2', 'legs.0.open = false', 'legs.1.open = true'],
    ],
    [
      'an object whose keys are listed, with its value',
      (c) => Object.keys(c.position).length,
      ['position = {"side":"long","qty":2}'],
    ],
    [
      'what is read below listed keys',
      (c) => Object.values(c.orders).some((o) => o.qty > 2),
      ['orders = {"x":{"qty":1,"px":5},"y":{"qty":3,"px":6}}', 'orders.x.qty = 1', 'orders.y.qty = 3'],
    ],
    [
      'the members of the whole when it is copied',
      (c) => ({ ...c }).z,
      [
        'position = {"side":"long","qty":2}',
        'legs = [{"open":false},{"open":true}]',
        'orders = {"x":{"qty":1,"px":5},"y":{"qty":3,"px":6}}',
        'closeAt = null',
        'ref = {"xstate$$type":1,"id":"o-1","address":"order/o-1"}',
        'z = 1',
      ],
    ],
    [
      'a reference to an actor',
      (c) => c.ref.id,
      ['ref = {"xstate$$type":1,"id":"o-1","address":"order/o-1"}'],
    ],
  ])('%s', (_, read, expected) => {
    expect(readsOf(context, read as never)).toEqual(expected)
  })

  it('the path by which an object was reached, where the value has it twice', () => {
    const candle = { close: 5 }
    expect(readsOf({ candle, last: candle }, (c) => c.last === c.candle && c.last.close)).toEqual([
      'candle = {"close":5}',
      'last.close = 5',
    ])
  })

  it('no value that is too large for an answer', () => {
    const reading = new Reading({
      text: 'x'.repeat(READ_SIZE_MAX),
      list: Array(1_000).fill('x'.repeat(READ_SIZE_MAX / 1_000)),
      small: [1],
    })
    expect(
      [reading.view.text, Object.keys(reading.view.list).length, Object.keys(reading.view.small)].length,
    ).toBe(3)
    expect(reading.found().reads).toEqual([
      { path: ['text'], isLarge: true },
      { path: ['list'], isLarge: true },
      { path: ['small'], value: [1] },
    ])
  })

  it('no more than its maximum', () => {
    const items = Array.from({ length: 3 * READS_MAX }, (_, n) => n)
    expect(readsOf({ items }, (c) => c.items.includes(-1))).toHaveLength(READS_MAX)
  })
})

describe('a function that reads more than is noted', () => {
  const value = deepFrozen({ items: Array.from({ length: 20_000 }, (_, n) => ({ n })) })

  it('is stopped, and what it has read so far is found', () => {
    const reading = new Reading(value)
    let seen = 0
    expect(() => reading.view.items.every(({ n }) => ++seen > n)).toThrow('more than is noted')
    expect(seen).toBeGreaterThan(NOTES_MAX / 10)
    expect(seen).toBeLessThan(NOTES_MAX)
    expect(reading.isStopped).toBe(true)
    const { reads, isCut } = reading.found()
    expect([reads.length, reads[1], isCut]).toEqual([
      READS_MAX,
      { path: ['items', '0', 'n'], value: 0 },
      true,
    ])
  })

  it('is stopped before the keys of a long list are made', () => {
    const reading = new Reading(value)
    expect(() => Object.keys(reading.view.items)).toThrow('more than is noted')
    expect(reading.found()).toEqual({
      reads: [{ path: ['items'], value: undefined, isLarge: true }],
      isCut: true,
    })
  })

  it('ends when it catches that and tries again', () => {
    const reading = new Reading(value)
    let tries = 0
    const read = (): number => {
      for (;;) {
        try {
          tries++
          return Object.entries(reading.view.items).filter(([, { n }]) => n % 2 === 0).length
        } catch {}
      }
    }
    expect([read(), tries]).toEqual([10_000, 2])
  })

  it('leaves no notes to others with which it shares them', () => {
    const left = { notes: 10 }
    const [one, other] = [new Reading({ a: 1 }, left), new Reading({ b: 2 }, left)]
    for (let n = 0; n < 8; n++) expect(one.view.a).toBe(1)
    expect([other.view.b, other.view.b, left]).toEqual([2, 2, { notes: 0 }])
    expect(() => one.view.a).toThrow('more than is noted')
    expect(other.found()).toEqual({ reads: [{ path: ['b'], value: 2 }], isCut: false })
  })

  it('finds a view as little to be changed as the value', () => {
    const { view } = new Reading(deepFrozen({ list: [2, 1], one: { n: 1 } }))
    expect(() => view.list.sort()).toThrow(TypeError)
    expect(() => view.list.push(3)).toThrow(TypeError)
    expect(() => Object.assign(view.one, { n: 2 })).toThrow(TypeError)
    expect(view).toEqual({ list: [2, 1], one: { n: 1 } })
  })
})

it('leaves out values when all of them together are too large', () => {
  const text = 'x'.repeat(READ_SIZE_MAX - 100)
  const reading = new Reading({ texts: Array(20).fill(text) })
  expect(reading.view.texts.includes('y')).toBe(false)
  const { reads } = reading.found()
  expect(reads.filter(({ isLarge }) => isLarge).length).toBeGreaterThan(10)
  expect(JSON.stringify(reads).length).toBeLessThan(5 * READ_SIZE_MAX)
})

const READERS: readonly ((view: never) => unknown)[] = [
  (v) => JSON.stringify(v),
  (v) => Object.keys(v ?? {}).sort(),
  (v) =>
    Array.isArray(v)
      ? [
          (v as unknown[]).length,
          (v as unknown[]).map((x) => typeof x),
          [...(v as unknown[])].reverse().length,
        ]
      : 'none',
  (v) => (typeof v === 'object' && v !== null ? Object.entries(v).map(([k, x]) => `${k}${typeof x}`) : v),
  (v) => (typeof v === 'object' && v !== null ? Object.values(v).map((x, i, all) => all.indexOf(x) <= i) : v),
  (v) => (typeof v === 'object' && v !== null ? JSON.stringify({ ...(v as object), more: 1 }) : v),
  (v) => Object.prototype.toString.call(v) + String(Array.isArray(v)),
]

/** Returns the value frozen, as the log has it. */
function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFrozen)
  return value
}

it(`a function sees the same in a view as in the value (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...READERS), (json, read) => {
      const value = deepFrozen(json) as never
      expect(read(new Reading(value).view)).toEqual(read(value))
    }),
    { seed: SEED, numRuns: 500 },
  )
})

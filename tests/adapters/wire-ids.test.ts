import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adoptedId, nameIn, venueId } from '../../machines/model/ids.ts'
import { REQUESTS_MAX, WireIds } from '../../src/adapters/wire-ids.ts'
import { SEED } from '../seeded.ts'

const RUNS = { numRuns: 1_000, seed: SEED }
const ids = new WireIds('sim', '7f3a')
const shortId = fc.stringMatching(/^[a-z0-9]{4}$/)
const name = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_-]{1,26}$/), fc.stringMatching(/^[\w.:@+~#=()-]{0,60}$/))
const request = fc.oneof(
  fc.integer({ min: 1, max: REQUESTS_MAX }),
  fc.constantFrom(1, 2, 9, 10, 35, 36, REQUESTS_MAX - 1, REQUESTS_MAX),
)
const venue = fc.constantFrom('sim', 'binance-usdm', 'a', 'a:b', 'a:', '币安', 'x(1)', '7f3a-1-a', '2')
const clOrdIdOf = (id: string, number: number) => (number === 1 ? id : `${id}/${number}`)

/** Near to ours, and none that we would have said. */
const FOREIGN = [
  '7f3a-0-x',
  '7f3a-01-x',
  '7f3a-1-',
  '7f3a-1',
  '7f3a-1-a b',
  '7F3A-1-x',
  'x7f3a-1-x',
  '7f3a-1-x\n',
]

describe('what a venue is told in place of an id', () => {
  it.each([
    ['sim:ema-BTCUSDT-1-entry', '7f3a-1-ema-BTCUSDT-1-entry'],
    ['sim:ema-BTCUSDT-1-entry/2', '7f3a-2-ema-BTCUSDT-1-entry'],
    ['sim:ema-BTCUSDT-1-entry/36', '7f3a-10-ema-BTCUSDT-1-entry'],
  ])('is of %s %s, and the way back is the same', (clOrdId, wireId) => {
    expect(ids.toWire(clOrdId)).toBe(wireId)
    expect(ids.fromWire(wireId)).toBe(clOrdId)
  })

  it(`is taken by every venue, comes back as it was, and is no other store's, seed ${SEED}`, () => {
    fc.assert(
      fc.property(shortId, shortId, name, request, (own, other, of, number) => {
        const store = new WireIds('sim', own)
        const clOrdId = clOrdIdOf(venueId('sim', of), number)
        const wireId = store.toWire(clOrdId)
        expect(wireId).toMatch(/^[A-Za-z0-9_-]{1,36}$/)
        expect(store.fromWire(wireId)).toBe(clOrdId)
        if (other !== own) expect(new WireIds('sim', other).fromWire(wireId)).toBeUndefined()
      }),
      RUNS,
    )
  })

  it(`is taken by every venue of an id of an earlier version, too, seed ${SEED}`, () => {
    fc.assert(
      fc.property(name, request, (of, number) => {
        const clOrdId = clOrdIdOf(of, number)
        const wireId = ids.toWire(clOrdId)
        expect(wireId).toMatch(/^[A-Za-z0-9_-]{1,36}$/)
        expect(wireId).not.toBe(ids.toWire(clOrdIdOf(`sim:${of}`, number)))
        // A venue that says whose it is brings it back.
        expect(ids.fromWire(wireId, of)).toBe(clOrdId)
      }),
      RUNS,
    )
  })

  it(`is not made from what somebody else calls an order, seed ${SEED}`, () => {
    const foreign = fc.oneof(
      fc.string(),
      fc.stringMatching(/^7f3a-[0-9a-zA-Z]{0,6}-[\w.:/-]{0,40}$/),
      fc.constantFrom(...FOREIGN),
    )
    fc.assert(
      fc.property(foreign, (wireId) => {
        const clOrdId = ids.fromWire(wireId)
        // What is taken for ours is what we would have said.
        if (clOrdId !== undefined) expect(ids.toWire(clOrdId)).toBe(wireId)
      }),
      RUNS,
    )
    for (const wireId of FOREIGN) expect(ids.fromWire(wireId)).toBeUndefined()
  })

  it(`is another one for another id, of whatever venue and form, seed ${SEED}`, () => {
    const anyName = fc.oneof(
      name,
      fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => !/[\n\p{Surrogate}]/u.test(text)),
      fc.constantFrom('', 'a', 'a/1', 'a/2', 'a/02', 'a/2/3', '/', '/2', '-', '_', '1', '2'),
    )
    fc.assert(
      fc.property(
        venue,
        fc.uniqueArray(anyName, { maxLength: 20 }),
        fc.uniqueArray(request),
        (at, names, numbers) => {
          const store = new WireIds(at, '7f3a')
          // Also forms of each other: with the venue and without, made here and adopted, hashed and hashed again.
          const all = names.flatMap((one) => [
            one,
            `${at}:${one}`,
            venueId(at, one),
            adoptedId(at, one),
            adoptedId(at, venueId(at, one)),
            nameIn(at, venueId(at, one)),
            nameIn(at, adoptedId(at, one)),
          ])
          const clOrdIds = new Set(
            all.flatMap((id) => [id, ...numbers.map((number) => clOrdIdOf(id, number))]),
          )
          const wireIds = new Map([...clOrdIds].map((clOrdId) => [store.toWire(clOrdId), clOrdId]))
          expect(wireIds.size).toBe(clOrdIds.size)
          for (const [wireId, clOrdId] of wireIds) {
            expect(wireId).toMatch(/^[A-Za-z0-9_-]{1,36}$/)
            // What was told before comes back by itself, whatever its form.
            expect(store.identify(wireId)).toEqual({ clOrdId })
          }
        },
      ),
      { ...RUNS, numRuns: 200 },
    )
  })

  it(`is somebody else's where it is not ours, and has an id here that no name of ours gives, seed ${SEED}`, () => {
    const wire = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[\w.:/-]{1,36}$/),
      fc.stringMatching(/^7f3a-\w{1,5}-.{1,30}$/),
    )
    fc.assert(
      fc.property(venue, wire, (at, wireId) => {
        const store = new WireIds(at, '7f3a')
        const { clOrdId, foreignId } = store.identify(wireId)
        if (foreignId === undefined) {
          expect(store.toWire(clOrdId)).toBe(wireId)
          return
        }
        expect(foreignId).toBe(wireId)
        expect(clOrdId).toBe(adoptedId(at, wireId))
        for (const own of [wireId, `${at}:${wireId}`, `${wireId}/1`]) expect(clOrdId).not.toBe(own)
        // A request of ours for it leads back to it.
        expect(store.fromWire(store.toWire(`${clOrdId}/2`))).toBe(`${clOrdId}/2`)
      }),
      RUNS,
    )
  })

  it('comes back by its hash while it is remembered: those told longest ago are forgotten', () => {
    const store = new WireIds('sim', '7f3a')
    const first = store.toWire('mine')
    for (let i = 1; i < 10_000; i++) store.toWire(`mine-${i}`)
    expect(store.fromWire(first)).toBe('mine')
    expect(store.toWire('mine')).toBe(first)
    store.toWire('mine-10000')
    expect(store.fromWire(first)).toBe('mine')
    expect(store.fromWire(ids.toWire('mine-1'))).not.toBe('mine-1')
    expect(store.fromWire(ids.toWire('mine-2'))).toBe('mine-2')
  })

  it('has room for no more requests than four digits in base 36 count', () => {
    expect(ids.toWire(`sim:o/${REQUESTS_MAX}`)).toBe('7f3a-zzzz-o')
    expect(() => ids.toWire(`sim:o/${REQUESTS_MAX + 1}`)).toThrow(
      expect.objectContaining({ code: 'REQUESTS_EXHAUSTED' }),
    )
  })
})

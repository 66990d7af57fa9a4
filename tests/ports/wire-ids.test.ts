import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { venueId } from '../../machines/ids.ts'
import { REQUESTS_MAX, WireIds } from '../../src/ports/wire-ids.ts'
import { SEED } from '../seeded.ts'

const RUNS = { numRuns: 1_000, seed: SEED }
const ids = new WireIds('sim', '7f3a')
const shortId = fc.stringMatching(/^[a-z0-9]{4}$/)
const name = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_-]{1,26}$/), fc.stringMatching(/^[\w.:@+~#=()-]{0,60}$/))
const request = fc.integer({ min: 1, max: REQUESTS_MAX })
const clOrdIdOf = (id: string, number: number) => (number === 1 ? id : `${id}/${number}`)

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
      fc.constantFrom(
        '7f3a-0-x',
        '7f3a-01-x',
        '7f3a-1-',
        '7f3a-1',
        '7f3a-1-a b',
        '7F3A-1-x',
        'x7f3a-1-x',
        '7f3a-1-x\n',
      ),
    )
    fc.assert(
      fc.property(foreign, (wireId) => {
        const clOrdId = ids.fromWire(wireId)
        // What is taken for ours is what we would have said.
        if (clOrdId !== undefined) expect(ids.toWire(clOrdId)).toBe(wireId)
      }),
      RUNS,
    )
    for (const wireId of [
      '7f3a-0-x',
      '7f3a-01-x',
      '7f3a-1-',
      '7f3a-1',
      '7f3a-1-a b',
      '7F3A-1-x',
      '7f3a-1-x\n',
    ])
      expect(ids.fromWire(wireId)).toBeUndefined()
  })

  it('has room for no more requests than four digits in base 36 count', () => {
    expect(ids.toWire(`sim:o/${REQUESTS_MAX}`)).toBe('7f3a-zzzz-o')
    expect(() => ids.toWire(`sim:o/${REQUESTS_MAX + 1}`)).toThrow(
      expect.objectContaining({ code: 'REQUESTS_EXHAUSTED' }),
    )
  })
})
